import { constants, openSync, unlinkSync } from 'node:fs';
import { lstat, open, type FileHandle } from 'node:fs/promises';
import * as path from 'node:path';
import { UserError } from '../model/userError';

/** Windows has neither. */
const flags: Readonly<Record<string, number | undefined>> = { ...constants };
const noFollow = flags['O_NOFOLLOW'] ?? 0;
const nonBlock = flags['O_NONBLOCK'] ?? 0;
/** For the person alone. */
const mode = 0o600;

/**
 * Creates a file that is not there yet and returns its descriptor. A link of that name is not followed: the error is
 * EEXIST, as for any other file. @throws the error of the file system.
 */
export function createFile(file: string): number {
  return openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow, mode);
}

/**
 * As `createFile`, in place of a file of that name from before. A link is removed, not its target.
 * @throws the error of the file system, also when a folder is in the way.
 */
export function createAnew(file: string): number {
  try {
    unlinkSync(file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  return createFile(file);
}

/**
 * Opens a file that a person chose to write over, new or not; it is empty then. A link is refused, and so is what is no
 * ordinary file. @throws UserError, or the error of the file system.
 */
export async function openToReplace(file: string): Promise<FileHandle> {
  const before = await lstat(file).catch(() => undefined);
  if (before?.isSymbolicLink() === true) {
    throw new UserError(`${file} is a link, and nothing is written through links. Choose another name.`);
  }
  if (before !== undefined && !before.isFile()) {
    throw new UserError(`${file} is not an ordinary file. Choose another name.`);
  }
  const how = constants.O_WRONLY | constants.O_CREAT | noFollow | nonBlock;
  const handle = await open(file, how, 0o666);
  try {
    if (!(await handle.stat()).isFile()) throw new UserError(`${file} is not an ordinary file.`);
    await handle.truncate(0);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * The path of a file beside another one: its name with an ending.
 * @throws UserError when the ending would lead out of the folder.
 */
export function beside(file: string, ending: string): string {
  const whole = `${file}.${ending}`;
  const name = `${path.basename(file)}.${ending}`;
  if (/[/\\\0]/.test(ending) || path.dirname(whole) !== path.dirname(file) || path.basename(whole) !== name) {
    throw new UserError(`"${ending.slice(0, 100)}" cannot be the end of a file's name.`);
  }
  return whole;
}
