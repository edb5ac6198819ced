import type { Evidence, Mode, ModeVerdict } from '../model/guest';
import { linesOf, quoted, textOf } from './evidenceText';
import { bootLines, detectedMachine, dmiOf, lscpuField, virtWhat } from './xenSigns';

/** Names that systemd-detect-virt, virt-what, lscpu and the kernel give, in lower case. */
const names: readonly (readonly [RegExp, Mode])[] = [
  [/^(kvm|amazon|google|aws)$/, 'KVM'],
  [/^vmware\b/, 'VMware'],
  [/^(microsoft|hyperv|hyper-v|microsoft hyper-?v)$/, 'Hyper-V'],
  [
    /^(qemu|oracle|virtualbox|innotek|parallels|bhyve|bochs|uml|powervm|zvm|qnx|acrn|apple|sre|nutanix.*|jailhouse)\b/,
    'other',
  ],
];

/** Firmware strings: vendor, product or BIOS, as the machine's maker wrote them. */
const firmwareNames: readonly (readonly [RegExp, Mode])[] = [
  [/VMware/i, 'VMware'],
  [/Microsoft Corporation \/ Virtual Machine/i, 'Hyper-V'],
  [
    /\b(KVM|QEMU|Bochs|SeaBIOS)\b|Google Compute Engine|OpenStack|DigitalOcean|Alibaba Cloud|oVirt|RHEV|Hetzner \/ vServer|\bLinode\b|Firecracker/i,
    'KVM',
  ],
  [/VirtualBox|innotek|Parallels|BHYVE|Apple Virtualization|Cloud Hypervisor/i, 'other'],
];

/** What the machine is when it is not Xen; undefined when nothing tells. */
export function elsewhere(evidence: Evidence): ModeVerdict | undefined {
  const because: string[] = [];
  let mode: Mode | undefined;
  const vote = (found: Mode | undefined, line: string) => {
    if (found === undefined) return;
    mode ??= found;
    if (mode === found) because.push(line);
  };

  const machine = detectedMachine(evidence);
  if (machine !== undefined && machine.name !== 'none')
    vote(named(machine.name), `${machine.label} says ${quoted(machine.name)}.`);
  const { booted, detected } = bootLines(evidence);
  for (const found of [detected, booted]) {
    if (found !== undefined) vote(named(found.name), `The kernel printed ${quoted(found.line)}.`);
  }
  const words = virtWhat(evidence);
  for (const word of words) vote(named(word), `virt-what says ${quoted(words.join(' '))}.`);
  const vendor = lscpuField(evidence, 'Hypervisor vendor');
  if (vendor !== undefined) vote(named(vendor), `lscpu says ${quoted(`Hypervisor vendor: ${vendor}`)}.`);
  const clocks = textOf(evidence, '/sys/devices/system/clocksource/clocksource0/available_clocksource') ?? '';
  if (/\bkvm-clock\b/.test(clocks)) vote('KVM', `The available clock sources are ${quoted(clocks)}.`);
  if (/\bhyperv_clocksource/.test(clocks))
    vote('Hyper-V', `The available clock sources are ${quoted(clocks)}.`);
  if (mode !== undefined) return { mode, confidence: 'certain', because };

  const cpu = cpuFlag(evidence);
  const firmware = dmiOf(evidence);
  const calls = [firmware.vendor, firmware.product, firmware.bios]
    .filter((text) => text !== undefined)
    .join(' / ');
  const brand = firmwareNames.find(([pattern]) => pattern.test(calls))?.[1] ?? amazon(calls, cpu.hypervisor);
  if (brand !== undefined)
    return { mode: brand, confidence: 'likely', because: [firmware.line ?? '', ...cpu.because] };

  if (
    machine?.name === 'none' ||
    cpu.hypervisor === false ||
    (firmware.line !== undefined && cpu.hypervisor === undefined)
  ) {
    return bareMetal(evidence, machine, firmware.line);
  }
  if (cpu.hypervisor === true) {
    return {
      mode: 'other',
      confidence: 'likely',
      because: [...cpu.because, ...(firmware.line === undefined ? [] : [firmware.line])],
    };
  }
  return undefined;
}

function bareMetal(
  evidence: Evidence,
  machine: ReturnType<typeof detectedMachine>,
  firmware: string | undefined,
): ModeVerdict | undefined {
  const cpu = cpuFlag(evidence);
  const because = [
    ...(machine?.name === 'none' ? [`${machine.label} says "none".`] : []),
    ...cpu.because,
    ...(firmware === undefined ? [] : [firmware]),
  ];
  if (machine?.name !== 'none' && cpu.hypervisor === undefined) {
    // A maker's name alone: a hypervisor can pass its host's names on to a guest.
    return { mode: 'bare metal', confidence: 'likely', because };
  }
  if (cpu.hypervisor === true) {
    // systemd knows the hypervisors; the flag says there is one that it does not know.
    return { mode: 'other', confidence: 'likely', because };
  }
  const sure = machine?.name === 'none' || firmware !== undefined;
  return { mode: 'bare metal', confidence: sure ? 'certain' : 'likely', because };
}

function named(text: string): Mode | undefined {
  const name = text.trim().toLowerCase();
  return names.find(([pattern]) => pattern.test(name))?.[1];
}

/** Amazon writes the same names on its bare machines as on its KVM ones. */
function amazon(calls: string, hypervisor: boolean | undefined): Mode | undefined {
  if (!/Amazon EC2/.test(calls) || hypervisor === false || /\bmetal\b/.test(calls)) return undefined;
  return 'KVM';
}

/** CPUID's hypervisor bit, as the kernel lists it; undefined when the flags could not be read. */
function cpuFlag(evidence: Evidence): {
  readonly hypervisor: boolean | undefined;
  readonly because: readonly string[];
} {
  const flags =
    linesOf(evidence, '/proc/cpuinfo').find((line) => /^flags\s*:/.test(line)) ??
    linesOf(evidence, 'lscpu').find((line) => /^\s*Flags:/.test(line));
  if (flags === undefined) return { hypervisor: undefined, because: [] };
  return /\bhypervisor\b/.test(flags)
    ? { hypervisor: true, because: ['The CPU flags hold "hypervisor": something virtualizes this machine.'] }
    : { hypervisor: false, because: ['The CPU flags do not hold "hypervisor".'] };
}
