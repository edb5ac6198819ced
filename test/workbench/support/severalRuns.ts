/** Runs of the same guests over some weeks, for the pages over several experiments. */
import type { Experiment } from '../../../src/model/experiment';
import type { Facts } from '../../../src/model/guest';
import { trendModel } from '../../../src/report/trend';
import { trendEntry } from '../../../src/report/trendEntry';
import type { TrendChoice, TrendModel } from '../../../src/report/trendShape';
import { completed, experiment, facts, workload } from '../../unit/report/experiments';

interface Run {
  readonly label: string;
  /** Of October 2026. */
  readonly day: number;
  readonly effect: number;
  readonly facts?: Partial<Facts>;
  readonly version?: string;
  readonly guests?: readonly [string, string];
}

function runOf({ label, day, effect, facts: own, version = '3.40.1', guests }: Run): Experiment {
  const names = guests ?? (['deb12-pv', 'deb12-pvhvm'] as const);
  const made = experiment({
    label,
    guests: names.map((name, index) => ({
      name,
      host: 'lab1',
      facts: facts(index === 0 ? 'PV' : 'PVHVM', { machineId: name, ...own }),
    })),
    workloads: [
      workload('openssl', 1931, 1, 0.004, 6, names),
      workload('sqlite', 44 - day / 10, effect, 0.012, 6, names),
      workload('fio-randread', 42_000, effect + 0.05, 0.02, 6, names),
    ],
    ended: completed,
  });
  return {
    ...made,
    id: label,
    startedAt: new Date(Date.UTC(2026, 9, day, 20)).toISOString(),
    trials: made.trials.map((record) => ({ ...record, stdout: `guestbench: version=${version}\n` })),
  };
}

/** An upgrade of the hypervisor, another version of a tool, and an experiment of other guests. */
export const acrossRuns: readonly Experiment[] = [
  runOf({ label: 'before the Xen upgrade', day: 2, effect: 1.1 }),
  runOf({
    label: 'after the Xen upgrade',
    day: 9,
    effect: 1.35,
    facts: { hypervisorVersion: '4.19.0', kernel: '6.1.0-31-amd64' },
  }),
  runOf({ label: 'with a newer SQLite', day: 12, effect: 1.36, version: '3.45.0' }),
  runOf({ label: 'other guests', day: 14, effect: 1.2, guests: ['alpine-a', 'alpine-b'] }),
];

const published = {
  imported: { from: 'published', statement: 'published figures, no raw data, no interval' },
} as const;

const nightly: readonly Experiment[] = [
  ...[2, 3, 4, 6, 7].map((day) => runOf({ label: `nightly ${day}`, day, effect: 1.1 + (day % 3) / 100 })),
  ...[9, 10, 12].map((day) =>
    runOf({
      label: `nightly ${day}`,
      day,
      effect: 1.2,
      facts: { kernel: '6.1.0-31-amd64', vcpus: 4, hypervisorVersion: '4.19.0' },
    }),
  ),
  ...[14, 15].map((day) => runOf({ label: `nightly ${day}`, day, effect: 1.25, version: '3.45.0' })),
  { ...runOf({ label: 'published', day: 17, effect: 1.2 }), ...published },
];
const unread = [
  { file: '/lab/broken.guestbench', label: 'broken', reason: 'Line 3 is not JSON: the file was damaged' },
];

/** With changes on the way, points that are not joined, imported figures and files that were left out. */
export function trendOf(choice: TrendChoice): TrendModel {
  const entries = nightly.map((one) => trendEntry(`/lab/${one.label}.guestbench`, one));
  return trendModel('guestbench-results', entries, unread, choice);
}
