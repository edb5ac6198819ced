import { stat } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { sizeText } from '../files/limits';
import { readWhole } from '../files/reading';
import { openToReplace } from '../files/writing';
import { UserError } from '../model/userError';

/*
 * A file of this computer is named by its path, any other by its whole address. VS Code gives addresses of other file
 * systems in a remote window (vscode-remote:), in a virtual workspace (vscode-vfs:), of Git (git:) or of a shared
 * session (vsls:). Their path alone may name another file that happens to lie here.
 */

/** Whether Node reads it under its path. */
export function isLocal(uri: vscode.Uri): boolean {
  return uri.scheme === 'file';
}

/** What names the file in the product: its path on this computer, else its address. */
export function nameOf(uri: vscode.Uri): string {
  return isLocal(uri) ? uri.fsPath : uri.toString();
}

/** The address of a file that `nameOf` or a person named: `C:\x` and `/x` are paths, `scheme:…` is an address. */
export function uriOf(name: string): vscode.Uri {
  return isAddress(name) ? vscode.Uri.parse(name, true) : vscode.Uri.file(name);
}

/** The last part of the name, for people. */
export function baseName(uri: vscode.Uri): string {
  return isLocal(uri) ? path.basename(uri.fsPath) : path.posix.basename(uri.path);
}

/** The path of a file or folder that must be on this computer. @throws UserError that says what to do. */
export function localPath(uri: vscode.Uri): string {
  if (isLocal(uri)) return uri.fsPath;
  throw new UserError(
    vscode.l10n.t(
      '{0} is not on the computer where Guestbench runs. Choose one there (Show Local in the dialog), or copy it there first.',
      uri.toString(true),
    ),
  );
}

/** As `localPath`, of a name. @throws UserError */
export function localFile(name: string): string {
  return isAddress(name) ? localPath(uriOf(name)) : name;
}

/**
 * The text of a file wherever it is; of one that was never saved, what its editor holds.
 * @throws UserError when it has more than `mostBytes`.
 */
export async function readText(uri: vscode.Uri, mostBytes: number): Promise<string> {
  if (isLocal(uri)) return (await readWhole(uri.fsPath, mostBytes)).toString('utf8');
  if (uri.scheme === 'untitled') return (await vscode.workspace.openTextDocument(uri)).getText();
  const { size } = await vscode.workspace.fs.stat(uri);
  if (size > mostBytes) {
    const most = sizeText(mostBytes);
    throw new UserError(
      vscode.l10n.t('{0} has {1}, and {2} is the most that is read.', nameOf(uri), sizeText(size), most),
    );
  }
  return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
}

/** Size in bytes, and when it was last changed. */
export async function statOf(uri: vscode.Uri): Promise<{ readonly size: number; readonly mtime: Date }> {
  if (isLocal(uri)) return stat(uri.fsPath);
  if (uri.scheme === 'untitled') return { size: 0, mtime: new Date() };
  const { size, mtime } = await vscode.workspace.fs.stat(uri);
  return { size, mtime: new Date(mtime) };
}

/** Writes a file wherever it is. */
export async function writeTo(uri: vscode.Uri, content: string | Uint8Array): Promise<void> {
  if (isLocal(uri)) {
    const handle = await openToReplace(uri.fsPath);
    try {
      await handle.writeFile(content);
    } finally {
      await handle.close();
    }
    return;
  }
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return vscode.workspace.fs.writeFile(uri, bytes);
}

/** One letter before the colon is a drive of Windows. */
function isAddress(name: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(name);
}
