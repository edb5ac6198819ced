/** The log and the trees, which are there from the start: nothing else is loaded with them; see messages.ts. */
import * as vscode from 'vscode';
import type { Log } from '../log';
import { visibleMessage, visibleRow, visibleText } from '../visibleText';

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
