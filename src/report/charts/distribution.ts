import type { Sample } from '../shape';
import { spreadOf } from '../spread';
import { line, tag } from './svg';

/** Room for one guest's distribution beside the chart of its trials, in pixels. */
export const boxRoom = 26;
const boxWidth = 13;
/** Of fewer trials there are no quartiles to speak of. */
export const fewestForBox = 4;

/**
 * How the compared trials of one guest lie: a stroke each, a box over their middle half, whiskers to the least and the
 * greatest, and a thick line at the median. `drawn`: those of `samples` that have strokes.
 */
export function distribution(
  samples: readonly Sample[],
  drawn: readonly Sample[],
  middle: number,
  y: (value: number) => number,
  paint: string,
): string {
  const spread = spreadOf(samples);
  const used = samples.filter(({ use }) => use === 'used').length;
  if (spread === undefined || used < 2) return '';
  const [left, right] = [middle - boxWidth / 2, middle + boxWidth / 2];
  const strokes = drawn
    .filter(({ use }) => use === 'used')
    .map(({ value }) => line(left, y(value), right, y(value), paint, { 'stroke-opacity': 0.35 }));
  const { least, lower, median, upper, greatest } = spread;
  const box =
    used < fewestForBox
      ? []
      : [
          line(middle, y(least), middle, y(lower), paint),
          line(middle, y(upper), middle, y(greatest), paint),
          tag('rect', {
            ...{ x: left, y: y(upper), width: boxWidth, height: Math.max(1, y(lower) - y(upper)) },
            ...{ fill: 'none', stroke: paint },
          }),
        ];
  const centre = line(left, y(median), right, y(median), paint, { 'stroke-width': 2.5 });
  return tag('g', { class: 'distribution' }, [...strokes, ...box, centre].join('\n'));
}
