/** A connection that is cut at the moment the server looks at a password: nobody was refused by that. */
import { connect as dial, createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConnectionPool } from '../../src/ssh/pool';
import type { Connection, Target } from '../../src/ssh/transport';
import { hostKeysOf, person, type Person } from './people';
import { startSshServer, type SshServer } from './sshServer';

let server: SshServer;
let relay: Server;
/** The next bytes from the client are swallowed, and both ends of the connection closed. */
let isCutNext = false;
let connections = 0;

beforeAll(async () => {
  server = await startSshServer({ config: ['PasswordAuthentication yes', 'PubkeyAuthentication no'] });
  relay = createServer((outer) => {
    connections += 1;
    const inner = dial(server.port, '127.0.0.1');
    const end = (): void => {
      outer.destroy();
      inner.destroy();
    };
    outer.on('data', (chunk) => {
      if (!isCutNext) inner.write(chunk);
      else {
        isCutNext = false;
        end();
      }
    });
    inner.on('data', (chunk) => outer.write(chunk));
    for (const socket of [outer, inner]) socket.on('close', end).on('error', end);
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  relay.close();
  await server.stop();
});

function link(cuts: number): { pool: ConnectionPool; who: Person; get: () => Promise<Connection> } {
  let left = cuts;
  const who = person({
    trust: true,
    secret: () => {
      isCutNext = left > 0;
      left -= 1;
      return 'not the password';
    },
  });
  const { port } = relay.address() as AddressInfo;
  const target: Target = server.target({ port, identityFiles: [] });
  const pool = new ConnectionPool({ hostKeys: hostKeysOf(join(server.folder, `store-${cuts}`)) });
  return { pool, who, get: () => pool.get(target, { prompter: who }) };
}

test('is a lost connection, and the next attempt is one', async () => {
  const { pool, who, get } = link(1);
  await expect(get()).rejects.toMatchObject({
    kind: 'lost',
    message: expect.stringContaining('ended while the server looked') as string,
  });
  // Nothing was said about the password: it is neither forgotten nor kept.
  expect(who.log.filter((line) => line.startsWith('password'))).toEqual(['password 1']);
  // The server really answers now: no.
  await expect(get()).rejects.toMatchObject({ kind: 'authentication' });
  expect(who.log).toContain('password 1 wrong');
  pool.dispose();
});

test('is a refusal when it comes each time: what may be wrong is not sent for ever', async () => {
  const { pool, get } = link(9);
  for (const kind of ['lost', 'lost', 'authentication']) await expect(get()).rejects.toMatchObject({ kind });
  const before = connections;
  await expect(get()).rejects.toMatchObject({ kind: 'authentication' });
  expect(connections).toBe(before);
  pool.dispose();
});
