import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Mode, ModeVerdict } from '../../../src/model/guest';
import { detectMode } from '../../../src/probe/mode';
import { capture, captured, evidenceOf, only, without, type Capture } from './captures';

const entries = Object.entries(captured) as [Capture, Mode][];
const guestType = '/sys/hypervisor/guest_type';
const features = '/sys/hypervisor/properties/features';
const vendor = '/sys/class/dmi/id/sys_vendor';
const product = '/sys/class/dmi/id/product_name';
const diskDrivers = 'ls -l /sys/block/*/device/driver';
const nicDrivers = 'ls -l /sys/class/net/*/device/driver';
const lsblk = 'lsblk -o NAME,TYPE,SIZE,MODEL';

const vif =
  'lrwxrwxrwx 1 root root 0 Nov 22 17:38 /sys/class/net/eth0/device/driver -> ../../bus/xen/drivers/vif\n';
const vbd =
  'lrwxrwxrwx 1 root root 0 Nov 22 17:49 /sys/block/xvda/device/driver -> ../../bus/xen/drivers/vbd\n';
const nic = (driver: string) =>
  `lrwxrwxrwx 1 root root 0 Nov 22 17:45 /sys/class/net/ens3/device/driver -> ../../../bus/pci/drivers/${driver}\n`;
const sd =
  'lrwxrwxrwx 1 root root 0 Nov 22 17:53 /sys/block/sda/device/driver -> ../../../bus/scsi/drivers/sd\n';
const unplugNics =
  '[    0.000000] Netfront and the Xen platform PCI driver have been compiled for this kernel: unplug emulated NICs.\n';
const unplugDisks =
  '[    0.000000] Blkfront and the Xen platform PCI driver have been compiled for this kernel: unplug emulated disks.\n';

const said = (verdict: ModeVerdict) => verdict.because.join('\n');

describe('captures of real guests', () => {
  it.each(entries)('%s is %s, for certain', (name, mode) => {
    const verdict = detectMode(capture(name));
    expect(verdict).toMatchObject({ mode, confidence: 'certain' });
    expect(verdict.because.length).toBeGreaterThan(0);
  });

  const reduced: [string, readonly (string | RegExp)[]][] = [
    ['no guest_type (kernel before 4.13)', [guestType]],
    ['no dmesg (not root)', [/dmesg/]],
    ['no /sys/hypervisor', [/^\/sys\/hypervisor/, /sys\/hypervisor/]],
    ['no dmesg, no guest_type', [/dmesg/, guestType]],
    ['no systemd, virt-what, dmidecode, lspci', [/systemd/, /virt-what/, /dmidecode/, /lspci/]],
    ['no dmesg and no tools', [/dmesg/, /systemd/, /virt-what/, /dmidecode/, /lspci/, /lscpu/]],
    ['no driver links', [/driver$/]],
    ['no driver links, no lsblk', [/driver$/, lsblk]],
    ['no mount', ['mount']],
    ['no dmidecode, no DMI files', [/dmi/]],
    ['no features, no capabilities', [features, '/proc/xen/capabilities']],
    ['no features, no capabilities, no virt-what', [features, '/proc/xen/capabilities', 'virt-what']],
  ];
  it.each(reduced.flatMap(([what, labels]) => entries.map(([name, mode]) => ({ what, labels, name, mode }))))(
    '$name is $mode with $what',
    ({ labels, name, mode }) => {
      const verdict = detectMode(without(capture(name), ...labels));
      expect(verdict.mode, said(verdict)).toBe(mode);
      expect(verdict.confidence).not.toBe('unknown');
    },
  );

  it.each(entries)('%s is %s by dmesg alone', (name, mode) => {
    for (const label of ['dmesg', 'dmesg -x']) {
      const verdict = detectMode(only(capture(name), label));
      // dom0's capabilities are not in the log: firmware alone is no proof, but it is told.
      expect(verdict.mode, said(verdict)).toBe(name === 'dom0' ? 'PV' : mode);
      if (name === 'dom0') expect(said(verdict)).toMatch(/DMI: QEMU.*\/proc\/xen\/capabilities/s);
    }
  });

  it.each(entries)('%s: CRLF and a missing last newline change nothing', (name, mode) => {
    const evidence = capture(name);
    const crlf = new Map([...evidence].map(([label, text]) => [label, text.replaceAll('\n', '\r\n')]));
    const trimmed = new Map([...evidence].map(([label, text]) => [label, text.trimEnd()]));
    expect(detectMode(crlf).mode).toBe(mode);
    expect(detectMode(trimmed).mode).toBe(mode);
  });

  it('lspci tells HVM from PV, lsblk adds the disk', () => {
    const pvhvm = detectMode(only(capture('pvhvm'), 'lspci', lsblk));
    expect(pvhvm).toMatchObject({ mode: 'PVHVM', confidence: 'likely' });
    const hvm = detectMode(only(capture('hvm-nopv'), 'lspci', lsblk));
    expect(hvm.mode).toBe('HVM');
  });

  it('decides on any subset without throwing, and always says why', () => {
    fc.assert(
      fc.property(fc.constantFrom(...entries), fc.infiniteStream(fc.boolean()), ([name], keep) => {
        const verdict = detectMode(new Map([...capture(name)].filter(() => keep.next().value)));
        expect(verdict.because.length).toBeGreaterThan(0);
        expect(verdict.because.every((line) => line !== '' && !/\p{Cc}/u.test(line))).toBe(true);
        expect(verdict.mode === 'unknown').toBe(verdict.confidence === 'unknown');
        // A subset may say less, never another hypervisor's name.
        if (name !== 'dom0')
          expect(['PV', 'PVH', 'PVHVM', 'HVM', 'unknown', 'other']).toContain(verdict.mode);
      }),
      { numRuns: 300 },
    );
  });
});

interface Case {
  readonly what: string;
  readonly evidence: Readonly<Record<string, string>>;
  readonly mode: Mode;
  readonly confidence?: ModeVerdict['confidence'];
  /** In the reasons. */
  readonly says?: RegExp;
}

const cases: readonly Case[] = [
  // PV, PVH
  {
    what: 'guest_type PV alone',
    evidence: { [guestType]: 'PV' },
    mode: 'PV',
    confidence: 'certain',
    says: /guest_type says "PV"/,
  },
  { what: 'guest_type PVH alone', evidence: { [guestType]: 'PVH\n' }, mode: 'PVH', confidence: 'certain' },
  {
    what: 'Debian 7, PV',
    evidence: {
      dmesg:
        '[    0.017155] Booting paravirtualized kernel on Xen\n[    0.017158] Xen version: 4.1.4 (preserve-AD)',
    },
    mode: 'PV',
    confidence: 'certain',
  },
  {
    what: 'PVH of kernels 3.14 to 4.10',
    evidence: { dmesg: '[0] Booting paravirtualized kernel with PVH extensions on Xen' },
    mode: 'PVH',
  },
  {
    what: 'PVH, old wording',
    evidence: { dmesg: '[0] Booting paravirtualized kernel on Xen PVH' },
    mode: 'PVH',
  },
  {
    what: 'PVH, the lower line only',
    evidence: { dmesg: 'Booting kernel on Xen PVH', 'systemd-detect-virt': 'xen' },
    mode: 'PVH',
  },
  {
    what: 'the wrapped buffer keeps only "Xen HVM", and there is no PCI',
    evidence: { dmesg: 'Hypervisor detected: Xen HVM', 'ls /sys/bus/pci/devices': '', 'uname -r': '6.1.0' },
    mode: 'PVH',
    confidence: 'likely',
  },
  {
    what: '/proc/xen without DMI',
    evidence: { '/proc/xen/capabilities': '' },
    mode: 'PV',
    confidence: 'likely',
    says: /guest_type/,
  },
  {
    what: 'a Xen bus without DMI',
    evidence: { 'ls /sys/bus/xen/devices': 'vbd-51712\nvif-0\n' },
    mode: 'PV',
    confidence: 'likely',
  },
  {
    what: 'RHEL 5',
    evidence: {
      '/sys/hypervisor/type': 'xen',
      'uname -a': 'Linux h 2.6.18-398.el5xen #1 SMP x86_64 GNU/Linux',
    },
    mode: 'PV',
    confidence: 'likely',
  },
  {
    what: 'features of a PV guest',
    evidence: { '/sys/hypervisor/type': 'xen', [features]: '000220f0' },
    mode: 'PV',
    confidence: 'likely',
  },
  {
    what: 'guest_type over features that contradict it',
    evidence: { [guestType]: 'PV', [features]: '00000705' },
    mode: 'PV',
  },
  {
    what: 'a PV guest with a PCI card passed through',
    evidence: {
      [guestType]: 'PV',
      [features]: '000220f0',
      lspci: '00:00.0 Ethernet controller: Intel Corporation I350',
    },
    mode: 'PV',
  },
  {
    what: 'an ARM guest',
    evidence: { [guestType]: 'Xen', 'uname -m': 'aarch64' },
    mode: 'PVH',
    confidence: 'likely',
  },
  { what: 'PV says what pv-shim hides', evidence: { [guestType]: 'PV' }, mode: 'PV', says: /pv-shim/ },
  // HVM family
  {
    what: 'PVHVM by its drivers',
    evidence: { [guestType]: 'HVM', [diskDrivers]: vbd, [nicDrivers]: vif },
    mode: 'PVHVM',
    confidence: 'certain',
  },
  {
    what: 'a CD-ROM drive does not count',
    evidence: {
      [guestType]: 'HVM',
      [diskDrivers]: `${vbd}lrwxrwxrwx 1 root root 0 Jan 1 00:00 /sys/block/sr0/device/driver -> ../../bus/scsi/drivers/sr`,
      [nicDrivers]: vif,
    },
    mode: 'PVHVM',
    confidence: 'certain',
  },
  {
    what: 'Debian 7, PVHVM by both messages',
    evidence: {
      dmesg: `[0] Hypervisor detected: Xen HVM\n${unplugNics}${unplugDisks}[0] Booting paravirtualized kernel on Xen HVM`,
    },
    mode: 'PVHVM',
    says: /unplug emulated NICs/,
  },
  {
    what: 'both messages and DMI',
    evidence: { [vendor]: 'Xen', [product]: 'HVM domU', dmesg: unplugNics + unplugDisks },
    mode: 'PVHVM',
  },
  {
    what: 'both messages alone',
    evidence: { dmesg: `[0] Hypervisor detected: Xen HVM\n${unplugNics}${unplugDisks}` },
    mode: 'PVHVM',
  },
  {
    what: 'only the NICs unplugged',
    evidence: { [guestType]: 'HVM', dmesg: unplugNics },
    mode: 'HVM',
    confidence: 'certain',
    says: /xen-blkfront\) is missing/,
  },
  {
    what: 'only the disks unplugged',
    evidence: { [guestType]: 'HVM', dmesg: unplugDisks },
    mode: 'HVM',
    says: /xen-netfront\) is missing/,
  },
  {
    what: 'PV disk, emulated network card',
    evidence: { [guestType]: 'HVM', [diskDrivers]: vbd, [nicDrivers]: nic('e1000') },
    mode: 'HVM',
    confidence: 'certain',
    says: /PV network driver \(xen-netfront\) is missing/,
  },
  {
    what: 'emulated disk, PV network card',
    evidence: { [guestType]: 'HVM', [diskDrivers]: sd, [nicDrivers]: vif },
    mode: 'HVM',
    says: /PV disk driver \(xen-blkfront\) is missing/,
  },
  {
    what: 'mixed by lsblk',
    evidence: {
      [guestType]: 'HVM',
      [lsblk]: 'NAME TYPE SIZE MODEL\nsda disk 2.4G QEMU HARDDISK\n',
      [nicDrivers]: vif,
    },
    mode: 'HVM',
    says: /xen-blkfront/,
  },
  {
    what: 'drivers over messages',
    evidence: {
      [guestType]: 'HVM',
      dmesg: unplugNics + unplugDisks,
      [diskDrivers]: vbd,
      [nicDrivers]: nic('8139cp'),
    },
    mode: 'HVM',
    says: /xen-netfront/,
  },
  {
    what: 'the disk of / counts, not a spare one',
    evidence: {
      [guestType]: 'HVM',
      [diskDrivers]: vbd + sd,
      [nicDrivers]: vif,
      mount: '/dev/sda1 on / type ext4 (rw)',
    },
    mode: 'HVM',
    says: /disk of \/ sda/,
  },
  {
    what: 'both kinds of disk, and no telling where / is',
    evidence: { [guestType]: 'HVM', [diskDrivers]: vbd + sd, [nicDrivers]: vif },
    mode: 'HVM',
    confidence: 'likely',
    says: /both PV and emulated disks/,
  },
  {
    what: 'AWS, Xen',
    evidence: {
      [vendor]: 'Xen',
      [product]: 'HVM domU',
      '/sys/class/dmi/id/bios_version': '4.11.amazon',
      '/sys/hypervisor/uuid': 'ec2f0000-0000-0000-0000-000000000000',
      [lsblk]: 'NAME TYPE SIZE MODEL\nxvda disk 8G \n└─xvda1 part 8G \n',
      [nicDrivers]: vif,
    },
    mode: 'PVHVM',
  },
  {
    what: 'AWS, enhanced networking and instance storage',
    evidence: {
      [guestType]: 'HVM',
      [diskDrivers]: `${vbd}l 1 r r 0 N 2 1 /sys/block/nvme0n1/device/driver -> ../../bus/pci/drivers/nvme`,
      [nicDrivers]: nic('ixgbevf'),
    },
    mode: 'PVHVM',
    confidence: 'likely',
    says: /passed through/,
  },
  {
    what: 'SUSE: a PV disk named hda',
    evidence: {
      [guestType]: 'HVM',
      'ls -l /sys/block': 'lrwxrwxrwx 1 root root 0 Jan 1 00:00 hda -> ../devices/vbd-768/block/hda',
      [nicDrivers]: vif,
    },
    mode: 'PVHVM',
    confidence: 'certain',
  },
  {
    what: 'the platform device is off',
    evidence: { [guestType]: 'HVM', dmesg: 'Xen Platform PCI: unrecognised magic value' },
    mode: 'HVM',
    says: /platform device is off/,
  },
  {
    what: 'DMI alone',
    evidence: { [vendor]: 'Xen', [product]: 'HVM domU' },
    mode: 'HVM',
    confidence: 'likely',
    says: /not seen.*ls -l/,
  },
  {
    what: 'guest_type HVM alone',
    evidence: { [guestType]: 'HVM' },
    mode: 'HVM',
    confidence: 'likely',
    says: /would be PVHVM/,
  },
  {
    what: 'HVM and a Xen bus with both',
    evidence: { [guestType]: 'HVM', 'ls /sys/bus/xen/devices': 'vbd-51712\nvif-0\nvkbd-0' },
    mode: 'PVHVM',
    confidence: 'likely',
  },
  {
    what: 'xen_nopv',
    evidence: {
      [vendor]: 'Xen',
      [product]: 'HVM domU',
      '/proc/cmdline': 'root=/dev/sda xen_nopv',
      'ls /sys/bus/xen/devices': 'vbd-768\nvif-0',
    },
    mode: 'HVM',
    says: /xen_nopv/,
  },
  { what: 'virt-what xen-hvm', evidence: { 'virt-what': 'xen\nxen-hvm\n' }, mode: 'HVM' },
  {
    what: 'lspci -nnk tells the card and its driver',
    evidence: {
      [guestType]: 'HVM',
      [lsblk]: 'NAME TYPE SIZE MODEL\nxvda disk 2G',
      'lspci -nnk':
        '00:03.0 Ethernet controller [0200]: Intel 82540EM [8086:100e]\n\tKernel driver in use: e1000\n',
    },
    mode: 'HVM',
    says: /xen-netfront/,
  },
  {
    what: 'FreeBSD',
    evidence: { 'sysctl kern.vm_guest': 'kern.vm_guest: xen' },
    mode: 'HVM',
    says: /FreeBSD/,
  },
  // dom0
  {
    what: 'dom0 by features alone',
    evidence: { [features]: '000228f0' },
    mode: 'dom0',
    confidence: 'certain',
    says: /bit 11/,
  },
  {
    what: 'dom0 by control_d alone',
    evidence: { '/proc/xen/capabilities': 'control_d\n' },
    mode: 'dom0',
    confidence: 'certain',
  },
  { what: 'PVH dom0', evidence: { [guestType]: 'PVH', [features]: '0x00002f05' }, mode: 'dom0' },
  {
    what: 'a dom0 nested in a Xen HVM guest',
    evidence: { [guestType]: 'PV', [vendor]: 'Xen', [product]: 'HVM domU', [features]: '000228f0' },
    mode: 'dom0',
    confidence: 'certain',
  },
  {
    what: 'the same without features: no capabilities, no dom0',
    evidence: { [guestType]: 'PV', [vendor]: 'Xen', [product]: 'HVM domU' },
    mode: 'PV',
    confidence: 'likely',
    says: /Against it: The firmware.*HVM domU.*cat \/proc\/xen\/capabilities/s,
  },
  {
    what: 'a PV guest that systemd does not call xen',
    evidence: { [guestType]: 'PV', 'systemd-detect-virt --vm': 'none' },
    mode: 'PV',
    confidence: 'likely',
    says: /Against it: systemd-detect-virt --vm says "none"/,
  },
  {
    what: 'dom0 by lscpu, which read its capabilities',
    evidence: { [guestType]: 'PV', lscpu: 'Hypervisor vendor: Xen\nVirtualization type: none' },
    mode: 'dom0',
    confidence: 'likely',
  },
  {
    what: 'dom0 by what its /proc/xen holds',
    evidence: { [guestType]: 'PV', 'ls -la /proc/xen': '-rw------- 1 root root 0 Nov 22 17:34 xsd_kva' },
    mode: 'dom0',
    confidence: 'likely',
  },
  // Not Xen
  {
    what: 'KVM by systemd',
    evidence: { 'systemd-detect-virt': 'kvm\n' },
    mode: 'KVM',
    confidence: 'certain',
  },
  {
    what: 'KVM by dmesg, with an empty Xen bus',
    evidence: {
      dmesg: 'Hypervisor detected: KVM\nBooting paravirtualized kernel on KVM',
      'ls /sys/bus/xen/devices': '',
      'ls /sys/bus/xen/drivers': 'vbd\nvif',
    },
    mode: 'KVM',
    confidence: 'certain',
  },
  {
    what: 'KVM by DMI',
    evidence: { [vendor]: 'QEMU', [product]: 'Standard PC (Q35 + ICH9, 2009)' },
    mode: 'KVM',
    confidence: 'likely',
  },
  {
    what: 'AWS, Nitro',
    evidence: {
      [vendor]: 'Amazon EC2',
      [product]: 'm5.large',
      '/proc/cpuinfo': 'flags\t\t: fpu hypervisor lm',
    },
    mode: 'KVM',
    confidence: 'likely',
  },
  {
    what: 'AWS, metal',
    evidence: { [vendor]: 'Amazon EC2', [product]: 'm5.metal', '/proc/cpuinfo': 'flags\t\t: fpu lm' },
    mode: 'bare metal',
  },
  {
    what: 'VMware',
    evidence: {
      [vendor]: 'VMware, Inc.',
      [product]: 'VMware Virtual Platform',
      dmesg: 'Hypervisor detected: VMware',
    },
    mode: 'VMware',
    confidence: 'certain',
  },
  {
    what: 'Hyper-V',
    evidence: { [vendor]: 'Microsoft Corporation', [product]: 'Virtual Machine' },
    mode: 'Hyper-V',
    confidence: 'likely',
  },
  {
    what: 'a Surface is no Hyper-V guest',
    evidence: {
      [vendor]: 'Microsoft Corporation',
      [product]: 'Surface Pro 7',
      '/proc/cpuinfo': 'flags : fpu lm',
    },
    mode: 'bare metal',
  },
  {
    what: 'Hyper-V by systemd',
    evidence: { 'systemd-detect-virt': 'microsoft' },
    mode: 'Hyper-V',
    confidence: 'certain',
  },
  {
    what: 'VirtualBox',
    evidence: { [vendor]: 'innotek GmbH', [product]: 'VirtualBox', 'systemd-detect-virt': 'oracle' },
    mode: 'other',
  },
  {
    what: 'a hypervisor nobody names',
    evidence: { '/proc/cpuinfo': 'flags : fpu hypervisor lm' },
    mode: 'other',
    confidence: 'likely',
  },
  {
    what: 'bare metal by systemd',
    evidence: { 'systemd-detect-virt': 'none\n', [vendor]: 'Dell Inc.' },
    mode: 'bare metal',
    confidence: 'certain',
  },
  {
    what: 'bare metal by maker',
    evidence: {
      [vendor]: 'Dell Inc.',
      [product]: 'PowerEdge R740',
      dmesg: 'Booting paravirtualized kernel on bare hardware',
    },
    mode: 'bare metal',
    confidence: 'likely',
  },
  {
    what: '"bare hardware" is no bare metal',
    evidence: {
      [vendor]: 'Xen',
      [product]: 'HVM domU',
      dmesg: 'Booting paravirtualized kernel on bare hardware',
      [diskDrivers]: sd,
      [nicDrivers]: nic('8139cp'),
    },
    mode: 'HVM',
  },
  // Containers
  {
    what: 'docker on a PVHVM guest',
    evidence: { 'systemd-detect-virt': 'docker', [guestType]: 'HVM', [diskDrivers]: vbd, [nicDrivers]: vif },
    mode: 'container',
    confidence: 'certain',
    says: /around the container is PVHVM/,
  },
  {
    what: 'LXC by the first process',
    evidence: { '/proc/1/environ': 'TERM=linux\0container=lxc\0' },
    mode: 'container',
    says: /container=lxc/,
  },
  {
    what: '.dockerenv',
    evidence: { '/.dockerenv': '', mount: 'overlay on / type overlay (rw)' },
    mode: 'container',
    confidence: 'likely',
  },
  {
    what: '.dockerenv left over on a real disk',
    evidence: {
      '/.dockerenv': '',
      'systemd-detect-virt': 'docker',
      'systemd-detect-virt --vm': 'xen',
      mount: '/dev/xvda on / type ext4 (rw)',
      [guestType]: 'PV',
    },
    mode: 'PV',
  },
  {
    what: '"none" for containers is no container',
    evidence: { 'systemd-detect-virt --container': 'none', [guestType]: 'PVH' },
    mode: 'PVH',
  },
  // Too little
  {
    what: 'nothing',
    evidence: {},
    mode: 'unknown',
    confidence: 'unknown',
    says: /cat \/sys\/hypervisor\/guest_type/,
  },
  {
    what: 'only what everybody has',
    evidence: { 'uname -a': 'Linux x 6.1.0 #1 SMP x86_64 GNU/Linux', nproc: '2' },
    mode: 'unknown',
    confidence: 'unknown',
    says: /root/,
  },
  {
    what: 'Xen, and nothing else',
    evidence: { 'systemd-detect-virt': 'xen' },
    mode: 'unknown',
    confidence: 'unknown',
    says: /it is Xen/,
  },
  {
    what: 'a wrapped dmesg',
    evidence: { dmesg: '[99999.0] eth0: link up' },
    mode: 'unknown',
    says: /no longer holds/,
  },
  {
    what: 'nonsense',
    evidence: { [guestType]: '???', [features]: 'zz', [vendor]: '\0\0', dmesg: '\u001b[31m' },
    mode: 'unknown',
  },
];

describe('the rule', () => {
  it.each(cases)('$what: $mode', ({ evidence, mode, confidence, says }) => {
    for (const end of ['', '\n']) {
      const verdict = detectMode(
        evidenceOf(
          Object.fromEntries(Object.entries(evidence).map(([key, text]) => [key, text.trimEnd() + end])),
        ),
      );
      expect(verdict.mode, said(verdict)).toBe(mode);
      if (confidence !== undefined) expect(verdict.confidence, said(verdict)).toBe(confidence);
      if (says !== undefined) expect(said(verdict)).toMatch(says);
      expect(verdict.because.length).toBeGreaterThan(0);
    }
  });

  it('reads the boot lines from a file when the ring buffer has wrapped, and trusts them less', () => {
    const verdict = detectMode(
      evidenceOf({
        dmesg: '[9.0] blkfront: xvda: x',
        '/var/log/dmesg': '[0] Booting paravirtualized kernel on Xen',
      }),
    );
    expect(verdict).toMatchObject({ mode: 'PV', confidence: 'likely' });
    expect(said(verdict)).toContain('older boot');
  });

  it('does not throw on any text under any known label', () => {
    const labels = [...new Set(entries.flatMap(([name]) => [...capture(name).keys()]))];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...labels), fc.string({ unit: 'binary' })), (record) => {
        expect(detectMode(evidenceOf(record)).because.length).toBeGreaterThan(0);
      }),
    );
  });
});
