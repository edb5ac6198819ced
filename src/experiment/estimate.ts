import type { GuestRef, Trial } from '../model/experiment';
import { seededRandom, type Random } from '../statistics/seed';
import { lanesOf } from './lanes';
import { drawNormal } from './normal';

/** What a trial costs besides the benchmark itself: starting the job, fetching and storing the result. */
export const overheadSeconds = 1.5;
/** Futures that are imagined for a range. */
export const futures = 200;
/** The share of them that lies below, and above, the range. */
const tailShare = 0.025;
/** A benchmark's own rough figure is off by a factor: the standard deviation of its logarithm. */
const roughSpread = 0.5;
/** How much trials of one benchmark on one guest differ, before that is known, and how many trials this counts for. */
const usualSpread = 0.05;
const usualWeight = 3;

/** Seconds until an experiment ends. */
export interface TimeLeft {
  readonly lowSeconds: number;
  readonly highSeconds: number;
  /** `at-most`: too little was measured to say how early it may end. */
  readonly kind: 'range' | 'at-most';
}

/**
 * What is known of the further rounds of a benchmark: all that are planned; so many in each imagined future; or
 * nothing but that all planned ones are the most.
 */
export type RoundsAhead = 'all' | 'unknown' | readonly number[];

export interface Estimator {
  /** Notes how long a trial of a benchmark took, on which guest. */
  add(benchmark: string, seconds: number, guest?: string): void;
  /** Seconds until the slowest lane has run the trials that are left, on average. */
  secondsFor(left: readonly Trial[]): number;
  /** The same as a range that holds in about nine of ten experiments. */
  rangeFor(left: readonly Trial[], ahead: (benchmark: string) => RoundsAhead): TimeLeft;
}

/** How long one trial takes, and how sure that is. */
interface Length {
  readonly seconds: number;
  /** Coefficient of variation from trial to trial. */
  readonly spread: number;
  /** Trials seen; 0: only the rough figure is known. */
  readonly count: number;
}

/**
 * Estimates the time left: the mean duration of the trials seen so far, per benchmark and guest, and the benchmark's
 * own rough figure before the first one.
 */
export function createEstimator(
  guests: readonly GuestRef[],
  roughSeconds: (benchmark: string) => number,
): Estimator {
  const seen = new Map<string, number[]>();
  const note = (key: string, seconds: number): void => {
    seen.set(key, [...(seen.get(key) ?? []), seconds]);
  };
  const lengthOf = (benchmark: string, guest: string): Length => {
    const durations = seen.get(keyOf(benchmark, guest)) ?? seen.get(benchmark);
    if (!durations)
      return { seconds: roughSeconds(benchmark) + overheadSeconds, spread: roughSpread, count: 0 };
    return lengthFrom(durations);
  };
  return {
    add(benchmark, seconds, guest) {
      note(benchmark, seconds);
      if (guest !== undefined) note(keyOf(benchmark, guest), seconds);
    },
    secondsFor(left) {
      const lanes = [...lanesOf(guests, left).values()];
      const secondsOf = ({ benchmark }: Trial): number => lengthOf(benchmark, '').seconds;
      return Math.max(0, ...lanes.map((lane) => lane.reduce((sum, trial) => sum + secondsOf(trial), 0)));
    },
    rangeFor(left, ahead) {
      const lanes = [...lanesOf(guests, left).values()].map((lane) =>
        piecesOf(lane).map((piece) => ({
          ...piece,
          length: lengthOf(piece.benchmark, piece.guest),
          ahead: ahead(piece.benchmark),
        })),
      );
      const random = seededRandom(left.length, 'time left');
      const totals = Array.from({ length: futures }, (_, future) => {
        const luck = luckOf(random);
        const sums = lanes.map((lane) =>
          lane.reduce((sum, piece) => sum + drawSeconds(piece, future, luck), 0),
        );
        return Math.max(0, ...sums);
      }).sort((a, b) => a - b);
      return {
        lowSeconds: totals[Math.floor(tailShare * futures)] ?? 0,
        highSeconds: totals[Math.ceil((1 - tailShare) * futures) - 1] ?? 0,
        kind: lanes.flat().some((piece) => piece.ahead === 'unknown') ? 'at-most' : 'range',
      };
    },
  };
}

/** No block begins after the limit: what runs then comes to its end, which this leaves out. */
export function withinLimit(left: TimeLeft, limitSeconds: number): TimeLeft {
  const limit = Math.max(0, limitSeconds);
  const { lowSeconds, highSeconds, kind } = left;
  return { lowSeconds: Math.min(lowSeconds, limit), highSeconds: Math.min(highSeconds, limit), kind };
}

/** The same some time later, with nothing new known. */
export function laterBy({ lowSeconds, highSeconds, kind }: TimeLeft, seconds: number): TimeLeft {
  return {
    lowSeconds: Math.max(0, lowSeconds - seconds),
    highSeconds: Math.max(0, highSeconds - seconds),
    kind,
  };
}

/** Of several experiments side by side: until the last of them ends. */
export function longest(all: readonly TimeLeft[]): TimeLeft {
  return {
    lowSeconds: Math.max(0, ...all.map(({ lowSeconds }) => lowSeconds)),
    highSeconds: Math.max(0, ...all.map(({ highSeconds }) => highSeconds)),
    kind: all.some(({ kind }) => kind === 'at-most') ? 'at-most' : 'range',
  };
}

const keyOf = (benchmark: string, guest: string): string => `${benchmark}\n${guest}`;

function lengthFrom(durations: readonly number[]): Length {
  const count = durations.length;
  const seconds = durations.reduce((sum, each) => sum + each, 0) / count;
  const squares = durations.reduce((sum, each) => sum + (each / seconds - 1) ** 2, 0);
  const spread = Math.sqrt((usualWeight * usualSpread ** 2 + squares) / (usualWeight + count - 1));
  return { seconds, spread: Number.isFinite(spread) ? spread : usualSpread, count };
}

/** The trials left of one benchmark on one guest. */
interface Piece {
  readonly benchmark: string;
  readonly guest: string;
  readonly rounds: number;
  readonly warmups: number;
}

interface MeasuredPiece extends Piece {
  readonly length: Length;
  readonly ahead: RoundsAhead;
}

function piecesOf(lane: readonly Trial[]): Piece[] {
  const pieces = new Map<string, Piece>();
  for (const { benchmark, guest, warmup } of lane) {
    const key = keyOf(benchmark, guest);
    const { rounds, warmups } = pieces.get(key) ?? { rounds: 0, warmups: 0 };
    const more = warmup ? { rounds, warmups: warmups + 1 } : { rounds: rounds + 1, warmups };
    pieces.set(key, { benchmark, guest, ...more });
  }
  return [...pieces.values()];
}

function countIn({ rounds, warmups, ahead }: MeasuredPiece, future: number): number {
  if (typeof ahead === 'string') return warmups + rounds;
  return warmups + Math.min(rounds, ahead[future] ?? rounds);
}

/** What one future has in store for each benchmark and guest; the same in all of its parts. */
function luckOf(random: Random): (key: string) => number {
  const drawn = new Map<string, number>();
  return (key) => {
    const known = drawn.get(key) ?? drawNormal(random);
    drawn.set(key, known);
    return known;
  };
}

/** The sum of `count` trials: their mean is known from few only, and each differs by itself. */
function drawSeconds(piece: MeasuredPiece, future: number, luck: (key: string) => number): number {
  const count = countIn(piece, future);
  if (count === 0) return 0;
  const { length } = piece;
  const all = count * length.seconds;
  // A rough figure is wrong on every guest alike.
  if (length.count === 0) return all * Math.exp(roughSpread * luck(piece.benchmark));
  const error = length.spread * Math.sqrt(1 / length.count + 1 / count);
  return all * Math.max(0, 1 + error * luck(keyOf(piece.benchmark, piece.guest)));
}
