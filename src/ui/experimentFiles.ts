import { lstat, readdir, stat } from 'node:fs/promises';
import * as path from 'node:path';
import { readExperimentFile } from '../experiment/readExperimentFile';
import { entryFrom, seen, unreadableEntry, type ExperimentEntry } from './experimentEntry';
import { messageOf, type Log } from './log';

/** The experiment files of a folder as rows of the tree; those that did not change are not read again. */
export class ExperimentFiles {
  private readonly known = new Map<string, { readonly stamp: string; readonly entry: ExperimentEntry }>();

  constructor(private readonly log: Log) {}

  /** Newest first. `running` has the entry of an experiment that runs in this window, from memory. */
  async list(
    folder: string,
    running: (file: string) => ExperimentEntry | undefined,
  ): Promise<readonly ExperimentEntry[]> {
    let names: string[];
    try {
      names = (await readdir(folder)).filter((name) => name.endsWith('.guestbench'));
    } catch {
      names = [];
    }
    const files = names.map((name) => path.join(folder, name));
    const entries = await Promise.all(files.map(async (file) => running(file) ?? (await this.entryOf(file))));
    return entries
      .filter((entry) => entry !== undefined)
      .sort((a, b) => path.basename(b.file).localeCompare(path.basename(a.file)));
  }

  private async entryOf(file: string): Promise<ExperimentEntry | undefined> {
    try {
      // Of a link that leads nowhere: the link's own, so that it has a row that says so.
      const info = await stat(file).catch(() => lstat(file));
      const stamp = `${info.size}:${info.mtimeMs}`;
      const known = this.known.get(file);
      if (known?.stamp === stamp) return seen(known.entry);
      const entry = entryFrom(file, await readExperimentFile(file));
      this.known.set(file, { stamp, entry });
      return seen(entry);
    } catch (error) {
      this.log.debug(`${file}: ${messageOf(error)}`);
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      return unreadableEntry(file, messageOf(error));
    }
  }
}
