import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LeftLeases } from '../../../src/experiment/leftLeases';

describe('leases that were left', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'gb-left-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('are known to every window of the computer until their experiment goes on', () => {
    const place = join(folder, 'storage', 'left');
    const left = new LeftLeases(place);
    expect(left.has('m1-a')).toBe(false);
    left.remove('m1-a');
    left.add('m1-a');
    left.add('m1-b');
    left.add('m1-b');
    const other = new LeftLeases(place);
    expect([other.has('m1-a'), other.has('m1-b'), other.has('m1-c')]).toEqual([true, true, false]);
    other.remove('m1-a');
    expect([left.has('m1-a'), left.has('m1-b')]).toEqual([false, true]);
  });

  it('are forgotten after a month', () => {
    const left = new LeftLeases(folder);
    left.add('old');
    left.add('new');
    const daySeconds = 24 * 3600;
    const nowSeconds = Date.now() / 1000;
    utimesSync(join(folder, 'old'), nowSeconds - 31 * daySeconds, nowSeconds - 31 * daySeconds);
    utimesSync(join(folder, 'new'), nowSeconds - 29 * daySeconds, nowSeconds - 29 * daySeconds);
    left.add('newest');
    expect(readdirSync(folder).toSorted()).toEqual(['new', 'newest']);
  });

  it('are looked for by their whole name only, whatever a guest or a file says', () => {
    const left = new LeftLeases(join(folder, 'left'));
    left.add('m1-a');
    for (const id of ['', '.', '..', '../secret', 'm1-a/', 'M1-A']) expect(left.has(id)).toBe(false);
    writeFileSync(join(folder, 'secret'), 'kept');
    for (const id of ['', '.', '..', '../secret', '/dev/null', 'a/b']) left.add(id);
    expect(readdirSync(join(folder, 'left'))).toEqual(['m1-a']);
    expect(readFileSync(join(folder, 'secret'), 'utf8')).toBe('kept');
    left.remove('../secret');
    expect(readdirSync(folder).toSorted()).toEqual(['left', 'secret']);
  });

  it('hurt nobody where they cannot be written down', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const left = new LeftLeases(join(file, 'left'));
    left.add('m1-a');
    left.remove('m1-a');
    expect(left.has('m1-a')).toBe(false);
  });
});
