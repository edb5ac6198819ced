import type { Random } from '../statistics/seed';

/** Uniform on 0…1, never either. */
const uniform = (random: Random): number => (random.below(2 ** 32) + 0.5) / 2 ** 32;

/** Two independent draws of the standard normal distribution would come of it (Box & Muller 1958); this is the first. */
export function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(uniform(random))) * Math.cos(2 * Math.PI * uniform(random));
}

/** Chi-square by the cube of a normal (Wilson & Hilferty 1931): within 1 % from 3 degrees of freedom on. */
export function drawChiSquare(df: number, random: Random): number {
  const step = 2 / (9 * df);
  return df * Math.max(1e-3, 1 - step + drawNormal(random) * Math.sqrt(step)) ** 3;
}

/** P(T > t) of Student's t, to about three digits (Wallace 1959; the normal tail by Abramowitz & Stegun 26.2.17). */
export function roughTail(t: number, df: number): number {
  const z = ((8 * df + 1) / (8 * df + 3)) * Math.sqrt(df * Math.log1p((t * t) / df));
  const k = 1 / (1 + 0.2316419 * z);
  const series =
    k * (0.31938153 + k * (-0.356563782 + k * (1.781477937 + k * (-1.821255978 + k * 1.330274429))));
  const upper = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
  return t >= 0 ? upper : 1 - upper;
}
