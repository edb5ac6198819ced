import type { Lab, LabFinding } from '../model/lab';
import type { Benchmark } from './benchmark';
import { benchmarksOf } from './own';
import { definitionFindings } from './ownFindings';

/**
 * What a lab says of benchmarks and cannot mean: definitions that cannot be used, suites that name what there is not.
 * The rest of the lab is good all the same.
 */
export function labFindings(lab: Lab): readonly LabFinding[] {
  const definitions = lab.benchmarks ?? [];
  const benchmarks = benchmarksOf(lab);
  return [
    ...definitions.flatMap((_, index) => definitionFindings(definitions, index)),
    ...Object.entries(lab.suites).flatMap(([name, entries]) =>
      entries.flatMap((entry, index) => [
        ...entryFindings(entry, ['suites', name, index], benchmarks),
        ...repeatFindings(entries, index, ['suites', name, index]),
      ]),
    ),
  ];
}

type Entry = Lab['suites'][string][number];

function entryFindings(
  { benchmark: id, parameters }: Entry,
  path: LabFinding['path'],
  benchmarks: readonly Benchmark[],
): readonly LabFinding[] {
  const benchmark = benchmarks.find((candidate) => candidate.id === id);
  if (benchmark === undefined) {
    const known = benchmarks.map((candidate) => candidate.id);
    const text = `is ${JSON.stringify(id)}, and there is no such benchmark`;
    return [{ path: [...path, 'benchmark'], text, name: { given: id, known } }];
  }
  const checked = benchmark.parameters.safeParse(parameters ?? {});
  if (checked.success) return [];
  return checked.error.issues.map(({ path: within, message }) => ({
    path: [...path, 'parameters', ...within.map((part) => (typeof part === 'symbol' ? String(part) : part))],
    text: `${message} (${benchmark.title})`,
  }));
}

/** In a plan a name stands once: the second entry would vanish without a word. */
function repeatFindings(
  entries: readonly Entry[],
  index: number,
  path: LabFinding['path'],
): readonly LabFinding[] {
  const nameOf = (entry: Entry | undefined) => entry?.as ?? entry?.benchmark;
  const earlier = entries.findIndex((entry) => nameOf(entry) === nameOf(entries[index]));
  if (earlier >= index) return [];
  const text = `has the same name as entry [${earlier}] of this suite; give it a name of its own with "as"`;
  return [{ path, text }];
}
