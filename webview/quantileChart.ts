import { guestTone } from '../src/report/charts/palette';
import { formatValue, formatWithUnit, plain } from '../src/report/format';
import { logTicks, nines, type QuantileCurve, type QuantilePoint } from '../src/report/quantiles';
import { spreadOf, type Spread } from '../src/report/spread';
import type { ShownGuest } from './sides';
import { fluidDrawing, svg, svgText, tenth } from './svg';

const height = 200;
const margin = { left: 62, right: 16, top: 10, bottom: 38 };
const markSize = 4;
const labelPixels = 36;

interface Plot {
  readonly x: (percent: number) => number;
  readonly y: (value: number) => number;
  readonly right: number;
}

/** A line per guest: percentiles from left to right with room for the tail, values on a logarithmic axis. */
export function quantileChart(curve: QuantileCurve, guests: readonly ShownGuest[]): HTMLElement | undefined {
  const values = curve.points.flatMap((point) => [
    ...point.values.filter((value) => value !== null),
    ...spreadsOf(point).flatMap((spread) => (spread === undefined ? [] : [spread.least, spread.greatest])),
  ]);
  if (values.length === 0 || values.some((value) => value <= 0)) return undefined;
  const ticks = logTicks(Math.min(...values), Math.max(...values));
  return fluidDrawing((width) => draw(curve, guests, ticks, width));
}

const spreadsOf = ({ own }: QuantilePoint): (Spread | undefined)[] =>
  own.map((samples) => spreadOf(samples?.samples ?? []));

function draw(
  curve: QuantileCurve,
  guests: readonly ShownGuest[],
  ticks: readonly number[],
  width: number,
): SVGElement {
  const plot = plotOf(curve, ticks, width);
  const drawing = svg('svg', {
    viewBox: `0 0 ${width} ${height}`,
    role: 'img',
    'aria-label': sentence(curve, guests),
    class: 'drawing',
  });
  drawing.append(...axes(curve, ticks, plot));
  guests.forEach((guest, index) => drawing.append(lineOf(curve, guest, index, guests.length, plot)));
  return drawing;
}

function plotOf({ points }: QuantileCurve, ticks: readonly number[], width: number): Plot {
  const [low, high] = [nines(points[0]?.percent ?? 50), nines(points.at(-1)?.percent ?? 99)];
  const [least, most] = [Math.log(ticks[0] ?? 1), Math.log(ticks.at(-1) ?? 10)];
  const right = width - margin.right;
  const bottom = height - margin.bottom;
  const inset = 14;
  return {
    x: (percent) =>
      tenth(
        margin.left +
          inset +
          ((right - margin.left - 2 * inset) * (nines(percent) - low)) / (high - low || 1),
      ),
    y: (value) => tenth(bottom - ((bottom - margin.top) * (Math.log(value) - least)) / (most - least || 1)),
    right,
  };
}

function axes({ points, unit, of }: QuantileCurve, ticks: readonly number[], plot: Plot): SVGElement[] {
  const bottom = height - margin.bottom;
  const title = svgText(0, 0, `${of}${unit === '' ? '' : `, ${unit}`}`, 'middle');
  title.setAttribute('transform', `translate(11 ${(margin.top + bottom) / 2}) rotate(-90)`);
  title.setAttribute('class', 'axis-title');
  return [
    ...ticks.flatMap((tick) => [
      svg('line', { class: 'grid', x1: margin.left, x2: plot.right, y1: plot.y(tick), y2: plot.y(tick) }),
      svgText(margin.left - 6, plot.y(tick) + 4, formatValue(tick), 'end'),
    ]),
    ...labelled(points, plot).map(({ percent }) =>
      svgText(plot.x(percent), bottom + 15, `${percent} %`, 'middle'),
    ),
    svgText((margin.left + plot.right) / 2, height - 5, 'Percentile; lower is better', 'middle'),
    title,
  ];
}

/** Those whose names have room beside the one before. */
function labelled(points: readonly QuantilePoint[], plot: Plot): readonly QuantilePoint[] {
  let last = -Infinity;
  return points.filter(({ percent }) => {
    if (plot.x(percent) - last < labelPixels) return false;
    last = plot.x(percent);
    return true;
  });
}

/** The means joined, each with the range of its trials; guests stand a little apart. */
function lineOf(
  { points }: QuantileCurve,
  { guest, role, beside }: ShownGuest,
  index: number,
  guests: number,
  plot: Plot,
): SVGElement {
  const apart = guests < 2 ? 0 : 7 * (index / (guests - 1) - 0.5);
  const placed = points.flatMap((point) => {
    const value = point.values[index];
    if (value === null || value === undefined) return [];
    return [{ x: plot.x(point.percent) + apart, y: plot.y(value), spread: spreadsOf(point)[index] }];
  });
  const whiskers = placed.flatMap(({ x, spread }) =>
    spread === undefined || spread.least === spread.greatest
      ? []
      : [
          svg('line', {
            class: 'whisker',
            x1: x,
            x2: x,
            y1: plot.y(spread.least),
            y2: plot.y(spread.greatest),
          }),
        ],
  );
  const marks = placed.map(({ x, y }) =>
    role === 'baseline'
      ? svg('circle', { cx: x, cy: y, r: markSize })
      : svg('rect', { x: x - markSize, y: y - markSize, width: 2 * markSize, height: 2 * markSize }),
  );
  return svg(
    'g',
    { class: `curve ${role} tone-${guestTone(guest, beside)}` },
    svg('polyline', { points: placed.map(({ x, y }) => `${x},${y}`).join(' ') }),
    ...whiskers,
    ...marks,
  );
}

function sentence({ of, unit, points }: QuantileCurve, guests: readonly ShownGuest[]): string {
  const parts = guests.map(({ guest }, index) => {
    const own = points.map(({ percent, values }) => `${percent} % ${formatWithUnit(values[index], unit)}`);
    return `${guest.key}: ${own.join(', ')}`;
  });
  return plain(`Chart of the percentiles of ${of.toLowerCase()}, means of the trials. ${parts.join('; ')}.`);
}
