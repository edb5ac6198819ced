import { open, type FileHandle } from 'node:fs/promises';
import * as path from 'node:path';
import { Disposable, type Disposes } from '../model/disposable';
import { eventSchema, type Experiment, type ExperimentEvent } from '../model/experiment';
import { UserError } from '../model/userError';
import { experimentFileBytes } from '../files/limits';
import { openToGoOn } from '../files/reading';
import { lockFile } from './fileLock';
import { readHandle } from './readExperimentFile';

export { outputEvents } from './outputEvents';
export { readExperiment } from './readExperiment';

/** What the writer needs of an open file; a test can hand it one that fails. */
export type JournalFile = Pick<FileHandle, 'write' | 'truncate' | 'sync' | 'close' | 'stat'>;

export interface ReopenedJournal {
  readonly writer: JournalWriter;
  readonly experiment: Experiment;
  /** A half-written last line was cut off the file: its number, and how many bytes it had. */
  readonly torn?: { readonly line: number; readonly bytes: number };
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied. Choose a folder you may write to',
  EPERM: 'permission denied. Choose a folder you may write to',
  EROFS: 'the file system is read-only. Choose another folder',
  EEXIST: 'it exists already, and a result is never overwritten. Choose another label or try again',
  ENOENT: 'the folder or the file does not exist. Create the folder and try again',
  ENOSPC: 'the disk is full. Free some space and try again',
  EDQUOT: 'your disk quota is used up. Free some space and try again',
  EIO: 'the disk reported an error. Choose another disk',
};

function userError(verb: string, file: string, error: unknown): UserError {
  if (error instanceof UserError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = reasons[code] ?? (error instanceof Error ? error.message : String(error));
  return new UserError(`Cannot ${verb} the experiment file ${file}: ${reason}.`, { cause: error });
}

/** Makes the entry of a new file survive a power cut; where folders cannot be synced (Windows) there is no need. */
async function syncFolder(file: string): Promise<void> {
  try {
    const folder = await open(path.dirname(file), 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch {
    // The file itself is synced with every event; this only shortens the time its name is not on disk.
  }
}

/**
 * Appends events to an experiment file: a line each, in the order of the calls, on disk when the promise resolves. A
 * line that could not be written whole is taken back before the next one is written.
 */
export class JournalWriter extends Disposable {
  private queue: Promise<void> = Promise.resolve();
  private closing: Promise<void> | undefined;
  private isTorn = false;

  /** @param size the length of the file in bytes: what stands there is whole. */
  constructor(
    readonly file: string,
    private readonly handle: JournalFile,
    private size: number,
    private readonly lock?: Disposes,
  ) {
    super();
    this.register({ dispose: () => void this.close().catch(() => undefined) });
  }

  /** Creates the file. @throws UserError, also when it exists already. */
  static async create(file: string): Promise<JournalWriter> {
    let lock: Disposes | undefined;
    try {
      const handle = await open(file, 'wx', 0o600);
      lock = lockFile(file);
      await syncFolder(file);
      return new JournalWriter(file, handle, 0, lock);
    } catch (error) {
      lock?.dispose();
      throw userError('create', file, error);
    }
  }

  /**
   * Opens a file to go on with its experiment; a torn last line is cut off first. `content` is that of its first line
   * (`contentOf`), as it was when somebody agreed to it.
   * @throws UserError, also when another process has the file, it is a link, or its first line is another one.
   */
  static async reopen(file: string, content?: string): Promise<ReopenedJournal> {
    let handle: FileHandle | undefined;
    let lock: Disposes | undefined;
    try {
      handle = (await openToGoOn(file, experimentFileBytes)).handle;
      lock = lockFile(file);
      const { read, content: found, bytes, closedBytes, lacksNewline } = await readHandle(handle);
      if (read.status === 'error') throw new UserError(`Cannot go on with ${file}. ${read.error}`);
      if (content !== undefined && found !== content) {
        throw new UserError(
          `${file} was changed since it was looked at. Look at it again before you resume it.`,
        );
      }
      const tail = bytes - closedBytes;
      const isComplete = lacksNewline && read.torn === undefined;
      const writer = new JournalWriter(file, handle, isComplete ? bytes : closedBytes, lock);
      if (isComplete) await writer.writeAtEnd('\n');
      else if (tail > 0) await handle.truncate(closedBytes);
      const torn = read.torn === undefined ? {} : { torn: { line: read.torn.line, bytes: tail } };
      return { writer, experiment: read.experiment, ...torn };
    } catch (error) {
      lock?.dispose();
      await handle?.close().catch(() => undefined);
      throw userError('open', file, error);
    }
  }

  /** Resolves when the events are on disk, written at once. Rejects with a UserError when none is; later ones may be. */
  append(...events: readonly ExperimentEvent[]): Promise<void> {
    if (this.closing !== undefined) return Promise.reject(new Error(`${this.file} is closed.`));
    for (const event of events) {
      // What cannot be read must not be written: JSON turns NaN into null.
      const checked = eventSchema.safeParse(event);
      if (!checked.success) {
        const cause = checked.error;
        return Promise.reject(
          new Error(`A ${event.type} event would make ${this.file} unreadable.`, { cause }),
        );
      }
    }
    const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');
    const written = this.queue.then(() => this.writeAtEnd(lines));
    this.queue = written.catch(() => undefined);
    return written;
  }

  /** Waits for the events on their way, then closes the file. */
  close(): Promise<void> {
    this.closing ??= this.queue.then(async () => {
      await this.handle.close();
      this.lock?.dispose();
    });
    return this.closing;
  }

  private async writeAtEnd(line: string): Promise<void> {
    try {
      if (this.isTorn) {
        await this.handle.truncate(this.size);
        this.isTorn = false;
      }
      const { size } = await this.handle.stat();
      if (size !== this.size) {
        throw new UserError(
          `Cannot write the experiment file ${this.file}: another program changed it meanwhile. ` +
            'Close it there; what is in it stays as it is.',
        );
      }
      const bytes = new TextEncoder().encode(line);
      this.isTorn = true;
      let done = 0;
      while (done < bytes.length) {
        const { bytesWritten } = await this.handle.write(bytes, done, bytes.length - done, this.size + done);
        if (bytesWritten === 0) throw new Error('nothing more could be written');
        done += bytesWritten;
      }
      await this.handle.sync();
      this.size += bytes.length;
      this.isTorn = false;
    } catch (error) {
      await this.takeBack();
      throw userError('write', this.file, error);
    }
  }

  /** Removes what a failed write left; if that fails too, the next write tries again. */
  private async takeBack(): Promise<void> {
    if (!this.isTorn) return;
    try {
      await this.handle.truncate(this.size);
      this.isTorn = false;
    } catch {
      // Left for the next write; a reader takes it for a torn last line.
    }
  }
}
