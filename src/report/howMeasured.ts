import type { Benchmark } from '../benchmarks/benchmark';
import type { BenchmarkRef, Experiment } from '../model/experiment';

/** A version is told at the beginning of what a trial prints. */
const versionWithin = 65_536;

/** As they were in effect: a default that was written down is no other workload than one that was not. */
export function parametersOf(ref: BenchmarkRef, known: readonly Benchmark[]): Record<string, string> {
  const given = ref.parameters ?? {};
  const read = known.find(({ id }) => id === (ref.benchmark ?? ref.id))?.parameters.safeParse(given);
  const effective: Readonly<Record<string, unknown>> = read?.success === true ? read.data : given;
  const names = Object.keys(effective).sort();
  return Object.fromEntries(names.map((name) => [name, String(effective[name])]));
}

/** The versions that the tools of a benchmark told on a guest, by benchmark and guest; several stand together. */
export function versionsOf({ trials }: Experiment): ReadonlyMap<string, string> {
  const found = new Map<string, Set<string>>();
  for (const { trial, status, stdout } of trials) {
    if (status !== 'ok') continue;
    const key = versionKey(trial.benchmark, trial.guest);
    const versions = found.get(key) ?? new Set<string>();
    found.set(key, versions);
    for (const [, version = ''] of stdout.slice(0, versionWithin).matchAll(toldVersion))
      versions.add(version);
  }
  return new Map([...found].map(([key, versions]) => [key, [...versions].sort().join(', ')]));
}

export const versionKey = (benchmark: string, guest: string): string => `${benchmark}\n${guest}`;

/** What the run scripts print of the tools they use. */
const toldVersion = /^guestbench: (?:version|tool)=(.*\S)\s*$/gm;
