import * as assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { api, labFile, loadedBundles, until } from './support';

describe('guests', () => {
  it('are asked over SSH what they are; only now is ssh2 loaded', async () => {
    const { lab } = await api();
    await lab.refresh();
    const states = [...(await lab.guests()).values()];
    assert.deepEqual(
      states.map((state) => state.kind),
      ['ready', 'ready'],
      JSON.stringify(states),
    );
    const [a, b] = states.map((state) => (state.kind === 'ready' ? state.facts : undefined));
    assert.ok(a && b);
    assert.equal(a.bootId, b.bootId, 'both demo guests are this machine');
    assert.equal(a.kernel, b.kernel);
    assert.ok((a.vcpus ?? 0) >= 1);
    assert.ok(a.mode.because.length > 0);
    assert.ok(loadedBundles().includes('ssh2.js'));
  });

  it('can be added and removed without losing the comments of the lab file', async () => {
    const before = readFileSync(labFile(), 'utf8');
    const { lab } = await api();
    const port = Number(/"port": (\d+)/.exec(before)?.[1]);
    const identityFile = JSON.parse(`"${/"identityFile": "([^"]+)"/.exec(before)?.[1] ?? ''}"`) as string;
    const user = /"user": "([^"]+)"/.exec(before)?.[1];
    await vscode.commands.executeCommand('guestbench.addGuest', {
      guest: { name: 'demo-c', host: 'this machine', address: '127.0.0.1', port, user, identityFile },
    });
    await until('the third guest', async () => (await lab.guests()).has('demo-c'));
    const text = readFileSync(labFile(), 'utf8');
    assert.match(text, /\/\/ A lab to try things out/);
    assert.equal((await lab.guests()).get('demo-c')?.kind, 'ready');
    writeFileSync(labFile(), before);
    await until('the third guest gone', async () => !(await lab.guests()).has('demo-c'));
  });

  it('keeps the last good lab when the file is broken', async () => {
    const { lab } = await api();
    const before = readFileSync(labFile(), 'utf8');
    try {
      writeFileSync(labFile(), before.replace('"guests"', '"gests"'));
      // The broken text has been read once the good one comes back as a change; the lab stays all along.
      for (let i = 0; i < 20; i++) {
        assert.deepEqual([...(await lab.guests()).keys()], ['demo-a', 'demo-b']);
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    } finally {
      writeFileSync(labFile(), before);
    }
  });
});
