import type { Evidence, Facts } from '../model/guest';
import { architecture } from './architecture';
import { isXenOutvoted } from './conflicts';
import { devicesOf, rootMount } from './devices';
import { clean, kernelLog, linesOf, textOf } from './evidenceText';
import { detectMode } from './mode';
import { detectedMachine, dmiOf, kernelRelease, lscpuField, xenSigns } from './xenSigns';

const vulnerabilities = '/sys/devices/system/cpu/vulnerabilities/';

/** What one probe concluded. What could not be read, or makes no sense, is left out. */
export function factsFrom(evidence: Evidence): Facts {
  const found = {
    hostname: first(textOf(evidence, '/proc/sys/kernel/hostname', 'hostname')) ?? unameField(evidence, 1),
    kernel: first(kernelRelease(evidence)),
    distribution: distribution(evidence),
    architecture: architecture(evidence),
    cpuModel: cpuModel(evidence),
    vcpus: vcpus(evidence),
    memoryBytes: memoryBytes(evidence),
    hypervisor: hypervisor(evidence),
    hypervisorVersion: hypervisorVersion(evidence),
    clockSource: first(textOf(evidence, '/sys/devices/system/clocksource/clocksource0/current_clocksource')),
    rootDisk: rootMount(evidence)?.device ?? dfDevice(evidence),
    rootFilesystem: rootMount(evidence)?.type,
    diskDriver: diskDriver(evidence),
    networkDriver: drivers(devicesOf(evidence).nics.filter((nic) => nic.kind !== 'backend')),
    load: load(evidence),
    uptimeSeconds: positive(textOf(evidence, '/proc/uptime')?.split(/\s+/)[0]),
    bootId: /^[0-9a-f-]{36}$/.exec(textOf(evidence, '/proc/sys/kernel/random/boot_id') ?? '')?.[0],
    machineId: machineId(evidence),
  };
  return {
    mode: detectMode(evidence),
    mitigations: mitigations(evidence),
    ...(withoutAbsent(found) as { readonly [K in keyof typeof found]?: NonNullable<(typeof found)[K]> }),
  };
}

function withoutAbsent(object: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

/** One line without control characters; undefined when nothing is left. */
function first(text: string | undefined): string | undefined {
  const line = clean(text?.split(/\r?\n/)[0] ?? '');
  return line === '' ? undefined : line.slice(0, 300);
}

function positive(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+(\.\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function unameField(evidence: Evidence, index: number): string | undefined {
  return first(textOf(evidence, 'uname -a')?.split(/\s+/)[index]);
}

function distribution(evidence: Evidence): string | undefined {
  const values = new Map<string, string>();
  for (const line of linesOf(evidence, '/etc/os-release', 'cat /etc/os-release')) {
    const [, key, value] = /^([A-Z_]+)=(.*)$/.exec(line.trim()) ?? [];
    if (key !== undefined && value !== undefined) values.set(key, value.replace(/^(["'])(.*)\1$/, '$2'));
  }
  const name = values.get('NAME');
  return first(
    values.get('PRETTY_NAME') ?? (name && [name, values.get('VERSION')].filter(Boolean).join(' ')),
  );
}

function cpuModel(evidence: Evidence): string | undefined {
  const line = linesOf(evidence, '/proc/cpuinfo').find((text) => /^model name\s*:/.test(text));
  return first(line?.slice(line.indexOf(':') + 1)) ?? first(lscpuField(evidence, 'Model name'));
}

function vcpus(evidence: Evidence): number | undefined {
  const count = (text: string | undefined) =>
    text !== undefined && /^[1-9]\d{0,4}$/.test(text) ? Number(text) : undefined;
  // Not `nproc` first: it counts what this login may use, not what the guest has.
  const listed = linesOf(evidence, '/proc/cpuinfo').filter((line) => /^processor\s*:/.test(line)).length;
  return (
    online(textOf(evidence, '/sys/devices/system/cpu/online')) ??
    count(lscpuField(evidence, 'CPU(s)')) ??
    count(textOf(evidence, 'nproc')) ??
    (listed > 0 ? listed : undefined)
  );
}

/** `0-3,8` → 5. */
function online(ranges: string | undefined): number | undefined {
  if (ranges === undefined || !/^\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*$/.test(ranges)) return undefined;
  return ranges.split(',').reduce((sum, range) => {
    const [from = 0, to = from] = range.split('-').map(Number);
    return sum + Math.max(0, to - from + 1);
  }, 0);
}

function memoryBytes(evidence: Evidence): number | undefined {
  const [, kibibytes] = /^MemTotal:\s*(\d+) kB/m.exec(evidence.get('/proc/meminfo') ?? '') ?? [];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

function hypervisor(evidence: Evidence): string | undefined {
  if (xenSigns(evidence).length > 0 && !isXenOutvoted(evidence)) return 'xen';
  const machine = detectedMachine(evidence)?.name;
  if (machine !== undefined && machine !== 'none' && detectMode(evidence).mode !== 'container')
    return machine;
  return first(lscpuField(evidence, 'Hypervisor vendor'));
}

function hypervisorVersion(evidence: Evidence): string | undefined {
  const part = (name: string) => textOf(evidence, `/sys/hypervisor/version/${name}`);
  const [major, minor] = [part('major'), part('minor')];
  if (major !== undefined && minor !== undefined) return first(`${major}.${minor}${part('extra') ?? ''}`);
  const printed = kernelLog(evidence).lines.flatMap(
    (line) => /Xen version:? ?([0-9][\w.-]*[\w])/.exec(line)?.[1] ?? [],
  );
  if (printed.length > 0) return printed.at(-1);
  const firmware = dmiOf(evidence);
  if (!firmware.isXen) return undefined;
  return first(textOf(evidence, '/sys/class/dmi/id/bios_version', '/sys/class/dmi/id/product_version'));
}

function dfDevice(evidence: Evidence): string | undefined {
  const line = linesOf(evidence, 'df -P /', 'df /').find((text) => / \/$/.test(text));
  return line?.split(/\s+/)[0];
}

/** The driver of the disk that holds /; where that is not known, of every disk. */
function diskDriver(evidence: Evidence): string | undefined {
  const { disks, rootDisk } = devicesOf(evidence);
  const root = disks.filter((disk) => disk.name === rootDisk);
  return drivers(root.length > 0 ? root : disks);
}

function drivers(devices: readonly { readonly driver: string | undefined }[]): string | undefined {
  const unique = [
    ...new Set(devices.flatMap((device) => (device.driver === undefined ? [] : [clean(device.driver)]))),
  ];
  return unique.length === 0 ? undefined : unique.sort().join(', ');
}

function load(evidence: Evidence): [number, number, number] | undefined {
  const [one, five, fifteen] = (textOf(evidence, '/proc/loadavg') ?? '')
    .split(/\s+/)
    .slice(0, 3)
    .map(positive);
  return one === undefined || five === undefined || fifteen === undefined ? undefined : [one, five, fifteen];
}

/** The digest of the machine's id (the id itself stays in the guest). */
function machineId(evidence: Evidence): string | undefined {
  const text = textOf(evidence, 'sha256sum /etc/machine-id', '/etc/machine-id');
  return /^[0-9a-f]{32}/.exec(text ?? '')?.[0];
}

function mitigations(evidence: Evidence): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [label, text] of evidence) {
    const said = first(text);
    const name = label.startsWith(vulnerabilities) ? label.slice(vulnerabilities.length) : '';
    if (/^\w+$/.test(name) && said !== undefined) found[name] = said;
  }
  return found;
}
