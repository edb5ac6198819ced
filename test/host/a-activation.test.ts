import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { api, extension, loadedBundles } from './support';

interface Manifest {
  readonly contributes: { readonly commands: readonly { readonly command: string }[] };
}

describe('activation', () => {
  it('loads only the entry point: neither the app with zod nor ssh2', async () => {
    await api();
    assert.deepEqual(loadedBundles(), ['extension.js']);
  });

  it('registers every command of the manifest', async () => {
    await api();
    const registered = new Set(await vscode.commands.getCommands(true));
    const manifest = extension().packageJSON as Manifest;
    const missing = manifest.contributes.commands
      .map(({ command }) => command)
      .filter((id) => !registered.has(id));
    assert.deepEqual(missing, []);
  });

  it('shows its log without loading the app', async () => {
    await vscode.commands.executeCommand('guestbench.showLog');
    assert.deepEqual(loadedBundles(), ['extension.js']);
  });

  it('reads the lab without loading benchmarks, reports or ssh2', async () => {
    const guests = await (await api()).lab.guests();
    assert.deepEqual([...guests.keys()], ['demo-a', 'demo-b']);
    assert.deepEqual(loadedBundles(), ['app.js', 'extension.js']);
  });
});
