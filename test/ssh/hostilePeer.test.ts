/** Text of a machine, before and after its key is verified, is neither raw nor taken for the truth. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPairSync } from 'node:crypto';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/ssh/connection';
import { HostKeys } from '../../src/ssh/hostKeys';
import type { Connection, SshError, Target } from '../../src/ssh/transport';
import { person, type Person } from './people';

const hostile = '\u001b]0;owned\u0007\u001b[2Jroot\u202egnp\u200b\u{e0041}\u009b31m\r\nno matching cipher';
const raw = /[\p{Cc}\u200b\u202e\u{e0041}]/u;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gb-hostile-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const target = (port: number): Target => ({
  name: 'guest',
  address: '127.0.0.1',
  port,
  user: 'me',
  identityFiles: [],
  identitiesOnly: true,
  agent: undefined,
  jumps: [],
});

const attempt = (port: number, log: string[], who: Person = person({ trust: true })): Promise<Connection> =>
  connect(target(port), {
    prompter: who,
    hostKeys: new HostKeys({ store: join(folder, `store-${port}`), known: [] }),
    log: (line) => log.push(line),
  });

async function failure(port: number, log: string[], who?: Person): Promise<SshError> {
  return attempt(port, log, who).then(
    () => Promise.reject(new Error('connected')),
    (error: unknown) => error as SshError,
  );
}

async function listening(server: Server | ssh2.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** An unencrypted SSH packet: length, padding, payload. */
function packet(payload: Buffer): Buffer {
  const padding = 8 - ((payload.length + 5) % 8) + 8;
  const head = Buffer.alloc(5);
  head.writeUInt32BE(payload.length + padding + 1);
  head.writeUInt8(padding, 4);
  return Buffer.concat([head, payload, Buffer.alloc(padding)]);
}

function disconnect(text: string, reason = 2): Buffer {
  const words = Buffer.from(text);
  const numbers = Buffer.alloc(9);
  numbers.writeUInt8(1);
  numbers.writeUInt32BE(reason, 1);
  numbers.writeUInt32BE(words.length, 5);
  return packet(Buffer.concat([numbers, words, Buffer.alloc(4)]));
}

describe('before its key is verified', () => {
  const says = async (bytes: Buffer): Promise<{ error: SshError; log: string[] }> => {
    const open = new Set<Socket>();
    const server = createServer((socket) => {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.end(bytes);
    });
    const port = await listening(server);
    const log: string[] = [];
    const error = await failure(port, log);
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    return { error, log };
  };

  test('a disconnect is marked as unverified, cleaned, and decides nothing', async () => {
    const { error, log } = await says(
      Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), disconnect(`${hostile} ${'x'.repeat(5000)}`)]),
    );
    expect(error.kind).toBe('protocol');
    expect(error.message).toMatch(/before its host key was verified\. Its words are unverified: "/);
    for (const text of [error.message, ...log]) {
      expect(text).not.toMatch(raw);
      expect(text.length).toBeLessThan(500);
    }
  });

  test('what it says cannot pretend to be a refusal of a key', async () => {
    const { error } = await says(
      Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), disconnect('Too many authentication failures')]),
    );
    expect(error.kind).toBe('protocol');
    expect(error.message).toContain('unverified');
  });

  test.each([
    ['a version', `SSH-9.9-${hostile}\r\n`],
    ['a greeting', `${hostile}\r\n`.repeat(3)],
    ['no line at all', hostile.repeat(300)],
  ])('%s is not shown', async (_name, text) => {
    const { error, log } = await says(Buffer.from(text));
    for (const line of [error.message, ...log]) {
      expect(line).not.toMatch(raw);
      expect(line).not.toContain('owned');
    }
  });
});

describe('after its key is verified', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const hostKeys = [privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()];

  test('questions, methods and the last words are cleaned and bounded', async () => {
    const long = `${hostile} ${'y'.repeat(5000)}`;
    const server = new ssh2.Server({ hostKeys, banner: long, ident: 'x' }, (client) => {
      client.on('error', () => undefined);
      client.on('authentication', (context) => {
        if (context.method === 'keyboard-interactive')
          context.prompt([{ prompt: long, echo: false }], long, long, () => context.reject([long as never]));
        else context.reject(['keyboard-interactive']);
      });
    });
    const port = await listening(server);
    const asked: string[] = [];
    const who: Person = {
      ...person({ trust: true }),
      answers: (_target, title, instructions, prompts) => {
        asked.push(title, instructions, ...prompts.map(({ prompt }) => prompt));
        return Promise.resolve(prompts.map(() => 'answer'));
      },
    };
    const log: string[] = [];
    const error = await failure(port, log, who);
    server.close();
    expect(asked).toHaveLength(3);
    for (const text of [...asked, error.message, ...log]) {
      // Questions keep their lines.
      expect(text.replaceAll('\n', ' ')).not.toMatch(raw);
      expect(text.length).toBeLessThan(1200);
    }
    expect(error.kind).toBe('authentication');
  });
});
