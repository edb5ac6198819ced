export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The middle of some figures; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  const upper = sorted[Math.floor(half)] ?? NaN;
  return Number.isInteger(half) ? ((sorted[half - 1] ?? NaN) + upper) / 2 : upper;
}

/** The interval between two of the figures that holds the median of what they are drawn from in 95 % of all cases. */
export function medianInterval(values: readonly number[]): readonly [low: number, high: number] {
  const sorted = [...values].sort((a, b) => a - b);
  const count = sorted.length;
  // Chance that exactly, and at most, so many of the figures lie below that median.
  let below = 0;
  let exactly = 0.5 ** count;
  let atMost = exactly;
  while (atMost <= 0.025) {
    exactly *= (count - below) / (below + 1);
    atMost += exactly;
    below += 1;
  }
  const from = Math.max(0, below - 1);
  return [sorted[from] ?? NaN, sorted[count - 1 - from] ?? NaN];
}
