import { valueRange } from '../src/report/charts/scale';
import { endingOf } from '../src/report/endings';
import { count, formatValue, listed, plain } from '../src/report/format';
import type { ComparedBy, MetricComparison, MetricReport, ReportModel } from '../src/report/shape';
import { directionText } from '../src/report/wording';
import { spreadKey } from '../src/report/spread';
import { el, name, replace, setText, type Child } from './dom';
import { guestMark, verdictMark } from './marks';
import { numbersTable, trialsTable } from './metricTables';
import type { Picture } from './picture';
import { saveButton } from './saveChart';
import { importedPair, sidesOf, type ChartSide, type Shown } from './sides';
import { TrialChart } from './trialChart';
import { forget, whenVisible } from './visible';

export type { Shown } from './sides';

export interface PageActions {
  /** `by`: what the two are; by default guests. An empty one is chosen by the host. */
  choose(baseline: string, candidate: string, by?: ComparedBy): void;
  /** With the id of a metric: at the line of its figure. */
  openOutput(trial: string, experiment: number, metric?: string): void;
  openText(file?: number): void;
  copyMarkdown(): void;
  /** As a picture: of a metric (its key), else the overview. */
  saveChart(candidate: string | undefined, metric?: string): void;
  /** As a picture too: what only the page can draw. */
  savePicture(picture: Picture): void;
  isOpen(key: string): boolean;
  setOpen(key: string, open: 'open' | 'closed'): void;
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
  private readonly save: HTMLButtonElement;
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
    this.save = saveButton(key, 'this metric', () => actions.saveChart(this.last?.shown.candidate, key));
    const detailsKey = `trials:${key}`;
    whenVisible(this.canvas, () => {
      this.chart = new TrialChart(this.canvas, ({ trial: index }, { guest }) => {
        const trial = this.last?.shown.model.trials[index];
        if (trial === undefined || this.last?.shown.model.experiments[guest.experiment]?.imported) return;
        actions.openOutput(trial.id, trial.experiment, this.last?.metric.metric);
      });
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
      el('div', { class: 'picture' }, el('div', {}, this.chartBox, this.save), this.numbers),
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
    replace(this.remarks, ...remarksOf(found, endingOf(model, metric)));
    const sides = sidesOf(shown, metric);
    const isImported = importedPair(shown);
    // A chart of one point a side, without outputs behind it, says nothing that the table does not.
    const isBare = sides.every(({ samples }) => samples.samples.length <= (isImported ? 1 : 0));
    this.chartBox.hidden = isBare;
    this.save.hidden = isBare || sides.every(({ samples }) => samples.samples.length === 0);
    this.save.setAttribute(
      'aria-label',
      plain(`Save chart of ${metric.benchmarkTitle}: ${metric.title} as a picture`),
    );
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
    this.element.classList.toggle('bare', isBare);
    this.element.classList.toggle('single', baseline === undefined);
    this.element.classList.toggle('many', sides.length > 2);
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
    const found = metric.comparisons.find((one) => one.candidate === shown.candidate);
    replace(this.trials, trialsTable(shown, metric, sidesOf(shown, metric), found, this.actions));
  }
}

function legendOf(model: ReportModel, sides: readonly ChartSide[]): Child[] {
  const uses = new Set(sides.flatMap(({ samples }) => samples.samples.map(({ use }) => use)));
  return [
    ...sides.map(({ guest, role }) => guestMark(model, guest.key, role)),
    el('span', {}, '┄ geometric mean'),
    sides.some(({ samples }) => samples.n >= 4) ? el('span', {}, spreadKey) : null,
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

function remarksOf(found: MetricComparison | undefined, ending: string | undefined): Child[] {
  if (found === undefined) return [];
  const { outlierBlocks, droppedBlocks, ignoredBlocks } = found;
  const remarks: Child[] = ending === undefined ? [] : [ending];
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
