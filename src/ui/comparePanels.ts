import * as vscode from 'vscode';
import { listed } from '../report/format';
import type { ReportOptions } from '../report/shape';
import { baseName, nameOf, uriOf } from './addresses';
import { pageOptions } from './pageHtml';
import { ReportPanel, type ReportTools } from './reportPanel';
import { createWebviewPanel } from './visible/places';

/** Reports over several experiment files: tabs of no file, which keep their list of files over a reload. */
export class ComparePanels implements vscode.WebviewPanelSerializer {
  static readonly viewType = 'guestbench.compare';
  private readonly open = new Set<ReportPanel>();

  constructor(private readonly tools: ReportTools) {}

  /** Opens a report over the files, or brings the one that is open to the front. */
  async show(files: readonly string[]): Promise<ReportPanel> {
    const uris = files.map(uriOf);
    const known = this.reportOf(files);
    if (known) {
      known.reveal();
      return known;
    }
    const title = listed(uris.map((uri) => baseName(uri).replace(/\.guestbench$/, '')));
    const options = pageOptions(this.tools.extensionUri);
    const column = vscode.ViewColumn.Active;
    return this.fill(createWebviewPanel(ComparePanels.viewType, title, column, options), uris);
  }

  /** What the open report over the files shows; undefined: there is none. */
  optionsIn(files: readonly string[]): ReportOptions | undefined {
    return this.reportOf(files)?.options;
  }

  /** The files of the report that is in front, if one is. */
  get activeFiles(): readonly string[] | undefined {
    return [...this.open].find((report) => report.isActive)?.uris.map(nameOf);
  }

  private reportOf(files: readonly string[]): ReportPanel | undefined {
    const wanted = addressOf(files.map(uriOf));
    return [...this.open].find((report) => addressOf(report.uris) === wanted);
  }

  /** Brings a tab back after a reload of the window, from what its page has kept. */
  deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const uris = addressesIn(state).map((address) => vscode.Uri.parse(address));
    if (uris.length < 2) {
      panel.dispose();
      return Promise.resolve();
    }
    // Not waited for: VS Code puts the page up after this, and it starts while the files are read.
    void this.fill(panel, uris);
    return Promise.resolve();
  }

  private async fill(panel: vscode.WebviewPanel, uris: readonly vscode.Uri[]): Promise<ReportPanel> {
    panel.iconPath = vscode.Uri.joinPath(this.tools.extensionUri, 'media', 'icon.png');
    const report = new ReportPanel(uris, panel, this.tools);
    this.open.add(report);
    panel.onDidDispose(() => {
      this.open.delete(report);
      report.dispose();
    });
    await report.load();
    return report;
  }
}

function addressOf(uris: readonly vscode.Uri[]): string {
  return uris
    .map((uri) => uri.toString())
    .sort()
    .join('\n');
}

function addressesIn(state: unknown): readonly string[] {
  if (typeof state !== 'object' || state === null || !('files' in state)) return [];
  return Array.isArray(state.files) ? state.files.filter((file) => typeof file === 'string') : [];
}
