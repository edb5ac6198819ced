import type { Evidence } from '../model/guest';
import { kindByDriver, kindByModel, kindByPci, nicByText, type DriverKind } from './drivers';
import { kernelLog, linesOf, quoted, textOf } from './evidenceText';
import { pciCards, pciIdentity } from './pci';

export interface Device {
  /** sda, eth0; empty when only its kind is known. */
  readonly name: string;
  /** vbd, vif, sd, e1000, …; undefined when only the device was seen. */
  readonly driver: string | undefined;
  readonly kind: DriverKind;
  /** `likely`: the kind is what such a driver mostly means, nothing more. */
  readonly sure: 'certain' | 'likely';
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

/** Of each kind; the verdict rests on the first few. */
const mostDevices = 256;

const notADisk = /^(sr|scd|fd|loop|ram|zram|dm-|md|nbd|rbd|drbd|mtd|pmem|st|cd)/;
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

/** `… -> PATH/NAME` of a listing; both are empty where the line is none. */
function linkIn(line: string): { readonly path: string; readonly name: string } {
  const arrow = line.lastIndexOf('->');
  const target = line.slice(arrow + 2).trim();
  const at = target.lastIndexOf('/');
  return arrow < 0 || at < 0 || /\s/.test(target)
    ? { path: '', name: '' }
    : { path: target.slice(0, at), name: target.slice(at + 1) };
}

function disksOf(evidence: Evidence): readonly Device[] {
  const blockDevices = lsblkRows(evidence);
  const links = linesOf(evidence, 'ls -l /sys/block', 'ls -l /sys/class/block').flatMap((line) => {
    const { path, name } = linkIn(line);
    return path === '' ? [] : [{ name, path: path.replace(/\/block$/, ''), line }];
  });
  const paths = new Map(links.toReversed().map((link) => [link.name, link.path]));
  const found = new Map<string, Device>();
  const add = (name: string, driver: string | undefined, target: string, line: string) => {
    if (notADisk.test(name) || found.has(name) || found.size >= mostDevices) return;
    const path = paths.get(name);
    found.set(name, {
      name,
      driver,
      line,
      ...diskKind(evidence, { name, driver, target, path, blockDevices }),
    });
  };
  const notDisks = new Set(blockDevices.filter((row) => row.type === 'rom').map((row) => row.name));
  for (const { name, target, line } of driverLinks(evidence, '/sys/block')) {
    if (/\/drivers\/(sr|ide-cdrom)$/.test(target) || notDisks.has(name)) continue;
    add(name, target.split('/').pop(), target, line);
  }
  // Where a device hangs in the tree tells as much: …/devices/vbd-51712/block/xvda, whatever its name.
  for (const { name, path, line } of links) {
    if (notDisks.has(name) || /\/(pcn|xen-backend)/.test(path)) continue;
    if (path.includes('/virtual') && !/\/nvme-subsys/.test(path)) continue;
    add(name, driverByPath(path, name), '', line);
  }
  for (const { name, type, line } of blockDevices) {
    if (type === 'disk') add(name, name.startsWith('nvme') ? 'nvme' : undefined, '', line);
  }
  // Names alone, as in `ls /sys/block`.
  for (const name of linesOf(evidence, 'ls /sys/block').flatMap((line) => line.split(/\s+/))) {
    if (/^(xvd|sd|hd|vd)[a-z]+$/.test(name)) add(name, undefined, '', name);
  }
  return [...found.values()];
}

function driverByPath(path: string, name: string): string | undefined {
  if (/\/vbd-\d+$/.test(path)) return 'vbd';
  if (/\/virtio\d+$/.test(path)) return 'virtio_blk';
  if (name.startsWith('nvme')) return 'nvme';
  return /\/(ata|host|target)\d*/.test(path) ? 'sd' : undefined;
}

interface SeenDisk {
  readonly name: string;
  readonly driver: string | undefined;
  /** Where its driver's link leads; empty when none was seen. */
  readonly target: string;
  /** Where it hangs in /sys/devices. */
  readonly path: string | undefined;
  readonly blockDevices: readonly BlockRow[];
}

/** Who made a disk: by its own name, then by its PCI device, then by the driver of its controller. */
function diskKind(evidence: Evidence, disk: SeenDisk): Pick<Device, 'kind' | 'sure'> {
  const { name, driver = '', target, path } = disk;
  if (/\/xen-backend\//.test(target)) return { kind: 'backend', sure: 'certain' };
  if (kindByDriver(driver, 'disk') === 'pv') return { kind: 'pv', sure: 'certain' };
  if (driver === '' && name.startsWith('xvd')) return { kind: 'pv', sure: 'certain' };
  const folder = `/sys/block/${name}/device`;
  const model =
    textOf(evidence, `${folder}/model`) ?? disk.blockDevices.find((row) => row.name === name)?.model;
  const vendor = textOf(evidence, `${folder}/vendor`) ?? '';
  // A virtio disk has a PCI id for its vendor, and no model.
  const byModel = kindByModel(vendor.startsWith('0x') ? model : [vendor, model ?? ''].join(' '));
  if (byModel !== undefined) return { kind: byModel, sure: 'certain' };
  const controller = controllerOf(evidence, driver, path);
  const pci = pciIdentity(evidence, [`${folder}/device`], path);
  const byPci = kindByPci(pci, controller ?? pci?.driver);
  if (byPci !== undefined) return { kind: byPci, sure: 'certain' };
  const known = controller ?? pci?.driver;
  if (known !== undefined) return { kind: kindByDriver(known, 'disk'), sure: 'certain' };
  if (/\/session\d+\//.test(path ?? '')) return { kind: 'passed-through', sure: 'certain' };
  const printed = kernelLog(evidence).lines.some((line) => line.includes('QEMU HARDDISK'));
  return { kind: 'emulated', sure: printed ? 'certain' : 'likely' };
}

/** The driver of what a disk hangs on; `sd` and the like say nothing of that. */
function controllerOf(evidence: Evidence, driver: string, path: string | undefined): string | undefined {
  if (driver !== '' && !/^(sd|scsi|scsi_mod)$/.test(driver)) return driver;
  const host = /\/(host\d+)(?=\/|$)/.exec(path ?? '')?.[1];
  const named = host === undefined ? undefined : textOf(evidence, `/sys/class/scsi_host/${host}/proc_name`);
  if (named !== undefined && named !== '(null)') return named;
  return /\/usb\d+\//.test(path ?? '') ? 'usb-storage' : undefined;
}

interface BlockRow {
  readonly name: string;
  readonly type: string;
  readonly mount: string | undefined;
  readonly model: string | undefined;
  readonly line: string;
}

/** Columns of lsblk that are never empty for a disk: what stands before the model can be counted in words. */
const filledColumns = /^(NAME|KNAME|TYPE|SIZE|MAJ:MIN|RM|RO|ROTA)$/;

/**
 * The rows of whatever `lsblk` was asked for: the name is first, the type a known word. Where the headline has no type
 * (util-linux 2.19), the place in the tree and the name tell it.
 */
function lsblkRows(evidence: Evidence): readonly BlockRow[] {
  return [...evidence.keys()]
    .filter((label) => /^lsblk\b/.test(label))
    .flatMap((label) => {
      let columns: readonly string[] = [];
      return linesOf(evidence, label).flatMap((line) => {
        const words = line.replace(/^[^A-Za-z0-9/]+/, '').split(/\s+/);
        const [name = ''] = words;
        if (name === 'NAME') columns = words;
        if (name === '' || name === 'NAME') return [];
        const hasNoType = columns.length > 0 && !columns.includes('TYPE');
        const type = hasNoType
          ? typeByPlace(line, words)
          : words.slice(1).find((word) => typeWord.test(word));
        if (type === undefined) return [];
        const mount = words.at(-1)?.startsWith('/') ? words.at(-1) : undefined;
        const before = columns.length - 1;
        const isReadable =
          columns[before] === 'MODEL' && columns.slice(0, before).every((word) => filledColumns.test(word));
        const model = isReadable ? words.slice(before).join(' ').trim() : '';
        const made = model === '' && /QEMU[ _]HARDDISK/.test(line) ? 'QEMU HARDDISK' : model;
        return [{ name: name.replace(/^\/dev\//, ''), type, mount, model: made || undefined, line }];
      });
    });
}

const typeWord = /^(disk|part|rom|lvm|crypt|loop|mpath|raid\d+)$/;

/** The type of a row of `lsblk` that does not print it; device-mapper names have `(dm-0)` after them. */
function typeByPlace(line: string, [name = '', second = '']: readonly string[]): string {
  if (/^\(dm-\d+\)$/.test(second)) return 'lvm';
  if (!/^[A-Za-z0-9/]/.test(line)) return 'part';
  if (/^(\/dev\/)?(sr|scd)\d/.test(name)) return 'rom';
  return 'disk';
}

function nicsOf(evidence: Evidence): { readonly nics: readonly Device[]; readonly listed: boolean } {
  const links = linesOf(evidence, 'ls -l /sys/class/net').flatMap((line) => {
    const { path, name } = linkIn(line);
    return path.endsWith('/net') ? [{ name, path: path.slice(0, -'/net'.length), line }] : [];
  });
  const paths = new Map(links.toReversed().map((link) => [link.name, link.path]));
  const found = new Map<string, Device>();
  const add = (name: string, driver: string | undefined, kind: DriverKind | undefined, line: string) => {
    if (found.has(name) || found.size >= mostDevices) return;
    const pci = pciIdentity(evidence, [`/sys/class/net/${name}/device`], paths.get(name));
    const runs = driver ?? pci?.driver;
    const byDriver = kind ?? (runs === undefined ? undefined : kindByDriver(runs, 'nic'));
    const byText = pci?.text === undefined ? 'either' : nicByText(pci.text);
    found.set(name, { name, driver: runs, line, ...sureKind(byDriver ?? byText, kindByPci(pci, runs)) });
  };
  for (const { name, target, line } of driverLinks(evidence, '/sys/class/net')) {
    const backend = /\/xen-backend\//.test(target);
    add(name, target.split('/').pop(), backend ? 'backend' : undefined, line);
  }
  for (const { name, path, line } of links) {
    if (path.includes('/virtual')) continue;
    // dom0's end of a guest's card is vif-<domain>-<number>, a guest's own vif-<number>.
    if (/\/vif-\d+$/.test(path)) add(name, 'vif', 'pv', line);
    else if (/\/vif-\d+-\d+$/.test(path)) add(name, 'vif', 'backend', line);
    else add(name, undefined, undefined, line);
  }
  if (found.size === 0) {
    for (const { slot, line, isNic, identity } of pciCards(evidence)) {
      if (!isNic) continue;
      const { driver, text = '' } = identity;
      const kind = driver === undefined ? nicByText(text) : kindByDriver(driver, 'nic');
      found.set(slot, { name: slot, driver, line, ...sureKind(kind, kindByPci(identity, driver)) });
    }
  }
  return { nics: [...found.values()], listed: links.length > 0 };
}

/** The device's own identity decides where the driver leaves it open. */
function sureKind(
  byDriver: DriverKind,
  byPci: 'emulated' | 'passed-through' | undefined,
): Pick<Device, 'kind' | 'sure'> {
  const kind = byDriver === 'either' || byPci === 'emulated' ? keepXen(byDriver, byPci) : byDriver;
  return { kind, sure: kind === 'either' ? 'likely' : 'certain' };
}

function keepXen(byDriver: DriverKind, byPci: 'emulated' | 'passed-through' | undefined): DriverKind {
  return byDriver === 'pv' || byDriver === 'backend' ? byDriver : (byPci ?? byDriver);
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
