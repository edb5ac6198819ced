import { anystopP, nominalLevel, tUpperQuantile, tUpperTail } from './distributions';
import type { PlanKind } from './comparison';

/** One comparison as another is set against it: its estimate of ln(speedup) and how sure that is. */
export interface Measured {
  readonly logEst: number;
  readonly logSe: number;
  readonly df: number;
  readonly plan: PlanKind;
  readonly alpha: number;
}

export interface Change {
  /** The later speedup divided by the earlier one. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  /** Two-sided, of "no change". */
  readonly p: number;
  /** 1 − alpha is the confidence of the interval: the stricter one of the two. */
  readonly alpha: number;
}

/**
 * The ratio of two speedups that were measured independently of each other. On the scale of logarithms it is the
 * difference T₂ − T₁ with SE² = se₁² + se₂² and Welch & Satterthwaite's degrees of freedom, SE⁴ / (se₁⁴/df₁ + se₂⁴/df₂),
 * at the stricter of the two experiments' own levels per look: where one of them was stopped by its figures, the ordinary
 * level would not hold.
 */
export function changeBetween(earlier: Measured, later: Measured): Change {
  const levels = [earlier, later].map(({ plan, alpha }) =>
    plan === 'anystop' ? nominalLevel(alpha) : alpha,
  );
  const alpha = Math.min(earlier.alpha, later.alpha);
  const difference = later.logEst - earlier.logEst;
  const total = earlier.logSe ** 2 + later.logSe ** 2;
  const standardError = Math.sqrt(total);
  const df = total ** 2 / (earlier.logSe ** 4 / earlier.df + later.logSe ** 4 / later.df);
  const half = tUpperQuantile(Math.min(...levels) / 2, df) * standardError;
  const nominal = Math.min(1, 2 * tUpperTail(Math.abs(difference) / standardError, df));
  const isAnystop = [earlier, later].some(({ plan }) => plan === 'anystop');
  return {
    ratio: Math.exp(difference),
    low: Math.exp(difference - half),
    high: Math.exp(difference + half),
    p: isAnystop ? anystopP(nominal) : nominal,
    alpha,
  };
}
