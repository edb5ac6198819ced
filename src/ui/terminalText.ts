import { StringDecoder } from 'node:string_decoder';
import { seen } from '../report/format';

const escape = '\u001b[';

/** Text that is safe in a terminal: what a guest prints cannot move the cursor, set titles or hide itself. */
export function plainForTerminal(text: string): string {
  return text
    .replace(/\r\n|\r(?!\n)/g, '\n')
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, (c) =>
      String.fromCharCode(0x2400 + c.charCodeAt(0)),
    )
    .replace(/[^\t\n]+/g, seen)
    .replaceAll('\n', '\r\n');
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
