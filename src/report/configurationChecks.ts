import type { Facts, Mode } from '../model/guest';
import { found, passed, unknown, type Side } from './checks';
import { differentMitigations, isNearlySize } from './facts';
import { capitalized, formatBytes, listed } from './format';
import type { ComparabilityCheck, Weight } from './shape';

interface Configuration {
  readonly id: string;
  readonly title: string;
  readonly phrase: string;
  readonly of: (facts: Facts) => string | undefined;
  readonly weight: Weight;
  readonly advice: string;
  /** Where the modes themselves bring the difference along: why it counts for less then. */
  readonly expected?: (values: readonly string[], modes: readonly Mode[]) => string | undefined;
  /** Values that count as the same one. */
  readonly alike?: (a: Facts, b: Facts) => boolean;
}

const xenModes: readonly Mode[] = ['PV', 'HVM', 'PVHVM', 'PVH'];
const differ = (modes: readonly Mode[]) => new Set(modes).size > 1;

const configurations: readonly Configuration[] = [
  {
    id: 'architecture',
    title: 'Architecture',
    phrase: "the guests' architectures differ",
    of: (f) => f.architecture,
    weight: 'blocks',
    advice: 'The two run different programs, whatever their mode. Compare guests of one architecture.',
  },
  {
    id: 'cpu-model',
    title: 'CPU model',
    phrase: "the guests' CPU models differ",
    of: (f) => f.cpuModel,
    weight: 'blocks',
    advice:
      'Guests of one host see one CPU unless it is masked or emulated for one of them, which changes the instructions that programs use. Give both the same CPU, or correct the host in the lab file.',
  },
  {
    id: 'vcpus',
    title: 'vCPUs',
    phrase: "the guests' numbers of vCPUs differ",
    of: (f) => f.vcpus?.toString(),
    weight: 'blocks',
    advice:
      'Workloads that use all CPUs scale with their number, by more than modes differ, and no mode brings it along. Give both the same number.',
  },
  {
    id: 'memory',
    title: 'Memory',
    phrase: "the guests' memory sizes differ",
    of: ({ memoryBytes }) => (memoryBytes === undefined ? undefined : formatBytes(memoryBytes)),
    alike: (a, b) => isNearlySize(a.memoryBytes, b.memoryBytes),
    weight: 'weakens',
    advice:
      'What fits into memory is not read from the disk: results of disk workloads can be of the size alone. Give both the same size.',
  },
  {
    id: 'kernel',
    title: 'Kernel',
    phrase: "the guests' kernels differ",
    of: (f) => f.kernel,
    weight: 'weakens',
    advice:
      'Schedulers, drivers and mitigations change from kernel to kernel, so a part of a result can be the kernel’s. Boot the same kernel in both.',
  },
  {
    id: 'distribution',
    title: 'Distribution',
    phrase: "the guests' distributions differ",
    of: (f) => f.distribution,
    weight: 'weakens',
    advice:
      'Compilers, libraries and tools come from the distribution, so the programs measured are not the same. Use one image for both.',
  },
  {
    id: 'clock-source',
    title: 'Clock source',
    phrase: "the guests' clock sources differ",
    of: (f) => f.clockSource,
    weight: 'weakens',
    advice:
      'Programs that often ask for the time pay for a slow clock source. Choose the same one in both (clocksource= on the kernel’s command line).',
    expected: (values, modes) =>
      differ(modes) &&
      modes.every((mode) => xenModes.includes(mode)) &&
      values.every((value) => value === 'xen' || value === 'tsc')
        ? 'The clock source comes with the mode on Xen, so what it costs is a part of what the mode costs.'
        : undefined,
  },
  {
    id: 'hypervisor',
    title: 'Hypervisor',
    phrase: "the guests' hypervisors differ",
    of: (f) =>
      [f.hypervisor?.toLowerCase(), f.hypervisorVersion].filter((part) => part !== undefined).join(' ') ||
      undefined,
    weight: 'weakens',
    advice:
      'Guests of one host run on one hypervisor, so these two may be on different hosts, or one was read wrongly. Check the hosts in the lab file.',
    expected: (_, modes) =>
      modes.some((mode) => !xenModes.includes(mode)) && differ(modes)
        ? 'Another mode can be another hypervisor: that is what is compared.'
        : undefined,
  },
  {
    id: 'root-disk',
    title: 'Root disk',
    phrase: "the guests' root disks differ",
    of: (f) => f.rootDisk,
    weight: 'weakens',
    advice:
      'Another disk can lie on another storage, so disk results can be the storage’s. Put both on the same kind of storage.',
    expected: (values, modes) =>
      differ(modes) && values.every((value) => /^(?:\/dev\/)?(?:xvd|sd|hd|vd|nvme)/.test(value))
        ? 'A disk’s name follows its driver, which comes with the mode. Check that both lie on the same storage.'
        : undefined,
  },
  {
    id: 'root-filesystem',
    title: 'Root file system',
    phrase: "the guests' root file systems differ",
    of: (f) => f.rootFilesystem,
    weight: 'weakens',
    advice: 'Disk results can be the file system’s. Use the same one in both.',
  },
  {
    id: 'disk-driver',
    title: 'Disk driver',
    phrase: "the guests' disk drivers differ",
    of: (f) => f.diskDriver,
    weight: 'weakens',
    advice: 'Disk results can be the driver’s. Attach the disks in the same way.',
    expected: (_, modes) =>
      differ(modes)
        ? 'How a guest reaches its disk is a part of its mode, and so is what that costs.'
        : undefined,
  },
  {
    id: 'network-driver',
    title: 'Network driver',
    phrase: "the guests' network drivers differ",
    of: (f) => f.networkDriver,
    weight: 'weakens',
    advice: 'Web results can be the driver’s. Attach the network cards in the same way.',
    expected: (_, modes) =>
      differ(modes)
        ? 'How a guest reaches its network is a part of its mode, and so is what that costs.'
        : undefined,
  },
];

/** What the guests are, side by side. With the same mode on both sides, a single difference is what is compared. */
export function configurationChecks(baseline: Side, candidate: Side): ComparabilityCheck[] {
  const modes = [...baseline.subjects, ...candidate.subjects].map(({ guest }) => guest.mode);
  const checks = [
    ...configurations.map((one) => configurationCheck(one, baseline, candidate, modes)),
    mitigationsCheck(baseline, candidate, modes),
    ...virtualHostCheck(baseline, candidate),
  ];
  const isOneMode = !differ(modes) && !modes.includes('unknown');
  return isOneMode ? ofOneMode(checks) : checks;
}

function ofOneMode(checks: readonly ComparabilityCheck[]): ComparabilityCheck[] {
  const differences = checks.filter(({ weight }) => weight === 'blocks' || weight === 'weakens');
  const single = differences.length === 1;
  return checks.map((check) =>
    differences.includes(check)
      ? {
          ...check,
          weight: single ? 'worth knowing' : 'weakens',
          advice: single
            ? 'The guests have the same mode, and this is all that was found to differ: it is what is compared.'
            : `The guests have the same mode, and differ in ${listed(differences.map(({ title }) => title.toLowerCase()))}: which of these explains a result cannot be told. Let them differ in one thing.`,
        }
      : check,
  );
}

function configurationCheck(
  one: Configuration,
  baseline: Side,
  candidate: Side,
  modes: readonly Mode[],
): ComparabilityCheck {
  const { id, title, phrase, weight, advice, expected } = one;
  const [a, b] = [valuesOf(one, baseline), valuesOf(one, candidate)];
  if (a.length === 0 || b.length === 0) return unknown(id, title, notKnown(baseline, candidate, a, b));
  const facts = [...baseline.subjects, ...candidate.subjects].flatMap((subject) => subject.facts ?? []);
  const values = [...new Set([...a, ...b])];
  const [first] = facts;
  if (values.length === 1 || (one.alike && first && facts.every((other) => one.alike?.(first, other)))) {
    return passed(
      id,
      title,
      values.length === 1
        ? `${values[0] ?? ''} in ${modes.length === 2 ? 'both' : 'all'}`
        : `${listed(values)}: the same size`,
    );
  }
  const seen = `${baseline.name} has ${listed(a)}, ${candidate.name} has ${listed(b)}.`;
  const about = { id, title, phrase };
  if ([...a].sort().join('\n') === [...b].sort().join('\n')) {
    return found(
      about,
      'worth knowing',
      seen,
      'It varies from guest to guest, and alike on both sides, so it widens the interval rather than shifting the result.',
    );
  }
  const because = expected?.(values, modes);
  return found(
    about,
    because === undefined ? weight : 'worth knowing',
    `${capitalized(phrase)}: ${seen}`,
    because ?? advice,
  );
}

function valuesOf({ of }: Configuration, { subjects }: Side): string[] {
  return [...new Set(subjects.flatMap(({ facts }) => (facts && of(facts)) ?? []))];
}

function notKnown(baseline: Side, candidate: Side, a: readonly string[], b: readonly string[]): string {
  if (a.length === 0 && b.length === 0) return 'Not known of either';
  const [known, values, other] =
    a.length > 0 ? [baseline.name, a, candidate.name] : [candidate.name, b, baseline.name];
  return `${known} has ${listed(values)}; not known of ${other}`;
}

/** Models that QEMU makes up: Xen hands on its host's, so the host has one of these itself. */
const madeUp = /\b(?:QEMU|TCG|KVM)\b/i;

/** Whether the Xen host is itself a virtual machine; nothing where no guest of Xen tells its CPU. */
function virtualHostCheck(baseline: Side, candidate: Side): ComparabilityCheck[] {
  const models = [...baseline.subjects, ...candidate.subjects].flatMap(({ guest, facts }) =>
    xenModes.includes(guest.mode) ? (facts?.cpuModel ?? []) : [],
  );
  const virtual = models.find((model) => madeUp.test(model));
  if (models.length === 0) return [];
  const about = {
    id: 'virtual-host',
    title: 'Hardware of the host',
    phrase: 'the Xen host is itself a virtual machine',
  };
  if (virtual === undefined) return [passed(about.id, about.title, 'No CPU that an emulator makes up')];
  return [
    found(
      about,
      'weakens',
      `${capitalized(about.phrase)}: its CPU is "${virtual}".`,
      'Under a second hypervisor or an emulator every mode costs something else, and another one can be the fastest. These figures hold for this host alone: measure on real hardware what real hardware does.',
    ),
  ];
}

/** Xen says of a PV guest itself that some mitigations are the hypervisor's: that difference comes with the mode. */
const ofHypervisor = /XEN PV|hypervisor/i;

function mitigationsCheck(baseline: Side, candidate: Side, modes: readonly Mode[]): ComparabilityCheck {
  const about = { id: 'mitigations', title: 'CPU mitigations', phrase: "the guests' CPU mitigations differ" };
  const all = [...baseline.subjects, ...candidate.subjects].flatMap(({ facts }) => facts ?? []);
  const [first, ...rest] = all;
  if (first === undefined || all.some(({ mitigations }) => Object.keys(mitigations).length === 0)) {
    return unknown(about.id, about.title, 'Not known of all guests');
  }
  const names = [...new Set(rest.flatMap((other) => differentMitigations(first, other)))].sort();
  if (names.length === 0) {
    return passed(
      about.id,
      about.title,
      `The same answers to ${Object.keys(first.mitigations).length} vulnerabilities`,
    );
  }
  const ofMode =
    differ(modes) &&
    names.every((name) => all.some(({ mitigations }) => ofHypervisor.test(mitigations[name] ?? '')));
  return found(
    about,
    ofMode ? 'worth knowing' : 'weakens',
    `The CPU mitigations differ: ${listed(names)}.`,
    ofMode
      ? 'One of the guests leaves these to the hypervisor, which comes with its mode: what they cost is a part of what the mode costs.'
      : 'That can be a part of what a mode costs, or a setting of its own. Boot both with the same mitigations= and the same microcode.',
  );
}
