import {
  Chart,
  LinearScale,
  LogarithmicScale,
  PointElement,
  ScatterController,
  type ChartConfiguration,
} from 'chart.js';
import { forget, whenVisible } from './visible';

Chart.register(ScatterController, PointElement, LinearScale, LogarithmicScale);

export type ScatterConfiguration = ChartConfiguration<'scatter'>;
export type ScatterChart = Chart<'scatter'>;

const open = new Set<ScatterChart>();

/** A chart on `canvas`. Where there is no canvas to draw on, the tables beside it hold the same numbers. */
export function openChart(
  canvas: HTMLCanvasElement,
  configuration: ScatterConfiguration,
): ScatterChart | undefined {
  if (canvas.getContext('2d') === null) return undefined;
  const chart = new Chart(canvas, configuration);
  open.add(chart);
  return chart;
}

/** Draws a chart whose data has changed as soon as it is in view: a report can hold hundreds. */
export function drawInView(chart: ScatterChart): void {
  whenVisible(chart.canvas, () => chart.update('none'));
}

export function closeChart(chart: ScatterChart | undefined): void {
  if (chart === undefined) return;
  forget(chart.canvas);
  open.delete(chart);
  chart.destroy();
}

/** After a change of theme: colours are functions and are asked again. */
export function redrawCharts(): void {
  for (const chart of open) drawInView(chart);
}

/** Chart.js asks a function wherever an option stands; its types admit that for some options only. */
export function scripted<T>(option: () => T): T {
  return option as unknown as T;
}
