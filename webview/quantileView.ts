import { formatInterval, formatSpeedup, formatWithUnit, plain } from '../src/report/format';
import { quantileCurves, type QuantileCurve } from '../src/report/quantiles';
import type { MetricComparison, MetricReport } from '../src/report/shape';
import { intervalTitle } from '../src/report/wording';
import { el, replace, setText, table, type Child, type Column } from './dom';
import { guestMark, meanCell } from './marks';
import type { PageActions } from './metricView';
import { quantileChart } from './quantileChart';
import { shortName, shownGuests, type Shown } from './sides';

/** The percentiles of a workload's distributions, both guests side by side: a line, behind it charts and tables. */
export class QuantileView {
  readonly element: HTMLDetailsElement;
  private readonly summary = el('summary', {});
  private readonly curves = el('div', {});
  private last: { readonly shown: Shown; readonly curves: readonly QuantileCurve[] } | undefined;

  constructor(benchmark: string, actions: PageActions) {
    const key = `quantiles:${benchmark}`;
    this.element = el('details', { class: 'more quantiles' }, this.summary, this.curves);
    this.element.open = actions.isOpen(key);
    this.element.addEventListener('toggle', () => {
      actions.setOpen(key, this.element.open ? 'open' : 'closed');
      this.render();
    });
  }

  update(shown: Shown, metrics: readonly MetricReport[]): void {
    const guests = shownGuests(shown).map(({ guest }) => guest.key);
    const curves = quantileCurves(metrics, guests, shown.candidate);
    this.last = { shown, curves };
    this.element.hidden = curves.length === 0;
    setText(this.summary, summaryOf(shown, curves));
    this.render();
  }

  private render(): void {
    if (this.last === undefined || !this.element.open) {
      this.curves.replaceChildren();
      return;
    }
    const { shown, curves } = this.last;
    replace(this.curves, ...curves.map((curve) => curveOf(shown, curve)));
  }
}

/** The outermost percentiles of the first distribution. */
function summaryOf(shown: Shown, [curve, ...others]: readonly QuantileCurve[]): string {
  const ends = curve?.points.filter((_, index, { length }) => index === 0 || index === length - 1);
  if (curve === undefined || ends === undefined) return '';
  const guests = shownGuests(shown).slice(0, 4);
  const parts = guests.map(({ guest }, index) => {
    const own = ends.map(
      ({ percent, values }) => `${percent} % ${formatWithUnit(values[index], curve.unit)}`,
    );
    return `${shortName(shown, guest)}: ${own.join(', ')}`;
  });
  const more = others.length === 0 ? '' : ` · ${others.map(({ of }) => of).join(' · ')}`;
  return `${curve.of}, percentiles · ${parts.join(' · ')}${more}`;
}

function curveOf(shown: Shown, curve: QuantileCurve): HTMLElement {
  const guests = shownGuests(shown);
  const chart = quantileChart(curve, guests);
  const legend = [
    ...guests.map(({ guest, role }) => guestMark(shown.model, guest.key, role)),
    el('span', {}, 'mean of the trials, with their range'),
  ];
  return el(
    'div',
    { class: 'metric' },
    el('h4', {}, curve.of),
    chart === undefined ? null : el('p', { class: 'legend', 'aria-hidden': 'true' }, ...legend),
    el('div', { class: 'picture' }, chart, curveTable(shown, curve)),
  );
}

function curveTable(shown: Shown, { of, points, unit }: QuantileCurve): HTMLElement {
  const guests = shownGuests(shown);
  const hasPair = points.some(({ comparison }) => (comparison?.speedup ?? null) !== null);
  const columns: Column[] = [
    { title: 'Percentile' },
    ...guests.map(({ guest, role }) => ({
      title: plain(guest.key),
      number: 'number' as const,
      head: guestMark(shown.model, guest.key, role),
    })),
    ...(hasPair ? [{ title: 'Speedup', number: 'number' as const }] : []),
  ];
  const rows = points.map(({ percent, metric, comparison }): Child[] => [
    `${percent} %`,
    ...guests.map(({ guest }) =>
      meanCell(
        metric.guests.find((one) => one.guest === guest.key),
        '',
      ),
    ),
    ...(hasPair ? [speedupCell(comparison)] : []),
  ]);
  const level = intervalTitle(shown.model.statistics);
  const hasInterval = points.some(({ comparison }) => (comparison?.interval ?? null) !== null);
  const caption = `${of}${unit === '' ? '' : ` in ${unit}`}, means of the trials${hasPair ? `; speedup${hasInterval ? ` with its ${level}` : ''}, shown, not tested` : ''}`;
  return table(caption, columns, rows);
}

function speedupCell(found: MetricComparison | undefined): Child {
  const { speedup = null, interval = null } = found ?? {};
  const range = interval === null ? null : el('div', { class: 'aside' }, formatInterval(interval));
  return el('div', {}, formatSpeedup(speedup), range);
}
