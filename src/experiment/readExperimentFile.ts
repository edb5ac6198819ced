import { open, type FileHandle } from 'node:fs/promises';
import type { ExperimentRead } from '../model/experiment';
import { ExperimentReader } from './readExperiment';

const usualPieceBytes = 1 << 20;
const newline = 0x0a;
const byteOrderMark = '\uFEFF';

/**
 * As `readExperiment`, of a file. Piece by piece, so that a long file never stands in memory as text, and between the
 * pieces the process can do something else. @throws the error of the file system when it cannot be read.
 */
export async function readExperimentFile(
  file: string,
  pieceBytes = usualPieceBytes,
): Promise<ExperimentRead> {
  const reader = new ExperimentReader();
  const handle = await open(file, 'r');
  try {
    /** The line that the pieces so far ended in. */
    let begun: Buffer[] = [];
    let isFirst = true;
    const add = (line: Buffer, closed: boolean): boolean => {
      const text = (begun.length === 0 ? line : Buffer.concat([...begun, line])).toString('utf8');
      begun = [];
      const marked = isFirst && text.startsWith(byteOrderMark);
      isFirst = false;
      return reader.add(marked ? text.slice(1) : text, closed);
    };
    for await (const piece of piecesOf(handle, pieceBytes)) {
      let start = 0;
      for (let end = piece.indexOf(newline); end >= 0; end = piece.indexOf(newline, start)) {
        if (!add(piece.subarray(start, end), true)) return reader.end();
        start = end + 1;
      }
      // A copy: the piece is overwritten by the next but one.
      if (start < piece.length) begun.push(Buffer.from(piece.subarray(start)));
    }
    if (begun.length > 0) add(Buffer.alloc(0), false);
    return reader.end();
  } finally {
    await handle.close();
  }
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
