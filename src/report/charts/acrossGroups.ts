import type { AcrossMetric, AcrossReport } from '../acrossShape';
import type { Verdict } from '../shape';
import { kindTitles, labelOf } from './scale';

/** One experiment of one metric: a line of the chart. */
export interface AcrossLane {
  /** Index into `AcrossReport.experiments`. */
  readonly experiment: number;
  readonly verdict: Verdict;
  readonly word: string;
  readonly speedup: number | null;
  readonly interval: readonly [number, number] | null;
}

export interface AcrossGroup {
  readonly title: string;
  readonly lanes: readonly AcrossLane[];
}

export const geometricMeanTitle = 'Geometric mean of the tested';

/**
 * Metrics that a drawing shows at most, of one experiment or several: with more it is no picture any more, the page
 * stands still while it is made, and the tables have them all.
 */
export const mostDrawnMetrics = 40;

/** The geometric means of the experiments that tested two workloads or more. */
export const geometricMeans = ({ experiments }: AcrossReport): AcrossLane[] =>
  experiments.flatMap(({ experiment, overall }): AcrossLane[] =>
    overall?.status === 'ok' && overall.workloads > 1
      ? [{ experiment, verdict: 'untested', word: '', speedup: overall.speedup, interval: overall.interval }]
      : [],
  );

/** The lines of a forest of several experiments: by metric, at the end the geometric means where there are two. */
export function acrossGroups(across: AcrossReport, metrics: readonly AcrossMetric[]): AcrossGroup[] {
  const groups = metrics.map((metric): AcrossGroup => {
    const label = labelOf(metric);
    return { title: `${label} · ${kindTitles[metric.kind]}`, lanes: metric.entries };
  });
  const means = geometricMeans(across);
  return means.length < 2 ? groups : [...groups, { title: geometricMeanTitle, lanes: means }];
}
