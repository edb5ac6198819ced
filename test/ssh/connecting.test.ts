import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect, type ConnectOptions } from '../../src/ssh/connection';
import type { HostKeys } from '../../src/ssh/hostKeys';
import type { Connection, Target } from '../../src/ssh/transport';
import { hostKeysOf, person, type Person } from './people';
import { freePort, startSshServer, type SshServer } from './sshServer';

let folder: string;
let server: SshServer;
let number = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gb-connect-'));
  server = await startSshServer({ hostKeyTypes: ['ed25519', 'rsa'], config: ['RekeyLimit 64K'] });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const fresh = (name: string): string => join(folder, `${name}${(number += 1)}`);
const written = (text: string): string => {
  const file = fresh('known');
  writeFileSync(file, text);
  return file;
};
const open = (
  hostKeys: HostKeys,
  who: Person,
  target = server.target(),
  more: Partial<ConnectOptions> = {},
): Promise<Connection> => connect(target, { prompter: who, hostKeys, ...more });

describe('host keys', () => {
  test('first contact is asked for, stored, and not asked for again', async () => {
    const store = fresh('store/hosts');
    const hostKeys = hostKeysOf(store);
    const who = person({ trust: true });
    (await open(hostKeys, who)).close();
    expect(who.log).toEqual([`confirm ssh-ed25519 ${server.hostKeyFingerprint}`]);
    expect(readFileSync(store, 'utf8')).toBe(`${server.knownHostsLine}\n`);
    expect(statSync(store).mode & 0o777).toBe(0o600);
    (await open(hostKeysOf(store), person())).close();
    expect(await hostKeys.forget(server.target())).toBe(true);
    expect(readFileSync(store, 'utf8')).toBe('');
    expect(await hostKeys.forget(server.target())).toBe(false);
  });

  test('several connections at once ask once', async () => {
    const who = person({ trust: true });
    const hostKeys = hostKeysOf(fresh('store'));
    const all = await Promise.all([open(hostKeys, who), open(hostKeys, who), open(hostKeys, who)]);
    for (const connection of all) connection.close();
    expect(who.log).toHaveLength(1);
  });

  test('what is not confirmed is not connected, before any authentication', async () => {
    const store = fresh('store');
    const who = person({ trust: false });
    await expect(open(hostKeysOf(store), who)).rejects.toMatchObject({ kind: 'host-key-unknown' });
    expect(() => statSync(store)).toThrow();
  });

  test('a changed key is told with both fingerprints and refused', async () => {
    const other = await startSshServer();
    const known = written(
      server.knownHostsLine.replace(/ssh-ed25519 .*/, other.knownHostsLine.split(' ').slice(1).join(' ')),
    );
    await other.stop();
    const who = person({ trust: true });
    await expect(open(hostKeysOf(fresh('store'), known), who)).rejects.toMatchObject({
      kind: 'host-key-changed',
      message: expect.stringMatching(
        new RegExp(
          `${escaped(server.hostKeyFingerprint)}.*${escaped(other.hostKeyFingerprint)} in ${known} line 1`,
        ),
      ) as string,
    });
    expect(who.log).toEqual([`changed ${server.hostKeyFingerprint} known ${other.hostKeyFingerprint}`]);
  });

  test('a revoked key is refused', async () => {
    const known = written(`@revoked ${server.knownHostsLine}\n${server.knownHostsLine}\n`);
    await expect(open(hostKeysOf(fresh('store'), known), person())).rejects.toMatchObject({
      kind: 'host-key-revoked',
    });
  });

  test('a host known by another type of key only is asked for that type', async () => {
    const known = written(server.knownHostsLines.find((line) => line.includes('ssh-rsa')) ?? '');
    (await open(hostKeysOf(fresh('store'), known), person())).close();
  });

  test('a store that cannot be read is no empty store', async () => {
    const store = fresh('store');
    mkdirSync(store);
    await expect(open(hostKeysOf(store, server.knownHostsFile), person())).rejects.toMatchObject({
      message: expect.stringContaining(store) as string,
    });
  });

  test('a store without a last line break, and one in a folder that cannot be written', async () => {
    const store = written('other ssh-ed25519 AAAA');
    (await open(hostKeysOf(store), person({ trust: true }))).close();
    expect(readFileSync(store, 'utf8')).toBe(`other ssh-ed25519 AAAA\n${server.knownHostsLine}\n`);
    const file = written('');
    await expect(open(hostKeysOf(join(file, 'store')), person({ trust: true }))).rejects.toMatchObject({
      message: expect.stringContaining('cannot be written') as string,
    });
    chmodSync(store, 0o600);
  });

  test('new session keys in the midst of much data bother nobody', async () => {
    const who = person({ trust: true });
    const connection = await open(hostKeysOf(fresh('store')), who);
    const result = await connection.exec('head -c 2000000 /dev/zero');
    expect(result.stdout.length).toBe(2_000_000);
    expect(who.log).toHaveLength(1);
    connection.close();
  });
});

describe('a connection that fails', () => {
  const known = (): HostKeys => hostKeysOf(fresh('store'), server.knownHostsFile);

  test('because nobody listens', async () => {
    const target = server.target({ port: await freePort() });
    await expect(open(known(), person(), target)).rejects.toMatchObject({
      name: 'SshError',
      kind: 'refused',
    });
  });

  test('because the name is not known', async () => {
    const target = server.target({ address: 'no-such-guest.invalid' });
    await expect(open(known(), person(), target)).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('no-such-guest.invalid') as string,
    });
  });

  const withListener = async (
    onSocket: (socket: Socket) => void,
    work: (target: Target) => Promise<void>,
  ): Promise<void> => {
    const sockets = new Set<Socket>();
    const listener: Server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      onSocket(socket);
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    try {
      await work(server.target({ port: (listener.address() as AddressInfo).port }));
    } finally {
      for (const socket of sockets) socket.destroy();
      listener.close();
    }
  };

  test('because nobody answers', () =>
    withListener(
      () => undefined,
      async (target) => {
        await expect(open(known(), person(), target, { readyTimeoutMs: 100 })).rejects.toMatchObject({
          kind: 'timeout',
        });
      },
    ));

  test('because it was cancelled', async () => {
    const stop = new AbortController();
    await withListener(
      () => stop.abort(),
      async (target) => {
        await expect(open(known(), person(), target, { signal: stop.signal })).rejects.toMatchObject({
          kind: 'cancelled',
        });
      },
    );
    await expect(open(known(), person(), server.target(), { signal: stop.signal })).rejects.toMatchObject({
      kind: 'cancelled',
    });
  });

  test('because the server hangs up', () =>
    withListener(
      (socket) => socket.end(),
      async (target) => {
        await expect(open(known(), person(), target)).rejects.toMatchObject({
          kind: 'lost',
          message: expect.stringContaining('MaxStartups') as string,
        });
      },
    ));

  test('because it is no SSH server', () =>
    withListener(
      (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
      async (target) => {
        await expect(open(known(), person(), target)).rejects.toMatchObject({ name: 'SshError' });
      },
    ));

  test('because there is no common algorithm', async () => {
    const odd = await startSshServer({ config: ['KexAlgorithms sntrup761x25519-sha512@openssh.com'] });
    try {
      await expect(
        open(hostKeysOf(fresh('store'), odd.knownHostsFile), person(), odd.target()),
      ).rejects.toMatchObject({
        kind: 'algorithms',
        message: expect.stringContaining('key exchange algorithm') as string,
      });
    } finally {
      await odd.stop();
    }
  });

  test('while a person is asked: the answer comes too late', async () => {
    const short = await startSshServer({ config: ['LoginGraceTime 1'] });
    try {
      const who = person();
      let answer = (): void => undefined;
      who.confirmHostKey = () => new Promise((resolve) => (answer = () => resolve(true)));
      const store = fresh('store');
      await expect(open(hostKeysOf(store), who, short.target())).rejects.toMatchObject({ kind: 'lost' });
      answer();
    } finally {
      await short.stop();
    }
  });
});

describe('jump hosts', () => {
  test('are verified and signed in to like the target, and end with it', async () => {
    const inner = await startSshServer();
    try {
      const second = server.target({ name: 'second jump' });
      const jumps = [server.target({ name: 'jump' }), second];
      const known = written([...server.knownHostsLines, ...inner.knownHostsLines, ''].join('\n'));
      const connection = await open(hostKeysOf(fresh('store'), known), person(), inner.target({ jumps }));
      const result = await connection.exec('head -c 300000 /dev/zero; echo through; exit 4');
      expect([result.stdout.length, result.code]).toEqual([300_008, 4]);
      expect(server.connectionPids()).toHaveLength(2);
      connection.close();
      await until(() => server.connectionPids().length === 0 && inner.connectionPids().length === 0);

      const who = person();
      await expect(
        open(
          hostKeysOf(fresh('store'), inner.knownHostsFile),
          who,
          inner.target({ jumps: [server.target({ name: 'jump' })] }),
        ),
      ).rejects.toMatchObject({
        kind: 'host-key-unknown',
        message: expect.stringContaining('jump') as string,
      });
      await until(() => server.connectionPids().length === 0);
    } finally {
      await inner.stop();
    }
  });

  test('that cannot reach the target, or may not, say so', async () => {
    const hostKeys = hostKeysOf(fresh('store'), server.knownHostsFile);
    const jumps = [server.target({ name: 'jump' })];
    const target = server.target({ port: await freePort(), jumps });
    await expect(open(hostKeys, person(), target)).rejects.toMatchObject({
      kind: expect.stringMatching(/refused|unreachable/) as string,
      message: expect.stringContaining('jump host') as string,
    });
    const closed = await startSshServer({ config: ['AllowTcpForwarding no'] });
    try {
      const known = hostKeysOf(fresh('store'), closed.knownHostsFile, server.knownHostsFile);
      await expect(
        open(known, person(), server.target({ jumps: [closed.target({ name: 'jump' })] })),
      ).rejects.toMatchObject({ message: expect.stringContaining('AllowTcpForwarding') as string });
    } finally {
      await closed.stop();
    }
    await until(() => server.connectionPids().length === 0);
  });

  test('that die take the connection with them', async () => {
    const inner = await startSshServer();
    try {
      const known = hostKeysOf(fresh('store'), server.knownHostsFile, inner.knownHostsFile);
      const connection = await open(
        known,
        person(),
        inner.target({ jumps: [server.target({ name: 'jump' })] }),
      );
      const closed = new Promise<string>((resolve) => connection.onClose(resolve));
      const running = connection.exec('exec cat', { holdStdin: true });
      running.catch(() => undefined);
      for (const pid of server.connectionPids()) process.kill(pid, 'SIGKILL');
      await closed;
      await expect(running).rejects.toMatchObject({ kind: 'lost' });
    } finally {
      await inner.stop();
    }
  });
});

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}
