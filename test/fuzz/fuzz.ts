import { damaged, pump, pumped, type Pump } from './mutate';
import { Random, seedOf } from './random';
import type { Target } from './target';

const mebibyte = 1024 * 1024;
const usualPumpLength = 256 * 1024;
/** One input of so many is long. */
export const pumpEvery = 4000;
/**
 * The rule for time: a reader takes at most 50 ms of CPU time for each MiB of its input, or at most 250 ms for the
 * longest input that it takes at all (`Target.most`). The best of several attempts counts: whatever else runs on the
 * machine makes one longer, never shorter.
 */
export const mostMsPerMib = 50;
export const mostMsInAll = 250;
const attempts = 5;
/** From this CPU time per MiB on, it must be shown that time does not grow faster than the input. */
const suspectMsPerMib = 20;
/** Of a linear reader the time of four times as much is four times as long; 16 times where it is quadratic. */
const mostGrowth = 8;
/** Shorter times cannot be compared. */
const shortestMs = 20;

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
  /** Number of the input that took it. */
  worstIndex: number;
  worstGrowth: number;
  failures: Failure[];
}

export const emptyTally = (): Tally => ({
  inputs: 0,
  wallMs: 0,
  worstMsPerMib: 0,
  worstIndex: 0,
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
  /** Whether times are measured, or long inputs only read once. Default `measured`. */
  readonly time?: 'measured' | 'ignored';
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
export async function fuzz(
  target: Target,
  options: FuzzOptions,
  tally: Tally = emptyTally(),
): Promise<Tally> {
  const { seed, from, to, step = 1, mostFailures = 20 } = options;
  const every = options.pumpEvery ?? pumpEvery;
  const beganMs = performance.now();
  for (let index = from; index < to; index += step) {
    if (tally.failures.length >= mostFailures) break;
    const isLong = index % every < step && target.pumpLength !== 0;
    if (isLong) {
      options.onLong?.(index);
      const unit = pumpOf(target, seed, index);
      const failure =
        options.time === 'ignored'
          ? await feedOnce(target, unit)
          : await feedLong(target, unit, index, tally);
      if (failure) tally.failures.push({ target: target.name, index, ...failure });
    } else {
      const input = inputOf(target, seed, index);
      const what = await feed(target, input);
      if (what !== undefined) tally.failures.push({ target: target.name, index, what, input });
    }
    tally.inputs++;
    if (index % 256 === 0 && options.goOn?.() === false) break;
  }
  tally.wallMs += performance.now() - beganMs;
  return tally;
}

/** What went wrong with one input; undefined: nothing. */
export async function feed(target: Target, input: string): Promise<string | undefined> {
  try {
    const later = target.read(input);
    if (later !== undefined) await later;
    return undefined;
  } catch (error) {
    return error instanceof Error
      ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' | ')
      : String(error);
  }
}

type Wrong = { readonly what: string; readonly input: string } | undefined;

const lengthFor = ({ pumpLength = usualPumpLength, most = Infinity }: Target): number =>
  Math.min(pumpLength, most);

const shown = (unit: Pump): string =>
  JSON.stringify({ ...unit, head: unit.head.slice(-200), tail: unit.tail.slice(0, 200) });

async function feedOnce(target: Target, unit: Pump): Promise<Wrong> {
  const what = await feed(target, pumped(unit, lengthFor(target)));
  return what === undefined ? undefined : { what, input: shown(unit) };
}

async function feedLong(target: Target, unit: Pump, index: number, tally: Tally): Promise<Wrong> {
  const length = lengthFor(target);
  const input = pumped(unit, length);
  const perMib = (ms: number): number => (ms * mebibyte) / input.length;
  const before = held();
  const first = await timed(target, input);
  tally.worstGrowth = Math.max(tally.worstGrowth, ((held() - before) * mebibyte) / input.length);
  if (first.what !== undefined) return { what: first.what, input: shown(unit) };
  const ms = await leastMs(target, input, (mostMsPerMib * input.length) / mebibyte, first.ms);
  if (perMib(ms) > tally.worstMsPerMib) [tally.worstMsPerMib, tally.worstIndex] = [perMib(ms), index];
  const what =
    perMib(ms) > mostMsPerMib
      ? await tooLong(target, unit, perMib(ms))
      : perMib(ms) > suspectMsPerMib && target.most === undefined
        ? tooFast(await growthOf(target, unit, length))
        : undefined;
  return what === undefined ? undefined : { what, input: shown(unit) };
}

/** A reader that is slow for each MiB must be done with the longest input that it takes. */
async function tooLong(target: Target, unit: Pump, msPerMib: number): Promise<string | undefined> {
  if (target.most === undefined)
    return `takes ${msPerMib.toFixed(0)} ms per MiB, and says of no length that it is too long`;
  const mostMs = target.mostMs ?? mostMsInAll;
  const ms = await leastMs(target, pumped(unit, target.most), mostMs);
  return ms > mostMs
    ? `takes ${msPerMib.toFixed(0)} ms per MiB, and ${ms.toFixed(0)} ms for the longest input that it takes`
    : undefined;
}

const tooFast = (growth: number): string | undefined =>
  growth > mostGrowth ? `four times the input takes ${growth.toFixed(1)} times as long` : undefined;

/** How many times as long four times the input takes: at most about 4 where the time is linear. */
export async function growthOf(target: Target, unit: Pump, length: number): Promise<number> {
  let growth = Infinity;
  for (let again = 0; again < 3 && growth > mostGrowth; again++) {
    const once = await leastMs(target, pumped(unit, length), 0);
    const many = await leastMs(target, pumped(unit, 4 * length), 0);
    growth = Math.min(growth, many < shortestMs ? 4 : many / Math.max(once, 1));
  }
  return growth;
}

/** CPU time in ms: the least of five attempts, of which one that is at most `enoughMs` is the last; for 0, of three. */
async function leastMs(target: Target, input: string, enoughMs: number, knownMs = Infinity): Promise<number> {
  let ms = knownMs;
  for (let again = 0; again < (enoughMs > 0 ? attempts : 3) && ms > enoughMs; again++)
    ms = Math.min(ms, (await timed(target, input)).ms);
  return ms;
}

async function timed(
  target: Target,
  input: string,
): Promise<{ readonly ms: number; readonly what: string | undefined }> {
  const before = process.cpuUsage();
  const what = await feed(target, input);
  const { user, system } = process.cpuUsage(before);
  return { ms: (user + system) / 1000, what };
}

function held(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
