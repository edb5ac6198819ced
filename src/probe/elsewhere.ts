import type { Evidence, Mode, ModeVerdict } from '../model/guest';
import { architectureFamily } from './architecture';
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

/** Does the kernel, its clock or the firmware name a hypervisor other than Xen? */
export function namedElsewhere(evidence: Evidence): boolean {
  const { booted, detected } = bootLines(evidence);
  return (
    [detected, booted].some((found) => found !== undefined && namedMode(found.name) !== undefined) ||
    byClock(evidence) !== undefined ||
    byFirmware(evidence) !== undefined
  );
}

/** What the machine is when it is not Xen; undefined when nothing tells. */
export function elsewhere(evidence: Evidence): ModeVerdict | undefined {
  const votes: { readonly mode: Mode; readonly line: string }[] = [];
  const vote = (mode: Mode | undefined, line: string) => {
    if (mode !== undefined) votes.push({ mode, line });
  };

  const machine = detectedMachine(evidence);
  if (machine !== undefined) vote(namedMode(machine.name), `${machine.label} says ${quoted(machine.name)}.`);
  const { booted, detected } = bootLines(evidence);
  for (const found of [detected, booted]) {
    if (found !== undefined) vote(namedMode(found.name), `The kernel printed ${quoted(found.line)}.`);
  }
  const words = virtWhat(evidence);
  for (const word of words) vote(namedMode(word), `virt-what says ${quoted(words.join(' '))}.`);
  const vendor = lscpuField(evidence, 'Hypervisor vendor');
  if (vendor !== undefined) vote(namedMode(vendor), `lscpu says ${quoted(`Hypervisor vendor: ${vendor}`)}.`);
  const clock = byClock(evidence);
  if (clock !== undefined) vote(clock.mode, clock.line);
  const firmware = dmiOf(evidence);
  const brand = byFirmware(evidence);
  const [first] = votes;
  if (first !== undefined) {
    // QEMU's firmware is that of KVM as well, so it does not speak against another name.
    const differs = brand !== undefined && brand !== 'KVM' && brand !== first.mode;
    const others = [
      ...votes.filter(({ mode }) => mode !== first.mode).map(({ line }) => line),
      ...(differs && firmware.line !== undefined ? [firmware.line] : []),
      ...(machine?.name === 'none' ? [`${machine.label} says "none".`] : []),
    ];
    return {
      mode: first.mode,
      confidence: others.length === 0 ? 'certain' : 'likely',
      because: [
        ...votes.filter(({ mode }) => mode === first.mode).map(({ line }) => line),
        ...others.map((line) => `Against it: ${line}`),
      ],
    };
  }

  const cpu = cpuFlag(evidence);
  if (brand !== undefined)
    return { mode: brand, confidence: 'likely', because: [firmware.line ?? '', ...cpu.because] };

  const isOther = machine?.name === 'vm-other' || cpu.hypervisor === true;
  if (!isOther && (machine?.name === 'none' || cpu.hypervisor === false || firmware.line !== undefined)) {
    return bareMetal(evidence, machine, firmware.line);
  }
  if (isOther) {
    const said = machine === undefined ? [] : [`${machine.label} says ${quoted(machine.name)}.`];
    return {
      mode: 'other',
      confidence: 'likely',
      because: [...said, ...cpu.because, ...(firmware.line === undefined ? [] : [firmware.line])],
    };
  }
  return undefined;
}

/** The clock that a hypervisor gives its guests. */
function byClock(evidence: Evidence): { readonly mode: Mode; readonly line: string } | undefined {
  const clocks = textOf(evidence, '/sys/devices/system/clocksource/clocksource0/available_clocksource') ?? '';
  const line = `The available clock sources are ${quoted(clocks)}.`;
  if (/\bkvm-clock\b/.test(clocks)) return { mode: 'KVM', line };
  return /\bhyperv_clocksource/.test(clocks) ? { mode: 'Hyper-V', line } : undefined;
}

function byFirmware(evidence: Evidence): Mode | undefined {
  const firmware = dmiOf(evidence);
  const calls = [firmware.vendor, firmware.product, firmware.bios]
    .filter((text) => text !== undefined)
    .join(' / ');
  return (
    firmwareNames.find(([pattern]) => pattern.test(calls))?.[1] ?? amazon(calls, cpuFlag(evidence).hypervisor)
  );
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
  const sure = machine?.name === 'none' || firmware !== undefined;
  return { mode: 'bare metal', confidence: sure ? 'certain' : 'likely', because };
}

/** The mode that a hypervisor's name stands for; undefined for Xen, for none, and for a name nobody knows. */
export function namedMode(text: string): Mode | undefined {
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
  // Other processors have no such flag, whether virtualized or not.
  const isX86 = (architectureFamily(evidence) ?? 'x86') === 'x86' && /\bfpu\b/.test(flags ?? '');
  if (flags === undefined || !isX86) return { hypervisor: undefined, because: [] };
  return /\bhypervisor\b/.test(flags)
    ? { hypervisor: true, because: ['The CPU flags hold "hypervisor": something virtualizes this machine.'] }
    : { hypervisor: false, because: ['The CPU flags do not hold "hypervisor".'] };
}
