import type { AcrossChange, AcrossReport } from './acrossShape';
import { count, formatChange, formatInterval, formatP, formatSpeedup, listed } from './format';
import type { MetricComparison, MetricReport, PairReport, ReportModel, Verdict } from './shape';

/** What is said of metrics and comparisons, word for word the same on the page and in the exports. */

type Statistics = Pick<ReportModel['statistics'], 'alpha' | 'margin'>;

/** The verdicts as legends name them, in the order of legends. */
export const verdictWords: Readonly<Record<Verdict, string>> = {
  faster: 'faster',
  slower: 'slower',
  equivalent: 'equivalent',
  inconclusive: 'inconclusive',
  insufficient: 'not enough yet',
  refused: 'no verdict',
  untested: 'not tested',
};

/** The verdicts of these comparisons, for a legend. */
export function verdictsAmong(rows: readonly { readonly comparison: MetricComparison }[]): Verdict[] {
  const present = new Set(rows.map(({ comparison }) => comparison.verdict));
  return (Object.keys(verdictWords) as Verdict[]).filter((verdict) => present.has(verdict));
}

/** Whether an advantage became larger from one experiment to another, with a sign of its own. */
export const changeMarks: Readonly<Record<AcrossChange['verdict'], string>> = {
  larger: '▲ larger',
  smaller: '▼ smaller',
  same: '◆ same',
  unclear: '○ unclear',
  estimate: '□ estimate only',
};

/** '95 %' */
export const levelText = ({ alpha }: Statistics): string => percentText(1 - alpha);

/** '95 % interval' */
export const intervalTitle = (statistics: Statistics): string => `${levelText(statistics)} interval`;

/** '2 %': within so much of 1 a speedup counts as equivalent. */
export const marginText = ({ margin }: Statistics): string => percentText(margin);

/** '95 % interval'; where the experiments were judged by several levels, all of them. */
export const acrossIntervalTitle = (across: AcrossReport): string =>
  `${distinct(across, levelText).join(' or ')} interval`;

/** What the band of a chart over several experiments means: it is as wide as the least of their margins. */
export function acrossMarginText(across: AcrossReport): string {
  const margins = distinct(across, marginText).map((margin) => `±${margin}`);
  return margins.length < 2
    ? `${margins.join()}: counts as equivalent`
    : `counts as equivalent: ${margins.join(' or ')}, by experiment; the band is the least`;
}

/** ' at 90 %' after an interval where levels differ; else nothing. */
export function ownLevel(across: AcrossReport, experiment: number): string {
  const own = across.experiments.find((one) => one.experiment === experiment)?.statistics;
  return own === undefined || distinct(across, levelText).length < 2 ? '' : ` at ${levelText(own)}`;
}

/** Of all experiments that were compared, in their order. */
function distinct({ experiments }: AcrossReport, text: (statistics: Statistics) => string): string[] {
  return [...new Set(experiments.flatMap(({ statistics }) => (statistics ? [text(statistics)] : [])))];
}

/** The least margin of equivalence among the experiments. */
export const leastMargin = ({ experiments }: AcrossReport): number =>
  Math.min(...experiments.flatMap(({ statistics }) => (statistics ? [statistics.margin] : [])));

const percentText = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;

/** The name of a metric that stands without its benchmark's. */
export function fullTitle({ benchmarkTitle, title }: Pick<MetricReport, 'benchmarkTitle' | 'title'>): string {
  return title === benchmarkTitle ? title : `${benchmarkTitle}: ${title}`;
}

export const directionText = ({ better }: Pick<MetricReport, 'better'>): string =>
  better === 'none' ? 'for information' : `${better} is better`;

/** How many claims are corrected together; those of pairs without verdicts are not among them. */
export function familySize(metrics: ReportModel['metrics']): number {
  const family = metrics
    .filter(({ primary, better }) => primary && better !== 'none')
    .flatMap(({ comparisons }) => comparisons)
    .filter(({ verdict }) => verdict !== 'refused' && verdict !== 'untested');
  return family.length;
}

/** Of a single claim there is nothing to correct. */
const holmTitle = (metrics: ReportModel['metrics']): string => (familySize(metrics) > 1 ? 'p (Holm)' : 'p');

/** The p that counts, and the one before Holm's correction where that is another. */
export function pFigures(
  metrics: ReportModel['metrics'],
  { p, pHolm }: Pick<MetricComparison, 'p' | 'pHolm'>,
): readonly (readonly [string, string])[] {
  const counts = [holmTitle(metrics), formatP(pHolm)] as const;
  const alone = formatP(p);
  return alone === counts[1] ? [counts] : [counts, ['p alone', alone]];
}

/** The columns after the verdict in every table of comparisons. */
export function comparisonTitles({
  statistics,
  metrics,
}: Pick<ReportModel, 'statistics' | 'metrics'>): readonly string[] {
  return ['Speedup', intervalTitle(statistics), 'Change', holmTitle(metrics), 'Blocks'];
}

/** Of whom and of how much a tally speaks. */
export const tallyLead = (candidateLabel: string, workloads: number): string =>
  `${candidateLabel}, ${count(workloads, 'workload')} tested:`;

/** The fold with the figures of a workload that are not its tested one. */
export function furtherFigures(figures: number, pair: 'imported' | 'measured' | 'none'): string {
  const more = count(figures, 'more figure');
  if (pair === 'measured') return `${more}: shown, not tested`;
  return pair === 'imported' ? `${more} of the same runs` : more;
}

/** The cells under `comparisonTitles`. */
export function comparisonTexts(found: MetricComparison | undefined): readonly string[] {
  if (found === undefined) return ['–', '–', '–', '–', '–'];
  const { speedup, interval, pHolm, n } = found;
  return [formatSpeedup(speedup), formatInterval(interval), formatChange(speedup), formatP(pHolm), String(n)];
}

/** Of a table of comparisons with what each side did. */
export function pairCaption({ candidateLabel, baselineLabel, imported }: PairReport): string {
  const speedup = `Speedup of ${candidateLabel} against ${baselineLabel}`;
  return imported === undefined ? `${speedup}; geometric means on the right` : speedup;
}

/** What the points of an imported pair are. */
export const ratioWord = ({ imported }: PairReport): string =>
  imported?.from === 'published' ? 'ratio as published' : 'ratio of the means';

/** Before the figure of a side that is only known to be at most so much; empty: the figure itself. */
export function limitSign(
  { better }: Pick<MetricReport, 'better'>,
  found: MetricComparison | undefined,
  side: 'baseline' | 'candidate',
): string {
  if (found?.bound === undefined) return '';
  // Where higher is better, a most of the candidate makes the speedup a most, one of the baseline a least.
  const limited = (found.bound === 'most') === (better === 'higher') ? 'candidate' : 'baseline';
  return side === limited ? boundSigns.most : '';
}

/** In what the guests differ, as far as it is known of all of them. */
export function factsSentence(facts: ReportModel['facts']): string {
  const known = facts.filter(({ values }) => values.every((value) => value !== null)).length;
  const differing = facts.filter(({ differs }) => differs).map(({ label }) => label);
  const of = `Of ${count(known, 'fact')} known of every guest`;
  return differing.length === 0 ? `${of}, none differs.` : `${of}, these differ: ${listed(differing, 20)}.`;
}

/** What can be said of an imported pair: not how sure it is. */
export const ratioTitles: readonly string[] = ['Speedup', 'Change'];

const boundSigns = { most: '≤ ', least: '≥ ' } as const;

/** The cells under `ratioTitles`. */
export function ratioTexts(found: MetricComparison | undefined): readonly string[] {
  const sign = found?.bound === undefined ? '' : boundSigns[found.bound];
  return [formatSpeedup(found?.speedup), formatChange(found?.speedup)].map((text) => sign + text);
}
