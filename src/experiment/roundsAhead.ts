import { minBlocks } from '../statistics/compare';
import { nominalLevel, tUpperQuantile } from '../statistics/distributions';
import type { Random } from '../statistics/seed';
import { drawChiSquare, drawNormal, roughTail } from './normal';

/** Where one comparison stands: enough to imagine how it goes on. */
export interface Outlook {
  /** Complete blocks so far, at least `minBlocks`. */
  readonly n: number;
  /** Of ln(speedup). */
  readonly estimate: number;
  readonly standardError: number;
  readonly df: number;
  /** Error probability of the interval, and what the family leaves a claim of a difference. */
  readonly alpha: number;
  readonly claimAlpha: number;
  readonly margin: number;
  readonly maxBlocks: number;
}

/** As in the stop rule (docs/STATISTICS.md): the estimator changes, and futility is asked for, from here on. */
const biweightFrom = 10;
const futilityChance = 0.1;

/**
 * How many further rounds a benchmark needs until all of its comparisons have come to an end, in `draws` futures that
 * fit what was measured: the spread from its chi-square, the effect from its t, then a block after the other by the
 * stop rule's own limits. In no order; the same for the same random source.
 */
export function drawRoundsAhead(outlooks: readonly Outlook[], draws: number, random: Random): number[] {
  return Array.from({ length: draws }, () =>
    outlooks.reduce((most, outlook) => Math.max(most, drawOne(outlook, random)), 0),
  );
}

function drawOne(outlook: Outlook, random: Random): number {
  const { n, estimate, standardError, df, maxBlocks } = outlook;
  if (ends(outlook, n, estimate, standardError)) return 0;
  const spread = standardError * Math.sqrt(n) * Math.sqrt(df / drawChiSquare(df, random));
  const effect = estimate + (spread / Math.sqrt(n)) * drawNormal(random);
  let mean = estimate;
  let squares = (n - 1) * standardError ** 2 * n;
  for (let at = n + 1; at < maxBlocks; at += 1) {
    const value = effect + spread * drawNormal(random);
    const before = value - mean;
    mean += before / at;
    squares += before * (value - mean);
    if (ends(outlook, at, mean, Math.sqrt(squares / (at - 1) / at))) return at - n;
  }
  return Math.max(0, maxBlocks - n);
}

/** The stop rule on a mean and its standard error. */
function ends(
  { alpha, claimAlpha, margin, maxBlocks }: Outlook,
  n: number,
  mean: number,
  se: number,
): boolean {
  if (n < minBlocks) return false;
  if (n >= maxBlocks) return true;
  const half = quantile(alpha, n) * se;
  const limit = Math.log1p(margin);
  if (Math.abs(mean) + half <= limit) return true;
  if (Math.abs(mean) > Math.max(half, quantile(claimAlpha, n) * se)) return true;
  return n >= biweightFrom && chanceAt(maxBlocks, { n, mean, se, limit, alpha }) < futilityChance;
}

interface Look {
  readonly n: number;
  readonly mean: number;
  readonly se: number;
  readonly limit: number;
  readonly alpha: number;
}

/** The chance of any verdict at the last block, as the stop rule has it. */
function chanceAt(last: number, { n, mean, se, limit, alpha }: Look): number {
  const half = quantile(alpha, last) * se * Math.sqrt(n / last);
  const sigma = se * Math.sqrt(1 - n / last);
  const below = (x: number): number => roughTail(-x / sigma, dfOf(n));
  const inside = half < limit ? below(limit - half - mean) - below(half - limit - mean) : 0;
  return below(mean - half) + below(-mean - half) + inside;
}

const dfOf = (n: number): number => (n < biweightFrom ? n - 1 : 0.75 * (n - 1));

const quantiles = new Map<string, number>();

/** Half the width of a look's interval in standard errors: the same few are asked for thousands of times. */
function quantile(alpha: number, n: number): number {
  const key = `${alpha} ${n}`;
  const known = quantiles.get(key);
  if (known !== undefined) return known;
  const value = tUpperQuantile(nominalLevel(alpha) / 2, dfOf(n));
  quantiles.set(key, value);
  return value;
}
