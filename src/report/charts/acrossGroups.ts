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

/** The lines of a forest of several experiments: by metric, at the end the geometric means where there are two. */
export function acrossGroups(across: AcrossReport, metrics: readonly AcrossMetric[]): AcrossGroup[] {
  const groups = metrics.map((metric): AcrossGroup => {
    const label = labelOf(metric);
    return { title: `${label} · ${kindTitles[metric.kind]}`, lanes: metric.entries };
  });
  const overall = across.experiments.flatMap(({ experiment, overall: found }): AcrossLane[] =>
    found?.status === 'ok' && found.workloads > 1
      ? [{ experiment, verdict: 'untested', word: '', speedup: found.speedup, interval: found.interval }]
      : [],
  );
  return overall.length < 2 ? groups : [...groups, { title: 'Geometric mean of the tested', lanes: overall }];
}
