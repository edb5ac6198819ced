import { NoResult } from './judgement';

/** Text of which figures are read: standard output or a result file. */
export interface Input {
  /** For people: `standard output`, or the file's name. */
  readonly name: string;
  readonly text: string;
  /** The middle of a very long output is missing. */
  readonly isCut: boolean;
}

/** A figure as it stands in a line; `start` and `end` count from 0. */
export interface LinePlace {
  readonly kind: 'line';
  readonly input: string;
  /** From 1. */
  readonly line: number;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** The very text that a figure was read from. */
export type Place =
  | LinePlace
  | { readonly kind: 'json'; readonly input: string; readonly pointer: string; readonly json: string }
  | {
      readonly kind: 'csv';
      readonly input: string;
      readonly line: number;
      readonly column: string;
      readonly text: string;
    }
  | { readonly kind: 'elapsed'; readonly text: string };

export interface Figure {
  readonly value: number;
  readonly place: Place;
}

const longestShown = 120;

/** A piece of an output in a message: quoted, short, without what a terminal would obey. */
export function quoted(text: string): string {
  const short = text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
  return `"${short.replaceAll(/\p{Cc}/gu, '\ufffd')}"`;
}

/** Decimal digits with a point, an exponent if need be; no thousands separators, no units, no NaN. */
const plainNumber = /^[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?$/;

/** @throws NoResult that says what stands at `where` instead of a number. */
export function numberFrom(text: string, where: string): number {
  const trimmed = text.trim();
  const value = plainNumber.test(trimmed) ? Number(trimmed) : Number.NaN;
  if (Number.isFinite(value)) return value;
  throw new NoResult(`${where}: expected a number such as 1234.5, found ${quoted(text)}`);
}

/** The lines of a text whatever ends them; a last one without an end counts, an empty last one does not. */
export function* linesOf(text: string): Generator<{ readonly number: number; readonly text: string }> {
  let number = 1;
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    const unit = at < text.length ? text.charCodeAt(at) : undefined;
    if (unit !== undefined && unit !== 10 && unit !== 13) continue;
    if (unit !== undefined || at > start) yield { number, text: text.slice(start, at) };
    if (unit === 13 && text.charCodeAt(at + 1) === 10) at++;
    number++;
    start = at + 1;
  }
}

/** Of an input that is read line by line. Of longer ones the lines, not the characters, would take the time. */
const mostLines = 200_000;

/** @throws NoResult when there are more lines than are read. */
export function requireFew(line: number, { name }: Input): void {
  if (line <= mostLines) return;
  throw new NoResult(
    `${name} has more than ${mostLines} lines; let the command print less, or write its figures to a file of their own`,
  );
}

/** `a`, `b` and 3 more. */
export function someOf(names: readonly string[], most = 8): string {
  const shown = names.slice(0, most).map(quoted).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
