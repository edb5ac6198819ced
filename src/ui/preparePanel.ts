import * as vscode from 'vscode';
import type { Remainder } from '../report/preparation';
import {
  preparationMessage,
  readPreparationPage,
  type PreparationPageMessage,
} from '../report/preparationProtocol';
import { Disposable } from '../model/disposable';
import { installMissing } from './installMissing';
import { pageHtml, pageOptions } from './pageHtml';
import type { Preparation } from './preparation';
import { reportFailure } from './reporting';
import type { Services } from './services';
import { visibleLine } from './visibleText';
import { showStatus } from './visible/messages';
import { createWebviewPanel } from './visible/places';

/** How a panel that a run waits for was left. */
export type PanelOutcome = Remainder | 'all' | 'cancelled';

const viewType = 'guestbench.prepare';

/** The table of guests and benchmarks in an editor tab, with what installs the rest. Owns its preparation. */
export class PreparePanel extends Disposable {
  /** Settles once: when everything is ready, when the person goes on without something, or when it closes. */
  readonly outcome: Promise<PanelOutcome>;
  private settle: (outcome: PanelOutcome) => void = () => undefined;
  private readonly panel: vscode.WebviewPanel;
  private isReady = false;

  constructor(
    private readonly services: Services,
    private readonly preparation: Preparation,
    private readonly purpose: 'prepare' | 'run',
  ) {
    super();
    this.outcome = new Promise((resolve) => (this.settle = resolve));
    this.panel = createWebviewPanel(
      viewType,
      vscode.l10n.t('Prepare Guests'),
      vscode.ViewColumn.Active,
      pageOptions(services.extensionUri),
    );
    this.panel.iconPath = vscode.Uri.joinPath(services.extensionUri, 'media', 'icon.png');
    this.register(preparation);
    this.register(this.panel.webview.onDidReceiveMessage((data: unknown) => this.receive(data)));
    this.register(this.panel.onDidChangeViewState(() => this.send()));
    this.register(preparation.onDidChange(() => this.send()));
    this.panel.onDidDispose(() => this.dispose());
    this.register({ dispose: () => this.settle('cancelled') });
    this.panel.webview.html = pageHtml(this.panel.webview, services.extensionUri, {
      script: 'prepare.js',
      styles: ['webview.css', 'prepare.css'],
      rootId: 'prepare',
    });
  }

  /** Closes the tab as well. */
  close(): void {
    this.panel.dispose();
  }

  private send(): void {
    if (this.isDisposed || !this.isReady || !this.panel.visible) return;
    void this.panel.webview.postMessage(preparationMessage(this.preparation.model));
  }

  private receive(data: unknown): void {
    const read = readPreparationPage(data);
    if (read.status === 'dropped') {
      this.services.log.warn(`Prepare page: ${read.why}`);
      return;
    }
    void this.answer(read.message).catch((error: unknown) =>
      reportFailure(this.services.log, vscode.l10n.t('Prepare Guests'), error),
    );
  }

  private async answer(message: PreparationPageMessage): Promise<void> {
    switch (message.type) {
      case 'ready':
        this.isReady = true;
        this.send();
        return;
      case 'check':
        if (!this.preparation.isBusy) await this.preparation.check();
        this.goOnIfReady();
        return;
      case 'install':
        if (!this.preparation.isBusy) await installMissing(this.services, this.preparation);
        this.goOnIfReady();
        return;
      case 'copy':
        await this.copy(message.guest);
        return;
      case 'goOn':
        this.goOnWithout(message.without);
        return;
      case 'cancel':
        this.close();
        return;
      case 'error':
        this.services.log.error(`Prepare page: ${message.message}`);
        return;
    }
  }

  private async copy(place: number | undefined): Promise<void> {
    const { guests } = this.preparation.model;
    const wanted = place === undefined ? guests : guests.slice(place, place + 1);
    const lines = wanted.flatMap(({ name, commands }) =>
      commands.length === 0 ? [] : [`# ${visibleLine(name)}`, ...commands],
    );
    await vscode.env.clipboard.writeText(`${lines.join('\n')}\n`);
    showStatus('check', vscode.l10n.t('Commands copied'), 4000);
  }

  private goOnIfReady(): void {
    if (this.purpose === 'run' && !this.isDisposed && this.preparation.isAllReady) this.end('all');
  }

  private goOnWithout(without: 'guests' | 'benchmarks'): void {
    const left = this.preparation.isBusy ? undefined : this.preparation.remainder(without);
    if (left) this.end(left);
  }

  private end(outcome: PanelOutcome): void {
    this.settle(outcome);
    this.close();
  }
}
