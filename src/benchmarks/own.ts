import type { Lab } from '../model/lab';
import type { Benchmark } from './benchmark';
import { catalogue } from './catalogue';

/** Every benchmark that can be run with a lab: those that come with the extension first. */
// eslint-disable-next-line @typescript-eslint/no-unused-vars -- a lab cannot hold benchmarks yet
export function benchmarksOf(_lab: Lab): readonly Benchmark[] {
  return catalogue;
}
