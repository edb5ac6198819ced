import { guestTone } from '../src/report/charts/palette';
import { verdictSigns } from '../src/report/charts/scale';
import {
  formatChange,
  formatInterval,
  formatP,
  formatPercent,
  formatSpeedup,
  formatWithUnit,
} from '../src/report/format';
import type { GuestSamples, MetricComparison, MetricReport, ReportModel, Verdict } from '../src/report/shape';
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

export function metricTitle({ benchmarkTitle, title }: MetricReport): HTMLElement {
  return name(title === benchmarkTitle ? title : `${benchmarkTitle}: ${title}`);
}

export function directionText({ better }: MetricReport): string {
  return better === 'none' ? 'for information' : `${better} is better`;
}

export function meanCell(samples: GuestSamples | undefined, unit: string): Child {
  if (samples === undefined || samples.n === 0) return '–';
  return name(formatWithUnit(samples.geometricMean, unit));
}

export const cvCell = (samples: GuestSamples | undefined) => formatPercent(samples?.cvPercent);

/** The columns and cells of a comparison; the same in every table, with the numbers of the charts. */
export function comparisonColumns(interval: string): Column[] {
  return [
    { title: 'Verdict' },
    { title: 'Speedup', number: 'number' },
    { title: interval, number: 'number' },
    { title: 'Change', number: 'number' },
    { title: 'p (Holm)', number: 'number' },
    { title: 'Blocks', number: 'number' },
  ];
}

export function comparisonCells(found: MetricComparison | undefined): Child[] {
  if (found === undefined) return ['–', '–', '–', '–', '–', '–'];
  return [
    verdictMark(found.verdict, found.word),
    formatSpeedup(found.speedup),
    formatInterval(found.interval),
    formatChange(found.speedup),
    formatP(found.pHolm),
    String(found.n),
  ];
}

/** The same of an imported pair: there is nothing to say how sure it is. */
export const ratioColumns: readonly Column[] = [
  { title: 'Speedup', number: 'number' },
  { title: 'Change', number: 'number' },
];

export function ratioCells(found: MetricComparison | undefined): Child[] {
  return [formatSpeedup(found?.speedup), formatChange(found?.speedup)];
}
