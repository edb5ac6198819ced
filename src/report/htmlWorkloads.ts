import { samplesByBlock } from './byBlock';
import { fewestForBox } from './charts/distribution';
import { variablePalette } from './charts/palette';
import { escaped } from './charts/svg';
import { isImported, trialsChart, trialSides, type TrialSide } from './charts/trials';
import { endingOf } from './endings';
import {
  count,
  formatBytes,
  formatDuration,
  formatInterval,
  formatPercent,
  formatSpeedup,
  formatValue,
  listed,
} from './format';
import {
  clipped,
  comparisonCells,
  comparisonColumns,
  cvCell,
  details,
  el,
  guestMark,
  list,
  meanCell,
  meanOf,
  metricName,
  name,
  numbers,
  scroll,
  sideCell,
  table,
  verdictMark,
  words,
  type Markup,
} from './htmlParts';
import { spreadKey, spreadOf } from './spread';
import type { GuestSamples, MetricComparison, MetricReport, ReportLoad, ReportModel, Sample } from './shape';
import { directionText, furtherFigures, intervalTitle, limitSign, pFigures } from './wording';

/** What a document holds at most; the CSV and JSON exports have it all. */
const most = { charts: 60, blocks: 200, metrics: 200 } as const;

/** Each workload with its chart, its figures and its trials. */
export function workloadSections(model: ReportModel): Markup {
  const benchmarks = benchmarksOf(model);
  if (benchmarks.length === 0) return '';
  const shown = benchmarks.slice(0, most.charts);
  const left = benchmarks.length - shown.length;
  return el(
    'section',
    { id: 'workloads' },
    el('h2', {}, 'Workload by workload'),
    ...shown.map(({ metrics, benchmark }, index) => workloadSection(model, benchmark, metrics, index)),
    left === 0
      ? ''
      : el(
          'p',
          {},
          `${count(left, 'more workload')} ${left === 1 ? 'is' : 'are'} in the table of the overview only.`,
        ),
  );
}

export interface WorkloadLink {
  readonly id: string;
  readonly title: string;
}

/** For the contents. */
export const workloadLinks = (model: ReportModel): readonly WorkloadLink[] =>
  benchmarksOf(model)
    .slice(0, most.charts)
    .map(({ title }, index) => ({ id: `workload-${index + 1}`, title }));

function benchmarksOf({ metrics }: ReportModel) {
  const byBenchmark = new Map<string, MetricReport[]>();
  for (const metric of metrics) {
    const known = byBenchmark.get(metric.benchmark);
    if (known) known.push(metric);
    else byBenchmark.set(metric.benchmark, [metric]);
  }
  return [...byBenchmark].map(([benchmark, own]) => ({
    benchmark,
    metrics: own,
    title: own[0]?.benchmarkTitle ?? benchmark,
  }));
}

function workloadSection(
  model: ReportModel,
  benchmark: string,
  metrics: readonly MetricReport[],
  index: number,
): Markup {
  const tested = metrics.filter(({ primary }) => primary);
  const first = tested.length > 0 ? tested : metrics.slice(0, 1);
  const others = metrics.filter((metric) => !first.includes(metric));
  return el(
    'section',
    { class: 'workload', id: `workload-${index + 1}` },
    ...first.map((metric, place) => metricSection(model, metric, `chart-${index + 1}-${place + 1}`)),
    othersTable(model, others),
    loadTable(model, benchmark),
  );
}

function metricSection(model: ReportModel, metric: MetricReport, id: string): Markup {
  const { candidate } = model;
  const found = metric.comparisons.find((one) => one.candidate === candidate);
  const sides = trialSides(model, metric, candidate);
  const imported = isImported(model, sides);
  const options = { id, palette: variablePalette, setting: 'document' } as const;
  // A chart of one point a side, without outputs behind it, says nothing that the table does not.
  const bare = imported && sides.every(({ samples }) => samples.samples.length <= 1);
  const chart = bare ? undefined : trialsChart(model, metric, candidate, options);
  const title = `Chart of ${metric.benchmarkTitle}: ${metric.title}`;
  return [
    el(
      'div',
      { class: 'head' },
      el('h3', {}, metricName(metric)),
      found === undefined ? '' : verdictMark(found.verdict, found.word),
    ),
    found === undefined ? '' : el('p', {}, escaped(clipped(found.sentence))),
    remarksOf(found, endingOf(model, metric)),
    chart === undefined ? '' : scroll(title, chart.svg) + legendOf(model, sides),
    chart === undefined || chart.leftOut === '' ? '' : el('p', { class: 'muted' }, escaped(chart.leftOut)),
    figuresTable(model, metric, sides, bare),
    imported ? '' : comparisonFigures(model, metric, found),
    bare ? '' : trialsTable(model, metric, sides, imported),
  ].join('\n');
}

function legendOf(model: ReportModel, sides: readonly TrialSide[]): Markup {
  const uses = new Set(sides.flatMap(({ samples }) => samples.samples.map(({ use }) => use)));
  const hollow =
    uses.has('warmup') || uses.has('unpaired')
      ? el('span', {}, 'hollow: warm-up or incomplete block, not compared')
      : '';
  return el(
    'p',
    { class: 'legend' },
    ...sides.map(({ guest, role }) => el('span', {}, guestMark(model, guest.key, role))),
    el('span', {}, '┄ geometric mean'),
    sides.some(({ samples }) => samples.n >= fewestForBox) ? el('span', {}, spreadKey) : '',
    hollow,
  );
}

function remarksOf(found: MetricComparison | undefined, ending: string | undefined): Markup {
  if (found === undefined) return '';
  const { outlierBlocks, droppedBlocks, ignoredBlocks } = found;
  const outliers =
    outlierBlocks.length === 0
      ? []
      : [
          `Outlier ${outlierBlocks.length === 1 ? 'block' : 'blocks'} ${escaped(listed(outlierBlocks.map(String), 10))}: so far from the others that the estimate gives no weight to it.`,
        ];
  const dropped = droppedBlocks
    .slice(0, 50)
    .map(({ block, reason }) => `Block ${block} is left out. ${name(clipped(reason))}`);
  const more = droppedBlocks.length - dropped.length;
  const ignored =
    ignoredBlocks === 0
      ? []
      : [`${count(ignoredBlocks, 'block')} beyond the planned number: shown, not compared.`];
  return list([
    ...(ending === undefined ? [] : [escaped(ending)]),
    ...outliers,
    ...dropped,
    ...(more === 0 ? [] : [`${more} more blocks are left out.`]),
    ...ignored,
  ]);
}

function figuresTable(
  model: ReportModel,
  metric: MetricReport,
  sides: readonly TrialSide[],
  bare: boolean,
): Markup {
  const found = metric.comparisons.find((one) => one.candidate === model.candidate);
  const unit = metric.unit === '' ? '' : ` (${metric.unit})`;
  const rows = sides.map(({ guest, role, samples }): Markup[] => [
    guestMark(model, guest.key, role),
    ...(bare ? [] : [String(samples.n)]),
    samples.n === 0 ? '–' : limitSign(metric, found, role) + meanOf(samples, metric.unit),
    ...(bare ? [] : [...spreadCells(samples), cvCell(samples)]),
  ]);
  const figures = bare ? ['Figure'] : ['n', 'Geometric mean', 'Median', 'Middle half', 'Range', 'CV'];
  return table(
    `${metric.title}${unit}, ${directionText(metric)}`,
    [...words('Guest'), ...numbers(...figures)],
    rows,
  );
}

function spreadCells({ samples }: GuestSamples): Markup[] {
  const spread = spreadOf(samples);
  if (spread === undefined) return ['–', '–', '–'];
  const { least, lower, median, upper, greatest } = spread;
  const range = (low: number, high: number) => `${formatValue(low)} to ${formatValue(high)}`;
  return [formatValue(median), range(lower, upper), range(least, greatest)];
}

function comparisonFigures(
  model: ReportModel,
  metric: MetricReport,
  found: MetricComparison | undefined,
): Markup {
  if (found === undefined || found.speedup === null) return '';
  const facts: (readonly [string, string])[] = [
    ['Speedup', formatSpeedup(found.speedup)],
    [intervalTitle(model.statistics), formatInterval(found.interval)],
    ...(metric.primary ? pFigures(model.metrics, found) : []),
  ];
  return el(
    'dl',
    { class: 'figures' },
    ...facts.map(([term, value]) => el('div', {}, el('dt', {}, term), el('dd', {}, escaped(value)))),
  );
}

function trialsTable(
  model: ReportModel,
  metric: MetricReport,
  sides: readonly TrialSide[],
  imported: boolean,
): Markup {
  const all = samplesByBlock(sides);
  const rows = all
    .slice(0, most.blocks)
    .map(([block, row]) => [
      row.flat().every(({ use }) => use === 'warmup') ? 'warm-up' : String(block),
      ...row.map((own) => sampleCells(model, own)),
    ]);
  const unit = metric.unit === '' ? '' : ` in ${metric.unit}`;
  const left = all.length - rows.length;
  const columns = [
    ...words(imported ? 'Run' : 'Block'),
    ...sides.map(({ guest }) => ({ title: name(guest.key), number: 'number' as const })),
  ];
  const trials = sides.reduce((sum, { samples }) => sum + samples.samples.length, 0);
  const caption = imported ? `Every run${unit}; runs of one row are no pair` : `Every trial${unit}, by block`;
  return details(
    `Every ${imported ? 'run' : 'trial'} (${trials})`,
    table(caption, columns, rows),
    left === 0
      ? ''
      : el(
          'p',
          {},
          `${count(left, 'more row')} ${left === 1 ? 'is' : 'are'} left out here; the CSV export has them.`,
        ),
  );
}

function sampleCells(model: ReportModel, samples: readonly Sample[]): Markup {
  const cells = samples.map((sample) => sampleCell(model, sample));
  return cells.length < 2 ? (cells[0] ?? '–') : cells.map((cell) => el('div', {}, cell)).join('');
}

function sampleCell(model: ReportModel, sample: Sample): Markup {
  const trial = model.trials[sample.trial];
  const notes = [
    ...(sample.use === 'warmup' ? ['warm-up'] : sample.use === 'unpaired' ? ['not compared'] : []),
    ...(trial?.durationMs === undefined ? [] : [formatDuration(trial.durationMs)]),
  ];
  const aside = notes.length === 0 ? '' : ` ${el('span', { class: 'aside' }, notes.join(' · '))}`;
  return `${formatValue(sample.value)}${aside}`;
}

function othersTable(model: ReportModel, metrics: readonly MetricReport[]): Markup {
  if (metrics.length === 0) return '';
  const shown = metrics.slice(0, most.metrics);
  const pair = model.pairs.find(({ candidate }) => candidate === model.candidate);
  const kind = pair?.imported === undefined ? 'measured' : 'imported';
  const guests = model.guests.map(({ key }) => key);
  const rows = shown.map((metric) => {
    const found = metric.comparisons.find((one) => one.candidate === model.candidate);
    return [
      `${name(metric.title)} <span class="aside">${escaped(directionText(metric))}</span>`,
      ...(pair === undefined
        ? guests.map((key) => meanCell(metric, key))
        : [
            ...comparisonCells(found, kind),
            sideCell(metric, found, 'baseline', model.baseline),
            sideCell(metric, found, 'candidate', model.candidate),
          ]),
    ];
  });
  const columns = [
    ...words('Metric'),
    ...(pair === undefined ? [] : comparisonColumns(model, kind)),
    ...(pair === undefined
      ? guests.map((key) => ({ title: name(key), number: 'number' as const }))
      : numbers(pair.baselineLabel, pair.candidateLabel)),
  ];
  const left = metrics.length - shown.length;
  return details(
    furtherFigures(metrics.length, pair === undefined ? 'none' : kind),
    table('Further figures of the same trials; geometric means on the right', columns, rows),
    left === 0 ? '' : el('p', {}, `${count(left, 'more metric')} left out here; the CSV export has them.`),
  );
}

/** Means over the trials that are no warm-ups. */
function loadTable(model: ReportModel, benchmark: string): Markup {
  const byGuest = new Map<string, ReportLoad[]>();
  for (const { benchmark: own, guest, warmup, load } of model.trials) {
    if (own !== benchmark || warmup || load === undefined) continue;
    const known = byGuest.get(guest);
    if (known) known.push(load);
    else byGuest.set(guest, [load]);
  }
  if (byGuest.size === 0) return '';
  const hasHost = [...byGuest.values()].some((loads) => loads.some(({ host }) => host !== undefined));
  const rows = [...byGuest].map(([guest, loads]) => {
    const mean = (of: (load: ReportLoad) => number | undefined): number | undefined => {
      const values = loads.map(of).filter((value) => value !== undefined);
      return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    const least = loads.reduce((low, load) => Math.min(low, load.minimumAvailableBytes ?? low), Infinity);
    const pressed = loads.reduce((high, load) => Math.max(high, load.maximumMemoryPressurePercent ?? -1), -1);
    return [
      name(guest),
      String(loads.length),
      formatPercent(mean(({ userPercent }) => userPercent)),
      formatPercent(mean(({ systemPercent }) => systemPercent)),
      formatPercent(mean(({ iowaitPercent }) => iowaitPercent)),
      formatPercent(mean(({ stealPercent }) => stealPercent)),
      formatValue(mean(({ contextSwitchesPerSecond }) => contextSwitchesPerSecond)),
      formatValue(mean(({ interruptsPerSecond }) => interruptsPerSecond)),
      pressed < 0 ? '–' : formatPercent(pressed),
      least === Infinity ? '–' : formatBytes(least),
      ...(hasHost
        ? [
            formatPercent(mean(({ host }) => host?.dom0Percent)),
            formatPercent(mean(({ host }) => host?.othersPercent)),
          ]
        : []),
    ];
  });
  const figures = ['Trials', 'User', 'System', 'I/O wait', 'Steal', 'Switches/s', 'Interrupts/s'];
  const host = hasHost ? ['dom0', 'Other domains'] : [];
  const columns = [
    ...words('Guest'),
    ...numbers(...figures, 'Highest memory pressure', 'Least memory', ...host),
  ];
  const caption = `Means over the trials, in percent of all CPU time of the guest${hasHost ? '; domains of the host in percent of one physical CPU' : ''}`;
  return details('Load during the trials', table(caption, columns, rows));
}
