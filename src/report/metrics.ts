import type { BenchmarkRef, Experiment, Measurement } from '../model/experiment';
import { kindOrder } from './overviewOrder';
import type { BenchmarkInfo, MetricReport } from './shape';

export type MetricInfo = Omit<MetricReport, 'guests' | 'comparisons'>;

/**
 * The metrics of the planned benchmarks: those the catalogue promises of each, and any other that was
 * measured. A planned benchmark without figures keeps its primary metric, so that it is seen to be missing.
 */
export function metricsOf(
  experiments: readonly Experiment[],
  catalogue: readonly BenchmarkInfo[],
): MetricInfo[] {
  const measured = measuredOf(experiments);
  const planned = new Map<string, { ref: BenchmarkRef; where: number[] }>();
  experiments.forEach(({ plan }, index) => {
    for (const ref of plan.benchmarks) {
      const entry = planned.get(ref.id) ?? { ref, where: [] };
      entry.where.push(index);
      planned.set(ref.id, entry);
    }
  });
  const metrics = [...planned.values()].flatMap(({ ref, where }) => {
    const info = catalogue.find((benchmark) => benchmark.id === (ref.benchmark ?? ref.id));
    const own = measured.get(ref.id) ?? new Map<string, Measurement>();
    // What others measured was never promised to have our metrics.
    const isImported = where.every((index) => experiments[index]?.imported !== undefined) && own.size > 0;
    return metricsOfBenchmark(ref, info, own, where, isImported ? 'left out' : 'shown');
  });
  return metrics.sort((a, b) => kindOrder.indexOf(a.kind) - kindOrder.indexOf(b.kind));
}

function metricsOfBenchmark(
  { id, title: plannedTitle, kind: plannedKind }: BenchmarkRef,
  info: BenchmarkInfo | undefined,
  measured: ReadonlyMap<string, Measurement>,
  experiments: readonly number[],
  missing: 'shown' | 'left out',
): MetricInfo[] {
  const common = {
    benchmark: id,
    benchmarkTitle: plannedTitle ?? info?.title ?? id,
    kind: plannedKind ?? info?.kind ?? 'system',
    experiments,
  };
  const known = (info?.metrics ?? []).filter(
    (metric) => (metric.primary && missing === 'shown') || measured.has(metric.id),
  );
  const others = [...measured.values()].filter((m) => !known.some((metric) => metric.id === m.id));
  // Without a promise beforehand there is nothing to test, save when there is no choice or the trial itself says it.
  const alone = known.length === 0 && others.length === 1;
  return [
    ...known.map(({ id: metric, title, unit, better, primary, resolution, quantile }) => {
      // What was measured knows its unit best: it can depend on the tool's version.
      const own = measured.get(metric);
      const further = {
        ...(resolution === undefined ? {} : { resolution }),
        ...(quantile === undefined ? {} : { quantile }),
      };
      const key = `${id}/${metric}`;
      return { ...common, key, metric, title, unit: own?.unit ?? unit, better, primary, ...further };
    }),
    ...others.map(({ id: metric, title = metric, unit, better, primary = alone }) => {
      return { ...common, key: `${id}/${metric}`, metric, title, unit, better, primary };
    }),
  ].sort((a, b) => Number(b.primary) - Number(a.primary));
}

/** The first measurement of each metric, by benchmark. */
function measuredOf(experiments: readonly Experiment[]): Map<string, Map<string, Measurement>> {
  const measured = new Map<string, Map<string, Measurement>>();
  // Most trials have the metrics of the one before in the same order, so they need not be looked up.
  const latest = new Map<string, readonly Measurement[]>();
  for (const { trials } of experiments) {
    for (const { trial, measurements } of trials) {
      const known = measured.get(trial.benchmark) ?? new Map<string, Measurement>();
      measured.set(trial.benchmark, known);
      const before = latest.get(trial.benchmark);
      measurements.forEach((measurement, index) => {
        const { id } = measurement;
        if (before?.[index]?.id !== id && !known.has(id)) known.set(id, measurement);
      });
      latest.set(trial.benchmark, measurements);
    }
  }
  return measured;
}
