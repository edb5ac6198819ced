import type { MetricReport } from '../src/report/shape';
import { fullTitle } from '../src/report/wording';
import { el } from './dom';
import { FiguresView } from './figuresView';
import { LoadView } from './loadView';
import type { PageActions } from './metricView';
import { MetricViews } from './metricViews';
import { QuantileView } from './quantileView';
import type { Shown } from './sides';

/** One workload: its tested metric in full; behind folds the percentiles, all figures, and the load. */
export class WorkloadView {
  readonly element: HTMLElement;
  private readonly main: MetricViews;
  private readonly quantiles: QuantileView;
  private readonly figures: FiguresView;
  private readonly load: LoadView;

  constructor(
    private readonly benchmark: string,
    actions: PageActions,
  ) {
    this.main = new MetricViews(undefined, 'h3', actions);
    this.quantiles = new QuantileView(benchmark, actions);
    this.figures = new FiguresView(benchmark, actions);
    this.load = new LoadView(benchmark, actions);
    this.element = el(
      'section',
      { class: 'workload' },
      this.main.element,
      this.quantiles.element,
      this.figures.element,
      this.load.element,
    );
  }

  update(shown: Shown, metrics: readonly MetricReport[]): void {
    const primary = metrics.filter((metric) => metric.primary);
    const first = primary.length > 0 ? primary : metrics.slice(0, 1);
    this.main.update(shown, first, fullTitle);
    this.quantiles.update(shown, metrics);
    this.figures.update(shown, metrics, first.length);
    this.load.update(shown, this.benchmark);
  }

  close(): void {
    this.figures.close();
    this.main.close();
  }
}
