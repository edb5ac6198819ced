/** Where texts stand for longer: trees, tabs, terminals, the status bar and the log; see messages.ts. */
import * as vscode from 'vscode';
import type { Log } from '../log';
import {
  visibleLine,
  visibleLines,
  visibleMarkdown,
  visibleMessage,
  visibleName,
  visibleRow,
  visibleText,
  type Lines,
} from '../visibleText';
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

/** The log in the Output view: what follows the first line of an entry is indented, so that it looks like no entry. */
export function createLog(name: string): Log {
  const channel = vscode.window.createOutputChannel(name, { log: true });
  return {
    trace: (text) => channel.trace(visibleEntry(text)),
    debug: (text) => channel.debug(visibleEntry(text)),
    info: (text) => channel.info(visibleEntry(text)),
    warn: (text) => channel.warn(visibleEntry(text)),
    error: (text) => channel.error(visibleEntry(text)),
    show: () => channel.show(),
    dispose: () => channel.dispose(),
  };
}

const visibleEntry = (text: string): string => visibleText(text).replaceAll('\n', '\n    ');

/** A tree of our views: its rows, messages and badges are made visible. */
export function createTreeView<T>(
  id: string,
  options: Pick<vscode.TreeViewOptions<T>, 'treeDataProvider' | 'canSelectMany' | 'showCollapseAll'>,
): VisibleTree {
  const { treeDataProvider: provider } = options;
  const tree = vscode.window.createTreeView<T>(id, {
    ...options,
    treeDataProvider: {
      ...(provider.onDidChangeTreeData ? { onDidChangeTreeData: provider.onDidChangeTreeData } : {}),
      getChildren: (node) => provider.getChildren(node),
      getTreeItem: async (node) => visibleRow(await provider.getTreeItem(node)),
      resolveTreeItem: async (item, node, token) =>
        visibleRow((await provider.resolveTreeItem?.(item, node, token)) ?? item),
    },
  });
  return {
    isVisible: () => tree.visible,
    onDidChangeVisibility: (...args) => tree.onDidChangeVisibility(...args),
    tell: (text, count) => {
      tree.message = text === undefined ? '' : visibleMessage(text);
      tree.badge =
        text === undefined || count === undefined
          ? undefined
          : { value: count, tooltip: visibleMessage(text) };
    },
    dispose: () => void tree.dispose(),
  };
}

export interface VisibleTree {
  isVisible(): boolean;
  readonly onDidChangeVisibility: vscode.Event<vscode.TreeViewVisibilityChangeEvent>;
  /** A message above the rows, with a count at the view's icon; undefined takes both away. */
  tell(text: string | undefined, count?: number): void;
  dispose(): void;
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
