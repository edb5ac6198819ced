// Experiments made by hand for tests: the times and values are free, the shape is that of a file that was read.
import type { Experiment, Measurement, Trial, TrialRecord } from '../../../src/model/experiment';
import type { Facts, Mode } from '../../../src/model/guest';
import type { BenchmarkInfo } from '../../../src/report/shape';

export const catalogue: readonly BenchmarkInfo[] = [
  bench('unixbench', 'UnixBench', 'system', ['index', 'System index', 'points', 'higher']),
  bench('kernel-build', 'Kernel build', 'cpu', ['seconds', 'Time to build', 's', 'lower']),
  bench('openssl', 'OpenSSL', 'cpu', ['sign', 'RSA 2048 signatures', 'signatures/s', 'higher']),
  bench('7zip', '7-Zip', 'cpu', ['mips', 'Compression rating', 'MIPS', 'higher']),
  bench('php', 'PHP', 'cpu', ['seconds', 'Time of the script', 's', 'lower']),
  {
    ...bench('fio-randread', 'Random read (fio)', 'disk', ['iops', 'Random read', 'IOPS', 'higher']),
    metrics: [
      { id: 'p99', title: 'Latency, 99th percentile', unit: 'µs', better: 'lower', primary: false },
      { id: 'iops', title: 'Random read', unit: 'IOPS', better: 'higher', primary: true },
      { id: 'cpu', title: 'CPU use', unit: '%', better: 'none', primary: false },
    ],
  },
  bench('sqlite', 'SQLite', 'disk', ['seconds', 'Time of the inserts', 's', 'lower']),
  bench('apache', 'Apache', 'web', ['rps', 'Requests', 'requests/s', 'higher']),
];

function bench(
  id: string,
  title: string,
  kind: BenchmarkInfo['kind'],
  metric: readonly [string, string, string, 'higher' | 'lower'],
): BenchmarkInfo {
  const [metricId, metricTitle, unit, better] = metric;
  return { id, title, kind, metrics: [{ id: metricId, title: metricTitle, unit, better, primary: true }] };
}

export function facts(mode: Mode, more: Partial<Facts> = {}): Facts {
  return {
    mode: {
      mode,
      confidence: mode === 'unknown' ? 'unknown' : 'certain',
      because: ['/sys/hypervisor/guest_type'],
    },
    hostname: 'deb12',
    kernel: '6.1.0-28-amd64',
    distribution: 'Debian GNU/Linux 12 (bookworm)',
    architecture: 'x86_64',
    cpuModel: 'Intel(R) Xeon(R) E-2288G CPU @ 3.70GHz',
    vcpus: 2,
    memoryBytes: 4 * 2 ** 30,
    hypervisor: 'Xen',
    hypervisorVersion: '4.17.3',
    clockSource: 'xen',
    mitigations: { meltdown: 'Mitigation: PTI', spectre_v2: 'Mitigation: Retpolines', mds: 'Not affected' },
    rootDisk: 'xvda',
    rootFilesystem: 'ext4',
    diskDriver: 'xen-blkfront',
    networkDriver: 'xen-netfront',
    load: [0.02, 0.05, 0.01],
    bootId: `boot-${mode}`,
    ...more,
  };
}

export interface Workload {
  readonly benchmark: string;
  /** Planned blocks; the values may be fewer. */
  readonly blocks: number;
  readonly metrics: readonly {
    readonly id: string;
    readonly unit: string;
    readonly better: Measurement['better'];
    /** By guest, by block from 1; undefined: the trial is not there yet; 'failed': it failed. */
    readonly values: Readonly<Record<string, readonly (number | 'failed' | undefined)[]>>;
    readonly warmup?: number;
  }[];
}

export interface Recipe {
  readonly label?: string;
  readonly guests: readonly { readonly name: string; readonly host?: string; readonly facts?: Facts }[];
  readonly workloads: readonly Workload[];
  readonly ended?: Experiment['ended'];
  readonly notes?: readonly string[];
  readonly steal?: number;
  readonly setAside?: Experiment['setAside'];
}

export function experiment(recipe: Recipe): Experiment {
  const { guests, workloads } = recipe;
  const planned: Trial[] = [];
  const rounds = Math.max(0, ...workloads.map(({ blocks }) => blocks));
  for (let round = 0; round <= rounds; round++) {
    for (const { benchmark, blocks } of workloads) {
      if (round > blocks) continue;
      const order = round % 2 === 0 ? guests : [...guests].reverse();
      order.forEach(({ name }, position) => {
        const id = `${benchmark}/${round}/${name}`;
        planned.push({ id, round, block: round, position, guest: name, benchmark, warmup: round === 0 });
      });
    }
  }
  const trials: TrialRecord[] = [];
  planned.forEach((trial, index) => {
    const workload = workloads.find(({ benchmark }) => benchmark === trial.benchmark)!;
    const figures = workload.metrics.flatMap(({ id, unit, better, values, warmup }) => {
      const value = trial.warmup ? (warmup ?? 12.5) : values[trial.guest]?.[trial.block - 1];
      return value === undefined ? [] : [{ id, unit, better, value }];
    });
    if (figures.length === 0) return;
    const failed = figures.some(({ value }) => value === 'failed');
    trials.push({
      trial,
      attempt: 1,
      startedAt: new Date(Date.UTC(2026, 10, 22, 20, index)).toISOString(),
      endedAt: new Date(Date.UTC(2026, 10, 22, 20, index, 40)).toISOString(),
      status: failed ? 'failed' : 'ok',
      ...(failed ? { reason: 'fio: No space left on device' } : {}),
      measurements: figures.flatMap((m) => (typeof m.value === 'number' ? [{ ...m, value: m.value }] : [])),
      exitCode: failed ? 1 : 0,
      durationMs: 40_000,
      cpu: {
        userPercent: 80,
        systemPercent: 10,
        iowaitPercent: 1,
        stealPercent: recipe.steal ?? 0.1,
        idlePercent: 8.9,
      },
      stdout: '',
      stderr: '',
      missingBytes: 0,
    });
  });
  return {
    format: 1,
    guestbench: '0.1.0',
    id: 'e1',
    label: recipe.label ?? 'deb12 PV and PVHVM',
    seed: 42,
    startedAt: '2026-11-22T20:00:00.000Z',
    plan: {
      guests: guests.map(({ name, host }) => ({ name, ...(host === undefined ? {} : { host }) })),
      benchmarks: workloads.map(({ benchmark }) => ({ id: benchmark })),
      rounds,
      trials: planned,
      statistics: { plan: 'anystop', alpha: 0.05, margin: 0.02, maxBlocks: 20 },
    },
    lab: { hosts: [], guests: [], suites: {} },
    notes: recipe.notes ?? [],
    facts: guests.flatMap(({ name, facts: own }) =>
      own === undefined
        ? []
        : [{ guest: name, when: 'start' as const, at: '2026-11-22T20:00:00.000Z', facts: own }],
    ),
    trials,
    setAside: recipe.setAside ?? [],
    ...(recipe.ended === undefined ? {} : { ended: recipe.ended }),
  };
}

/** Values around `centre` with the given coefficient of variation, the same ones for the same seed. */
export function noisy(centre: number, cv: number, n: number, seed = 1): number[] {
  let state = seed * 2654435761 + 97;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return Array.from({ length: n }, () => {
    const normal = Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
    return Number((centre * Math.exp(cv * normal)).toPrecision(6));
  });
}

export const completed = { at: '2026-11-22T23:00:00.000Z', reason: 'completed' } as const;
export const pv = { name: 'deb12-pv', host: 'lab1', facts: facts('PV') };
export const pvhvm = { name: 'deb12-pvhvm', host: 'lab1', facts: facts('PVHVM') };

/** One workload of two guests: the baseline around `centre`, the candidate `effect` times that. */
export function workload(
  benchmark: string,
  centre: number,
  effect: number,
  cv: number,
  n: number,
  guests: readonly [string, string] = [pv.name, pvhvm.name],
  blocks = n,
): Workload {
  const info = catalogue.find(({ id }) => id === benchmark)!;
  const seed = benchmark.length * 31 + Math.round(effect * 1000) + n;
  return {
    benchmark,
    blocks,
    metrics: info.metrics.map(({ id, unit, better }, index) => ({
      id,
      unit,
      better,
      warmup: centre * 0.9,
      values: {
        [guests[0]]: noisy(centre / (index + 1), cv, n, seed + index),
        [guests[1]]: noisy(
          (centre * (better === 'lower' ? 1 / effect : effect)) / (index + 1),
          cv,
          n,
          seed + 7 + index,
        ),
      },
    })),
  };
}

export interface LoadRecipe {
  /** Seconds of each trial; each fifth is idle. */
  readonly points?: number;
  readonly pressure?: number;
  readonly swapped?: number;
  readonly others?: number;
}

/** The same experiment, with the load of each trial as it is recorded now. */
export function withLoad(made: Experiment, recipe: LoadRecipe): Experiment {
  const { points = 40, pressure = 0.5, swapped, others = 3 } = recipe;
  const series = (value: number) => Array.from({ length: points }, () => value);
  const load = {
    intervalMs: 1000,
    userPercent: Array.from({ length: points }, (_, second) => (second % 5 === 4 ? 0 : 90)),
    systemPercent: series(6),
    iowaitPercent: series(1),
    stealPercent: series(0.4),
    summary: {
      contextSwitchesPerSecond: 1234,
      interruptsPerSecond: 567,
      minimumAvailableBytes: 300 * 2 ** 20,
      ...(swapped === undefined
        ? { maximumMemoryPressurePercent: pressure }
        : { majorFaultsPerSecond: swapped, swappedPagesPerSecond: swapped }),
    },
  };
  const hostLoad = {
    host: 'lab1',
    domain: 'deb12',
    intervalMs: 1000,
    ownPercent: series(90),
    dom0Percent: series(12),
    othersPercent: series(others),
  };
  return { ...made, trials: made.trials.map((record) => ({ ...record, load, hostLoad })) };
}
