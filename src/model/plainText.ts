/** Control characters, and everything that is invisible or changes the direction of the text beside it. */
const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\ufff9-\uffff]/gu;

/** Longest text of a peer in one message, in characters. */
const longest = 300;
/** A dialog of more lines would push its buttons out of sight. */
const mostLines = 20;

/**
 * Text of another machine in one line for messages, prompts and logs: nothing in it is invisible, moves a cursor or
 * reorders what stands beside it. At most `limit` characters, the last one `…` when something was cut.
 */
export function peerText(text: string, limit = longest): string {
  return cut(lineOf(text.slice(0, 4 * limit)), limit);
}

/** The same with its line breaks, for prompts whose server formats its text. At most `limit` characters. */
export function peerLines(text: string, limit = longest): string {
  const lines = text.slice(0, 4 * limit).split(/\r\n|\r|\n/);
  return cut(lines.slice(0, mostLines).map(lineOf).join('\n'), limit);
}

const lineOf = (text: string): string => text.replace(/[\t\r\n]+/g, ' ').replace(hidden, '\ufffd');

/** Cuts between characters, never inside a surrogate pair. */
function cut(text: string, limit: number): string {
  const letters = Array.from(text);
  return letters.length <= limit ? text : `${letters.slice(0, limit - 1).join('')}…`;
}
