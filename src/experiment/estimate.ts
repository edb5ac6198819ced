import type { Trial } from '../model/experiment';
import { lanesOf } from './lanes';
import type { GuestRef } from '../model/experiment';

/** What a trial costs besides the benchmark itself: starting the job, fetching and storing the result. */
const overheadSeconds = 1.5;

export interface Estimator {
  /** Notes how long a trial of a benchmark took. */
  add(benchmark: string, seconds: number): void;
  /** Seconds until the slowest lane has run the trials that are left. */
  secondsFor(left: readonly Trial[]): number;
}

/**
 * Estimates the time left: the mean duration of the trials seen so far, per benchmark, and the benchmark's own
 * rough figure before the first one.
 */
export function createEstimator(
  guests: readonly GuestRef[],
  roughSeconds: (benchmark: string) => number,
): Estimator {
  const seen = new Map<string, { count: number; seconds: number }>();
  const secondsOf = (benchmark: string): number => {
    const entry = seen.get(benchmark);
    return entry ? entry.seconds / entry.count : roughSeconds(benchmark) + overheadSeconds;
  };
  return {
    add(benchmark, seconds) {
      const entry = seen.get(benchmark) ?? { count: 0, seconds: 0 };
      seen.set(benchmark, { count: entry.count + 1, seconds: entry.seconds + seconds });
    },
    secondsFor(left) {
      let longest = 0;
      for (const lane of lanesOf(guests, left).values()) {
        longest = Math.max(
          longest,
          lane.reduce((sum, trial) => sum + secondsOf(trial.benchmark), 0),
        );
      }
      return longest;
    },
  };
}
