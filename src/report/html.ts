import { forestChart, forestChoice } from './charts/forest';
import { variablePalette } from './charts/palette';
import { escaped } from './charts/svg';
import { count, formatInterval, formatSpeedup } from './format';
import { acrossSection } from './htmlAcross';
import {
  clipped,
  comparisonCells,
  comparisonColumns,
  details,
  el,
  list,
  meanCell,
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
import { htmlStyle, htmlStyleHash } from './htmlStyle';
import { workloadLinks, workloadSections } from './htmlWorkloads';
import { inOverviewOrder } from './overviewOrder';
import { howToRead } from './reading';
import type {
  MetricReport,
  PairReport,
  ReportExperiment,
  ReportModel,
  ReportWarning,
  Verdict,
} from './shape';
import {
  directionText,
  factsSentence,
  intervalTitle,
  marginText,
  pairCaption,
  ratioWord,
  tallyLead,
  verdictWords,
  verdictsAmong,
} from './wording';

/** Rows that the document's tables have at most; the CSV and JSON exports have them all. */
const most = { metrics: 1000, failures: 300, facts: 200 } as const;

/**
 * The whole report as one file that needs nothing else: no script, nothing to load, and a policy that would not let it.
 * Its charts are SVG whose text is text.
 */
export function toHtml(m: ReportModel): string {
  const policy = `default-src 'none'; style-src '${htmlStyleHash}'; base-uri 'none'; form-action 'none'`;
  const title = m.title === '' ? 'Guestbench' : `${m.title}: Guestbench`;
  return [
    '<!DOCTYPE html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="referrer" content="no-referrer">',
    `<title>${escaped(title)}</title>`,
    `<style>${htmlStyle}</style>`,
    '</head>',
    '<body>',
    '<a class="skip" href="#results">Skip to the results</a>',
    headerOf(m),
    contentsOf(m),
    el(
      'main',
      { id: 'results', tabindex: -1 },
      sectionsOf(m)
        .filter((part) => part !== '')
        .join('\n'),
    ),
    footerOf(m),
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function sectionsOf(m: ReportModel): readonly Markup[] {
  const pair = m.pairs.find(({ candidate }) => candidate === m.candidate);
  const others = m.pairs.filter((one) => one !== pair);
  return [
    ...(m.across === undefined ? [] : [acrossSection(m.across), pairTitle(m)]),
    warningsSection(m, pair),
    overviewSection(m, pair),
    others.length === 0 ? '' : othersSection(m, others),
    workloadSections(m),
    failuresSection(m),
    factsSection(m),
    el('section', { id: 'reading' }, el('h2', {}, 'How to read this'), list(howToRead(m).map(escaped))),
  ];
}

const pairTitle = (m: ReportModel): Markup =>
  el('h2', {}, 'One pair in detail') + el('p', {}, escaped(m.headline));

function headerOf(m: ReportModel): Markup {
  return el(
    'header',
    {},
    el('p', { class: 'muted' }, name(m.title)),
    el('h1', {}, escaped(m.across?.headline ?? m.headline)),
    m.across === undefined ? tallyOf(m) : '',
    el('p', {}, escaped(m.status.text)),
  );
}

const tallyWords = {
  faster: 'faster',
  slower: 'slower',
  equivalent: 'equivalent',
  inconclusive: 'inconclusive',
  insufficient: 'not enough yet',
  refused: 'without verdict',
} as const satisfies Partial<Record<Verdict, string>>;

/** How the tested workloads came out, for the first glance. */
function tallyOf({ metrics, candidate, pairs }: ReportModel): Markup {
  const found = metrics
    .filter(({ primary, better }) => primary && better !== 'none')
    .flatMap(({ comparisons }) => comparisons.find((one) => one.candidate === candidate) ?? []);
  const parts = (Object.keys(tallyWords) as (keyof typeof tallyWords)[]).flatMap((verdict) => {
    const n = found.filter((one) => one.verdict === verdict).length;
    return n === 0 ? [] : [verdictMark(verdict, `${n} ${tallyWords[verdict]}`)];
  });
  const { candidateLabel } = pairs.find((pair) => pair.candidate === candidate) ?? {};
  if (parts.length === 0 || candidateLabel === undefined) return '';
  return el(
    'p',
    { class: 'tally' },
    el('span', {}, escaped(tallyLead(candidateLabel, found.length))),
    ...parts,
  );
}

function contentsOf(m: ReportModel): Markup {
  const link = (id: string, text: Markup) => el('a', { href: `#${id}` }, text);
  const workloads = workloadLinks(m);
  const parts = [
    ...(m.across === undefined ? [] : [link('across', 'Across the experiments')]),
    link('overview', m.across === undefined ? 'Overview' : 'One pair in detail'),
    ...workloads.map(({ id, title }) => link(id, name(title))),
    ...(m.failures.length + m.setAside.length === 0 ? [] : [link('failures', 'Failures')]),
    ...(hasFacts(m) ? [link('guests', 'Guests')] : []),
    link('reading', 'How to read this'),
    link('provenance', 'Where the figures come from'),
  ];
  return workloads.length < 3 ? '' : el('nav', { 'aria-label': 'Contents' }, list(parts));
}

const severities = { refusal: '✕ No verdicts', warning: '⚠ Warning', note: 'ℹ Note' } as const;

function warningsSection(m: ReportModel, pair: PairReport | undefined): Markup {
  const notes = m.notes.map((text): ReportWarning => ({ id: 'note', severity: 'note', text }));
  // What the experiment itself says of its figures comes before what was found in them.
  const warnings = [...notes, ...(pair?.warnings ?? [])];
  const checks = pair?.checks ?? [];
  if (warnings.length + checks.length === 0) return '';
  const items = warnings.map(
    ({ severity, text }) => `${el('strong', {}, severities[severity])} ${name(clipped(text))}`,
  );
  return el(
    'section',
    { class: 'warnings' },
    el('h2', {}, 'What to know'),
    list(items),
    checks.length === 0 ? '' : checksOf(checks),
  );
}

function checksOf(checks: PairReport['checks']): Markup {
  const outcomes = { passed: '✓ nothing found', found: '≠ found', unknown: '? not known' } as const;
  const rows = checks.map(({ title, outcome, weight, seen, advice }) => [
    escaped(title),
    outcomes[outcome],
    weight ?? '',
    name(clipped(seen)),
    advice === undefined ? '' : name(clipped(advice)),
  ]);
  const number = (wanted: (typeof checks)[number]['outcome']) =>
    checks.filter(({ outcome }) => outcome === wanted).length;
  const columns = words('Checked', 'Outcome', 'Weight', 'What was seen', 'What it could do');
  return details(
    `Can the two be compared? ${count(checks.length, 'check')}: ${number('found')} found something, ${number('passed')} found nothing, ${number('unknown')} not known`,
    table('What could explain a difference other than the mode', columns, rows),
  );
}

function overviewSection(m: ReportModel, pair: PairReport | undefined): Markup {
  if (m.metrics.length === 0)
    return el('section', { id: 'overview' }, el('h2', {}, 'Overview'), '<p>No figures yet.</p>');
  if (pair === undefined)
    return el('section', { id: 'overview' }, el('h2', {}, 'All figures'), valuesTable(m));
  return el(
    'section',
    { id: 'overview' },
    el('h2', {}, `${name(pair.candidateLabel)} against ${name(pair.baselineLabel)}`),
    el('p', {}, escaped(pair.overall.sentence)),
    forestOf(m, pair, 'forest'),
    pairTable(m, pair),
  );
}

function forestOf(m: ReportModel, pair: PairReport, id: string): Markup {
  const { rows, left } = forestChoice(m, pair.candidate);
  const chart = forestChart(m, pair, rows, { id, palette: variablePalette, setting: 'document' });
  if (chart === undefined) return '<p>There is no complete block yet, so there is nothing to draw.</p>';
  const svg = chart.svg.replace('<svg ', '<svg class="wide" ');
  const cut =
    left === 0
      ? ''
      : el('p', { class: 'muted' }, `The chart shows ${rows.length} of ${rows.length + left} workloads.`);
  return scroll('Chart of the speedup of each workload', svg) + legendOf(m, pair, rows) + cut;
}

function legendOf(m: ReportModel, pair: PairReport, rows: ReturnType<typeof forestChoice>['rows']): Markup {
  if (pair.imported !== undefined) {
    const parts = [
      verdictMark('untested', ratioWord(pair)),
      el('span', {}, 'imported: no pairs, no interval, so no verdict'),
    ];
    return el('p', { class: 'legend' }, ...parts);
  }
  const band = el('span', { class: 'band', 'aria-hidden': 'true' });
  return el(
    'p',
    { class: 'legend' },
    ...verdictsAmong(rows).map((verdict) => verdictMark(verdict, verdictWords[verdict])),
    el('span', {}, `${band} ±${marginText(m.statistics)}: counts as equivalent`),
    el('span', {}, `├─┤ ${intervalTitle(m.statistics)}`),
  );
}

function pairTable(m: ReportModel, pair: PairReport): Markup {
  const kind = pair.imported === undefined ? 'measured' : 'imported';
  const tested = m.metrics.filter(({ primary }) => primary);
  const wanted = inOverviewOrder(
    (tested.length > 0 ? tested : m.metrics).map((metric) => ({
      metric,
      comparison: metric.comparisons.find((one) => one.candidate === pair.candidate),
    })),
  );
  const rows = wanted
    .slice(0, most.metrics)
    .map(({ metric, comparison }) => [
      metricCell(metric),
      ...comparisonCells(comparison, kind),
      sideCell(metric, comparison, 'baseline', m.baseline),
      sideCell(metric, comparison, 'candidate', pair.candidate),
    ]);
  const { status, speedup, interval, workloads } = pair.overall;
  if (status === 'ok' && workloads > 1 && kind === 'measured')
    rows.push([
      `Geometric mean of ${workloads}`,
      '',
      formatSpeedup(speedup),
      formatInterval(interval),
      ...Array<string>(5).fill(''),
    ]);
  const columns = [
    ...words('Metric'),
    ...comparisonColumns(m, kind),
    ...numbers(pair.baselineLabel, pair.candidateLabel),
  ];
  return table(pairCaption(pair), columns, rows) + leftOut(wanted.length - most.metrics, 'metric');
}

function valuesTable(m: ReportModel): Markup {
  const rows = m.metrics
    .slice(0, most.metrics)
    .map((metric) => [metricCell(metric), ...m.guests.map(({ key }) => meanCell(metric, key))]);
  const columns = [
    ...words('Metric'),
    ...m.guests.map(({ key }) => ({ title: name(key), number: 'number' as const })),
  ];
  const cut = leftOut(m.metrics.length - most.metrics, 'metric');
  return table('Geometric means of all metrics', columns, rows) + cut;
}

const metricCell = (metric: MetricReport): Markup =>
  `${metricName(metric)} ${el('span', { class: 'aside' }, escaped(directionText(metric)))}`;

const leftOut = (n: number, what: string): Markup =>
  n <= 0
    ? ''
    : el('p', { class: 'muted' }, `${count(n, `more ${what}`)} left out here; the CSV export has all.`);

function othersSection(m: ReportModel, others: readonly PairReport[]): Markup {
  const parts = others.map((pair, index) =>
    details(
      `${name(pair.candidateLabel)} against ${name(pair.baselineLabel)}: ${escaped(pair.headline)}`,
      forestOf(m, pair, `forest-${index + 2}`),
      list(
        pair.warnings.map(
          ({ severity, text }) => `${el('strong', {}, severities[severity])} ${name(clipped(text))}`,
        ),
      ),
      pairTable(m, pair),
    ),
  );
  return el('section', {}, el('h2', {}, 'The other candidates'), ...parts);
}

function failuresSection(m: ReportModel): Markup {
  if (m.failures.length + m.setAside.length === 0) return '';
  const aside = m.setAside.map(
    ({ benchmarkTitle, guest, reason }) =>
      `${name(benchmarkTitle)} was set aside on ${name(guest)}: ${name(clipped(reason))}`,
  );
  const rows = m.failures
    .slice(0, most.failures)
    .map(({ trial: index, guest, benchmarkTitle, outcome, reason }) => {
      const trial = m.trials[index];
      const block = trial === undefined ? '–' : trial.warmup ? 'warm-up' : String(trial.block);
      return [name(benchmarkTitle), name(guest), block, outcome, name(clipped(reason))];
    });
  const columns = words('Workload', 'Guest', 'Block', 'Outcome', 'Reason');
  return el(
    'section',
    { id: 'failures' },
    el('h2', {}, 'Failures'),
    list(aside.slice(0, most.failures)),
    rows.length === 0 ? '' : table('Trials that gave no figures', columns, rows),
    leftOut(m.failures.length - most.failures, 'failure'),
  );
}

const hasFacts = ({ facts, guests }: ReportModel): boolean => facts.length > 0 && guests.length > 0;

function factsSection(m: ReportModel): Markup {
  if (!hasFacts(m)) return '';
  const several = m.guests.length > 1;
  const rows = m.facts
    .slice(0, most.facts)
    .map(({ label, values, differs }) => [
      escaped(label),
      ...values.map((value) => (value === null ? '–' : name(clipped(value)))),
      ...(several ? [differs ? '≠ differs' : new Set(values).size === 1 ? 'same' : ''] : []),
    ]);
  const columns = [
    ...words('Fact'),
    ...m.guests.map(({ key }) => ({ title: name(key) })),
    ...(several ? words('Same?') : []),
  ];
  const sentence = several ? factsSentence(m.facts) : '';
  const imported = m.experiments.every((one) => one.imported !== undefined);
  const caption = imported
    ? 'Facts as the imported results give them'
    : 'Facts found by the probe at the start';
  return el(
    'section',
    { id: 'guests', class: 'facts' },
    el('h2', {}, several ? 'The guests side by side' : 'The guest'),
    sentence === '' ? '' : el('p', {}, escaped(sentence)),
    table(caption, columns, rows, (row) => (m.facts[row]?.differs === true ? 'differs' : undefined)),
  );
}

/** Of published figures nobody knows when they were measured. */
function timesOf({ imported, startedAt, endedAt }: ReportExperiment): [string, string | undefined][] {
  if (imported?.from === 'published') return [];
  return [
    ['Started', dateText(startedAt)],
    ['Ended', endedAt === undefined ? undefined : dateText(endedAt)],
  ];
}

/** Where the figures come from. */
function footerOf({ experiments, statistics, status }: ReportModel): Markup {
  const { plan, alpha, margin, maxBlocks } = statistics;
  const design = `${plan === 'anystop' ? `the intervals hold at whatever block it ends, up to ${maxBlocks}` : 'number of blocks fixed beforehand'}; error level ${alpha}, margin of equivalence ${margin}`;
  const parts = experiments.map((one) => {
    const facts: [string, string | undefined][] = [
      ['Experiment', one.label],
      ['Identity', one.id],
      ...timesOf(one),
      ['Imported from', one.imported === undefined ? undefined : (one.imported.source ?? one.imported.from)],
      ['Statement', one.imported?.statement],
      ['Seed of the order', one.imported === undefined ? String(one.seed) : undefined],
      ['Statistics', one.imported === undefined ? design : undefined],
      ['Trials', one.imported === undefined && experiments.length === 1 ? status.text : undefined],
      ['Guestbench', one.guestbench],
    ];
    return el(
      'dl',
      { class: 'provenance' },
      ...facts.flatMap(([term, value]) =>
        value === undefined ? [] : [el('dt', {}, term), el('dd', {}, name(clipped(value)))],
      ),
    );
  });
  return el('footer', { id: 'provenance' }, el('h2', {}, 'Where the figures come from'), ...parts);
}

/** In UTC, so that the same experiment gives the same file everywhere. */
function dateText(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
