import { existsSync, watch, type FSWatcher } from 'node:fs';
import * as path from 'node:path';
import { labFileBytes } from '../files/limits';
import { readWhole } from '../files/reading';
import { Disposable, type Disposes } from '../model/disposable';
import type { Lab } from '../model/lab';
import { UserError } from '../model/userError';
import { emptyLab, parseLab, type EntryCheck, type LabProblem, type LabRead } from './labRead';

export type { LabProblem } from './labRead';

/** Editors write in several steps; one look afterwards is enough. */
const defaultDebounceMs = 150;

export interface LabStoreOptions {
  readonly debounceMs?: number;
  /** Called when a lab names benchmarks. */
  readonly loadEntryCheck?: () => Promise<EntryCheck>;
}

/**
 * The lab in a file: read, watched, and kept. While the file is broken the last good lab stays, and `problems` say what
 * is wrong; a missing file is an empty lab.
 */
export class LabStore extends Disposable {
  private current: Lab = emptyLab;
  private found: readonly LabProblem[] = [];
  private present = false;
  /** Of the last state that was told; undefined before the first. */
  private told: string | undefined;
  private readonly listeners = new Set<() => void>();
  private latest = 0;
  private timer: NodeJS.Timeout | undefined;
  private watcher: { readonly folder: string; readonly handle: FSWatcher } | undefined;
  private readonly debounceMs: number;

  constructor(
    /** Absolute path of the lab file; it need not exist. */
    readonly path: string,
    private readonly options: LabStoreOptions = {},
  ) {
    super();
    this.debounceMs = options.debounceMs ?? defaultDebounceMs;
    this.register({ dispose: () => clearTimeout(this.timer) });
    this.register({ dispose: () => this.unwatch() });
    this.register({ dispose: () => this.listeners.clear() });
  }

  /** The last good lab. */
  get lab(): Lab {
    return this.current;
  }

  /** What is wrong with the file now; empty when it is good or missing. */
  get problems(): readonly LabProblem[] {
    return this.found;
  }

  /** Whether there is a file. */
  get exists(): boolean {
    return this.present;
  }

  /** Tells of every change of the lab or its problems, and of the first reading. A listener must not throw. */
  onDidChange(listener: () => void): Disposes {
    const entry = () => listener();
    if (!this.isDisposed) this.listeners.add(entry);
    return { dispose: () => void this.listeners.delete(entry) };
  }

  /** Reads the file now, and watches it from then on. Never rejects: what goes wrong is among `problems`. */
  async load(): Promise<void> {
    if (this.isDisposed) return;
    this.watchFile();
    const turn = ++this.latest;
    // A later reading that has begun meanwhile knows better.
    const isLate = () => turn !== this.latest || this.isDisposed;
    const read = await this.read();
    if (isLate()) return;
    if (read.lab !== undefined) this.current = read.lab;
    this.found = read.problems;
    this.present = read.exists;
    const state = JSON.stringify([this.current, this.found, this.present]);
    if (state === this.told) return;
    this.told = state;
    for (const listener of [...this.listeners]) listener();
  }

  private async read(): Promise<{ lab?: Lab; problems: readonly LabProblem[]; exists: boolean }> {
    let text: string;
    try {
      text = (await readWhole(this.path, labFileBytes)).toString('utf8');
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return { lab: emptyLab, problems: [], exists: false };
      const problem =
        error instanceof UserError ? message : `${this.path} cannot be read: ${readError(code) ?? message}`;
      return { problems: [{ message: problem, line: 1, column: 1, offset: 0 }], exists: true };
    }
    const read = await this.checked(text);
    return read.status === 'ok'
      ? { lab: read.lab, problems: read.problems ?? [], exists: true }
      : { problems: read.problems, exists: true };
  }

  private async checked(text: string): Promise<LabRead> {
    const name = path.basename(this.path);
    const read = parseLab(text, name);
    const { loadEntryCheck } = this.options;
    if (read.status !== 'ok' || loadEntryCheck === undefined || !namesBenchmarks(read.lab)) return read;
    return parseLab(text, name, await loadEntryCheck());
  }

  /**
   * Watches the folder, since a watched file is lost when an editor puts a new one in its place; where there is no
   * folder yet, the nearest one above it.
   */
  private watchFile(): void {
    let folder = path.dirname(this.path);
    while (!existsSync(folder) && path.dirname(folder) !== folder) folder = path.dirname(folder);
    if (this.watcher?.folder === folder) return;
    this.unwatch();
    try {
      const handle = watch(folder, { persistent: false }, (_event, name) => this.onFolderEvent(folder, name));
      // The folder went away, or the system has no more watches: look again; a reading by hand works all the same.
      handle.on('error', () => {
        if (this.watcher?.handle === handle) this.unwatch();
        this.schedule();
      });
      this.watcher = { folder, handle };
    } catch {
      this.watcher = undefined;
    }
  }

  private onFolderEvent(folder: string, name: string | null): void {
    const next = path.relative(folder, this.path).split(path.sep)[0];
    // The folder's own name is told when it is moved or deleted.
    if (name === null || name === next || name === path.basename(folder)) {
      if (!existsSync(folder)) this.unwatch();
      this.schedule();
    }
  }

  private schedule(): void {
    if (this.isDisposed) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.load(), this.debounceMs);
    this.timer.unref();
  }

  private unwatch(): void {
    this.watcher?.handle.close();
    this.watcher = undefined;
  }
}

const namesBenchmarks = ({ benchmarks = [], suites }: Lab): boolean =>
  benchmarks.length > 0 || Object.keys(suites).length > 0;

function readError(code: string | undefined): string | undefined {
  if (code === 'EACCES' || code === 'EPERM') return 'your account may not read it.';
  return code === 'EISDIR' ? 'it is a folder.' : undefined;
}
