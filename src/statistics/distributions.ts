import { anystopTable } from './anystopTable';

/** Lanczos' approximation with g = 7 and nine terms (coefficients by P. Godfrey); relative error about 1e-15. */
const lanczos = [
  676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
];

/** ln Γ(x) for x > 0 (Lanczos 1964). */
export function logGamma(x: number): number {
  const t = x + 6.5;
  const sum = lanczos.reduce((total, c, i) => total + c / (x + i), 0.9999999999998099);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

const tiny = 1e-300;
const notZero = (x: number): number => (Math.abs(x) < tiny ? tiny : x);

/** The continued fraction of DLMF 8.17.22 by the modified Lentz method; converges fast for x < (a+1)/(a+b+2). */
function betaFraction(a: number, b: number, x: number): number {
  let c = 1;
  let d = 1 / notZero(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m <= 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / notZero(1 + even * d);
    c = notZero(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / notZero(1 + odd * d);
    c = notZero(1 + odd / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return value;
}

/**
 * The regularised incomplete beta function I_x(a, b) (DLMF 8.17). `y` is 1 − x: given apart, so that neither end
 * loses digits.
 */
export function incompleteBeta(a: number, b: number, x: number, y: number = 1 - x): number {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  const logX = x < 0.5 ? Math.log(x) : Math.log1p(-y);
  const logY = y < 0.5 ? Math.log(y) : Math.log1p(-x);
  const front = Math.exp(a * logX + b * logY + logGamma(a + b) - logGamma(a) - logGamma(b));
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(a, b, x)) / a
    : 1 - (front * betaFraction(b, a, y)) / b;
}

/** P(T > t) for Student's t with `df` > 0 degrees of freedom, also fractional (Abramowitz & Stegun 26.7.1). */
export function tUpperTail(t: number, df: number): number {
  if (Number.isNaN(t) || !(df > 0)) return NaN;
  if (t < 0) return 1 - tUpperTail(-t, df);
  const ratio = (t * t) / df;
  if (ratio === Infinity) return 0;
  return 0.5 * incompleteBeta(df / 2, 0.5, 1 / (1 + ratio), ratio / (1 + ratio));
}

function tDensity(t: number, df: number): number {
  const log =
    logGamma((df + 1) / 2) -
    logGamma(df / 2) -
    0.5 * Math.log(df * Math.PI) -
    ((df + 1) / 2) * Math.log1p((t * t) / df);
  return Math.exp(log);
}

const quantiles = new Map<string, number>();
const mostQuantiles = 200;

/** The t with P(T > t) = q, for 0 < q < 1. Known ones are kept: a report asks for a few of them thousands of times. */
export function tUpperQuantile(q: number, df: number): number {
  if (!(q > 0 && q < 1) || !(df > 0)) return NaN;
  if (q === 0.5) return 0;
  if (q > 0.5) return -tUpperQuantile(1 - q, df);
  const key = `${q}/${df}`;
  const known = quantiles.get(key);
  if (known !== undefined) return known;
  if (quantiles.size >= mostQuantiles) quantiles.clear();
  const t = findQuantile(q, df);
  quantiles.set(key, t);
  return t;
}

/** Newton's method on ln P, kept inside a bracket; 0 < q < 0.5. */
function findQuantile(q: number, df: number): number {
  let low = 0;
  let high = 1;
  while (tUpperTail(high, df) > q) {
    low = high;
    high *= 2;
  }
  let t = low;
  for (let i = 0; i < 100; i++) {
    const tail = tUpperTail(t, df);
    if (tail > q) low = t;
    else high = t;
    const newton = t + (Math.log(tail / q) * tail) / tDensity(t, df);
    const next = newton >= low && newton <= high ? newton : (low + high) / 2;
    const done = Math.abs(next - t) <= 1e-14 * next;
    t = next;
    if (done) break;
  }
  return t;
}

interface Point {
  readonly logOverall: number;
  readonly logNominal: number;
}
const points: readonly Point[] = anystopTable
  .map(({ overall, nominal }) => ({ logOverall: Math.log(overall), logNominal: Math.log(nominal) }))
  .sort((a, b) => a.logNominal - b.logNominal);
const largest = anystopTable.reduce((a, b) => (b.nominal > a.nominal ? b : a), { overall: 0, nominal: 0 });

/** Straight lines between the points of the table on log-log axes; below the table its first line goes on. */
function interpolate(x: number, from: keyof Point, to: keyof Point): number {
  const [first, ...rest] = points;
  let left: Point = first ?? { logOverall: 0, logNominal: 0 };
  let right = left;
  for (const point of rest) {
    if (right !== left && x <= right[from]) break;
    left = right;
    right = point;
  }
  return left[to] + ((right[to] - left[to]) * (x - left[from])) / (right[from] - left[from]);
}

/**
 * The overall p of an any-stop comparison from the smallest nominal two-sided p over its looks at 4…20 blocks:
 * log-log interpolation in the table, its first line below it, a straight line to (1, 1) above it.
 */
export function anystopP(pMin: number): number {
  if (pMin > largest.nominal) {
    return Math.min(
      1,
      largest.overall + ((1 - largest.overall) * (pMin - largest.nominal)) / (1 - largest.nominal),
    );
  }
  return Math.exp(interpolate(Math.log(Math.max(pMin, tiny)), 'logNominal', 'logOverall'));
}

/** The nominal two-sided level of each look that makes `alpha` over all looks at 4…20 blocks; `anystopP` backwards. */
export function nominalLevel(alpha: number): number {
  if (alpha > largest.overall) {
    return Math.min(
      1,
      largest.nominal + ((1 - largest.nominal) * (alpha - largest.overall)) / (1 - largest.overall),
    );
  }
  return Math.exp(interpolate(Math.log(Math.max(alpha, tiny)), 'logOverall', 'logNominal'));
}
