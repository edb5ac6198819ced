import type { Evidence } from '../model/guest';
import { linesOf, quoted, textOf } from './evidenceText';

/**
 * What drives a device. `pv`: Xen's paravirtual frontend; `passed-through`: real hardware given to the guest;
 * `backend`: the other end of a guest's device, in dom0 or a driver domain; `other`: emulated, or virtio.
 */
export type DriverKind = 'pv' | 'other' | 'passed-through' | 'backend';

export interface Device {
  /** sda, eth0; empty when only its kind is known. */
  readonly name: string;
  /** vbd, vif, sd, e1000, …; undefined when only the device was seen. */
  readonly driver: string | undefined;
  readonly kind: DriverKind;
  /** The line that says so. */
  readonly line: string;
}

export interface Devices {
  readonly disks: readonly Device[];
  readonly nics: readonly Device[];
  /** The evidence lists the network cards: none listed means there is none. */
  readonly nicsListed: boolean;
  /** The disk that holds /, where the evidence tells. */
  readonly rootDisk: string | undefined;
  /** Frontends that Xen announces: they need not be in use. */
  readonly xenBus: readonly string[];
}

const notADisk = /^(sr|scd|fd|loop|ram|zram|dm-|md|nbd|rbd|drbd|mtd|pmem|st|cd)/;
/** Network cards that QEMU does not emulate for Xen: the machine's own, or functions of them. */
const realNics =
  /^(ena|ixgbe(vf)?|iavf|i40e(vf)?|ice|mlx[45]_core|mlx5_eth|bnxt_en|bnx2x?|be2net|sfc|tg3|qede|cxgb4(vf)?|nfp|ionic|gve)$/;

export function devicesOf(evidence: Evidence): Devices {
  const root = rootDiskOf(evidence);
  const { nics, listed } = nicsOf(evidence);
  return {
    disks: disksOf(evidence),
    nics,
    nicsListed: listed,
    rootDisk: root,
    xenBus: linesOf(evidence, 'ls /sys/bus/xen/devices')
      .flatMap((line) => line.split(/\s+/))
      .map((name) => name.replace(/[@/]$/, ''))
      .filter((name) => /^(vbd|vif)-/.test(name)),
  };
}

/** `… /sys/block/xvda/device/driver -> ../../bus/xen/drivers/vbd`, by the name between `folder` and `/device`. */
function driverLinks(evidence: Evidence, folder: string) {
  const wanted = new RegExp(`${folder}/([^/\\s]+)/device/driver\\s*->\\s*(\\S+)`);
  return [...evidence.keys()]
    .filter((label) => label.includes(`${folder}/`) && label.includes('/device/driver'))
    .flatMap((label) =>
      linesOf(evidence, label).flatMap((line) => {
        const [, name, target] = wanted.exec(line) ?? [];
        if (name !== undefined && target !== undefined) return [{ name, target, line }];
        // `readlink` of one device: the label has the name, the text only the target.
        const [, labelled] = new RegExp(`${folder}/([^/*\\s]+)/device/driver`).exec(label) ?? [];
        return labelled !== undefined && line.includes('/') && !line.includes('->')
          ? [{ name: labelled, target: line.trim(), line: `${label}: ${line.trim()}` }]
          : [];
      }),
    );
}

function kindOf(target: string, frontends: RegExp): DriverKind {
  const driver = target.split('/').pop() ?? '';
  if (/\/xen-backend\//.test(target)) return 'backend';
  if (frontends.test(driver)) return 'pv';
  return realNics.test(driver) ? 'passed-through' : 'other';
}

function disksOf(evidence: Evidence): readonly Device[] {
  const found = new Map<string, Device>();
  const add = (device: Device) => {
    if (!notADisk.test(device.name) && !found.has(device.name)) found.set(device.name, device);
  };
  const blockDevices = lsblkRows(evidence);
  const notDisks = new Set(blockDevices.filter((row) => row.type === 'rom').map((row) => row.name));
  for (const { name, target, line } of driverLinks(evidence, '/sys/block')) {
    if (/\/drivers\/(sr|ide-cdrom)$/.test(target) || notDisks.has(name)) continue;
    add({
      name,
      driver: target.split('/').pop(),
      kind: kindOf(target, /^(vbd|blkfront|xen[-_]blkfront)$/),
      line,
    });
  }
  // Where a device hangs in the tree tells as much: …/devices/vbd-51712/block/xvda, whatever its name.
  for (const line of linesOf(evidence, 'ls -l /sys/block', 'ls -l /sys/class/block')) {
    const [, path = '', name = ''] = /->\s*(\S*?)\/block\/([^/\s]+)$/.exec(line) ?? [];
    if (path === '' || path.includes('/virtual') || notDisks.has(name)) continue;
    if (/\/(pcn|xen-backend)/.test(path)) continue;
    add({ name, ...byPath(path, name), line });
  }
  for (const { name, type, line } of blockDevices) {
    if (type === 'disk')
      add({ name, driver: undefined, kind: name.startsWith('xvd') ? 'pv' : 'other', line });
  }
  // Names alone, as in `ls /sys/block`.
  for (const name of linesOf(evidence, 'ls /sys/block').flatMap((line) => line.split(/\s+/))) {
    if (/^(xvd|sd|hd|vd)[a-z]+$/.test(name)) {
      add({ name, driver: undefined, kind: name.startsWith('xvd') ? 'pv' : 'other', line: name });
    }
  }
  return [...found.values()];
}

function byPath(path: string, name: string): Pick<Device, 'driver' | 'kind'> {
  if (/\/vbd-\d+$/.test(path)) return { driver: 'vbd', kind: 'pv' };
  if (/\/virtio\d+$/.test(path)) return { driver: 'virtio_blk', kind: 'other' };
  if (name.startsWith('nvme')) return { driver: 'nvme', kind: 'other' };
  if (/\/(ata|host|target)\d*/.test(path)) return { driver: 'sd', kind: 'other' };
  return { driver: undefined, kind: name.startsWith('xvd') ? 'pv' : 'other' };
}

interface BlockRow {
  readonly name: string;
  readonly type: string;
  readonly mount: string | undefined;
  readonly line: string;
}

/** The rows of whatever `lsblk` was asked for: the name is first, the type a known word. */
function lsblkRows(evidence: Evidence): readonly BlockRow[] {
  return [...evidence.keys()]
    .filter((label) => /^lsblk\b/.test(label))
    .flatMap((label) => linesOf(evidence, label))
    .flatMap((line) => {
      const words = line.replace(/^[^A-Za-z0-9/]+/, '').split(/\s+/);
      const [name = ''] = words;
      if (name === '' || name === 'NAME') return [];
      const type = words.slice(1).find((word) => /^(disk|part|rom|lvm|crypt|loop|mpath|raid\d+)$/.test(word));
      const mount = words.at(-1)?.startsWith('/') ? words.at(-1) : undefined;
      return type === undefined ? [] : [{ name: name.replace(/^\/dev\//, ''), type, mount, line }];
    });
}

function nicsOf(evidence: Evidence): { readonly nics: readonly Device[]; readonly listed: boolean } {
  const found = new Map<string, Device>();
  const add = (device: Device) => {
    if (!found.has(device.name)) found.set(device.name, device);
  };
  for (const { name, target, line } of driverLinks(evidence, '/sys/class/net')) {
    add({
      name,
      driver: target.split('/').pop(),
      kind: kindOf(target, /^(vif|netfront|xen[-_]netfront)$/),
      line,
    });
  }
  const links = linesOf(evidence, 'ls -l /sys/class/net').filter((line) => line.includes('->'));
  for (const line of links) {
    const [, path = '', name = ''] = /->\s*(\S*?)\/net\/([^/\s]+)$/.exec(line) ?? [];
    if (path === '' || path.includes('/virtual')) continue;
    // dom0's end of a guest's card is vif-<domain>-<number>, a guest's own vif-<number>.
    if (/\/vif-\d+$/.test(path)) add({ name, driver: 'vif', kind: 'pv', line });
    else if (/\/vif-\d+-\d+$/.test(path)) add({ name, driver: 'vif', kind: 'backend', line });
    else add({ name, driver: undefined, kind: 'other', line });
  }
  if (found.size === 0) for (const device of cardsOnPci(evidence)) add(device);
  return { nics: [...found.values()], listed: links.length > 0 };
}

/** `lspci`: a card among the PCI devices was not unplugged. Its driver stands there with `-k` only. */
function cardsOnPci(evidence: Evidence): readonly Device[] {
  const cards: Device[] = [];
  for (const label of [...evidence.keys()].filter((key) => /^(\S*\/)?lspci\b/.test(key))) {
    let slot: string | undefined;
    for (const line of linesOf(evidence, label)) {
      const [, start = '', text = ''] = /^([0-9a-f]\S*[:.][0-9a-f.]+)\s(.*)$/i.exec(line) ?? [];
      if (start !== '') {
        slot = /Ethernet controller/i.test(text) ? start : undefined;
        if (slot !== undefined && !cards.some((card) => card.name === start)) {
          const emulated = /82540EM|RTL-?81(29|39)|8139|82574|RTL-?8029|79c97|vmxnet/i.test(text);
          cards.push({ name: start, driver: undefined, kind: emulated ? 'other' : 'passed-through', line });
        }
      }
      const [, driver] = /Kernel driver in use: (\S+)/.exec(line) ?? [];
      const last = cards.at(-1);
      if (driver !== undefined && slot !== undefined && last?.name === slot) {
        cards[cards.length - 1] = {
          ...last,
          driver,
          kind: kindOf(driver, /^vif$/),
          line: `${last.line}: ${line.trim()}`,
        };
      }
    }
  }
  return cards;
}

/** The device of /, as mounted: /dev/xvda2, /dev/mapper/vg-root, overlay. */
export function rootMount(
  evidence: Evidence,
): { readonly device: string; readonly type: string | undefined } | undefined {
  let root: { device: string; type: string | undefined } | undefined;
  for (const line of linesOf(evidence, 'mount')) {
    const [, device = '', type] = /^(\S+) on \/ (?:type (\S+)|\((\w+))/.exec(line) ?? [];
    // What was mounted over it comes later; the first is the kernel's own rootfs.
    if (device !== '') root = { device, type: type ?? /\((\w+)/.exec(line)?.[1] };
  }
  if (root !== undefined) return root;
  for (const line of linesOf(evidence, '/proc/mounts', '/proc/self/mounts', 'cat /proc/mounts')) {
    const [device = '', place, type] = line.split(' ');
    if (place === '/') root = { device, type };
  }
  return root;
}

function rootDiskOf(evidence: Evidence): string | undefined {
  const mounted = rootMount(evidence)?.device;
  const fromMount = mounted === undefined ? undefined : wholeDisk(mounted);
  if (fromMount !== undefined) return fromMount;
  // A logical volume or /dev/root: lsblk's tree names the disk above it, where it was asked for mount points.
  let disk: string | undefined;
  for (const row of lsblkRows(evidence)) {
    if (row.type === 'disk') disk = row.name;
    if (row.mount === '/') return disk;
  }
  const [, cmdline] = /(?:^|\s)root=(\/dev\/\S+)/.exec(textOf(evidence, '/proc/cmdline') ?? '') ?? [];
  return cmdline === undefined ? undefined : wholeDisk(cmdline);
}

function wholeDisk(device: string): string | undefined {
  const [, disk] =
    /^\/dev\/((?:xvd|sd|hd|vd)[a-z]+)\d*$/.exec(device) ??
    /^\/dev\/((?:nvme\d+n\d+|mmcblk\d+))(?:p\d+)?$/.exec(device) ??
    [];
  return disk;
}

/** `/sys/block/sda/device/driver -> …/sd` in a sentence. */
export function deviceLine(device: Device): string {
  return quoted(device.line.replace(/^[l-][rwx-]{9}[.+]?\s+\d+\s+\S+\s+\S+\s+\d+\s+\S+\s+\S+\s+\S+\s+/, ''));
}
