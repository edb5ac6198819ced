import {
  formatChange,
  formatInterval,
  formatP,
  formatPercent,
  formatSpeedup,
  formatWithUnit,
  plain,
} from './format';
import { replicateMean } from './modes';
import { inOverviewOrder } from './overviewOrder';
import type { MetricComparison, MetricReport, PairReport, Replicate, ReportModel } from './shape';
import {
  acrossIntervalTitle,
  comparisonTitles,
  directionText,
  fullTitle,
  ownLevel,
  ratioTexts,
} from './wording';
import type { AcrossReport } from './acrossShape';
import { acrossRemarks, experimentLabel, testedIn } from './acrossWords';
import { geometricMeans, geometricMeanTitle } from './charts/acrossGroups';

/** The report of the chosen pair, to be pasted into an issue or a chat. */
export function toMarkdown(m: ReportModel): string {
  const pair = m.pairs.find(({ candidate }) => candidate === m.candidate);
  const headline = m.across?.headline ?? m.headline;
  const parts = [`## ${text(m.title)}`, `**${text(headline)}**`, text(m.status.text)];
  if (m.across !== undefined) parts.push(acrossPart(m.across), '### One pair in detail', text(m.headline));
  parts.push(
    pair === undefined ? valuesTable(m) : pairTable(m, pair),
    ...(pair ? [text(pair.overall.sentence)] : []),
  );
  const found = pair?.warnings.map((warning) => `${severityWords[warning.severity]}: ${warning.text}`) ?? [];
  const warnings = [...m.notes, ...found, ...m.limits];
  if (warnings.length > 0)
    parts.push(['### What to know', '', ...warnings.map((one) => `- ${text(one)}`)].join('\n'));
  if (m.failures.length + m.setAside.length > 0) {
    const aside = m.setAside.map(
      ({ benchmarkTitle, guest, reason }) =>
        `- ${text(benchmarkTitle)} was set aside on ${text(guest)}: ${text(reason)}`,
    );
    const lines = m.failures.map(
      ({ trial, benchmarkTitle, guest, outcome, reason }) =>
        `- ${text(benchmarkTitle)} on ${text(guest)}, block ${m.trials[trial]?.block ?? '–'} (${outcome}): ${text(reason)}`,
    );
    parts.push(['### Failures', '', ...aside, ...lines].join('\n'));
  }
  if (m.facts.length > 0) {
    const rows = m.facts.map(({ label, values, differs }) => [
      (differs ? '≠ ' : '') + label,
      ...values.map((value) => value ?? '–'),
    ]);
    parts.push(`### Guests\n\n${table(['', ...m.guests.map(({ key }) => key)], rows)}`);
  }
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** The followed pair in each of several experiments. */
function acrossPart(across: AcrossReport): string {
  const { chosen } = across;
  if (chosen === undefined) return '';
  const tested = testedIn(across);
  const rows = tested.flatMap((metric) =>
    metric.entries.map(({ experiment, speedup, interval, word, n }) => [
      fullTitle(metric),
      experimentLabel(across, experiment),
      formatSpeedup(speedup),
      formatInterval(interval) + (interval === null ? '' : ownLevel(across, experiment)),
      word,
      String(n),
    ]),
  );
  const means = geometricMeans(across).map(({ experiment, speedup, interval }) => [
    geometricMeanTitle,
    experimentLabel(across, experiment),
    formatSpeedup(speedup),
    formatInterval(interval),
    '',
    '',
  ]);
  const remarks = acrossRemarks(across, tested).map(({ experiment, text: remark, metrics }) => {
    const about = metrics === '' ? '' : ` (${metrics})`;
    return `- ${text(`${experimentLabel(across, experiment)}: ${remark}${about}`)}`;
  });
  const head = ['Metric', 'Experiment', 'Speedup', acrossIntervalTitle(across), 'Verdict', 'Blocks'];
  const title = `### ${text(`${chosen.candidate} against ${chosen.baseline}, experiment by experiment`)}`;
  const parts = [title, remarks.join('\n'), rows.length === 0 ? '' : table(head, [...rows, ...means])];
  return parts.filter((part) => part !== '').join('\n\n');
}

const severityWords = { refusal: 'No verdicts', warning: 'Warning', note: 'Note' } as const;

/** The metrics of a pair in the order of the overview. */
function comparedIn(m: ReportModel, candidate: string) {
  return inOverviewOrder(
    m.metrics.flatMap((metric) => {
      const comparison = metric.comparisons.find((one) => one.candidate === candidate);
      return comparison === undefined ? [] : [{ metric, comparison }];
    }),
  );
}

function pairTable(m: ReportModel, pair: PairReport): string {
  const { candidate, baselineLabel, candidateLabel } = pair;
  if (pair.imported !== undefined) return ratioTable(m, pair);
  const rows = comparedIn(m, candidate).map(({ metric, comparison: found }) => [
    metricName(metric),
    formatSpeedup(found.speedup),
    formatInterval(found.interval),
    formatChange(found.speedup),
    found.word,
    formatP(found.pHolm),
    String(found.n),
    sideCell(metric, found, 'baseline', m.baseline),
    sideCell(metric, found, 'candidate', candidate),
  ]);
  const [speedup = '', interval = '', change = '', p = '', blocks = ''] = comparisonTitles(m);
  const head = ['Metric', speedup, interval, change, 'Verdict', p, blocks, baselineLabel, candidateLabel];
  return table(head, rows);
}

/** Of an imported pair: without the columns that are for measured ones only. */
function ratioTable(m: ReportModel, { candidate, baselineLabel, candidateLabel }: PairReport): string {
  const rows = comparedIn(m, candidate).map(({ metric, comparison }) => {
    const guests = [m.baseline, candidate].map((key) => guestCell(metric, key));
    return [metricName(metric), ...ratioTexts(comparison), ...guests];
  });
  return table(['Metric', 'Speedup', 'Change', baselineLabel, candidateLabel], rows);
}

function valuesTable(m: ReportModel): string {
  const rows = m.metrics.map((metric) => [
    metricName(metric),
    ...m.guests.map(({ key }) => guestCell(metric, key)),
  ]);
  return rows.length === 0 ? '' : table(['Metric', ...m.guests.map(({ key }) => key)], rows);
}

function metricName(metric: MetricReport): string {
  const direction = metric.better === 'none' ? '' : ` (${directionText(metric)})`;
  return `${fullTitle(metric)}${direction}`;
}

/** Of a mode: the mean of its guests' means. */
function sideCell(
  metric: MetricReport,
  found: MetricComparison,
  side: Replicate['side'],
  key: string | undefined,
): string {
  if (found.replicates === undefined) return guestCell(metric, key);
  return formatWithUnit(replicateMean(found, side), metric.unit);
}

function guestCell(metric: MetricReport, key: string | undefined): string {
  const own = metric.guests.find(({ guest }) => guest === key);
  if (own === undefined || own.n === 0) return '–';
  const cv = own.cvPercent === null ? '' : `, CV ${formatPercent(own.cvPercent)}`;
  return `${formatWithUnit(own.geometricMean, metric.unit)} (n ${own.n}${cv})`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(text).join(' | ')} |`;
  return [line(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(line)].join('\n');
}

/** Text as it is: nothing in it may become a link, markup, a table border or a mention. */
function text(value: string): string {
  return plain(value.replace(/\s+/g, ' '))
    .replace(/[\\`*_{}[\]<>|#~&$]/g, '\\$&')
    .replace(/^([-+]|\d+[.)])(?=\s)/, '\\$1')
    .replace(/@/g, '@\u200b')
    .replace(/:\/\//g, ':\u200b//');
}
