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

/** The end of the head and the start of the tail: whole lines where they are not too long, else whole characters. */
function gap(bytes: Buffer): { readonly from: number; readonly to: number } {
  const from = boundaryBefore(bytes, keptBytes / 2);
  const to = boundaryAfter(bytes, bytes.length - keptBytes / 2);
  const lastLine = bytes.subarray(from - lineBytes, from).lastIndexOf(newline);
  const nextLine = bytes.subarray(to, to + lineBytes).indexOf(newline);
  return {
    from: lastLine < 0 ? from : from - lineBytes + lastLine + 1,
    to: nextLine < 0 ? to : to + nextLine + 1,
  };
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
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= keptBytes) return chunks(bytes).map(event);
  const { from, to } = gap(bytes);
  const missingBytes = to - from + Math.max(0, (totalBytes ?? 0) - bytes.length);
  const tail = chunks(bytes.subarray(to)).map(event);
  return [
    ...chunks(bytes.subarray(0, from)).map(event),
    ...tail
      .slice(0, 1)
      .map((first) => ({ ...first, missingBytes, ...(wholeIn === undefined ? {} : { wholeIn }) })),
    ...tail.slice(1),
  ];
}
