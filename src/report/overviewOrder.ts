import type { MetricComparison, MetricReport } from './shape';

export interface OverviewRow {
  readonly metric: Pick<MetricReport, 'kind' | 'benchmark' | 'primary'>;
  readonly comparison: Pick<MetricComparison, 'speedup'> | undefined;
}

/** The kinds of workloads in the order in which a report shows them. */
export const kindOrder = ['cpu', 'memory', 'disk', 'web', 'system'] as const;

/**
 * The rows of an overview: by kind, and within it the largest speedup first. A workload's other metrics follow its
 * tested one; what has no estimate comes last.
 */
export function inOverviewOrder<T extends OverviewRow>(rows: readonly T[]): T[] {
  const tested = new Map<string, number>();
  for (const { metric, comparison } of rows) {
    if (metric.primary && !tested.has(metric.benchmark))
      tested.set(metric.benchmark, comparison?.speedup ?? 0);
  }
  const rank = ({ metric, comparison }: T) =>
    metric.primary ? (comparison?.speedup ?? 0) : (tested.get(metric.benchmark) ?? 0);
  return rows.toSorted(
    (a, b) =>
      kindOrder.indexOf(a.metric.kind) - kindOrder.indexOf(b.metric.kind) ||
      rank(b) - rank(a) ||
      (a.metric.benchmark === b.metric.benchmark
        ? Number(b.metric.primary) - Number(a.metric.primary)
        : a.metric.benchmark.localeCompare(b.metric.benchmark)),
  );
}
