import type { Evidence, ModeVerdict } from '../model/guest';
import { architecture, architectureFamily } from './architecture';
import { devicesOf, deviceLine } from './devices';
import { hasInOrder, kernelLog, linesOf, quoted, textOf } from './evidenceText';
import {
  bootLines,
  dmiOf,
  features,
  hypervisorFolder,
  kernelRelease,
  lscpuField,
  virtWhat,
  xenSigns,
} from './xenSigns';

export type Confidence = Exclude<ModeVerdict['confidence'], 'unknown'>;
/** The machine that Xen shows a guest, before its drivers are looked at. */
export type XenBase = 'PV' | 'HVM' | 'PVH';

export interface BaseVerdict {
  readonly base: XenBase;
  readonly confidence: Confidence;
  readonly because: readonly string[];
}

/** Bits of /sys/hypervisor/properties/features (xen/include/public/features.h). */
const autoTranslated = 1 << 2;
const hvmPirqs = 1 << 10;
const dom0Bit = 1 << 11;

/**
 * Is this the domain that governs the others? Only what Xen grants it says so: its feature bit, its capabilities, or a
 * tool that has read them. Firmware, and a tool that does not name Xen, are no such sign. `base`: what is known of its
 * own kind.
 */
export function dom0Verdict(evidence: Evidence, base: BaseVerdict | undefined): ModeVerdict | undefined {
  const because: string[] = [];
  const bits = features(evidence);
  const capabilities = textOf(evidence, '/proc/xen/capabilities', 'cat /proc/xen/capabilities');
  if (bits !== undefined && (bits & dom0Bit) !== 0) {
    const text = textOf(evidence, `${hypervisorFolder}/properties/features`) ?? '';
    because.push(`${hypervisorFolder}/properties/features is ${quoted(text)}: bit 11 (0x800), dom0, is set.`);
  }
  if (capabilities !== undefined && /\bcontrol_d\b/.test(capabilities)) {
    because.push(`/proc/xen/capabilities says ${quoted(capabilities)}.`);
  }
  if (virtWhat(evidence).includes('xen-dom0')) because.push('virt-what says "xen-dom0".');
  const own = base === undefined ? [] : base.because;
  if (because.length > 0) return { mode: 'dom0', confidence: 'certain', because: [...because, ...own] };

  // A bit or capabilities that are there and do not say so settle it.
  if (base?.base === 'HVM' || bits !== undefined || capabilities !== undefined) return undefined;
  // lscpu reads the capabilities, and calls only dom0 not virtualized.
  if (
    lscpuField(evidence, 'Hypervisor vendor') === 'Xen' &&
    lscpuField(evidence, 'Virtualization type') === 'none'
  ) {
    because.push('lscpu says "Hypervisor vendor: Xen", "Virtualization type: none".');
  }
  const ports = linesOf(evidence, 'ls -la /proc/xen', 'ls -l /proc/xen', 'ls /proc/xen').find((line) =>
    /\bxsd_(kva|port)\b/.test(line),
  );
  if (ports !== undefined) because.push(`/proc/xen has ${quoted(ports)}, which only dom0 has.`);
  if (because.length === 0) return undefined;
  return { mode: 'dom0', confidence: 'likely', because: [...because, ...own] };
}

/** PV, HVM or PVH; undefined when the evidence does not tell. The better source first. */
export function xenBase(evidence: Evidence): BaseVerdict | undefined {
  return fromArchitecture(evidence) ?? fromKernel(evidence) ?? fromMachine(evidence) ?? fromTools(evidence);
}

/**
 * PV, HVM and PVHVM are modes of x86. On ARM and RISC-V Xen has one kind of guest: the processor virtualizes it, nothing
 * is emulated, its devices are PV. Xen lists it as PVH, whatever name the kernel gives it (it writes "HVM" or "Xen").
 */
function fromArchitecture(evidence: Evidence): BaseVerdict | undefined {
  const family = architectureFamily(evidence);
  if ((family !== 'arm' && family !== 'riscv') || xenSigns(evidence).length === 0) return undefined;
  const name = architecture(evidence);
  const machine = family === 'arm' ? 'ARM' : 'RISC-V';
  return {
    base: 'PVH',
    confidence: 'likely',
    because: [
      ...xenSigns(evidence).slice(0, 2),
      `The machine is ${name === undefined ? machine : `${machine} (${quoted(name)})`}: there Xen has one kind of guest, which it lists as PVH.`,
    ],
  };
}

function fromKernel(evidence: Evidence): BaseVerdict | undefined {
  return fromGuestType(evidence) ?? fromBoot(evidence);
}

function fromGuestType(evidence: Evidence): BaseVerdict | undefined {
  const guestType = textOf(evidence, `${hypervisorFolder}/guest_type`);
  const said = `${hypervisorFolder}/guest_type says ${quoted(guestType ?? '')}.`;
  if (guestType === 'PV' || guestType === 'HVM' || guestType === 'PVH') {
    return { base: guestType, confidence: 'certain', because: [said] };
  }
  // The name that ARM kernels give; there Xen has one kind of guest, and xl calls it pvh.
  if (guestType === 'Xen') {
    return {
      base: 'PVH',
      confidence: 'likely',
      because: [`${said} That is an ARM guest, which Xen lists as PVH.`],
    };
  }
  return undefined;
}

/** Signs of the kernel itself that speak against what its guest_type says; the guest_type decides all the same. */
export function againstGuestType(evidence: Evidence): readonly string[] {
  const said = fromGuestType(evidence)?.base;
  if (said === undefined || (architectureFamily(evidence) ?? 'x86') !== 'x86') return [];
  const lines: string[] = [];
  const boot = fromBoot(evidence);
  if (boot?.confidence === 'certain' && boot.base !== said) {
    lines.push(`${boot.because.join(' ')} That is ${boot.base}, not ${said}.`);
  }
  const bits = features(evidence);
  if (bits !== undefined && ((bits & autoTranslated) === 0) !== (said === 'PV')) {
    const text = textOf(evidence, `${hypervisorFolder}/properties/features`) ?? '';
    lines.push(
      `${hypervisorFolder}/properties/features is ${quoted(text)}: its bit 2 says ${said === 'PV' ? 'HVM or PVH' : 'PV'}, not ${said}.`,
    );
  }
  return lines;
}

function fromBoot(evidence: Evidence): BaseVerdict | undefined {
  const { log, booted, detected } = bootLines(evidence);
  const confidence = log.ofThisBoot ? 'certain' : 'likely';
  const printed = (line: string) =>
    `The kernel printed ${quoted(line)}${log.ofThisBoot ? '.' : ` (from ${log.label}, which may be of an older boot).`}`;
  if (booted !== undefined) {
    const because = [printed(booted.line)];
    if (/^Xen PVH(?!VM)/.test(booted.name)) return { base: 'PVH', confidence, because };
    if (/^Xen (PV)?HVM/.test(booted.name)) return { base: 'HVM', confidence, because };
    if (/^Xen( PV)?$/.test(booted.name)) return { base: 'PV', confidence, because };
  }
  if (detected !== undefined) {
    if (detected.name === 'Xen PV') return { base: 'PV', confidence, because: [printed(detected.line)] };
    if (detected.name === 'Xen HVM') {
      if (booted !== undefined) {
        // Booted "on bare hardware" below it: the kernel was told to leave Xen alone (nopv, xen_nopv).
        return { base: 'HVM', confidence, because: [printed(detected.line), printed(booted.line)] };
      }
      const { base, why } = hvmOrPvh(evidence);
      return {
        base,
        confidence: 'likely',
        because: [`${printed(detected.line)} PVH kernels print that too.`, why],
      };
    }
  }
  return undefined;
}

function fromMachine(evidence: Evidence): BaseVerdict | undefined {
  const firmware = dmiOf(evidence);
  const bits = features(evidence);
  if (
    firmware.isXen &&
    firmware.line !== undefined &&
    (bits === undefined || (bits & autoTranslated) !== 0)
  ) {
    return {
      base: 'HVM',
      confidence: 'certain',
      because: [`${firmware.line} Only HVM guests have that firmware.`],
    };
  }
  if (bits !== undefined) {
    const text = `${hypervisorFolder}/properties/features is ${quoted(bits.toString(16).padStart(8, '0'))}`;
    if ((bits & autoTranslated) === 0) {
      const why = `${text}: without "auto translated physmap" (bit 2), so it is PV.`;
      return { base: 'PV', confidence: 'likely', because: [why] };
    }
    if ((bits & hvmPirqs) !== 0) {
      return {
        base: 'HVM',
        confidence: 'likely',
        because: [`${text}: with "hvm pirqs" (bit 10), so it is HVM.`],
      };
    }
    const { base, why } = hvmOrPvh(evidence);
    return { base, confidence: 'likely', because: [`${text}: it is HVM or PVH.`, why] };
  }
  const platform = linesOf(evidence, 'lspci', 'lspci -nnk', 'lspci -nn', 'lspci -k').find((line) =>
    /Xen Platform Device/.test(line),
  );
  if (platform !== undefined) {
    return {
      base: 'HVM',
      confidence: 'certain',
      because: [`lspci lists ${quoted(platform)}, which only HVM guests have.`],
    };
  }
  return undefined;
}

/** From here on it must be Xen by another sign, or by the tool's own word. */
function fromTools(evidence: Evidence): BaseVerdict | undefined {
  if (xenSigns(evidence).length === 0) return undefined;
  const likely = (base: XenBase, ...because: readonly string[]): BaseVerdict => ({
    base,
    confidence: 'likely',
    because,
  });
  const virtualization = lscpuField(evidence, 'Virtualization type');
  if (virtualization === 'para') return likely('PV', 'lscpu says "Virtualization type: para".');
  if (virtualization === 'full') {
    const { base, why } = hvmOrPvh(evidence);
    return likely(base, 'lscpu says "Virtualization type: full": it is HVM or PVH.', why);
  }
  const words = virtWhat(evidence);
  if (words.includes('xen-hvm')) return likely('HVM', `virt-what says ${quoted(words.join(' '))}.`);
  const release = kernelRelease(evidence);
  if (release !== undefined && /xen(U|0)?$/i.test(release)) {
    return likely(
      'PV',
      `The kernel ${quoted(release)} is a Xen kernel of the old kind, which runs as PV only.`,
    );
  }
  const clocks = textOf(evidence, '/sys/devices/system/clocksource/clocksource0/available_clocksource') ?? '';
  if (/\b(hpet|acpi_pm)\b/.test(clocks)) {
    return likely(
      'HVM',
      `The available clock sources are ${quoted(clocks)}: emulated timers, which only HVM guests have.`,
    );
  }
  if (textOf(evidence, 'sysctl kern.vm_guest')?.includes('xen')) {
    return likely('HVM', 'FreeBSD is HVM or PVH only, and sysctl kern.vm_guest says "xen".');
  }
  const bsd = kernelLog(evidence).lines.find((line) => hasInOrder(line, 'pvbus0 at mainbus0', 'Xen'));
  if (bsd !== undefined) return likely('HVM', `OpenBSD printed ${quoted(bsd)}.`);
  const seen = [...evidence.keys()].some((label) =>
    /^(ls( -\w+)? )?\/(proc\/xen|sys\/hypervisor)\b/.test(label),
  );
  // A guest_type that is none of the known words is no reason for PV.
  const named = textOf(evidence, `${hypervisorFolder}/guest_type`) !== undefined;
  if (
    !named &&
    (seen || devicesOf(evidence).xenBus.length > 0 || words.includes('xen-domU') || hasFrontend(evidence))
  ) {
    const firmware = textOf(evidence, 'ls /sys/firmware');
    if (firmware !== undefined && /\bacpi\b/.test(firmware) && !/\bdmi\b/.test(firmware)) {
      return likely('PVH', '/sys/firmware has acpi but no dmi, as in PVH guests; PV guests have neither.');
    }
    return likely(
      'PV',
      'The Xen interfaces are there, and no sign of the firmware that HVM guests have (DMI): it is PV, or PVH.',
      'To be sure, run: cat /sys/hypervisor/guest_type; on kernels before 4.13, as root: dmesg | grep Booting',
    );
  }
  return undefined;
}

function hasFrontend(evidence: Evidence): boolean {
  const { disks, nics } = devicesOf(evidence);
  return [...disks, ...nics].some((device) => device.kind === 'pv' && device.driver !== undefined);
}

/** An auto-translated guest: with firmware and PCI devices it is HVM, with neither PVH. */
function hvmOrPvh(evidence: Evidence): { readonly base: XenBase; readonly why: string } {
  const firmware = dmiOf(evidence);
  if (firmware.line !== undefined) return { base: 'HVM', why: `${firmware.line} PVH guests have none.` };
  const pci = evidence.get('ls /sys/bus/pci/devices') ?? evidence.get('lspci');
  if (pci?.trim()) return { base: 'HVM', why: `It has PCI devices (${quoted(pci)}); PVH guests have none.` };
  const { disks, nics } = devicesOf(evidence);
  const device = [...disks, ...nics].find(({ kind }) => kind !== 'pv' && kind !== 'backend');
  if (device !== undefined) {
    const which = device.kind === 'passed-through' ? 'a passed-through' : 'an emulated';
    return { base: 'HVM', why: `It has ${which} device: ${deviceLine(device)}.` };
  }
  const release = kernelRelease(evidence);
  if (release !== undefined && olderThan(release, 4, 11)) {
    return { base: 'HVM', why: `Its kernel ${quoted(release)} is older than PVH guests (4.11).` };
  }
  if (pci !== undefined || /\bacpi\b/.test(evidence.get('ls /sys/firmware') ?? '')) {
    return { base: 'PVH', why: 'It has neither the firmware (DMI) nor the PCI devices of an HVM guest.' };
  }
  return {
    base: 'HVM',
    why: 'Whether it has the firmware and PCI devices of an HVM guest could not be read; run: cat /sys/hypervisor/guest_type',
  };
}

function olderThan(release: string, major: number, minor: number): boolean {
  const [, first = '', second = ''] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  return first !== '' && (Number(first) < major || (Number(first) === major && Number(second) < minor));
}
