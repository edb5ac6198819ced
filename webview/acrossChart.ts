import { acrossGroups, type AcrossLane } from '../src/report/charts/acrossGroups';
import { clampSpeedup, speedupRange, ticksBetween } from '../src/report/charts/scale';
import { formatInterval, formatSpeedup, plain } from '../src/report/format';
import type { AcrossMetric, AcrossReport } from '../src/report/acrossShape';
import { leastMargin } from '../src/report/wording';
import { experimentLetter } from '../src/report/charts/experimentShapes';
import { experimentShape } from './experimentMarks';
import { svg, tenth } from './svg';

/** Where things stand, in CSS pixels. */
interface Layout {
  readonly width: number;
  readonly left: number;
  readonly right: number;
  readonly laneHeight: number;
  /** From the middle of a lane down to its mark: labels stand above the marks where there is no room beside them. */
  readonly drop: number;
  readonly isNarrow: boolean;
}

const narrowBelow = 620;
const headingHeight = 26;
const gap = 8;
const axisHeight = 44;
/** Of the 12 pixel font, for cutting labels: a drawing has no wrapping. */
const pixelsPerCharacter = 6.4;

/**
 * The forest of several experiments: for each metric a mark and an interval per experiment. `width` in CSS pixels.
 */
export function acrossChart(
  across: AcrossReport,
  metrics: readonly AcrossMetric[],
  width: number,
  label: string,
): SVGElement {
  const margin = leastMargin(across);
  const groups = acrossGroups(across, metrics);
  const layout = layoutFor(width);
  const lanes = groups.flatMap((group) => group.lanes);
  const [low, high] = speedupRange(lanes, margin);
  const plotWidth = layout.width - layout.left - layout.right;
  const at = (speedup: number) =>
    tenth(layout.left + (Math.log(clampSpeedup(speedup) / low) / Math.log(high / low)) * plotWidth);
  const height = groups.reduce(
    (sum, group) => sum + headingHeight + gap + group.lanes.length * layout.laneHeight,
    0,
  );
  const drawing = svg('svg', {
    width: layout.width,
    height: height + axisHeight,
    viewBox: `0 0 ${layout.width} ${height + axisHeight}`,
    role: 'img',
    'aria-label': label,
    class: 'across-chart',
  });
  const [bandLow, bandHigh] = [at(1 / (1 + margin)), at(1 + margin)];
  drawing.append(
    svg('rect', { class: 'margin', x: bandLow, y: 0, width: tenth(bandHigh - bandLow), height }),
  );
  for (const tick of ticksBetween(low, high, plotWidth)) {
    const css = tick === 1 ? 'even' : 'grid';
    drawing.append(svg('line', { class: css, x1: at(tick), x2: at(tick), y1: 0, y2: height }));
    drawing.append(
      svg('text', { x: at(tick), y: height + 16, 'text-anchor': 'middle', class: 'tick' }, String(tick)),
    );
  }
  const axis = layout.isNarrow ? 'speedup (right is better)' : 'speedup, logarithmic (right is better) →';
  const middle = layout.left + plotWidth / 2;
  drawing.append(svg('text', { x: middle, y: height + 36, 'text-anchor': 'middle', class: 'muted' }, axis));
  let y = 0;
  for (const group of groups) {
    drawing.append(svg('text', { x: 0, y: y + 18, class: 'heading' }, fit(group.title, layout.width)));
    y += headingHeight;
    for (const lane of group.lanes) {
      drawing.append(...laneParts(lane, across, layout, y + layout.laneHeight / 2, at));
      y += layout.laneHeight;
    }
    y += gap;
  }
  return drawing;
}

function layoutFor(width: number): Layout {
  const isNarrow = width < narrowBelow;
  return isNarrow
    ? { width, left: 10, right: 10, laneHeight: 38, drop: 9, isNarrow }
    : { width, left: Math.min(260, Math.round(width * 0.27)), right: 268, laneHeight: 22, drop: 0, isNarrow };
}

function laneParts(
  { experiment, verdict, word, speedup, interval }: AcrossLane,
  across: AcrossReport,
  { width, left, right, drop, isNarrow }: Layout,
  middle: number,
  at: (speedup: number) => number,
): SVGElement[] {
  const label = across.experiments.find((one) => one.experiment === experiment)?.label ?? '';
  const text = middle - drop + 4;
  const markY = middle + drop;
  const css = `verdict-${verdict}`;
  const figures = speedup === null ? '–' : formatSpeedup(speedup);
  const called = `${experimentLetter(experiment)} ${plain(label)}`;
  const parts: SVGElement[] = [
    experimentShape(experiment, 12, text - 4, 4.5, 'shape'),
    svg('text', { x: 24, y: text }, fit(called, (isNarrow ? width * 0.5 : left) - 34)),
  ];
  if (isNarrow) {
    const said = [figures, word].filter((part) => part !== '').join(' ');
    parts.push(svg('text', { x: width, y: text, 'text-anchor': 'end', class: css }, said));
  } else {
    const column = width - right + 18;
    parts.push(svg('text', { x: column, y: text }, figures));
    if (interval !== null)
      parts.push(svg('text', { x: column + 46, y: text, class: 'muted' }, formatInterval(interval)));
    parts.push(svg('text', { x: column + 156, y: text, class: `word ${css}` }, fit(word, right - 168)));
  }
  if (interval !== null) {
    const [x1, x2] = [at(interval[0]), at(interval[1])];
    parts.push(svg('line', { class: `bar ${css}`, x1, x2, y1: markY, y2: markY }));
    for (const x of [x1, x2])
      parts.push(svg('line', { class: `bar ${css}`, x1: x, x2: x, y1: markY - 4, y2: markY + 4 }));
  }
  if (speedup !== null) {
    const fill = interval === null ? 'hollow' : 'filled';
    parts.push(experimentShape(experiment, at(speedup), markY, 5.5, `mark ${fill} ${css}`));
  }
  return parts;
}

function fit(text: string, width: number): string {
  const most = Math.max(1, Math.floor(width / pixelsPerCharacter));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
