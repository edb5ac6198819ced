import { benchmarksOf } from '../benchmarks/own';
import type { Experiment, TrialRecord } from '../model/experiment';
import type { Load } from '../model/load';
import { headWorkloads } from './hostMessage';
import { metricsOf } from './metrics';
import { reportModel } from './model';
import type { MetricReport, ReportModel, ReportOptions } from './shape';

/** With more values it takes longer to make and send the whole model than a person should wait. */
const smallValues = 20_000;

/**
 * Of a large experiment's model what is seen first, in a fraction of the time of the whole: of later workloads it has the
 * tested metrics without their samples, and no trials and failures. All else, verdicts and warnings too, is as
 * `reportModel` makes it. Undefined: the experiment is small.
 */
export function headModel(experiment: Experiment, options: ReportOptions): ReportModel | undefined {
  const values = experiment.trials.reduce((sum, { measurements }) => sum + 1 + measurements.length, 0);
  if (values <= smallValues) return undefined;
  const metrics = metricsOf([experiment], options.catalogue ?? benchmarksOf(experiment.lab));
  const first = new Set([...new Set(metrics.map(({ benchmark }) => benchmark))].slice(0, headWorkloads));
  const tested = new Map<string, Set<string>>();
  for (const { benchmark, metric, primary } of metrics) {
    if (first.has(benchmark) || !primary) continue;
    tested.set(benchmark, (tested.get(benchmark) ?? new Set()).add(metric));
  }
  const trials = experiment.trials.map((record) => inBrief(record, tested.get(record.trial.benchmark)));
  const model = reportModel([{ ...experiment, trials }], options);
  return {
    ...model,
    metrics: model.metrics.flatMap((metric, index) => {
      if (first.has(metric.benchmark)) return metric;
      const startsWorkload = metric.benchmark !== model.metrics[index - 1]?.benchmark;
      return metric.primary || startsWorkload ? withoutSamples(metric) : [];
    }),
    trials: [],
    failures: [],
  };
}

/** @param metrics the only ones that count; absent: all do. */
function inBrief(record: TrialRecord, metrics: ReadonlySet<string> | undefined): TrialRecord {
  const { measurements, cpu, load } = record;
  return {
    ...record,
    measurements: metrics === undefined ? measurements : measurements.filter(({ id }) => metrics.has(id)),
    // The shares of the time are counted over the whole trial, or else are means of these lists.
    ...(cpu === undefined || load === undefined ? {} : { load: withoutCourse(load) }),
  };
}

/** What was warned of stays: it stands in the summary. */
function withoutCourse(load: Load): Load {
  return { ...load, userPercent: [], systemPercent: [], iowaitPercent: [], stealPercent: [] };
}

function withoutSamples(metric: MetricReport): MetricReport {
  return {
    ...metric,
    guests: metric.guests.map((guest) => ({ ...guest, samples: [] })),
    comparisons: metric.comparisons.map((comparison) => ({ ...comparison, pairs: [] })),
  };
}
