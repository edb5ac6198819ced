import { planRounds } from '../../src/experiment/plan';
import {
  formatVersion,
  type BenchmarkRef,
  type ExperimentEvent,
  type Measurement,
} from '../../src/model/experiment';
import type { Facts, Mode } from '../../src/model/guest';
import type { HostLoad, Load } from '../../src/model/load';
import { seededRandom } from '../../src/statistics/seed';

/** From 0 up to 1. */
type Random = () => number;

export interface LargeExperiment {
  readonly seed: number;
  readonly guests: number;
  /** How many metrics each benchmark has. */
  readonly metrics: readonly number[];
  readonly rounds: number;
  /** Seconds of each trial: one point of its load each. */
  readonly seconds: number;
  /** Characters of each trial's output. */
  readonly outputChars: number;
}

/** 100 000 measurements of long experiments: hundreds of rounds of what the catalogue offers. */
export const manyRounds: LargeExperiment = {
  seed: 5,
  guests: 4,
  metrics: [6, 5, 2, 3, 8, 8, 16, 9, 9, 5, 1, 28],
  rounds: 249,
  seconds: 40,
  outputChars: 2500,
};

/** 100 000 measurements of large test suites: hundreds of metrics in few rounds. */
export const manyMetrics: LargeExperiment = {
  ...manyRounds,
  metrics: Array.from({ length: 12 }, () => 105),
  rounds: 19,
  outputChars: 20_000,
};

const modes: readonly Mode[] = ['PV', 'PVHVM', 'HVM', 'PVH'];
const units = ['MB/s', 'IOPS', 'ops/s', 's', 'ms'] as const;
const startMs = Date.UTC(2026, 10, 22, 20);

/** The lines of an experiment file in which every planned trial was measured, with output and load, from a seed. */
export function* largeExperiment(recipe: LargeExperiment): Generator<string> {
  const numbers = seededRandom(recipe.seed);
  const random: Random = () => numbers.below(2 ** 32) / 2 ** 32;
  const guests = modes
    .slice(0, recipe.guests)
    .map((mode) => ({ name: `deb12-${mode.toLowerCase()}`, host: 'lab1' }));
  const benchmarks: BenchmarkRef[] = recipe.metrics.map((_, index) => ({
    id: `workload-${index + 1}`,
    title: `Workload ${index + 1}`,
    kind: (['system', 'cpu', 'memory', 'disk', 'web'] as const)[index % 5] ?? 'cpu',
  }));
  const trials = planRounds(recipe.seed, guests, benchmarks, recipe.rounds);
  let clockMs = startMs;
  const at = (): string => new Date(clockMs).toISOString();
  const line = (event: ExperimentEvent): string => `${JSON.stringify(event)}\n`;
  yield line({
    at: at(),
    type: 'experiment',
    format: formatVersion,
    guestbench: '0.1.0',
    id: 'large',
    label: 'A large experiment',
    seed: recipe.seed,
    plan: {
      guests,
      benchmarks,
      rounds: recipe.rounds,
      trials,
      statistics: { plan: 'fixed', alpha: 0.05, margin: 0.02, maxBlocks: recipe.rounds },
    },
    lab: { hosts: [], guests: [], suites: {} },
  });
  for (const [index, { name }] of guests.entries()) {
    const facts = factsOf(modes[index] ?? 'PV');
    yield line({ at: at(), type: 'facts', guest: name, when: 'start', evidence: {}, facts });
  }
  const output = outputText(random, recipe.outputChars);
  for (const { id, guest, benchmark } of trials) {
    const workload = benchmarks.findIndex((one) => one.id === benchmark);
    const factor = 1 + 0.05 * guests.findIndex(({ name }) => name === guest);
    yield line({ at: at(), type: 'trial-started', trial: id, attempt: 1, job: `large.${id}` });
    clockMs += 1000 * recipe.seconds;
    yield line({ at: at(), type: 'output', trial: id, stream: 'stdout', text: output });
    yield line({
      at: at(),
      type: 'trial-finished',
      trial: id,
      measurements: measurementsOf(random, workload, recipe.metrics[workload] ?? 1, factor),
      exitCode: 0,
      durationMs: 1000 * recipe.seconds,
      cpu: {
        userPercent: 80.5,
        systemPercent: 9.25,
        iowaitPercent: 1.5,
        stealPercent: 0.25,
        idlePercent: 8.5,
      },
      load: loadOf(random, recipe.seconds),
      hostLoad: hostLoadOf(random, recipe.seconds),
      version: 'tool 1.2.3',
    });
  }
  yield line({ at: at(), type: 'ended', reason: 'completed' });
}

function measurementsOf(random: Random, workload: number, metrics: number, factor: number): Measurement[] {
  return Array.from({ length: metrics }, (_, index) => {
    const unit = units[(workload + index) % units.length] ?? 's';
    const better = unit === 's' || unit === 'ms' ? 'lower' : 'higher';
    const centre = 100 * (index + 1) * (better === 'higher' ? factor : 1 / factor);
    const value = Number((centre * (1 + 0.04 * (random() - 0.5))).toPrecision(6));
    const title = `Figure ${index + 1} of workload ${workload + 1}`;
    return {
      id: `workload-${workload + 1}.figure-${index + 1}`,
      value,
      unit,
      better,
      title,
      primary: index === 0,
    };
  });
}

function seriesOf(random: Random, points: number, centre: number): number[] {
  return Array.from({ length: points }, () => Math.round(centre * (0.8 + 0.4 * random()) * 10) / 10);
}

function loadOf(random: Random, seconds: number): Load {
  const series = (centre: number) => seriesOf(random, seconds, centre);
  return {
    intervalMs: 1000,
    userPercent: series(80),
    systemPercent: series(9),
    iowaitPercent: series(1.5),
    stealPercent: series(0.3),
    contextSwitchesPerSecond: series(4200).map(Math.round),
    interruptsPerSecond: series(1900).map(Math.round),
    availableMiB: series(1700).map(Math.round),
    memoryPressurePercent: series(0.2),
    summary: {
      contextSwitchesPerSecond: 4211,
      interruptsPerSecond: 1897,
      minimumAvailableBytes: 1_600_000_000,
      maximumMemoryPressurePercent: 0.3,
    },
  };
}

function hostLoadOf(random: Random, seconds: number): HostLoad {
  const points = Math.ceil(seconds / 2);
  return {
    host: 'lab1',
    domain: 'deb12',
    intervalMs: 2000,
    ownPercent: seriesOf(random, points, 180),
    dom0Percent: seriesOf(random, points, 6),
    othersPercent: seriesOf(random, points, 3),
  };
}

function outputText(random: Random, chars: number): string {
  const lines: string[] = [];
  for (let length = 0; length < chars;) {
    const text = `step ${lines.length + 1}: ${(1e6 * random()).toFixed(2)} ops/s, "latency" ${random().toFixed(6)} s\n`;
    lines.push(text);
    length += text.length;
  }
  return lines.join('').slice(0, chars);
}

function factsOf(mode: Mode): Facts {
  return {
    mode: { mode, confidence: 'certain', because: [`/sys/hypervisor/guest_type: ${mode}`] },
    hostname: 'deb12',
    kernel: '6.1.0-28-amd64',
    distribution: 'Debian GNU/Linux 12 (bookworm)',
    architecture: 'x86_64',
    cpuModel: 'Intel(R) Xeon(R) E-2288G CPU @ 3.70GHz',
    vcpus: 4,
    memoryBytes: 2 ** 31,
    hypervisor: 'Xen',
    hypervisorVersion: '4.17.3',
    clockSource: 'xen',
    mitigations: { meltdown: 'Mitigation: PTI' },
    rootDisk: 'xvda',
    rootFilesystem: 'ext4',
    bootId: `boot-${mode}`,
  };
}
