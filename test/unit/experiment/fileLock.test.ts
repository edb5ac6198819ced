import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, uptime } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFile, lockHolder } from '../../../src/experiment/fileLock';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gb-lock-'));
  file = join(folder, 'e.guestbench');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const leave = (holder: { pid: number; host: string; uptimeSeconds?: number }): void =>
  writeFileSync(`${file}.lock`, JSON.stringify({ ...holder, since: 'yesterday' }));

describe('the lock of an experiment file', () => {
  it('is held until it is disposed of', () => {
    const lock = lockFile(file);
    expect(lockHolder(file)).toMatchObject({ pid: process.pid });
    expect(() => lockFile(file)).toThrow(/run by another window/);
    lock.dispose();
    expect(lockHolder(file)).toBeUndefined();
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  it('counts for nothing when this process left it behind, as in a folder that became read-only', () => {
    leave({ pid: process.pid, host: hostname() });
    expect(lockHolder(file)).toBeUndefined();
    lockFile(file).dispose();
  });

  it('counts while its process lives and is heard of', () => {
    const other = { pid: process.ppid, host: hostname() };
    leave({ ...other, uptimeSeconds: uptime() });
    // Whatever the clock on the wall says.
    utimesSync(`${file}.lock`, new Date(0), new Date(0));
    expect(lockHolder(file)).toMatchObject({ since: 'yesterday' });
    leave({ ...other, uptimeSeconds: uptime() - 200 });
    expect(lockHolder(file)).toBeUndefined();
    // Of before the computer was started.
    leave({ ...other, uptimeSeconds: uptime() + 200 });
    expect(lockHolder(file)).toBeUndefined();
  });

  it('of another computer counts by the time of the file', () => {
    leave({ pid: 1, host: 'elsewhere', uptimeSeconds: 5 });
    expect(lockHolder(file)).toMatchObject({ host: 'elsewhere' });
    utimesSync(`${file}.lock`, new Date(0), new Date(0));
    expect(lockHolder(file)).toBeUndefined();
  });

  it('is taken over from a process that is gone, and after a crash in the middle of its writing', () => {
    for (const text of ['', JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), since: 'once' })]) {
      writeFileSync(`${file}.lock`, text);
      expect(lockHolder(file)).toBeUndefined();
      const lock = lockFile(file);
      expect(readFileSync(`${file}.lock`, 'utf8')).toContain(`"pid":${process.pid}`);
      lock.dispose();
    }
  });

  it('can be disposed of where it cannot be removed', () => {
    const lock = lockFile(file);
    rmSync(folder, { recursive: true });
    lock.dispose();
    expect(lockHolder(file)).toBeUndefined();
  });
});
