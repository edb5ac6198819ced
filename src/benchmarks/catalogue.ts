import type { Benchmark } from './benchmark';
import { fioRandread, fioRandwrite } from './fio';
import { openssl } from './openssl';
import { sevenZip } from './sevenZip';
import { sqlite } from './sqlite';

export type { Benchmark } from './benchmark';

/** Every benchmark there is, in the order in which they are offered. */
export const catalogue: readonly Benchmark[] = [openssl, sevenZip, sqlite, fioRandread, fioRandwrite];

export function benchmarkById(id: string): Benchmark | undefined {
  return catalogue.find((benchmark) => benchmark.id === id);
}
