import type * as vscode from 'vscode';
import { plain } from '../report/format';

/** Longer names and messages are cut where they are shown in a row. */
const longestRow = 500;

/** Text of guests and files for VS Code's own widgets: nothing in it is invisible or turns round what stands beside it. */
export function visibleText(text: string): string {
  return text
    .split(/\r\n|\n/)
    .map(plain)
    .join('\n');
}

/** In one line of bounded length. */
export function visibleLine(text: string): string {
  const line = plain(text);
  return line.length <= longestRow ? line : `${line.slice(0, longestRow)}…`;
}

/** For quick picks and the status bar, where VS Code makes icons of `$(name)`. */
export function visibleLabel(text: string): string {
  return visibleLine(text).replaceAll('$(', '\\$(');
}

type TextRow = Pick<vscode.TreeItem, 'label' | 'description' | 'tooltip' | 'accessibilityInformation'>;

/** A row of a tree with all its texts made visible. */
export function visibleRow<T extends TextRow>(row: T): T {
  if (typeof row.label === 'string') row.label = visibleLine(row.label);
  if (typeof row.description === 'string') row.description = visibleLine(row.description);
  if (typeof row.tooltip === 'string') row.tooltip = visibleText(row.tooltip);
  const { accessibilityInformation: spoken } = row;
  if (spoken !== undefined) row.accessibilityInformation = { ...spoken, label: visibleLine(spoken.label) };
  return row;
}

/** An item of a quick pick with all its texts made visible. */
export function visibleItem<T extends vscode.QuickPickItem>(item: T): T {
  const { label, description, detail } = item;
  return {
    ...item,
    label: visibleLabel(label),
    ...(description === undefined ? {} : { description: visibleLabel(description) }),
    ...(detail === undefined ? {} : { detail: visibleLabel(detail) }),
  };
}
