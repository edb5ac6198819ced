import type { Palette } from './palette';
import { clampSpeedup, speedupRange, ticksBetween } from './scale';
import { isolated, lettering, line, tag, textWidth, type Attributes } from './svg';

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The logarithmic axis of a forest chart: where a speedup stands, in pixels from the left. */
export interface SpeedupAxis extends Box {
  readonly low: number;
  readonly high: number;
  /** Half the band of equivalence, as a share; undefined: there is none. */
  readonly margin: number | undefined;
  readonly at: (speedup: number) => number;
}

type Estimates = Parameters<typeof speedupRange>[0];

/** What an axis needs below the plot, in pixels. */
export const axisHeight = 52;

/** An axis that holds all of the estimates. */
export function speedupAxis(estimates: Estimates, margin: number | undefined, box: Box): SpeedupAxis {
  const [low, high] = speedupRange(estimates, margin);
  const at = (speedup: number) =>
    box.left + ((box.right - box.left) * Math.log(clampSpeedup(speedup) / low)) / Math.log(high / low);
  return { ...box, low, high, margin, at };
}

/** Band, grid, ticks, the line at 1, and below them which way is better. */
export function axisMarkup(axis: SpeedupAxis, candidate: string, palette: Palette): string {
  const { left, right, top, bottom, margin, low, high, at } = axis;
  const band =
    margin === undefined
      ? ''
      : tag('rect', {
          x: at(1 / (1 + margin)),
          y: top,
          width: at(1 + margin) - at(1 / (1 + margin)),
          height: bottom - top,
          fill: palette.equivalent,
          'fill-opacity': 0.14,
        });
  const ticks = ticksBetween(low, high, right - left).flatMap((value) => [
    line(at(value), top, at(value), bottom + 5, palette.grid, { 'stroke-opacity': 0.6 }),
    lettering(at(value), bottom + 15, String(value), { fill: palette.foreground, anchor: 'middle' }),
  ]);
  const name = isolated(candidate);
  const [slower, faster] = [`← ${name} slower`, `${name} faster →`];
  const title = 'speedup, logarithmic';
  const isRoomy = textWidth(slower) + textWidth(faster) + textWidth(title) + 40 <= right - left;
  const said = { fill: palette.muted };
  return [
    band,
    ...ticks,
    line(left, bottom, right, bottom, palette.grid),
    line(at(1), top, at(1), bottom, palette.foreground),
    ...(isRoomy
      ? [
          lettering(left, bottom + 36, slower, said),
          lettering(right, bottom + 36, faster, { ...said, anchor: 'end' }),
        ]
      : []),
    lettering((left + right) / 2, bottom + 36, isRoomy ? title : `${title} (right is better)`, {
      ...said,
      anchor: 'middle',
    }),
  ].join('\n');
}

/** An interval with its two ends. */
export function intervalMarkup(
  { at }: SpeedupAxis,
  interval: readonly [number, number],
  y: number,
  paint: string,
  stroke: Attributes,
): string {
  const [low, high] = [at(interval[0]), at(interval[1])];
  return [
    line(low, y, high, y, paint, stroke),
    line(low, y - 4, low, y + 4, paint, stroke),
    line(high, y - 4, high, y + 4, paint, stroke),
  ].join('\n');
}
