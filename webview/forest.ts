import {
  clampSpeedup as clamp,
  kindTitles,
  labelOf,
  speedupRange,
  ticksBetween,
  verdictLooks,
} from '../src/report/charts/scale';
import type { Shape } from '../src/report/charts/svg';
import { formatInterval, formatSpeedup, plain } from '../src/report/format';
import type { MetricComparison, MetricReport, Overall, Verdict } from '../src/report/shape';
import { closeChart, drawInView, openChart, scripted, type ScatterChart } from './chart';
import {
  background,
  color,
  fontFamily,
  foreground,
  gridline,
  isHighContrast,
  muted,
  verdictColor,
  verdictTextColor,
} from './theme';

export interface ForestRow {
  readonly metric: MetricReport;
  readonly comparison: MetricComparison;
}

/** A line of the chart: a heading, a metric or the overall figure, at a height in CSS pixels. */
interface Line {
  readonly kind: 'heading' | 'metric' | 'overall';
  /** Metrics that are only shown are small beside those that the report is about. */
  readonly size: 'small' | 'large';
  readonly label: string;
  readonly verdict: Verdict;
  readonly word: string;
  readonly speedup: number | null;
  readonly interval: readonly [number, number] | null;
  readonly y: number;
}

/** The shapes of verdicts as Chart.js draws them. */
const pointStyles = {
  right: { style: 'triangle', rotation: 90 },
  left: { style: 'triangle', rotation: -90 },
  diamond: { style: 'rectRot', rotation: 0 },
  circle: { style: 'circle', rotation: 0 },
  square: { style: 'rect', rotation: 0 },
  cross: { style: 'crossRot', rotation: 0 },
} as const satisfies Readonly<Record<Shape, unknown>>;

const narrowBelow = 620;
const axisHeight = 58;
const headingHeight = 28;
/** From the figures to the verdict, in CSS pixels: with an interval between them, and without. */
const wordColumns = { interval: 172, none: 60 } as const;

/** The overview: a point and an interval for each metric on a logarithmic axis of speedup. */
export class ForestChart {
  private readonly chart: ScatterChart | undefined;
  private rows: readonly ForestRow[] = [];
  private overall: Overall | undefined;
  /** Of practical equivalence; undefined: nothing is judged, so no band is drawn. */
  private margin: number | undefined;
  private lines: readonly Line[] = [];
  private names = { baseline: '', candidate: '' };
  private width = 0;
  private isDrawn = false;
  private wordWidth = 0;

  constructor(
    private readonly box: HTMLElement,
    canvas: HTMLCanvasElement,
  ) {
    const point = (context: { dataIndex: number }) => this.points()[context.dataIndex];
    const verdictOf = (context: { dataIndex: number }) => point(context)?.verdict ?? 'untested';
    const paint = (context: { dataIndex: number }) =>
      point(context)?.kind === 'overall' ? foreground() : verdictColor(verdictOf(context));
    const pointStyleOf = (context: { dataIndex: number }) =>
      pointStyles[verdictLooks[verdictOf(context)].shape];
    const solid = (context: { dataIndex: number }) =>
      verdictLooks[verdictOf(context)].filled ? paint(context) : background();
    this.chart = openChart(canvas, {
      type: 'scatter',
      data: {
        datasets: [
          {
            data: [],
            clip: 8,
            pointStyle: (context) => pointStyleOf(context).style,
            pointRotation: (context) => pointStyleOf(context).rotation,
            pointRadius: (context) =>
              point(context)?.kind === 'overall' ? 8 : point(context)?.size === 'small' ? 3 : 6,
            pointHoverRadius: (context) => (point(context)?.kind === 'overall' ? 8 : 6),
            pointBorderWidth: 2,
            pointBackgroundColor: solid,
            pointHoverBackgroundColor: solid,
            pointBorderColor: paint,
          },
        ],
      },
      options: {
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        events: [],
        layout: { padding: () => this.gutters() },
        scales: {
          x: {
            type: 'logarithmic',
            afterBuildTicks: (axis) => {
              axis.ticks = ticksBetween(axis.min, axis.max, axis.width).map((value) => ({ value }));
            },
            ticks: {
              color: () => foreground(),
              font: () => ({ family: fontFamily(), size: 12 }),
              callback: (value) => `${Number(value)}`,
              autoSkip: false,
              maxRotation: 0,
            },
            border: { color: scripted(() => gridline()) },
            grid: { color: () => faint(gridline()), drawTicks: true },
            title: {
              display: true,
              color: scripted(() => muted()),
              font: () => ({ family: fontFamily(), size: 12 }),
              text: scripted(() => this.axisTitle()),
            },
          },
          y: { type: 'linear', display: false, reverse: true, min: 0 },
        },
      },
      plugins: [
        {
          id: 'forest',
          beforeDatasetsDraw: (chart) => this.drawBelow(chart),
          afterDatasetsDraw: (chart) => this.drawLabels(chart),
          resize: (_, { size }) => {
            if (size.width !== this.width) this.relayout(size.width);
          },
        },
      ],
    });
  }

  show(
    rows: readonly ForestRow[],
    overall: Overall,
    margin: number | undefined,
    names: { readonly baseline: string; readonly candidate: string },
  ): void {
    this.rows = rows;
    this.overall = overall;
    this.margin = margin;
    this.names = { baseline: plain(names.baseline), candidate: plain(names.candidate) };
    this.relayout(this.box.clientWidth);
    if (this.chart === undefined) return;
    if (this.isDrawn) drawInView(this.chart);
    else this.chart.update('none');
    this.isDrawn = true;
  }

  close(): void {
    closeChart(this.chart);
  }

  private points(): Line[] {
    return this.lines.filter(({ speedup }) => speedup !== null);
  }

  private get narrow(): boolean {
    return this.width < narrowBelow;
  }

  private get wordColumn(): number {
    return this.margin === undefined ? wordColumns.none : wordColumns.interval;
  }

  private axisTitle(): string {
    return this.narrow ? `speedup of ${this.names.candidate} (right is better)` : 'speedup, logarithmic';
  }

  /** What left and right mean, at the ends of the axis. */
  private drawDirections({ ctx, chartArea, scales }: ScatterChart): void {
    const { candidate } = this.names;
    const [slower, faster] = [`← ${candidate} slower`, `${candidate} faster →`];
    const title = ctx.measureText(this.axisTitle()).width;
    const half = (chartArea.width - title) / 2 - 16;
    const [left, right] = [fit(ctx, slower, half), fit(ctx, faster, half)];
    const y = (scales['x']?.bottom ?? 0) - 12;
    ctx.fillStyle = muted();
    ctx.textAlign = 'left';
    ctx.fillText(left, chartArea.left, y);
    ctx.textAlign = 'right';
    ctx.fillText(right, chartArea.right, y);
  }

  private gutters() {
    return this.narrow
      ? { left: 10, right: 14, top: 4, bottom: 0 }
      : {
          left: Math.min(260, Math.round(this.width * 0.24)),
          right: this.wordColumn + Math.min(this.wordWidth, Math.round(this.width * 0.22)) + 24,
          top: 4,
          bottom: 0,
        };
  }

  /** Where each line stands depends on the width only through its height: labels move above the marks. */
  private relayout(width: number): void {
    this.width = width;
    const height = this.narrow ? 46 : 30;
    const lines: Line[] = [];
    let y = 0;
    let last: string | undefined;
    const push = (line: Omit<Line, 'y'>, tall: number) => {
      lines.push({ ...line, y: y + tall / 2 });
      y += tall;
    };
    const heading = (label: string) =>
      push(
        {
          kind: 'heading',
          size: 'small',
          label,
          verdict: 'untested',
          word: '',
          speedup: null,
          interval: null,
        },
        headingHeight,
      );
    for (const { metric, comparison } of this.rows) {
      if (metric.kind !== last) heading(kindTitles[metric.kind]);
      last = metric.kind;
      const { verdict, word, speedup, interval } = comparison;
      const size = verdict === 'untested' && !metric.primary ? 'small' : 'large';
      push({ kind: 'metric', size, label: labelOf(metric), verdict, word, speedup, interval }, height);
    }
    if (this.overall?.status === 'ok' && this.overall.workloads > 1) {
      heading('Together');
      const { speedup, interval, workloads } = this.overall;
      const label = `Geometric mean of ${workloads}`;
      push(
        { kind: 'overall', size: 'large', label, verdict: 'untested', word: '', speedup, interval },
        height,
      );
    }
    this.lines = lines;
    this.wordWidth = this.widestWord();
    this.box.style.height = `${y + axisHeight}px`;
    const { chart } = this;
    const dataset = chart?.data.datasets[0];
    if (chart === undefined || dataset === undefined) return;
    const points = this.points();
    dataset.data = points.map((line) => ({ x: clamp(line.speedup ?? 1), y: line.y + (this.narrow ? 9 : 0) }));
    const [low, high] = speedupRange(points, this.margin);
    const { x, y: yAxis } = chart.options.scales ?? {};
    if (x !== undefined) Object.assign(x, { min: low, max: high });
    if (yAxis !== undefined) yAxis.max = Math.max(1, y);
  }

  private widestWord(): number {
    const ctx = this.chart?.ctx;
    if (ctx === undefined) return 0;
    ctx.save();
    ctx.font = `600 12px ${fontFamily()}`;
    const widths = this.lines.map(({ word }) => ctx.measureText(word).width);
    ctx.restore();
    return Math.ceil(Math.max(0, ...widths));
  }

  private drawBelow(chart: ScatterChart): void {
    const { ctx, chartArea, scales } = chart;
    const { x, y } = scales;
    if (x === undefined || y === undefined) return;
    const at = (speedup: number) => x.getPixelForValue(clamp(speedup));
    ctx.save();
    ctx.beginPath();
    ctx.rect(chartArea.left - 8, chartArea.top, chartArea.width + 16, chartArea.height);
    ctx.clip();
    if (this.margin !== undefined) {
      const [left, right] = [at(1 / (1 + this.margin)), at(1 + this.margin)];
      ctx.fillStyle = faint(verdictColor('equivalent'), 0.14);
      ctx.fillRect(left, chartArea.top, right - left, chartArea.height);
      if (isHighContrast()) hatch(ctx, left, chartArea.top, right - left, chartArea.height);
    }
    ctx.strokeStyle = foreground();
    ctx.lineWidth = 1;
    line(ctx, at(1), chartArea.top, at(1), chartArea.bottom);
    for (const point of this.points()) {
      if (point.interval === null) continue;
      const middle = y.getPixelForValue(point.y + (this.narrow ? 9 : 0));
      const [low, high] = point.interval.map(at);
      if (low === undefined || high === undefined) continue;
      ctx.strokeStyle = point.kind === 'overall' ? foreground() : verdictColor(point.verdict);
      ctx.lineWidth = point.verdict === 'untested' && point.kind === 'metric' ? 1 : 2;
      line(ctx, low, middle, high, middle);
      for (const end of [low, high]) line(ctx, end, middle - 4, end, middle + 4);
    }
    ctx.restore();
  }

  private drawLabels(chart: ScatterChart): void {
    const { ctx, chartArea, scales } = chart;
    const { y } = scales;
    if (y === undefined) return;
    const family = fontFamily();
    ctx.save();
    ctx.textBaseline = 'middle';
    ctx.font = `12px ${family}`;
    if (!this.narrow) this.drawDirections(chart);
    for (const { kind, label, verdict, word, speedup, interval, y: at } of this.lines) {
      const middle = y.getPixelForValue(at) - (this.narrow && kind !== 'heading' ? 9 : 0);
      ctx.font = `${kind === 'metric' ? '' : '600 '}12px ${family}`;
      ctx.fillStyle = kind === 'heading' ? muted() : foreground();
      ctx.textAlign = 'left';
      const left = kind === 'heading' ? 0 : 10;
      const figures = speedup === null ? '' : formatSpeedup(speedup);
      if (this.narrow) {
        const tail = kind === 'heading' ? '' : [figures, word].filter((part) => part !== '').join(' ');
        ctx.textAlign = 'right';
        const tailWidth = ctx.measureText(tail).width;
        ctx.fillStyle = kind === 'metric' ? verdictTextColor(verdict) : ctx.fillStyle;
        ctx.fillText(tail, this.width - 4, middle);
        ctx.textAlign = 'left';
        const shown = fit(ctx, label, this.width - left - tailWidth - 16);
        // The grid and the line at 1 run behind the labels here.
        ctx.fillStyle = background();
        ctx.fillRect(left - 3, middle - 8, ctx.measureText(shown).width + 6, 16);
        ctx.fillStyle = kind === 'heading' ? muted() : foreground();
        ctx.fillText(shown, left, middle);
        continue;
      }
      ctx.fillText(fit(ctx, label, chartArea.left - left - 12), left, middle);
      if (kind === 'heading') continue;
      const column = chartArea.right + 18;
      ctx.fillText(figures, column, middle);
      ctx.fillStyle = muted();
      ctx.fillText(interval === null ? '' : formatInterval(interval), column + 46, middle);
      ctx.fillStyle = verdictTextColor(verdict);
      ctx.font = `600 12px ${family}`;
      const { wordColumn } = this;
      ctx.fillText(fit(ctx, word, this.width - column - wordColumn), column + wordColumn, middle);
    }
    ctx.restore();
  }
}

function fit(ctx: CanvasRenderingContext2D, text: string, width: number): string {
  if (ctx.measureText(text).width <= width) return text;
  let short = text;
  while (short.length > 1 && ctx.measureText(`${short}…`).width > width) short = short.slice(0, -1);
  return `${short}…`;
}

function line(ctx: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}

function hatch(ctx: CanvasRenderingContext2D, x: number, y: number, width: number, height: number): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, width, height);
  ctx.clip();
  ctx.strokeStyle = faint(foreground(), 0.35);
  ctx.lineWidth = 1;
  for (let offset = -height; offset < width; offset += 8)
    line(ctx, x + offset, y + height, x + offset + height, y);
  ctx.restore();
}

/** A theme colour made see-through; a notation the canvas knows and we do not stays as it is. */
export function faint(value: string, alpha = 0.35): string {
  const hex = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})(?:[\da-f]{2})?$/i.exec(value);
  if (hex) {
    const [red, green, blue] = hex.slice(1, 4).map((part) => Number.parseInt(part, 16));
    return `rgba(${red ?? 0}, ${green ?? 0}, ${blue ?? 0}, ${alpha})`;
  }
  const rgb = /^rgba?\(([^,]+),([^,]+),([^,)]+)/.exec(value);
  return rgb
    ? `rgba(${rgb[1] ?? 0},${rgb[2] ?? 0},${rgb[3] ?? 0}, ${alpha})`
    : color('--vscode-panel-border', '--vscode-foreground');
}
