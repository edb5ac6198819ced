import * as assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { readExperiment } from '../../src/experiment/journal';
import type { GuestbenchApi } from '../../src/extension';
import type { Experiment } from '../../src/model/experiment';

export function extension(): vscode.Extension<GuestbenchApi> {
  const found = vscode.extensions.all.find((candidate) => candidate.id.endsWith('.guestbench'));
  assert.ok(found, 'the extension is not installed in this host');
  return found as vscode.Extension<GuestbenchApi>;
}

export async function api(): Promise<GuestbenchApi> {
  return extension().activate();
}

export function workspaceFolder(): string {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, 'no workspace folder is open');
  return folder.uri.fsPath;
}

export function labFile(): string {
  return path.join(workspaceFolder(), 'guestbench.lab.json');
}

export function experimentIn(file: string): Experiment {
  const read = readExperiment(readFileSync(file, 'utf8'));
  if (read.status === 'error') assert.fail(`${file}, line ${read.line}: ${read.error}`);
  return read.experiment;
}

/** Files of the extension's bundle that Node has loaded, without those that several others share. */
export function loadedBundles(): string[] {
  const dist = path.join(extension().extensionPath, 'dist') + path.sep;
  return Object.keys(require.cache)
    .filter((file) => file.startsWith(dist))
    .map((file) => path.basename(file))
    .filter((file) => !file.startsWith('shared-'))
    .sort();
}

/** Polls until `look` is true. */
export async function until(
  what: string,
  look: () => boolean | Promise<boolean>,
  limitMs = 30_000,
): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await look())) {
    assert.ok(Date.now() < end, `${what}: not within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
