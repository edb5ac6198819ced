import { StringDecoder } from 'node:string_decoder';
import { seen } from '../report/plain';

const escape = '\u001b[';

/** Stands before each line of ours, and in no text of a guest. */
const mark = '▌';
/** Stands before each line of a guest, so that none begins where ours do. */
const gutter = '  ';
const tabWidth = 8;

/** Blocks and heavy bars, which at the beginning of a line look like our mark. */
const likeMark =
  /[\u2503\u2588-\u2590\u2594-\u259f\u25ae\u25af\u2758-\u275a\u23b8\u23b9\u{1fb00}-\u{1fbff}]/gu;

/**
 * Text that is safe in a terminal: what a guest prints cannot move the cursor, set titles, hide itself or look like a
 * line of ours.
 */
export function plainForTerminal(text: string): string {
  return text
    .replace(/\r\n|\r(?!\n)/g, '\n')
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, (c) =>
      String.fromCharCode(0x2400 + c.charCodeAt(0)),
    )
    .replace(/[^\t\n]+/g, seen)
    .replace(likeMark, '#')
    .replaceAll('\n', '\r\n');
}

/** The same in one line: a name or title within a line of ours. */
export function plainInLine(text: string): string {
  return plainForTerminal(text.replace(/\s*[\r\n]+\s*/g, ' '));
}

/** A line of ours, of safe text. Further lines in it are told by others, so they stand where a guest's do. */
export function ownLine(text: string): string {
  return `${cyan(mark)} ${text.replaceAll('\r\n', `\r\n${gutter}`)}`;
}

/** Indents what a guest prints, piece by piece. Tabs become blanks, so that columns stay below each other. */
export class GuestLines {
  private column = 0;

  get isAtLineStart(): boolean {
    return this.column === 0;
  }

  /** Something else has begun a line of its own. */
  interrupt(): void {
    this.column = 0;
  }

  indented(text: string, prefix = ''): string {
    let shown = '';
    for (const part of text.split(/(\r\n|\t)/)) {
      if (part === '') continue;
      if (part === '\r\n') {
        shown += part;
        this.column = 0;
        continue;
      }
      if (this.column === 0) shown += gutter + prefix;
      const blanks = part === '\t' ? tabWidth - (this.column % tabWidth) : 0;
      shown += blanks > 0 ? ' '.repeat(blanks) : part;
      this.column += blanks > 0 ? blanks : part.length;
    }
    return shown;
  }
}

export const bold = (text: string): string => `${escape}1m${text}${escape}22m`;
export const dim = (text: string): string => `${escape}2m${text}${escape}22m`;
export const red = (text: string): string => `${escape}31m${text}${escape}39m`;
export const green = (text: string): string => `${escape}32m${text}${escape}39m`;
export const yellow = (text: string): string => `${escape}33m${text}${escape}39m`;
export const cyan = (text: string): string => `${escape}36m${text}${escape}39m`;

/** Decodes chunks of a guest's output into safe terminal text; characters cut between chunks stay whole. */
export function terminalDecoder(): (chunk: Buffer) => string {
  const decoder = new StringDecoder('utf8');
  return (chunk) => plainForTerminal(decoder.write(chunk));
}
