import {
  acrossInWords,
  acrossRemarks,
  bareEstimateKey,
  cutText,
  experimentLabel,
  hasBareEstimate,
  testedIn,
} from '../acrossWords';
import { count, formatInterval, formatSpeedup, plain } from '../format';
import type { AcrossMetric, AcrossReport } from '../acrossShape';
import type { ReportModel } from '../shape';
import { acrossIntervalTitle, acrossMarginText, leastMargin } from '../wording';
import { acrossGroups, mostDrawnMetrics, type AcrossGroup, type AcrossLane } from './acrossGroups';
import { experimentLetter, experimentOutline } from './experimentShapes';
import { headOf, type ForestOptions } from './forest';
import { lightPalette, verdictPaint, type Palette } from './palette';
import { axisHeight, axisMarkup, intervalMarkup, speedupAxis, type SpeedupAxis } from './speedupAxis';
import { drawing, isolated, lettering, tag, textWidth, type Drawing } from './svg';

const width = 920;
const headingHeight = 28;
const laneHeight = 22;
const gap = 8;
/** From the figures to the word of the verdict. */
const wordColumn = 176;
const noteHeight = 18;
/** Remarks that a picture repeats at most; the report has them all. */
const mostRemarks = 4;

/** The tested metrics of a comparison across experiments, as many as a chart can hold. */
export const acrossChoice = (across: AcrossReport): readonly AcrossMetric[] =>
  testedIn(across).slice(0, mostDrawnMetrics);

/** The same comparison in each experiment as a picture of its own; undefined without a figure to draw. */
export function acrossPicture({ across }: ReportModel): Drawing | undefined {
  const options = { id: 'across', palette: lightPalette, setting: 'alone' } as const;
  return across && acrossForest(across, acrossChoice(across), options);
}

/**
 * For each metric a mark and an interval per experiment, on a logarithmic axis of speedup; undefined without a figure.
 */
export function acrossForest(
  across: AcrossReport,
  metrics: readonly AcrossMetric[],
  { id, palette, setting }: ForestOptions,
): Drawing | undefined {
  const { chosen } = across;
  const groups = acrossGroups(across, metrics);
  const lanes = groups.flatMap((group) => group.lanes);
  if (chosen === undefined || lanes.every(({ speedup }) => speedup === null)) return undefined;
  const alone = setting === 'alone';
  const edge = alone ? 10 : 0;
  const title = `${isolated(chosen.candidate)} against ${isolated(chosen.baseline)}, experiment by experiment`;
  const head = alone ? headOf(title, across.headline, palette) : { height: 0, markup: '' };
  const tall = groups.reduce((sum, group) => sum + headingHeight + gap + group.lanes.length * laneHeight, 0);
  const axis = speedupAxis(lanes, leastMargin(across), {
    ...sidesFor(across, lanes, edge),
    top: head.height,
    bottom: head.height + tall,
  });
  const bottom = axis.bottom + axisHeight;
  const legend = alone ? legendMarkup(across, metrics, bottom, palette) : { markup: '', height: 0 };
  const about = {
    title: plain(`${chosen.candidate} against ${chosen.baseline} in each experiment`),
    description: acrossInWords(across, metrics),
    id,
  };
  return drawing(about, width, bottom + legend.height, alone ? palette.background : undefined, [
    head.markup,
    axisMarkup(axis, chosen.candidate, palette),
    ...groupsMarkup(groups, across, { axis, edge, palette }),
    legend.markup,
  ]);
}

const nameOf = (across: AcrossReport, experiment: number): string =>
  `${experimentLetter(experiment)} ${isolated(experimentLabel(across, experiment))}`;

function sidesFor(
  across: AcrossReport,
  lanes: readonly AcrossLane[],
  edge: number,
): { readonly left: number; readonly right: number } {
  const widest = (widths: readonly number[], most: number) =>
    Math.min(most, Math.ceil(Math.max(0, ...widths)));
  const names = widest(
    lanes.map(({ experiment }) => textWidth(nameOf(across, experiment))),
    250,
  );
  const words = widest(
    lanes.map(({ word }) => textWidth(word, 12, 'bold')),
    200,
  );
  return { left: edge + Math.max(110, names + 46), right: width - wordColumn - words - 32 - edge };
}

interface Place {
  readonly axis: SpeedupAxis;
  /** Room at both sides. */
  readonly edge: number;
  readonly palette: Palette;
}

function groupsMarkup(groups: readonly AcrossGroup[], across: AcrossReport, place: Place): string[] {
  const parts: string[] = [];
  let y = place.axis.top;
  for (const { title, lanes } of groups) {
    const style = { fill: place.palette.foreground, bold: 'bold', room: width - 2 * place.edge } as const;
    parts.push(lettering(place.edge, y + headingHeight / 2, title, style));
    y += headingHeight;
    for (const lane of lanes) {
      parts.push(laneMarkup(lane, nameOf(across, lane.experiment), y + laneHeight / 2, place));
      y += laneHeight;
    }
    y += gap;
  }
  return parts;
}

function laneMarkup(lane: AcrossLane, name: string, y: number, { axis, edge, palette }: Place): string {
  const { experiment, verdict, word, speedup, interval } = lane;
  const paint = verdictPaint(verdict, palette);
  const column = axis.right + 18;
  const own = { fill: palette.muted, stroke: palette.muted };
  const parts = [
    shapeMarkup(experiment, edge + 12, y, 4.5, own),
    lettering(edge + 24, y, name, { fill: palette.foreground, room: axis.left - edge - 36 }),
    lettering(column, y, formatSpeedup(speedup), { fill: palette.foreground }),
  ];
  if (interval !== null) {
    parts.push(
      intervalMarkup(axis, interval, y, paint, { 'stroke-width': 2 }),
      lettering(column + 46, y, formatInterval(interval), { fill: palette.muted }),
    );
  }
  if (speedup !== null) {
    const fill = interval === null ? palette.background : paint;
    parts.push(shapeMarkup(experiment, axis.at(speedup), y, 5.5, { fill, stroke: paint }));
  }
  const room = width - column - wordColumn - 4;
  parts.push(lettering(column + wordColumn, y, plain(word), { fill: paint, bold: 'bold', room }));
  return tag('g', {}, parts.filter((part) => part !== '').join('\n'));
}

function shapeMarkup(
  experiment: number,
  x: number,
  y: number,
  radius: number,
  paint: { readonly fill: string; readonly stroke: string },
): string {
  const place = { d: experimentOutline(experiment), transform: `translate(${x} ${y}) scale(${radius})` };
  // It grows with the shape: few programs know strokes that do not.
  return tag('path', { ...place, ...paint, 'stroke-width': Number((2 / radius).toFixed(3)) });
}

/** The keys below a picture that stands alone, and what it leaves out. */
function legendMarkup(
  across: AcrossReport,
  metrics: readonly AcrossMetric[],
  top: number,
  palette: Palette,
): { readonly markup: string; readonly height: number } {
  const style = { fill: palette.muted };
  const y = top + 14;
  const band = { x: 10, y: y - 6, width: 16, height: 12, fill: palette.equivalent, 'fill-opacity': 0.3 };
  const keys = [
    acrossMarginText(across),
    `├─┤ ${acrossIntervalTitle(across)}`,
    ...(hasBareEstimate(metrics) ? [bareEstimateKey] : []),
  ];
  let x = 31;
  const row = keys.map((key) => {
    const made = lettering(x, y, key, style);
    x += textWidth(key) + 22;
    return made;
  });
  const notes = notesOf(across, metrics);
  const lines = notes.map((note, index) =>
    lettering(10, y + (index + 1) * noteHeight, note, { ...style, room: width - 20 }),
  );
  return {
    markup: [tag('rect', band), ...row, ...lines].join('\n'),
    height: 32 + notes.length * noteHeight,
  };
}

function notesOf(across: AcrossReport, metrics: readonly AcrossMetric[]): string[] {
  const cut = cutText(across, metrics);
  const remarks = acrossRemarks(across, metrics);
  const said = remarks
    .slice(0, mostRemarks)
    .map(({ experiment, text, metrics: about }) =>
      [`${nameOf(across, experiment)}: ${text}`, ...(about === '' ? [] : [`(${about})`])].join(' '),
    );
  const more = remarks.length - said.length;
  return [
    ...(cut === undefined ? [] : [cut]),
    ...said,
    ...(more > 0 ? [`The report has ${count(more, 'more remark')}.`] : []),
  ];
}
