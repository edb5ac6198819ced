import * as path from 'node:path';
import * as vscode from 'vscode';
import { Disposable } from '../../model/disposable';
import type { ExperimentEntry, ExperimentState } from '../experimentEntry';
import type { RunningNow } from '../experimentRun';
import type { ExperimentService } from '../experimentService';
import { setting } from '../settings';
import { timeLeftText } from '../timeLeft';
import { seenWaitText } from '../waits';
import type { VisibleTree } from '../visible/views';
import { visibleLines } from '../visibleText';

const debounceMs = 300;

/** Experiment files, newest first; the running ones show how far they are. */
export class ExperimentsView extends Disposable implements vscode.TreeDataProvider<ExperimentEntry> {
  private readonly changed = this.register(new vscode.EventEmitter<ExperimentEntry | undefined>());
  readonly onDidChangeTreeData = this.changed.event;
  private timer: NodeJS.Timeout | undefined;
  private tree: Pick<VisibleTree, 'tell'> | undefined;

  constructor(private readonly experiments: ExperimentService) {
    super();
    this.register(experiments.onDidChange(() => this.mark()));
    const watcher = this.register(
      vscode.workspace.createFileSystemWatcher('**/{guestbench-results,*.guestbench}'),
    );
    this.register(watcher.onDidCreate(() => this.mark()));
    this.register(watcher.onDidDelete(() => this.mark()));
    this.register(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('guestbench.resultsFolder')) this.mark();
        if (event.affectsConfiguration('guestbench.resume')) this.mark();
      }),
    );
    this.register({ dispose: () => clearTimeout(this.timer) });
  }

  async getChildren(node?: ExperimentEntry): Promise<ExperimentEntry[]> {
    if (node) return [];
    const entries = await this.experiments.list();
    this.offer(entries);
    return [...entries];
  }

  /** Where interrupted experiments are offered to be resumed, besides their rows. */
  offerIn(tree: Pick<VisibleTree, 'tell'>): void {
    this.tree = tree;
  }

  private offer(entries: readonly ExperimentEntry[]): void {
    if (!this.tree) return;
    const count = entries.filter(({ state }) => state === 'interrupted').length;
    const isOffered = count > 0 && setting('resume') === 'ask';
    const text =
      count === 1
        ? vscode.l10n.t('An experiment was interrupted. Resume in its row goes on with it; nothing is lost.')
        : vscode.l10n.t('{0} experiments were interrupted. Resume in their rows goes on with them.', count);
    if (isOffered) this.tree.tell(text, count);
    else this.tree.tell(undefined);
  }

  getTreeItem(entry: ExperimentEntry): vscode.TreeItem {
    const item = new vscode.TreeItem(entry.label, vscode.TreeItemCollapsibleState.None);
    item.id = `experiment/${entry.file}`;
    const running = this.experiments.runningNow().find(({ file }) => file === entry.file);
    const progress = running ? progressText(running) : vscode.l10n.t('{0} trials', entry.ok);
    const failed = entry.failed > 0 ? vscode.l10n.t('{0} failed', entry.failed) : '';
    item.description = [
      rowState(entry, running),
      entry.state === 'unreadable' ? '' : progress,
      failed,
      running ? '' : when(entry.startedAt),
    ]
      .filter(Boolean)
      .join(' · ');
    const isWaiting = running !== undefined && running.waits.size > 0;
    item.iconPath = isWaiting ? new vscode.ThemeIcon('watch') : icon(entry);
    item.contextValue = `experiment;state=${entry.state}${isWaiting ? ';waiting' : ''}`;
    item.accessibilityInformation = { label: `${entry.label}, ${item.description}` };
    item.command = {
      command: 'guestbench.openReport',
      title: vscode.l10n.t('Open Report'),
      arguments: [{ file: entry.file }],
    };
    return item;
  }

  resolveTreeItem(item: vscode.TreeItem, entry: ExperimentEntry): vscode.TreeItem {
    const running = this.experiments.runningNow().find(({ file }) => file === entry.file);
    const lines = [
      path.basename(entry.file),
      ...[...(running?.waits ?? [])].map((wait) => seenWaitText(...wait)),
      ...(entry.problem === undefined ? [] : [entry.problem]),
      ...(entry.guests.length > 0 ? [vscode.l10n.t('Guests: {0}', entry.guests.join(', '))] : []),
      ...(entry.benchmarks.length > 0 ? [vscode.l10n.t('Benchmarks: {0}', entry.benchmarks.join(', '))] : []),
    ];
    item.tooltip = visibleLines(lines);
    return item;
  }

  private mark(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.changed.fire(undefined);
    }, debounceMs);
  }
}

/** What is waited for, else how far it is and how long it may take. */
function progressText({ progress, waits }: RunningNow): string {
  const count = vscode.l10n.t('{0} of {1}', progress.done, progress.total);
  const waiting = [...waits].map((wait) => seenWaitText(...wait));
  return [...waiting, count, ...(waiting.length > 0 ? [] : [timeLeftText(progress.left)])].join(' · ');
}

/** A row that tells what it waits for needs no other word. */
function rowState({ state }: ExperimentEntry, running: RunningNow | undefined): string {
  if (running?.isStopping === true) return vscode.l10n.t('stopping');
  return running && running.waits.size > 0 ? '' : stateWord(state);
}

function stateWord(state: ExperimentState): string {
  switch (state) {
    case 'running':
      return vscode.l10n.t('running');
    case 'completed':
      return '';
    case 'stopped':
      return vscode.l10n.t('stopped');
    case 'failed':
      return vscode.l10n.t('failed');
    case 'interrupted':
      return vscode.l10n.t('interrupted');
    case 'elsewhere':
      return vscode.l10n.t('running in another window');
    case 'unreadable':
      return vscode.l10n.t('cannot be read');
  }
}

function icon(entry: ExperimentEntry): vscode.ThemeIcon {
  switch (entry.state) {
    case 'running':
      return new vscode.ThemeIcon('sync~spin', new vscode.ThemeColor('charts.green'));
    case 'elsewhere':
      return new vscode.ThemeIcon('sync');
    case 'completed':
      return new vscode.ThemeIcon('graph');
    case 'stopped':
      return new vscode.ThemeIcon('debug-stop');
    case 'interrupted':
      return new vscode.ThemeIcon('debug-disconnect', new vscode.ThemeColor('list.warningForeground'));
    case 'failed':
    case 'unreadable':
      return new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'));
  }
}

function when(startedAt: string | undefined): string {
  if (startedAt === undefined) return '';
  return new Date(startedAt).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}
