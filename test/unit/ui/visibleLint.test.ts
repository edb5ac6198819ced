import { Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';
import { visibleRules } from '../../../scripts/lib/visibleLint.mjs';

/** How often the rules complain about a piece of code. */
function complaints(code: string): number {
  const found = new Linter().verify(
    code,
    [
      {
        files: ['**/*.ts'],
        languageOptions: { parser: tseslint.parser },
        rules: { 'no-restricted-syntax': ['error', ...visibleRules] },
      },
    ],
    'x.ts',
  );
  expect(found.filter(({ fatal }) => fatal)).toEqual([]);
  return found.length;
}

describe('the rules for what shows text in VS Code', () => {
  it.each([
    "vscode.window.showErrorMessage('x');",
    "void vscode.window.showInformationMessage(name, 'OK');",
    'vscode.window.showWarningMessage(name, { modal: true });',
    'await vscode.window.showQuickPick(items);',
    'vscode.window.showInputBox({ prompt: name });',
    'vscode.window.createQuickPick();',
    'vscode.window.createInputBox();',
    'vscode.window.withProgress({ location, title: name }, task);',
    'vscode.window.setStatusBarMessage(name);',
    'vscode.window.createStatusBarItem();',
    'vscode.window.createTerminal({ name, pty });',
    "vscode.window.createOutputChannel('x');",
    "vscode.window.createTreeView('x', { treeDataProvider });",
    "vscode.window.registerTreeDataProvider('x', provider);",
    "vscode.window.createWebviewPanel('x', name, 1);",
    'vscode.window.showOpenDialog({ title: name });',
    'vscode.window.showSaveDialog({ title: name });',
    'new vscode.MarkdownString(name);',
    'this.panel.title = name;',
    'panel.title = name;',
    // Ways round them.
    "import { window } from 'vscode';",
    "import { window as w } from 'vscode';",
    'const { window } = vscode;',
    'const w = vscode.window;',
    'const { showErrorMessage } = vscode.window;',
    "vscode.window['showErrorMessage'](name);",
    "vscode['window'].showErrorMessage(name);",
    'const show = vscode.window.showErrorMessage;',
  ])('complain about %s', (code) => {
    expect(complaints(code)).toBeGreaterThan(0);
  });

  it.each([
    "import { showErrorMessage } from './visible/messages'; showErrorMessage(name);",
    "import type { TreeItem } from 'vscode';",
    'vscode.window.showTextDocument(uri);',
    'vscode.window.onDidCloseTerminal(closed);',
    'vscode.window.registerCustomEditorProvider(type, provider);',
    'let options: vscode.window.Options;',
    'pick.title = name;',
  ])('leave %s alone', (code) => {
    expect(complaints(code)).toBe(0);
  });
});
