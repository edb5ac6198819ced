import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tarballOf, type Tarball } from '../../../src/experiment/tarball';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gb-tarball-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const bytesOf = async (tarball: Tarball, from = 0): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of tarball.read(from)) chunks.push(chunk);
  return Buffer.concat(chunks);
};

const long = `${'deep/'.repeat(30)}name with "quotes", 'blanks' and ünïcode 🙂`;

/** A folder with everything that is hard to pack. */
function folder(name: string): string {
  const path = join(root, name);
  mkdirSync(join(path, 'deep/'.repeat(30)), { recursive: true });
  writeFileSync(join(path, long), 'far down');
  writeFileSync(join(path, 'Run'), '#!/bin/sh\n');
  chmodSync(join(path, 'Run'), 0o700);
  writeFileSync(join(path, 'empty'), '');
  writeFileSync(join(path, 'large'), Buffer.alloc(700_001, 'x'));
  symlinkSync('Run', join(path, 'link'));
  symlinkSync(`nowhere/${'l'.repeat(150)}`, join(path, 'long-link'));
  mkdirSync(join(path, 'hollow'));
  mkdirSync(join(path, '.git'));
  writeFileSync(join(path, '.git', 'HEAD'), 'x');
  execFileSync('mkfifo', [join(path, 'pipe')]);
  return path;
}

const unpackers = [['tar'], ['busybox', 'tar']].filter(([command = '']) => {
  try {
    execFileSync('/bin/sh', ['-c', `command -v ${command}`]);
    return true;
  } catch {
    return false;
  }
});

describe('a folder as a tarball', () => {
  it.each(unpackers.map((command) => [command.join(' '), command] as const))(
    'is unpacked by %s',
    async (_, [command = '', ...words]) => {
      const tarball = await tarballOf(folder('tree'), 'packed');
      const data = await bytesOf(tarball);
      expect([data.length, data.length % 512]).toEqual([tarball.bytes, 0]);
      writeFileSync(join(root, 'x.tar'), data);
      mkdirSync(join(root, 'out'));
      const said = execFileSync(command, [...words, '-xf', join(root, 'x.tar'), '-C', join(root, 'out')], {
        encoding: 'utf8',
        env: { ...process.env, LC_ALL: 'C' },
      });
      expect(said).toBe('');
      const out = join(root, 'out', 'packed');
      const same = execFileSync(
        'diff',
        ['-r', '--no-dereference', '-x', '.git', '-x', 'pipe', join(root, 'tree'), out],
        { encoding: 'utf8' },
      );
      expect(same).toBe('');
      expect(readFileSync(join(out, long), 'utf8')).toBe('far down');
      expect(readlinkSync(join(out, 'link'))).toBe('Run');
      expect([statSync(join(out, 'Run')).mode & 0o111, statSync(join(out, 'large')).mode & 0o111]).toEqual([
        0o111, 0,
      ]);
    },
  );

  it('has the same bytes for the same content, and others for another', async () => {
    const sum = async (path: string): Promise<string> =>
      createHash('sha256')
        .update(await bytesOf(await tarballOf(path, 'x')))
        .digest('hex');
    const one = folder('one');
    const two = folder('two');
    utimesSync(join(two, 'Run'), 1, 1);
    writeFileSync(join(two, '.git', 'HEAD'), 'another branch');
    expect(await sum(two)).toBe(await sum(one));
    writeFileSync(join(two, 'Run'), '#!/bin/ksh');
    expect(await sum(two)).not.toBe(await sum(one));
  });

  it('can be read from any place on', async () => {
    const tarball = await tarballOf(folder('tree'), 'x');
    const whole = await bytesOf(tarball);
    for (const from of [0, 1, 511, 512, 513, 5000, 50_000, whole.length - 1, whole.length]) {
      expect((await bytesOf(tarball, from)).equals(whole.subarray(from)), `${from}`).toBe(true);
    }
  });

  it('is refused when there is nothing in it, or it is not there', async () => {
    mkdirSync(join(root, 'bare', 'folder'), { recursive: true });
    await expect(tarballOf(join(root, 'bare'), 'x')).rejects.toThrow(/There is no file in .*bare/);
    await expect(tarballOf(join(root, 'away'), 'x')).rejects.toThrow(/no file or folder .*away on this/);
  });

  it('is refused when it changes while it is read', async () => {
    const path = folder('tree');
    const tarball = await tarballOf(path, 'x');
    writeFileSync(join(path, 'large'), Buffer.alloc(700_002, 'x'));
    await expect(bytesOf(tarball)).rejects.toThrow(/large was changed while it was read/);
    writeFileSync(join(path, 'large'), Buffer.alloc(7, 'x'));
    await expect(bytesOf(tarball)).rejects.toThrow(/large was changed while it was read/);
    rmSync(join(path, 'large'));
    await expect(bytesOf(tarball)).rejects.toThrow(/no file or folder .*large on this/);
  });
});
