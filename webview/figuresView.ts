import type { MetricReport } from '../src/report/shape';
import { furtherFigures } from '../src/report/wording';
import { el, replace, setText } from './dom';
import { figuresTable } from './figuresTable';
import type { PageActions } from './metricView';
import { MetricViews } from './metricViews';
import { importedPair, type Shown } from './sides';

/** All figures of a workload in one table; each can be opened in full below it. */
export class FiguresView {
  readonly element: HTMLDetailsElement;
  private readonly summary = el('summary', {});
  private readonly figures = el('div', {});
  private readonly chosen: MetricViews;
  private last: { readonly shown: Shown; readonly metrics: readonly MetricReport[] } | undefined;

  constructor(
    benchmark: string,
    private readonly actions: PageActions,
  ) {
    const key = `metrics:${benchmark}`;
    this.chosen = new MetricViews('others', 'h4', actions);
    this.element = el('details', { class: 'more' }, this.summary, this.figures, this.chosen.element);
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
    const measured = shown.baseline === undefined ? 'none' : 'measured';
    setText(this.summary, furtherFigures(others, importedPair(shown) ? 'imported' : measured));
    this.render();
  }

  close(): void {
    this.chosen.close();
  }

  /** Filled when it is open only: a workload can have hundreds of figures. */
  private render(): void {
    const { shown, metrics } = this.last ?? {};
    if (shown === undefined || metrics === undefined || !this.element.open) {
      this.figures.replaceChildren();
      this.chosen.clear();
      return;
    }
    const open = metrics.filter(({ key }) => this.actions.isOpen(`figure:${key}`));
    const keys = new Set(open.map(({ key }) => key));
    replace(
      this.figures,
      figuresTable(shown, metrics, keys, (key) => this.toggle(key)),
    );
    this.chosen.update(shown, open, ({ title }) => title);
  }

  private toggle(key: string): void {
    const stored = `figure:${key}`;
    this.actions.setOpen(stored, this.actions.isOpen(stored) ? 'closed' : 'open');
    this.render();
    if (this.actions.isOpen(stored)) this.chosen.scrollTo(key);
  }
}
