import { formatInterval, formatSpeedup, formatValue, formatWithUnit, plain } from '../src/report/format';
import { clampSpeedup, speedupRange, ticksBetween } from '../src/report/charts/scale';
import type { TrendModel, TrendPoint } from '../src/report/trendShape';
import { experimentShape } from './experimentMarks';
import { svg, tenth } from './svg';
import { dayMs, timeTicks } from './timeTicks';

/** Something that happened between two points of a line: what changed, or why they are not joined. */
export interface TrendEvent {
  /** From 1, as in the chart. */
  readonly number: number;
  readonly kind: 'change' | 'break';
  readonly text: string;
  readonly line: string;
  readonly point: TrendPoint;
  /** In milliseconds since 1970: between the two points. */
  readonly at: number;
}

interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

const height = 330;
const margin = { left: 74, right: 16, bottom: 46 };
const labelRows = 4;
const rowHeight = 16;
const pixelsPerCharacter = 6.2;

/** The changes and breaks of all lines in the order of time. */
export function eventsOf({ lines }: TrendModel): TrendEvent[] {
  const found = lines.flatMap(({ name, points }) =>
    points.flatMap((point, place) => {
      const before = points[place - 1];
      if (before === undefined) return [];
      const common = { line: name, point, at: (timeOf(before) + timeOf(point)) / 2 };
      const told = (kind: TrendEvent['kind'], texts: readonly string[]) =>
        texts.length === 0 ? [] : [{ ...common, kind, text: texts.join('; ') }];
      return [...told('break', point.apart), ...told('change', point.changes)];
    }),
  );
  return found.sort((a, b) => a.at - b.at).map((event, index) => ({ ...event, number: index + 1 }));
}

/** Points over time, joined only where they may be; each one opens its report. `width` in CSS pixels. */
export function trendChart(
  model: TrendModel,
  width: number,
  label: string,
  open: (file: string) => void,
): SVGElement {
  const points = model.lines.flatMap((line) => line.points);
  const times = timeScale(points.map(timeOf), width);
  const events = eventsOf(model);
  const top = 10 + rowHeight * Math.min(labelRows, events.length);
  const values = model.kind === 'speedup' ? speedupScale(points, top) : valueScale(points, top);
  const drawing = svg('svg', {
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: 'group',
    'aria-label': label,
    class: 'trend-chart',
  });
  drawing.append(...axes(model, values, times, width), ...eventMarks(events, times.at, width));
  model.lines.forEach((line, index) => {
    const group = svg('g', { class: `line tone-${index % 5}` });
    line.points.forEach((point, place) => {
      const before = line.points[place - 1];
      if (before !== undefined && point.apart.length === 0) {
        const [x1, x2] = [times.at(timeOf(before)), times.at(timeOf(point))];
        const [y1, y2] = [values.at(before.centre), values.at(point.centre)];
        group.append(svg('line', { class: 'join', x1, x2, y1, y2 }));
      }
    });
    for (const point of line.points) {
      const x = times.at(timeOf(point));
      if (point.spread !== null) group.append(...whisker(x, point.spread, values));
    }
    for (const point of line.points) {
      const [x, y] = [times.at(timeOf(point)), values.at(point.centre)];
      group.append(pointMark(model, line.name, point, index, x, y, open));
    }
    drawing.append(group);
  });
  const [first, ...others] = drawing.querySelectorAll('.point');
  first?.setAttribute('tabindex', '0');
  for (const other of others) other.setAttribute('tabindex', '-1');
  drawing.addEventListener('keydown', (event) => moveFocus(drawing, event));
  return drawing;
}

/** What a point says, in words. */
function pointText(model: TrendModel, line: string, point: TrendPoint): string {
  const { centre, spread, n, startedAt, label, origin, word } = point;
  const isSpeedup = model.kind === 'speedup';
  const figure = isSpeedup ? `speedup ${formatSpeedup(centre)}` : formatWithUnit(centre, model.unit);
  const range =
    spread === null
      ? ''
      : isSpeedup
        ? `, interval ${formatInterval(spread)}`
        : `, ${formatValue(spread[0])} to ${formatValue(spread[1])}`;
  const parts = [
    `${label}, ${new Date(startedAt).toLocaleString()}, ${line}: ${figure}${range}`,
    `${n} ${isSpeedup ? 'blocks' : 'trials'}`,
    ...(word === undefined ? [] : [word]),
    ...(origin === 'measured' ? [] : [origin]),
    ...(point.hasEnded ? [] : ['not ended']),
  ];
  return plain(parts.join(', '));
}

function pointMark(
  model: TrendModel,
  line: string,
  point: TrendPoint,
  index: number,
  x: number,
  y: number,
  open: (file: string) => void,
): SVGElement {
  const text = pointText(model, line, point);
  const fill = point.origin === 'measured' ? 'filled' : 'hollow';
  const mark = svg(
    'g',
    { class: 'point', role: 'link', 'aria-label': `${text}. Open its report.`, 'data-focus': point.file },
    svg('title', {}, text),
    svg('circle', { class: 'halo', cx: x, cy: y, r: 11 }),
    experimentShape(index, x, y, 5.5, `mark ${fill}`),
  );
  mark.addEventListener('click', () => open(point.file));
  mark.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    open(point.file);
  });
  return mark;
}

/** One stop of the tab key for all points; the arrow keys go from one to the next. */
function moveFocus(drawing: SVGElement, event: KeyboardEvent): void {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const points = [...drawing.querySelectorAll<SVGElement>('.point')];
  const now = points.findIndex((point) => point === document.activeElement);
  if (step === undefined || now < 0) return;
  event.preventDefault();
  const next = points[Math.min(points.length - 1, Math.max(0, now + step))];
  if (next === undefined) return;
  points[now]?.setAttribute('tabindex', '-1');
  next.setAttribute('tabindex', '0');
  next.focus();
}

function whisker(x: number, [low, high]: readonly [number, number], { at }: Scale): SVGElement[] {
  const [y1, y2] = [at(low), at(high)];
  return [
    svg('line', { class: 'whisker', x1: x, x2: x, y1, y2 }),
    svg('line', { class: 'whisker', x1: x - 4, x2: x + 4, y1, y2: y1 }),
    svg('line', { class: 'whisker', x1: x - 4, x2: x + 4, y1: y2, y2 }),
  ];
}

function axes(model: TrendModel, values: Scale, times: TimeScale, width: number): SVGElement[] {
  const parts: SVGElement[] = [];
  const bottom = height - margin.bottom;
  for (const tick of values.ticks) {
    const y = values.at(tick);
    const css = model.kind === 'speedup' && tick === 1 ? 'even' : 'grid';
    const text = model.kind === 'speedup' ? String(tick) : formatValue(tick);
    parts.push(svg('line', { class: css, x1: margin.left, x2: width - margin.right, y1: y, y2: y }));
    parts.push(svg('text', { x: margin.left - 8, y: y + 4, 'text-anchor': 'end' }, text));
  }
  for (const { x, text } of times.ticks) {
    parts.push(svg('line', { class: 'grid', x1: x, x2: x, y1: bottom, y2: bottom + 5 }));
    parts.push(svg('text', { x, y: bottom + 19, 'text-anchor': 'middle' }, text));
  }
  parts.push(
    svg('line', { class: 'grid', x1: margin.left, x2: width - margin.right, y1: bottom, y2: bottom }),
  );
  const what =
    model.kind === 'speedup'
      ? 'speedup, logarithmic (higher is better)'
      : `${model.unit === '' ? 'value' : plain(model.unit)} (${model.better} is better; the axis ${width < 480 ? 'is cut' : 'does not begin at 0'})`;
  const room = Math.floor((width - margin.left) / pixelsPerCharacter);
  parts.push(svg('text', { x: margin.left, y: height - 6, class: 'muted' }, shortened(what, room)));
  return parts;
}

/** A numbered line where something changed; its words stand beside it where there is room, and always below the chart. */
function eventMarks(
  events: readonly TrendEvent[],
  at: (time: number) => number,
  width: number,
): SVGElement[] {
  const rows: number[] = Array.from({ length: labelRows }, () => -Infinity);
  return events.flatMap(({ number, kind, text, at: time }) => {
    const x = at(time);
    const words = `${number} ${shortened(plain(text), Math.floor((width * 0.5) / pixelsPerCharacter))}`;
    const place = (shown: string) => {
      const length = shown.length * pixelsPerCharacter + 8;
      const start = Math.max(0, Math.min(x + 3, width - length));
      const row = rows.findIndex((end) => end + 6 <= start);
      return { shown, start, row, end: start + length };
    };
    const whole = place(words);
    const label = whole.row >= 0 ? whole : place(String(number));
    const parts = [
      svg('line', {
        class: `event ${kind}`,
        x1: x,
        x2: x,
        y1: label.row >= 0 ? 6 + label.row * rowHeight : 2 + labelRows * rowHeight,
        y2: height - margin.bottom,
      }),
    ];
    if (label.row < 0) return parts;
    rows[label.row] = label.end;
    const y = 14 + label.row * rowHeight;
    return [...parts, svg('text', { x: tenth(label.start), y, class: `event ${kind}` }, label.shown)];
  });
}

const shortened = (text: string, most: number) =>
  text.length <= most ? text : `${text.slice(0, Math.max(1, most - 1))}…`;

interface TimeScale {
  readonly at: (time: number) => number;
  readonly ticks: readonly { readonly x: number; readonly text: string }[];
}

function timeScale(times: readonly number[], width: number): TimeScale {
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const pad = Math.max((last - first) * 0.03, first === last ? dayMs : 1);
  const [low, high] = [first - pad, last + pad];
  const room = width - margin.left - margin.right;
  const at = (time: number) => tenth(margin.left + (room * (time - low)) / (high - low));
  const ticks = timeTicks(low, high, Math.max(2, Math.floor(room / 110)));
  return { at, ticks: ticks.map(({ time, text }) => ({ x: at(time), text })) };
}

function speedupScale(points: readonly TrendPoint[], top: number): Scale {
  const [low, high] = speedupRange(
    points.map(({ centre, spread }) => ({ speedup: centre, interval: spread })),
  );
  const room = height - top - margin.bottom;
  const at = (value: number) =>
    tenth(height - margin.bottom - (room * Math.log(clampSpeedup(value) / low)) / Math.log(high / low));
  return { at, ticks: ticksBetween(low, high, room) };
}

function valueScale(points: readonly TrendPoint[], top: number): Scale {
  const ends = points.flatMap(({ centre, spread }) => spread ?? [centre]);
  const [least, most] = [Math.min(...ends), Math.max(...ends)];
  const pad = Math.max((most - least) * 0.1, Math.abs(most) * 0.005, Number.MIN_VALUE);
  const [low, high] = [least - pad, most + pad];
  const room = height - top - margin.bottom;
  const step = niceStep((high - low) / 5);
  const firstTick = Math.ceil(low / step);
  const ticks: number[] = [];
  for (let index = firstTick; index * step <= high; index++) ticks.push(index * step);
  return { at: (value) => tenth(height - margin.bottom - (room * (value - low)) / (high - low)), ticks };
}

/** 1, 2 or 5 times a power of ten, not below `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
}

const timeOf = ({ startedAt }: TrendPoint) => Date.parse(startedAt);
