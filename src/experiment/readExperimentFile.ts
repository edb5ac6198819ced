import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { experimentFileBytes, experimentLineBytes, sizeText } from '../files/limits';
import { openToRead } from '../files/reading';
import type { ExperimentRead } from '../model/experiment';
import { ExperimentReader, isWholeLine } from './readExperiment';

const usualPieceBytes = 1 << 20;
const newline = 0x0a;
const byteOrderMark = '\uFEFF';

/** An experiment file as it stands there. */
export interface ExperimentFileRead {
  readonly read: ExperimentRead;
  /** Of its first line, as `contentOf` gives it; undefined: there is none. */
  readonly content: string | undefined;
  /** The length of the file, and of its lines that are closed. */
  readonly bytes: number;
  readonly closedBytes: number;
  /** Whether the last line is whole and lacks its newline only. */
  readonly lacksNewline: boolean;
}

/** What an experiment is told by: the SHA-256 of its first line, in hex. All that it may do stands in that line. */
export function contentOf(firstLine: string | Buffer): string {
  return createHash('sha256').update(firstLine).digest('hex');
}

/**
 * As `readExperiment`, of a file. Piece by piece, so that a long file never stands in memory as text, and between the
 * pieces the process can do something else.
 * @throws UserError when it is no ordinary file or too long, else the error of the file system.
 */
export async function readExperimentFile(
  file: string,
  pieceBytes = usualPieceBytes,
): Promise<ExperimentRead> {
  return (await readExperimentWhole(file, pieceBytes)).read;
}

/** As `readExperimentFile`, with what identifies it. */
export async function readExperimentWhole(
  file: string,
  pieceBytes = usualPieceBytes,
): Promise<ExperimentFileRead> {
  const { handle } = await openToRead(file, experimentFileBytes);
  try {
    return await readHandle(handle, pieceBytes);
  } finally {
    await handle.close();
  }
}

/** Reads from where the file stands to its end. Of a file with an error, no more than up to there. */
export async function readHandle(
  handle: FileHandle,
  pieceBytes = usualPieceBytes,
): Promise<ExperimentFileRead> {
  const reader = new ExperimentReader();
  /** The line that the pieces so far ended in. */
  let begun: Buffer[] = [];
  let begunBytes = 0;
  let closedBytes = 0;
  let content: string | undefined;
  let last = '';
  const result = (): ExperimentFileRead => ({
    read: reader.end(),
    content,
    bytes: closedBytes + begunBytes,
    closedBytes,
    lacksNewline: begunBytes > 0 && isWholeLine(last),
  });
  const add = (end: Buffer, closed: boolean): boolean => {
    const line = begun.length === 0 ? end : Buffer.concat([...begun, end]);
    const isFirst = content === undefined;
    content ??= contentOf(line);
    last = line.toString('utf8');
    return reader.add(isFirst && last.startsWith(byteOrderMark) ? last.slice(1) : last, closed);
  };
  for await (const piece of piecesOf(handle, pieceBytes)) {
    let start = 0;
    for (let end = piece.indexOf(newline); end >= 0; end = piece.indexOf(newline, start)) {
      const wanted = add(piece.subarray(start, end), true);
      closedBytes += begunBytes + end + 1 - start;
      begun = [];
      begunBytes = 0;
      if (!wanted) return result();
      start = end + 1;
    }
    // A copy: the piece is overwritten by the next but one.
    if (start < piece.length) begun.push(Buffer.from(piece.subarray(start)));
    begunBytes += piece.length - start;
    if (begunBytes > experimentLineBytes || closedBytes + begunBytes > experimentFileBytes) {
      const most = sizeText(begunBytes > experimentLineBytes ? experimentLineBytes : experimentFileBytes);
      reader.refuse(
        begunBytes > experimentLineBytes
          ? `is longer than ${most}, the most for a line`
          : `is beyond ${most}, the most for an experiment file`,
      );
      return result();
    }
  }
  if (begun.length > 0) add(Buffer.alloc(0), false);
  return result();
}

/** While one piece is worked on, the next is read. A piece is good until the next but one is asked for. */
async function* piecesOf(handle: FileHandle, pieceBytes: number): AsyncGenerator<Buffer> {
  const buffers = [Buffer.allocUnsafe(pieceBytes), Buffer.allocUnsafe(pieceBytes)] as const;
  const read = (turn: number) => handle.read(turn % 2 === 0 ? buffers[0] : buffers[1], 0, pieceBytes, null);
  let next = read(0);
  try {
    for (let turn = 1; ; turn++) {
      const { buffer, bytesRead } = await next;
      if (bytesRead === 0) return;
      next = read(turn);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    // Of a reader that has seen enough; the file may be closed after this only.
    await next.catch(() => undefined);
  }
}
