import type { EventOf } from '../model/experiment';

/** What the experiment file keeps of a trial's stream. */
export const keptBytes = 1024 * 1024;
/** One event's share of it, so that no line gets very long. */
const chunkBytes = 64 * 1024;
/** How far a cut moves to fall between two lines. */
const lineBytes = 4 * 1024;

const newline = 0x0a;

/** Whether a character of UTF-8 begins at `index`. */
function isBoundary(bytes: Buffer, index: number): boolean {
  return ((bytes[index] ?? 0) & 0xc0) !== 0x80;
}

function boundaryBefore(bytes: Buffer, index: number): number {
  let at = index;
  while (at > 0 && at < bytes.length && !isBoundary(bytes, at)) at--;
  return at;
}

function boundaryAfter(bytes: Buffer, index: number): number {
  let at = index;
  while (at < bytes.length && !isBoundary(bytes, at)) at++;
  return at;
}

/** The first part of a long text, at most `most` bytes: up to the end of a line where it is not too long. */
function headOf(text: string, most: number): Buffer {
  // Each unit is a byte at least, and the last one may be half a character.
  const bytes = Buffer.from(text.slice(0, most + 1), 'utf8');
  const to = boundaryBefore(bytes, most);
  const line = bytes.subarray(to - lineBytes, to).lastIndexOf(newline);
  return bytes.subarray(0, line < 0 ? to : to - lineBytes + line + 1);
}

/** The last part, in the same way: from the beginning of a line. */
function tailOf(text: string, most: number): Buffer {
  const bytes = Buffer.from(text.slice(-most - 1), 'utf8');
  const from = boundaryAfter(bytes, bytes.length - most);
  const line = bytes.subarray(from, from + lineBytes).indexOf(newline);
  return bytes.subarray(line < 0 ? from : from + line + 1);
}

function chunks(bytes: Buffer): string[] {
  const texts: string[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = boundaryBefore(bytes, Math.min(start + chunkBytes, bytes.length));
    texts.push(bytes.toString('utf8', start, end));
    start = end;
  }
  return texts;
}

/**
 * The events that record a stream of a trial. Of more than 1 MiB head and tail are kept; the first event of the tail
 * says how many bytes are missing before it, and where the whole is.
 *
 * @param wholeIn the sibling file that holds the stream whole.
 * @param totalBytes the stream's length, if `text` is already shortened in its middle.
 */
export function outputEvents(
  trialId: string,
  stream: 'stdout' | 'stderr',
  text: string,
  wholeIn?: string,
  totalBytes?: number,
): EventOf<'output'>[] {
  const at = new Date().toISOString();
  const event = (part: string): EventOf<'output'> => ({
    at,
    type: 'output',
    trial: trialId,
    stream,
    text: part,
  });
  const length = Buffer.byteLength(text, 'utf8');
  if (length <= keptBytes) return chunks(Buffer.from(text, 'utf8')).map(event);
  const head = headOf(text, keptBytes / 2);
  const end = tailOf(text, keptBytes / 2);
  const missingBytes = length - head.length - end.length + Math.max(0, (totalBytes ?? 0) - length);
  const tail = chunks(end).map(event);
  return [
    ...chunks(head).map(event),
    ...tail
      .slice(0, 1)
      .map((first) => ({ ...first, missingBytes, ...(wholeIn === undefined ? {} : { wholeIn }) })),
    ...tail.slice(1),
  ];
}
