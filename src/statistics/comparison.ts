import { anystopP, nominalLevel, tUpperQuantile, tUpperTail } from './distributions';
import {
  checkComparison,
  checkOptions,
  isResolution,
  type CheckedComparison,
  type ComparisonError,
  type CompleteBlock,
} from './input';
import { locate, mean, noSpread, type Location } from './location';

/** Fewer complete blocks give an estimate, but neither an interval nor a verdict. */
export const minBlocks = 4;
/** The any-stop plan is calibrated for looks at 4…20 complete blocks; later blocks are ignored. */
export const maxAnystopBlocks = 20;

export type PlanKind = 'anystop' | 'fixed';

export interface Block {
  readonly block: number;
  /** The baseline's value; null: the measurement is missing. */
  readonly a: number | null;
  /** The candidate's value; null: the measurement is missing. */
  readonly b: number | null;
}

export interface ComparisonInput {
  readonly plan: PlanKind;
  /** Error probability of the interval and of a claim, 0.001…0.2. */
  readonly alpha: number;
  /** What counts as no difference: 0.02 is ±2 %. */
  readonly margin: number;
  readonly direction: 'higher' | 'lower';
  /** The last printed digit of the metric, in its unit: a clock that shows whole seconds has 1. */
  readonly resolution?: number;
  readonly blocks: readonly Block[];
}

export type Decision = 'faster' | 'slower' | 'equivalent' | 'inconclusive';
export type Verdict = Decision | 'insufficient';
export type Leaning = 'faster' | 'slower';

export interface ComparisonFailure {
  readonly status: 'error';
  readonly error: ComparisonError;
}

interface Counts {
  /** Complete blocks used. */
  readonly n: number;
  /** Blocks left out because a measurement is missing. */
  readonly dropped: number;
  /** Complete blocks beyond the end of the any-stop plan. */
  readonly ignored: number;
}

export interface ComparisonInsufficient<Reason = 'too-few-blocks' | 'zero-variance'> extends Counts {
  readonly status: 'insufficient';
  readonly reason: Reason;
  /** A first estimate without any certainty; null without a complete block. */
  readonly speedup: number | null;
  readonly verdict: 'insufficient';
}

export interface ComparisonOk extends Counts {
  readonly status: 'ok';
  /** `welch-t`: of modes, over their guests. */
  readonly method: Location['method'] | 'welch-t';
  /** Candidate against baseline; above 1 the candidate is better, whatever the metric's direction. */
  readonly speedup: number;
  readonly ciLow: number;
  readonly ciHigh: number;
  /** Two-sided, of "no difference"; in the any-stop plan valid whenever one stops. Not adjusted for a family. */
  readonly p: number;
  /** Two one-sided tests against the margin (Schuirmann 1987). */
  readonly tostP: number;
  readonly equivalent: boolean;
  readonly logEst: number;
  readonly logSe: number;
  readonly df: number;
  /** 1 − alpha is the confidence of the interval. */
  readonly alpha: number;
  /** The two-sided level this look used. */
  readonly nominalLevel: number;
  /** Whether the standard error was raised to what the metric's resolution allows. */
  readonly resolutionFloor: boolean;
  readonly zeroWeightBlocks: number;
  /** Numbers of the blocks without weight. */
  readonly outlierBlocks: readonly number[];
  readonly verdict: Decision;
  /** Where an inconclusive result leans: its interval excludes 1, but the family's correction does not confirm it. */
  readonly leaning: Leaning | null;
}

/** A result without a test: what is shown of a metric on which nothing is decided. */
export type ShownOk = Pick<
  ComparisonOk,
  'status' | 'speedup' | 'ciLow' | 'ciHigh' | 'logSe' | 'df' | 'alpha' | 'outlierBlocks' | keyof Counts
>;
export type ShownResult = ShownOk | ComparisonInsufficient | ComparisonFailure;

/** Of two guests by their blocks, or of two modes by their guests, of which one mode may have a single one. */
export type Estimated =
  ComparisonOk | ComparisonInsufficient<ComparisonInsufficient['reason'] | 'too-few-guests'>;

export type ComparisonResult = ComparisonOk | ComparisonInsufficient | ComparisonFailure;

interface Look extends Location {
  readonly floored: boolean;
}

/** ln(speedup) of a block: above 0 the candidate is better. */
function logRatio({ a, b }: CompleteBlock, sign: 1 | -1): number {
  return sign * (Math.log(b) - Math.log(a));
}

/** The location of the blocks' log-ratios `d`, never surer than the metric's last digit allows (uniform rounding error). */
function look(d: readonly number[], blocks: readonly CompleteBlock[], resolution: number | undefined): Look {
  const location = locate(d);
  if (resolution === undefined) return { ...location, floored: false };
  const relative = (values: readonly number[]): number => resolution / Math.exp(mean(values.map(Math.log)));
  const floor =
    Math.hypot(relative(blocks.map(({ a }) => a)), relative(blocks.map(({ b }) => b))) /
    Math.sqrt(12 * blocks.length);
  return {
    ...location,
    standardError: Math.max(location.standardError, floor),
    floored: floor > location.standardError,
  };
}

function twoSidedP({ estimate, standardError, df }: Location): number {
  return Math.min(1, 2 * tUpperTail(Math.abs(estimate) / standardError, df));
}

/** The smallest nominal p over all looks up to now; a look without spread could not have decided and counts as 1. */
function smallestP(blocks: readonly CompleteBlock[], last: Look, at: (n: number) => Look): number {
  let smallest = twoSidedP(last);
  for (let n = minBlocks; n < blocks.length; n++) {
    const early = at(n);
    if (early.standardError >= noSpread) smallest = Math.min(smallest, twoSidedP(early));
  }
  return smallest;
}

/** The verdict read off an interval of ln(speedup), given the p that its family leaves it. */
export function decide(
  interval: { readonly low: number; readonly high: number },
  equivalent: boolean,
  p: number,
  alpha: number,
): { readonly verdict: Decision; readonly leaning: Leaning | null } {
  if (equivalent) return { verdict: 'equivalent', leaning: null };
  const side = interval.low > 0 ? 'faster' : interval.high < 0 ? 'slower' : null;
  if (side === null) return { verdict: 'inconclusive', leaning: null };
  return p <= alpha ? { verdict: side, leaning: null } : { verdict: 'inconclusive', leaning: side };
}

/** What an estimate of ln(speedup) says by itself: its interval at `level`, the test against the margin, the verdict. */
export function readOff(
  { estimate, standardError, df }: Pick<Location, 'estimate' | 'standardError' | 'df'>,
  p: number,
  { alpha, level, margin }: { readonly alpha: number; readonly level: number; readonly margin: number },
) {
  const half = tUpperQuantile(level / 2, df) * standardError;
  const interval = { low: estimate - half, high: estimate + half };
  const limit = Math.log1p(margin);
  const equivalent = interval.low >= -limit && interval.high <= limit;
  return {
    status: 'ok',
    speedup: Math.exp(estimate),
    ciLow: Math.exp(interval.low),
    ciHigh: Math.exp(interval.high),
    p,
    tostP: Math.max(
      tUpperTail((estimate + limit) / standardError, df),
      tUpperTail((limit - estimate) / standardError, df),
    ),
    equivalent,
    logEst: estimate,
    logSe: standardError,
    df,
    alpha,
    nominalLevel: level,
    ...decide(interval, equivalent, p, alpha),
  } as const;
}

/** The same result with the verdict it has when its family leaves it the p `adjusted`. */
export function withAdjustedP(result: ComparisonOk, adjusted: number): ComparisonOk {
  const half = tUpperQuantile(result.nominalLevel / 2, result.df) * result.logSe;
  const interval = { low: result.logEst - half, high: result.logEst + half };
  return { ...result, ...decide(interval, result.equivalent, adjusted, result.alpha) };
}

interface Reading {
  readonly status: 'read';
  readonly blocks: readonly CompleteBlock[];
  readonly counts: Counts;
  /** The location over the first `n` blocks. */
  readonly lookAt: (n: number) => Look;
  readonly now: Look;
  /** Of `now`, never −0. */
  readonly estimate: number;
  readonly level: number;
  readonly outlierBlocks: readonly number[];
}

/** Where the difference lies over the blocks that count, or why that cannot be said. */
function read(checked: CheckedComparison): Reading | ComparisonInsufficient {
  const { plan, alpha, sign, resolution, complete, dropped } = checked;
  const blocks = plan === 'anystop' ? complete.slice(0, maxAnystopBlocks) : complete;
  const counts = { n: blocks.length, dropped, ignored: complete.length - blocks.length };
  const insufficient = (
    reason: ComparisonInsufficient['reason'],
    logEst: number,
  ): ComparisonInsufficient => ({
    status: 'insufficient',
    reason,
    speedup: blocks.length === 0 ? null : Math.exp(logEst),
    verdict: 'insufficient',
    ...counts,
  });
  const d = blocks.map((block) => logRatio(block, sign));
  if (blocks.length < minBlocks) return insufficient('too-few-blocks', mean(d));

  const now = look(d, blocks, resolution);
  const estimate = now.estimate + 0; // never −0
  if (now.standardError < noSpread) return insufficient('zero-variance', estimate);
  return {
    status: 'read',
    blocks,
    counts,
    lookAt: (n) => look(d.slice(0, n), blocks.slice(0, n), resolution),
    now,
    estimate,
    level: plan === 'anystop' ? nominalLevel(alpha) : alpha,
    outlierBlocks: now.outliers.flatMap((index) => blocks[index]?.block ?? []),
  };
}

/**
 * Compares candidate `b` with baseline `a` over paired blocks (docs/STATISTICS.md). Bad input is a result with
 * status 'error': E_OPTION, E_DUPLICATE_BLOCK, E_NOT_FINITE or E_NOT_POSITIVE.
 */
export function compare(input: ComparisonInput): ComparisonResult {
  const checked = checkComparison(input);
  if (checked.status === 'error') return checked;
  const found = read(checked);
  if (found.status === 'insufficient') return found;
  const { plan, alpha, margin } = checked;
  const { blocks, counts, lookAt, now, estimate, level, outlierBlocks } = found;
  const { standardError, df } = now;
  const p = plan === 'anystop' ? anystopP(smallestP(blocks, now, lookAt)) : twoSidedP(now);
  return {
    ...readOff({ estimate, standardError, df }, p, { alpha, level, margin }),
    method: now.method,
    resolutionFloor: now.floored,
    zeroWeightBlocks: outlierBlocks.length,
    outlierBlocks,
    ...counts,
  };
}

/**
 * The speedup and interval that `compare` gives, without its tests: a report shows thousands of figures on which nothing
 * is decided. `blocks`: complete, rising, each number once, all values above 0; that is not checked again.
 */
export function estimate({
  blocks,
  direction,
  resolution,
  ...settings
}: Omit<ComparisonInput, 'blocks'> & { readonly blocks: readonly CompleteBlock[] }): ShownResult {
  const options = checkOptions(settings);
  if (options.status === 'error') return options;
  if (!isResolution(resolution)) return { status: 'error', error: 'E_OPTION' };
  const sign = direction === 'higher' ? 1 : -1;
  const found = read({ ...options, sign, resolution, complete: blocks, dropped: 0 });
  if (found.status === 'insufficient') return found;
  const { standardError, df } = found.now;
  const half = tUpperQuantile(found.level / 2, df) * standardError;
  return {
    status: 'ok',
    speedup: Math.exp(found.estimate),
    ciLow: Math.exp(found.estimate - half),
    ciHigh: Math.exp(found.estimate + half),
    logSe: standardError,
    df,
    alpha: options.alpha,
    outlierBlocks: found.outlierBlocks,
    ...found.counts,
  };
}
