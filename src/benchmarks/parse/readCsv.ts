import type { Read } from '../../model/ownBenchmark';
import { linesOf, numberFrom, quoted, someOf, type Figure, type Input } from './figures';
import { NoResult } from './judgement';

interface Row {
  /** Of the row's beginning, from 1. */
  readonly line: number;
  readonly text: string;
}

type CsvRead = Read & { readonly csvColumn: string | number };

/** The figures of a column: of the only row, of the first or last, or of all. @throws NoResult */
export function readCsv({ csvColumn, row, separator = ',' }: CsvRead, input: Input): readonly Figure[] {
  const rows = rowsOf(input);
  const { index, data, title } =
    typeof csvColumn === 'number'
      ? { index: csvColumn - 1, data: rows, title: String(csvColumn) }
      : columnNamed(csvColumn, rows, input, separator);
  const [first, second] = data;
  if (first === undefined) throw new NoResult(`expected a row of figures in ${input.name}, found none`);
  if (second !== undefined && row === undefined) {
    throw new NoResult(
      `${input.name} has ${data.length} rows of figures (lines ${first.line}, ${second.line}${data.length > 2 ? ', …' : ''}); expected one: add "row": "first", "last" or "mean"`,
    );
  }
  if (input.isCut && row !== 'first' && row !== 'last') {
    throw new NoResult(
      `${input.name} is so long that its middle was left out; only "row": "first" or "last" can be read from it`,
    );
  }
  const taken = row === 'mean' ? data : [row === 'last' ? (data.at(-1) ?? first) : first];
  return taken.map(({ line, text: whole }) => {
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

/** The header is the first row that has the name: what a tool prints before it is passed over. */
function columnNamed(name: string, rows: readonly Row[], input: Input, separator: string) {
  const namesOf = ({ text }: Row): string[] => fieldsOf(text, separator).map((field) => field.trim());
  // Only rows that can have the name are taken apart; quotes may stand inside it.
  const mayHave = ({ text }: Row): boolean => text.includes(name) || text.includes('"');
  const at = rows.findIndex((row) => mayHave(row) && namesOf(row).includes(name));
  const header = rows[at] && namesOf(rows[at]);
  if (header === undefined) {
    const first = rows[0];
    const found =
      first === undefined
        ? `${input.name} is empty`
        : `line ${first.line} has ${someOf(fieldsOf(first.text, separator))}`;
    throw new NoResult(
      `expected a column named ${quoted(name)} (separator ${quoted(separator)}) in ${input.name}; ${found}`,
    );
  }
  const index = header.indexOf(name);
  if (header.lastIndexOf(name) !== index) {
    throw new NoResult(
      `line ${rows[at]?.line ?? 1} of ${input.name} has two columns named ${quoted(name)}; give the column's number instead`,
    );
  }
  return { index, data: rows.slice(at + 1), title: quoted(name) };
}

/** Rows that are not blank; fields in double quotes may hold separators, doubled quotes and line ends. */
function rowsOf(input: Input): readonly Row[] {
  const rows: Row[] = [];
  let open: { line: number; parts: string[]; length: number } | undefined;
  for (const { number, text } of linesOf(input.text)) {
    if (open === undefined && text.trim() === '') continue;
    // A quote that is open at the end of a line takes the next one in; a stray one must not take in the rest.
    const isOpen: boolean = hasOddQuotes(text) !== (open !== undefined);
    open ??= { line: number, parts: [], length: 0 };
    open.parts.push(text);
    open.length += text.length + 1;
    if (isOpen) {
      if (open.length > longestRow) throw unclosed(open.line, input);
      continue;
    }
    rows.push({ line: open.line, text: open.parts.join('\n') });
    open = undefined;
  }
  if (open !== undefined) throw unclosed(open.line, input);
  return rows;
}

const longestRow = 10_000;

const unclosed = (line: number, input: Input) =>
  new NoResult(`line ${line} of ${input.name}: a double quote opens a field and does not close it`);

function hasOddQuotes(text: string): boolean {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) count++;
  return count % 2 === 1;
}

/** Double quotes hold a field together, and a doubled one inside them stands for itself. */
function fieldsOf(row: string, separator: string): readonly string[] {
  if (!row.includes('"')) return row.split(separator);
  const fields: string[] = [];
  let parts: string[] = [];
  let from = 0;
  let isQuoted = false;
  const take = (to: number): void => {
    if (to > from) parts.push(row.slice(from, to));
  };
  for (let at = 0; at < row.length; at++) {
    const letter = row.charAt(at);
    if (letter === '"') {
      take(at);
      const isDoubled = isQuoted && row.charAt(at + 1) === '"';
      // Of two inside quotes the second is taken as a letter.
      if (isDoubled) at++;
      else isQuoted = !isQuoted;
      from = isDoubled ? at : at + 1;
    } else if (letter === separator && !isQuoted) {
      take(at);
      fields.push(parts.join(''));
      parts = [];
      from = at + 1;
    }
  }
  take(row.length);
  return [...fields, parts.join('')];
}
