import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { readExperiment } from '../experiment/journal';
import { Disposable } from '../model/disposable';
import type { Experiment } from '../model/experiment';
import { toMarkdown } from '../report/exporters';
import { reportModel } from '../report/model';
import { modelMessage, readPageMessage, type PageMessage } from '../report/protocol';
import type { ReportModel } from '../report/shape';
import type { ExperimentService } from './experimentService';
import { messageOf, type Log } from './log';
import { pageHtml, pageOptions } from './pageHtml';
import { trialOutputUri } from './trialOutputs';

const debounceMs = 400;
/** A long experiment takes a while to read: it is read again after a multiple of that, not all the time. */
const restPerReading = 5;

class ReportDocument implements vscode.CustomDocument {
  constructor(readonly uri: vscode.Uri) {}
  dispose(): void {
    // The file is the truth; nothing is held.
  }
}

/** Shows `*.guestbench` files as a report that fills while the experiment runs. */
export class ReportEditor implements vscode.CustomReadonlyEditorProvider<ReportDocument> {
  static readonly viewType = 'guestbench.report';
  private readonly open = new Set<ReportPanel>();

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly experiments: ExperimentService,
    private readonly log: Log,
  ) {}

  openCustomDocument(uri: vscode.Uri): ReportDocument {
    return new ReportDocument(uri);
  }

  async resolveCustomEditor(document: ReportDocument, panel: vscode.WebviewPanel): Promise<void> {
    const report = new ReportPanel(document.uri, panel, this.extensionUri, this.experiments, this.log);
    this.open.add(report);
    panel.onDidDispose(() => {
      this.open.delete(report);
      report.dispose();
    });
    await report.load();
  }

  /** The file of the report that is in front, if one is. */
  get activeFile(): string | undefined {
    return [...this.open].find((report) => report.isActive)?.file;
  }
}

/** One open report: reads the file, sends the model, answers the page. */
class ReportPanel extends Disposable {
  private experiment: Experiment | undefined;
  private choice: { readonly baseline?: string; readonly candidate?: string } = {};
  private timer: NodeJS.Timeout | undefined;
  private readingMs = 0;
  private shows: 'nothing' | 'page' | 'message' = 'nothing';
  private isReady = false;

  constructor(
    private readonly uri: vscode.Uri,
    private readonly panel: vscode.WebviewPanel,
    private readonly extensionUri: vscode.Uri,
    private readonly experiments: ExperimentService,
    private readonly log: Log,
  ) {
    super();
    panel.webview.options = pageOptions(extensionUri);
    this.register(panel.webview.onDidReceiveMessage((data: unknown) => this.receive(data)));
    this.register(panel.onDidChangeViewState(() => this.send()));
    this.register(
      experiments.onDidChange((file) => {
        if (file === undefined || file === this.file) this.reloadSoon();
      }),
    );
    const watcher = this.register(
      vscode.workspace.createFileSystemWatcher(
        new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), path.basename(uri.fsPath)),
      ),
    );
    this.register(watcher.onDidChange(() => this.reloadSoon()));
    this.register({ dispose: () => clearTimeout(this.timer) });
  }

  get file(): string {
    return this.uri.fsPath;
  }

  get isActive(): boolean {
    return this.panel.active;
  }

  async load(): Promise<void> {
    const startedMs = performance.now();
    const text = await this.text();
    if (this.isDisposed || text === undefined) return;
    const read = readExperiment(text);
    if (read.status === 'error') {
      if (text === '' && this.experiments.isRunning(this.file)) {
        this.reloadSoon();
        return;
      }
      this.experiment = undefined;
      const where = text === '' ? '' : vscode.l10n.t(' (line {0})', read.line);
      this.showMessage(vscode.l10n.t('This file cannot be shown as a report{0}: {1}', where, read.error));
      return;
    }
    this.experiment = read.experiment;
    this.readingMs = performance.now() - startedMs;
    if (read.torn && !this.experiments.isRunning(this.file)) {
      const note = vscode.l10n.t('Line {0} of the file is half-written and was left out.', read.torn.line);
      this.log.warn(`${this.file}: ${note}`);
      this.experiment = { ...read.experiment, notes: [...read.experiment.notes, note] };
    }
    if (this.shows === 'page') {
      this.send();
      return;
    }
    this.shows = 'page';
    this.panel.webview.html = pageHtml(this.panel.webview, this.extensionUri, {
      script: 'webview.js',
      styles: ['webview.css'],
      rootId: 'report',
    });
  }

  private async text(): Promise<string | undefined> {
    try {
      return this.uri.scheme === 'file'
        ? await readFile(this.uri.fsPath, 'utf8')
        : new TextDecoder().decode(await vscode.workspace.fs.readFile(this.uri));
    } catch (error) {
      this.showMessage(vscode.l10n.t('This file cannot be read: {0}', messageOf(error)));
      return undefined;
    }
  }

  private reloadSoon(): void {
    this.timer ??= setTimeout(
      () => {
        this.timer = undefined;
        void this.load().catch((error: unknown) => this.log.error(`${this.file}: ${messageOf(error)}`));
      },
      Math.max(debounceMs, restPerReading * this.readingMs),
    );
  }

  private model(): ReportModel | undefined {
    return (
      this.experiment &&
      reportModel([this.experiment], {
        ...this.choice,
        activity: this.experiments.isRunning(this.file) ? 'running' : 'none',
      })
    );
  }

  private send(): void {
    if (!this.isReady || this.shows !== 'page' || !this.panel.visible) return;
    const model = this.model();
    if (model) void this.panel.webview.postMessage(modelMessage(model));
  }

  private receive(data: unknown): void {
    const read = readPageMessage(data);
    if (read.status === 'dropped') {
      this.log.warn(`Report page: ${read.why}`);
      return;
    }
    void this.answer(read.message).catch((error: unknown) =>
      this.log.error(`Report page: ${messageOf(error)}`),
    );
  }

  private async answer(message: PageMessage): Promise<void> {
    switch (message.type) {
      case 'ready':
        this.isReady = true;
        this.send();
        return;
      case 'choose':
        this.choice = { baseline: message.baseline, candidate: message.candidate };
        this.send();
        return;
      case 'openOutput':
        await vscode.window.showTextDocument(trialOutputUri(this.uri, message.trial), { preview: true });
        return;
      case 'openText':
        await vscode.commands.executeCommand('vscode.openWith', this.uri, 'default');
        return;
      case 'copyMarkdown': {
        const model = this.model();
        if (!model) return;
        await vscode.env.clipboard.writeText(toMarkdown(model));
        vscode.window.setStatusBarMessage(vscode.l10n.t('$(check) Report copied as Markdown'), 4000);
        return;
      }
      case 'error':
        this.log.error(`Report page: ${message.message}`);
        return;
    }
  }

  private showMessage(text: string): void {
    this.shows = 'message';
    this.isReady = false;
    this.panel.webview.html = messageHtml(this.panel.webview, this.extensionUri, text);
  }
}

function messageHtml(webview: vscode.Webview, extensionUri: vscode.Uri, text: string): string {
  const css = webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, 'dist', 'webview.css')).toString();
  const escaped = text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${webview.cspSource}">
<title>Guestbench</title>
<link rel="stylesheet" href="${css}">
</head>
<body><main class="page-message" role="alert"><p>${escaped}</p></main></body>
</html>`;
}
