/** A server that breaks the rules: OpenSSH cannot be made to. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type Connection as ServerConnection } from 'ssh2';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { probeGuest } from '../../src/probe/probe';
import { connect } from '../../src/ssh/connection';
import type { Connection, Target } from '../../src/ssh/transport';
import { hostKeysOf, person } from './people';

interface Raw {
  readonly _protocol: {
    channelData(channel: number, data: Buffer): void;
    _handlers: Record<string, (...given: never[]) => void>;
  };
}

describe('a guest that goes on sending', () => {
  let folder: string;
  let server: ssh2.Server;
  let connection: Connection;
  const sending = new Set<NodeJS.Timeout>();
  const clients = new Set<ServerConnection>();

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gb-hostile-'));
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    const key = ssh2.utils.parseKey(pem);
    if (key instanceof Error || Array.isArray(key)) throw new Error('no key');
    server = new ssh2.Server({ hostKeys: [pem] }, (client) => {
      clients.add(client);
      client.on('error', () => undefined);
      client.on('close', () => clients.delete(client));
      client.on('authentication', (context) => context.accept());
      client.on('ready', () => {
        const raw = client as unknown as Raw;
        // It hears no channel being closed.
        raw._protocol._handlers['CHANNEL_CLOSE'] = () => undefined;
        raw._protocol._handlers['CHANNEL_EOF'] = () => undefined;
        client.on('session', (accept) => {
          accept().on('exec', (acceptExec) => {
            const channel = acceptExec() as unknown as { outgoing: { id: number } };
            const timer = setInterval(() => {
              if (clients.has(client))
                raw._protocol.channelData(channel.outgoing.id, Buffer.alloc(1024, 'x'));
            }, 2);
            sending.add(timer);
          });
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const known = join(folder, 'known_hosts');
    writeFileSync(known, `[127.0.0.1]:${port} ssh-rsa ${key.getPublicSSH().toString('base64')}\n`);
    const target: Target = {
      ...{ name: 'hostile', address: '127.0.0.1', port, user: 'anybody', identityFiles: [], jumps: [] },
      ...{ identitiesOnly: false, agent: undefined },
    };
    connection = await connect(target, {
      prompter: person(),
      hostKeys: hostKeysOf(join(folder, 'store'), known),
    });
  });

  afterEach(async () => {
    vi.useRealTimers();
    for (const timer of sending) clearInterval(timer);
    sending.clear();
    connection.close();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    rmSync(folder, { recursive: true, force: true });
  });

  test('after its command was stopped loses the connection', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const stop = new AbortController();
    const ended = new Promise<string>((resolve) => connection.onClose(resolve));
    const running = connection.exec('anything', {
      timeoutMs: Infinity,
      signal: stop.signal,
      discardStdout: true,
      onStdout: () => stop.abort(),
    });
    await expect(running).rejects.toMatchObject({ kind: 'cancelled' });
    expect(connection.isOpen).toBe(true);
    vi.advanceTimersByTime(6_000);
    expect(await ended).toMatch(/went on sending/);
    expect(connection.isOpen).toBe(false);
  });

  test('is cut off when a probe answers more than any guest does', async () => {
    await expect(probeGuest(connection)).rejects.toMatchObject({
      kind: 'protocol',
      message: expect.stringContaining('answered more than 512 KiB') as string,
    });
  });
});
