import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

export interface PageParts {
  /** Names of files in dist/. */
  readonly script: string;
  readonly styles: readonly string[];
  /** The element that the script fills. */
  readonly rootId: string;
}

/** Where a page may load files from. */
export function pageOptions(extensionUri: vscode.Uri): vscode.WebviewOptions {
  return {
    enableScripts: true,
    localResourceRoots: ['dist', 'media'].map((folder) => vscode.Uri.joinPath(extensionUri, folder)),
  };
}

/** The frame of a page: nothing but our own script, by nonce, and our own styles may be loaded or run. */
export function pageHtml(webview: vscode.Webview, extensionUri: vscode.Uri, parts: PageParts): string {
  const nonce = randomBytes(16).toString('base64');
  const asset = (name: string): string =>
    webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, 'dist', name)).toString();
  const csp = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${webview.cspSource}; img-src ${webview.cspSource} data:; font-src ${webview.cspSource}`;
  const styles = parts.styles.map((name) => `<link rel="stylesheet" href="${asset(name)}">`).join('\n');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${csp}">
<title>Guestbench</title>
${styles}
</head>
<body>
<main id="${parts.rootId}" aria-busy="true"></main>
<script nonce="${nonce}" src="${asset(parts.script)}"></script>
</body>
</html>`;
}
