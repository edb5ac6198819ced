import { describe, expect, it } from 'vitest';
import type { Mode, ModeVerdict } from '../../../src/model/guest';
import { factsFrom } from '../../../src/probe/evidence';
import { detectMode } from '../../../src/probe/mode';
import { capture, evidenceOf } from './captures';

const said = (verdict: ModeVerdict) => verdict.because.join('\n');
const date = 'lrwxrwxrwx 1 root root 0 Feb  3 09:41';
const diskDrivers = 'ls -l /sys/block/*/device/driver';
const nicDrivers = 'ls -l /sys/class/net/*/device/driver';
const lsblk = 'lsblk -o NAME,TYPE,SIZE,MODEL';

const hvm = {
  '/sys/hypervisor/type': 'xen',
  '/sys/hypervisor/guest_type': 'HVM',
  '/sys/class/dmi/id/sys_vendor': 'Xen',
  '/sys/class/dmi/id/product_name': 'HVM domU',
};
/** Links of network cards: `eth0=vif`, `ens6=atlantic`. */
function cards(...all: readonly string[]): Record<string, string> {
  const links = all.map((card) => {
    const [name = '', driver = ''] = card.split('=');
    const bus = driver === 'vif' ? 'xen' : driver.startsWith('virtio') ? 'virtio' : 'pci';
    return `${date} /sys/class/net/${name}/device/driver -> ../../../bus/${bus}/drivers/${driver}`;
  });
  const places = all.map((card, index) => {
    const [name = '', driver = ''] = card.split('=');
    const place = driver === 'vif' ? `vif-${index}` : `pci0000:00/0000:00:0${index + 4}.0`;
    return `${date} ${name} -> ../../devices/${place}/net/${name}`;
  });
  const lo = `${date} lo -> ../../devices/virtual/net/lo`;
  return {
    ...(links.length > 0 && { [nicDrivers]: links.join('\n') }),
    'ls -l /sys/class/net': [...places, lo].join('\n'),
  };
}
const xvda = {
  [diskDrivers]: `${date} /sys/block/xvda/device/driver -> ../../bus/xen/drivers/vbd`,
};
const sda = (more: Record<string, string> = {}) => ({
  [diskDrivers]: `${date} /sys/block/sda/device/driver -> ../../../../../../../bus/scsi/drivers/sd`,
  'ls -l /sys/block': `${date} sda -> ../devices/pci0000:00/0000:00:05.0/host2/target2:0:0/2:0:0:0/block/sda`,
  ...more,
});
const host = (driver: string) => ({ '/sys/class/scsi_host/host2/proc_name': driver });
const nvme = (model?: string): Record<string, string> => ({
  'ls -l /sys/block': `${date} nvme0n1 -> ../devices/pci0000:00/0000:00:07.0/nvme/nvme0/nvme0n1`,
  ...(model !== undefined && { '/sys/block/nvme0n1/device/model': model }),
});
const root = (disk: string) => ({ mount: `/dev/${disk} on / type ext4 (rw,relatime)` });

const is = (evidence: Record<string, string>) => detectMode(evidenceOf({ ...hvm, ...evidence }));
const expectMode = (verdict: ModeVerdict, mode: Mode, confidence: ModeVerdict['confidence']) =>
  expect([verdict.mode, verdict.confidence], said(verdict)).toEqual([mode, confidence]);

describe('network cards of an HVM guest with a PV disk', () => {
  it.each([
    ...['atlantic', 'igc', 'r8169', 'r8125', 'alx', 'tg3', 'bnx2x', 'sky2', 'forcedeth', 'via-rhine'],
    ...['ixgbe', 'ixgbevf', 'i40e', 'iavf', 'ice', 'mlx5_core', 'mlx4_core', 'ena', 'sfc', 'igbvf', 'enic'],
    ...['iwlwifi', 'ath9k', 'ath11k_pci', 'rtw89_8852be', 'brcmfmac', 'mt7921e', 'r8152', 'some_new_driver'],
  ])('%s drives real hardware, passed through: PVHVM', (driver) => {
    const verdict = is({ ...xvda, ...cards(`ens6=${driver}`) });
    expectMode(verdict, 'PVHVM', 'likely');
    expect(said(verdict)).toContain('passed through');
    expect(said(verdict)).toContain(driver);
    expect(said(verdict)).not.toContain('the network card is emulated');
  });

  it.each(['8139cp', '8139too', 'e1000', 'ne2k-pci', 'ne2k_pci', 'pcnet32', 'e100', 'tulip', 'vmxnet3'])(
    '%s drives what QEMU emulates: HVM',
    (driver) => {
      const verdict = is({ ...xvda, ...cards(`ens3=${driver}`) });
      expectMode(verdict, 'HVM', 'certain');
      expect(said(verdict)).toMatch(/xen-netfront\) is missing/);
    },
  );

  it.each(['e1000e', 'igb', 'virtio_net', 'cdc_ether'])('%s can be either: HVM, likely', (driver) => {
    const verdict = is({ ...xvda, ...cards(`ens3=${driver}`) });
    expectMode(verdict, 'HVM', 'likely');
    expect(said(verdict)).toMatch(/real hardware passed through/);
    expect(said(verdict)).toMatch(/cat .*subsystem_vendor/);
  });

  const ids = (vendor: string, device: string, subsystem: string, subsystemDevice = '0x0001') => ({
    '/sys/class/net/ens3/device/vendor': vendor,
    '/sys/class/net/ens3/device/device': device,
    '/sys/class/net/ens3/device/subsystem_vendor': subsystem,
    '/sys/class/net/ens3/device/subsystem_device': subsystemDevice,
  });
  it.each([
    ['an I219 of Dell', 'e1000e', ids('0x8086', '0x15bc', '0x1028'), 'PVHVM'],
    ['an 82574L of Supermicro', 'e1000e', ids('0x8086', '0x10d3', '0x15d9'), 'PVHVM'],
    ["QEMU's 82574L", 'e1000e', ids('0x8086', '0x10d3', '0x8086', '0x0000'), 'HVM'],
    ["QEMU's, named so", 'e1000e', ids('0x8086', '0x10d3', '0x1af4', '0x1100'), 'HVM'],
    ['an I350', 'igb', ids('0x8086', '0x1521', '0x8086'), 'PVHVM'],
    ['virtio', 'virtio_net', ids('0x1af4', '0x1000', '0x1af4'), 'HVM'],
  ] as const)('tells %s by its PCI ids', (_what, driver, files, mode) => {
    const verdict = is({ ...xvda, ...cards(`ens3=${driver}`), ...files });
    expectMode(verdict, mode, mode === 'HVM' ? 'certain' : 'likely');
  });

  it('tells a card by lspci, with and without a driver', () => {
    const lspci = (lines: string) => is({ ...xvda, 'lspci -nnk': lines });
    const dell =
      '00:05.0 Ethernet controller [0200]: Intel Corporation Ethernet Connection (7) I219-LM [8086:15bb]\n' +
      '\tSubsystem: Dell Device [1028:0869]\n\tKernel driver in use: e1000e\n';
    expectMode(lspci(dell), 'PVHVM', 'likely');
    const emulated =
      '00:04.0 Ethernet controller [0200]: Realtek RTL-8100/8101L/8139 PCI Fast Ethernet Adapter [10ec:8139]\n' +
      '\tSubsystem: Red Hat, Inc. QEMU Virtual Machine [1af4:1100]\n';
    expectMode(lspci(emulated), 'HVM', 'certain');
    const wifi = '00:05.0 Network controller [0280]: Intel Corporation Wi-Fi 6 AX200 [8086:2723] (rev 1a)\n';
    expectMode(lspci(wifi), 'PVHVM', 'likely');
  });

  it('takes a card that survived the unplugging for real', () => {
    const dmesg =
      '[0.0] Netfront and the Xen platform PCI driver have been compiled for this kernel: unplug emulated NICs.';
    expectMode(is({ ...xvda, ...cards('ens3=igb'), dmesg }), 'PVHVM', 'likely');
    expectMode(is({ ...xvda, ...cards('ens3=8139cp'), dmesg }), 'HVM', 'certain');
    const kept = { dmesg, '/proc/cmdline': 'root=/dev/xvda1 xen_emul_unplug=never' };
    expectMode(is({ ...xvda, ...cards('ens3=igb'), ...kept }), 'HVM', 'likely');
  });

  it.each([
    [['eth0=vif', 'ens6=ixgbevf'], 'PVHVM', 'certain'],
    [['eth0=vif', 'ens6=iwlwifi', 'ens7=mlx5_core'], 'PVHVM', 'certain'],
    [['eth0=vif', 'ens6=igb'], 'PVHVM', 'likely'],
    [['eth0=vif', 'ens3=8139cp'], 'HVM', 'likely'],
    [['ens3=e1000', 'ens6=atlantic'], 'HVM', 'certain'],
    [['ens6=atlantic', 'ens3=rtl8139', 'ens4=8139too'], 'HVM', 'certain'],
    [['ens6=igc', 'ens7=r8169'], 'PVHVM', 'likely'],
    [['ens6=igc', 'ens7=e1000e'], 'HVM', 'likely'],
    [[], 'PVHVM', 'likely'],
  ] as const)('%j: %s, %s', (all, mode, confidence) => {
    const verdict = is({ ...xvda, ...cards(...all) });
    expectMode(verdict, mode, confidence);
    for (const card of all.filter((one) => /atlantic|ixgbevf|iwlwifi|mlx5|igc|r8169/.test(one))) {
      const [name = ''] = card.split('=');
      expect(said(verdict)).toMatch(new RegExp(`network card ${name} is real hardware, passed through`));
    }
  });
});

describe('disks of an HVM guest with a PV network card', () => {
  const vif = cards('eth0=vif');

  it.each([
    ['QEMU by lsblk', sda({ [lsblk]: 'NAME TYPE SIZE MODEL\nsda  disk  20G QEMU HARDDISK' }), 'certain'],
    [
      'QEMU as old lsblk writes it',
      sda({ [lsblk]: 'NAME TYPE SIZE MODEL\nsda disk 20G QEMU_HARDDISK' }),
      'certain',
    ],
    ['QEMU by sysfs', sda({ '/sys/block/sda/device/model': 'QEMU HARDDISK   ' }), 'certain'],
    ['QEMU by its vendor', sda({ '/sys/block/sda/device/vendor': 'QEMU    ' }), 'certain'],
    ['QEMU by the kernel', sda({ dmesg: 'ata1.00: ATA-7: QEMU HARDDISK, 2.5+, max UDMA/100' }), 'certain'],
    ['ata_piix', sda(host('ata_piix')), 'certain'],
    ['sym53c8xx', sda(host('sym53c8xx')), 'certain'],
    ['mptspi', sda(host('mptspi')), 'certain'],
    ['ahci, of whom nobody knows', sda(host('ahci')), 'likely'],
    ['megaraid_sas, of whom nobody knows', sda(host('megaraid_sas')), 'likely'],
    ['usb-storage', sda(host('usb-storage')), 'likely'],
    ['no more than sd', sda(), 'likely'],
    ['NVMe of QEMU', nvme('QEMU NVMe Ctrl'), 'certain'],
    ['NVMe of whom nobody knows', nvme(), 'likely'],
    [
      'virtio',
      { 'ls -l /sys/block': `${date} vda -> ../devices/pci0000:00/0000:00:05.0/virtio1/block/vda` },
      'likely',
    ],
  ] as const)('%s: HVM, %s', (_what, disk, confidence) => {
    expectMode(is({ ...disk, ...vif }), 'HVM', confidence);
  });

  it.each([
    ['an SSD by lsblk', sda({ [lsblk]: 'NAME TYPE SIZE MODEL\nsda disk 894G Samsung SSD 883' })],
    [
      'a disk behind ahci, by its model',
      sda({ ...host('ahci'), '/sys/block/sda/device/model': 'ST2000DM008-2FR1' }),
    ],
    ['an HBA', sda(host('mpt3sas'))],
    [
      'a RAID controller',
      sda({
        ...host('megaraid_sas'),
        '/sys/block/sda/device/vendor': 'DELL',
        '/sys/block/sda/device/model': 'PERC H730 Mini',
      }),
    ],
    ['hpsa', sda(host('hpsa'))],
    ['Fibre Channel', sda(host('qla2xxx'))],
    ['NVMe by its model', nvme('Samsung SSD 980 PRO 1TB')],
    ['NVMe of Amazon', nvme('Amazon EC2 NVMe Instance Storage')],
    [
      'NVMe by its PCI ids',
      {
        ...nvme(),
        '/sys/bus/pci/devices/0000:00:07.0/vendor': '0x144d',
        '/sys/bus/pci/devices/0000:00:07.0/device': '0xa80a',
      },
    ],
  ] as const)('%s is passed through: PVHVM', (_what, disk) => {
    const verdict = is({ ...disk, ...vif });
    expectMode(verdict, 'PVHVM', 'likely');
    expect(said(verdict)).toMatch(/disk .*real hardware, passed through/);
    expect(said(verdict)).not.toContain('was not seen');
  });

  it('counts the disk of /, where it is known', () => {
    const both = {
      [diskDrivers]: `${date} /sys/block/xvda/device/driver -> ../../bus/xen/drivers/vbd`,
      ...nvme('QEMU NVMe Ctrl'),
      ...vif,
    };
    expectMode(is({ ...both, ...root('xvda1') }), 'PVHVM', 'certain');
    expectMode(is({ ...both, ...root('nvme0n1p2') }), 'HVM', 'certain');
    expectMode(is(both), 'HVM', 'likely');
    expectMode(is({ ...both, ...nvme('KIOXIA KCM6') }), 'PVHVM', 'certain');
  });
});

describe('nothing but passed-through hardware', () => {
  const all = { ...nvme('Samsung SSD 980 PRO 1TB'), ...cards('ens6=mlx5_core') };
  it('is PVHVM while the kernel uses Xen, HVM where it was told not to', () => {
    expectMode(is(all), 'PVHVM', 'likely');
    expectMode(is({ ...all, '/proc/cmdline': 'root=/dev/nvme0n1p1 xen_nopv' }), 'HVM', 'likely');
    expectMode(is({ ...nvme('Samsung SSD 980 PRO 1TB'), ...cards() }), 'PVHVM', 'likely');
  });
});

describe('captures of real guests with a card passed through', () => {
  const passed = { [nicDrivers]: cards('ens6=atlantic')[nicDrivers] ?? '' };
  it('keeps PVHVM beside its vif, and HVM where the disk is emulated', () => {
    const pvhvm = capture('pvhvm');
    pvhvm.set(nicDrivers, `${pvhvm.get(nicDrivers) ?? ''}${passed[nicDrivers] ?? ''}\n`);
    expectMode(detectMode(pvhvm), 'PVHVM', 'certain');
    const alone = new Map(pvhvm).set(nicDrivers, passed[nicDrivers] ?? '').set('ls -l /sys/class/net', '');
    expectMode(detectMode(alone), 'PVHVM', 'likely');
    const emulated = capture('hvm-nopv');
    emulated.set(nicDrivers, passed[nicDrivers] ?? '').set('ls -l /sys/class/net', '');
    expectMode(detectMode(emulated), 'HVM', 'certain');
    expect(factsFrom(alone).networkDriver).toBe('atlantic');
  });
});
