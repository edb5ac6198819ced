import { count } from '../src/report/format';
import type { MetricReport } from '../src/report/shape';
import { el, replace, setText } from './dom';
import { figuresTable } from './figuresTable';
import { MetricView, type PageActions } from './metricView';
import type { Shown } from './sides';

/** All figures of a workload in one table; each can be opened in full below it. */
export class FiguresView {
  readonly element: HTMLDetailsElement;
  private readonly summary = el('summary', {});
  private readonly figures = el('div', {});
  private readonly chosen = el('div', { class: 'others' });
  private readonly views = new Map<string, MetricView>();
  private last: { readonly shown: Shown; readonly metrics: readonly MetricReport[] } | undefined;

  constructor(
    benchmark: string,
    private readonly actions: PageActions,
  ) {
    const key = `metrics:${benchmark}`;
    this.element = el('details', { class: 'more' }, this.summary, this.figures, this.chosen);
    this.element.open = actions.isOpen(key);
    this.element.addEventListener('toggle', () => {
      actions.setOpen(key, this.element.open ? 'open' : 'closed');
      this.render();
    });
  }

  /** @param primary how many of the metrics are shown in full already. */
  update(shown: Shown, metrics: readonly MetricReport[], primary: number): void {
    this.last = { shown, metrics };
    const others = metrics.length - primary;
    this.element.hidden = others <= 0;
    setText(this.summary, `${count(others, 'more figure')}: shown, not tested`);
    this.render();
  }

  close(): void {
    for (const view of this.views.values()) view.close();
  }

  /** Filled when it is open only: a workload can have hundreds of figures. */
  private render(): void {
    const { shown, metrics } = this.last ?? {};
    if (shown === undefined || metrics === undefined || !this.element.open) {
      this.figures.replaceChildren();
      this.place([]);
      return;
    }
    const open = metrics.filter(({ key }) => this.actions.isOpen(`figure:${key}`));
    const keys = new Set(open.map(({ key }) => key));
    replace(
      this.figures,
      figuresTable(shown, metrics, keys, (key) => this.toggle(key)),
    );
    this.place(open);
  }

  private toggle(key: string): void {
    const stored = `figure:${key}`;
    this.actions.setOpen(stored, this.actions.isOpen(stored) ? 'closed' : 'open');
    this.render();
    if (this.actions.isOpen(stored)) this.views.get(key)?.element.scrollIntoView({ block: 'nearest' });
  }

  /** Views are kept from one model to the next, so that nothing flickers and the focus stays. */
  private place(metrics: readonly MetricReport[]): void {
    const shown = this.last?.shown;
    for (const [key, view] of this.views) {
      if (metrics.some((metric) => metric.key === key)) continue;
      view.close();
      view.element.remove();
      this.views.delete(key);
    }
    for (const metric of metrics) {
      let view = this.views.get(metric.key);
      if (view === undefined) {
        view = new MetricView(metric.key, 'h4', this.actions);
        this.views.set(metric.key, view);
        this.chosen.append(view.element);
      }
      if (shown !== undefined) view.update(shown, metric, metric.title);
    }
  }
}
