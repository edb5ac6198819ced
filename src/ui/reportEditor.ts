import type * as vscode from 'vscode';
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

  async resolveCustomEditor(document: ReportDocument, panel: vscode.WebviewPanel): Promise<void> {
    const report = new ReportPanel([document.uri], panel, this.tools);
    this.open.add(report);
    panel.onDidDispose(() => {
      this.open.delete(report);
      report.dispose();
    });
    await report.load();
  }

  /** The file of the report that is in front, if one is. */
  get activeFile(): string | undefined {
    return [...this.open].find((report) => report.isActive)?.uris[0]?.fsPath;
  }
}
