import * as vscode from 'vscode';
import { Disposable } from '../model/disposable';
import type { Experiment, ExperimentRead } from '../model/experiment';
import { baseName, nameOf } from './addresses';
import type { ExperimentService } from './experimentService';
import { readAddress } from './readAddress';
import { messageOf, type Log } from './log';

const debounceMs = 400;
/** A long experiment takes a while to read: it is read again after a multiple of that, not all the time. */
const restPerReading = 5;

/** What is known of a file. `problem`: why it cannot be shown, and what to do, for people. */
export type SourceState =
  | { readonly status: 'unread' }
  | { readonly status: 'ok'; readonly experiment: Experiment }
  | { readonly status: 'problem'; readonly problem: string };

/** One experiment file of a report: read on demand, and again whenever it has changed. */
export class ExperimentSource extends Disposable {
  private readonly changed = this.register(new vscode.EventEmitter<void>());
  /** Fires when the file was read again because it had changed. */
  readonly onDidChange = this.changed.event;
  private current: SourceState = { status: 'unread' };
  private timer: NodeJS.Timeout | undefined;
  private readingMs = 0;
  private readings = 0;

  constructor(
    readonly uri: vscode.Uri,
    private readonly experiments: ExperimentService,
    private readonly log: Log,
  ) {
    super();
    this.register(
      experiments.onDidChange((file) => {
        if (file === undefined || file === this.file) this.reloadSoon();
      }),
    );
    const watcher = this.register(
      vscode.workspace.createFileSystemWatcher(
        new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), baseName(uri)),
      ),
    );
    this.register(watcher.onDidCreate(() => this.reloadSoon()));
    this.register(watcher.onDidChange(() => this.reloadSoon()));
    this.register(watcher.onDidDelete(() => this.reloadSoon()));
    this.register({ dispose: () => clearTimeout(this.timer) });
  }

  /** Its name (`nameOf`): one that lies elsewhere is never taken for one of this computer. */
  get file(): string {
    return nameOf(this.uri);
  }

  get state(): SourceState {
    return this.current;
  }

  get isRunning(): boolean {
    return this.experiments.isRunning(this.file);
  }

  /** Reads the file; what is wrong with it is its state then, not an error. */
  async load(): Promise<void> {
    const startedMs = performance.now();
    const reading = ++this.readings;
    // One that began later knows more.
    const isOver = () => this.isDisposed || reading !== this.readings;
    let read: ExperimentRead;
    try {
      read = await readAddress(this.uri);
    } catch (error) {
      if (!isOver()) this.current = { status: 'problem', problem: whyUnread(error) };
      return;
    }
    if (isOver()) return;
    if (read.status === 'error' && read.line === 1 && this.isRunning) {
      // Its first line is being written.
      this.reloadSoon();
      return;
    }
    this.current = this.stateOf(read);
    this.readingMs = performance.now() - startedMs;
  }

  private stateOf(read: ExperimentRead): SourceState {
    if (read.status === 'error') {
      const problem = vscode.l10n.t('This file cannot be shown as a report: {0}', read.error);
      return { status: 'problem', problem };
    }
    if (read.torn === undefined || this.isRunning) return { status: 'ok', experiment: read.experiment };
    const note = vscode.l10n.t('Line {0} of the file is half-written and was left out.', read.torn.line);
    this.log.warn(`${this.file}: ${note}`);
    const notes = [...read.experiment.notes, note];
    return { status: 'ok', experiment: { ...read.experiment, notes } };
  }

  private reloadSoon(): void {
    if (this.isDisposed) return;
    this.timer ??= setTimeout(
      () => {
        this.timer = undefined;
        void this.load().then(
          () => this.changed.fire(),
          (error: unknown) => this.log.error(`${this.file}: ${messageOf(error)}`),
        );
      },
      Math.max(debounceMs, restPerReading * this.readingMs),
    );
  }
}

function whyUnread(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code === 'ENOENT' || code === 'FileNotFound'
    ? vscode.l10n.t('This file is not there: it was moved or deleted. It is shown as soon as it is back.')
    : vscode.l10n.t('This file cannot be read: {0}', messageOf(error));
}
