import { catalogue } from '../benchmarks/catalogue';
import { primaryOf } from '../benchmarks/parse/own';
import type { Experiment, TrialRecord } from '../model/experiment';

/** A figure that an imported file holds in no usable form. */
export interface LostFigure {
  readonly metric: string;
  readonly title: string | undefined;
  /** What the file says about it; undefined: nothing. */
  readonly primary: boolean | undefined;
  readonly error: string;
}

/** By index into the trials of the experiment. */
export type LostFigures = ReadonlyMap<number, readonly LostFigure[]>;

/**
 * The experiment with the reasons of what was left out of its trials, and without figures of known metrics that are compared
 * and not above nought. A trial that lost the figure that is tested, or all of its figures, has failed; any other keeps
 * the rest.
 */
export function withLostFigures(experiment: Experiment, lost: LostFigures): Experiment {
  const trials = experiment.trials.map((record, index) =>
    record.status === 'ok' ? withoutLost(experiment, record, lost.get(index) ?? []) : record,
  );
  return trials.some((record, index) => record !== experiment.trials[index])
    ? { ...experiment, trials }
    : experiment;
}

function withoutLost(
  experiment: Experiment,
  record: TrialRecord,
  unreadable: readonly LostFigure[],
): TrialRecord {
  const known = metricsOf(experiment, record);
  const impossible = record.measurements.filter(
    ({ id, value, better }) => value <= 0 && better !== 'none' && known.has(id),
  );
  if (unreadable.length + impossible.length === 0) return record;
  const measurements = record.measurements.filter((measurement) => !impossible.includes(measurement));
  const missing: readonly LostFigure[] = [
    ...unreadable,
    ...impossible.map(({ id, title, primary, value }) => ({
      metric: id,
      title,
      primary,
      error: `it is ${value}; what is compared must be above nought`,
    })),
  ];
  const parts = missing.map(({ metric, title, error }) => {
    return { test: title ?? known.get(metric)?.title ?? metric, error };
  });
  const tested = missing.findIndex(({ metric, primary }) => primary ?? known.get(metric)?.primary === true);
  const worst = parts[tested] ?? (measurements.length === 0 ? parts[0] : undefined);
  if (worst === undefined) return { ...record, measurements, failed: [...(record.failed ?? []), ...parts] };
  const reason = `no figure for ${worst.test}: ${worst.error}`;
  return { ...record, status: 'failed', reason, measurements: [] };
}

interface Known {
  readonly title: string;
  readonly primary: boolean;
}

/** The metrics that the catalogue, or the lab of the experiment, promises of the trial's benchmark. */
function metricsOf({ plan, lab }: Experiment, { trial }: TrialRecord): ReadonlyMap<string, Known> {
  const ref = plan.benchmarks.find(({ id }) => id === trial.benchmark);
  const benchmark = ref?.benchmark ?? trial.benchmark;
  const own = lab.benchmarks?.find(({ id }) => id === benchmark)?.metrics;
  if (own !== undefined) {
    const primary = primaryOf(own);
    return new Map(own.map((one) => [one.id, { title: one.title ?? one.id, primary: one === primary }]));
  }
  const metrics = catalogue.find(({ id }) => id === benchmark)?.metrics ?? [];
  return new Map(metrics.map(({ id, title, primary }) => [id, { title, primary }]));
}

/**
 * The value of a JSON document without the measurements that hold no number, and what they were.
 * A document that is no experiment comes back as it is.
 */
export function withoutUnusable(value: unknown): { readonly value: unknown; readonly lost: LostFigures } {
  const lost = new Map<number, readonly LostFigure[]>();
  if (!isObject(value) || !Array.isArray(value['trials'])) return { value, lost };
  const trials = value['trials'].map((record: unknown, index): unknown => {
    if (!isObject(record) || !Array.isArray(record['measurements'])) return record;
    const all: readonly unknown[] = record['measurements'];
    const bad = all.filter(
      (one) => isObject(one) && typeof one['id'] === 'string' && !isFigure(one['value']),
    );
    if (bad.length === 0) return record;
    lost.set(index, bad.filter(isObject).map(lostOf));
    return { ...record, measurements: all.filter((one) => !bad.includes(one)) };
  });
  return { value: lost.size === 0 ? value : { ...value, trials }, lost };
}

const isFigure = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value);

function lostOf({ id, title, primary, value }: Readonly<Record<string, unknown>>): LostFigure {
  return {
    metric: String(id),
    title: typeof title === 'string' ? title : undefined,
    primary: typeof primary === 'boolean' ? primary : undefined,
    error: `expected a number, found ${value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80)}`,
  };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
