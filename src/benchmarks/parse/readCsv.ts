import type { Read } from '../../model/ownBenchmark';
import { linesOf, numberFrom, quoted, someOf, type Figure, type Input } from './figures';
import { NoResult } from './judgement';

interface Row {
  /** Of the row's beginning, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

type CsvRead = Read & { readonly csvColumn: string | number };

/** The figures of a column: of the only row, of the first or last, or of all. @throws NoResult */
export function readCsv({ csvColumn, row, separator = ',' }: CsvRead, input: Input): readonly Figure[] {
  const rows = rowsOf(input, separator);
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
  return taken.map(({ line, fields }) => {
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
  const at = rows.findIndex(({ fields }) => fields.some((field) => field.trim() === name));
  const header = rows[at]?.fields.map((field) => field.trim());
  if (header === undefined) {
    const first = rows[0];
    const found =
      first === undefined ? `${input.name} is empty` : `line ${first.line} has ${someOf(first.fields)}`;
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
function rowsOf(input: Input, separator: string): readonly Row[] {
  const rows: Row[] = [];
  let open: { line: number; text: string } | undefined;
  for (const { number, text } of linesOf(input.text)) {
    if (open === undefined && text.trim() === '') continue;
    const whole: string = open === undefined ? text : `${open.text}\n${text}`;
    const line: number = open?.line ?? number;
    // A quote that is open at the end of a line takes the next one in; a stray one must not take in the rest.
    const isOpen = text.includes('"') ? quotesOpen(whole) : open !== undefined;
    open = isOpen ? { line, text: whole } : undefined;
    if (isOpen && whole.length > longestRow) throw unclosed(line, input);
    if (!isOpen) rows.push({ line, fields: fieldsOf(whole, separator) });
  }
  if (open !== undefined) throw unclosed(open.line, input);
  return rows;
}

const longestRow = 10_000;

const unclosed = (line: number, input: Input) =>
  new NoResult(`line ${line} of ${input.name}: a double quote opens a field and does not close it`);

function quotesOpen(text: string): boolean {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) count++;
  return count % 2 === 1;
}

function fieldsOf(row: string, separator: string): readonly string[] {
  const fields: string[] = [];
  let field = '';
  let quotedField = false;
  for (let at = 0; at < row.length; at++) {
    const letter = row.charAt(at);
    if (letter === '"') {
      if (quotedField && row.charAt(at + 1) === '"') field += row.charAt(at++);
      else quotedField = !quotedField;
    } else if (letter === separator && !quotedField) {
      fields.push(field);
      field = '';
    } else field += letter;
  }
  return [...fields, field];
}
