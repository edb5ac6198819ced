import { minBlocks, type ComparisonFailure, type ComparisonOk, type Estimated } from './comparison';
import type { FamilyResult } from './family';
import type { ComparisonError } from './input';

export interface VerdictWords {
  readonly candidate: string;
  readonly baseline: string;
  /** Named in front of the sentence when given. */
  readonly metricTitle?: string;
  readonly result: Estimated | ComparisonFailure;
  readonly margin: number;
}

export interface OverallWords {
  readonly candidate: string;
  readonly baseline: string;
  readonly family: FamilyResult;
  readonly margin: number;
}

const refusals: Readonly<Record<ComparisonError, string>> = {
  E_OPTION: 'the settings of the comparison are out of range',
  E_DUPLICATE_BLOCK: 'a block number is used twice',
  E_NOT_FINITE: 'a value is not a number',
  E_NOT_POSITIVE: 'a value is zero or negative, so it has no ratio',
};

/** 0.02 → "2 %", with the digits it needs. */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

const confidence = (alpha: number): string => percent(1 - alpha);
const blocks = (n: number): string => (n === 1 ? '1 block' : `${n} blocks`);

/** The verdict in a word or two, for a table or a tag. */
export function verdictWord(result: Estimated | ComparisonFailure): string {
  if (result.status === 'error') return 'not comparable';
  if (result.status === 'insufficient') return insufficientWords[result.reason];
  return result.leaning === null ? result.verdict : `${result.verdict}, leaning ${result.leaning}`;
}

const insufficientWords = {
  'too-few-blocks': 'too few blocks',
  'too-few-guests': 'too few guests',
  'zero-variance': 'no spread',
} as const;

interface Figures {
  readonly speedup: number;
  readonly ciLow: number;
  readonly ciHigh: number;
}

/**
 * The figures as text with as few digits, at least two, as leave the verdict readable: a bound beside 1 or beside the
 * margin is never rounded to the other side.
 */
function figures(
  { speedup, ciLow, ciHigh }: Figures,
  margin: number,
): Readonly<Record<keyof Figures, string>> {
  const inside = (x: number): boolean => Math.abs(Math.log(x)) <= Math.log1p(margin) + 1e-9;
  const same = (x: number, digits: number): boolean => {
    const shown = Number(x.toFixed(digits));
    return Math.sign(shown - 1) === Math.sign(x - 1) && inside(shown) === inside(x);
  };
  let digits = 2;
  while (
    digits < 6 &&
    !([ciLow, ciHigh].every((x) => same(x, digits)) && Number(speedup.toFixed(digits)) > 0)
  )
    digits++;
  const text = (x: number): string => (x >= 1e6 ? x.toPrecision(3) : x.toFixed(digits));
  return { speedup: text(speedup), ciLow: text(ciLow), ciHigh: text(ciHigh) };
}

/** "0.6 % faster", "0.6 % slower", or "no difference seen". Slower by x % is a speedup of 1 − x %. */
function percentFaster(speedup: number): string {
  const share = Math.abs(speedup - 1) * 100;
  const shown = Number(share < 0.095 ? share.toPrecision(1) : share.toFixed(1));
  if (shown < 0.001) return 'as fast';
  return `${shown} % ${speedup > 1 ? 'faster' : 'slower'}`;
}

function okSentence({ candidate, baseline, margin }: VerdictWords, result: ComparisonOk): string {
  const shown = figures(result, margin);
  const interval = `${confidence(result.alpha)} interval ${shown.ciLow} to ${shown.ciHigh}, ${blocks(result.n)}`;
  switch (result.verdict) {
    case 'faster':
    case 'slower':
      return `${candidate} is ${shown.speedup} times as fast as ${baseline} (${interval}).`;
    case 'equivalent':
      return (
        `No difference beyond ±${percent(margin)} between ${baseline} and ${candidate}: equivalent, ` +
        `${candidate} ${percentFaster(result.speedup)} inside ±${percent(margin)} (${interval}).`
      );
    case 'inconclusive': {
      const leaning =
        result.leaning === null
          ? ''
          : `; it leans to ${result.leaning}, but not surely enough among all comparisons made`;
      return `Inconclusive: ${candidate} measured ${shown.speedup} times as fast as ${baseline} (${interval})${leaning}.`;
    }
  }
}

function sentence(words: VerdictWords): string {
  const { candidate, baseline, result, margin } = words;
  if (result.status === 'error')
    return `No comparison of ${candidate} with ${baseline}: ${refusals[result.error]}.`;
  if (result.status === 'ok') return okSentence(words, result);
  const { speedup, n } = result;
  const shown = speedup === null ? '' : figures({ speedup, ciLow: speedup, ciHigh: speedup }, margin).speedup;
  if (result.reason === 'zero-variance') {
    return (
      `No verdict: ${candidate} measured ${shown} times as fast as ${baseline} in each of ${blocks(n)}, ` +
      'and without any spread the certainty cannot be judged.'
    );
  }
  if (result.reason === 'too-few-guests') {
    return (
      `No interval: ${candidate} measured ${shown} times as fast as ${baseline} over ${blocks(n)}, and a single guest ` +
      'of a mode tells nothing of how much guests of this mode differ; at least two of each are needed.'
    );
  }
  const first =
    speedup === null
      ? `nothing is known yet of ${candidate} against ${baseline}`
      : `first estimate, without certainty, ${candidate} ${shown} times as fast as ${baseline}`;
  return `Too few blocks: ${n} of at least ${minBlocks}; ${first}.`;
}

const ownBeginnings = ['No ', 'Inconclusive:', 'Too few blocks:'];

/** What a comparison showed, in a sentence fit to be passed on. It claims no more than the verdict carries. */
export function verdictSentence(words: VerdictWords): string {
  const text = sentence(words);
  if (words.metricTitle === undefined) return text;
  const lower = ownBeginnings.some((beginning) => text.startsWith(beginning));
  return `${words.metricTitle}: ${lower ? text.charAt(0).toLowerCase() + text.slice(1) : text}`;
}

/** "a", "a and b", "a, b and c". */
function list(names: readonly string[]): string {
  return names.length < 2
    ? names.join('')
    : `${names.slice(0, -1).join(', ')} and ${names.slice(-1).join('')}`;
}

/** The overall figure over the workloads of a report, or which workloads it lacks. */
export function overallSentence({ candidate, baseline, family, margin }: OverallWords): string {
  if (family.status === 'error') return `No overall figure: ${refusals[family.error]}.`;
  const workloads = (n: number): string => (n === 1 ? '1 workload' : `${n} workloads`);
  const { summary } = family;
  if (summary === undefined) {
    if (family.names.length === 0) return 'No overall figure: nothing was compared.';
    return `No overall figure over ${workloads(family.names.length)}: ${list(family.summaryMissing)} cannot be judged yet.`;
  }
  const { ciLow, ciHigh, workloads: n } = summary;
  const shown = figures(summary, margin);
  const range =
    n === 1 ? '' : `; single workloads ${summary.lowest.toFixed(2)} to ${summary.highest.toFixed(2)}`;
  const interval = `${confidence(family.alpha)} interval ${shown.ciLow} to ${shown.ciHigh}${range}`;
  const over = n === 1 ? 'in this one workload' : `on average over ${workloads(n)}`;
  if (ciLow >= 1 / (1 + margin) && ciHigh <= 1 + margin) {
    return `No difference beyond ±${percent(margin)} between ${baseline} and ${candidate} ${over} (${interval}).`;
  }
  const figure = `${shown.speedup} times as fast as ${baseline} ${over} (${interval})`;
  return ciLow > 1 || ciHigh < 1
    ? `${candidate} is ${figure}.`
    : `Inconclusive: ${candidate} measured ${figure}.`;
}
