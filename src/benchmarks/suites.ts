import type { BenchmarkRef } from '../model/experiment';
import type { Benchmark, Preset } from './benchmark';
import { catalogue } from './catalogue';

export { benchmarkById } from './catalogue';

/** A named list of benchmarks with their parameters. */
export interface Suite {
  readonly id: string;
  readonly title: string;
  /** One sentence: what for. */
  readonly description: string;
  readonly benchmarks: readonly BenchmarkRef[];
}

const all = (preset: Preset, fits: (benchmark: Benchmark) => boolean): readonly BenchmarkRef[] =>
  catalogue.filter(fits).map(({ id, presets }) => ({ id, parameters: presets[preset] }));

/** The suites that come with the extension; a lab file can add its own. */
export const suites: readonly Suite[] = [
  {
    id: 'quick',
    title: 'Quick',
    description: 'Every benchmark with short runs: a first look in a few minutes.',
    benchmarks: all('quick', () => true),
  },
  {
    id: 'cpu',
    title: 'CPU',
    description: 'Computing and memory, without the disk.',
    benchmarks: all('standard', ({ kind }) => kind === 'cpu' || kind === 'memory'),
  },
  {
    id: 'disk',
    title: 'Disk',
    description: 'Random reads and writes and durable inserts on the guest’s disk.',
    benchmarks: all('standard', ({ kind }) => kind === 'disk'),
  },
];

export function suiteById(id: string): Suite | undefined {
  return suites.find((suite) => suite.id === id);
}
