import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ConnectionPool, type PoolOptions } from '../../src/ssh/pool';
import { hostKeysOf, person } from './people';
import type { Target } from '../../src/ssh/transport';
import { startSshServer, type SshServer } from './sshServer';

describe('the connection pool', () => {
  let server: SshServer;
  const pools: ConnectionPool[] = [];
  beforeAll(async () => {
    server = await startSshServer();
  });
  afterEach(async () => {
    for (const pool of pools.splice(0)) pool.dispose();
    await until(() => server.connectionPids().length === 0);
  });
  afterAll(() => server.stop());

  const makePool = (options: Partial<PoolOptions> = {}): ConnectionPool => {
    const hostKeys = hostKeysOf(join(server.folder, 'store'), server.knownHostsFile);
    const pool = new ConnectionPool({ hostKeys, ...options });
    pools.push(pool);
    return pool;
  };

  test('shares one connection, also among those who ask at the same time', async () => {
    const pool = makePool();
    const prompter = person();
    const [a, b] = await Promise.all([
      pool.get(server.target(), { prompter }),
      pool.get(server.target({ name: 'same machine' }), { prompter }),
    ]);
    expect(a).toBe(b);
    expect(await pool.get(server.target(), { prompter })).toBe(a);
    expect(server.connectionPids()).toHaveLength(1);
    expect((await a.exec('echo hi')).stdout.toString()).toBe('hi\n');
  });

  test('is not shared with who has other keys, another agent, other rules or another way', async () => {
    const pool = makePool();
    const prompter = person();
    const first = await pool.get(server.target(), { prompter });
    const others: readonly Partial<Target>[] = [
      { identitiesOnly: false },
      { agent: '/nonexistent/agent' },
      { identityFiles: [server.clientKeyFile, '/nonexistent/key'] },
      { hostKeys: { userFiles: [server.knownHostsFile] } },
      { signIn: { methods: ['publickey'] } },
      { jumps: [server.target()] },
    ];
    for (const other of others) expect(await pool.get(server.target(other), { prompter })).not.toBe(first);
    // A guest without a key at the same address has its own failure, and leaves the others theirs.
    const none = server.target({ name: 'keyless', identityFiles: [] });
    await expect(pool.get(none, { prompter })).rejects.toMatchObject({ kind: 'authentication' });
    expect(await pool.get(server.target(), { prompter })).toBe(first);
    await expect(pool.get(none, { prompter })).rejects.toMatchObject({
      message: expect.stringContaining('keyless') as string,
    });
  });

  test('opens a new one when the old one is gone', async () => {
    const pool = makePool();
    const prompter = person();
    const first = await pool.get(server.target(), { prompter });
    const closed = new Promise((resolve) => first.onClose(resolve));
    for (const pid of server.connectionPids()) process.kill(pid, 'SIGKILL');
    await closed;
    const second = await pool.get(server.target(), { prompter });
    expect(second).not.toBe(first);
    expect((await second.exec('echo hi')).code).toBe(0);
  });

  test('closes an idle one, but not one in use', async () => {
    const pool = makePool({ idleMs: 50 });
    const connection = await pool.get(server.target(), { prompter: person() });
    const closed = new Promise((resolve) => connection.onClose(resolve));
    const shell = await connection.shell(80, 24);
    expect((await connection.exec('sleep 0.3; echo still')).stdout.toString()).toBe('still\n');
    expect(connection.isOpen).toBe(true);
    shell.close();
    await closed;
    expect(connection.isOpen).toBe(false);
  });

  test('remembers refused credentials until a person tries again or they are forgotten', async () => {
    const pool = makePool();
    const keyFile = join(server.folder, 'changing');
    copyFileSync(join(server.folder, 'host_ed25519'), keyFile);
    const wrong = server.target({ identityFiles: [keyFile] });
    const logged: string[] = [];
    const watched = makePool({ log: (line) => logged.push(line) });
    await expect(watched.get(wrong, { prompter: person() })).rejects.toMatchObject({
      kind: 'authentication',
    });
    const attempts = logged.length;
    await expect(watched.get(wrong, { prompter: person() })).rejects.toMatchObject({
      kind: 'authentication',
    });
    expect(logged).toHaveLength(attempts);
    // The key in the file is another one now: only a person's request finds out.
    await expect(pool.get(wrong, { prompter: person() })).rejects.toMatchObject({ kind: 'authentication' });
    copyFileSync(server.clientKeyFile, keyFile);
    await expect(watched.get(wrong, { prompter: person() })).rejects.toMatchObject({
      kind: 'authentication',
    });
    expect((await watched.get(wrong, { prompter: person(), retryCredentials: true })).isOpen).toBe(true);
    await expect(pool.get(wrong, { prompter: person() })).rejects.toMatchObject({ kind: 'authentication' });
    pool.forget(wrong);
    expect((await pool.get(wrong, { prompter: person() })).isOpen).toBe(true);
  });

  test('one who waits may stop waiting; the others get their connection', async () => {
    const pool = makePool();
    const stop = new AbortController();
    const first = pool.get(server.target(), { prompter: person(), signal: stop.signal });
    const second = pool.get(server.target(), { prompter: person() });
    stop.abort();
    await expect(first).rejects.toMatchObject({ kind: 'cancelled' });
    expect((await second).isOpen).toBe(true);
    await expect(
      pool.get(server.target(), { prompter: person(), signal: stop.signal }),
    ).rejects.toMatchObject({ kind: 'cancelled' });
  });

  test('an attempt nobody waits for is given up', async () => {
    const pool = makePool();
    const stop = new AbortController();
    const only = pool.get(server.target(), { prompter: person(), signal: stop.signal });
    stop.abort();
    await expect(only).rejects.toMatchObject({ kind: 'cancelled' });
    // And the next one is not spoilt by it.
    expect((await pool.get(server.target(), { prompter: person() })).isOpen).toBe(true);
  });

  test('a silent attempt that fails for want of answers does not fail the person who joins it', async () => {
    const hostKeys = hostKeysOf(join(server.folder, 'empty-store'));
    const pool = makePool({ hostKeys });
    const silent = pool.get(server.target(), { prompter: person() });
    const asking = pool.get(server.target(), { prompter: person({ trust: true }), retryCredentials: true });
    await expect(silent).rejects.toMatchObject({ kind: 'host-key-unknown' });
    expect((await asking).isOpen).toBe(true);
  });

  test('opens many machines a few at a time', async () => {
    const pool = makePool();
    const users = Array.from({ length: 12 }, (_, n) =>
      server.target({ name: `guest ${n}`, user: `nobody-${n}` }),
    );
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, server.connectionPids().length)), 1);
    const results = await Promise.allSettled(users.map((target) => pool.get(target, { prompter: person() })));
    clearInterval(watch);
    expect(results.every((result) => result.status === 'rejected')).toBe(true);
    expect(most).toBeLessThanOrEqual(16);
  });

  test('once disposed closes everything and gives nothing more', async () => {
    const pool = makePool();
    const connection = await pool.get(server.target(), { prompter: person() });
    const pending = pool.get(server.target({ user: 'other' }), { prompter: person() });
    pool.dispose();
    pool.dispose();
    expect(connection.isOpen).toBe(false);
    await expect(pending).rejects.toMatchObject({ kind: 'cancelled' });
    await expect(pool.get(server.target(), { prompter: person() })).rejects.toMatchObject({
      kind: 'cancelled',
    });
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}
