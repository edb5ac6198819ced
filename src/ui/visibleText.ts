import type * as vscode from 'vscode';
import { plain } from '../report/plain';

/** Longer texts are cut where they stand in a row, a title or a label. */
const longestRow = 500;
/** Longer ones are cut in a message; a command that is to be confirmed is shown up to here. */
const longestLine = 2000;
const mostLines = 300;

/** Lines below each other; a text alone is one line, whatever it holds. */
export type Lines = string | readonly string[];

function cut(line: string, most: number): string {
  // Half of a character that takes two is nothing.
  return line.length <= most ? line : `${line.slice(0, most).replace(/[\ud800-\udbff]$/, '')}…`;
}

/**
 * Each entry in one line of its own with nothing invisible in it, so that a name that holds a line break adds none.
 * Very long ones are cut.
 */
export function visibleLines(lines: Lines): string {
  const all = typeof lines === 'string' ? [lines] : lines;
  const shown = all.slice(0, mostLines).map((line) => cut(plain(line), longestLine));
  return [...shown, ...(shown.length < all.length ? ['…'] : [])].join('\n');
}

/** The parts with a blank line between each two. */
export function paragraphs(parts: readonly Lines[]): readonly string[] {
  return parts.flatMap((part, index) => [
    ...(index === 0 ? [] : ['']),
    ...(typeof part === 'string' ? [part] : part),
  ]);
}

/** Text that has line breaks of its own, such as what a server says at sign-in: these stay. */
export function visibleText(text: string): string {
  return visibleLines(text.split(/\r\n|\n/));
}

/** In one line of bounded length. */
export function visibleLine(text: string): string {
  return cut(plain(text), longestRow);
}

/** For quick picks and the status bar, where VS Code makes icons of `$(name)`. */
export function visibleLabel(text: string): string {
  return visibleLine(text).replace(/(?<!\\)\$\(/g, '\\$(');
}

/**
 * For messages and prompts: VS Code makes links, even to commands, of `[text](target)`, and icons where a message
 * stands in the status bar.
 */
export function visibleMessage(text: string): string {
  return withoutLinks(cut(plain(text), longestLine));
}

/** The same with line breaks kept where the entries end. */
export function visiblePrompt(lines: Lines): string {
  return withoutLinks(visibleLines(lines));
}

const withoutLinks = (text: string): string => text.replaceAll('](', '] (').replaceAll('$(', '$ (');

/** For the name of a terminal, which is shown with icons in one place and without in another. */
export function visibleName(text: string): string {
  return visibleLine(text).replaceAll('$(', '$ (');
}

/** For Markdown: every character that could mean something there, or make a link, stands as its number. */
export function visibleMarkdown(text: string): string {
  return visibleLine(text).replace(/[^\p{L}\p{N}\p{M} ]/gu, (c) => `&#${c.codePointAt(0)};`);
}

const account = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}\$?(?:@[A-Za-z0-9_.:[\]-]{1,255})?$/;
const longestQuoted = 100;

/** The name of an account, or of one at a host: as systems allow it, else in quotes, so that its end can be seen. */
export function visibleAccount(name: string): string {
  return account.test(name) ? name : visibleQuote(name);
}

/** A label or an id that somebody else chose: plain words as they are, anything else in quotes. */
export function visibleWord(text: string): string {
  return /^[\p{L}\p{N}_](?:[\p{L}\p{N}_ .:+/-]{0,98}[\p{L}\p{N}_])?$/u.test(text)
    ? plain(text)
    : visibleQuote(text);
}

/** A host name or an IP address; anything else is quoted. */
export function visibleAddress(address: string): string {
  return /^[\p{L}\p{N}_.:%-]{1,255}$/u.test(address) ? plain(address) : visibleQuote(address);
}

/** A word that somebody else chose, in quotes that it does not hold itself. */
export function visibleQuote(text: string): string {
  return `"${cut(plain(text), longestQuoted).replaceAll('"', "'").replaceAll('$(', '$ (')}"`;
}

type TextRow = Pick<vscode.TreeItem, 'label' | 'description' | 'tooltip' | 'accessibilityInformation'>;

/** A row of a tree with all its texts made visible. */
export function visibleRow<T extends TextRow>(row: T): T {
  const { label } = row;
  if (typeof label === 'string') row.label = visibleLine(label);
  else if (label !== undefined) row.label = { ...label, label: visibleLine(label.label) };
  if (typeof row.description === 'string') row.description = visibleLine(row.description);
  if (typeof row.tooltip === 'string') row.tooltip = visibleText(row.tooltip);
  const { accessibilityInformation: spoken } = row;
  if (spoken !== undefined) row.accessibilityInformation = { ...spoken, label: visibleLine(spoken.label) };
  return row;
}

/** An item of a quick pick with all its texts made visible. */
export function visibleItem<T extends vscode.QuickPickItem>(item: T): T {
  const { label, description, detail, tooltip } = item as T & { readonly tooltip?: unknown };
  return {
    ...item,
    label: visibleLabel(label),
    ...(description === undefined ? {} : { description: visibleLabel(description) }),
    ...(detail === undefined ? {} : { detail: visibleLabel(detail) }),
    ...(typeof tooltip === 'string' ? { tooltip: visibleText(tooltip) } : {}),
  };
}
