import { describe, expect, it } from 'vitest';
import type { Mode, ModeVerdict } from '../../../src/model/guest';
import { factsFrom } from '../../../src/probe/evidence';
import { detectMode } from '../../../src/probe/mode';
import { capture, evidenceOf, without } from './captures';

const said = (verdict: ModeVerdict) => verdict.because.join('\n');
const expectMode = (verdict: ModeVerdict, mode: Mode, confidence: ModeVerdict['confidence']) =>
  expect([verdict.mode, verdict.confidence], said(verdict)).toEqual([mode, confidence]);

const guestType = '/sys/hypervisor/guest_type';
const type = '/sys/hypervisor/type';
const features = '/sys/hypervisor/properties/features';
const vendor = '/sys/class/dmi/id/sys_vendor';
const product = '/sys/class/dmi/id/product_name';
const xenDevices = { 'ls /sys/bus/xen/devices': 'vbd-51712\nvif-0' };
const vif = {
  'ls -l /sys/class/net/*/device/driver':
    'l 1 r r 0 N 2 1 /sys/class/net/eth0/device/driver -> ../../bus/xen/drivers/vif',
};
const vbd = {
  'ls -l /sys/block/*/device/driver':
    'l 1 r r 0 N 2 1 /sys/block/xvda/device/driver -> ../../bus/xen/drivers/vbd',
};
const pv = { [type]: 'xen', [guestType]: 'PV', ...vif, ...vbd };

describe('a tool that does not name Xen in a PV guest', () => {
  it.each(['vm-other', 'none', 'kvm', 'qemu', 'vmware', 'microsoft', 'oracle', 'amazon', 'zvm'])(
    'systemd-detect-virt says %s: PV, likely, and the conflict is told',
    (name) => {
      for (const more of [{}, { [features]: '000220f0' }, { 'systemd-detect-virt --vm': name }]) {
        const verdict = detectMode(evidenceOf({ ...pv, 'systemd-detect-virt': name, ...more }));
        expectMode(verdict, 'PV', 'likely');
        expect(said(verdict)).toMatch(new RegExp(`Against it: systemd-detect-virt.*"${name}"`));
      }
    },
  );

  it.each(['vm-other', 'kvm', 'vmware', 'none'])('%s, on a kernel without guest_type', (name) => {
    const old = {
      'uname -a': 'Linux old 3.2.0-4-amd64 #1 SMP Debian 3.2.96-3 x86_64 GNU/Linux',
      [type]: 'xen',
      'systemd-detect-virt': name,
      'systemd-detect-virt --vm': name,
    };
    expectMode(detectMode(evidenceOf({ ...old, [features]: '00000403' })), 'PV', 'likely');
    expectMode(
      detectMode(evidenceOf({ ...old, dmesg: '[0.0] Booting paravirtualized kernel on Xen' })),
      'PV',
      'likely',
    );
    expectMode(detectMode(evidenceOf({ ...old, ...xenDevices, ...vif })), 'PV', 'likely');
  });

  it.each([
    ['virt-what', { 'virt-what': 'kvm' }],
    ['lscpu', { lscpu: 'Hypervisor vendor: KVM\nVirtualization type: full' }],
    ['the firmware', { [vendor]: 'VMware, Inc.', [product]: 'VMware Virtual Platform' }],
    ['the firmware of a real machine', { [vendor]: 'Dell Inc.', [product]: 'PowerEdge R740' }],
    ['the feature bits', { [features]: '00012305' }],
    ['the boot lines', { dmesg: '[0.0] Booting paravirtualized kernel on Xen HVM' }],
  ])('%s against guest_type: PV, likely', (_what, more) => {
    const verdict = detectMode(evidenceOf({ ...pv, ...more }));
    expectMode(verdict, 'PV', 'likely');
    expect(said(verdict)).toMatch(/Against it: /);
  });

  it('stays certain when they agree, and inside a container that only names its manager', () => {
    expectMode(detectMode(evidenceOf({ ...pv, 'systemd-detect-virt': 'xen' })), 'PV', 'certain');
    const lxc = detectMode(
      evidenceOf({ ...pv, 'systemd-detect-virt': 'lxc', '/proc/1/environ': 'container=lxc' }),
    );
    expectMode(lxc, 'container', 'certain');
    expect(said(lxc)).toContain('around the container is PV (certain)');
  });
});

describe('other Xen guests with signs of another hypervisor', () => {
  it('keeps HVM, PVHVM and PVH', () => {
    const hvm = { [type]: 'xen', [guestType]: 'HVM', ...vif, ...vbd };
    const viridian = {
      dmesg: '[0] Hypervisor detected: Microsoft Hyper-V',
      'systemd-detect-virt': 'microsoft',
    };
    expectMode(detectMode(evidenceOf({ ...hvm, ...viridian })), 'PVHVM', 'likely');
    const dmi = { [vendor]: 'Xen', [product]: 'HVM domU' };
    expectMode(detectMode(evidenceOf({ ...dmi, ...vif, ...vbd, ...viridian })), 'PVHVM', 'likely');
    const oem = { [vendor]: 'HP', [product]: 'ProLiant DL380 Gen9' };
    expectMode(detectMode(evidenceOf({ ...hvm, ...oem })), 'PVHVM', 'likely');
    const pvh = { [type]: 'xen', [guestType]: 'PVH', ...vif, ...vbd };
    expectMode(detectMode(evidenceOf({ ...pvh, 'systemd-detect-virt': 'vm-other' })), 'PVH', 'likely');
  });

  it('calls dom0 by its capabilities, whatever its machine is', () => {
    const nested = { ...pv, [vendor]: 'VMware, Inc.', 'systemd-detect-virt': 'vmware' };
    expectMode(
      detectMode(evidenceOf({ ...nested, '/proc/xen/capabilities': 'control_d' })),
      'dom0',
      'certain',
    );
    expectMode(detectMode(evidenceOf({ ...nested, [features]: '00000803' })), 'dom0', 'certain');
    expectMode(detectMode(evidenceOf({ ...nested, '/proc/xen/capabilities': '' })), 'PV', 'likely');
    const zeros = { '/sys/hypervisor/uuid': '00000000-0000-0000-0000-000000000000' };
    expect(detectMode(evidenceOf({ ...pv, ...zeros })).mode).toBe('PV');
  });

  it('believes the kernel and the firmware over a tool that alone names Xen', () => {
    const kvm = {
      dmesg: '[0] Hypervisor detected: KVM\n[0] Booting paravirtualized kernel on KVM',
      'virt-what': 'xen',
      'ls /proc/xen': '',
    };
    const verdict = detectMode(evidenceOf(kvm));
    expectMode(verdict, 'KVM', 'likely');
    expect(said(verdict)).toMatch(/Against it: virt-what says "xen"/);
    expect(factsFrom(evidenceOf(kvm)).hypervisor).not.toBe('xen');
  });
});

describe('machines that are not x86', () => {
  const arm: readonly Record<string, string>[] = [
    { 'uname -m': 'aarch64' },
    { 'uname -a': 'Linux arm1 6.1.0-18-arm64 #1 SMP Debian 6.1.76-1 (2024-02-01) aarch64 GNU/Linux' },
    { lscpu: 'Architecture:        aarch64\nFlags:               fp asimd evtstrm aes' },
    { 'uname -m': 'armv7l', '/proc/cpuinfo': 'processor\t: 0\nCPU implementer\t: 0x41' },
    { '/proc/cpuinfo': 'processor\t: 0\nFeatures\t: fp asimd\nCPU implementer\t: 0x41' },
  ];
  const signs: readonly Record<string, string>[] = [
    { [type]: 'xen' },
    { [type]: 'xen', [guestType]: 'Xen' },
    { [type]: 'xen', [guestType]: 'HVM', ...vif, ...vbd },
    { [guestType]: 'PV' },
    { ...xenDevices, ...vif, ...vbd },
    { 'systemd-detect-virt': 'xen' },
    { '/proc/device-tree/hypervisor/compatible': 'xen,xen-4.17xen,xen' },
    { dmesg: '[    0.000000] Xen 4.17 support found' },
    { [type]: 'xen', 'systemd-detect-virt': 'vm-other', 'systemd-detect-virt --vm': 'vm-other' },
    { [type]: 'xen', [features]: '00000705' },
    { [type]: 'xen', '/sys/hypervisor/uuid': '00000000-0000-0000-0000-000000000000' },
    { [type]: 'xen', 'systemd-detect-virt --vm': 'none', [vendor]: 'Ampere(TM)', [product]: 'eMAG' },
  ];
  it.each(arm.flatMap((machine) => signs.map((sign) => [{ ...machine, ...sign }] as const)))(
    'ARM: %j is PVH, likely',
    (evidence) => {
      const verdict = detectMode(evidenceOf(evidence));
      expectMode(verdict, 'PVH', 'likely');
      expect(said(verdict)).toMatch(/ARM/);
    },
  );

  it('ARM: dom0 by its capabilities only', () => {
    const dom0 = { 'uname -m': 'aarch64', [type]: 'xen' };
    expectMode(detectMode(evidenceOf({ ...dom0, '/proc/xen/capabilities': 'control_d' })), 'dom0', 'certain');
    expectMode(detectMode(evidenceOf({ ...dom0, [features]: '00002b05' })), 'dom0', 'certain');
  });

  it('RISC-V as ARM; on other machines none of the modes', () => {
    for (const sign of signs) {
      expectMode(detectMode(evidenceOf({ 'uname -m': 'riscv64', ...sign })), 'PVH', 'likely');
      expectMode(detectMode(evidenceOf({ 'uname -m': 'ppc64le', ...sign })), 'other', 'likely');
    }
  });

  it('does not take a missing x86 flag for bare metal', () => {
    const graviton = { 'uname -m': 'aarch64', lscpu: 'Flags: fp asimd evtstrm' };
    expect(detectMode(evidenceOf(graviton)).mode).toBe('unknown');
    expectMode(
      detectMode(evidenceOf({ ...graviton, [vendor]: 'Amazon EC2', [product]: 'm6g.large' })),
      'KVM',
      'likely',
    );
    expectMode(detectMode(evidenceOf({ ...graviton, 'systemd-detect-virt': 'kvm' })), 'KVM', 'certain');
  });
});

describe('no Xen at all', () => {
  it('tells what names another hypervisor, and is less certain', () => {
    const verdict = detectMode(
      evidenceOf({ 'systemd-detect-virt': 'kvm', [vendor]: 'VMware, Inc.', [product]: 'VMware7,1' }),
    );
    expectMode(verdict, 'KVM', 'likely');
    expect(said(verdict)).toMatch(/Against it: The firmware/);
    const none = detectMode(evidenceOf({ 'systemd-detect-virt': 'none', lscpu: 'Hypervisor vendor: KVM' }));
    expectMode(none, 'KVM', 'likely');
  });

  it('vm-other is some virtual machine, whatever maker the firmware names', () => {
    expectMode(detectMode(evidenceOf({ 'systemd-detect-virt': 'vm-other' })), 'other', 'likely');
    expectMode(
      detectMode(evidenceOf({ 'systemd-detect-virt': 'vm-other', [vendor]: 'Dell Inc.' })),
      'other',
      'likely',
    );
  });
});

describe('captures of real guests that systemd does not recognise', () => {
  it.each(['pv', 'pvh', 'pvhvm'] as const)('%s keeps its mode', (name) => {
    for (const word of ['vm-other', 'kvm', 'none']) {
      const evidence = without(capture(name), /systemd-detect-virt/, features, '/proc/xen/capabilities');
      evidence.set('systemd-detect-virt', word).set('systemd-detect-virt --vm', word);
      expectMode(detectMode(evidence), detectMode(capture(name)).mode, 'likely');
    }
  });
});
