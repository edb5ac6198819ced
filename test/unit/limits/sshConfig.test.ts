import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hopOf } from '../../../src/lab/proxyJump';
import { resolveTarget } from '../../../src/lab/sshConfig';
import { listAliases } from '../../../src/lab/sshConfigFile';

let home = '';
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'gb-ssh-limits-'));
});
afterAll(() => rmSync(home, { recursive: true }));

function written(text: string): string {
  const file = join(home, 'config');
  writeFileSync(file, text);
  return file;
}

const resolve = (configFile: string) =>
  resolveTarget(
    { name: 'a', sshHost: 'a' },
    { configFile, home, user: 'me', platform: 'linux', variables: {}, sshCommand: undefined },
  );

describe('an OpenSSH config that is too long', () => {
  it('is refused, since the keys that it revokes would be trusted without it', async () => {
    const file = written(`${'#\n'.repeat(512 * 1024)}Host a\n  RevokedHostKeys /x\n`);
    await expect(resolve(file)).rejects.toThrow(
      /has 1 MiB, and no more than 1 MiB of an OpenSSH config is read/,
    );
    await expect(listAliases(file, home)).rejects.toThrow(/is read/);
  });

  it('is refused where another one includes it', async () => {
    writeFileSync(join(home, 'more'), '#\n'.repeat(600 * 1024));
    await expect(resolve(written(`Include ${join(home, 'more')}\nHost a\n`))).rejects.toThrow(
      /more has 1\.2 MiB/,
    );
  });

  it('that cannot be read is empty, as for ssh', async () => {
    expect(await listAliases(join(home, 'nowhere'), home)).toEqual([]);
    expect(await listAliases(home, home)).toEqual([]);
  });
});

describe('a ProxyJump', () => {
  it('of very many machines is refused', async () => {
    const hops = Array.from({ length: 33 }, (_, index) => `h${index}`).join(',');
    await expect(resolve(written(`Host a\n  ProxyJump ${hops}\n`))).rejects.toThrow(
      /names 33 machines, more than 32/,
    );
  });

  it.each([
    ['a', { host: 'a' }],
    ['me@a:22', { host: 'a', user: 'me', port: 22 }],
    ['me@b@a', { host: 'a', user: 'me@b' }],
    ['ssh://me@[fe80::1]:2222/', { host: 'fe80::1', user: 'me', port: 2222 }],
    ['fe80::1', { host: 'fe80::1' }],
    ['fe80::1:22', { host: 'fe80::1:22' }],
    ['a:b', undefined],
    ['@a', undefined],
    ['a@', undefined],
    ['a:123456', undefined],
    ['', undefined],
  ])('reads the part %j', (text, hop) => {
    expect(hopOf(text)).toEqual(hop);
  });
});
