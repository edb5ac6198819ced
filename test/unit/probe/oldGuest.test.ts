import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { factsFrom, parseEvidence, probeScript } from '../../../src/probe/evidence';
import { devicesOf } from '../../../src/probe/devices';
import { has, inPlainEnglish, isWindows, needs } from '../../support/needs';

const lsblk = 'lsblk -o NAME,TYPE,SIZE,MODEL';
const shells = [['dash'], ['bash', '--posix']].filter(([shell = '']) => has(shell));

describe.each(shells)('the probe of an old guest: %s', (...shell) => {
  let folder = '';
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'guestbench-old-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const program = (name: string, body: string): void => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  const probe = () => {
    const { stdout, stderr } = spawnSync(shell[0] ?? '', [...shell.slice(1), '-s'], {
      input: probeScript,
      encoding: 'utf8',
      env: { ...inPlainEnglish(), PATH: `${folder}:${process.env['PATH'] ?? ''}` },
    });
    expect(stderr).toBe('');
    return parseEvidence(stdout);
  };
  const isPosix = needs({ 'a POSIX shell': !isWindows });
  /** lsblk that ends with a complaint when it is asked for one of these columns. */
  const lsblkWithout = (...columns: readonly string[]): void =>
    program(
      'lsblk',
      `echo "$*" >>${folder}/asked
case ",$2," in ${columns.map((column) => `*,${column},*`).join('|')})
  echo "lsblk: unknown column: $2" >&2; exit 1 ;; esac
case $# in
  0) printf 'NAME    MAJ:MIN RM SIZE RO MOUNTPOINT\\nxvda    202:0    0  10G  0\\n' ;;
  *) printf '%s\\n' "$2" ;;
esac`,
    );

  it.each([
    ['type', ['TYPE'], 'NAME,SIZE,MODEL'],
    ['model', ['MODEL'], 'NAME,TYPE,SIZE'],
    [
      'type and no model',
      ['TYPE', 'MODEL'],
      'NAME    MAJ:MIN RM SIZE RO MOUNTPOINT\nxvda    202:0    0  10G  0',
    ],
  ] as const)('asks lsblk for what it knows where it has no %s', isPosix, (_, columns, text) => {
    lsblkWithout(...columns);
    expect(probe().get(lsblk)).toBe(text);
  });

  it('asks lsblk once where it knows all, is not there, or hangs', isPosix, () => {
    const asked = (body: string) => {
      program('lsblk', `echo "$*" >>${folder}/asked; ${body}`);
      const answer = probe().get(lsblk);
      const times = readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n').length;
      rmSync(join(folder, 'asked'));
      return [answer, times];
    };
    expect(asked('echo NAME TYPE SIZE MODEL')).toEqual(['NAME TYPE SIZE MODEL', 1]);
    expect(asked('exit 124')).toEqual([undefined, 1]);
    expect(asked('exit 127')).toEqual([undefined, 1]);
  });

  const booted = '[    0.000000] Booting paravirtualized kernel on Xen';
  const grep = (refused: string): void => {
    const real = spawnSync('/bin/sh', ['-c', 'command -v grep'], { encoding: 'utf8' }).stdout.trim();
    program(
      'grep',
      `case $1 in ${refused}) echo "grep: unknown option" >&2; exit 2 ;; esac\nexec ${real} "$@"`,
    );
  };

  it('keeps the kernel messages where grep refuses -a', isPosix, () => {
    grep('-*a*');
    program('dmesg', `echo '${booted}'; echo 'Command line: password=x'`);
    const evidence = probe();
    expect(evidence.get('dmesg')).toBe(booted);
    expect(factsFrom(evidence).mode.mode).toBeDefined();
  });

  it('reads the kernel messages once where grep takes -a and the guest refuses them', isPosix, () => {
    grep('none');
    program('dmesg', `echo asked >>${folder}/asked; exit 1`);
    expect(probe().has('dmesg')).toBe(false);
    expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe('asked\n');
  });
});

describe('rows of lsblk without a type', () => {
  const disks = (text: string) => devicesOf(parseEvidence(framed(text))).disks.map(({ name }) => name);
  const framed = (text: string): string =>
    `#guestbench:begin ${lsblk}\n${text.replace(/^/gm, '|')}\n#guestbench:end\n`;

  it('are disks where they stand at the edge of the tree', () => {
    expect(
      disks(`NAME                  MAJ:MIN RM  SIZE RO MOUNTPOINT
xvda                  202:0    0   10G  0
|-xvda1               202:1    0  9.5G  0 /
\`-xvda2               202:2    0  512M  0 [SWAP]
xvdb                  202:16   0   50G  0
\`-vg-data (dm-0)      253:0    0   50G  0 /data
sr0                    11:0    1 1024M  0
loop0                   7:0    0    5M  0
md0                     9:0    0    5G  0
vg-other (dm-1)       253:1    0    5G  0`),
    ).toEqual(['xvda', 'xvdb']);
  });

  it('are disks whatever words their model has', () => {
    expect(disks('NAME   SIZE MODEL\nsda     20G Virtual rom\n`-sda1  20G\nsdb     20G disk loop')).toEqual([
      'sda',
      'sdb',
    ]);
  });

  it('tell the model', () => {
    expect(devicesOf(parseEvidence(framed('NAME SIZE MODEL\nsda 20G QEMU HARDDISK'))).disks).toMatchObject([
      { name: 'sda', kind: 'emulated' },
    ]);
  });

  it('tell the disk of the root', () => {
    const text = 'NAME MAJ:MIN RM SIZE RO MOUNTPOINT\nxvdb 202:0 0 10G 0\n`-vg-root (dm-0) 253:0 0 10G 0 /';
    expect(devicesOf(parseEvidence(framed(text))).rootDisk).toBe('xvdb');
  });

  it('still need a type where lsblk gave one to others', () => {
    expect(disks('NAME TYPE SIZE MODEL\nxvda disk 10G\nxvdc 10G')).toEqual(['xvda']);
  });
});
