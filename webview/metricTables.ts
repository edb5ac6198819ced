import { samplesByBlock } from '../src/report/byBlock';
import { formatDuration, formatInterval, formatSpeedup, formatValue, plain } from '../src/report/format';
import type { MetricComparison, MetricReport, Sample } from '../src/report/shape';
import { spreadOf } from '../src/report/spread';
import { directionText, intervalTitle, limitSign, pFigures, ratioTexts } from '../src/report/wording';
import { el, linkButton, table, type Child, type Column } from './dom';
import { cvCell, guestMark } from './marks';
import type { PageActions } from './metricView';
import { importedPair, type ChartSide, type Shown } from './sides';

/** The numbers of the chart: a column per guest, and under it what is said of the pair. */
export function numbersTable(
  shown: Shown,
  metric: MetricReport,
  sides: readonly ChartSide[],
  found: MetricComparison | undefined,
): HTMLElement {
  const { model } = shown;
  const unit = metric.unit === '' ? '' : ` (${metric.unit})`;
  const columns: Column[] = [
    { title: 'Statistic' },
    ...sides.map(({ guest, role }) => ({
      title: plain(guest.key),
      number: 'number' as const,
      head: guestMark(model, guest.key, role),
    })),
  ];
  const caption = `${metric.title}${unit}, ${directionText(metric)}`;
  const sign = (side: ChartSide) => limitSign(metric, found, side.role);
  const numbers = table(caption, columns, numberRows(sides, importedPair(shown), sign));
  return el('div', { class: 'numbers' }, numbers, pairFigures(shown, metric, found));
}

function numberRows(
  sides: readonly ChartSide[],
  isImported: boolean,
  sign: (side: ChartSide) => string,
): Child[][] {
  const most = Math.max(0, ...sides.map(({ samples }) => samples.n));
  const row = (title: string, cell: (side: ChartSide) => Child): Child[] => [title, ...sides.map(cell)];
  const mean = (title: string) => row(title, (side) => sign(side) + formatValue(side.samples.geometricMean));
  if (isImported && most <= 1) return [mean('Figure')];
  const spreads = new Map(sides.map((side) => [side, spreadOf(side.samples.samples)]));
  const range = (side: ChartSide, low: 'least' | 'lower', high: 'greatest' | 'upper'): Child => {
    const spread = spreads.get(side);
    return spread === undefined ? '–' : `${formatValue(spread[low])} to ${formatValue(spread[high])}`;
  };
  const warmups = sides.map(({ samples }) => samples.samples.filter(({ use }) => use === 'warmup'));
  return [
    row('n', ({ samples }) => String(samples.n)),
    mean('Geometric mean'),
    ...(most < 2
      ? []
      : [
          row('Median', (side) => formatValue(spreads.get(side)?.median)),
          ...(most < 4 ? [] : [row('Middle half', (side) => range(side, 'lower', 'upper'))]),
          row('Range', (side) => range(side, 'least', 'greatest')),
          row('CV', ({ samples }) => cvCell(samples)),
        ]),
    ...(warmups.every((own) => own.length === 0)
      ? []
      : [['Warm-up', ...warmups.map((own) => own.map(({ value }) => formatValue(value)).join(', ') || '–')]]),
  ];
}

function pairFigures(
  { model, baseline }: Shown,
  metric: MetricReport,
  found: MetricComparison | undefined,
): Child {
  if (baseline === undefined || found === undefined || found.speedup === null) return null;
  const level = intervalTitle(model.statistics);
  const facts: (readonly [string, string])[] = [
    ['Speedup', ratioTexts(found)[0] ?? ''],
    ...(found.interval === null ? [] : [[level, formatInterval(found.interval)] satisfies [string, string]]),
    ...(metric.primary && found.p !== null ? pFigures(model.metrics, found) : []),
  ];
  return el(
    'dl',
    { class: 'figures' },
    ...facts.map(([term, value]) => el('div', {}, el('dt', {}, term), el('dd', {}, value))),
  );
}

/** A row per block: the trials side by side, how many times as fast the candidate was in it, and the outputs. */
export function trialsTable(
  shown: Shown,
  metric: MetricReport,
  sides: readonly ChartSide[],
  found: MetricComparison | undefined,
  actions: PageActions,
): HTMLElement {
  const isImported = importedPair(shown);
  const hasPairs = !isImported && found !== undefined && found.pairs.length > 0 && metric.better !== 'none';
  const rows = samplesByBlock(sides).map(([block, row]): Child[] => {
    const isWarmup = row.some((own) => own.some(({ use }) => use === 'warmup'));
    return [
      isWarmup ? 'warm-up' : String(block),
      ...sides.map((side, index) => trialCells(shown, metric, row[index] ?? [], side, actions)),
      ...(hasPairs ? [pairCell(metric, found, block)] : []),
    ];
  });
  const unit = metric.unit === '' ? '' : ` in ${metric.unit}`;
  const columns: Column[] = [
    { title: isImported ? 'Run' : 'Block' },
    ...sides.map(({ guest }) => ({ title: plain(guest.key), number: 'number' as const })),
    ...(hasPairs ? [{ title: 'Speedup', number: 'number' as const }] : []),
  ];
  const caption = isImported
    ? `Every run${unit}; runs of one row are no pair`
    : `Every trial${unit}, by block${hasPairs ? '; the two trials of a block are a pair' : ''}`;
  return table(caption, columns, rows);
}

function trialCells(
  { model }: Shown,
  metric: MetricReport,
  samples: readonly Sample[],
  { guest }: ChartSide,
  actions: PageActions,
): Child {
  const isImported = model.experiments[guest.experiment]?.imported !== undefined;
  const cells = samples.flatMap((sample) => {
    const trial = model.trials[sample.trial];
    if (trial === undefined) return [];
    const note = sample.use === 'warmup' ? 'warm-up' : sample.use === 'unpaired' ? 'not compared' : '';
    const time = trial.durationMs === undefined ? '' : ` · ${formatDuration(trial.durationMs)}`;
    const output = linkButton(
      'Output',
      `output:${metric.key}:${trial.id}`,
      plain(`Output of ${trial.id} on ${guest.key}`),
      () => actions.openOutput(trial.id, trial.experiment, metric.metric),
    );
    return [
      el(
        'div',
        { class: sample.use },
        el('span', { class: 'value' }, formatValue(sample.value)),
        el('span', { class: 'aside' }, `${note === '' ? '' : ` ${note}`}${time} `),
        isImported ? null : output,
      ),
    ];
  });
  return cells.length === 0 ? '–' : el('div', {}, ...cells);
}

function pairCell(metric: MetricReport, found: MetricComparison, block: number): Child {
  const pair = found.pairs.find((one) => one.block === block);
  if (pair === undefined) return '–';
  const [better, worse] =
    metric.better === 'lower' ? [pair.baseline, pair.candidate] : [pair.candidate, pair.baseline];
  const note = found.outlierBlocks.includes(block) ? 'outlier ' : '';
  return el('span', {}, el('span', { class: 'aside' }, note), formatSpeedup(better / worse));
}
