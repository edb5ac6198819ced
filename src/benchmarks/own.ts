import * as z from 'zod/mini';
import type { Lab, Parameters } from '../model/lab';
import type { OwnBenchmark, OwnMetric } from '../model/ownBenchmark';
import type { Benchmark, Metric } from './benchmark';
import { catalogue } from './catalogue';
import { ownScript, shellText } from './ownScripts';
import { parseOwn, primaryOf } from './parse/own';
import { definitionFindings } from './ownFindings';

const usualSeconds = 60;
const leastTimeoutSeconds = 600;

/** Every benchmark that can be run with a lab: those that come with the extension, then the lab's own. */
export function benchmarksOf(lab: Lab): readonly Benchmark[] {
  return [...catalogue, ...ownBenchmarks(lab)];
}

/** The lab's own benchmarks; one that cannot be used is left out (`labFindings` says why). */
export function ownBenchmarks(lab: Lab): readonly Benchmark[] {
  const definitions = lab.benchmarks ?? [];
  return definitions
    .filter((_, index) => definitionFindings(definitions, index).length === 0)
    .map(benchmarkFrom);
}

/** The definition behind a benchmark of the lab's own; undefined for one that comes with the extension. */
export function definitionOf(lab: Lab, id: string): OwnBenchmark | undefined {
  return lab.benchmarks?.find((definition) => definition.id === id);
}

const noParameters = z.strictObject(
  {},
  { error: 'a benchmark of the lab file has no parameters: its command says it all' },
) as unknown as z.ZodMiniType<Parameters, Parameters>;

function benchmarkFrom(definition: OwnBenchmark): Benchmark {
  const { id, title = id, kind = 'system', estimateSeconds = usualSeconds } = definition;
  const timeoutSeconds = definition.timeoutSeconds ?? Math.max(leastTimeoutSeconds, 10 * estimateSeconds);
  const [firstLine = ''] = shellText(definition.command).trimStart().split('\n');
  return {
    id,
    title,
    description: definition.description ?? `From the lab file: ${firstLine.slice(0, 100)}`,
    kind,
    metrics: metricsOf(definition.metrics),
    parameters: noParameters,
    presets: { quick: {}, standard: {}, thorough: {} },
    estimateSeconds: () => estimateSeconds,
    timeoutSeconds: () => timeoutSeconds,
    script: (phase) => ownScript(phase, definition),
    parse: (output) => parseOwn(definition, output),
  };
}

/** The primary metric is the one that says so, or the first that can be compared. */
function metricsOf(metrics: readonly OwnMetric[]): readonly Metric[] {
  const primary = primaryOf(metrics);
  return metrics.map((metric) => ({
    id: metric.id,
    title: metric.title ?? metric.id,
    unit: metric.unit,
    better: metric.better,
    primary: metric === primary,
  }));
}
