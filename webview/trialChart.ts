import { blockTicks, valueRange } from '../src/report/charts/scale';
import { formatValue, plain } from '../src/report/format';
import type { GuestSamples, MetricReport, ReportGuest, Sample } from '../src/report/shape';
import { closeChart, openChart, scripted, type ScatterChart } from './chart';
import { faint } from './forest';
import { background, fontFamily, foreground, gridline, guestColor, muted } from './theme';

export interface ChartSide {
  readonly guest: ReportGuest;
  readonly beside: ReportGuest | undefined;
  readonly samples: GuestSamples;
}

/** The first guest's shape, then the second's; the legend in HTML shows the same. */
export const sideShapes = ['circle', 'rect'] as const;

/** Every trial of one metric, both guests, in the order of the blocks; warm-ups and unpaired trials are hollow. */
export class TrialChart {
  private readonly chart: ScatterChart | undefined;
  private sides: readonly ChartSide[] = [];
  private axisTitle = '';
  private by: 'blocks' | 'runs' = 'blocks';

  constructor(canvas: HTMLCanvasElement) {
    const sample = (context: { datasetIndex: number; dataIndex: number }): Sample | undefined =>
      this.sides[context.datasetIndex]?.samples.samples[context.dataIndex];
    const paint = (context: { datasetIndex: number }) => this.colorOf(context.datasetIndex);
    const fill = (context: { datasetIndex: number; dataIndex: number }) =>
      sample(context)?.use === 'used' ? paint(context) : background();
    this.chart = openChart(canvas, {
      type: 'scatter',
      data: {
        datasets: sideShapes.map((pointStyle) => ({
          data: [],
          pointStyle,
          clip: 8,
          pointRadius: 4.5,
          pointHoverRadius: 4.5,
          pointBorderWidth: 1.5,
          pointBorderColor: paint,
          pointBackgroundColor: fill,
          pointHoverBackgroundColor: fill,
        })),
      },
      options: {
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        events: [],
        layout: { padding: { top: 8, right: 12 } },
        scales: {
          x: {
            type: 'linear',
            afterBuildTicks: (axis) => {
              axis.ticks = blockTicks(axis.max, axis.width).map((value) => ({ value }));
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
      plugins: [{ id: 'pairs', beforeDatasetsDraw: (chart) => this.drawBelow(chart) }],
    });
  }

  /** @param by `runs`: what shares a number was not measured side by side, so no line joins it. */
  show(metric: MetricReport, sides: readonly ChartSide[], by: 'blocks' | 'runs' = 'blocks'): void {
    const { chart } = this;
    if (chart === undefined) return;
    this.sides = sides;
    this.by = by;
    const direction = metric.better === 'none' ? '' : ` (${metric.better} is better)`;
    this.axisTitle = `${plain(metric.unit === '' ? metric.title : metric.unit)}${direction}`;
    const [low, high] = valueRange(sides);
    chart.data.datasets.forEach((dataset, index) => {
      dataset.data = (sides[index]?.samples.samples ?? []).map(({ block, value }) => ({
        x: this.place(index, block),
        y: Math.min(high, Math.max(low, value)),
      }));
    });
    const blocks = sides.flatMap(({ samples }) => samples.samples.map(({ block }) => block));
    const { x } = chart.options.scales ?? {};
    if (x !== undefined)
      Object.assign(x, { min: Math.min(1, ...blocks) - 0.5, max: Math.max(4, ...blocks) + 0.5 });
    chart.update('none');
  }

  close(): void {
    closeChart(this.chart);
  }

  private place(side: number, block: number): number {
    return this.sides.length < 2 ? block : block + (side === 0 ? -0.12 : 0.12);
  }

  private colorOf(side: number): string {
    const own = this.sides[side];
    return guestColor(own?.guest, side === 1 ? own?.beside : undefined);
  }

  /** A dashed line at each guest's geometric mean, and a thin one between the trials of a block. */
  private drawBelow(chart: ScatterChart): void {
    const { ctx, chartArea, scales } = chart;
    const { x, y } = scales;
    if (x === undefined || y === undefined) return;
    ctx.save();
    const [first, second] = this.sides;
    const partners = new Map(
      this.by === 'runs'
        ? []
        : second?.samples.samples.filter(({ use }) => use === 'used').map((s) => [s.block, s.value]),
    );
    ctx.strokeStyle = faint(foreground(), 0.4);
    ctx.lineWidth = 1;
    for (const { block, value, use } of first?.samples.samples ?? []) {
      const partner = partners.get(block);
      if (partner === undefined || use !== 'used') continue;
      ctx.beginPath();
      ctx.moveTo(x.getPixelForValue(this.place(0, block)), y.getPixelForValue(value));
      ctx.lineTo(x.getPixelForValue(this.place(1, block)), y.getPixelForValue(partner));
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
}
