import type { Benchmark } from './benchmark';
import { apache, apacheWrk } from './apache';
import { fioRandread, fioRandrw, fioRandwrite, fioSeqread, fioSeqwrite } from './fio';
import { kernelBuild } from './kernelBuild';
import { openssl } from './openssl';
import { php } from './php';
import { pts } from './pts';
import { sevenZip } from './sevenZip';
import { sqlite } from './sqlite';
import { unixbenchParallel, unixbenchSingle } from './unixbench';

export type { Benchmark } from './benchmark';

/** Every benchmark there is, in the order in which they are offered. */
export const catalogue: readonly Benchmark[] = [
  openssl,
  sevenZip,
  php,
  sqlite,
  fioRandread,
  fioRandwrite,
  fioRandrw,
  fioSeqread,
  fioSeqwrite,
  apache,
  apacheWrk,
  kernelBuild,
  unixbenchSingle,
  unixbenchParallel,
  pts,
];

export function benchmarkById(id: string): Benchmark | undefined {
  return catalogue.find((benchmark) => benchmark.id === id);
}
