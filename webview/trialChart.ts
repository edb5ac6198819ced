import { blockTicks, valueRange } from '../src/report/charts/scale';
import { formatValue, plain } from '../src/report/format';
import type { MetricReport, Sample } from '../src/report/shape';
import { spreadOf, type Spread } from '../src/report/spread';
import { closeChart, drawInView, openChart, scripted, type ScatterChart } from './chart';
import { faint } from './forest';
import type { ChartSide } from './sides';
import { background, fontFamily, foreground, gridline, guestColor, muted } from './theme';

/** The legend in HTML shows the same. */
const shapes = { baseline: 'circle', candidate: 'rect' } as const;
/** Room at the right for each guest's distribution, in pixels. */
const boxRoom = 26;
const boxWidth = 13;
/** What the word below the warm-up needs up to the next number. */
const warmupPixels = 36;

/**
 * Every trial of one metric, all guests, in the order they were run: by block, and within a block by who came first.
 * Warm-ups and unpaired trials are hollow. At the right, on the same scale, how each guest's compared trials lie.
 */
export class TrialChart {
  private readonly chart: ScatterChart | undefined;
  private sides: readonly ChartSide[] = [];
  private boxes: readonly (Spread | undefined)[] = [];
  /** By side: block to its last trial. */
  private trials: readonly ReadonlyMap<number, number>[] = [];
  private axisTitle = '';
  private by: 'blocks' | 'runs' = 'blocks';

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly onChoose: (sample: Sample, side: ChartSide) => void,
  ) {
    const sample = (context: { datasetIndex: number; dataIndex: number }): Sample | undefined =>
      this.sides[context.datasetIndex]?.samples.samples[context.dataIndex];
    const paint = (context: { datasetIndex: number }) => this.colorOf(context.datasetIndex);
    const fill = (context: { datasetIndex: number; dataIndex: number }) =>
      sample(context)?.use === 'used' ? paint(context) : background();
    this.chart = openChart(canvas, {
      type: 'scatter',
      data: { datasets: [] },
      options: {
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        events: [],
        clip: 8,
        elements: {
          point: {
            radius: () => (this.isDense() ? 2.5 : 4.5),
            borderWidth: 1.5,
            borderColor: paint,
            backgroundColor: fill,
          },
        },
        layout: {
          padding: () => ({ top: 8, right: this.hasBoxes() ? 12 + boxRoom * this.sides.length : 12 }),
        },
        scales: {
          x: {
            type: 'linear',
            afterBuildTicks: (axis) => {
              const blockPixels = axis.width / (axis.max - axis.min);
              const isBesideWarmup = (block: number) =>
                axis.min < 0 && block > 0 && block * blockPixels < warmupPixels;
              axis.ticks = blockTicks(axis.max, axis.width)
                .filter((block) => !isBesideWarmup(block))
                .map((value) => ({ value }));
            },
            ticks: {
              autoSkip: false,
              color: () => foreground(),
              font: () => ({ family: fontFamily(), size: 11 }),
              callback: (value) => (Number(value) === 0 ? 'warm-up' : `${Number(value)}`),
              maxRotation: 0,
            },
            grid: { display: false },
            border: { color: scripted(() => gridline()) },
            title: {
              display: true,
              text: scripted(() => (this.by === 'blocks' ? 'Block' : 'Run')),
              color: scripted(() => muted()),
              font: () => ({ family: fontFamily(), size: 11 }),
            },
          },
          y: {
            type: 'linear',
            grace: '12%',
            ticks: {
              maxTicksLimit: 6,
              color: () => foreground(),
              font: () => ({ family: fontFamily(), size: 11 }),
              callback: (value) => formatValue(Number(value)),
            },
            grid: { color: () => faint(gridline(), 0.3) },
            border: { color: scripted(() => gridline()) },
            title: {
              display: true,
              text: scripted(() => this.axisTitle),
              color: scripted(() => muted()),
              font: () => ({ family: fontFamily(), size: 11 }),
            },
          },
        },
      },
      plugins: [
        {
          id: 'pairs',
          beforeDatasetsDraw: (chart) => this.drawBelow(chart),
          afterDatasetsDraw: (chart) => this.drawBoxes(chart),
        },
      ],
    });
    canvas.addEventListener('click', (event) => {
      const found = this.at(event);
      if (found !== undefined) this.onChoose(...found);
    });
    canvas.addEventListener('pointermove', (event) => this.point(event));
  }

  /** @param by `runs`: what shares a number was not measured side by side, so no line joins it. */
  show(metric: MetricReport, sides: readonly ChartSide[], by: 'blocks' | 'runs' = 'blocks'): void {
    const { chart } = this;
    if (chart === undefined) return;
    this.sides = sides;
    this.boxes = sides.map(({ samples }) => spreadOf(samples.samples));
    this.trials = sides.map(
      ({ samples }) => new Map(samples.samples.map(({ block, trial }) => [block, trial])),
    );
    this.by = by;
    const direction = metric.better === 'none' ? '' : ` (${metric.better} is better)`;
    this.axisTitle = `${plain(metric.unit === '' ? metric.title : metric.unit)}${direction}`;
    const [low, high] = valueRange(sides);
    chart.data.datasets.length = Math.min(chart.data.datasets.length, sides.length);
    sides.forEach(({ role, samples }, index) => {
      const dataset = (chart.data.datasets[index] ??= { data: [] });
      dataset.pointStyle = shapes[role];
      dataset.data = samples.samples.map((sample) => ({
        x: this.place(index, sample),
        y: Math.min(high, Math.max(low, sample.value)),
      }));
    });
    const blocks = sides.flatMap(({ samples }) => samples.samples.map(({ block }) => block));
    const { x } = chart.options.scales ?? {};
    if (x !== undefined)
      Object.assign(x, { min: Math.min(1, ...blocks) - 0.5, max: Math.max(4, ...blocks) + 0.5 });
    drawInView(chart);
  }

  close(): void {
    closeChart(this.chart);
  }

  private place(side: number, { block, trial }: Sample): number {
    const trials = this.sides.map((_, index) => (index === side ? trial : this.trialOf(index, block)));
    return (
      block +
      besideMiddle(
        trial,
        trials.filter((other) => other !== undefined),
      )
    );
  }

  /** The last trial of a block, for a warm-up can have been repeated. */
  private trialOf(side: number, block: number): number | undefined {
    return this.trials[side]?.get(block);
  }

  private colorOf(side: number): string {
    const own = this.sides[side];
    return guestColor(own?.guest, own?.beside);
  }

  private hasBoxes(): boolean {
    return this.sides.some(({ samples }) => samples.n > 1);
  }

  private isDense(): boolean {
    return this.sides.some(({ samples }) => samples.samples.length > 100);
  }

  private at(event: MouseEvent): [Sample, ChartSide] | undefined {
    const [hit] = this.chart?.getElementsAtEventForMode(event, 'nearest', { intersect: true }, false) ?? [];
    const side = hit === undefined ? undefined : this.sides[hit.datasetIndex];
    const sample = hit === undefined ? undefined : side?.samples.samples[hit.index];
    return sample === undefined || side === undefined ? undefined : [sample, side];
  }

  /** The table has the same; this spares the way there. */
  private point(event: MouseEvent): void {
    const found = this.at(event);
    this.canvas.classList.toggle('pointed', found !== undefined);
    const [sample, side] = found ?? [];
    this.canvas.title =
      sample === undefined || side === undefined
        ? ''
        : `${plain(side.guest.key)}, ${sample.use === 'warmup' ? 'warm-up' : `${this.by === 'blocks' ? 'block' : 'run'} ${sample.block}`}: ${formatValue(sample.value)}`;
  }

  /** A dashed line at each guest's geometric mean, and a thin one between the trials of a block. */
  private drawBelow(chart: ScatterChart): void {
    const { ctx, chartArea, scales } = chart;
    const { x, y } = scales;
    if (x === undefined || y === undefined) return;
    ctx.save();
    const [first, second, third] = this.sides;
    const partners = new Map(
      this.by === 'runs' || third !== undefined
        ? []
        : second?.samples.samples.filter(({ use }) => use === 'used').map((s) => [s.block, s]),
    );
    ctx.strokeStyle = faint(foreground(), 0.4);
    ctx.lineWidth = 1;
    for (const sample of first?.samples.samples ?? []) {
      const partner = partners.get(sample.block);
      if (partner === undefined || sample.use !== 'used') continue;
      ctx.beginPath();
      ctx.moveTo(x.getPixelForValue(this.place(0, sample)), y.getPixelForValue(sample.value));
      ctx.lineTo(x.getPixelForValue(this.place(1, partner)), y.getPixelForValue(partner.value));
      ctx.stroke();
    }
    ctx.setLineDash([5, 4]);
    this.sides.forEach(({ samples }, side) => {
      if (samples.geometricMean === null) return;
      ctx.strokeStyle = this.colorOf(side);
      const height = y.getPixelForValue(samples.geometricMean);
      ctx.beginPath();
      ctx.moveTo(chartArea.left, height);
      ctx.lineTo(chartArea.right, height);
      ctx.stroke();
    });
    ctx.restore();
  }

  /** Each guest's compared trials as strokes over each other, and a box of their middle half from four of them on. */
  private drawBoxes(chart: ScatterChart): void {
    const { ctx, chartArea, scales } = chart;
    const { y } = scales;
    if (y === undefined || !this.hasBoxes()) return;
    ctx.save();
    this.sides.forEach(({ samples }, side) => {
      const spread = this.boxes[side];
      if (spread === undefined) return;
      const middle = chartArea.right + 12 + boxRoom * (side + 0.5);
      const [left, right] = [middle - boxWidth / 2, middle + boxWidth / 2];
      const paint = this.colorOf(side);
      ctx.lineWidth = 1;
      ctx.strokeStyle = faint(paint, 0.35);
      for (const { use, value } of samples.samples) {
        if (use === 'used') stroke(ctx, left, y.getPixelForValue(value), right, y.getPixelForValue(value));
      }
      ctx.strokeStyle = paint;
      const at = (value: number) => y.getPixelForValue(value);
      if (samples.n >= 4) {
        stroke(ctx, middle, at(spread.least), middle, at(spread.lower));
        stroke(ctx, middle, at(spread.upper), middle, at(spread.greatest));
        ctx.strokeRect(left, at(spread.upper), boxWidth, Math.max(1, at(spread.lower) - at(spread.upper)));
      }
      ctx.lineWidth = 2.5;
      stroke(ctx, left, at(spread.median), right, at(spread.median));
    });
    ctx.restore();
  }
}

function stroke(ctx: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
}

/** How far from the middle of its block a trial is drawn: what was run first stands left. `trials`: all of the block. */
export function besideMiddle(trial: number, trials: readonly number[]): number {
  if (trials.length < 2) return 0;
  const before = trials.filter((other) => other < trial).length;
  return 0.24 * (before / (trials.length - 1) - 0.5);
}
