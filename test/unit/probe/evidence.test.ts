import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inPlainEnglish, isWindows, needs } from '../../support/needs';
import { factsSchema } from '../../../src/model/guest';
import { factsFrom, parseEvidence, probeScript } from '../../../src/probe/evidence';
import { capture, evidenceOf } from './captures';

const frame = (sections: Iterable<readonly [string, string]>) =>
  [...sections]
    .map(([label, text]) => {
      const body = text === '' ? '' : `${text.replace(/^/gm, '|')}\n`;
      return `#guestbench:begin ${label}\n${body}#guestbench:end\n`;
    })
    .join('');

/** Texts as the shell hands them over: no newline at the end, no carriage return before one. */
const text = fc
  .array(
    fc.oneof(
      fc.string(),
      fc.constantFrom('#guestbench:end', '#guestbench:begin x', '|', '', '\u001b[2J\u0007'),
    ),
    {
      maxLength: 6,
    },
  )
  .map((lines) => lines.map((line) => line.replace(/[\r\n]/g, '')).join('\n'))
  .filter((joined) => joined === '' || !/^\n*$/.test(joined));
const label = fc.stringMatching(/^[/a-z][ -~]{0,30}$/);
const sections = fc.uniqueArray(fc.tuple(label, text), { selector: ([name]) => name, maxLength: 8 });

describe('parseEvidence', () => {
  it('gives back any labelled texts, whatever a login shell prints around them', () => {
    const noise = fc.array(
      fc.string().filter((line) => !/[\n]/.test(line) && !line.includes('#guestbench:')),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(sections, noise, noise, (all, before, after) => {
        const output = `${before.join('\n')}\n${frame(all)}${after.join('\n')}`;
        expect([...parseEvidence(output)]).toEqual(all);
        expect([...parseEvidence(output.replaceAll('\n', '\r\n'))]).toEqual(
          all.map(([name, content]) => [name, content]),
        );
      }),
    );
  });

  it('drops the section that was cut off, and keeps those before it', () => {
    fc.assert(
      fc.property(sections, fc.nat(), (all, at) => {
        const output = frame(all);
        const read = [...parseEvidence(output.slice(0, at % (output.length + 1)))];
        expect(read).toEqual(all.slice(0, read.length));
      }),
    );
  });

  it('passes over a line that carries no bar, and keeps the first of two', () => {
    const output =
      '#guestbench:begin a\n|1\nnoise\n|2\n#guestbench:end\n#guestbench:begin a\n|3\n#guestbench:end\n';
    expect([...parseEvidence(output)]).toEqual([['a', '1\n2']]);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (output) => void parseEvidence(output)));
    expect(parseEvidence('').size).toBe(0);
  });
});

const has = (command: string) => spawnSync(command, ['true'], { stdio: 'ignore' }).error === undefined;
const shells: readonly (readonly [string, readonly string[]])[] = [
  ['/bin/sh', ['-s']],
  ...(has('dash') ? [['dash', ['-s']] as const] : []),
  ...(has('bash') ? [['bash', ['--posix', '-s']] as const] : []),
  ...(has('busybox') ? [['busybox', ['sh', '-s']] as const] : []),
];

describe('the probe script', needs({ 'a POSIX shell': !isWindows }), () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'guestbench-probe-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = (
    shell: string,
    args: readonly string[],
    environment: NodeJS.ProcessEnv = {},
    script = probeScript,
  ) =>
    spawnSync(shell, args, { input: script, env: { ...inPlainEnglish(), ...environment }, timeout: 60_000 });
  const fake = (name: string, body: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  const withFakes = () => ({ PATH: `${folder}:${process.env['PATH'] ?? ''}` });

  it.each(shells)('runs in %s, silently on standard error, and says what this machine is', (shell, args) => {
    const result = run(shell, args);
    expect(result.status).toBe(0);
    expect(result.stderr.toString()).toBe('');
    const evidence = parseEvidence(result.stdout.toString());
    expect(evidence.get('uname -a')).toBe(execFileSync('uname', ['-a']).toString().trim());
    expect(evidence.get('/proc/sys/kernel/random/boot_id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(evidence.has('/sys/hypervisor/no_such_file')).toBe(false);
    const facts = factsFrom(evidence);
    expect(factsSchema.safeParse(facts).success).toBe(true);
    expect(facts.kernel).toBe(execFileSync('uname', ['-r']).toString().trim());
    expect(facts.vcpus).toBeGreaterThan(0);
    expect(facts.memoryBytes).toBeGreaterThan(1e6);
    expect(facts.load).toHaveLength(3);
  });

  // Busybox's shell takes its own programs before those on the path.
  const otherShells = shells.filter(([shell]) => shell !== 'busybox');
  it.each(otherShells)('tells the drivers and the two folders of one listing apart: %s', (shell, args) => {
    const link = (what: string) => `lrwxrwxrwx 1 root root 0 Nov  1 10:00 ${what}`;
    const disks = ['total 0', link('xvda -> ../devices/vbd-51712/block/xvda')];
    const cards = ['total 0', link('eth0 -> ../../devices/vif-0/net/eth0'), link('lo -> ../virtual/net/lo')];
    const diskDriver = link('/sys/block/xvda/device/driver -> ../../../bus/xen/drivers/vbd');
    const cardDriver = link('/sys/class/net/eth0/device/driver -> ../../bus/xen/drivers/vif');
    const listed = (lines: readonly string[]) => {
      fake('ls', `cat <<'END'\n${lines.join('\n')}\nEND\nexit 2`);
      const evidence = parseEvidence(run(shell, args, withFakes()).stdout.toString());
      rmSync(join(folder, 'ls'));
      return ['block', 'class/net'].map((path) =>
        [`ls -l /sys/${path}`, `ls -l /sys/${path}/*/device/driver`].map((label) => evidence.get(label)),
      );
    };
    const all = [diskDriver, cardDriver, '', '/sys/block:', ...disks, '', '/sys/class/net:', ...cards];
    expect(listed(all)).toEqual([
      [disks.join('\n'), diskDriver],
      [cards.join('\n'), cardDriver],
    ]);
    expect(listed([cardDriver, '', '/sys/class/net:', ...cards])).toEqual([
      [undefined, undefined],
      [cards.join('\n'), cardDriver],
    ]);
    expect(listed(['/sys/block:', '', '/sys/class/net:', ...cards])[0]).toEqual(['', undefined]);
    expect(listed(['/sys/block:', ...disks])).toEqual([
      [disks.join('\n'), undefined],
      [undefined, undefined],
    ]);
    expect(listed([])).toEqual([
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  it.each(shells)('lists folders and links as ls does: %s', (shell, args) => {
    const evidence = parseEvidence(run(shell, args).stdout.toString());
    const asked = ['/sys/firmware', '/sys/bus/xen/devices', '/sys/bus/pci/devices'].map(
      (path) => `ls ${path}`,
    );
    const links = ['/sys/block', '/sys/class/net'].flatMap((path) => [
      `ls -l ${path}`,
      `ls -l ${path}/*/device/driver`,
    ]);
    const same = (text: string | undefined) => text?.trim().replaceAll(/ +/g, ' ');
    for (const label of [...asked, ...links]) {
      const { status, stdout } = spawnSync('/bin/sh', ['-c', label], {
        env: { ...process.env, LC_ALL: 'C' },
      });
      expect([label, same(evidence.get(label))]).toEqual([
        label,
        status === 0 ? same(stdout.toString()) : undefined,
      ]);
    }
  });

  it('does nothing when only part of it arrives', () => {
    const result = run('/bin/sh', ['-s'], {}, probeScript.slice(0, probeScript.length - 40));
    expect(parseEvidence(result.stdout.toString()).size).toBe(0);
  });

  it('asks for the machine below a container, and only there', () => {
    const asked = (answer: string) => {
      fake('systemd-detect-virt', `echo "$*" >>${join(folder, 'asked')}; ${answer}`);
      const evidence = parseEvidence(run('/bin/sh', ['-s'], withFakes()).stdout.toString());
      const calls = readFileSync(join(folder, 'asked'), 'utf8').split('\n').length - 1;
      rmSync(join(folder, 'asked'));
      const of = (label: string) => evidence.get(label);
      return [calls, of('systemd-detect-virt'), of('systemd-detect-virt --vm')];
    };
    expect(asked('case $1 in --vm) echo xen ;; *) echo lxc ;; esac')).toEqual([2, 'lxc', 'xen']);
    expect(asked('echo xen')).toEqual([1, 'xen', 'xen']);
    expect(asked('exit 1')).toEqual([1, undefined, undefined]);
  });

  it.each(shells)(
    'leaves out what fails or hangs, and keeps binary and header-like text: %s',
    (shell, args) => {
      fake('lscpu', 'echo partial; exit 3');
      fake('systemd-detect-virt', 'echo none; exit 1');
      fake('lsblk', 'exec sleep 600');
      fake('df', "printf '#guestbench:end\\n\\033[31m\\377\\000x\\n#guestbench:begin fake\\n'");
      fake(
        'dmesg',
        "printf '[0] Booting kernel on Xen PVH\\n\\000\\000x\\n'; echo secret token; echo '[0] Command line: password=x'",
      );
      // Standard input is the script: a command that reads it would eat the rest.
      fake('nproc', 'cat; echo 7');
      const evidence = parseEvidence(run(shell, args, withFakes()).stdout.toString());
      expect(evidence.has('lscpu')).toBe(false);
      expect(evidence.has('lsblk -o NAME,TYPE,SIZE,MODEL')).toBe(false);
      expect(evidence.get('systemd-detect-virt')).toBe('none');
      expect(evidence.has('fake')).toBe(false);
      expect(evidence.get('uname -a')).toBeDefined();
      // Busybox's shell takes its own programs before those on the path.
      if (shell === 'busybox') return;
      expect(evidence.get('df -P /var/tmp')).toMatch(/^#guestbench:end\n.*x\n#guestbench:begin fake$/s);
      expect(evidence.get('dmesg')).toBe('[0] Booting kernel on Xen PVH');
      expect(evidence.get('nproc')).toBe('7');
      expect(evidence.get('uname -a')).toBeDefined();
    },
  );

  it.each(shells)('bounds a hanging command without the program timeout: %s', (shell, args) => {
    fake('timeout', 'exit 127');
    const evidence = parseEvidence(run(shell, args, withFakes()).stdout.toString());
    rmSync(join(folder, 'timeout'));
    expect(evidence.has('lsblk -o NAME,TYPE,SIZE,MODEL')).toBe(false);
    expect(evidence.get('nproc')).toBe(shell === 'busybox' ? execFileSync('nproc').toString().trim() : '7');
  });
});

describe('factsFrom', () => {
  it.each([
    ['pv', 'PV', 'vbd', 'vif', 'xen', '/dev/xvda'],
    ['pvh', 'PVH', 'vbd', 'vif', 'xen', '/dev/xvda'],
    ['pvhvm', 'PVHVM', 'vbd', 'vif', 'xen', '/dev/xvda'],
    ['hvm-nopv', 'HVM', 'sd', 'e1000', 'hpet', '/dev/sda'],
    ['dom0', 'dom0', 'virtio_blk', 'virtio_net', 'tsc', '/dev/vda'],
  ] as const)('%s', (name, mode, diskDriver, networkDriver, clockSource, rootDisk) => {
    const facts = factsFrom(capture(name));
    expect(factsSchema.safeParse(facts).success).toBe(true);
    expect(facts).toMatchObject({
      kernel: '6.1.0-56-amd64',
      distribution: 'Debian GNU/Linux 12 (bookworm)',
      architecture: 'x86_64',
      cpuModel: 'QEMU Virtual CPU version 2.5+',
      vcpus: 1,
      hypervisor: 'xen',
      hypervisorVersion: '4.17.7',
      diskDriver,
      networkDriver,
      clockSource,
      rootDisk,
      rootFilesystem: 'ext4',
    });
    expect(facts.mode.mode).toBe(mode);
    expect(facts.memoryBytes).toBeGreaterThan(100e6);
    expect(Object.keys(facts.mitigations).length).toBeGreaterThan(10);
  });

  it('leaves out what is absent or makes no sense', () => {
    const facts = factsFrom(
      evidenceOf({
        '/proc/loadavg': 'x y z',
        '/proc/uptime': '-3',
        nproc: 'many',
        '/sys/devices/system/cpu/online': '3-',
        '/proc/sys/kernel/hostname': '\u001b[31mred\u0007',
        '/etc/os-release': 'NAME=Alpine\nVERSION="3"\n',
      }),
    );
    expect(facts).toEqual({
      mode: facts.mode,
      mitigations: {},
      hostname: '[31mred',
      distribution: 'Alpine 3',
    });
  });

  it('reads load, uptime, boot id, several CPUs and a logical volume', () => {
    const facts = factsFrom(
      evidenceOf({
        '/proc/loadavg': '0.10 0.20 0.30 1/99 1234\n',
        '/proc/uptime': '12.5 30.0',
        '/proc/sys/kernel/random/boot_id': '3f0e1c7a-0000-4000-8000-000000000001\n',
        '/sys/devices/system/cpu/online': '0-2,5\n',
        'sha256sum /etc/machine-id': `${'ab'.repeat(32)}  /etc/machine-id`,
        mount: 'rootfs on / type rootfs (rw)\n/dev/mapper/vg-root on / type xfs (rw)',
        'ls -l /sys/block/*/device/driver':
          'l 1 r r 0 N 2 1 /sys/block/xvdb/device/driver -> ../bus/xen/drivers/vbd',
      }),
    );
    expect(facts).toMatchObject({
      load: [0.1, 0.2, 0.3],
      uptimeSeconds: 12.5,
      bootId: '3f0e1c7a-0000-4000-8000-000000000001',
      vcpus: 4,
      machineId: 'ab'.repeat(16),
      rootDisk: '/dev/mapper/vg-root',
      rootFilesystem: 'xfs',
      diskDriver: 'vbd',
    });
  });

  it('never throws', () => {
    const labels = [
      ...capture('pvhvm').keys(),
      '/proc/uptime',
      '/proc/loadavg',
      '/sys/devices/system/cpu/online',
    ];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...labels), fc.string({ unit: 'binary' })), (record) => {
        expect(factsSchema.safeParse(factsFrom(evidenceOf(record))).success).toBe(true);
      }),
    );
  });
});
