import { parseJson } from '../../model/nesting';
import { lineNumberAt, NoResult } from './judgement';

/** The JSON document of fio in a text, and what stands around it. */
export interface FioDocument {
  readonly json: unknown;
  /** Lines before and after the document: warnings, notes, the messages of fio. */
  readonly around: string;
}

const key = '"fio version"';

/**
 * Reads the last JSON document of fio in a text, pretty-printed or on one line, with other text before and after it.
 * The last one counts: an earlier one is an interim report of `--status-interval`. Linear in the length of the text.
 * @throws NoResult for a text without a document, and when the last one is cut or damaged.
 */
export function lastFioDocument(name: string, text: string): FioDocument {
  const start = Math.max(lastLineThatOpens(text), lastBefore(text));
  if (start < 0) throw new NoResult(withoutJson(name, text));
  const line = (offset: number) => lineNumberAt(text, offset);
  const end = endOfObject(text, start);
  if (end < 0)
    throw new NoResult(`the JSON in ${name} begins on line ${line(start)} and is cut off before its end`);
  const after = text.slice(end);
  // Text after the document is fine, JSON is not: a brace too many closed the document early, or a later one is damaged.
  const rest = /^[ \t]*["{}\]]/m.exec(after);
  if (rest !== null)
    throw new NoResult(
      `the JSON in ${name} is damaged: it ends on line ${line(end)}, but more of it follows on line ${line(end + rest.index)}`,
    );
  const own = text.slice(start, end);
  try {
    return { json: parsed(own), around: `${text.slice(0, start)}\n${after}` };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new NoResult(
      `the JSON in ${name}, lines ${line(start)} to ${line(end)}, is damaged: ${detail.slice(0, 160)}`,
    );
  }
}

/** Old versions print `nan` and `inf` where they divide by zero; they are no JSON and no figures. */
function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    const mended = text.replace(/(" ?: ?)-?(?:nan|inf)(?=[\s,}])/g, '$1null');
    if (mended === text) throw error;
    return parseJson(mended);
  }
}

/** Where the last line begins that is just `{`, or `{` and a key; -1: nowhere. */
function lastLineThatOpens(text: string): number {
  for (let at = text.lastIndexOf('{'); at >= 0; at = at === 0 ? -1 : text.lastIndexOf('{', at - 1)) {
    if (at > 0 && text[at - 1] !== '\n' && !(at === 1 && text.startsWith('\ufeff'))) continue;
    let next = at + 1;
    while (text[next] === '\r') next++;
    if (next === text.length || text[next] === '\n') return at;
    while (text[next] === ' ' || text[next] === '\t') next++;
    if (text[next] === '"') return at;
  }
  return -1;
}

/** Where the last `{` stands that is followed by the first key of a document: other text may stand before it in its line. */
function lastBefore(text: string): number {
  for (let at = text.lastIndexOf(key); at >= 0; at = at === 0 ? -1 : text.lastIndexOf(key, at - 1)) {
    let before = at - 1;
    while (before >= 0 && ' \t\r\n'.includes(text.charAt(before))) before--;
    if (text[before] === '{') return before;
  }
  return -1;
}

/** Behind the `}` that closes the object which opens at `start`; -1: it is not closed. */
function endOfObject(text: string, start: number): number {
  let depth = 0;
  let isString = false;
  for (let at = start; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (isString) {
      if (unit === backslash) at++;
      else if (unit === quote || unit === newline) isString = false;
    } else if (unit === quote) isString = true;
    else if (unit === openBrace) depth++;
    else if (unit === closeBrace && --depth === 0) return at + 1;
  }
  return -1;
}

const newline = 10;
const quote = 34;
const backslash = 92;
const openBrace = 123;
const closeBrace = 125;

/** Why there is no JSON: fio prints its report in other formats too. */
function withoutJson(name: string, text: string): string {
  const instead = 'run fio with --output-format=json';
  const head = text.slice(0, 64 * 1024);
  const terse = /^\d;(?:fio-)?[^;\n]{1,80};[^;\n]{0,80};\d/m.exec(head);
  if (terse !== null)
    return `no JSON in ${name}: line ${lineNumberAt(head, terse.index)} is fio's terse output, which is not read; ${instead}`;
  const normal =
    /^fio-\d[\w.-]{0,40}\r?$|^[^\n(]{1,80}\(g(?:roupid)?=\d{1,6}(?:\): rw=|, jobs=\d{1,6}\): err=)/m.exec(
      head,
    );
  if (normal !== null)
    return `no JSON in ${name}: line ${lineNumberAt(head, normal.index)} is fio's normal output for people, which is not read; ${instead}`;
  return `no JSON in ${name}: expected a line "{"`;
}
