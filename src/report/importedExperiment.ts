import {
  formatVersion,
  type BenchmarkRef,
  type Experiment,
  type GuestRef,
  type Imported,
  type Measurement,
  type TrialRecord,
} from '../model/experiment';
import { modes, type Facts, type Mode } from '../model/guest';

/** What importers accept beside the text: all of it has a default, so that the same text gives the same experiment. */
export interface ImportOptions {
  readonly label?: string;
  /** ISO time with a zone, for formats that hold none. */
  readonly at?: string;
  /** The file, for people. */
  readonly source?: string;
}

/** One run of one workload by one guest: figures, or why there are none. */
export interface ImportedRun {
  readonly guest: string;
  readonly benchmark: string;
  readonly measurements: readonly Measurement[];
  /** Parts that gave no figure. */
  readonly failed?: readonly { readonly test: string; readonly error: string }[];
  /** Why the whole run gave none. */
  readonly reason?: string;
  readonly durationMs?: number;
}

export interface ImportedParts {
  readonly imported: Imported;
  readonly label: string;
  readonly at: string;
  readonly guests: readonly { readonly ref: GuestRef; readonly facts?: Facts }[];
  readonly benchmarks: readonly BenchmarkRef[];
  readonly runs: readonly ImportedRun[];
  readonly notes: readonly string[];
  readonly baseline?: string;
}

export const noTime = '1970-01-01T00:00:00.000Z';

/** What an imported experiment cannot carry, in words that stand wherever its figures do. */
export const noInterval = 'imported: no pairs, no interval';

/** Makes an experiment of what others measured. Run 1, 2, … of a guest are in blocks 1, 2, … that pair nothing. */
export function importedExperiment(parts: ImportedParts): Experiment {
  const { imported, label, at, guests, benchmarks, runs, notes, baseline } = parts;
  const trials = recordsOf(parts);
  const rounds = Math.max(1, ...trials.map(({ trial }) => trial.round));
  return {
    format: formatVersion,
    guestbench: 'imported',
    id: `imported-${digest(JSON.stringify([label, at, runs]))}`,
    label,
    seed: 0,
    startedAt: at,
    plan: {
      guests: guests.map(({ ref }) => ref),
      benchmarks: [...benchmarks],
      rounds,
      trials: trials.map(({ trial }) => trial),
      statistics: { plan: 'fixed', alpha: 0.05, margin: 0.02, maxBlocks: rounds },
      ...(baseline === undefined ? {} : { baseline }),
    },
    lab: { hosts: [], guests: [], suites: {} },
    notes,
    imported,
    facts: guests.flatMap(({ ref, facts }) =>
      facts === undefined ? [] : [{ guest: ref.name, when: 'start' as const, at, facts }],
    ),
    trials,
    setAside: [],
    quiet: [],
    reboots: [],
    settled: [],
    ended: { at, reason: 'completed' },
  };
}

function recordsOf({ at, guests, benchmarks, runs }: ImportedParts): readonly TrialRecord[] {
  const count = new Map<string, number>();
  const places = new Map(guests.map(({ ref }, index) => [ref.name, index]));
  const workloads = new Map(benchmarks.map(({ id }, index) => [id, index]));
  return runs.map(({ guest, benchmark, measurements, failed, reason, durationMs }) => {
    const [position, workload] = [places.get(guest) ?? 0, workloads.get(benchmark) ?? 0];
    const stem = `${workload + 1}-${position + 1}`;
    const round = (count.get(stem) ?? 0) + 1;
    count.set(stem, round);
    const id = `w${workload + 1}-g${position + 1}-r${round}`;
    return {
      trial: { id, round, block: round, position, guest, benchmark, warmup: false },
      attempt: 1,
      job: 'imported',
      startedAt: at,
      endedAt: at,
      measurements,
      exitCode: null,
      stdout: '',
      stderr: '',
      missingBytes: 0,
      ...(durationMs === undefined ? {} : { durationMs }),
      ...(reason === undefined
        ? { status: 'ok' as const, ...(failed === undefined ? {} : { failed }) }
        : { status: 'failed' as const, reason, signal: null }),
    };
  });
}

/** 32 bits of FNV-1a: enough to tell two imports apart. */
function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(36);
}

const xenModes = ['PVHVM', 'PVH', 'HVM', 'PV'] as const satisfies readonly Mode[];

/** Facts with nothing but the mode: named outright, or a word of the guest's name. */
export function factsOfImport(name: string, said?: string): Facts {
  const known = modes.find((mode) => mode === said);
  if (known !== undefined && known !== 'unknown')
    return {
      mode: { mode: known, confidence: 'certain', because: ['the imported file says so'] },
      mitigations: {},
    };
  const words = name.toUpperCase().split(/[^A-Z0-9]+/);
  const mode = xenModes.find((one) => words.includes(one));
  return mode === undefined
    ? {
        mode: { mode: 'unknown', confidence: 'unknown', because: ['the imported file does not say it'] },
        mitigations: {},
      }
    : { mode: { mode, confidence: 'likely', because: [`it is called "${name}"`] }, mitigations: {} };
}

/** Each name once: a second "PV" becomes "PV (2)". */
export function distinct(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let own = name;
    for (let copy = 2; taken.has(own); copy++) own = `${name} (${copy})`;
    taken.add(own);
    return own;
  });
}

/** The first of those that have the same key. */
export function distinctBy<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const taken = new Set<string>();
  return items.filter((item) => {
    const isNew = !taken.has(keyOf(item));
    taken.add(keyOf(item));
    return isNew;
  });
}

/** Letters, digits and single hyphens: fit for an id. */
export function slugOf(text: string): string {
  const slug = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
    .replace(/^-|-$/g, '');
  return slug === '' ? 'workload' : slug;
}
