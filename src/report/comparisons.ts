import type { StatisticsPlan } from '../model/experiment';
import {
  compare,
  compareReplicates,
  estimate,
  familyOf,
  type ComparisonFailure,
  type Estimated,
  type FamilyOk,
  type FamilyResult,
  type HostGroups,
  type ShownOk,
  type ShownResult,
} from '../statistics/compare';
import { overallSentence, percent, verdictSentence, verdictWord } from '../statistics/words';
import { count, formatInterval, formatSpeedup } from './format';
import { setAsideWord, type Names } from './headline';
import { noInterval } from './importedExperiment';
import type {
  DroppedBlock,
  GuestSamples,
  MetricComparison,
  MetricReport,
  Overall,
  Pair,
  Replicate,
  Verdict,
} from './shape';

/** A metric of a pair before the family is known. */
export interface Draft {
  readonly metric: Omit<MetricReport, 'comparisons' | 'guests'>;
  readonly candidate: string;
  readonly names: Names;
  readonly pairs: readonly Pair[];
  readonly dropped: readonly DroppedBlock[];
  /** The pair may have no verdicts at all: different hosts, different experiments. */
  readonly refused: boolean;
  /** Why the workload could not be run in one of the two guests. */
  readonly setAside: readonly string[];
  /** Of an imported experiment: all there is to compare, for nothing is paired. */
  readonly unpaired?: Unpaired;
  /** Of modes: the guests' values host by host, in place of pairs. */
  readonly groups?: readonly HostGroups[];
  readonly replicates?: readonly Replicate[];
}

export interface Unpaired {
  readonly baseline: UnpairedSide;
  readonly candidate: UnpairedSide;
}

interface UnpairedSide extends Pick<GuestSamples, 'n' | 'geometricMean'> {
  /** Given as the most it is. */
  readonly isMost: boolean;
}

export interface Judged {
  readonly draft: Draft;
  readonly comparison: MetricComparison;
}

type Tested = Draft['metric'] & { readonly better: 'higher' | 'lower' };
type Comparable = Draft & { readonly metric: Tested };

/** Verdicts for all drafts at once: Holm covers every planned workload of every pair, measured or not. */
export function judge(drafts: readonly Draft[], plan: StatisticsPlan): Judged[] {
  const family = drafts.filter(inFamily);
  const verdicts = together(family, plan);
  const places = new Map<Draft, number>(family.map((draft, index) => [draft, index]));
  return drafts.map((draft) => {
    const place = places.get(draft);
    if (place === undefined) return { draft, comparison: comparisonOf(draft, plan, undefined) };
    const member = verdicts.status === 'ok' ? memberOf(verdicts, place) : undefined;
    return { draft, comparison: comparisonOf(draft, plan, member) };
  });
}

interface Member {
  readonly result: Estimated;
  readonly p: number;
  readonly holm: number;
}

function memberOf(family: FamilyOk, place: number): Member | undefined {
  const [result, p, holm] = [family.results[place], family.p[place], family.holm[place]];
  return result === undefined || p === undefined || holm === undefined ? undefined : { result, p, holm };
}

function optionsOf({
  plan,
  alpha,
  margin,
}: StatisticsPlan): Pick<StatisticsPlan, 'plan' | 'alpha' | 'margin'> {
  return { plan, alpha, margin };
}

/** All at once, each as it must be compared; one setting out of range fails all. */
function together(drafts: readonly Comparable[], plan: StatisticsPlan): FamilyResult {
  const singles: Estimated[] = [];
  for (const draft of drafts) {
    const single = singleOf(draft, plan);
    if (single.status === 'error') return single;
    singles.push(single);
  }
  return familyOf(
    drafts.map(({ metric }) => metric.benchmarkTitle),
    singles,
    plan,
  );
}

/** Two guests by their blocks, two modes by their guests. What cannot be compared counts as not measured. */
function singleOf(draft: Comparable, plan: StatisticsPlan): Estimated | ComparisonFailure {
  const input = { ...optionsOf(plan), ...resolutionOf(draft), direction: draft.metric.better };
  if (draft.groups !== undefined)
    return compareReplicates({ ...input, hosts: comparable(draft) ? draft.groups : [] });
  return compare({ ...input, blocks: comparable(draft) ? blocksOf(draft) : [] });
}

/** As `singleOf`, without a test where nothing rests on one: most metrics are only shown. */
function shownOf(draft: Comparable, plan: StatisticsPlan): Estimated | ShownResult {
  const { better: direction } = draft.metric;
  if (draft.groups !== undefined || inFamily(draft)) return singleOf(draft, plan);
  return estimate({ ...optionsOf(plan), ...resolutionOf(draft), direction, blocks: blocksOf(draft) });
}

/** What equal print hides: the interval is never narrower than this allows. */
function resolutionOf({ metric: { resolution } }: Draft): { readonly resolution?: number } {
  return resolution === undefined ? {} : { resolution };
}

function hasDirection(draft: Draft): draft is Comparable {
  return draft.metric.better !== 'none';
}

function inFamily(draft: Draft): draft is Comparable {
  const { metric, refused, unpaired } = draft;
  return metric.primary && metric.better !== 'none' && !refused && unpaired === undefined;
}

const isFit = (value: number) => value > 0 && value < Infinity;

/** One value that cannot be compared must not take the verdicts of all other workloads with it. */
function comparable({ pairs, groups = [] }: Draft): boolean {
  return (
    pairs.every(({ baseline, candidate }) => isFit(baseline) && isFit(candidate)) &&
    groups.every(({ baseline, candidate }) => [...baseline, ...candidate].flat().every(isFit))
  );
}

function blocksOf({ pairs }: Draft): { block: number; a: number; b: number }[] {
  return pairs.map(({ block, baseline, candidate }) => ({ block, a: baseline, b: candidate }));
}

function comparisonOf(draft: Draft, plan: StatisticsPlan, member: Member | undefined): MetricComparison {
  const { metric, candidate, pairs, dropped, refused, replicates } = draft;
  const common = {
    ...{ candidate, pairs, droppedBlocks: dropped },
    ...(replicates === undefined ? {} : { replicates }),
  };
  const none = {
    ...{ speedup: null, interval: null, certainty: null, p: null, pHolm: null },
    ...{ outlierBlocks: [], ignoredBlocks: 0 },
  };
  if (!hasDirection(draft)) {
    const sentence = 'For information: neither higher nor lower is better, so it is not compared.';
    return { ...common, ...none, n: pairs.length, verdict: 'untested', word: 'for information', sentence };
  }
  if (draft.unpaired !== undefined) {
    return {
      ...common,
      ...none,
      n: 0,
      verdict: 'untested',
      ...ratioOf(draft, draft.unpaired, draft.metric.better),
    };
  }
  if (!comparable(draft)) {
    const sentence = 'Cannot be compared: a value is not above 0, and a ratio needs values above 0.';
    return { ...common, ...none, n: pairs.length, verdict: 'insufficient', word: 'not comparable', sentence };
  }
  const result = member?.result ?? shownOf(draft, plan);
  if (result.status === 'error') {
    const sentence = verdictSentence({ ...draft.names, result, margin: plan.margin });
    return {
      ...common,
      ...none,
      n: pairs.length,
      verdict: 'insufficient',
      word: verdictWord(result),
      sentence,
    };
  }
  const verdict: Verdict = refused
    ? 'refused'
    : metric.primary && 'verdict' in result
      ? result.verdict
      : 'untested';
  const ok = result.status === 'ok' ? result : undefined;
  const { word, sentence } = wordsOf(draft, result, verdict, plan);
  // Key by key: spreading into an object takes ten times as long, and a report can hold thousands of these.
  const comparison: MetricComparison = {
    candidate,
    pairs,
    droppedBlocks: dropped,
    verdict,
    n: result.n,
    speedup: result.speedup,
    interval: ok !== undefined && !refused ? [ok.ciLow, ok.ciHigh] : null,
    certainty: ok !== undefined && !refused ? { standardError: ok.logSe, df: ok.df } : null,
    p: ok === undefined ? null : (member?.p ?? null),
    pHolm: ok === undefined ? null : (member?.holm ?? null),
    outlierBlocks: ok?.outlierBlocks ?? [],
    ignoredBlocks: result.ignored,
    word,
    sentence,
  };
  return replicates === undefined ? comparison : { ...comparison, replicates };
}

/** The ratio of the means, turned so that above 1 is better: an estimate of which nothing says how sure it is. */
function ratioOf(
  { names }: Draft,
  { baseline, candidate }: Unpaired,
  better: 'higher' | 'lower',
): Pick<MetricComparison, 'speedup' | 'bound' | 'word' | 'sentence'> {
  const [a, b] = [baseline.geometricMean, candidate.geometricMean];
  if (a === null || b === null) {
    const lacking = baseline.n === 0 ? names.baseline : candidate.n === 0 ? names.candidate : undefined;
    const why = lacking === undefined ? 'a ratio needs values above 0' : `there is no figure of ${lacking}`;
    return { speedup: null, word: 'not comparable', sentence: `Not compared: ${why}.` };
  }
  if (baseline.isMost && candidate.isMost) {
    const sentence = 'Not compared: of both, only the most was given.';
    return { speedup: null, word: 'not comparable', sentence };
  }
  const speedup = better === 'higher' ? b / a : a / b;
  const runs = (n: number) => (n === 1 ? 'one figure' : `${n} runs`);
  const by =
    baseline.n + candidate.n === 2 ? '' : `, by the means of ${runs(candidate.n)} and ${runs(baseline.n)}`;
  const bound = boundOf(baseline, candidate, better);
  const figure = `${bound === undefined ? '' : `at ${bound} `}${speedup.toPrecision(3)}`;
  const sentence = `${names.candidate} is given as ${figure} times as fast as ${names.baseline}${by}; ${noInterval}.`;
  return bound === undefined
    ? { speedup, word: 'no interval', sentence }
    : { speedup, bound, word: `at ${bound}`, sentence };
}

/** A most of the candidate makes the speedup a most where higher is better; each of the two turns it round. */
function boundOf(
  baseline: UnpairedSide,
  candidate: UnpairedSide,
  better: 'higher' | 'lower',
): MetricComparison['bound'] {
  if (!baseline.isMost && !candidate.isMost) return undefined;
  return candidate.isMost === (better === 'higher') ? 'most' : 'least';
}

function wordsOf(
  { names, metric, setAside }: Draft,
  result: Estimated | ShownOk,
  verdict: Verdict,
  { margin }: StatisticsPlan,
): Pick<MetricComparison, 'word' | 'sentence'> {
  if (verdict === 'refused') {
    const first = result.speedup === null ? '' : `, first estimate ${formatSpeedup(result.speedup)}`;
    return {
      word: 'no verdict',
      sentence: `No verdict for this pair${first}; the comparability check says why.`,
    };
  }
  if (result.status === 'insufficient' && setAside.length > 0) {
    return { word: setAsideWord, sentence: `Not compared: ${setAside.join('; ')}.` };
  }
  if (verdict !== 'untested' && 'verdict' in result) {
    return { word: verdictWord(result), sentence: verdictSentence({ ...names, result, margin }) };
  }
  const over = `over ${count(result.n, 'block')}`;
  const figure =
    result.status === 'ok'
      ? `${formatSpeedup(result.speedup)} (${percent(1 - result.alpha)} interval ${formatInterval([result.ciLow, result.ciHigh])})`
      : formatSpeedup(result.speedup);
  const why = metric.better === 'none' ? '' : ' Only the main metric of a workload is tested.';
  return { word: 'not tested', sentence: `Shown, not tested: speedup ${figure} ${over}.${why}` };
}

/** The geometric mean over one pair's planned workloads: all of them, or it is withheld. */
export function overallOf(judged: readonly Judged[], names: Names, plan: StatisticsPlan): Overall {
  const members = judged.filter(
    (one): one is Judged & { draft: Comparable } =>
      one.draft.metric.primary && one.draft.metric.better !== 'none',
  );
  const refused = members.some(({ draft }) => draft.refused);
  if (members.some(({ draft }) => draft.unpaired !== undefined)) return importedOverall(members);
  const family = together(
    members.map(({ draft }) => draft),
    plan,
  );
  const sentence = refused
    ? 'No overall figure: this pair has no verdicts.'
    : overallSentence({ ...names, family, margin: plan.margin });
  if (refused || family.status !== 'ok' || family.summary === undefined) {
    const missing = family.status === 'ok' && !refused ? (family.summaryMissing ?? []) : [];
    return {
      status: 'withheld',
      speedup: null,
      interval: null,
      range: null,
      workloads: members.length,
      missing,
      sentence,
    };
  }
  const { speedup, ciLow, ciHigh, lowest, highest, workloads } = family.summary;
  return {
    status: 'ok',
    speedup,
    interval: [ciLow, ciHigh],
    range: [lowest, highest],
    workloads,
    missing: [],
    sentence,
  };
}

/** A mean over workloads of unknown certainty would be one figure that hides it: only their range is told. */
function importedOverall(members: readonly Judged[]): Overall {
  const ratios = members.flatMap(({ comparison: { speedup, bound } }) =>
    speedup === null || bound !== undefined ? [] : [speedup],
  );
  const [low, high] = [Math.min(...ratios), Math.max(...ratios)];
  const range = ratios.length === 0 ? null : ([low, high] as const);
  const found =
    range === null
      ? 'no workload has figures of both guests'
      : ratios.length === 1
        ? `one workload alone has figures of both guests, with the ratio ${low.toPrecision(3)}`
        : `the ratios of ${count(ratios.length, 'workload')} go from ${low.toPrecision(3)} to ${high.toPrecision(3)}`;
  return {
    status: 'withheld',
    speedup: null,
    interval: null,
    range,
    workloads: members.length,
    missing: members
      .filter(({ comparison }) => comparison.speedup === null)
      .map(({ draft }) => draft.metric.benchmarkTitle),
    sentence: `No overall figure: ${found}; ${noInterval}.`,
  };
}
