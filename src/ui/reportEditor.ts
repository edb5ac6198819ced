import * as vscode from 'vscode';
import { UserError } from '../model/userError';
import type { ReportOptions } from '../report/shape';
import { nameOf, uriOf } from './addresses';
import { ReportPanel, type ReportTools } from './reportPanel';

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

  constructor(private readonly tools: ReportTools) {}

  openCustomDocument(uri: vscode.Uri): ReportDocument {
    return new ReportDocument(uri);
  }

  resolveCustomEditor(document: ReportDocument, panel: vscode.WebviewPanel): void {
    const report = new ReportPanel([document.uri], panel, this.tools);
    this.open.add(report);
    panel.onDidDispose(() => {
      this.open.delete(report);
      report.dispose();
    });
    // Not waited for: the editor puts the page up after this, and the page starts while the file is read.
    void report.load();
  }

  /** What the open report of a file shows; undefined: it is not open. */
  optionsIn(file: string): ReportOptions | undefined {
    return this.reportOf(file)?.options;
  }

  /** The report of a file, opened if need be, in front so that its page can draw. */
  async shown(file: string): Promise<ReportPanel> {
    await vscode.commands.executeCommand('vscode.openWith', uriOf(file), ReportEditor.viewType);
    const report = this.reportOf(file);
    if (report === undefined)
      throw new UserError(vscode.l10n.t('The report of {0} could not be opened.', file));
    return report;
  }

  private reportOf(file: string): ReportPanel | undefined {
    const reports = [...this.open].filter(({ uris: [uri] }) => uri !== undefined && nameOf(uri) === file);
    return reports.find(({ isActive }) => isActive) ?? reports[0];
  }

  /** The name (`nameOf`) of the file of the report that is in front, if one is. */
  get activeFile(): string | undefined {
    const uri = [...this.open].find((report) => report.isActive)?.uris[0];
    return uri === undefined ? undefined : nameOf(uri);
  }
}
