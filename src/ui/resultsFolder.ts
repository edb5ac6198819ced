import * as path from 'node:path';
import * as vscode from 'vscode';
import { setting } from './settings';

/** Where experiment files live: the setting, else beside the person's work, else the extension's own storage. */
export function resultsFolder(storageFolder: vscode.Uri): string {
  const set = setting('resultsFolder');
  if (set !== '') return set;
  const folder = vscode.workspace.workspaceFolders?.find((candidate) => candidate.uri.scheme === 'file');
  return path.join((folder?.uri ?? storageFolder).fsPath, 'guestbench-results');
}

/** `2026-11-22-1405-nightly.guestbench`: sorts by time, says what it is, is legal everywhere. */
export function experimentFileName(started: Date, label: string): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = [started.getFullYear(), two(started.getMonth() + 1), two(started.getDate())].join('-');
  const time = `${two(started.getHours())}${two(started.getMinutes())}${two(started.getSeconds())}`;
  const word = label
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
  return `${date}-${time}${word === '' ? '' : `-${word}`}.guestbench`;
}
