import { verdictSigns } from './charts/scale';
import { escaped, tag, type Attributes } from './charts/svg';
import { guestTone } from './charts/palette';
import { count, formatPercent, formatValue, formatWithUnit } from './format';
import { hintOf } from './reading';
import type { GuestSamples, MetricComparison, MetricReport, ReportModel, Verdict } from './shape';
import { comparisonTexts, comparisonTitles, fullTitle, limitSign, ratioTexts, ratioTitles } from './wording';

/** Markup: what is text is escaped already. */
export type Markup = string;

/** An element that has an end tag even when it is empty. */
export function el(name: string, attributes: Attributes, ...inner: readonly Markup[]): Markup {
  const whole = inner.join('');
  return whole === '' ? `${tag(name, attributes).slice(0, -2)}></${name}>` : tag(name, attributes, whole);
}

/** A name from outside, kept from reordering what stands around it. */
export const name = (text: string): Markup => `<bdi>${escaped(text)}</bdi>`;

/** The longest text of a reason or fact that a document repeats. */
const longest = 2000;
export const clipped = (text: string): string =>
  text.length <= longest ? text : `${text.slice(0, longest).replace(/[\ud800-\udbff]$/, '')}…`;

export function verdictMark(verdict: Verdict, word: string): Markup {
  const sign = el('span', { 'aria-hidden': 'true' }, verdictSigns[verdict]);
  return el('span', { class: `verdict ${verdict}` }, sign, ` ${escaped(word)}`);
}

/** A guest's shape and colour as in the charts, its mode and its name. */
export function guestMark(model: ReportModel, key: string, role: 'baseline' | 'candidate'): Markup {
  const guest = model.guests.find((one) => one.key === key);
  const partner = model.guests.find((one) => one.key === model.baseline);
  const tone = guestTone(guest, role === 'candidate' ? partner : undefined);
  const dot = el('span', { class: `tone-${tone}`, 'aria-hidden': 'true' }, role === 'baseline' ? '●' : '■');
  const mode = guest === undefined || guest.mode === 'unknown' ? '' : `${escaped(guest.mode)} `;
  return `${dot} ${mode}${name(key)}`;
}

export interface Column {
  readonly title: Markup;
  readonly number?: 'number';
  readonly hint?: string | undefined;
}

export const words = (...titles: readonly string[]): Column[] =>
  titles.map((title) => ({ title: escaped(title) }));
export const numbers = (...titles: readonly string[]): Column[] =>
  titles.map((title) => ({ title: escaped(title), number: 'number', hint: hintOf(title) }));

/** A table that scrolls sideways and can be scrolled by keyboard; the first cell of each row is its heading. */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Markup[])[],
  rowClass: (row: number) => string | undefined = () => undefined,
): Markup {
  const kind = (index: number) => columns[index]?.number;
  const head = columns.map(({ title, hint }, index) =>
    el('th', { scope: 'col', class: kind(index), title: hint }, title),
  );
  const body = rows.map((cells, row) =>
    el(
      'tr',
      { class: rowClass(row) },
      ...cells.map((cell, index) =>
        index === 0
          ? el('th', { scope: 'row', class: kind(index) }, cell)
          : el('td', { class: kind(index) }, cell),
      ),
    ),
  );
  return scroll(
    caption,
    el(
      'table',
      {},
      el('caption', {}, escaped(caption)),
      el('thead', {}, el('tr', {}, ...head)),
      el('tbody', {}, body.join('\n')),
    ),
  );
}

/** What can be wider than the window, reachable and named for the keyboard. */
export function scroll(label: string, inner: Markup): Markup {
  return el('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': label }, inner);
}

export function details(summary: Markup, ...inner: readonly Markup[]): Markup {
  return el('details', {}, el('summary', {}, summary), ...inner);
}

export const list = (items: readonly Markup[]): Markup =>
  items.length === 0 ? '' : el('ul', {}, ...items.map((item) => el('li', {}, item)));

export const metricName = (metric: MetricReport): Markup => name(fullTitle(metric));

export function meanCell(metric: MetricReport, key: string | undefined): Markup {
  const samples = metric.guests.find(({ guest }) => guest === key);
  return samples === undefined || samples.n === 0 ? '–' : meanOf(samples, metric.unit);
}

/** The mean of a side; of a mode with several guests, their means from the least to the greatest. */
export function sideCell(
  metric: MetricReport,
  found: MetricComparison | undefined,
  side: 'baseline' | 'candidate',
  key: string | undefined,
): Markup {
  if (found?.replicates === undefined) return limitSign(metric, found, side) + meanCell(metric, key);
  const means = found.replicates.flatMap((one) => (one.side === side && one.mean !== null ? [one.mean] : []));
  if (means.length === 0) return '–';
  const [least, greatest] = [Math.min(...means), Math.max(...means)];
  const range = means.length === 1 ? formatValue(least) : `${formatValue(least)} to ${formatValue(greatest)}`;
  return `${name(`${range} ${metric.unit}`.trim())} <span class="aside">${count(means.length, 'guest')}</span>`;
}

export const meanOf = ({ geometricMean }: GuestSamples, unit: string): Markup =>
  name(formatWithUnit(geometricMean, unit));

/** The columns of a comparison; of an imported pair without those that are for measured ones only. */
export function comparisonColumns(model: ReportModel, imported: 'imported' | 'measured'): Column[] {
  if (imported === 'imported') return numbers(...ratioTitles);
  return [...words('Verdict'), ...numbers(...comparisonTitles(model))];
}

export function comparisonCells(
  found: MetricComparison | undefined,
  imported: 'imported' | 'measured',
): Markup[] {
  if (imported === 'imported') return ratioTexts(found).map(escaped);
  const verdict = found === undefined ? '–' : verdictMark(found.verdict, found.word);
  return [verdict, ...comparisonTexts(found).map(escaped)];
}

export const cvCell = (samples: GuestSamples | undefined): Markup => formatPercent(samples?.cvPercent);
