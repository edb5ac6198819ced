import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { api, until } from './support';

const tables = (): readonly vscode.Tab[] =>
  vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter(
      (tab) =>
        tab.input instanceof vscode.TabInputWebview && tab.input.viewType.endsWith('guestbench.prepare'),
    );

describe('preparing guests', () => {
  it('shows one table for the guests and benchmarks of the call, and takes its place the next time', async () => {
    for (const benchmark of ['openssl', 'unixbench-single']) {
      await vscode.commands.executeCommand('guestbench.prepareGuest', {
        guests: ['demo-a', 'demo-b'],
        benchmarks: [benchmark],
      });
      await until('one table', () => tables().length === 1);
    }
    await until('the table closed', async () => {
      await vscode.window.tabGroups.close(tables());
      return tables().length === 0;
    });
  });

  it('never waits for a person in a run that was called with everything', async () => {
    const { experiments } = await api();
    const before = (await experiments.list()).map(({ file }) => file);
    // UnixBench does not come with the extension: it cannot run without its source.
    const summary = await vscode.commands.executeCommand('guestbench.runBenchmarks', {
      guests: ['demo-a'],
      benchmarks: ['unixbench-single'],
      preset: 'quick',
      rounds: 1,
    });
    assert.equal(summary, undefined);
    assert.deepEqual(tables(), []);
    assert.deepEqual(
      (await experiments.list()).map(({ file }) => file),
      before,
    );
  });
});
