import type { Read } from '../../model/ownBenchmark';
import { linesOf, numberFrom, quoted, requireFew, someOf, type Figure, type Input } from './figures';
import { NoResult } from './judgement';

interface Row {
  /** Of the row's beginning, from 1. */
  readonly line: number;
  readonly text: string;
}

type CsvRead = Read & { readonly csvColumn: string | number };

/** Of a mean: each is a figure of the result. */
const mostTaken = 100_000;

/** The figures of a column: of the only row, of the first or last, or of all. @throws NoResult */
export function readCsv({ csvColumn, row, separator = ',' }: CsvRead, input: Input): readonly Figure[] {
  const { index, title, first, second, last, count, taken } =
    typeof csvColumn === 'number'
      ? { index: csvColumn - 1, title: String(csvColumn), ...dataIn(rowsOf(input), row === 'mean') }
      : columnNamed(csvColumn, input, separator, row === 'mean');
  if (first === undefined || last === undefined)
    throw new NoResult(`expected a row of figures in ${input.name}, found none`);
  if (second !== undefined && row === undefined) {
    throw new NoResult(
      `${input.name} has ${count} rows of figures (lines ${first.line}, ${second.line}${count > 2 ? ', …' : ''}); expected one: add "row": "first", "last" or "mean"`,
    );
  }
  if (input.isCut && row !== 'first' && row !== 'last') {
    throw new NoResult(
      `${input.name} is so long that its middle was left out; only "row": "first" or "last" can be read from it`,
    );
  }
  if (row === 'mean' && count > mostTaken) {
    throw new NoResult(
      `${input.name} has more than ${mostTaken} rows of figures; let the command write their mean`,
    );
  }
  return (row === 'mean' ? taken : [row === 'last' ? last : first]).map(({ line, text: whole }) => {
    const fields = fieldsOf(whole, separator);
    const text = fields[index];
    const where = `line ${line} of ${input.name}, column ${title}`;
    if (text === undefined)
      throw new NoResult(
        `${where}: the row has only ${fields.length} columns: ${quoted(fields.join(separator))}`,
      );
    const value = numberFrom(text, where);
    return { value, place: { kind: 'csv', input: input.name, line, column: title, text } };
  });
}

/** The rows of figures; all of them are kept only where each counts. */
interface Data {
  readonly first: Row | undefined;
  readonly second: Row | undefined;
  readonly last: Row | undefined;
  readonly count: number;
  readonly taken: readonly Row[];
}

function dataIn(rows: Iterable<Row>, keepsAll: boolean): Data {
  const taken: Row[] = [];
  const most = keepsAll ? mostTaken : 2;
  let last: Row | undefined;
  let count = 0;
  for (const row of rows) {
    count++;
    last = row;
    if (taken.length < most) taken.push(row);
  }
  return { first: taken[0], second: taken[1], last, count, taken };
}

/** The header is the first row that has the name: what a tool prints before it is passed over. */
function columnNamed(name: string, input: Input, separator: string, keepsAll: boolean) {
  // Only rows that can have the name are taken apart; quotes may stand inside it.
  const bare = name.replaceAll('"', '');
  const mayHave = (text: string): boolean => text.replaceAll('"', '').includes(bare);
  const rows = rowsOf(input);
  let top: Row | undefined;
  let header: { readonly line: number; readonly names: readonly string[] } | undefined;
  for (let next = rows.next(); next.done !== true; next = rows.next()) {
    const { line, text } = next.value;
    top ??= next.value;
    if (!mayHave(text)) continue;
    const names = fieldsOf(text, separator).map((field) => field.trim());
    if (!names.includes(name)) continue;
    header = { line, names };
    break;
  }
  const data = dataIn(rows, keepsAll);
  if (header === undefined) {
    const found =
      top === undefined
        ? `${input.name} is empty`
        : `line ${top.line} has ${someOf(fieldsOf(top.text, separator))}`;
    throw new NoResult(
      `expected a column named ${quoted(name)} (separator ${quoted(separator)}) in ${input.name}; ${found}`,
    );
  }
  const index = header.names.indexOf(name);
  if (header.names.lastIndexOf(name) !== index) {
    throw new NoResult(
      `line ${header.line} of ${input.name} has two columns named ${quoted(name)}; give the column's number instead`,
    );
  }
  return { index, title: quoted(name), ...data };
}

/** Rows that are not blank; fields in double quotes may hold separators, doubled quotes and line ends. */
function* rowsOf(input: Input): Generator<Row, undefined> {
  let open: { line: number; parts: string[]; length: number } | undefined;
  for (const { number, text } of linesOf(input.text)) {
    requireFew(number, input);
    if (open === undefined) {
      if (text === '' || text.trim() === '') continue;
      if (!text.includes('"')) {
        yield { line: number, text };
        continue;
      }
    }
    // A quote that is open at the end of a line takes the next one in; a stray one must not take in the rest.
    const isOpen: boolean = hasOddQuotes(text) !== (open !== undefined);
    open ??= { line: number, parts: [], length: 0 };
    open.parts.push(text);
    open.length += text.length + 1;
    if (isOpen) {
      if (open.length > longestRow) throw unclosed(open.line, input);
      continue;
    }
    yield { line: open.line, text: open.parts.join('\n') };
    open = undefined;
  }
  if (open !== undefined) throw unclosed(open.line, input);
  return undefined;
}

const longestRow = 10_000;

const unclosed = (line: number, input: Input) =>
  new NoResult(`line ${line} of ${input.name}: a double quote opens a field and does not close it`);

function hasOddQuotes(text: string): boolean {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) count++;
  return count % 2 === 1;
}

const quote = 34;

/** Double quotes hold a field together, and a doubled one inside them stands for itself. */
function fieldsOf(row: string, separator: string): readonly string[] {
  if (!row.includes('"')) return row.split(separator);
  const between = separator.charCodeAt(0);
  const fields: string[] = [];
  let parts: string[] = [];
  let from = 0;
  let isQuoted = false;
  const take = (to: number): void => {
    if (to > from) parts.push(row.slice(from, to));
  };
  for (let at = 0; at < row.length; at++) {
    const code = row.charCodeAt(at);
    if (code === quote) {
      take(at);
      const isDoubled = isQuoted && row.charCodeAt(at + 1) === quote;
      // Of two inside quotes the second is taken as a letter.
      if (isDoubled) at++;
      else isQuoted = !isQuoted;
      from = isDoubled ? at : at + 1;
    } else if (code === between && !isQuoted) {
      take(at);
      fields.push(parts.join(''));
      parts = [];
      from = at + 1;
    }
  }
  take(row.length);
  return [...fields, parts.join('')];
}
