import type { Experiment, FactsRecord } from '../model/experiment';
import type { Facts } from '../model/guest';
import { formatBytes } from './format';
import type { FactRow } from './shape';

/** The facts of a guest at the start of the experiment; those of the end when there are no others. */
export function startFacts(experiment: Experiment, guest: string): Facts | undefined {
  const records = factsOf(experiment, guest);
  return (records.find(({ when }) => when === 'start') ?? records[0])?.facts;
}

export function factsOf(experiment: Experiment, guest: string): readonly FactsRecord[] {
  return experiment.facts.filter((record) => record.guest === guest);
}

interface Fact {
  readonly id: string;
  readonly label: string;
  readonly of: (facts: Facts) => string | undefined;
}

const facts: readonly Fact[] = [
  {
    id: 'mode',
    label: 'Mode',
    of: ({ mode }) => mode.mode + (mode.confidence === 'likely' ? ' (likely)' : ''),
  },
  { id: 'hypervisor', label: 'Hypervisor', of: (f) => joined(f.hypervisor, f.hypervisorVersion) },
  { id: 'kernel', label: 'Kernel', of: (f) => f.kernel },
  { id: 'distribution', label: 'Distribution', of: (f) => f.distribution },
  { id: 'architecture', label: 'Architecture', of: (f) => f.architecture },
  { id: 'cpuModel', label: 'CPU model', of: (f) => f.cpuModel },
  { id: 'vcpus', label: 'vCPUs', of: (f) => f.vcpus?.toString() },
  {
    id: 'memory',
    label: 'Memory',
    of: (f) => (f.memoryBytes === undefined ? undefined : formatBytes(f.memoryBytes)),
  },
  { id: 'clockSource', label: 'Clock source', of: (f) => f.clockSource },
  { id: 'mitigations', label: 'CPU mitigations', of: (f) => mitigationsText(f.mitigations) },
  { id: 'rootDisk', label: 'Root disk', of: (f) => f.rootDisk },
  { id: 'rootFilesystem', label: 'Root file system', of: (f) => f.rootFilesystem },
  { id: 'diskDriver', label: 'Disk driver', of: (f) => f.diskDriver },
  { id: 'networkDriver', label: 'Network driver', of: (f) => f.networkDriver },
  {
    id: 'load',
    label: 'Load before the start (1, 5, 15 min)',
    of: (f) => f.load?.map((load) => load.toFixed(2)).join(', '),
  },
];

/** Always different from one guest to the next, so a difference says nothing. */
const differAnyway = new Set(['load']);

/** Guests of one size report slightly different memory, by mode; more than this is another size. */
const memoryTolerance = 0.05;

/** Whether two memories, in bytes, are of one size; what is not known is taken for it. */
export function isNearlySize(a: number | undefined, b: number | undefined): boolean {
  if (a === undefined || b === undefined) return true;
  return Math.abs(a - b) <= memoryTolerance * Math.max(a, b);
}

function areOfOneSize(guests: readonly (Facts | undefined)[]): boolean {
  const sizes = guests.flatMap((guest) => guest?.memoryBytes ?? []);
  return isNearlySize(Math.min(...sizes), Math.max(...sizes));
}

/** One row per fact that is known of any guest; `guests` in the order of the columns. */
export function factRows(guests: readonly (Facts | undefined)[]): FactRow[] {
  return facts.flatMap(({ id, label, of }) => {
    const values = guests.map((guest) => (guest === undefined ? null : (of(guest) ?? null)));
    if (values.every((value) => value === null)) return [];
    const known = new Set(values.filter((value) => value !== null));
    const isAlike = known.size < 2 || differAnyway.has(id) || (id === 'memory' && areOfOneSize(guests));
    return [{ id, label, values, differs: !isAlike }];
  });
}

function joined(...parts: readonly (string | undefined)[]): string | undefined {
  const text = parts.filter((part) => part !== undefined && part !== '').join(' ');
  return text === '' ? undefined : text;
}

/** What differs is what matters, so a vulnerability that does not affect the CPU is left out. */
function mitigationsText(mitigations: Facts['mitigations']): string | undefined {
  const names = Object.keys(mitigations).sort();
  if (names.length === 0) return undefined;
  const affected = names.filter((name) => !/^not affected/i.test(mitigations[name] ?? ''));
  if (affected.length === 0) return 'none needed';
  return affected.map((name) => `${name}: ${mitigations[name] ?? ''}`).join('; ');
}

/** The names of the vulnerabilities two guests answer differently. */
export function differentMitigations(a: Facts, b: Facts): string[] {
  const names = new Set([...Object.keys(a.mitigations), ...Object.keys(b.mitigations)]);
  if (Object.keys(a.mitigations).length === 0 || Object.keys(b.mitigations).length === 0) return [];
  return [...names].filter((name) => a.mitigations[name] !== b.mitigations[name]).sort();
}
