import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/ssh/connection';
import type { Connection } from '../../src/ssh/transport';
import { hostKeysOf, person } from './people';
import { startSshServer, type SshServer } from './sshServer';

describe('commands over one connection', () => {
  let server: SshServer;
  const opened: Connection[] = [];
  const open = async (): Promise<Connection> => {
    const hostKeys = hostKeysOf(join(server.folder, 'store'), server.knownHostsFile);
    const connection = await connect(server.target(), { prompter: person(), hostKeys });
    opened.push(connection);
    return connection;
  };
  beforeAll(async () => {
    server = await startSshServer();
  });
  afterEach(() => {
    for (const connection of opened.splice(0)) connection.close();
  });
  afterAll(() => server.stop());

  test('give their output, errors and exit code', async () => {
    const connection = await open();
    const result = await connection.exec('printf out; printf err >&2; exit 7');
    expect(result).toEqual({ stdout: Buffer.from('out'), stderr: Buffer.from('err'), code: 7, signal: null });
    expect((await connection.exec('true')).code).toBe(0);
  });

  test('tell the signal that ended them', async () => {
    const result = await (await open()).exec('kill -s TERM $$');
    expect(result).toMatchObject({ code: null, signal: 'SIGTERM' });
  });

  test('read what they are given on standard input, and its end', async () => {
    const connection = await open();
    const text = randomBytes(700_000).toString('base64');
    const result = await connection.exec('exec cat', { stdin: text });
    expect(result.stdout.toString()).toBe(text);
    expect((await connection.exec('cat; echo over')).stdout.toString()).toBe('over\n');
  });

  test('may write much on both streams at once', async () => {
    const connection = await open();
    let bytes = 0;
    const result = await connection.exec('head -c 9000000 /dev/zero & head -c 8000000 /dev/zero >&2; wait', {
      discardStdout: true,
      maxOutputBytes: 8_000_000,
      onStdout: (chunk) => (bytes += chunk.length),
    });
    expect([bytes, result.stdout.length, result.stderr.length]).toEqual([9_000_000, 0, 8_000_000]);
  });

  test('are refused when they answer without end', async () => {
    await expect((await open()).exec('exec yes')).rejects.toMatchObject({ kind: 'protocol' });
  });

  test('end when nobody waits for them any more', async () => {
    const connection = await open();
    const stop = new AbortController();
    let pid = '';
    const running = connection.exec('echo $$; exec cat', {
      holdStdin: true,
      signal: stop.signal,
      onStdout: (chunk) => {
        pid = chunk.toString().trim();
        stop.abort();
      },
    });
    await expect(running).rejects.toMatchObject({ kind: 'cancelled' });
    await gone(Number(pid));
    expect((await connection.exec('echo fine')).stdout.toString()).toBe('fine\n');
  });

  test('are given up after their time', async () => {
    const connection = await open();
    const running = connection.exec('exec cat', { holdStdin: true, timeoutMs: 50 });
    await expect(running).rejects.toMatchObject({ kind: 'timeout' });
    expect((await connection.exec('echo fine')).stdout.toString()).toBe('fine\n');
  });

  test('are cancelled before they start', async () => {
    const connection = await open();
    await expect(connection.exec('true', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      kind: 'cancelled',
    });
  });

  test('are lost, not successful, when the server process dies', async () => {
    const connection = await open();
    const reasons: string[] = [];
    connection.onClose((reason) => reasons.push(reason));
    const running = connection.exec('echo up; exec sleep 3', {
      onStdout: () => {
        for (const pid of server.connectionPids()) process.kill(pid, 'SIGKILL');
      },
    });
    await expect(running).rejects.toMatchObject({ name: 'SshError', kind: 'lost' });
    expect(connection.isOpen).toBe(false);
    expect(reasons).toHaveLength(1);
    await expect(connection.exec('true')).rejects.toMatchObject({ kind: 'lost' });
  });

  test('are lost when the connection is closed here', async () => {
    const connection = await open();
    const running = connection.exec('echo up; exec sleep 3', { onStdout: () => connection.close() });
    await expect(running).rejects.toMatchObject({ kind: 'lost' });
  });

  test('run twenty at a time over one connection', async () => {
    const connection = await open();
    const all = await Promise.all(Array.from({ length: 20 }, (_, n) => connection.exec(`echo ${n}`)));
    expect(all.map((each) => each.stdout.toString().trim())).toEqual(all.map((_, n) => String(n)));
    expect(server.connectionPids()).toHaveLength(1);
  });

  test('a shell has a terminal, takes its size and ends with its code', async () => {
    const connection = await open();
    const shell = await connection.shell(91, 33);
    let text = '';
    const closed = new Promise<number | null>((resolve) => shell.onClose(resolve));
    const resized = new Promise<void>((resolve) =>
      shell.onData((chunk) => {
        text += chunk.toString();
        if (text.includes('size=40 100')) resolve();
        else if (text.includes('size=33 91') && !text.includes('again')) {
          shell.resize(100, 40);
          shell.write('echo again; echo size=$(stty size)\n');
        }
      }),
    );
    shell.write('echo term=$TERM; echo size=$(stty size)\n');
    await resized;
    shell.write('exit 5\n');
    expect(await closed).toBe(5);
    expect(text).toContain('term=xterm-256color');
  });

  test('a shell ends without a code when the connection is lost', async () => {
    const connection = await open();
    const shell = await connection.shell(80, 24);
    const closed = new Promise<number | null>((resolve) => shell.onClose(resolve));
    connection.close();
    expect(await closed).toBeNull();
  });
});

describe('a server with MaxSessions 1', () => {
  test('runs commands one after the other', async () => {
    const server = await startSshServer({ config: ['MaxSessions 1'] });
    try {
      const hostKeys = hostKeysOf(join(server.folder, 'store'), server.knownHostsFile);
      const connection = await connect(server.target(), { prompter: person(), hostKeys });
      const all = await Promise.all(
        Array.from({ length: 12 }, (_, n) => connection.exec(`sleep 0.02; echo ${n}`)),
      );
      expect(all.map((each) => each.stdout.toString().trim())).toEqual(all.map((_, n) => String(n)));
      connection.close();
    } finally {
      await server.stop();
    }
  });
});

/** Waits until there is no such process; the test's time is the limit. */
async function gone(pid: number): Promise<void> {
  expect(pid).toBeGreaterThan(1);
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
