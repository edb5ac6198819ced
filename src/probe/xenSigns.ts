import type { Evidence } from '../model/guest';
import { deviceLine, devicesOf } from './devices';
import { hasInOrder, kernelLog, linesOf, quoted, textOf, type KernelLog } from './evidenceText';
import { pciCards } from './pci';

export const hypervisorFolder = '/sys/hypervisor';
const dmi = '/sys/class/dmi/id';
/** Where a machine without such firmware (ARM) names its hypervisor: xen,xen-4.17, xen,xen. */
const deviceTree = '/proc/device-tree/hypervisor/compatible';

/** The hypervisor's feature bits; undefined when they could not be read. */
export function features(evidence: Evidence): number | undefined {
  const text = textOf(evidence, `${hypervisorFolder}/properties/features`);
  return text !== undefined && /^(0x)?[0-9a-f]{1,8}$/i.test(text) ? parseInt(text, 16) : undefined;
}

/** What the firmware calls the machine; PV and PVH guests have no such firmware. */
export function dmiOf(evidence: Evidence) {
  const read = (file: string, keyword: string) => {
    const text =
      textOf(evidence, `${dmi}/${file}`) ??
      linesOf(evidence, `dmidecode -s ${keyword}`, `sudo dmidecode -s ${keyword}`).find(
        (line) => !line.startsWith('#') && !/denied|No such file|No SMBIOS/.test(line),
      );
    return text === undefined ? undefined : { text, label: `${dmi}/${file}` };
  };
  const vendor = read('sys_vendor', 'system-manufacturer');
  const product = read('product_name', 'system-product-name');
  const bios = read('bios_vendor', 'bios-vendor');
  const printed = kernelLog(evidence).lines.find((line) => /\bDMI: (?!not present)\S/.test(line));
  const isXen =
    vendor?.text === 'Xen' ||
    product?.text === 'HVM domU' ||
    bios?.text === 'Xen' ||
    / DMI: Xen HVM domU/.test(` ${printed ?? ''}`);
  const parts = [vendor, product, bios].filter((part) => part !== undefined);
  const line =
    parts.length > 0
      ? `The firmware (DMI) calls the machine ${quoted(parts.map((part) => part.text).join(' / '))} (${parts[0]?.label ?? ''} and beside).`
      : printed === undefined
        ? undefined
        : `The kernel printed ${quoted(printed)}.`;
  return {
    vendor: vendor?.text,
    product: product?.text,
    bios: bios?.text,
    isXen,
    present: line !== undefined,
    line,
  };
}

export function virtWhat(evidence: Evidence): readonly string[] {
  return linesOf(evidence, 'virt-what', 'sudo virt-what').map((line) => line.trim());
}

export function lscpuField(evidence: Evidence, field: string): string | undefined {
  const line = linesOf(evidence, 'lscpu').find((text) => text.trimStart().startsWith(`${field}:`));
  return line?.slice(line.indexOf(':') + 1).trim();
}

/** `systemd-detect-virt`: the machine it names (`none` included), from whichever call holds it. */
export function detectedMachine(
  evidence: Evidence,
): { readonly name: string; readonly label: string } | undefined {
  for (const label of ['systemd-detect-virt --vm', 'systemd-detect-virt -v', 'systemd-detect-virt']) {
    const name = textOf(evidence, label);
    if (name !== undefined && /^[a-z][a-z-]*$/.test(name)) return { name, label };
  }
  const journal = kernelLog(evidence).lines.flatMap(
    (line) => /Detected virtualization ([a-z-]+)\.?/.exec(line)?.[1] ?? [],
  );
  const [name] = journal;
  return name === undefined ? undefined : { name, label: 'Detected virtualization (systemd)' };
}

export interface BootLines {
  readonly log: KernelLog;
  /** The name after `Booting … kernel on`; 'PVH extensions' of kernels 3.14 to 4.10 is told as 'Xen PVH'. */
  readonly booted: { readonly name: string; readonly line: string } | undefined;
  /** The name after `Hypervisor detected:`. */
  readonly detected: { readonly name: string; readonly line: string } | undefined;
}

export function bootLines(evidence: Evidence): BootLines {
  const log = kernelLog(evidence);
  let booted: BootLines['booted'];
  let detected: BootLines['detected'];
  for (const line of log.lines) {
    const [, extensions, name] =
      /\bBooting (?:paravirtualized )?kernel (with PVH extensions )?on (.*\S)/.exec(line) ?? [];
    if (name !== undefined)
      booted = { name: extensions !== undefined && name === 'Xen' ? 'Xen PVH' : name, line };
    const [, hypervisor] = /Hypervisor detected: (.*\S)/.exec(line) ?? [];
    if (hypervisor !== undefined) detected = { name: hypervisor, line };
  }
  return { log, booted, detected };
}

export interface XenSign {
  readonly line: string;
  /** `weak`: a tool's word, or an interface that others imitate. */
  readonly strength: 'strong' | 'weak';
}

/** Every sign that this is Xen at all, in plain words; none: it may be Xen all the same, if little could be read. */
export function xenSigns(evidence: Evidence): readonly string[] {
  return allXenSigns(evidence).map(({ line }) => line);
}

/** As `xenSigns`, with what each is worth. */
export function allXenSigns(evidence: Evidence): readonly XenSign[] {
  const signs: XenSign[] = [];
  const strong = (line: string) => signs.push({ line, strength: 'strong' });
  const weak = (line: string) => signs.push({ line, strength: 'weak' });
  const type = textOf(evidence, `${hypervisorFolder}/type`);
  if (type === 'xen') strong(`${hypervisorFolder}/type says "xen".`);
  const tree = textOf(evidence, deviceTree);
  if (tree !== undefined && /\bxen\b/.test(tree)) strong(`${deviceTree} says ${quoted(tree)}.`);
  const { booted, detected } = bootLines(evidence);
  for (const found of [detected, booted]) {
    if (found !== undefined && /^Xen\b/.test(found.name)) strong(`The kernel printed ${quoted(found.line)}.`);
  }
  const { lines } = kernelLog(evidence);
  // How kernels of ARM greet Xen, and what their machine is called.
  const arm = lines.find((line) => /\bXen \d\S* support found|Machine model: XENVM/.test(line));
  if (arm !== undefined) strong(`The kernel printed ${quoted(arm)}.`);
  const firmware = dmiOf(evidence);
  if (firmware.isXen && firmware.line !== undefined) strong(firmware.line);
  const machine = detectedMachine(evidence);
  if (machine?.name === 'xen') weak(`${machine.label} says "xen".`);
  if (virtWhat(evidence).some((word) => word.startsWith('xen'))) {
    weak(`virt-what says ${quoted(virtWhat(evidence).join(' '))}.`);
  }
  if (lscpuField(evidence, 'Hypervisor vendor') === 'Xen') weak('lscpu says "Hypervisor vendor: Xen".');
  // An empty bus proves nothing: distributions' kernels register it everywhere.
  const { xenBus, disks, nics } = devicesOf(evidence);
  if (xenBus.length > 0) strong(`The Xen bus has devices: ${quoted(xenBus.join(' '))}.`);
  const front = [...disks, ...nics].find(({ kind, driver }) => kind === 'pv' && driver !== undefined);
  if (front !== undefined) strong(`A device runs on Xen's PV driver: ${deviceLine(front)}.`);
  const files = ['guest_type', 'properties/features', 'version/major', 'uuid'].filter(
    (file) => textOf(evidence, `${hypervisorFolder}/${file}`) !== undefined,
  );
  // Other hypervisors' kernels have /sys/hypervisor too (z/VM), with a type of their own.
  if (type === undefined && files.length > 0) strong(`${hypervisorFolder}/${files[0] ?? ''} is there.`);
  if (evidence.has('/proc/xen/capabilities')) strong('/proc/xen/capabilities is there.');
  else if (evidence.has('ls -la /proc/xen') || evidence.has('ls /proc/xen')) weak('/proc/xen is there.');
  const clocks = '/sys/devices/system/clocksource/clocksource0';
  const clock = textOf(evidence, `${clocks}/current_clocksource`, `${clocks}/available_clocksource`);
  if (clock?.split(/\s+/).includes('xen')) strong(`The clock source is ${quoted(clock)}.`);
  if (pciCards(evidence).some(({ line }) => /Xen Platform Device/.test(line))) {
    strong('lspci lists the "Xen Platform Device".');
  }
  const bsd = textOf(evidence, 'sysctl kern.vm_guest');
  if (bsd?.includes('xen')) strong(`sysctl kern.vm_guest says ${quoted(bsd)}.`);
  const bus = lines.find(
    (line) =>
      hasInOrder(line, 'pvbus0 at mainbus0', 'Xen') || hasInOrder(line, 'hypervisor0 at mainbus0', 'Xen'),
  );
  if (bus !== undefined) strong(`The kernel printed ${quoted(bus)}.`);
  return signs;
}

export function kernelRelease(evidence: Evidence): string | undefined {
  const text =
    textOf(evidence, '/proc/sys/kernel/osrelease', 'uname -r') ??
    textOf(evidence, 'uname -a')?.split(/\s+/)[2] ??
    /Linux version (\S+)/.exec(textOf(evidence, '/proc/version') ?? '')?.[1];
  return text ?? kernelLog(evidence).lines.flatMap((line) => /Linux version (\S+)/.exec(line)?.[1] ?? [])[0];
}
