import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../model/userError';

/** A folder as the tar archive it would be: the same bytes for the same content, wherever and whenever it is made. */
export interface Tarball {
  readonly bytes: number;
  /** The archive from an offset on. Throws a UserError when the folder is no longer as it was. */
  read(from: number): AsyncIterable<Buffer>;
}

interface Part {
  readonly bytes: number;
  read(from: number): AsyncIterable<Buffer>;
}

const block = 512;
/** Of a chunk, at least, save the last. */
const fairBytes = 64 * 1024;
const zeros = Buffer.alloc(2 * block);
/** One time for all: the archive depends on the content only, and no file is newer than what is made of it. */
const sameTime = Date.UTC(2000, 0, 1) / 1000;
/** What version control keeps is no part of the content. */
const leftOut: readonly string[] = ['.git', '.hg', '.svn'];
/** Octal digits of a size in the header. */
const mostBytes = 0o77777777777;
/** Windows keeps no permission to run. */
const knowsModes = process.platform !== 'win32';

/**
 * Lists the folder; `name` is the folder's name in the archive. Symbolic links are kept as links, and what is
 * neither file, folder nor link is left out.
 * @throws UserError when something cannot be read, or there is no file in it.
 */
export async function tarballOf(folder: string, name: string): Promise<Tarball> {
  const parts: Part[] = [];
  const files = { count: 0 };
  await addFolder(parts, files, folder, name);
  if (files.count === 0) throw new UserError(`There is no file in ${folder}.`);
  parts.push(constant(zeros));
  return {
    bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
    read: (from) => readParts(parts, from),
  };
}

async function addFolder(
  parts: Part[],
  files: { count: number },
  folder: string,
  name: string,
): Promise<void> {
  parts.push(headerOf({ name: `${name}/`, type: '5', mode: 0o755, bytes: 0 }));
  const entries = await readable(folder, () => readdir(folder));
  // By code unit: the same order in every language.
  for (const entry of entries.toSorted((a, b) => (a < b ? -1 : 1))) {
    if (leftOut.includes(entry)) continue;
    const path = join(folder, entry);
    const inside = `${name}/${entry}`;
    const stats = await readable(path, () => lstat(path));
    if (stats.isDirectory()) await addFolder(parts, files, path, inside);
    else if (stats.isSymbolicLink()) {
      const target = await readable(path, () => readlink(path));
      parts.push(headerOf({ name: inside, type: '2', mode: 0o777, bytes: 0, target }));
    } else if (stats.isFile()) {
      if (stats.size > mostBytes) throw new UserError(`${path} is too large: a file may have 8 GiB at most.`);
      files.count += 1;
      const isProgram = !knowsModes || (stats.mode & 0o111) !== 0;
      const mode = isProgram ? 0o755 : 0o644;
      parts.push(headerOf({ name: inside, type: '0', mode, bytes: stats.size }), fileOf(path, stats.size));
      const rest = (block - (stats.size % block)) % block;
      if (rest > 0) parts.push(constant(zeros.subarray(0, rest)));
    }
  }
}

async function readable<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw cannotRead(path, error);
  }
}

/** A file or folder of this computer that cannot be read, for people. */
export function cannotRead(path: string, error: unknown): UserError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return new UserError(`There is no file or folder ${path} on this computer.`);
  if (code === 'EACCES' || code === 'EPERM') return new UserError(`${path} may not be read. Check who may.`);
  return new UserError(`${path} cannot be read (${error instanceof Error ? error.message : String(error)}).`);
}

interface Header {
  readonly name: string;
  readonly type: '0' | '2' | '5' | 'K' | 'L';
  readonly mode: number;
  readonly bytes: number;
  readonly target?: string;
}

/** As GNU tar writes it: names as bytes, and long ones in an entry before (BusyBox and libarchive know these too). */
function header(entry: Header): Buffer {
  return Buffer.concat([
    ...longText('K', entry.target ?? ''),
    ...longText('L', entry.name),
    headerBlock(entry),
  ]);
}

function longText(type: 'K' | 'L', text: string): readonly Buffer[] {
  const bytes = Buffer.from(`${text}\0`);
  if (bytes.length <= 101) return [];
  const padded = Buffer.alloc(Math.ceil(bytes.length / block) * block);
  bytes.copy(padded);
  return [headerBlock({ name: '././@LongLink', type, mode: 0o644, bytes: bytes.length }), padded];
}

function headerBlock({ name, type, mode, bytes, target = '' }: Header): Buffer {
  const buffer = Buffer.alloc(block);
  const octal = (value: number, at: number, length: number): void => {
    buffer.write(value.toString(8).padStart(length - 1, '0'), at, 'latin1');
  };
  Buffer.from(name).copy(buffer, 0, 0, 100);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(bytes, 124, 12);
  octal(sameTime, 136, 12);
  buffer.write('        ', 148, 'latin1');
  buffer.write(type, 156, 'latin1');
  Buffer.from(target).copy(buffer, 157, 0, 100);
  buffer.write('ustar  \0', 257, 'latin1');
  const sum = buffer.reduce((total, byte) => total + byte, 0);
  buffer.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return buffer;
}

function constant(data: Buffer): Part {
  return { bytes: data.length, read: (from) => once(data.subarray(from)) };
}

/** Made anew when it is read: of a kernel's sources there are a hundred thousand. */
function headerOf(entry: Header): Part {
  return { bytes: header(entry).length, read: (from) => once(header(entry).subarray(from)) };
}

// eslint-disable-next-line @typescript-eslint/require-await -- as a file is read
async function* once(data: Buffer): AsyncGenerator<Buffer> {
  yield data;
}

function fileOf(path: string, bytes: number): Part {
  return { bytes, read: (from) => readFileExactly(path, from, bytes) };
}

/**
 * The bytes of a file from an offset up to the length it had.
 * @throws UserError when it cannot be read or has another length now.
 */
export async function* readFileExactly(path: string, from: number, bytes: number): AsyncGenerator<Buffer> {
  const changed = (): UserError => new UserError(`${path} was changed while it was read. Start again.`);
  let left = bytes - from;
  try {
    for await (const chunk of createReadStream(path, { start: from, highWaterMark: 256 * 1024 })) {
      if (!Buffer.isBuffer(chunk) || chunk.length > left) throw changed();
      left -= chunk.length;
      yield chunk;
    }
  } catch (error) {
    throw error instanceof UserError ? error : cannotRead(path, error);
  }
  if (left > 0) throw changed();
}

/** In chunks of a fair size, also of many small files. */
async function* readParts(parts: readonly Part[], from: number): AsyncGenerator<Buffer> {
  let skipped = 0;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  for (const part of parts) {
    const start = Math.max(0, from - skipped);
    skipped += part.bytes;
    if (start >= part.bytes) continue;
    for await (const chunk of part.read(start)) {
      waiting.push(chunk);
      waitingBytes += chunk.length;
      if (waitingBytes < fairBytes) continue;
      yield Buffer.concat(waiting);
      waiting = [];
      waitingBytes = 0;
    }
  }
  if (waitingBytes > 0) yield Buffer.concat(waiting);
}
