import {
  compare,
  withAdjustedP,
  type ComparisonFailure,
  type ComparisonInput,
  type ComparisonOk,
  type Estimated,
  type Leaning,
  type PlanKind,
  type Verdict,
} from './comparison';
import { nominalLevel, tUpperQuantile } from './distributions';
import { checkOptions, fieldsOf } from './input';
import { mean } from './location';

export interface FamilyComparison extends Pick<ComparisonInput, 'direction' | 'resolution' | 'blocks'> {
  readonly name: string;
}

/** All planned comparisons of a report: those still without data too, for the correction counts them. */
export interface FamilyInput {
  readonly plan: PlanKind;
  readonly alpha: number;
  readonly margin: number;
  readonly comparisons: readonly FamilyComparison[];
}

/** The geometric mean of the speedups of these workloads, not of workloads in general. */
export interface Summary {
  readonly speedup: number;
  readonly ciLow: number;
  readonly ciHigh: number;
  readonly df: number;
  readonly workloads: number;
  /** The smallest and the largest speedup of a single workload. */
  readonly lowest: number;
  readonly highest: number;
}

interface FamilyLists {
  readonly status: 'ok';
  readonly alpha: number;
  /** In the order of the input: name, and the result with the verdict that holds in this family. */
  readonly names: readonly string[];
  readonly results: readonly Estimated[];
  /** A comparison without p counts as 1. */
  readonly p: readonly number[];
  readonly holm: readonly number[];
  /** For information; no verdict rests on it. */
  readonly bh: readonly number[];
  readonly verdicts: readonly Verdict[];
  readonly leaning: readonly (Leaning | null)[];
  readonly speedups: readonly (number | null)[];
}

/** Either an overall figure, or the names of the workloads it lacks. */
export type FamilyOk = FamilyLists &
  (
    | { readonly summary: Summary; readonly summaryMissing?: never }
    | { readonly summaryMissing: readonly string[]; readonly summary?: never }
  );

export type FamilyResult = FamilyOk | ComparisonFailure;

/** p values, smallest first, each with its place in the input. */
function ranked(p: readonly number[]): { readonly p: number; readonly index: number }[] {
  return p.map((value, index) => ({ p: value, index })).sort((a, b) => a.p - b.p);
}

/** Holm's adjusted p values (1979): valid whatever the dependence between the comparisons. */
export function holm(p: readonly number[]): number[] {
  const adjusted = p.map(() => 1);
  let highest = 0;
  ranked(p).forEach((entry, rank) => {
    highest = Math.max(highest, Math.min(1, entry.p * (p.length - rank)));
    adjusted[entry.index] = highest;
  });
  return adjusted;
}

/** Adjusted p values of Benjamini & Hochberg (1995). */
export function benjaminiHochberg(p: readonly number[]): number[] {
  const adjusted = p.map(() => 1);
  let lowest = 1;
  for (const [rank, entry] of [...ranked(p).entries()].reverse()) {
    lowest = Math.min(lowest, (entry.p * p.length) / (rank + 1));
    adjusted[entry.index] = lowest;
  }
  return adjusted;
}

/** Equal weights; standard errors add in quadrature, degrees of freedom after Welch & Satterthwaite. */
function summarise(results: readonly ComparisonOk[], level: number): Summary {
  const estimate = mean(results.map(({ logEst }) => logEst));
  const variances = results.map(({ logSe }) => logSe ** 2);
  const total = variances.reduce((sum, v) => sum + v, 0);
  const df = total ** 2 / results.reduce((sum, { logSe, df: own }) => sum + logSe ** 4 / own, 0);
  const half = (tUpperQuantile(level / 2, df) * Math.sqrt(total)) / results.length;
  const speedups = results.map(({ speedup }) => speedup);
  return {
    speedup: Math.exp(estimate),
    ciLow: Math.exp(estimate - half),
    ciHigh: Math.exp(estimate + half),
    df,
    workloads: results.length,
    lowest: Math.min(...speedups),
    highest: Math.max(...speedups),
  };
}

/** All comparisons of a report together: each by its blocks, then `familyOf`. One bad value fails all. */
export function compareFamily(input: FamilyInput): FamilyResult {
  const options = checkOptions(input);
  if (options.status === 'error') return options;
  const rows: unknown = fieldsOf(input)?.['comparisons'];
  if (!Array.isArray(rows) || !rows.every((row) => fieldsOf(row) !== undefined)) {
    return { status: 'error', error: 'E_OPTION' };
  }
  const { plan, alpha, margin } = options;
  const singles: Estimated[] = [];
  const names: string[] = [];
  for (const comparison of input.comparisons) {
    const result = compare({ ...comparison, plan, alpha, margin });
    if (result.status === 'error') return result;
    singles.push(result);
    names.push(comparison.name);
  }
  return familyOf(names, singles, { plan, alpha });
}

/** Holm's correction, verdicts and the overall figure of comparisons that were made one by one with these settings. */
export function familyOf(
  names: readonly string[],
  singles: readonly Estimated[],
  { plan, alpha }: Pick<FamilyInput, 'plan' | 'alpha'>,
): FamilyOk {
  const p = singles.map((result) => (result.status === 'ok' ? result.p : 1));
  const adjusted = holm(p);
  const results = singles.map((result, index) =>
    result.status === 'ok' ? withAdjustedP(result, adjusted[index] ?? 1) : result,
  );
  const lists: FamilyLists = {
    status: 'ok',
    alpha,
    names,
    results,
    p,
    holm: adjusted,
    bh: benjaminiHochberg(p),
    verdicts: results.map(({ verdict }) => verdict),
    leaning: results.map((result) => (result.status === 'ok' ? result.leaning : null)),
    speedups: results.map(({ speedup }) => speedup),
  };
  const estimated = results.filter((result) => result.status === 'ok');
  if (estimated.length === 0 || estimated.length < results.length) {
    return { ...lists, summaryMissing: names.filter((_, index) => results[index]?.status !== 'ok') };
  }
  return { ...lists, summary: summarise(estimated, plan === 'anystop' ? nominalLevel(alpha) : alpha) };
}
