import { stat } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { Disposable } from '../model/disposable';
import { UserError } from '../model/userError';
import { formatBytes } from '../report/format';
import { trendModel } from '../report/trend';
import {
  readTrendPage,
  trendMessage,
  trendPlaceSchema,
  type TrendPageMessage,
} from '../report/trendProtocol';
import type { TrendChoice, TrendModel } from '../report/trendShape';
import { isLocal, localPath } from './addresses';
import { messageOf } from './log';
import { pageHtml, pageOptions } from './pageHtml';
import type { ReportTools } from './reportPanel';
import { savePicture } from './saveChart';
import { TrendReader } from './trendReader';
import { showErrorMessage } from './visible/messages';
import { createWebviewPanel } from './visible/places';
import { showOpenDialog } from './visible/questions';

/** The page is told of files that are being read at most so often. */
const progressMs = 400;
/** A running experiment writes all the time; its folder is read again not sooner than this. */
const restMs = 2000;

/** The trend of a folder in an editor tab: reads its files in turn, and again when they change. */
class TrendPanel extends Disposable {
  readonly reader: TrendReader;
  private reading: TrendModel['reading'];
  private stop: AbortController | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isReady = false;
  private sentAtMs = 0;

  constructor(
    folder: string,
    private choice: TrendChoice,
    private readonly panel: vscode.WebviewPanel,
    private readonly tools: ReportTools,
    private readonly openFolder: (folder: string) => Promise<void>,
  ) {
    super();
    this.reader = new TrendReader(folder, {
      tooLong: (bytes) =>
        vscode.l10n.t('{0} is too long for a trend; open its report instead', formatBytes(bytes)),
      unreadable: (error) => vscode.l10n.t('it cannot be read: {0}', messageOf(error)),
    });
    panel.webview.options = pageOptions(tools.extensionUri);
    panel.iconPath = vscode.Uri.joinPath(tools.extensionUri, 'media', 'icon.png');
    this.register(panel.webview.onDidReceiveMessage((data: unknown) => this.receive(data)));
    this.register(panel.onDidChangeViewState(() => this.send()));
    const pattern = new vscode.RelativePattern(vscode.Uri.file(folder), '*.guestbench');
    const watcher = this.register(vscode.workspace.createFileSystemWatcher(pattern));
    for (const event of [watcher.onDidCreate, watcher.onDidChange, watcher.onDidDelete])
      this.register(event(() => this.readSoon()));
    this.register({
      dispose: () => {
        clearTimeout(this.timer);
        this.stop?.abort();
      },
    });
    panel.webview.html = pageHtml(panel.webview, tools.extensionUri, {
      script: 'trend.js',
      styles: ['webview.css', 'trend.css'],
      rootId: 'trend',
    });
  }

  reveal(choice: TrendChoice): void {
    this.choice = { ...this.choice, ...choice };
    this.panel.reveal();
    this.send();
  }

  /** Reads the folder unless that is going on already. */
  async read(): Promise<void> {
    if (this.stop !== undefined || this.isDisposed) return;
    const stop = new AbortController();
    this.stop = stop;
    try {
      await this.reader.read((read, total) => {
        this.reading = read < total ? { state: 'reading', read, total } : undefined;
        if (Date.now() - this.sentAtMs > progressMs) this.send();
      }, stop.signal);
    } catch (error) {
      this.tools.log.warn(`${this.reader.folder}: ${messageOf(error)}`);
    }
    this.stop = undefined;
    if (this.reading !== undefined) this.reading = { ...this.reading, state: 'cancelled' };
    this.send();
  }

  private readSoon(): void {
    // What was cancelled goes on only when somebody wants it.
    if (this.reading?.state === 'cancelled') return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      if (this.stop !== undefined) this.readSoon();
      else void this.read().catch((error: unknown) => this.tools.log.error(messageOf(error)));
    }, restMs);
  }

  private send(): void {
    if (this.isDisposed || !this.isReady || !this.panel.visible) return;
    this.sentAtMs = Date.now();
    const { folder, entries, unread } = this.reader;
    const model = trendModel(path.basename(folder), entries, unread, this.choice);
    const keep = { folder: vscode.Uri.file(folder).toString(), metric: model.metric, subject: model.subject };
    const shown = this.reading === undefined ? model : { ...model, reading: this.reading };
    void this.panel.webview.postMessage(trendMessage(shown, keep));
  }

  private receive(data: unknown): void {
    const read = readTrendPage(data);
    if (read.status === 'dropped') {
      this.tools.log.warn(`Trend page: ${read.why}`);
      return;
    }
    void this.answer(read.message).catch((error: unknown) =>
      this.tools.log.error(`Trend page: ${messageOf(error)}`),
    );
  }

  private async answer(message: TrendPageMessage): Promise<void> {
    switch (message.type) {
      case 'ready':
        this.isReady = true;
        this.send();
        return;
      case 'choose':
        this.choice = { metric: message.metric, subject: message.subject };
        this.send();
        return;
      case 'open':
        if (!this.reader.has(message.file)) return;
        await vscode.commands.executeCommand(
          'vscode.openWith',
          vscode.Uri.file(message.file),
          'guestbench.report',
        );
        return;
      case 'chooseFolder':
        await saying(this.chooseFolder());
        return;
      case 'cancel':
        this.stop?.abort();
        return;
      case 'read':
        await this.read();
        return;
      case 'savePicture':
        await saying(savePicture(message, vscode.Uri.joinPath(vscode.Uri.file(this.reader.folder), 'trend')));
        return;
      case 'error':
        this.tools.log.error(`Trend page: ${message.message}`);
        return;
    }
  }

  private async chooseFolder(): Promise<void> {
    const chosen = await showOpenDialog({
      canSelectFiles: false,
      canSelectFolders: true,
      defaultUri: vscode.Uri.file(this.reader.folder),
      openLabel: vscode.l10n.t('Show Trend'),
    });
    const folder = chosen?.[0];
    if (folder) await this.openFolder(localPath(folder));
  }
}

/** Trends over folders: one tab for each, brought back after a reload of the window. */
export class TrendPanels implements vscode.WebviewPanelSerializer {
  static readonly viewType = 'guestbench.trend';
  private readonly open = new Map<string, TrendPanel>();

  constructor(private readonly tools: ReportTools) {}

  /** Opens the trend of a folder, or brings its tab to the front. Resolves when the files are read. */
  async show(folder: string, choice: TrendChoice): Promise<void> {
    const known = this.open.get(folder);
    if (known) {
      known.reveal(choice);
      return;
    }
    const title = vscode.l10n.t('Trend: {0}', path.basename(folder));
    const options = pageOptions(this.tools.extensionUri);
    const column = vscode.ViewColumn.Active;
    const panel = createWebviewPanel(TrendPanels.viewType, title, column, options);
    await this.fill(panel, folder, choice);
  }

  /** Brings a tab back from what its page has kept. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const read = trendPlaceSchema.safeParse(state);
    const place = read.success ? vscode.Uri.parse(read.data.folder) : undefined;
    const folder = place !== undefined && isLocal(place) ? place.fsPath : undefined;
    if (folder === undefined || !(await isFolder(folder))) {
      panel.dispose();
      return;
    }
    // Not waited for: VS Code puts the page up after this, and it tells how far the reading is.
    void this.fill(panel, folder, read.data ?? {});
  }

  private async fill(panel: vscode.WebviewPanel, folder: string, choice: TrendChoice): Promise<void> {
    const { metric, subject } = choice;
    const trend = new TrendPanel(folder, { metric, subject }, panel, this.tools, (other) =>
      this.show(other, {}),
    );
    this.open.set(folder, trend);
    panel.onDidDispose(() => {
      if (this.open.get(folder) === trend) this.open.delete(folder);
      trend.dispose();
    });
    await trend.read();
  }
}

/** Says to the person what they can mend; anything else is the caller's. */
async function saying(work: Promise<void>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    void showErrorMessage(error.message);
  });
}

async function isFolder(folder: string): Promise<boolean> {
  return await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
