import { formatInterval, formatSpeedup, plain } from '../format';
import { inOverviewOrder } from '../overviewOrder';
import type { MetricComparison, MetricReport, Overall, PairReport, ReportModel, Verdict } from '../shape';
import { intervalTitle, marginText, ratioWord, verdictWords, verdictsAmong } from '../wording';
import { lightPalette, verdictPaint, type Palette } from './palette';
import { kindTitles, labelOf, verdictLooks } from './scale';
import { axisHeight, axisMarkup, intervalMarkup, speedupAxis, type SpeedupAxis } from './speedupAxis';
import { drawing, isolated, lettering, mark, tag, textWidth, wrapped, type Drawing } from './svg';

/** Rows that a chart shows at most: no reader takes in more, and the table has them all. */
const mostForestRows = 100;

export interface ForestOptions {
  /** Keeps several charts in one document apart. */
  readonly id: string;
  readonly palette: Palette;
  /** `alone`: with title, legend and background, as a picture that goes its own way. */
  readonly setting: 'alone' | 'document';
}

export interface ForestRow {
  readonly metric: MetricReport;
  readonly comparison: MetricComparison;
}

export interface ForestChoice {
  /** Drawn, in the order of the report. */
  readonly rows: readonly ForestRow[];
  /** Tested metrics that there was no room for. */
  readonly left: number;
}

const width = 920;
const rowHeight = 30;
const headingHeight = 28;

/** The tested metrics of a pair; without any, those that can be compared at all. */
export function forestChoice({ metrics }: ReportModel, candidate: string): ForestChoice {
  const all = metrics.flatMap((metric): ForestRow[] => {
    const comparison = metric.comparisons.find((one) => one.candidate === candidate);
    return comparison && metric.better !== 'none' ? [{ metric, comparison }] : [];
  });
  const tested = all.filter(({ metric }) => metric.primary);
  const wanted = inOverviewOrder(tested.length > 0 ? tested : all);
  const rows = wanted.slice(0, mostForestRows);
  return { rows, left: wanted.length - rows.length };
}

/** The overview of one pair as a picture of its own; undefined without a figure to draw. */
export function forestPicture(model: ReportModel, candidate: string): Drawing | undefined {
  const pair = model.pairs.find((one) => one.candidate === candidate);
  if (pair === undefined) return undefined;
  const { rows } = forestChoice(model, candidate);
  return forestChart(model, pair, rows, { id: 'forest', palette: lightPalette, setting: 'alone' });
}

/** A point and an interval for each metric on a logarithmic axis of speedup; undefined without a figure. */
export function forestChart(
  model: ReportModel,
  pair: PairReport,
  rows: readonly ForestRow[],
  options: ForestOptions,
): Drawing | undefined {
  if (rows.every(({ comparison }) => comparison.speedup === null)) return undefined;
  const margin = pair.imported === undefined ? model.statistics.margin : undefined;
  const alone = options.setting === 'alone';
  const title = `${isolated(pair.candidateLabel)} against ${isolated(pair.baselineLabel)}`;
  const head = alone ? headOf(title, pair.headline, options.palette) : { height: 0, markup: '' };
  const lines = linesOf(rows, pair.overall);
  const plot = plotOf(lines, margin, head.height, alone ? 10 : 0);
  const legend = alone
    ? legendOf(pair, rows, margin, model.statistics, plot.bottom + axisHeight, options.palette)
    : { height: 0, markup: '' };
  const height = plot.bottom + axisHeight + legend.height;
  const about = {
    title: `${plain(pair.candidateLabel)} against ${plain(pair.baselineLabel)}: speedup of each workload`,
    description: describeForest(pair, rows),
    id: options.id,
  };
  return drawing(about, width, height, alone ? options.palette.background : undefined, [
    head.markup,
    axisMarkup(plot, pair.candidateLabel, options.palette),
    ...lines.map((one) => lineMarkup(one, plot, options.palette)),
    legend.markup,
  ]);
}

/** The chart in words, for those who do not see it. */
function describeForest(pair: PairReport, rows: readonly ForestRow[]): string {
  const parts = rows.map(({ metric, comparison }) => {
    const { speedup, interval, word } = comparison;
    const range = interval === null ? '' : `, ${formatInterval(interval)}`;
    return `${metric.benchmarkTitle} ${formatSpeedup(speedup)}${range}, ${word}`;
  });
  return plain(
    `Speedup of ${pair.candidateLabel} against ${pair.baselineLabel}; above 1 is faster. ${parts.join('; ')}.`,
  );
}

interface Line {
  readonly kind: 'heading' | 'metric' | 'overall';
  readonly size: 'small' | 'large';
  readonly label: string;
  readonly verdict: Verdict;
  readonly word: string;
  readonly speedup: number | null;
  readonly interval: readonly [number, number] | null;
  /** Its middle, from the top of the first line. */
  readonly y: number;
}

function linesOf(rows: readonly ForestRow[], overall: Overall): readonly Line[] {
  const lines: Line[] = [];
  let top = 0;
  const push = (one: Omit<Line, 'y'>, tall: number) => {
    lines.push({ ...one, y: top + tall / 2 });
    top += tall;
  };
  const bare = { verdict: 'untested', word: '', speedup: null, interval: null } as const;
  const heading = (label: string) => push({ kind: 'heading', size: 'small', label, ...bare }, headingHeight);
  let last: string | undefined;
  for (const { metric, comparison } of rows) {
    if (metric.kind !== last) heading(kindTitles[metric.kind]);
    last = metric.kind;
    const { verdict, word, speedup, interval } = comparison;
    const size = verdict === 'untested' && !metric.primary ? 'small' : 'large';
    const label = labelOf(metric);
    push({ kind: 'metric', size, label, verdict, word: plain(word), speedup, interval }, rowHeight);
  }
  if (overall.status === 'ok' && overall.workloads > 1) {
    heading('Together');
    const { speedup, interval, workloads } = overall;
    const label = `Geometric mean of ${workloads}`;
    push({ kind: 'overall', size: 'large', label, ...bare, speedup, interval }, rowHeight);
  }
  return lines;
}

interface Plot extends SpeedupAxis {
  /** Room at both sides. */
  readonly edge: number;
  /** From the figures to the verdict. */
  readonly wordColumn: number;
}

function plotOf(lines: readonly Line[], margin: number | undefined, top: number, edge: number): Plot {
  const widest = (of: (one: Line) => number, most: number) =>
    Math.min(most, Math.max(0, ...lines.map((one) => Math.ceil(of(one)))));
  const wordColumn = margin === undefined ? 60 : 176;
  const words = widest(({ word }) => textWidth(word, 12, 'bold'), 200);
  const labels = widest(
    ({ label, kind }) => textWidth(label, 12, kind === 'metric' ? 'regular' : 'bold'),
    270,
  );
  const [left, right] = [edge + Math.max(110, labels + 26), width - wordColumn - words - 32 - edge];
  const last = lines.at(-1);
  const bottom = top + (last === undefined ? 0 : last.y + rowHeight / 2);
  return { ...speedupAxis(lines, margin, { left, right, top, bottom }), edge, wordColumn };
}

function lineMarkup(one: Line, plot: Plot, palette: Palette): string {
  const { kind, size, label, verdict, word, speedup, interval } = one;
  const y = plot.top + one.y;
  if (kind === 'heading') return lettering(plot.edge, y, label, { fill: palette.muted, bold: 'bold' });
  const paint = kind === 'overall' ? palette.foreground : verdictPaint(verdict, palette);
  const column = plot.right + 18;
  const parts = [
    lettering(plot.edge + 10, y, label, {
      fill: palette.foreground,
      bold: kind === 'overall' ? 'bold' : 'regular',
      room: plot.left - plot.edge - 24,
    }),
  ];
  if (interval !== null) {
    const stroke = { 'stroke-width': verdict === 'untested' && kind === 'metric' ? 1 : 2 };
    parts.push(intervalMarkup(plot, interval, y, paint, stroke));
  }
  if (speedup !== null) {
    const { shape, filled } = verdictLooks[verdict];
    const radius = kind === 'overall' ? 8 : size === 'small' ? 3 : 6;
    const fill = filled || kind === 'overall' ? paint : palette.background;
    parts.push(
      mark(shape, plot.at(speedup), y, radius, { fill, stroke: paint, 'stroke-width': 2 }),
      lettering(column, y, formatSpeedup(speedup), { fill: palette.foreground }),
    );
  }
  if (interval !== null)
    parts.push(lettering(column + 46, y, formatInterval(interval), { fill: palette.muted }));
  const room = width - column - plot.wordColumn - 4;
  parts.push(lettering(column + plot.wordColumn, y, word, { fill: paint, bold: 'bold', room }));
  return tag('g', {}, parts.filter((part) => part !== '').join('\n'));
}

interface Part {
  readonly height: number;
  readonly markup: string;
}

/** Title and headline above a chart that stands alone. */
export function headOf(title: string, headline: string, palette: Palette): Part {
  const texts = wrapped(plain(headline), width - 70, 4, 13);
  const markup = [
    lettering(10, 24, title, { fill: palette.foreground, size: 17, bold: 'bold', room: width - 20 }),
    ...texts.map((text, index) =>
      lettering(10, 52 + 19 * index, text, { fill: palette.foreground, size: 13 }),
    ),
  ];
  return { height: 52 + 19 * texts.length, markup: markup.join('\n') };
}

function legendOf(
  pair: PairReport,
  rows: readonly ForestRow[],
  margin: number | undefined,
  statistics: ReportModel['statistics'],
  top: number,
  palette: Palette,
): Part {
  const y = top + 14;
  let x = 10;
  const parts: string[] = [];
  const add = (sign: string, signWidth: number, text: string) => {
    parts.push(sign, lettering(x + signWidth, y, text, { fill: palette.muted }));
    x += signWidth + textWidth(text) + 22;
  };
  for (const verdict of verdictsAmong(rows)) {
    const { shape, filled } = verdictLooks[verdict];
    const paint = verdictPaint(verdict, palette);
    const fill = filled ? paint : palette.background;
    const sign = mark(shape, x + 6, y, 5, { fill, stroke: paint, 'stroke-width': 2 });
    add(
      sign,
      17,
      margin === undefined
        ? `${ratioWord(pair)}: imported, so no interval and no verdict`
        : verdictWords[verdict],
    );
  }
  if (margin !== undefined) {
    const band = { x, y: y - 6, width: 16, height: 12, fill: palette.equivalent, 'fill-opacity': 0.3 };
    add(tag('rect', band), 21, `±${marginText(statistics)}: counts as equivalent`);
    add('', 0, `├─┤ ${intervalTitle(statistics)}`);
  }
  return { height: 32, markup: parts.filter((part) => part !== '').join('\n') };
}
