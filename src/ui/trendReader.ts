import { lstat, readdir, stat } from 'node:fs/promises';
import * as path from 'node:path';
import { readExperimentFile } from '../experiment/readExperimentFile';
import type { UnreadFile } from '../report/trend';
import { trendEntry } from '../report/trendEntry';
import type { TrendEntry } from '../report/trendShape';

/** A longer file would hold the window up; it is named instead. */
const mostBytes = 256 * 2 ** 20;

export interface ReaderWords {
  tooLong(bytes: number): string;
  unreadable(error: unknown): string;
}

type Known =
  | { readonly stamp: string; readonly entry: TrendEntry }
  | { readonly stamp: string; readonly unread: UnreadFile };

/** The experiment files of a folder, read one after the other; what has not changed is not read again. */
export class TrendReader {
  private readonly known = new Map<string, Known>();

  constructor(
    readonly folder: string,
    private readonly words: ReaderWords,
  ) {}

  get entries(): readonly TrendEntry[] {
    return [...this.known.values()].flatMap((one) => ('entry' in one ? one.entry : []));
  }

  get unread(): readonly UnreadFile[] {
    return [...this.known.values()].flatMap((one) => ('unread' in one ? one.unread : []));
  }

  /** Whether a file is one of the folder's experiments. */
  has(file: string): boolean {
    return this.known.has(file);
  }

  /**
   * Reads what is new or has changed. `onFile` hears how many of how many are done; once `signal` is aborted nothing
   * more is begun. Rejects when the folder cannot be listed.
   */
  async read(onFile: (read: number, total: number) => void, signal: AbortSignal): Promise<void> {
    const names = (await readdir(this.folder)).filter((name) => name.endsWith('.guestbench')).sort();
    const files = names.map((name) => path.join(this.folder, name));
    for (const file of this.known.keys()) if (!files.includes(file)) this.known.delete(file);
    for (const [index, file] of files.entries()) {
      if (signal.aborted) return;
      await this.readOne(file);
      onFile(index + 1, files.length);
    }
  }

  private async readOne(file: string): Promise<void> {
    const label = path.basename(file, '.guestbench');
    try {
      const { size, mtimeMs } = await stat(file).catch(() => lstat(file));
      const stamp = `${size}:${mtimeMs}`;
      if (this.known.get(file)?.stamp === stamp) return;
      if (size > mostBytes) {
        this.known.set(file, { stamp, unread: { file, label, reason: this.words.tooLong(size) } });
        return;
      }
      const read = await readExperimentFile(file);
      this.known.set(
        file,
        read.status === 'ok'
          ? { stamp, entry: trendEntry(file, read.experiment) }
          : { stamp, unread: { file, label, reason: read.error } },
      );
    } catch (error) {
      this.known.set(file, { stamp: '', unread: { file, label, reason: this.words.unreadable(error) } });
    }
  }
}
