import { closeSync, constants, fstatSync, openSync, readSync, statSync, type Stats } from 'node:fs';
import { lstat, open, readlink, stat, type FileHandle } from 'node:fs/promises';
import { UserError } from '../model/userError';
import { sizeText } from './limits';

/** Windows has not all of them. */
const flags: Readonly<Record<string, number | undefined>> = { ...constants };
const noFollow = flags['O_NOFOLLOW'] ?? 0;
/** Opening must neither wait for somebody to write into a named pipe nor take over a terminal. */
const harmless = (flags['O_NONBLOCK'] ?? 0) | (flags['O_NOCTTY'] ?? 0);
const pieceBytes = 1024 * 1024;

/** A file that is read up to `bytes`, the length it had when it was opened. */
export interface OpenFile {
  readonly handle: FileHandle;
  readonly bytes: number;
}

/**
 * Opens an ordinary file for reading, also through links. Devices, pipes, sockets and folders are refused before they
 * are opened, and again afterwards, should another one stand in their place by then.
 * @throws UserError that says why it is not read, or the error of the file system.
 */
export async function openToRead(file: string, mostBytes: number): Promise<OpenFile> {
  requireOrdinary(file, await stat(file).catch((error: unknown) => orDangling(file, error)), mostBytes);
  return opened(file, await open(file, constants.O_RDONLY | harmless), mostBytes);
}

/**
 * Opens an ordinary file to go on writing to it. A link is refused: its target may be any file of the person's.
 * @throws UserError as `openToRead` does, or the error of the file system.
 */
export async function openToGoOn(file: string, mostBytes: number): Promise<OpenFile> {
  const before = await lstat(file);
  if (before.isSymbolicLink()) {
    throw new UserError(
      `${file} is a link to ${await readlink(file)}, and nothing is written through links. Open the file itself.`,
    );
  }
  requireOrdinary(file, before, mostBytes);
  const found = await opened(file, await open(file, constants.O_RDWR | harmless | noFollow), mostBytes);
  if (noFollow === 0 && (await found.handle.stat()).ino !== before.ino) {
    await found.handle.close();
    throw new UserError(`${file} was replaced while it was opened. Try again.`);
  }
  return found;
}

/** The whole of an ordinary file. @throws as `openToRead` does. */
export async function readWhole(file: string, mostBytes: number): Promise<Buffer> {
  const { handle } = await openToRead(file, mostBytes);
  try {
    const pieces: Buffer[] = [];
    let bytes = 0;
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(pieceBytes), 0, pieceBytes, null);
      if (bytesRead === 0) return Buffer.concat(pieces);
      bytes += bytesRead;
      // Its length may have been unknown, or it grew meanwhile.
      if (bytes > mostBytes) throw tooLong(file, bytes, mostBytes);
      pieces.push(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

/** As `readWhole`, at once, of a short file that is never a link. @throws UserError, or the error of the file system. */
export function readShort(file: string, mostBytes: number): string {
  const descriptor = openSync(file, constants.O_RDONLY | harmless | noFollow);
  try {
    requireOrdinary(file, fstatSync(descriptor), mostBytes);
    const buffer = Buffer.alloc(mostBytes);
    return buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, mostBytes, 0));
  } finally {
    closeSync(descriptor);
  }
}

/** Whether an ordinary file, or a link to one, is there. */
export function isOrdinary(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

async function opened(file: string, handle: FileHandle, mostBytes: number): Promise<OpenFile> {
  try {
    const stats = await handle.stat();
    requireOrdinary(file, stats, mostBytes);
    return { handle, bytes: stats.size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function requireOrdinary(file: string, stats: Stats, mostBytes: number): void {
  if (!stats.isFile()) {
    const refused = new UserError(`${file} cannot be read: it is ${kindOf(stats)}, not an ordinary file.`);
    throw stats.isDirectory() ? Object.assign(refused, { code: 'EISDIR' }) : refused;
  }
  if (stats.size > mostBytes) throw tooLong(file, stats.size, mostBytes);
}

function tooLong(file: string, bytes: number, mostBytes: number): UserError {
  const length = sizeText(bytes);
  return new UserError(
    `${file} cannot be read: it has ${length}, and ${sizeText(mostBytes)} is the most for such a file.`,
  );
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a named pipe';
  if (stats.isSocket()) return 'a socket';
  return stats.isSymbolicLink() ? 'a link' : 'a device';
}

/** A link that leads nowhere is there, although its target is not. */
async function orDangling(file: string, error: unknown): Promise<never> {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ELOOP')
    throw new UserError(`${file} cannot be read: it is a link that leads back to itself.`);
  const link = code === 'ENOENT' ? await lstat(file).catch(() => undefined) : undefined;
  if (link?.isSymbolicLink() === true) {
    throw new UserError(
      `${file} cannot be read: it is a link to ${await readlink(file)}, and that is not there.`,
    );
  }
  throw error;
}
