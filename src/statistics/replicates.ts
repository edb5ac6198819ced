import {
  maxAnystopBlocks,
  minBlocks,
  readOff,
  type ComparisonFailure,
  type Estimated,
  type PlanKind,
} from './comparison';
import { anystopP, nominalLevel, tUpperQuantile, tUpperTail } from './distributions';
import { checkOptions } from './input';
import { locate, mean, noSpread } from './location';

/** The values of each guest over the blocks that are complete in all guests of the host, in the order of the blocks. */
export interface HostGroups {
  readonly host: string;
  readonly baseline: readonly (readonly number[])[];
  readonly candidate: readonly (readonly number[])[];
}

export interface ReplicateInput {
  readonly plan: PlanKind;
  readonly alpha: number;
  readonly margin: number;
  readonly direction: 'higher' | 'lower';
  readonly resolution?: number;
  /** Every host by itself: each must have guests of both sides. */
  readonly hosts: readonly HostGroups[];
}

/** One host's own result where there are several; its interval is null where a side has one guest only. */
export interface HostResult {
  readonly host: string;
  readonly speedup: number;
  readonly interval: readonly [number, number] | null;
}

export type ReplicateResult = (Estimated & { readonly hosts: readonly HostResult[] }) | ComparisonFailure;

type InsufficientReason = Extract<Estimated, { status: 'insufficient' }>['reason'];

/** The guests of one side on one host: `spread` is the variance from guest to guest, null for a single one. */
interface Side {
  readonly mean: number;
  readonly spread: number | null;
  readonly df: number;
}

/**
 * A guest's one value: where ln(value) lies over its blocks (the mean below ten blocks, the biweight from there on).
 * NaN without a block.
 */
export function guestLocation(values: readonly number[]): number {
  const logs = values.map(Math.log);
  return logs.length < 2 ? (logs[0] ?? NaN) : locate(logs).estimate;
}

function sideOf(guests: readonly (readonly number[])[]): Side {
  const values = guests.map(guestLocation);
  const centre = mean(values);
  const df = values.length - 1;
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return { mean: centre, spread: df < 1 ? null : squares / df, df };
}

/**
 * Two guests can lie close together by chance; beside more guests of the other side, Welch's degrees of freedom would
 * then hide how little two say (in simulations up to 11 % false claims instead of 5). So two are never taken to spread
 * less than the others do, and keep their one degree of freedom.
 */
function atLeastLike(own: Side, other: Side): number {
  const spread = own.spread ?? NaN;
  return own.df === 1 && other.df > 1 ? Math.max(spread, other.spread ?? NaN) : spread;
}

interface Estimate {
  readonly estimate: number;
  /** Null where a side has one guest only: nothing tells how much guests of one mode differ. */
  readonly standardError: number | null;
  readonly df: number;
}

/**
 * Welch's two-sample comparison of the guests' values on one host (Welch 1947): the difference of the means, with
 * SE² = s_a²/n_a + s_b²/n_b and df = SE⁴ / Σ (s²/n)²/(n − 1).
 */
function welch(baseline: Side, candidate: Side, sign: 1 | -1): Estimate {
  const estimate = sign * (candidate.mean - baseline.mean);
  if (baseline.spread === null || candidate.spread === null) return { estimate, standardError: null, df: 0 };
  const a = atLeastLike(baseline, candidate) / (baseline.df + 1);
  const b = atLeastLike(candidate, baseline) / (candidate.df + 1);
  const total = a + b;
  const parts = a ** 2 / baseline.df + b ** 2 / candidate.df;
  return { estimate, standardError: Math.sqrt(total), df: total === 0 ? 1 : total ** 2 / parts };
}

/**
 * Equal weights for hosts, as for the workloads of a family: the mean of the estimates, SE = √Σse²/H, degrees of
 * freedom after Welch & Satterthwaite. Exactly the host's own figures when there is one.
 */
function pooled(hosts: readonly Estimate[]): Estimate {
  const estimate = mean(hosts.map((host) => host.estimate));
  const errors = hosts.flatMap(({ standardError }) => (standardError === null ? [] : [standardError]));
  if (errors.length < hosts.length) return { estimate, standardError: null, df: 0 };
  const total = errors.reduce((sum, error) => sum + error ** 2, 0);
  const parts = hosts.reduce((sum, { standardError, df }) => sum + (standardError ?? 0) ** 4 / df, 0);
  return {
    estimate,
    standardError: Math.sqrt(total) / hosts.length,
    df: total === 0 ? 1 : total ** 2 / parts,
  };
}

/** What rounding to the last printed digit hides, as if it were the same in all guests of a side. */
function roundingError({ baseline, candidate }: HostGroups, resolution: number): number {
  const relative = (guests: readonly (readonly number[])[]) =>
    resolution / Math.exp(mean(guests.map(guestLocation)));
  const blocks = Math.max(1, baseline[0]?.length ?? 0);
  return Math.hypot(relative(baseline), relative(candidate)) / Math.sqrt(12 * blocks);
}

/**
 * Compares two groups of guests, each guest one value: so the verdict is about the modes, as far as these guests stand
 * for them, not about two particular guests. The level is that of the any-stop plan, for people look here too after each
 * block; p is made of the last look alone, so it can rise again, which errs to the safe side. Fewer than two guests in a
 * group give an estimate only (`too-few-guests`). Bad input is a result with status 'error'.
 */
export function compareReplicates(input: ReplicateInput): ReplicateResult {
  const options = checkOptions(input);
  if (options.status === 'error') return options;
  const { plan, alpha, margin } = options;
  const all = input.hosts.flatMap(({ baseline, candidate }) => [...baseline, ...candidate]);
  if (!all.flat().every(Number.isFinite)) return { status: 'error', error: 'E_NOT_FINITE' };
  if (!all.flat().every((value) => value > 0)) return { status: 'error', error: 'E_NOT_POSITIVE' };
  const most = plan === 'anystop' ? maxAnystopBlocks : Infinity;
  const groups = input.hosts.map((host) => ({
    host: host.host,
    baseline: host.baseline.map((values) => values.slice(0, most)),
    candidate: host.candidate.map((values) => values.slice(0, most)),
  }));
  const blocksOf = (hosts: readonly HostGroups[]) => hosts.map(({ baseline }) => baseline[0]?.length ?? 0);
  const n = Math.min(...blocksOf(groups), Infinity);
  const counts = {
    n: Number.isFinite(n) ? n : 0,
    dropped: 0,
    ignored: Math.max(0, ...blocksOf(input.hosts).map((blocks) => blocks - most)),
  };
  const sign = input.direction === 'higher' ? 1 : -1;
  const level = plan === 'anystop' ? nominalLevel(alpha) : alpha;
  const perHost = groups.map((group) => welch(sideOf(group.baseline), sideOf(group.candidate), sign));
  const together = pooled(perHost);
  const insufficient = (reason: InsufficientReason): ReplicateResult => ({
    status: 'insufficient',
    reason,
    speedup: Number.isFinite(together.estimate) ? Math.exp(together.estimate) : null,
    verdict: 'insufficient',
    ...counts,
    hosts: [],
  });
  if (counts.n < minBlocks) return insufficient('too-few-blocks');
  if (together.standardError === null) return insufficient('too-few-guests');
  const floor =
    input.resolution === undefined
      ? 0
      : Math.hypot(...groups.map((group) => roundingError(group, input.resolution ?? 0))) / groups.length;
  const standardError = Math.max(together.standardError, floor);
  if (standardError < noSpread) return insufficient('zero-variance');

  const estimate = together.estimate + 0; // never −0
  const { df } = together;
  const nominal = Math.min(1, 2 * tUpperTail(Math.abs(estimate) / standardError, df));
  const p = plan === 'anystop' ? anystopP(nominal) : nominal;
  return {
    ...readOff({ estimate, standardError, df }, p, { alpha, level, margin }),
    method: 'welch-t',
    resolutionFloor: floor > together.standardError,
    zeroWeightBlocks: 0,
    outlierBlocks: [],
    ...counts,
    hosts: groups.map(({ host }, index) => hostResult(host, perHost[index], level)),
  };
}

function hostResult(host: string, found: Estimate | undefined, level: number): HostResult {
  const { estimate, standardError, df } = found ?? { estimate: NaN, standardError: null, df: 0 };
  if (standardError === null) return { host, speedup: Math.exp(estimate), interval: null };
  const half = tUpperQuantile(level / 2, df) * standardError;
  return {
    host,
    speedup: Math.exp(estimate),
    interval: [Math.exp(estimate - half), Math.exp(estimate + half)],
  };
}
