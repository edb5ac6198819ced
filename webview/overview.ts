import { mostDrawnMetrics } from '../src/report/charts/acrossGroups';
import { formatInterval, formatSpeedup, formatWithUnit, plain } from '../src/report/format';
import { replicateMean } from '../src/report/modes';
import { inOverviewOrder } from '../src/report/overviewOrder';
import type {
  GuestSamples,
  MetricComparison,
  MetricReport,
  PairReport,
  ReportModel,
} from '../src/report/shape';
import {
  intervalTitle,
  limitSign,
  marginText,
  pairCaption,
  ratioTexts,
  ratioWord,
  verdictWords,
  verdictsAmong,
} from '../src/report/wording';
import { el, linkButton, name, replace, setText, table, type Child, type Column, type TableRow } from './dom';
import { ForestChart, type ForestRow } from './forest';
import {
  comparisonCells,
  comparisonColumns,
  meanCell,
  metricTitle,
  ratioColumns,
  verdictMark,
} from './marks';
import type { PageActions, Shown } from './metricView';
import { saveButton } from './saveChart';
import { inSlices } from './slices';

const allKey = 'overview:all';
/** A longer table takes as long as the chart does: together they would hold the page up. */
const rowsAtOnce = 20;

/** The forest chart of a pair, and under it the table with the same numbers. */
export class OverviewView {
  readonly element: HTMLElement;
  private readonly title = el('h2', {});
  private readonly sentence = el('p', { class: 'sentence' });
  private readonly legend = el('p', { class: 'legend' });
  private readonly canvas = el('canvas', { role: 'img' });
  private readonly box = el('div', { class: 'chart forest' }, this.canvas);
  private readonly save: HTMLButtonElement;
  private readonly toggle = el('input', { type: 'checkbox', id: 'all-metrics', 'data-focus': 'all-metrics' });
  private readonly toggleText = el('span', {});
  private readonly toggleLabel = el('label', { class: 'toggle', for: 'all-metrics' });
  private readonly cut = el('p', { class: 'muted' });
  private readonly numbers = el('div', {});
  private readonly chart: ForestChart;
  private last: Shown | undefined;
  /** Once the page is there, a long table is a moment late, so that a choice is answered at once. */
  private isFilled = false;
  private stopNumbers: () => void = () => undefined;

  constructor(actions: PageActions) {
    this.chart = new ForestChart(this.box, this.canvas);
    this.save = saveButton('overview', 'the overview', () => actions.saveChart(this.last?.candidate));
    this.toggle.checked = actions.isOpen(allKey);
    this.toggle.addEventListener('change', () => {
      actions.setOpen(allKey, this.toggle.checked ? 'open' : 'closed');
      if (this.last) this.update(this.last);
    });
    this.toggleLabel.append(this.toggle, this.toggleText);
    this.element = el(
      'section',
      { class: 'overview' },
      this.title,
      this.sentence,
      this.legend,
      this.box,
      el('div', { class: 'below' }, this.save, this.toggleLabel),
      this.cut,
      this.numbers,
    );
  }

  update(shown: Shown): void {
    this.last = shown;
    const { model, candidate } = shown;
    const pair = model.pairs.find((one) => one.candidate === candidate);
    const others = model.metrics.some(({ primary }) => !primary);
    this.toggleLabel.hidden = !others || pair === undefined;
    const further =
      pair?.imported === undefined ? 'metrics that are not tested' : 'further figures of the same runs';
    setText(this.toggleText, ` Also show ${further}`);
    const rows = inOverviewOrder(
      model.metrics.flatMap((metric): ForestRow[] => {
        const comparison = metric.comparisons.find((one) => one.candidate === candidate);
        return comparison && metric.better !== 'none' ? [{ metric, comparison }] : [];
      }),
    );
    const wanted = rows.filter(({ metric }) => metric.primary || this.toggle.checked);
    let room = mostDrawnMetrics - wanted.filter(({ metric }) => metric.primary).length;
    const visible = wanted.filter(({ metric }) => metric.primary || room-- > 0);
    setText(
      this.cut,
      visible.length < wanted.length
        ? `The chart shows ${visible.length} of ${wanted.length} metrics; the table has them all.`
        : '',
    );
    const measured = visible.some(({ comparison }) => comparison.speedup !== null);
    this.box.hidden = !measured;
    this.save.hidden = !measured || pair === undefined;
    this.legend.hidden = !measured;
    if (pair === undefined) {
      setText(this.title, 'All figures');
      setText(this.sentence, '');
    } else {
      setText(this.title, `${pair.candidateLabel} against ${pair.baselineLabel}`);
      setText(
        this.sentence,
        measured
          ? pair.overall.sentence
          : 'The chart appears with the first complete block: one trial of a workload in both guests.',
      );
      const isImported = pair.imported !== undefined;
      replace(this.legend, ...(isImported ? importedLegend(pair) : legendOf(model, visible)));
      const names = { baseline: pair.baselineLabel, candidate: pair.candidateLabel };
      const band = isImported ? undefined : model.statistics.margin;
      if (measured) this.chart.show(visible, pair.overall, band, names);
      this.canvas.setAttribute('aria-label', describe(pair, visible));
    }
    const shownMetrics = inOverviewOrder(
      model.metrics
        .filter(({ primary }) => primary || this.toggle.checked || pair === undefined)
        .map((metric) => ({
          metric,
          comparison: metric.comparisons.find((one) => one.candidate === candidate),
        })),
    ).map(({ metric }) => metric);
    this.stopNumbers();
    const isLate = this.isFilled && shownMetrics.length > rowsAtOnce;
    this.stopNumbers = inSlices([shownMetrics], isLate ? 0 : 1, (metrics) =>
      replace(this.numbers, model.metrics.length === 0 ? null : numbersTable(shown, pair, metrics)),
    );
    this.isFilled = true;
  }

  close(): void {
    this.chart.close();
  }
}

function legendOf(model: ReportModel, rows: readonly ForestRow[]): Child[] {
  return [
    ...verdictsAmong(rows).map((verdict) => verdictMark(verdict, verdictWords[verdict])),
    el(
      'span',
      {},
      el('span', { class: 'band', 'aria-hidden': 'true' }),
      ` ±${marginText(model.statistics)}: counts as equivalent`,
    ),
    el('span', {}, `├─┤ ${intervalTitle(model.statistics)}`),
  ];
}

function importedLegend(pair: PairReport): Child[] {
  return [
    verdictMark('untested', ratioWord(pair)),
    el('span', {}, 'imported: no pairs, no interval, so no verdict'),
  ];
}

function describe(pair: PairReport, rows: readonly ForestRow[]): string {
  const parts = rows.map(({ metric, comparison }) => {
    const figures =
      comparison.interval === null
        ? formatSpeedup(comparison.speedup)
        : `${formatSpeedup(comparison.speedup)}, ${formatInterval(comparison.interval)}`;
    return `${metric.benchmarkTitle} ${figures}, ${comparison.word}`;
  });
  return plain(
    `Chart of the speedup of ${pair.candidateLabel} against ${pair.baselineLabel}; above 1 is faster. ${parts.join('; ')}.`,
  );
}

/** Of a mode: the geometric mean of its guests' means. */
function sideMean(
  metric: MetricReport,
  found: MetricComparison | undefined,
  side: 'baseline' | 'candidate',
  samples: GuestSamples | undefined,
): Child {
  if (found?.replicates === undefined) {
    const sign = limitSign(metric, found, side);
    const mean = meanCell(samples, metric.unit);
    return sign === '' ? mean : el('span', {}, sign, mean);
  }
  return name(formatWithUnit(replicateMean(found, side), metric.unit));
}

function numbersTable(
  { model, baseline }: Shown,
  pair: PairReport | undefined,
  metrics: readonly MetricReport[],
): HTMLElement {
  const of = (metric: MetricReport, key: string | undefined) =>
    metric.guests.find(({ guest }) => guest === key);
  const link = (metric: MetricReport) => {
    const button = linkButton(
      '',
      `jump:${metric.key}`,
      plain(`Go to ${metric.benchmarkTitle}: ${metric.title}`),
      () => {
        const target = document.getElementById(
          `workload-${model.metrics.findIndex((one) => one.benchmark === metric.benchmark)}`,
        );
        target?.scrollIntoView({ block: 'start' });
        target?.focus({ preventScroll: true });
      },
    );
    button.append(metricTitle(metric));
    return button;
  };
  if (pair === undefined) {
    const columns: Column[] = [
      { title: 'Metric' },
      ...model.guests.map(({ key }) => ({ title: plain(key), number: 'number' as const })),
    ];
    const rows = metrics.map((metric) => (): Child[] => [
      link(metric),
      ...model.guests.map(({ key }) => meanCell(of(metric, key), metric.unit)),
    ]);
    return table('Geometric means of all metrics', columns, rows);
  }
  const isImported = pair.imported !== undefined;
  const columns: Column[] = [
    { title: 'Metric' },
    ...(isImported ? ratioColumns : comparisonColumns(model)),
    { title: pair.baselineLabel, number: 'number' },
    { title: pair.candidateLabel, number: 'number' },
  ];
  const found = (metric: MetricReport) => metric.comparisons.find((one) => one.candidate === pair.candidate);
  const rows: TableRow[] = metrics.map((metric) => (): Child[] => [
    link(metric),
    ...(isImported ? ratioTexts(found(metric)) : comparisonCells(found(metric))),
    sideMean(metric, found(metric), 'baseline', of(metric, baseline)),
    sideMean(metric, found(metric), 'candidate', of(metric, pair.candidate)),
  ]);
  if (pair.overall.status === 'ok' && pair.overall.workloads > 1) {
    const { speedup, interval } = pair.overall;
    rows.push([
      'Geometric mean of the tested',
      '',
      formatSpeedup(speedup),
      formatInterval(interval),
      '',
      '',
      '',
      '',
      '',
    ]);
  }
  return table(plain(pairCaption(pair)), columns, rows);
}
