import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MissingCheck } from '../../../src/benchmarks/check';
import { installPlan, type InstallPlan } from '../../../src/benchmarks/installPlan';
import type { PackageManager } from '../../../src/benchmarks/packageManagers';
import { installPackages, type InstallOptions } from '../../../src/experiment/installing';
import type { Connection } from '../../../src/ssh/transport';

let root = '';
let bin = '';
let shown: string[] = [];
beforeAll(() => (root = mkdtempSync(join(tmpdir(), 'gb installing-'))));
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => {
  bin = mkdtempSync(join(root, 'bin '));
  shown = [];
});

/** Runs what is sent to the guest here, with the package manager of this test first in its PATH. */
const connection = {
  exec: (command: string) => {
    const env = { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
    const { stdout, stderr, status } = spawnSync('/bin/sh', ['-c', command], { env });
    return Promise.resolve({ stdout, stderr, code: status, signal: null });
  },
} as unknown as Connection;

function manager(name: PackageManager, text: string): void {
  const file = join(bin, name);
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
}

function planOf(name: PackageManager, wanted: readonly (readonly string[])[]): InstallPlan {
  const check: MissingCheck = {
    state: 'missing',
    command: 'x',
    package: wanted.map(([first = '']) => first).join(' '),
    install: undefined,
    wanted,
  };
  return installPlan({ user: 'root', manager: name, privilege: 'root', lists: 'there' }, [check])!;
}

function install(plan: InstallPlan, changes: Partial<InstallOptions> = {}) {
  return installPackages(connection, {
    plan,
    onCommand: (text) => shown.push(text),
    onOutput: () => undefined,
    onLocked: () => undefined,
    planAnew: () => Promise.resolve(plan),
    ...changes,
  });
}

/** What each command installed, without the words before its packages. */
const tried = () => shown.map((text) => text.replace(/^.* (?:install|add)(?: -\S+| DPkg\S+)* /, ''));

describe('an installation with a package that cannot be had', () => {
  it('installs the others one by one, and tells which one is left out and why', async () => {
    manager('dnf', 'case "$*" in *wrk*) echo "No match for argument: wrk"; exit 1 ;; esac');
    expect(await install(planOf('dnf', [['fio'], ['wrk'], ['php-cli']]))).toEqual({
      state: 'partly',
      left: [{ name: 'wrk', trouble: 'unknown-package' }],
    });
    expect(tried()).toEqual(['fio wrk php-cli', 'fio', 'wrk', 'php-cli']);
  });

  it('takes another of its names', async () => {
    manager(
      'zypper',
      'for p in "$@"; do :; done; case "$*" in *7zip\\ *|*\\ 7zip) echo "No provider of 7zip found."; exit 104 ;; esac',
    );
    expect(await install(planOf('zypper', [['7zip', 'p7zip-full'], ['fio']]))).toEqual({ state: 'done' });
    expect(tried()).toEqual(['7zip fio', '7zip', 'p7zip-full', 'fio']);
    shown = [];
    // Also where it is the only package.
    expect(await install(planOf('zypper', [['7zip', 'p7zip-full']]))).toEqual({ state: 'done' });
    expect(tried()).toEqual(['7zip', 'p7zip-full']);
  });

  it('is told as failed where nothing of it can be had', async () => {
    manager('dnf', 'echo "No match for argument: x"; exit 1');
    const failed = { state: 'failed', trouble: 'unknown-package', code: 1 };
    expect(await install(planOf('dnf', [['a'], ['b']]))).toEqual(failed);
    expect(tried()).toEqual(['a b', 'a', 'b']);
    expect(await install(planOf('dnf', [['a']]))).toEqual(failed);
  });

  it.each([
    ['space', 'No space left on device'],
    ['interrupted', 'E: dpkg was interrupted, you must manually run dpkg --configure -a'],
    ['read-only', 'unable to open: Read-only file system'],
  ] as const)('does not try each package where the guest itself is at fault (%s)', async (trouble, text) => {
    manager('dnf', `echo "${text}"; exit 1`);
    expect(await install(planOf('dnf', [['a'], ['b']]))).toEqual({ state: 'failed', trouble, code: 1 });
    expect(shown).toHaveLength(1);
  });

  it('looks at what yum passed over, for it ends well', async () => {
    manager(
      'yum',
      'for p in "$@"; do case "$p" in wrk | 7zip) echo "No package $p available." ;; esac; done',
    );
    expect(await install(planOf('yum', [['fio'], ['wrk'], ['7zip', 'p7zip']]))).toEqual({
      state: 'partly',
      left: [{ name: 'wrk', trouble: 'unknown-package' }],
    });
    expect(tried()).toEqual(['fio wrk 7zip', 'p7zip']);
    expect(await install(planOf('yum', [['wrk']]))).toMatchObject({ trouble: 'unknown-package' });
  });

  it.each([
    ['apt-get', 'apt-get update'],
    ['apk', 'apk --wait 120 update'],
    ['dnf', 'dnf -y --refresh makecache'],
    ['zypper', 'zypper --non-interactive refresh'],
  ] as const)('fetches the lists of %s once more where they turn out to be old', async (name, update) => {
    manager(
      name,
      `case "$*" in *update*|*makecache*|*refresh) : >"${bin}/new" ;; *) [ -f "${bin}/new" ] || { echo "404  Not Found"; exit 1; } ;; esac`,
    );
    expect(await install(planOf(name, [['fio'], ['bc']]))).toEqual({ state: 'done' });
    expect(shown.map((text) => text.includes(update))).toEqual([false, true, false]);
  });

  it('goes on where one of several archives cannot be read', async () => {
    manager(
      'apt-get',
      'case "$*" in update) echo "E: The repository x does not have a Release file."; exit 100 ;; *wrk*) echo "E: Unable to locate package wrk"; exit 100 ;; esac',
    );
    const plan = { ...planOf('apt-get', [['fio'], ['wrk']]), update: ['apt-get', 'update'] };
    expect(await install(plan)).toEqual({
      state: 'partly',
      left: [{ name: 'wrk', trouble: 'unknown-package' }],
    });
  });
});
