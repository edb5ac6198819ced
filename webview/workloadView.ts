import type { MetricReport } from '../src/report/shape';
import { el } from './dom';
import { FiguresView } from './figuresView';
import { LoadView } from './loadView';
import { MetricView, type PageActions } from './metricView';
import { QuantileView } from './quantileView';
import type { Shown } from './sides';

/** One workload: its tested metric in full; behind folds the percentiles, all figures, and the load. */
export class WorkloadView {
  readonly element: HTMLElement;
  private readonly main = el('div', {});
  private readonly views = new Map<string, MetricView>();
  private readonly quantiles: QuantileView;
  private readonly figures: FiguresView;
  private readonly load: LoadView;

  constructor(
    private readonly benchmark: string,
    private readonly actions: PageActions,
  ) {
    this.quantiles = new QuantileView(benchmark, actions);
    this.figures = new FiguresView(benchmark, actions);
    this.load = new LoadView(benchmark, actions);
    this.element = el(
      'section',
      { class: 'workload' },
      this.main,
      this.quantiles.element,
      this.figures.element,
      this.load.element,
    );
  }

  update(shown: Shown, metrics: readonly MetricReport[]): void {
    const primary = metrics.filter((metric) => metric.primary);
    const first = primary.length > 0 ? primary : metrics.slice(0, 1);
    this.place(shown, first);
    this.quantiles.update(shown, metrics);
    this.figures.update(shown, metrics, first.length);
    this.load.update(shown, this.benchmark);
  }

  close(): void {
    this.figures.close();
    for (const view of this.views.values()) view.close();
  }

  /** Views are kept from one model to the next, so that nothing flickers and the focus stays. */
  private place(shown: Shown, metrics: readonly MetricReport[]): void {
    for (const [key, view] of this.views) {
      if (metrics.some((metric) => metric.key === key)) continue;
      view.close();
      view.element.remove();
      this.views.delete(key);
    }
    for (const metric of metrics) {
      let view = this.views.get(metric.key);
      if (view === undefined) {
        view = new MetricView(metric.key, 'h3', this.actions);
        this.views.set(metric.key, view);
        this.main.append(view.element);
      }
      const { benchmarkTitle, title } = metric;
      view.update(shown, metric, title === benchmarkTitle ? title : `${benchmarkTitle}: ${title}`);
    }
  }
}
