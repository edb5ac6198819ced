import {
  acrossRemarks,
  bareEstimateKey,
  cutText,
  experimentLabel,
  hasBareEstimate,
  testedIn,
  type AcrossRemark,
} from './acrossWords';
import { acrossChoice, acrossForest } from './charts/across';
import { geometricMeans, geometricMeanTitle } from './charts/acrossGroups';
import { variablePalette } from './charts/palette';
import { labelOf } from './charts/scale';
import { escaped } from './charts/svg';
import { formatInterval, formatSpeedup, formatValue } from './format';
import {
  clipped,
  details,
  el,
  list,
  name,
  numbers,
  scroll,
  table,
  verdictMark,
  words,
  type Markup,
} from './htmlParts';
import type { AcrossMetric, AcrossReport } from './acrossShape';
import { acrossIntervalTitle, acrossMarginText, changeMarks, ownLevel } from './wording';

/** Metrics that the tables follow at most. */
const mostMetrics = 100;

/** The same comparison within each of several experiments, and what changed from one to the next. */
export function acrossSection(across: AcrossReport): Markup {
  const { chosen } = across;
  const metrics = testedIn(across).slice(0, mostMetrics);
  const title =
    chosen === undefined
      ? 'Across the experiments'
      : `${name(chosen.candidate)} against ${name(chosen.baseline)}, experiment by experiment`;
  return el(
    'section',
    { id: 'across' },
    el('h2', {}, title),
    list(acrossRemarks(across, metrics).map((remark) => remarkMarkup(across, remark))),
    chartOf(across),
    metrics.length === 0 ? '' : entriesTable(across, metrics),
    changesTable(across, metrics),
    guestsTable(across, metrics),
    factsTable(across),
  );
}

function chartOf(across: AcrossReport): Markup {
  const drawn = acrossChoice(across);
  const chart = acrossForest(across, drawn, { id: 'across', palette: variablePalette, setting: 'document' });
  if (chart === undefined) return '';
  const svg = chart.svg.replace('<svg ', '<svg class="wide" ');
  const band = el('span', { class: 'band', 'aria-hidden': 'true' });
  const cut = cutText(across, drawn);
  return [
    scroll('Chart of the speedup in each experiment', svg),
    el(
      'p',
      { class: 'legend' },
      el('span', {}, `${band} ${acrossMarginText(across)}`),
      el('span', {}, `├─┤ ${acrossIntervalTitle(across)}`),
      hasBareEstimate(drawn) ? el('span', {}, bareEstimateKey) : '',
    ),
    cut === undefined ? '' : el('p', { class: 'muted' }, cut),
  ].join('');
}

const labelIn = (across: AcrossReport, experiment: number): Markup =>
  name(experimentLabel(across, experiment));

const remarkMarkup = (across: AcrossReport, { experiment, text, metrics }: AcrossRemark): Markup =>
  `${labelIn(across, experiment)}: ${name(clipped(text))}${metrics === '' ? '' : ` (${name(metrics)})`}`;

function entriesTable(across: AcrossReport, metrics: readonly AcrossMetric[]): Markup {
  const rows = metrics.flatMap((metric) =>
    metric.entries.map((entry) => [
      name(labelOf(metric)),
      labelIn(across, entry.experiment),
      verdictMark(entry.verdict, entry.word),
      formatSpeedup(entry.speedup),
      formatInterval(entry.interval) + (entry.interval === null ? '' : ownLevel(across, entry.experiment)),
      String(entry.n),
    ]),
  );
  for (const { experiment, speedup, interval } of geometricMeans(across)) {
    const figures = [formatSpeedup(speedup), formatInterval(interval)];
    rows.push([geometricMeanTitle, labelIn(across, experiment), '', ...figures, '']);
  }
  const columns = [
    ...words('Metric', 'Experiment', 'Verdict'),
    ...numbers('Speedup', acrossIntervalTitle(across), 'Blocks'),
  ];
  return table('Each metric in each experiment, by the experiment’s own statistics', columns, rows);
}

function changesTable(across: AcrossReport, metrics: readonly AcrossMetric[]): Markup {
  const rows = metrics.flatMap((metric) =>
    metric.changes.map((change) => [
      name(labelOf(metric)),
      `${labelIn(across, change.from)} → ${labelIn(across, change.to)}`,
      changeMarks[change.verdict],
      formatSpeedup(change.ratio),
      formatInterval(change.interval),
      name(clipped(change.sentence)),
    ]),
  );
  if (rows.length === 0) return '';
  const columns = [
    ...words('Metric', 'From → to', 'Advantage'),
    ...numbers('Times', 'Interval'),
    ...words('In words'),
  ];
  const caption = 'How the speedup changed: that of the later experiment divided by that of the earlier one';
  return el('h3', {}, 'What changed') + table(caption, columns, rows);
}

function guestsTable(across: AcrossReport, metrics: readonly AcrossMetric[]): Markup {
  const rows = metrics.flatMap((metric) =>
    metric.guests.map((guest) => [
      name(labelOf(metric)),
      name(guest.name),
      ...across.experiments.map(({ experiment }) => {
        const found = guest.entries.find((one) => one.experiment === experiment);
        return found === undefined
          ? '–'
          : name(`${formatValue(found.geometricMean)} ${metric.unit} (n ${found.n})`);
      }),
      name(clipped(guest.changes.map(({ sentence }) => sentence).join(' '))),
    ]),
  );
  if (rows.length === 0) return '';
  const columns = [...words('Metric', 'Guest'), ...experimentColumns(across, 'number'), ...words('In words')];
  return details(
    'The guests as they measured',
    '<p>Geometric means of the trials. The experiments were made at different times, so a difference between two columns is no verdict on anything.</p>',
    table('Means of the same guests in each experiment', columns, rows),
  );
}

function factsTable(across: AcrossReport): Markup {
  if (across.facts.length === 0) return '';
  const rows = across.facts.map(({ label, values }) => [
    escaped(label),
    ...values.map((value) => (value === null ? '–' : name(clipped(value)))),
  ]);
  const columns = [...words('Fact'), ...experimentColumns(across)];
  return (
    el('h3', {}, 'What else differs between the experiments') +
    table('Facts that could explain a change', columns, rows, (row) =>
      across.facts[row]?.differs === true ? 'differs' : undefined,
    )
  );
}

const experimentColumns = ({ experiments }: AcrossReport, number?: 'number') =>
  experiments.map(({ label }) => ({ title: name(label), ...(number === undefined ? {} : { number }) }));
