import type * as z from 'zod/mini';
import type { Parameters } from '../model/lab';
import { UserError } from '../model/userError';
import type {
  Benchmark,
  Confirmation,
  Kind,
  Metric,
  ParsedOutput,
  Phase,
  Preset,
  SourceNeed,
  TrialOutput,
} from './benchmark';
import { isUpload, uploadedLater } from './parameters';

interface Definition<P extends Parameters> {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly kind: Kind;
  /** `measured`: they are known only from the output of a run; the parser then says what is whole. */
  readonly metrics: readonly Metric[] | 'measured';
  readonly parameters: z.ZodMiniType<P>;
  readonly presets: Readonly<Record<Preset, Partial<P>>>;
  readonly source?: SourceNeed;
  confirmation?(parameters: P): Confirmation | undefined;
  estimateSeconds(parameters: P): number;
  timeoutSeconds(parameters: P): number;
  readonly scripts: Readonly<Record<Phase, (parameters: P) => string>>;
  /** The parser of the tool. */
  parse(output: TrialOutput): ParsedOutput;
}

/** A benchmark out of its parts: checks the parameters once, and takes a trial as a whole or not at all. */
export function defineBenchmark<P extends Parameters>(definition: Definition<P>): Benchmark {
  const { parameters: schema, scripts, presets, metrics, ...rest } = definition;
  const read = (parameters: Parameters): P => {
    const result = schema.safeParse(parameters);
    if (result.success) return result.data;
    const issues = result.error.issues.map((issue) => [...issue.path.map(String), issue.message].join(' '));
    throw new UserError(`${definition.title}: ${issues.join('; ')}.`);
  };
  return {
    ...rest,
    metrics: metrics === 'measured' ? [] : metrics,
    // The schema refuses what it does not know, so any parameters may be put to it.
    parameters: schema as unknown as Benchmark['parameters'],
    presets: {
      quick: read(presets.quick as Parameters),
      standard: read(presets.standard as Parameters),
      thorough: read(presets.thorough as Parameters),
    },
    confirmation: (parameters) => definition.confirmation?.(read(parameters)),
    estimateSeconds: (parameters) => definition.estimateSeconds(read(parameters)),
    timeoutSeconds: (parameters) => definition.timeoutSeconds(read(parameters)),
    script: (phase, parameters) => scripts[phase](forScript(phase, read(parameters))),
    parse: (output) => {
      const parsed = definition.parse(output);
      return metrics === 'measured' ? parsed : asAWhole(parsed, metrics);
    },
  };
}

/** A path of the person's computer never reaches a shell: a run is given the place of what was uploaded. */
function forScript<P extends Parameters>(phase: Phase, parameters: P): P {
  const entries = Object.entries(parameters).map(([name, value]) => {
    if (typeof value !== 'string' || !isUpload(value)) return [name, value];
    if (phase === 'run') throw new Error(`The parameter ${name} names what was not uploaded.`);
    return [name, uploadedLater];
  });
  return Object.fromEntries(entries) as P;
}

/**
 * The metrics of a benchmark out of what its parser found. A figure that the parser left out with a reason is missing, and
 * nothing else, unless it is the one that is tested. Another one that is missing is a hole: the output is not whole, and a
 * trial with holes would be compared as if it were.
 */
function asAWhole(parsed: ParsedOutput, metrics: readonly Metric[]): ParsedOutput {
  if (parsed.outcome !== 'ok') return parsed;
  const reasons = parsed.failed ?? [];
  const reasonOf = ({ id }: Metric) =>
    reasons.find(({ test }) => id === test || id.startsWith(`${test}_`))?.error;
  const found = parsed.metrics.filter(({ id }) => metrics.some((metric) => metric.id === id));
  const missing = metrics.filter(
    ({ id, better, optional }) =>
      better !== 'none' && optional !== true && !found.some((measurement) => measurement.id === id),
  );
  const holes = missing.filter((metric) => reasonOf(metric) === undefined);
  const primary = missing.find((metric) => metric.primary);
  if (holes.length === 0 && primary === undefined) {
    const failed = reasons.map(({ test, error }) => ({
      test: metrics.find(({ id }) => id === test)?.title ?? test,
      error,
    }));
    return { outcome: 'ok', metrics: found, ...(failed.length === 0 ? {} : { failed }) };
  }
  const named = (holes.length > 0 ? holes : missing).map(({ title, id }) => `${title} (${id})`).join(', ');
  const why = holes.length === 0 && primary !== undefined ? reasonOf(primary) : undefined;
  return {
    outcome: 'failed',
    metrics: [],
    reason:
      why === undefined
        ? `the output holds no figure for ${named}: the run is not complete`
        : `no figure for ${primary?.title ?? named}: ${why}`,
  };
}
