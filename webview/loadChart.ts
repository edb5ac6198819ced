import { formatDuration, formatPercent } from '../src/report/format';
import type { ReportLoad } from '../src/report/shape';
import { el } from './dom';
import { pictureWidth, type Picture } from './picture';
import { fluidDrawing, svg, svgText, tenth } from './svg';

type Series = NonNullable<ReportLoad['series']>;

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
  const legend = kinds.map(({ key, label }) => {
    const line = svg('line', { class: `line ${key}`, x1: 0, x2: 26, y1: 4, y2: 4 });
    return el('span', {}, svg('svg', { viewBox: '0 0 26 8', class: 'course-sample' }, line), ` ${label}`);
  });
  return el(
    'div',
    { class: 'course-picture' },
    el('p', { class: 'legend', 'aria-hidden': 'true' }, ...legend),
    fluidDrawing((width) => draw(load, series, what, width)),
  );
}

/** The same with all that it needs to stand alone. `trial`: whose it is, for the file's name. */
export function loadPicture(load: ReportLoad, series: Series, what: string, trial: string): Picture {
  return {
    name: `load ${trial}`,
    title: `CPU use of ${what}`,
    sentence: sentence(load, series, what),
    chart: draw(load, series, what, pictureWidth),
    keys: kinds.map(({ key, label }) => ({
      sign: svg('line', { class: `line ${key}`, x1: 0, x2: 24, y1: 0, y2: 0 }),
      text: label,
    })),
  };
}

function draw(load: ReportLoad, series: Series, what: string, width: number): SVGElement {
  const endMs = series.userPercent.length * series.intervalMs;
  const grid = [0, 50, 100].flatMap((percent) => {
    const y = place(percent);
    return [
      svg('line', { class: 'grid', x1: margin.left, x2: width - margin.right, y1: y, y2: y }),
      svgText(margin.left - 6, y + 4, `${percent} %`, 'end'),
    ];
  });
  return svg(
    'svg',
    {
      viewBox: `0 0 ${width} ${height}`,
      role: 'img',
      'aria-label': sentence(load, series, what),
      class: 'drawing course-chart',
    },
    ...grid,
    svgText(margin.left, height - 5, '0 s', 'start'),
    svgText(width - margin.right, height - 5, formatDuration(endMs), 'end'),
    ...kinds.map(({ key }) => svg('polyline', { class: `line ${key}`, points: corners(series[key], width) })),
  );
}

/** A step per span. */
function corners(values: readonly number[], width: number): string {
  const step = (width - margin.left - margin.right) / Math.max(1, values.length);
  return values
    .flatMap((value, index) => {
      const y = place(value);
      return [`${tenth(margin.left + index * step)},${y}`, `${tenth(margin.left + (index + 1) * step)},${y}`];
    })
    .join(' ');
}

function place(percent: number): number {
  const room = height - margin.top - margin.bottom;
  return tenth(height - margin.bottom - (room * Math.min(100, Math.max(0, percent))) / 100);
}

function sentence(load: ReportLoad, series: Series, what: string): string {
  const highest = (values: readonly number[]): string => formatPercent(Math.max(0, ...values));
  const parts = kinds.map(
    ({ key, label }) => `${label} ${formatPercent(load[key])} on average, at most ${highest(series[key])}`,
  );
  return `Chart of the CPU use over ${formatDuration(series.userPercent.length * series.intervalMs)} of ${what}: ${parts.join('; ')}.`;
}
