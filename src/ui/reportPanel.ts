import * as vscode from 'vscode';
import { Disposable } from '../model/disposable';
import { UserError } from '../model/userError';
import type { Experiment } from '../model/experiment';
import type { Drawing } from '../report/charts/svg';
import { headModel } from '../report/head';
import type { HostMessage, SeveralFiles } from '../report/hostMessage';
import { reportModel, withCandidate } from '../report/model';
import type { PackedLists } from '../report/packedModel';
import { headMessage, modelMessage, readPageMessage, type PageMessage } from '../report/protocol';
import type { AcrossChoice } from '../report/acrossShape';
import type { ReportModel, ReportOptions } from '../report/shape';
import { baseName } from './addresses';
import type { ExperimentService } from './experimentService';
import { ExperimentSource } from './experimentSource';
import { messageOf, type Log } from './log';
import { pageHtml, pageOptions } from './pageHtml';
import { Rasteriser } from './rasteriser';
import { saveChart, savePicture } from './saveChart';
import type { TrialOutputs } from './trialOutputs';
import { nameTab } from './visible/places';
import { visibleText } from './visibleText';
import { showErrorMessage, showStatus } from './visible/messages';

/** What every report needs. */
export interface ReportTools {
  readonly extensionUri: vscode.Uri;
  readonly experiments: ExperimentService;
  readonly outputs: TrialOutputs;
  readonly log: Log;
}

/** One open report over one experiment file or several: sends the model, answers the page. */
export class ReportPanel extends Disposable {
  private readonly sources: readonly ExperimentSource[];
  private readonly rasteriser: Rasteriser;
  /** What the page has chosen; empty: the report chooses. */
  private choice: Pick<ReportOptions, 'by' | 'baseline' | 'candidate'> = {};
  private followed: AcrossChoice | undefined;
  private shows: 'nothing' | 'page' | 'message' = 'nothing';
  private isReady = false;
  private hasRead = false;
  private built: ReportModel | undefined;
  /** Made while the page starts, for it to find ready: the head of a large model, whose rest the page asks for, else the whole. */
  private prepared: HostMessage | undefined;
  /** The page has nothing to show yet. */
  private isBlank = true;
  private sent: ReportModel | undefined;
  /** The lists that the page has: they are not sent again. */
  private known: Partial<PackedLists> = {};

  constructor(
    readonly uris: readonly vscode.Uri[],
    private readonly panel: vscode.WebviewPanel,
    private readonly tools: ReportTools,
  ) {
    super();
    panel.webview.options = pageOptions(tools.extensionUri);
    this.rasteriser = this.register(
      new Rasteriser((message) => void panel.webview.postMessage(message), {
        closed: vscode.l10n.t('The report was closed before its chart was drawn. Open it and try again.'),
        slow: vscode.l10n.t(
          'The report did not draw its chart. Bring the report to the front and try again.',
        ),
        failed: vscode.l10n.t('The report could not draw this chart as PNG. Save it as SVG.'),
      }),
    );
    this.register(panel.webview.onDidReceiveMessage((data: unknown) => this.receive(data)));
    this.register(
      panel.onDidChangeViewState(() => {
        // A page that was hidden is made anew and asks; one that only got the focus has it all.
        if (panel.visible && this.hasRead && this.sent !== this.model()) this.send();
      }),
    );
    this.sources = uris.map((uri) => this.register(new ExperimentSource(uri, tools.experiments, tools.log)));
    for (const source of this.sources) this.register(source.onDidChange(() => this.show()));
  }

  /** What its page shows, as what the same report can be made of again. */
  get options(): ReportOptions {
    return { ...this.choice, ...(this.followed === undefined ? {} : { across: this.followed }) };
  }

  get isActive(): boolean {
    return this.panel.active;
  }

  reveal(): void {
    this.panel.reveal();
  }

  /** The picture as PNG, drawn by the page. @throws UserError when it cannot. */
  rasterise(drawing: Drawing): Promise<Uint8Array> {
    return this.rasteriser.draw(drawing);
  }

  /** Reads the files one after the other, then shows them; the page starts meanwhile. What goes wrong stands there too. */
  async load(): Promise<void> {
    try {
      this.startPage();
      for (const source of this.sources) await source.load();
      this.show();
    } catch (error) {
      this.tools.log.error(`Report: ${messageOf(error)}`);
      if (!this.isDisposed)
        this.showMessage(vscode.l10n.t('This report could not be made: {0}', messageOf(error)));
    }
  }

  private get isOverSeveral(): boolean {
    return this.sources.length > 1;
  }

  /** A single file that cannot be read is a message; among several, the page names it beside the others. */
  private show(): void {
    if (this.isDisposed) return;
    this.forgetModel();
    const [only] = this.sources;
    if (!this.isOverSeveral && only?.state.status === 'unread') return;
    if (!this.isOverSeveral && only?.state.status === 'problem') {
      this.showMessage(only.state.problem);
      return;
    }
    this.hasRead = true;
    if (this.shows === 'page') this.send();
    else this.startPage();
    if (!this.isReady && this.panel.visible) this.prepared = this.firstMessage();
  }

  private startPage(): void {
    this.shows = 'page';
    // What is prepared for a new page must not leave out what an earlier one had.
    this.known = {};
    this.panel.webview.html = pageHtml(this.panel.webview, this.tools.extensionUri, {
      script: 'webview.js',
      styles: ['webview.css'],
      rootId: 'report',
    });
  }

  /** In the order of the model's experiments. */
  private shownSources(): readonly ExperimentSource[] {
    return this.sources.filter(({ state }) => state.status === 'ok');
  }

  /** Made once for what was read and chosen: of a large experiment it takes a while. */
  private model(): ReportModel {
    return (this.built ??= reportModel(this.read(), this.modelOptions()));
  }

  private forgetModel(): void {
    this.built = undefined;
    this.prepared = undefined;
  }

  private firstMessage(): HostMessage {
    const [only, ...others] = this.read();
    const head = only && others.length === 0 ? headModel(only, this.modelOptions()) : undefined;
    return head === undefined ? this.message() : headMessage(head);
  }

  private message(): HostMessage {
    return modelMessage(this.model(), this.several(), this.known);
  }

  private read(): Experiment[] {
    return this.sources.flatMap(({ state }) => (state.status === 'ok' ? state.experiment : []));
  }

  private modelOptions(): ReportOptions {
    const isRunning = this.sources.some((source) => source.isRunning);
    return { ...this.options, activity: isRunning ? 'running' : 'none' };
  }

  private several(): SeveralFiles | undefined {
    if (!this.isOverSeveral) return undefined;
    const files = this.sources.map(({ uri, state }) => ({
      address: uri.toString(),
      name: baseName(uri),
      ...(state.status === 'problem' ? { problem: state.problem } : {}),
      ...(state.status === 'unread' ? { problem: vscode.l10n.t('This file is being written.') } : {}),
    }));
    return { files };
  }

  private send(): void {
    const isThere = this.isReady && this.shows === 'page' && this.panel.visible;
    if (this.isDisposed || !this.hasRead || !isThere) return;
    if (this.isOverSeveral) nameTab(this.panel, this.model().title);
    const message = this.prepared ?? (this.isBlank ? this.firstMessage() : this.message());
    this.prepared = undefined;
    this.isBlank = false;
    void this.panel.webview.postMessage(message);
    this.known = { ...this.known, ...message.lists };
    if (message.part === undefined) this.sent = this.model();
  }

  /** Another candidate of the same baseline the page has shown by itself: its model holds them all. */
  private choose(): void {
    const known = this.built && withCandidate(this.built, this.choice);
    const isShown = known !== undefined && this.sent === this.built;
    this.forgetModel();
    this.built = known;
    if (isShown) this.sent = known;
    else this.send();
  }

  private receive(data: unknown): void {
    const read = readPageMessage(data);
    if (read.status === 'dropped') {
      this.tools.log.warn(`Report page: ${read.why}`);
      return;
    }
    void this.answer(read.message).catch((error: unknown) =>
      this.tools.log.error(`Report page: ${messageOf(error)}`),
    );
  }

  private async answer(message: PageMessage): Promise<void> {
    switch (message.type) {
      case 'ready':
        this.isReady = true;
        this.isBlank = true;
        this.known = {};
        this.sent = undefined;
        this.send();
        this.rasteriser.askAgain();
        return;
      case 'rest':
        if (this.sent === undefined) this.send();
        return;
      case 'choose':
        this.choice = {
          baseline: message.baseline,
          candidate: message.candidate,
          by: message.by ?? 'guest',
        };
        this.choose();
        return;
      case 'follow': {
        const { by, baseline, candidate } = message;
        this.followed = { by, baseline, candidate };
        this.forgetModel();
        this.send();
        return;
      }
      case 'openOutput': {
        const source = this.shownSources()[message.experiment];
        if (source) await this.tools.outputs.show(source.uri, message.trial, message.metric);
        return;
      }
      case 'openText':
        await this.openWith('default', message.file);
        return;
      case 'openReport':
        await this.openWith('guestbench.report', message.file);
        return;
      case 'copyMarkdown': {
        const { toMarkdown } = await import('../report/exchange');
        await vscode.env.clipboard.writeText(toMarkdown(this.model()));
        showStatus('check', vscode.l10n.t('Report copied as Markdown'), 4000);
        return;
      }
      case 'saveChart': {
        const [uri] = this.uris;
        if (uri)
          await this.saying(saveChart(this.model(), message, uri, (drawing) => this.rasterise(drawing)));
        return;
      }
      case 'savePicture': {
        const [uri] = this.uris;
        if (uri) await this.saying(savePicture(message, uri));
        return;
      }
      case 'raster':
        this.rasteriser.take(message.request, message.png);
        return;
      case 'rasterFailed':
        this.tools.log.warn(`Report page: ${message.message}`);
        this.rasteriser.fail(message.request);
        return;
      case 'error':
        this.tools.log.error(`Report page: ${message.message}`);
        return;
    }
  }

  /** What a person can mend is said at once. */
  private async saying(work: Promise<void>): Promise<void> {
    await work.catch((error: unknown) => {
      if (!(error instanceof UserError)) throw error;
      void showErrorMessage(error.message);
    });
  }

  private async openWith(editor: string, file = 0): Promise<void> {
    const uri = this.uris[file];
    if (uri) await vscode.commands.executeCommand('vscode.openWith', uri, editor);
  }

  private showMessage(text: string): void {
    this.shows = 'message';
    this.isReady = false;
    this.hasRead = false;
    this.panel.webview.html = messageHtml(this.panel.webview, this.tools.extensionUri, text);
  }
}

function messageHtml(webview: vscode.Webview, extensionUri: vscode.Uri, text: string): string {
  const css = webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, 'dist', 'webview.css')).toString();
  const escaped = visibleText(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
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
