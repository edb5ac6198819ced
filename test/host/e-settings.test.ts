import assert from 'node:assert/strict';
import * as vscode from 'vscode';

describe('the sources of benchmarks', () => {
  it('are kept where a workspace cannot set them', async () => {
    const read = (): unknown => vscode.workspace.getConfiguration('guestbench').get('sources');
    const write = (value: unknown, target: vscode.ConfigurationTarget): Thenable<void> =>
      vscode.workspace.getConfiguration('guestbench').update('sources', value, target);
    await write({ unixbench: '/opt/unixbench' }, vscode.ConfigurationTarget.Global);
    assert.deepEqual(read(), { unixbench: '/opt/unixbench' });
    await assert.rejects(async () =>
      write({ unixbench: '/elsewhere' }, vscode.ConfigurationTarget.Workspace),
    );
    assert.deepEqual(read(), { unixbench: '/opt/unixbench' });
    await write(undefined, vscode.ConfigurationTarget.Global);
    assert.deepEqual(read(), {});
  });
});
