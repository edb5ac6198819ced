import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HostKeys, type Trust } from '../../../src/ssh/hostKeys';
import type { Target } from '../../../src/ssh/transport';
import { person, type Person } from '../../ssh/people';
import { ed25519Blob, rsaBlob } from './keyBlobs';

const target: Target = {
  name: 'guest',
  address: '10.0.0.1',
  port: 2222,
  user: 'root',
  identityFiles: [],
  identitiesOnly: true,
  agent: undefined,
  jumps: [],
};

/** A well-formed key whose bytes are made of `content`. */
const keyBlob = (content: string): Buffer => ed25519Blob(content);

const key = keyBlob('mine');
const otherKey = keyBlob('evil');
const line = (blob: Buffer): string => `[10.0.0.1]:2222 ssh-ed25519 ${blob.toString('base64')}\n`;

describe('files of known hosts', () => {
  let folder: string;
  let store: string;
  let known: string;
  let hostKeys: HostKeys;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gb-host-keys-'));
    store = join(folder, 'store');
    known = join(folder, 'known_hosts');
    hostKeys = new HostKeys({ store, known: [known] });
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const verify = (who: Person = person()): Promise<Trust> => hostKeys.verify(target, key, who);

  /** Neither size nor time tell that the file is another one. */
  const replaceUnnoticed = (file: string, text: string): void => {
    const { size, atime, mtime } = statSync(file);
    expect(text).toHaveLength(size);
    writeFileSync(file, text);
    utimesSync(file, atime, mtime);
  };

  test('another key counts at once, of the same length and the same time too', async () => {
    writeFileSync(known, line(key));
    await verify();
    await verify();
    replaceUnnoticed(known, line(otherKey));
    await expect(verify()).rejects.toMatchObject({ kind: 'host-key-changed' });
    replaceUnnoticed(known, line(key));
    await verify();
  });

  test('a revocation counts at once, and so does a file that appears or goes away', async () => {
    await expect(verify()).rejects.toMatchObject({ kind: 'host-key-unknown' });
    writeFileSync(known, line(key));
    await verify();
    writeFileSync(known, `@revoked ${line(key)}${line(key)}`);
    await expect(verify()).rejects.toMatchObject({ kind: 'host-key-revoked' });
    rmSync(known);
    await expect(verify()).rejects.toMatchObject({ kind: 'host-key-unknown' });
  });

  test('the store is no other: what is confirmed, forgotten or written by somebody else counts at once', async () => {
    const who = person({ trust: true });
    await verify(who);
    await verify(who);
    expect(who.log).toHaveLength(1);
    replaceUnnoticed(store, line(otherKey));
    await expect(verify(who)).rejects.toMatchObject({ kind: 'host-key-changed' });
    expect(await hostKeys.forget(target)).toBe(true);
    await expect(verify()).rejects.toMatchObject({ kind: 'host-key-unknown' });
  });

  test('the algorithms asked for follow the file', async () => {
    expect(await hostKeys.algorithmsFor(target)).toBeUndefined();
    writeFileSync(known, `[10.0.0.1]:2222 ssh-rsa ${rsaBlob('old').toString('base64')}\n`);
    expect((await hostKeys.algorithmsFor(target))?.[0]).toBe('rsa-sha2-512');
    writeFileSync(known, '');
    expect(await hostKeys.algorithmsFor(target)).toBeUndefined();
  });

  test('equal text in two files keeps the names of both', async () => {
    const extra = join(folder, 'extra');
    hostKeys = new HostKeys({ store, known: [known], extra: [extra] });
    writeFileSync(known, line(otherKey));
    writeFileSync(extra, line(otherKey));
    await expect(verify()).rejects.toMatchObject({
      message: expect.stringMatching(`${known} line 1; .*${extra} line 1`) as string,
    });
  });
});
