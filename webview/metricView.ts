import { valueRange } from '../src/report/charts/scale';
import {
  count,
  formatDuration,
  formatInterval,
  formatP,
  formatSpeedup,
  formatValue,
  listed,
  plain,
} from '../src/report/format';
import type { MetricComparison, MetricReport, ReportModel, Sample } from '../src/report/shape';
import { el, linkButton, name, replace, setText, table, type Child } from './dom';
import { cvCell, directionText, guestMark, meanCell, verdictMark } from './marks';
import { TrialChart, type ChartSide } from './trialChart';
import { forget, whenVisible } from './visible';

export interface PageActions {
  choose(baseline: string, candidate: string): void;
  /** With the id of a metric: at the line of its figure. */
  openOutput(trial: string, experiment: number, metric?: string): void;
  openText(file?: number): void;
  copyMarkdown(): void;
  isOpen(key: string): boolean;
  setOpen(key: string, open: 'open' | 'closed'): void;
}

/** Who is shown: the baseline and the candidate that the page has chosen; one guest when there is no pair. */
export interface Shown {
  readonly model: ReportModel;
  readonly baseline: string | undefined;
  readonly candidate: string | undefined;
}

/** One metric: verdict, chart of every trial, table of the numbers, table of the trials. */
export class MetricView {
  readonly element = el('div', { class: 'metric' });
  private readonly heading: HTMLElement;
  private readonly sentence = el('p', { class: 'sentence' });
  private readonly badge = el('span', {});
  private readonly remarks = el('div', {});
  private readonly legend = el('p', { class: 'legend', 'aria-hidden': 'true' });
  private readonly canvas = el('canvas', { role: 'img' });
  private readonly chartBox = el('div', { class: 'chart trials' }, this.canvas);
  private readonly numbers = el('div', {});
  private readonly trials = el('div', {});
  private readonly trialsTitle = el('summary', {});
  private readonly details: HTMLDetailsElement;
  private chart: TrialChart | undefined;
  private last: { readonly shown: Shown; readonly metric: MetricReport } | undefined;

  constructor(
    readonly key: string,
    level: 'h3' | 'h4',
    private readonly actions: PageActions,
  ) {
    this.heading = el(level, {});
    const detailsKey = `trials:${key}`;
    whenVisible(this.canvas, () => {
      this.chart = new TrialChart(this.canvas);
      if (this.last) this.showChart(this.last.shown, this.last.metric);
    });
    this.details = el('details', {}, this.trialsTitle, this.trials);
    this.details.open = actions.isOpen(detailsKey);
    this.details.addEventListener('toggle', () => {
      actions.setOpen(detailsKey, this.details.open ? 'open' : 'closed');
      this.showTrials();
    });
    this.element.append(
      el('div', { class: 'metric-head' }, this.heading, this.badge),
      this.sentence,
      this.remarks,
      this.legend,
      el('div', { class: 'picture' }, this.chartBox, this.numbers),
      this.details,
    );
  }

  update(shown: Shown, metric: MetricReport, title: string): void {
    this.last = { shown, metric };
    const { model, baseline, candidate } = shown;
    const found = metric.comparisons.find((one) => one.candidate === candidate);
    setText(this.heading, title);
    replace(this.badge, found === undefined ? null : verdictMark(found.verdict, found.word));
    setText(this.sentence, found?.sentence ?? '');
    replace(this.remarks, ...remarksOf(found));
    const sides = sidesOf(shown, metric);
    const isImported = importedPair(shown);
    // A chart of one point a side, without outputs behind it, says nothing that the table does not.
    const isBare = isImported && sides.every(({ samples }) => samples.samples.length <= 1);
    this.chartBox.hidden = isBare;
    this.details.hidden = isBare;
    this.legend.hidden = isBare;
    replace(this.legend, ...legendOf(model, sides));
    this.showChart(shown, metric);
    this.canvas.setAttribute('aria-label', describe(metric, sides, found));
    replace(this.numbers, numbersTable(shown, metric, sides, found));
    setText(
      this.trialsTitle,
      `Every trial (${sides.reduce((sum, { samples }) => sum + samples.samples.length, 0)})`,
    );
    this.element.classList.toggle('single', baseline === undefined);
    this.showTrials();
  }

  close(): void {
    forget(this.canvas);
    this.chart?.close();
  }

  private showChart(shown: Shown, metric: MetricReport): void {
    this.chart?.show(metric, sidesOf(shown, metric), importedPair(shown) ? 'runs' : 'blocks');
  }

  /** Filled when it is open only: a report can hold tens of thousands of trials. */
  private showTrials(): void {
    if (this.last === undefined) return;
    if (!this.details.open) {
      this.trials.replaceChildren();
      return;
    }
    const { shown, metric } = this.last;
    replace(this.trials, trialsTable(shown, metric, sidesOf(shown, metric), this.actions));
  }
}

/** Runs of an imported pair have neither partners nor outputs. */
function importedPair({ model, baseline, candidate }: Shown): boolean {
  return [baseline ?? model.guests[0]?.key, candidate].every((key) => {
    const guest = model.guests.find((one) => one.key === key);
    return guest === undefined || model.experiments[guest.experiment]?.imported !== undefined;
  });
}

function sidesOf({ model, baseline, candidate }: Shown, metric: MetricReport): ChartSide[] {
  const keys = baseline === undefined ? [model.guests[0]?.key] : [baseline, candidate];
  return keys.flatMap((key, index) => {
    const guest = model.guests.find((one) => one.key === key);
    const samples = metric.guests.find((one) => one.guest === key);
    const beside = index === 0 ? undefined : model.guests.find((one) => one.key === keys[0]);
    return guest && samples ? [{ guest, beside, samples }] : [];
  });
}

function legendOf(model: ReportModel, sides: readonly ChartSide[]): Child[] {
  const uses = new Set(sides.flatMap(({ samples }) => samples.samples.map(({ use }) => use)));
  return [
    ...sides.map(({ guest }, index) => guestMark(model, guest.key, index === 0 ? 'baseline' : 'candidate')),
    el('span', {}, '┄ geometric mean'),
    uses.has('warmup') || uses.has('unpaired')
      ? el(
          'span',
          {},
          `hollow: ${uses.has('unpaired') ? 'warm-up, or its block is not complete' : 'warm-up'}, not compared`,
        )
      : null,
    isCut(sides) ? el('span', {}, 'warm-up at the edge: outside the axis') : null,
  ];
}

function isCut(sides: readonly ChartSide[]): boolean {
  const [low, high] = valueRange(sides);
  return sides.some(({ samples }) => samples.samples.some(({ value }) => value < low || value > high));
}

function remarksOf(found: MetricComparison | undefined): Child[] {
  if (found === undefined) return [];
  const { outlierBlocks, droppedBlocks, ignoredBlocks } = found;
  const remarks: Child[] = [];
  if (outlierBlocks.length > 0) {
    const which = listed(outlierBlocks.map(String), 10);
    remarks.push(
      `Outlier ${outlierBlocks.length === 1 ? 'block' : 'blocks'} ${which}: so far from the others that the estimate gives no weight to it.`,
    );
  }
  for (const { block, reason } of droppedBlocks)
    remarks.push(el('span', {}, `Block ${block} is left out. `, name(reason)));
  if (ignoredBlocks > 0)
    remarks.push(`${count(ignoredBlocks, 'block')} beyond the planned number: shown, not compared.`);
  return remarks.length === 0
    ? []
    : [el('ul', { class: 'remarks' }, ...remarks.map((remark) => el('li', {}, remark)))];
}

function describe(
  metric: MetricReport,
  sides: readonly ChartSide[],
  found: MetricComparison | undefined,
): string {
  const guests = sides.map(
    ({ guest, samples }) =>
      `${guest.key}: ${count(samples.n, 'trial')}, geometric mean ${formatValue(samples.geometricMean)} ${metric.unit}`,
  );
  const verdict = found === undefined ? '' : ` ${found.sentence}`;
  return plain(
    `Chart of every trial in the order they were run, ${metric.title} in ${metric.unit}, ${directionText(metric)}. ${guests.join('; ')}.${verdict}`,
  );
}

function numbersTable(
  shown: Shown,
  metric: MetricReport,
  sides: readonly ChartSide[],
  found: MetricComparison | undefined,
): HTMLElement {
  const { model, baseline } = shown;
  const isImported = importedPair(shown);
  const unit = metric.unit === '' ? '' : ` (${metric.unit})`;
  const isBare = isImported && sides.every(({ samples }) => samples.n <= 1);
  const rows = sides.map(({ guest, samples }): Child[] => [
    guestMark(model, guest.key, guest.key === baseline || baseline === undefined ? 'baseline' : 'candidate'),
    ...(isBare ? [] : [String(samples.n)]),
    meanCell(samples, metric.unit),
    ...(isBare ? [] : [cvCell(samples)]),
  ]);
  const figures = isBare ? ['Figure'] : ['n', 'Geometric mean', 'CV'];
  const columns = [{ title: 'Guest' }, ...figures.map((title) => ({ title, number: 'number' as const }))];
  const numbers = table(`${metric.title}${unit}, ${directionText(metric)}`, columns, rows);
  if (found === undefined || found.speedup === null) return numbers;
  const level = `${Number((100 * (1 - model.statistics.alpha)).toPrecision(3))} % interval`;
  const facts: [string, string][] = [
    ['Speedup', formatSpeedup(found.speedup)],
    ...(isImported ? [] : ([[level, formatInterval(found.interval)]] satisfies [string, string][])),
    ...(metric.primary && !isImported
      ? ([
          ['p', formatP(found.p)],
          ['p (Holm)', formatP(found.pHolm)],
        ] satisfies [string, string][])
      : []),
  ];
  const list = el(
    'dl',
    { class: 'figures' },
    ...facts.map(([term, value]) => el('div', {}, el('dt', {}, term), el('dd', {}, value))),
  );
  return el('div', { class: 'numbers' }, numbers, list);
}

function trialsTable(
  shown: Shown,
  metric: MetricReport,
  sides: readonly ChartSide[],
  actions: PageActions,
): HTMLElement {
  const { model } = shown;
  const isImported = importedPair(shown);
  const blocks = new Map<number, (Sample | undefined)[]>();
  sides.forEach(({ samples }, side) => {
    for (const sample of samples.samples) {
      const row = blocks.get(sample.block) ?? [];
      row[side] = sample;
      blocks.set(sample.block, row);
    }
  });
  const cell = (sample: Sample | undefined, guest: string): Child => {
    const trial = sample && model.trials[sample.trial];
    if (sample === undefined || trial === undefined) return '–';
    const note = sample.use === 'warmup' ? 'warm-up' : sample.use === 'unpaired' ? 'not compared' : '';
    const time = trial.durationMs === undefined ? '' : ` · ${formatDuration(trial.durationMs)}`;
    return el(
      'span',
      { class: sample.use },
      el('span', { class: 'value' }, formatValue(sample.value)),
      el('span', { class: 'aside' }, `${note === '' ? '' : ` ${note}`}${time} `),
      isImported
        ? null
        : linkButton(
            'Output',
            `output:${metric.key}:${trial.id}`,
            plain(`Output of ${trial.id} on ${guest}`),
            () => actions.openOutput(trial.id, trial.experiment, metric.metric),
          ),
    );
  };
  const rows = [...blocks]
    .sort(([a], [b]) => a - b)
    .map(([block, row]): Child[] => {
      const first = row.find((sample) => sample !== undefined);
      const label = first?.use === 'warmup' ? 'warm-up' : String(block);
      return [label, ...sides.map(({ guest }, side) => cell(row[side], guest.key))];
    });
  const unit = metric.unit === '' ? '' : ` in ${metric.unit}`;
  return table(
    isImported ? `Every run${unit}; runs of one row are no pair` : `Every trial${unit}, by block`,
    [
      { title: isImported ? 'Run' : 'Block' },
      ...sides.map(({ guest }) => ({ title: plain(guest.key), number: 'number' as const })),
    ],
    rows,
  );
}
