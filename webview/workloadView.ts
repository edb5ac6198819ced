import { count } from '../src/report/format';
import type { MetricReport } from '../src/report/shape';
import { el, setText } from './dom';
import { LoadView } from './loadView';
import { MetricView, type PageActions, type Shown } from './metricView';

/** One workload: its tested metric in full, the others behind a fold. */
export class WorkloadView {
  readonly element: HTMLElement;
  private readonly main = el('div', {});
  private readonly others = el('div', { class: 'others' });
  private readonly foldTitle = el('summary', {});
  private readonly fold: HTMLDetailsElement;
  private readonly views = new Map<string, MetricView>();
  private readonly load: LoadView;
  private last: { readonly shown: Shown; readonly metrics: readonly MetricReport[] } | undefined;

  constructor(
    private readonly benchmark: string,
    private readonly actions: PageActions,
  ) {
    const key = `metrics:${benchmark}`;
    this.fold = el('details', { class: 'more' }, this.foldTitle, this.others);
    this.fold.open = actions.isOpen(key);
    this.fold.addEventListener('toggle', () => {
      actions.setOpen(key, this.fold.open ? 'open' : 'closed');
      this.render();
    });
    this.load = new LoadView(benchmark, actions);
    this.element = el('section', { class: 'workload' }, this.main, this.fold, this.load.element);
  }

  update(shown: Shown, metrics: readonly MetricReport[]): void {
    this.last = { shown, metrics };
    this.load.update(shown, this.benchmark);
    this.render();
  }

  close(): void {
    for (const view of this.views.values()) view.close();
  }

  private render(): void {
    if (this.last === undefined) return;
    const { shown, metrics } = this.last;
    const primary = metrics.filter((metric) => metric.primary);
    const first = primary.length > 0 ? primary : metrics.slice(0, 1);
    const rest = metrics.filter((metric) => !first.includes(metric));
    this.place(this.main, shown, first, 'h3');
    this.fold.hidden = rest.length === 0;
    setText(this.foldTitle, `${count(rest.length, 'more metric')}: shown, not tested`);
    if (this.fold.open) this.place(this.others, shown, rest, 'h4');
  }

  /** Views are kept from one model to the next, so that nothing flickers and the focus stays. */
  private place(parent: Element, shown: Shown, metrics: readonly MetricReport[], level: 'h3' | 'h4'): void {
    const wanted = new Set(metrics.map(({ key }) => key));
    for (const [key, view] of this.views) {
      if (view.element.parentElement !== parent || wanted.has(key)) continue;
      view.close();
      view.element.remove();
      this.views.delete(key);
    }
    for (const metric of metrics) {
      let view = this.views.get(metric.key);
      if (view === undefined) {
        view = new MetricView(metric.key, level, this.actions);
        this.views.set(metric.key, view);
      }
      if (view.element.parentElement !== parent) parent.append(view.element);
      const { benchmarkTitle, title } = metric;
      view.update(
        shown,
        metric,
        level === 'h4' || title === benchmarkTitle ? title : `${benchmarkTitle}: ${title}`,
      );
    }
  }
}
