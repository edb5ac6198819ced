import type { GuestSamples, MetricComparison, MetricReport } from './shape';

export interface QuantilePoint {
  readonly metric: MetricReport;
  /** E.g. 99: so many percent of the operations took at most the value. */
  readonly percent: number;
  /** By guest, in the order asked for: the geometric mean over its compared trials; null without one. */
  readonly values: readonly (number | null)[];
  readonly own: readonly (GuestSamples | undefined)[];
  readonly comparison: MetricComparison | undefined;
}

/** The percentiles of one distribution, rising. */
export interface QuantileCurve {
  readonly of: string;
  readonly unit: string;
  readonly points: readonly QuantilePoint[];
}

/** The distributions that metrics of one workload are points of; one measured point alone makes no curve. */
export function quantileCurves(
  metrics: readonly MetricReport[],
  guests: readonly string[],
  candidate: string | undefined,
): QuantileCurve[] {
  const curves = new Map<string, { unit: string; points: QuantilePoint[] }>();
  for (const metric of metrics) {
    const { quantile, unit } = metric;
    if (quantile === undefined) continue;
    const curve = curves.get(quantile.of) ?? { unit, points: [] };
    curves.set(quantile.of, curve);
    if (unit !== curve.unit) continue;
    const own = guests.map((key) => metric.guests.find(({ guest }) => guest === key));
    curve.points.push({
      metric,
      percent: quantile.percent,
      values: own.map((samples) => samples?.geometricMean ?? null),
      own,
      comparison: metric.comparisons.find((one) => one.candidate === candidate),
    });
  }
  return [...curves].flatMap(([of, { unit, points }]) =>
    points.filter(({ values }) => values.some((value) => value !== null)).length < 2
      ? []
      : [{ of, unit, points: points.toSorted((a, b) => a.percent - b.percent) }],
  );
}

/** Where a percentile stands on an axis that gives the tail room: 0 for none, 1 for 90 %, 2 for 99 %, 3 for 99.9 %. */
export function nines(percent: number): number {
  return -Math.log10(1 - Math.min(percent, 99.99999) / 100);
}

/** Ticks of a logarithmic axis that hold `low` and `high` between them: 1, 2 and 5 times powers of ten. */
export function logTicks(low: number, high: number): number[] {
  const ticks: number[] = [];
  const steps = [1, 2, 5];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    for (const step of steps) ticks.push(Number((step * 10 ** power).toPrecision(12)));
  const first = ticks.findLastIndex((tick) => tick <= low);
  const last = ticks.findIndex((tick) => tick >= high);
  const within = ticks.slice(Math.max(0, first), last + 1);
  // Over many decades, the powers of ten are enough.
  return within.length <= 8 ? within : within.filter((tick) => Number.isInteger(Math.log10(tick)));
}
