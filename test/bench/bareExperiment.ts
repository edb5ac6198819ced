import type { Benchmark } from '../../src/benchmarks/benchmark';
import { defineBenchmark } from '../../src/benchmarks/define';
import { parameterObject } from '../../src/benchmarks/parameters';
import { ExperimentRunner, type RunnerListener } from '../../src/experiment/runner';
import type { Plan, Trial } from '../../src/model/experiment';
import type { Connection } from '../../src/ssh/transport';

/** A benchmark that is only a script; its figure is its length in ms, which it need not say. */
export function scriptBenchmark(id: string, script: string): Benchmark {
  return defineBenchmark({
    id,
    title: id,
    description: id,
    kind: 'cpu',
    metrics: [{ id: `${id}.ok`, title: 'Ended', unit: '1', better: 'higher', primary: true }],
    parameters: parameterObject({}),
    presets: { quick: {}, standard: {}, thorough: {} },
    estimateSeconds: () => 1,
    timeoutSeconds: () => 600,
    scripts: {
      check: () => 'exit 0\n',
      install: () => 'exit 0\n',
      cleanup: () => 'exit 0\n',
      run: () => script,
    },
    parse: ({ exitCode }) =>
      exitCode === 0
        ? { outcome: 'ok', metrics: [{ id: `${id}.ok`, value: 1, unit: '1', better: 'higher' }] }
        : { outcome: 'failed', metrics: [], reason: `exit code ${exitCode}` },
  });
}

export interface BareExperimentOptions {
  readonly file: string;
  /** In the order of their trials within a block; all on one host. */
  readonly guests: readonly string[];
  /** In the order in which they run, block by block. */
  readonly benchmarks: readonly Benchmark[];
  readonly rounds: number;
  readonly connect: (guest: string) => Promise<Connection>;
  readonly listener?: RunnerListener;
}

/** An experiment of the product's own runner in a fixed order: all benchmarks of a round, each on all guests. */
export function bareExperiment(options: BareExperimentOptions): ExperimentRunner {
  const { rounds, listener = {} } = options;
  const guests = options.guests.map((name) => ({ name, host: 'host' }));
  const benchmarks = options.benchmarks.map(({ id }) => ({ id, parameters: {} }));
  const trials: Trial[] = [];
  let block = 0;
  for (let round = 1; round <= rounds; round += 1) {
    for (const { id: benchmark } of benchmarks) {
      options.guests.forEach((guest, position) => {
        const id = `r${round}-${benchmark}-${guest}`;
        trials.push({ id, round, block, position, guest, benchmark, warmup: false });
      });
      block += 1;
    }
  }
  const statistics = { plan: 'anystop' as const, alpha: 0.05, margin: 0.02, maxBlocks: 20 };
  const plan: Plan = { guests, benchmarks, rounds, trials, statistics };
  return new ExperimentRunner({
    file: options.file,
    id: 'bench',
    label: 'bench',
    version: '0.0.0',
    seed: 1,
    plan,
    lab: { hosts: [], guests: [], suites: {}, benchmarks: [] },
    notes: [],
    catalogue: options.benchmarks,
    connect: options.connect,
    listener,
  });
}
