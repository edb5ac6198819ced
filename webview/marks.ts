import { guestTone } from '../src/report/charts/palette';
import { verdictSigns } from '../src/report/charts/scale';
import { formatPercent, formatWithUnit } from '../src/report/format';
import { hintOf } from '../src/report/reading';
import type { GuestSamples, MetricComparison, MetricReport, ReportModel, Verdict } from '../src/report/shape';
import { comparisonTexts, comparisonTitles, fullTitle, ratioTitles } from '../src/report/wording';
import { el, name, type Child, type Column } from './dom';

export function verdictMark(verdict: Verdict, word: string): HTMLElement {
  return el(
    'span',
    { class: `verdict ${verdict}` },
    el('span', { 'aria-hidden': 'true' }, verdictSigns[verdict]),
    ` ${word}`,
  );
}

/** A guest's shape and colour as in the charts, its mode and its name. */
export function guestMark(model: ReportModel, key: string, role: 'baseline' | 'candidate'): HTMLElement {
  const guest = model.guests.find((one) => one.key === key);
  const partner = model.guests.find((one) => one.key === model.baseline);
  const tone = guestTone(guest, role === 'candidate' ? partner : undefined);
  return el(
    'span',
    { class: 'guest' },
    el('span', { class: `dot tone-${tone}`, 'aria-hidden': 'true' }, role === 'baseline' ? '●' : '■'),
    ' ',
    guest === undefined || guest.mode === 'unknown' ? null : `${guest.mode} `,
    name(key),
  );
}

export const metricTitle = (metric: MetricReport): HTMLElement => name(fullTitle(metric));

export function meanCell(samples: GuestSamples | undefined, unit: string): Child {
  if (samples === undefined || samples.n === 0) return '–';
  return name(formatWithUnit(samples.geometricMean, unit));
}

export const cvCell = (samples: GuestSamples | undefined) => formatPercent(samples?.cvPercent);

/** A column of figures, with what they are where the title does not say it all. */
export const numberColumn = (title: string): Column => ({ title, number: 'number', hint: hintOf(title) });

/** The columns and cells of a comparison; the same in every table, with the numbers of the charts. */
export function comparisonColumns(model: ReportModel): Column[] {
  return [{ title: 'Verdict' }, ...comparisonTitles(model).map(numberColumn)];
}

export function comparisonCells(found: MetricComparison | undefined): Child[] {
  const verdict = found === undefined ? '–' : verdictMark(found.verdict, found.word);
  return [verdict, ...comparisonTexts(found)];
}

/** The same of an imported pair: there is nothing to say how sure it is. */
export const ratioColumns: readonly Column[] = ratioTitles.map(numberColumn);
