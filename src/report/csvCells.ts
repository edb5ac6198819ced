/** How one value stands in one cell of our CSV, and how it is read back; docs/FILE-FORMAT.md says the same for people. */

export type CellValue = string | number | boolean | null | undefined;

/**
 * Where a spreadsheet may begin a cell: at our beginning, and, as some split lines at semicolons or tabs and know no
 * quotes then, behind each of those and behind a line end. What would be a formula there gets an apostrophe before it,
 * and so does what begins with an apostrophe itself, that reading takes away again what was added.
 */
const unguarded = /(^|[;\t\r\n])(?='|[ \u00a0"]*[=+\-@＝＋－＠])/g;
const guards = /(^|[;\t\r\n])'/g;
/** What would otherwise read back as something else, and what a spreadsheet may leave out. */
const guardedWhole = /^(?:[\t\r\n]|null$|$)/;
/** A number is no formula, whatever its sign. */
const number = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/;

/** undefined: an empty cell. */
export function cellText(value: CellValue): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  if (number.test(value)) return value;
  const whole = guardedWhole.test(value) ? "'" : '';
  const safe = whole + value.replace(unguarded, "$1'");
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The text in a cell without its guards; undefined: it is empty, null: it says so. */
export function textOf(cell: string): string | null | undefined {
  if (cell === '') return undefined;
  if (cell === 'null') return null;
  return cell.replace(guards, '$1');
}

/** Numbers with blanks between them; no list at all is undefined. */
export function numbersText(values: readonly number[] | undefined): string | undefined {
  return values?.join(' ');
}

export interface CsvRow {
  /** The line it begins on, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** A quote that never ends. */
export class OpenQuote extends Error {
  constructor(readonly line: number) {
    super('a quote is not closed');
  }
}

/** Rows of a CSV by RFC 4180, with either line end; blank lines are left out. @throws OpenQuote */
export function csvRows(text: string): readonly CsvRow[] {
  const rows: CsvRow[] = [];
  let [cells, line, rowLine, at]: [string[], number, number, number] = [[], 1, 1, 0];
  const end = () => {
    if (cells.length > 1 || cells[0] !== '') rows.push({ line: rowLine, cells });
    cells = [];
    rowLine = line;
  };
  while (at < text.length) {
    const cell = text.charCodeAt(at) === quote ? quotedCell(text, at, line) : plainCell(text, at);
    cells.push(cell.value);
    line += cell.newlines;
    at = cell.next;
    if (text.charCodeAt(at) === comma) {
      at += 1;
      if (at === text.length) cells.push('');
      continue;
    }
    if (text.charCodeAt(at) === carriageReturn) at += 1;
    if (text.charCodeAt(at) === newline) at += 1;
    line += 1;
    end();
  }
  if (cells.length > 0) end();
  return rows;
}

const [quote, comma, newline, carriageReturn] = [34, 44, 10, 13];

interface Cell {
  readonly value: string;
  /** Where it ends: at a comma, a line end or the end of the text. */
  readonly next: number;
  readonly newlines: number;
}

function plainCell(text: string, start: number): Cell {
  let at = start;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === comma || code === newline || code === carriageReturn) break;
    at += 1;
  }
  return { value: text.slice(start, at), next: at, newlines: 0 };
}

function quotedCell(text: string, start: number, line: number): Cell {
  let close = text.indexOf('"', start + 1);
  while (close >= 0 && text.charCodeAt(close + 1) === quote) close = text.indexOf('"', close + 2);
  if (close < 0) throw new OpenQuote(line);
  const raw = text.slice(start + 1, close);
  const rest = plainCell(text, close + 1);
  return {
    value: raw.replaceAll('""', '"') + rest.value,
    next: rest.next,
    newlines: raw.includes('\n') ? raw.split('\n').length - 1 : 0,
  };
}
