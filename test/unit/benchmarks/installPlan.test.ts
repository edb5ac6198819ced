import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckResult } from '../../../src/benchmarks/check';
import {
  installPlan,
  parseSystem,
  shownCommands,
  systemScript,
  type GuestSystem,
} from '../../../src/benchmarks/installPlan';
import { packageManagers } from '../../../src/benchmarks/packageManagers';

const missing = (names: string): CheckResult => ({
  state: 'missing',
  command: 'x',
  package: names,
  install: undefined,
});
const system = (changes: Partial<GuestSystem> = {}): GuestSystem => ({
  user: 'root',
  manager: 'apt-get',
  privilege: 'root',
  lists: 'there',
  ...changes,
});

describe('installPlan', () => {
  const checks: readonly CheckResult[] = [
    { state: 'ready', version: '1' },
    missing('perl make gcc'),
    { state: 'problem', kind: 'space', reason: 'full' },
    missing('gcc make bc'),
    missing('fio'),
  ];

  it('makes one command of all that is missing, each package once, for every manager', () => {
    const shown = packageManagers.map((manager) =>
      shownCommands(installPlan(system({ manager }), checks)!).join('\n'),
    );
    expect(shown).toEqual([
      'env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=120 perl make gcc bc fio',
      'dnf -y install perl make gcc bc fio',
      'yum -y install perl make gcc bc fio',
      'zypper --non-interactive install --no-recommends perl make gcc bc fio',
      'apk --wait 120 add perl make gcc bc fio',
    ]);
  });

  it('says how the account becomes root', () => {
    const first = (privilege: GuestSystem['privilege']) =>
      shownCommands(installPlan(system({ privilege, manager: 'dnf' }), checks)!)[0]!.split(' dnf ')[0];
    expect([first('sudo'), first('sudo-password'), first('doas')]).toEqual(['sudo -n', 'sudo', 'doas -n']);
    expect(first('none')).toBe('dnf -y install perl make gcc bc fio');
  });

  it('fetches the lists of apt first where there are none, and of nobody else', () => {
    expect(shownCommands(installPlan(system({ lists: 'missing', privilege: 'sudo' }), checks)!)[0]).toBe(
      'sudo -n env DEBIAN_FRONTEND=noninteractive apt-get update',
    );
    expect(installPlan(system({ lists: 'missing', manager: 'apk' }), checks)!.update).toBeUndefined();
  });

  it('has no command without a package manager, and no plan when no package is missing', () => {
    const unknown = installPlan(system({ manager: undefined }), checks)!;
    expect([unknown.install, shownCommands(unknown), unknown.packages]).toEqual([
      undefined,
      [],
      ['perl', 'make', 'gcc', 'bc', 'fio'],
    ]);
    expect(installPlan(system(), [checks[0]!, checks[2]!])).toBeUndefined();
  });

  it('takes neither an option nor anything for a shell for a package', () => {
    const plan = installPlan(system(), [missing('-o=x ;reboot $(id) `id` a&b fio libstdc++-12-dev')]);
    expect(plan?.packages).toEqual(['fio', 'libstdc++-12-dev']);
    expect(installPlan(system(), [missing('--force')])).toBeUndefined();
  });
});

describe('the system of a guest', () => {
  let root = '';
  beforeAll(() => (root = mkdtempSync(join(tmpdir(), 'gb system-'))));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  /** Asks in a PATH that holds these commands only. */
  function ask(commands: Readonly<Record<string, string>>): GuestSystem {
    const path = mkdtempSync(join(root, 'bin '));
    for (const [name, text] of Object.entries(commands)) {
      writeFileSync(join(path, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(path, name), 0o755);
    }
    const { stdout } = spawnSync('/bin/sh', ['-c', systemScript], { env: { PATH: path }, encoding: 'utf8' });
    return parseSystem(`Welcome\r\n${stdout.replaceAll('\n', '\r\n')}`);
  }
  const person = 'case "$1" in -un) echo ada ;; *) echo 1000 ;; esac';

  it('tells the account, the manager and how the account becomes root', () => {
    expect(ask({ id: 'case "$1" in -un) echo root ;; *) echo 0 ;; esac', yum: '', dnf: '' })).toMatchObject({
      user: 'root',
      manager: 'dnf',
      privilege: 'root',
    });
    expect(ask({ id: person, zypper: '', sudo: 'exit 0' })).toMatchObject({
      user: 'ada',
      manager: 'zypper',
      privilege: 'sudo',
    });
    expect(ask({ id: person, 'apt-get': '', sudo: 'exit 1' }).privilege).toBe('sudo-password');
    expect(ask({ id: person, apk: '', doas: 'exit 0' })).toMatchObject({ manager: 'apk', privilege: 'doas' });
    expect(ask({ id: person, apk: '', doas: 'exit 1' }).privilege).toBe('none');
    expect(ask({ id: person, pacman: '' })).toMatchObject({ manager: undefined, privilege: 'none' });
  });

  it('takes an answer it does not understand for a guest that nothing can be installed on', () => {
    expect(parseSystem('guestbench-system: manager=pip\nguestbench-system: privilege=king\n')).toEqual({
      user: '',
      manager: undefined,
      privilege: 'none',
      lists: 'there',
    });
  });
});
