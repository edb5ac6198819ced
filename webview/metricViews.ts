import type { MetricReport } from '../src/report/shape';
import { el } from './dom';
import { MetricView, type PageActions } from './metricView';
import type { Shown } from './sides';

/** Metrics in full, one below the other. */
export class MetricViews {
  readonly element: HTMLElement;
  private readonly views = new Map<string, MetricView>();

  constructor(
    className: string | undefined,
    private readonly heading: 'h3' | 'h4',
    private readonly actions: PageActions,
  ) {
    this.element = el('div', { class: className });
  }

  /** Views are kept from one model to the next, so that nothing flickers and the focus stays. */
  update(shown: Shown, metrics: readonly MetricReport[], titleOf: (metric: MetricReport) => string): void {
    const keys = new Set(metrics.map(({ key }) => key));
    for (const key of this.views.keys()) {
      if (!keys.has(key)) this.remove(key);
    }
    for (const metric of metrics) this.viewOf(metric.key).update(shown, metric, titleOf(metric));
  }

  clear(): void {
    for (const key of this.views.keys()) this.remove(key);
  }

  scrollTo(key: string): void {
    this.views.get(key)?.element.scrollIntoView({ block: 'nearest' });
  }

  close(): void {
    for (const view of this.views.values()) view.close();
  }

  private viewOf(key: string): MetricView {
    const known = this.views.get(key);
    if (known !== undefined) return known;
    const view = new MetricView(key, this.heading, this.actions);
    this.views.set(key, view);
    this.element.append(view.element);
    return view;
  }

  private remove(key: string): void {
    const view = this.views.get(key);
    view?.close();
    view?.element.remove();
    this.views.delete(key);
  }
}
