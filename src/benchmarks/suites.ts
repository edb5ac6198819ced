import type { BenchmarkRef } from '../model/experiment';
import type { Benchmark, Preset } from './benchmark';
import { apache } from './apache';
import { fioRandread, fioRandrw, fioRandwrite, fioSeqread, fioSeqwrite } from './fio';
import { kernelBuild } from './kernelBuild';
import { openssl } from './openssl';
import { php } from './php';
import { sevenZip } from './sevenZip';
import { sqlite } from './sqlite';
import { unixbenchParallel, unixbenchSingle } from './unixbench';

export { benchmarkById } from './catalogue';

/** A named list of benchmarks with their parameters. */
export interface Suite {
  readonly id: string;
  readonly title: string;
  /** One sentence: what for. */
  readonly description: string;
  readonly benchmarks: readonly BenchmarkRef[];
}

const some = (preset: Preset, benchmarks: readonly Benchmark[]): readonly BenchmarkRef[] =>
  benchmarks.map(({ id, presets }) => ({ id, parameters: presets[preset] }));

/** The suites that come with the extension; a lab file can add its own. */
export const suites: readonly Suite[] = [
  {
    id: 'quick',
    title: 'Quick',
    description: 'Computing and the disk with short runs: a first look in a few minutes.',
    benchmarks: some('quick', [openssl, sevenZip, sqlite, fioRandread, fioRandwrite, php]),
  },
  {
    id: 'article-2013',
    title: 'Article of 2013',
    description:
      'What the reference lab of 2013 ran: UnixBench, a kernel build, random input and output, and five applications.',
    benchmarks: [
      ...some('standard', [unixbenchSingle, unixbenchParallel, kernelBuild]),
      ...some('standard', [fioRandread, fioRandwrite, sevenZip, sqlite]),
      // A million requests, a hundred at a time.
      ...some('thorough', [apache]),
      ...some('standard', [openssl, php]),
    ],
  },
  {
    id: 'cpu',
    title: 'CPU',
    description: 'Computing and memory, without the disk.',
    benchmarks: some('standard', [openssl, sevenZip, php]),
  },
  {
    id: 'disk',
    title: 'Disk',
    description: 'Random, mixed and sequential reads and writes, and durable inserts, on the guest’s disk.',
    benchmarks: some('standard', [sqlite, fioRandread, fioRandwrite, fioRandrw, fioSeqread, fioSeqwrite]),
  },
  {
    id: 'web',
    title: 'Web',
    description: 'A web server under load, and what stands behind it: PHP and a database.',
    benchmarks: some('standard', [apache, php, sqlite]),
  },
];
