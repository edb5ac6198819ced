/** Where texts stand for longer: tabs, terminals and the status bar; see messages.ts. */
import * as vscode from 'vscode';
import { visibleLine, visibleLines, visibleMarkdown, visibleName, type Lines } from '../visibleText';
import { withIcon } from './messages';

export interface StatusItem {
  show(shown: {
    readonly icon: string;
    readonly text: string;
    readonly tooltip: Lines;
    readonly command: vscode.Command;
  }): void;
  hide(): void;
  dispose(): void;
}

/** A place in the status bar. `name` is what people see in its menu. */
export function createStatusItem(
  ...[id, name, priority]: readonly [id: string, name: string, priority: number]
): StatusItem {
  const item = vscode.window.createStatusBarItem(id, vscode.StatusBarAlignment.Left, priority);
  item.name = visibleLine(name);
  return {
    show: ({ icon, text, tooltip, command }) => {
      item.text = withIcon(icon, text);
      item.tooltip = visibleLines(tooltip);
      item.command = command;
      item.show();
    },
    hide: () => item.hide(),
    dispose: () => item.dispose(),
  };
}

type Terminal = Pick<vscode.ExtensionTerminalOptions, 'name' | 'pty' | 'iconPath' | 'isTransient'>;

/** A terminal of ours. What is written to it is up to its writer: see terminalText.ts. */
export function createTerminal(options: Terminal): vscode.Terminal {
  return vscode.window.createTerminal({ ...options, name: visibleName(options.name) });
}

/** A tab of ours with a page in it. */
export function createWebviewPanel(
  ...[type, title, column, options]: Parameters<typeof vscode.window.createWebviewPanel>
): vscode.WebviewPanel {
  return vscode.window.createWebviewPanel(type, visibleLine(title), column, options);
}

/** Names the tab of a page. */
export function nameTab(panel: vscode.WebviewPanel, title: string): void {
  panel.title = visibleLine(title);
}

/** A tooltip with a heading and a list below it. */
export function listTooltip(heading: string, entries: readonly string[]): vscode.MarkdownString {
  const list = entries.map((entry) => `- ${visibleMarkdown(entry)}\n`).join('');
  return new vscode.MarkdownString(`**${visibleMarkdown(heading)}**\n\n${list}`);
}
