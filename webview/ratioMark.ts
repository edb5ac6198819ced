import { clampSpeedup } from '../src/report/charts/scale';
import type { MetricComparison } from '../src/report/shape';
import { svg, tenth } from './svg';

const width = 130;
const height = 18;
const middle = height / 2;

/** A speedup and its interval on the scale that a table's rows share; the numbers stand beside it. */
export function ratioMark(
  { speedup, interval }: Pick<MetricComparison, 'speedup' | 'interval'>,
  [low, high]: readonly [number, number],
  margin: number | undefined,
): SVGElement {
  const x = (value: number): number =>
    tenth(4 + ((width - 8) * Math.log(clampSpeedup(value) / low)) / Math.log(high / low));
  const drawing = svg('svg', {
    class: 'ratio',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    'aria-hidden': 'true',
  });
  if (margin !== undefined) {
    const [from, to] = [x(1 / (1 + margin)), x(1 + margin)];
    drawing.append(svg('rect', { class: 'same', x: from, y: 0, width: tenth(to - from), height }));
  }
  drawing.append(svg('line', { class: 'one', x1: x(1), x2: x(1), y1: 0, y2: height }));
  if (speedup === null) return drawing;
  const at = x(speedup);
  drawing.append(svg('line', { class: 'bar', x1: x(1), x2: at, y1: middle, y2: middle }));
  if (interval !== null) {
    const [from, to] = [x(interval[0]), x(interval[1])];
    drawing.append(svg('path', { class: 'range', d: `M${from} 5V13M${from} ${middle}H${to}M${to} 5V13` }));
  }
  drawing.append(svg('circle', { class: 'dot', cx: at, cy: middle, r: 3 }));
  return drawing;
}
