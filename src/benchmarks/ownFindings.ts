import type { LabFinding } from '../model/lab';
import type { OwnBenchmark, OwnMetric } from '../model/ownBenchmark';
import { catalogue } from './catalogue';
import { NoResult } from './parse/judgement';
import { PatternError } from './parse/pattern';
import { patternOf } from './parse/readRegex';

/** Why the definition at `index` cannot be used; empty: it can. */
export function definitionFindings(
  definitions: readonly OwnBenchmark[],
  index: number,
): readonly LabFinding[] {
  const definition = definitions[index];
  if (definition === undefined) return [];
  const { id, metrics } = definition;
  const path = ['benchmarks', index] as const;
  const earlier = definitions.findIndex((other) => other.id === id);
  return [
    ...(catalogue.some((benchmark) => benchmark.id === id)
      ? [
          {
            path: [...path, 'id'],
            text: `is the id of a benchmark that comes with Guestbench; choose another, such as "my-${id}"`,
          },
        ]
      : []),
    ...(earlier < index
      ? [{ path: [...path, 'id'], text: `is already the id of benchmarks[${earlier}]; each needs its own` }]
      : []),
    ...metrics.flatMap((metric, place) =>
      metricFindings(metrics, metric, place, [...path, 'metrics', place]),
    ),
  ];
}

function metricFindings(
  metrics: readonly OwnMetric[],
  { id, read }: OwnMetric,
  place: number,
  path: readonly (string | number)[],
): readonly LabFinding[] {
  const earlier = metrics.findIndex((other) => other.id === id);
  const repeated =
    earlier < place
      ? [{ path: [...path, 'id'], text: `is already the id of metrics[${earlier}]; each needs its own` }]
      : [];
  const { regex } = read;
  if (regex === undefined) return repeated;
  try {
    patternOf({ ...read, regex });
    return repeated;
  } catch (error) {
    if (error instanceof PatternError) {
      const text = `is not a regular expression that can be used: ${error.message}`;
      return [...repeated, { path: [...path, 'read', 'regex'], text }];
    }
    if (error instanceof NoResult)
      return [...repeated, { path: [...path, 'read', 'group'], text: error.message }];
    throw error;
  }
}
