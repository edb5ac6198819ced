import type * as z from 'zod/mini';
import type { Parameters } from '../model/lab';
import { UserError } from '../model/userError';
import type { Benchmark, Kind, Metric, ParsedOutput, Phase, Preset, TrialOutput } from './benchmark';

interface Definition<P extends Parameters> {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly kind: Kind;
  readonly metrics: readonly Metric[];
  readonly parameters: z.ZodMiniType<P>;
  readonly presets: Readonly<Record<Preset, Partial<P>>>;
  estimateSeconds(parameters: P): number;
  timeoutSeconds(parameters: P): number;
  readonly scripts: Readonly<Record<Phase, (parameters: P) => string>>;
  /** The parser of the tool. */
  parse(output: TrialOutput): ParsedOutput;
}

/** A benchmark out of its parts: checks the parameters once, and takes a trial as a whole or not at all. */
export function defineBenchmark<P extends Parameters>(definition: Definition<P>): Benchmark {
  const { parameters: schema, scripts, presets, ...rest } = definition;
  const read = (parameters: Parameters): P => {
    const result = schema.safeParse(parameters);
    if (result.success) return result.data;
    const issues = result.error.issues.map((issue) => [...issue.path.map(String), issue.message].join(' '));
    throw new UserError(`${definition.title}: ${issues.join('; ')}.`);
  };
  return {
    ...rest,
    // The schema refuses what it does not know, so any parameters may be put to it.
    parameters: schema as unknown as Benchmark['parameters'],
    presets: {
      quick: read(presets.quick as Parameters),
      standard: read(presets.standard as Parameters),
      thorough: read(presets.thorough as Parameters),
    },
    estimateSeconds: (parameters) => definition.estimateSeconds(read(parameters)),
    timeoutSeconds: (parameters) => definition.timeoutSeconds(read(parameters)),
    script: (phase, parameters) => scripts[phase](read(parameters)),
    parse: (output) => asAWhole(definition.parse(output), definition.metrics),
  };
}

/** All metrics that can be better or worse and are not optional, or none: a trial with holes would be compared as if it were whole. */
function asAWhole(parsed: ParsedOutput, metrics: readonly Metric[]): ParsedOutput {
  if (parsed.outcome !== 'ok') return parsed;
  const found = parsed.metrics.filter(({ id }) => metrics.some((metric) => metric.id === id));
  const missing = metrics.filter(
    ({ id, better, optional }) =>
      better !== 'none' && optional !== true && !found.some((measurement) => measurement.id === id),
  );
  if (missing.length === 0) return { outcome: 'ok', metrics: found };
  const names = missing.map(({ title, id }) => `${title} (${id})`).join(', ');
  return {
    outcome: 'failed',
    metrics: [],
    reason: `the output holds no figure for ${names}: the run is not complete`,
  };
}
