import { formatDuration, formatPercent } from '../src/report/format';
import type { ReportLoad } from '../src/report/shape';
import { el } from './dom';

type Series = NonNullable<ReportLoad['series']>;

const width = 640;
const height = 130;
const margin = { left: 44, right: 10, top: 8, bottom: 22 };
const kinds = [
  { key: 'userPercent', label: 'user' },
  { key: 'systemPercent', label: 'system' },
  { key: 'iowaitPercent', label: 'I/O wait' },
  { key: 'stealPercent', label: 'steal' },
] as const;

/** Four lines over the seconds of a trial, told apart by their dashes too. The table beside it has the numbers. */
export function loadChart(load: ReportLoad, series: Series, what: string): HTMLElement {
  const points = series.userPercent.length;
  const endMs = points * series.intervalMs;
  const drawing = svg('svg', {
    viewBox: `0 0 ${width} ${height}`,
    role: 'img',
    'aria-label': sentence(load, series, what),
    class: 'course-chart',
  });
  for (const percent of [0, 50, 100]) {
    const y = place(percent);
    drawing.append(svg('line', { class: 'grid', x1: margin.left, x2: width - margin.right, y1: y, y2: y }));
    drawing.append(text(margin.left - 6, y + 4, `${percent} %`, 'end'));
  }
  drawing.append(text(margin.left, height - 5, '0 s', 'start'));
  drawing.append(text(width - margin.right, height - 5, formatDuration(endMs), 'end'));
  for (const { key } of kinds) {
    drawing.append(svg('polyline', { class: `line ${key}`, points: corners(series[key]) }));
  }
  const legend = kinds.map(({ key, label }) => {
    const sample = svg('svg', { viewBox: '0 0 26 8', class: 'course-sample' });
    sample.append(svg('line', { class: `line ${key}`, x1: 0, x2: 26, y1: 4, y2: 4 }));
    return el('span', {}, sample, ` ${label}`);
  });
  return el(
    'div',
    { class: 'course-picture' },
    el('p', { class: 'legend', 'aria-hidden': 'true' }, ...legend),
    drawing,
  );
}

/** A step per span. */
function corners(values: readonly number[]): string {
  const step = (width - margin.left - margin.right) / Math.max(1, values.length);
  return values
    .flatMap((value, index) => {
      const y = place(value);
      return [`${round(margin.left + index * step)},${y}`, `${round(margin.left + (index + 1) * step)},${y}`];
    })
    .join(' ');
}

function place(percent: number): number {
  const room = height - margin.top - margin.bottom;
  return round(height - margin.bottom - (room * Math.min(100, Math.max(0, percent))) / 100);
}

function sentence(load: ReportLoad, series: Series, what: string): string {
  const highest = (values: readonly number[]): string => formatPercent(Math.max(0, ...values));
  const parts = kinds.map(
    ({ key, label }) => `${label} ${formatPercent(load[key])} on average, at most ${highest(series[key])}`,
  );
  return `Chart of the CPU use over ${formatDuration(series.userPercent.length * series.intervalMs)} of ${what}: ${parts.join('; ')}.`;
}

function text(x: number, y: number, label: string, anchor: 'start' | 'end'): SVGElement {
  const made = svg('text', { x, y, 'text-anchor': anchor, 'aria-hidden': 'true' });
  made.textContent = label;
  return made;
}

function svg(tag: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

function round(value: number): number {
  return Math.round(10 * value) / 10;
}
