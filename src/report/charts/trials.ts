import { count, formatValue, plain } from '../format';
import type {
  GuestSamples,
  MetricComparison,
  MetricReport,
  ReportGuest,
  ReportModel,
  Sample,
} from '../shape';
import { directionText, fullTitle } from '../wording';
import { spreadKey } from '../spread';
import { boxRoom, distribution, fewestForBox } from './distribution';
import { headOf } from './forest';
import { guestTone, lightPalette, type GuestTone, type Palette } from './palette';
import { blockTicks, valueRange } from './scale';
import { drawing, isolated, lettering, line, mark, tag, textWidth, type Drawing } from './svg';

/** Further out there is no room for an axis. */
const bounded = (value: number): number => Math.max(-1e300, Math.min(1e300, value));

/** Trials that a chart draws of one guest at most. */
const mostPoints = 300;

export interface TrialSide {
  readonly guest: ReportGuest;
  readonly role: 'baseline' | 'candidate';
  readonly tone: GuestTone;
  readonly samples: GuestSamples;
}

export interface TrialsOptions {
  readonly id: string;
  readonly palette: Palette;
  readonly setting: 'alone' | 'document';
}

export interface TrialsChart extends Drawing {
  /** What is not drawn, in a sentence; empty: nothing. */
  readonly leftOut: string;
}

const height = 230;
const widths = { alone: 920, document: 640 } as const;
const edge = { top: 12, right: 16, bottom: 42, left: 74 };

/** Whose trials stand beside each other: the guests of the baseline and of the candidate; without a pair, the first guest. */
export function trialSides(
  model: ReportModel,
  metric: MetricReport,
  candidate: string | undefined,
): TrialSide[] {
  const { baseline = model.guests[0]?.key } = model;
  const keysOf = (key: string | undefined): readonly string[] =>
    key === undefined
      ? []
      : (model.modes.find(({ mode }) => model.by === 'mode' && mode === key)?.guests ?? [key]);
  const guestOf = (key: string | undefined) => model.guests.find((one) => one.key === key);
  const first = guestOf(keysOf(baseline)[0]);
  return (['baseline', 'candidate'] as const).flatMap((role) =>
    keysOf(role === 'baseline' ? baseline : candidate).flatMap((key) => {
      const guest = guestOf(key);
      const samples = metric.guests.find((one) => one.guest === key);
      if (guest === undefined || samples === undefined) return [];
      const tone = guestTone(guest, role === 'candidate' ? first : undefined);
      return [{ guest, role, tone, samples }];
    }),
  );
}

/** Runs of imported guests were not made side by side, so nothing joins them. */
export function isImported(model: ReportModel, sides: readonly TrialSide[]): boolean {
  return sides.every(({ guest }) => model.experiments[guest.experiment]?.imported !== undefined);
}

/** One metric as a picture of its own; undefined without a figure. */
export function trialsPicture(
  model: ReportModel,
  metric: MetricReport,
  candidate: string | undefined,
): TrialsChart | undefined {
  return trialsChart(model, metric, candidate, { id: 'trials', palette: lightPalette, setting: 'alone' });
}

/** Every trial of a metric in the order of the blocks, with the geometric means; undefined without a figure. */
export function trialsChart(
  model: ReportModel,
  metric: MetricReport,
  candidate: string | undefined,
  options: TrialsOptions,
): TrialsChart | undefined {
  const sides = trialSides(model, metric, candidate);
  const drawn = sides.map((side) => ({ ...side, points: thinned(side.samples.samples) }));
  if (drawn.every(({ points }) => points.length === 0)) return undefined;
  const found = metric.comparisons.find((one) => one.candidate === candidate);
  const by = isImported(model, sides) ? 'runs' : 'blocks';
  const alone = options.setting === 'alone';
  const title = nameOf(metric);
  const head = alone ? headOf(title, found?.sentence ?? '', options.palette) : { height: 0, markup: '' };
  const leftOut = leftOutOf(drawn);
  const plot = plotOf(drawn, head.height, widths[options.setting]);
  const legend = alone ? legendOf(drawn, plot, leftOut, options.palette) : { height: 0, markup: '' };
  const about = {
    title: `${title}: every trial`,
    description: describeTrials(metric, sides, found),
    id: options.id,
  };
  const parts = [
    head.markup,
    axesOf(metric, plot, by, options.palette),
    by === 'blocks' ? joinsOf(drawn, plot, options.palette) : '',
    ...drawn.map((side, index) => sideMarkup(side, place(index, drawn.length), plot, options.palette)),
    ...drawn.map(({ samples, points, tone }, index) => {
      const middle = plot.right + 12 + boxRoom * (index + 0.5);
      return distribution(samples.samples, points, middle, plot.y, options.palette.tones[tone]);
    }),
    legend.markup,
  ];
  const background = alone ? options.palette.background : undefined;
  const made = drawing(about, plot.width, head.height + height + legend.height, background, parts);
  return { ...made, leftOut };
}

const nameOf = (metric: MetricReport): string => plain(fullTitle(metric));

/** The chart in words, for those who do not see it. */
function describeTrials(
  metric: MetricReport,
  sides: readonly TrialSide[],
  found: MetricComparison | undefined,
): string {
  const guests = sides.map(
    ({ guest, samples }) =>
      `${guest.key}: ${count(samples.n, 'trial')}, geometric mean ${formatValue(samples.geometricMean)} ${metric.unit}`,
  );
  const sentence = found === undefined ? '' : ` ${found.sentence}`;
  return plain(
    `Every trial in the order they were run, ${metric.title} in ${metric.unit}, ${directionText(metric)}. ${guests.join('; ')}.${sentence}`,
  );
}

interface DrawnSide extends TrialSide {
  readonly points: readonly Sample[];
}

/** Every so many of them, and always the least, the greatest and the warm-ups: so the range stays true. */
function thinned(samples: readonly Sample[]): readonly Sample[] {
  if (samples.length <= mostPoints) return samples;
  const each = Math.ceil(samples.length / mostPoints);
  const compared = samples.filter(({ use }) => use !== 'warmup');
  const least = compared.reduce<Sample | undefined>((a, b) => (a && a.value <= b.value ? a : b), undefined);
  const most = compared.reduce<Sample | undefined>((a, b) => (a && a.value >= b.value ? a : b), undefined);
  const firstWarmups = new Set(samples.filter(({ use }) => use === 'warmup').slice(0, 10));
  return samples.filter(
    (one) =>
      one === least ||
      one === most ||
      firstWarmups.has(one) ||
      (one.use !== 'warmup' && one.block % each === 0),
  );
}

function leftOutOf(sides: readonly DrawnSide[]): string {
  const all = sides.reduce((sum, { samples }) => sum + samples.samples.length, 0);
  const drawn = sides.reduce((sum, { points }) => sum + points.length, 0);
  return drawn === all
    ? ''
    : `The chart draws ${drawn} of ${all} trials: blocks at regular distances, with the least and the greatest value of each guest.`;
}

interface Plot {
  readonly width: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly low: number;
  readonly high: number;
  /** Values beyond are drawn at the edge. */
  readonly range: readonly [number, number];
  readonly lastBlock: number;
  readonly x: (block: number) => number;
  readonly y: (value: number) => number;
}

function plotOf(sides: readonly DrawnSide[], above: number, width: number): Plot {
  const [from, to] = valueRange(sides);
  const range = [bounded(from), bounded(to)] as const;
  const samples = sides.flatMap(({ points }) => points);
  const values = samples.map(({ value }) => Math.min(range[1], Math.max(range[0], value)));
  const blocks = samples.map(({ block }) => block);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  // Room on both sides, also of figures that are all alike or next to nothing.
  const grace = Math.max(0.12 * (most - least || Math.abs(most) || 1), 1e-290);
  const [low, high] = [least - grace, most + grace];
  const [first, lastBlock] = [Math.min(1, ...blocks) - 0.5, Math.max(4, ...blocks)];
  const boxes = sides.some(({ samples }) => samples.n > 1) ? 12 + boxRoom * sides.length : 0;
  const [left, right] = [edge.left, width - edge.right - boxes];
  const [top, bottom] = [above + edge.top, above + height - edge.bottom];
  return {
    ...{ width, left, right, top, bottom, low, high, range, lastBlock },
    x: (block) => left + ((right - left) * (block - first)) / (lastBlock + 0.5 - first),
    y: (value) =>
      bottom - ((bottom - top) * (Math.min(range[1], Math.max(range[0], value)) - low)) / (high - low),
  };
}

function axesOf(metric: MetricReport, plot: Plot, by: 'blocks' | 'runs', palette: Palette): string {
  const { left, right, top, bottom, low, high, lastBlock } = plot;
  const rows = niceTicks(low, high).flatMap((value) => [
    line(left, plot.y(value), right, plot.y(value), palette.grid, { 'stroke-opacity': 0.5 }),
    lettering(left - 8, plot.y(value), formatValue(value), {
      fill: palette.foreground,
      size: 11,
      anchor: 'end',
    }),
  ]);
  const columns = blockTicks(lastBlock, right - left)
    .filter((block) => plot.x(block) >= left)
    .map((block) =>
      lettering(plot.x(block), bottom + 13, block === 0 ? 'warm-up' : String(block), {
        fill: palette.foreground,
        size: 11,
        anchor: 'middle',
      }),
    );
  const direction = metric.better === 'none' ? '' : ` (${metric.better} is better)`;
  const unit = `${isolated(metric.unit === '' ? metric.title : metric.unit)}${direction}`;
  const turned = { fill: palette.muted, size: 11, anchor: 'middle', room: bottom - top + 24 } as const;
  return [
    ...rows,
    line(left, top, left, bottom, palette.grid),
    line(left, bottom, right, bottom, palette.grid),
    ...columns,
    lettering((left + right) / 2, bottom + 31, by === 'blocks' ? 'Block' : 'Run', turned),
    tag('g', { transform: `translate(10 ${(top + bottom) / 2}) rotate(-90)` }, lettering(0, 0, unit, turned)),
  ].join('\n');
}

/** At most six values with few digits between the two. */
function niceTicks(low: number, high: number): readonly number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5, 10].find((one) => one * power >= rough) ?? 10);
  const first = Math.ceil(low / step);
  const ticks = Array.from({ length: 7 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
  return ticks.filter((value) => value <= high);
}

/** Several guests of a block stand a little apart. */
const place = (index: number, sides: number): number => (sides < 2 ? 0 : 0.24 * (index / (sides - 1) - 0.5));

/** A thin line between the two trials of a block. */
function joinsOf(sides: readonly DrawnSide[], plot: Plot, palette: Palette): string {
  const [first, second, third] = sides;
  if (first === undefined || second === undefined || third !== undefined) return '';
  const partners = new Map(
    second.points.filter(({ use }) => use === 'used').map(({ block, value }) => [block, value]),
  );
  const lines = first.points.flatMap(({ block, value, use }) => {
    const partner = partners.get(block);
    if (partner === undefined || use !== 'used') return [];
    const [left, right] = [plot.x(block + place(0, 2)), plot.x(block + place(1, 2))];
    return [line(left, plot.y(value), right, plot.y(partner), palette.foreground, { 'stroke-opacity': 0.4 })];
  });
  return lines.join('\n');
}

const shapes = { baseline: 'circle', candidate: 'square' } as const;

function sideMarkup(side: DrawnSide, offset: number, plot: Plot, palette: Palette): string {
  const paint = palette.tones[side.tone];
  const points = side.points.map(({ block, value, use }) =>
    mark(shapes[side.role], plot.x(block + offset), plot.y(value), 4.5, {
      fill: use === 'used' ? paint : palette.background,
    }),
  );
  const { geometricMean } = side.samples;
  const mean =
    geometricMean === null
      ? ''
      : line(plot.left, plot.y(geometricMean), plot.right, plot.y(geometricMean), paint, {
          'stroke-dasharray': '5 4',
        });
  return [mean, tag('g', { stroke: paint, 'stroke-width': 1.5 }, points.join('\n') || ' ')]
    .filter((part) => part !== '')
    .join('\n');
}

function legendOf(
  sides: readonly DrawnSide[],
  plot: Plot,
  leftOut: string,
  palette: Palette,
): { readonly height: number; readonly markup: string } {
  const parts: string[] = [];
  let [x, y] = [10, plot.bottom + edge.bottom + 12];
  const start = y;
  const add = (text: string, sign?: string) => {
    const wide = textWidth(text) + (sign === undefined ? 0 : 16) + 22;
    if (sign === undefined && x > 10 && x + wide > plot.width) [x, y] = [10, y + 20];
    if (sign !== undefined) parts.push(sign);
    parts.push(
      lettering(x + (sign === undefined ? 0 : 16), y, text, {
        fill: palette.muted,
        room: plot.width - x - 20,
      }),
    );
    x += wide;
  };
  for (const { guest, role, tone } of sides) {
    const mode = guest.mode === 'unknown' ? '' : `${guest.mode} `;
    const text = `${mode}${isolated(guest.key)}`;
    if (x > 10 && x + textWidth(text) + 38 > plot.width) [x, y] = [10, y + 20];
    add(text, mark(shapes[role], x + 6, y, 5, { fill: palette.tones[tone] }));
  }
  add('┄ geometric mean');
  if (sides.some(({ samples }) => samples.n >= fewestForBox)) add(spreadKey);
  const [low, high] = plot.range;
  const samples = sides.flatMap(({ points }) => points);
  if (samples.some(({ use }) => use !== 'used')) add('hollow: warm-up or incomplete block, not compared');
  if (samples.some(({ value }) => value < low || value > high)) add('warm-up at the edge: outside the axis');
  if (leftOut !== '') add(leftOut);
  return { height: y - start + 28, markup: parts.join('\n') };
}
