import { damaged, pump, pumped, type Pump } from './mutate';
import { Random, seedOf } from './random';
import type { Target } from './target';

const mebibyte = 1024 * 1024;
const usualPumpLength = 256 * 1024;
/** One input of so many is long. */
export const pumpEvery = 4000;
/** CPU time per MiB above which a reader must prove that its time grows no faster than its input. */
const suspectMsPerMib = 50;
/** Of a linear reader the time of four times as much is four times as long. */
const mostGrowth = 8;

export interface Failure {
  readonly target: string;
  readonly index: number;
  readonly what: string;
  /** The input, shortened. */
  readonly input: string;
}

export interface Tally {
  inputs: number;
  wallMs: number;
  /** Of long inputs: CPU time per MiB, and memory that was taken per MiB. */
  worstMsPerMib: number;
  worstGrowth: number;
  failures: Failure[];
}

export const emptyTally = (): Tally => ({
  inputs: 0,
  wallMs: 0,
  worstMsPerMib: 0,
  worstGrowth: 0,
  failures: [],
});

export interface FuzzOptions {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  /** Every how-many-th input. Default each. */
  readonly step?: number;
  readonly pumpEvery?: number;
  /** Most failures that are kept. */
  readonly mostFailures?: number;
  readonly onLong?: (index: number) => void;
  /** Whether to go on; asked now and then. */
  readonly goOn?: () => boolean;
}

/** The damaged input with that number. The same seed makes the same inputs. */
export function inputOf(target: Target, seed: number, index: number): string {
  const random = new Random(seedOf(seed, target.name, index));
  const text = damaged(random, target.seeds, target.words ?? []);
  // As bytes that are no UTF-8 come out of a decoder.
  return random.int(16) === 0 ? Buffer.from(text, 'latin1').toString('utf8') : text;
}

export function pumpOf(target: Target, seed: number, index: number): Pump {
  return pump(new Random(seedOf(seed, target.name, index)), target.seeds, target.words ?? []);
}

/** Feeds a target; adds to the tally. */
export function fuzz(target: Target, options: FuzzOptions, tally: Tally = emptyTally()): Tally {
  const { seed, from, to, step = 1, mostFailures = 20 } = options;
  const every = options.pumpEvery ?? pumpEvery;
  const beganMs = performance.now();
  for (let index = from; index < to; index += step) {
    if (tally.failures.length >= mostFailures) break;
    const isLong = index % every < step && target.pumpLength !== 0;
    if (isLong) {
      options.onLong?.(index);
      const failure = feedLong(target, pumpOf(target, seed, index), tally);
      if (failure) tally.failures.push({ target: target.name, index, ...failure });
    } else {
      const input = inputOf(target, seed, index);
      const what = feed(target, input);
      if (what !== undefined) tally.failures.push({ target: target.name, index, what, input });
    }
    tally.inputs++;
    if (index % 256 === 0 && options.goOn?.() === false) break;
  }
  tally.wallMs += performance.now() - beganMs;
  return tally;
}

/** What went wrong with one input; undefined: nothing. */
export function feed(target: Target, input: string): string | undefined {
  try {
    target.read(input);
    return undefined;
  } catch (error) {
    return error instanceof Error
      ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' | ')
      : String(error);
  }
}

function feedLong(
  target: Target,
  unit: Pump,
  tally: Tally,
): { readonly what: string; readonly input: string } | undefined {
  const length = target.pumpLength ?? usualPumpLength;
  const input = pumped(unit, length);
  const before = held();
  const first = timed(target, input);
  tally.worstGrowth = Math.max(tally.worstGrowth, ((held() - before) * mebibyte) / input.length);
  const shown = JSON.stringify({ ...unit, head: unit.head.slice(-200), tail: unit.tail.slice(0, 200) });
  if (first.what !== undefined) return { what: first.what, input: shown };
  const perMib = (ms: number): number => (ms * mebibyte) / input.length;
  let ms = first.ms;
  // The collector of garbage is not the reader.
  for (let again = 0; again < 4 && perMib(ms) > suspectMsPerMib; again++)
    ms = Math.min(ms, timed(target, input).ms);
  tally.worstMsPerMib = Math.max(tally.worstMsPerMib, perMib(ms));
  if (perMib(ms) <= suspectMsPerMib) return undefined;
  const growth = growthOf(target, unit, length, ms);
  return growth > mostGrowth
    ? { what: `four times the input takes ${growth.toFixed(1)} times as long`, input: shown }
    : undefined;
}

/** How many times as long four times the input takes: at most about 4 where the time is linear. */
export function growthOf(target: Target, unit: Pump, length: number, knownMs?: number): number {
  const least = (input: string): number =>
    Math.min(timed(target, input).ms, timed(target, input).ms, timed(target, input).ms);
  const ms = knownMs ?? least(pumped(unit, length));
  let growth = Infinity;
  // Whatever else runs on the machine makes it longer, never shorter.
  for (let again = 0; again < 3 && growth > mostGrowth; again++)
    growth = Math.min(growth, timed(target, pumped(unit, 4 * length)).ms / Math.max(ms, 1));
  return growth;
}

function timed(target: Target, input: string): { readonly ms: number; readonly what: string | undefined } {
  const before = process.cpuUsage();
  const what = feed(target, input);
  const { user, system } = process.cpuUsage(before);
  return { ms: (user + system) / 1000, what };
}

function held(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
