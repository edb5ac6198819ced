import type { Imported, StatisticsPlan } from '../model/experiment';
import { minBlocks } from '../statistics/compare';
import { percent } from '../statistics/words';
import { capitalized, formatTimes, listed } from './format';
import { refusalSentence, warningsPhrase } from './comparability';
import { noInterval } from './importedExperiment';
import type { MetricComparison, MetricReport, Overall, ReportWarning, Verdict } from './shape';

/** Instead of a verdict where a workload could not be run in one of the guests. */
export const setAsideWord = 'set aside';

export interface Names {
  readonly baseline: string;
  readonly candidate: string;
}

/** The one sentence on top of the page. `tested`: the primary metrics of this pair. */
export function pairHeadline(
  names: Names,
  tested: readonly (readonly [MetricReport, MetricComparison])[],
  overall: Omit<Overall, 'sentence'>,
  warnings: readonly ReportWarning[],
  plan: StatisticsPlan,
): string {
  const { baseline, candidate } = names;
  const refusal = refusalSentence(names, warnings);
  if (refusal !== undefined) return refusal;
  if (tested.length === 0) return 'Nothing to compare: no workload of this experiment has a tested metric.';
  if (tested.every(([, { word }]) => word === setAsideWord)) {
    return `Nothing to compare: no workload could be run in both ${candidate} and ${baseline}.`;
  }
  const early = tested.every(([, { verdict, n }]) => verdict === 'insufficient' && n < minBlocks);
  if (early) {
    const most = Math.max(...tested.map(([, { n }]) => n));
    return `Too early to tell ${candidate} from ${baseline}: ${most} of at least ${minBlocks} blocks are complete.`;
  }
  const [only] = tested;
  const weak = warningsPhrase(warnings);
  const doubts = weak === '' ? '' : `; ${weak}`;
  if (tested.length === 1 && only) {
    const { sentence } = only[1];
    return `${metricText(only[0])}: ${doubts === '' ? sentence : `${sentence.replace(/\.$/, '')}${doubts}.`}`;
  }
  const found = `${findings(tested, plan)}${doubts}`;
  const { speedup, interval, workloads } = overall;
  if (speedup === null || interval === null || workloads < 2)
    return `${candidate} against ${baseline}: ${found}.`;
  return `${lead(names, speedup, interval, workloads, plan)}: ${found}.`;
}

/** Of an imported pair: what the ratios are, and at once what they cannot say. */
export function importedHeadline(
  { baseline, candidate }: Names,
  shown: readonly (readonly [MetricReport, MetricComparison])[],
  { statement }: Imported,
): string {
  const given = shown.filter(([, { speedup }]) => speedup !== null);
  const exact = given.filter(([, { bound }]) => bound === undefined);
  const ratios = exact.flatMap(([, { speedup }]) => speedup ?? []);
  const caution = capitalized(statement ?? noInterval);
  const [only] = shown;
  if (given.length === 0)
    return `Nothing to compare: no workload has figures of both ${candidate} and ${baseline}.`;
  if (shown.length === 1 && only) return `${only[0].benchmarkTitle}: ${only[1].sentence}`;
  if (ratios.length === 0)
    return `${candidate} against ${baseline}: of ${given.length} workloads only limits are given. ${caution}.`;
  const [low, high] = [Math.min(...ratios), Math.max(...ratios)].map((ratio) => ratio.toPrecision(3));
  const ahead = ratios.filter((ratio) => ratio > 1).length;
  const behind = ratios.filter((ratio) => ratio < 1).length;
  const sides = [
    `above 1 in ${ahead} of ${given.length} workloads`,
    ...(behind > 0 ? [`below in ${behind}`] : []),
    ...(ahead + behind < ratios.length ? [`even in ${ratios.length - ahead - behind}`] : []),
    ...(given.length > ratios.length ? [`only a limit in ${given.length - ratios.length}`] : []),
  ];
  const range = low === high ? (high ?? '') : `${low ?? ''} to ${high ?? ''}`;
  const counted = given.length === 1 ? 'in 1 workload' : `(${sides.join(', ')})`;
  return `${candidate} is given as ${range} times as fast as ${baseline} ${counted}. ${caution}.`;
}

/** The workload, with its figure where it has a name of its own: "OpenSSL (RSA 4096 sign)". */
const metricText = ({ benchmarkTitle, title }: MetricReport): string =>
  title === benchmarkTitle ? benchmarkTitle : `${benchmarkTitle} (${title})`;

function findings(
  tested: readonly (readonly [MetricReport, MetricComparison])[],
  plan: StatisticsPlan,
): string {
  const part = (verdicts: readonly Verdict[]) => {
    const titles = tested
      .filter(([, { verdict }]) => verdicts.includes(verdict))
      .map(([{ benchmarkTitle }]) => benchmarkTitle);
    if (titles.length === tested.length)
      return titles.length === 2 ? 'both workloads' : `all ${titles.length} workloads`;
    return titles.length <= 2 ? listed(titles) : `${titles.length}`;
  };
  const faster = part(['faster']);
  const slower = part(['slower']);
  const same = part(['equivalent']);
  const open = part(['inconclusive', 'insufficient']);
  return [
    ...(faster === '' ? [] : [`faster in ${faster}`]),
    ...(slower === '' ? [] : [`slower in ${slower}`]),
    ...(same === '' ? [] : [`no difference beyond ±${percent(plan.margin)} in ${same}`]),
    ...(open === '' ? [] : [`${open} undecided`]),
  ].join('; ');
}

function lead(
  { baseline, candidate }: Names,
  speedup: number,
  interval: readonly [number, number],
  workloads: number,
  plan: StatisticsPlan,
): string {
  const [low, high] = interval.map((bound) => formatTimes(bound, interval));
  const range = `${percent(1 - plan.alpha)} interval ${low ?? ''} to ${high ?? ''}`;
  const over = `over ${workloads} workloads`;
  if (interval[0] >= 1 / (1 + plan.margin) && interval[1] <= 1 + plan.margin) {
    return `${candidate} and ${baseline} are equally fast ${over} (within ±${percent(plan.margin)})`;
  }
  if (interval[0] <= 1 && interval[1] >= 1) {
    return `No clear difference between ${candidate} and ${baseline} ${over} (${range})`;
  }
  return `${candidate} is ${formatTimes(speedup, interval)} times as fast as ${baseline} ${over} (${range})`;
}
