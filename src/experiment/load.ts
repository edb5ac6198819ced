import type { HostLoad, Load, LoadSummary } from '../model/load';
import type { LoadSample } from '../ssh/loadSamples';
import type { DomainSample } from './xentop';

/** What the experiment file keeps of a trial: a longer one has longer spans. */
export const mostPoints = 600;
const shortestIntervalMs = 1000;

interface Span {
  readonly atMs: number;
  readonly spanMs: number;
}

/** The form for the experiment file; undefined when nothing was sampled. */
export function compactLoad(samples: readonly LoadSample[]): Load | undefined {
  const lastMs = samples.at(-1)?.atMs;
  if (lastMs === undefined) return undefined;
  const intervalMs = intervalFor(lastMs);
  const always = (of: (sample: LoadSample) => number): number[] => resample(samples, intervalMs, of, 1) ?? [];
  const maybe = <K extends string>(
    key: K,
    of: (sample: LoadSample) => number | undefined,
    digits: number,
  ): Partial<Record<K, number[]>> => {
    const values = resample(samples, intervalMs, of, digits);
    return values === undefined ? {} : ({ [key]: values } as Record<K, number[]>);
  };
  return {
    intervalMs,
    userPercent: always((sample) => sample.userPercent),
    systemPercent: always((sample) => sample.systemPercent),
    iowaitPercent: always((sample) => sample.iowaitPercent),
    stealPercent: always((sample) => sample.stealPercent),
    ...maybe('contextSwitchesPerSecond', (sample) => sample.contextSwitchesPerSecond, 0),
    ...maybe('interruptsPerSecond', (sample) => sample.interruptsPerSecond, 0),
    ...maybe('availableMiB', ({ availableBytes: bytes }) => bytes && bytes / 2 ** 20, 0),
    ...maybe('memoryPressurePercent', (sample) => sample.memoryPressurePercent, 2),
    summary: summaryOf(samples),
  };
}

/** What dom0 saw of a guest's host; undefined when nothing was sampled. */
export function compactHostLoad(
  host: string,
  domain: string | undefined,
  samples: readonly DomainSample[],
): HostLoad | undefined {
  const lastMs = samples.at(-1)?.atMs;
  if (lastMs === undefined) return undefined;
  const intervalMs = intervalFor(lastMs);
  const isSeen = domain !== undefined && samples.some(({ percent }) => percent.has(domain));
  const of = (belongs: (name: string) => boolean): number[] =>
    resample(samples, intervalMs, ({ percent }) => sumOf(percent, belongs), 1) ?? [];
  const isDom0 = (name: string): boolean => name === dom0;
  const isOwn = (name: string): boolean => isSeen && name === domain;
  return {
    host,
    ...(isSeen ? { domain, ownPercent: of(isOwn) } : {}),
    intervalMs,
    dom0Percent: of(isDom0),
    othersPercent: of((name) => !isDom0(name) && !isOwn(name)),
  };
}

export const dom0 = 'Domain-0';

function sumOf(percent: ReadonlyMap<string, number>, belongs: (name: string) => boolean): number {
  let sum = 0;
  for (const [name, value] of percent) if (belongs(name)) sum += value;
  return sum;
}

function intervalFor(lastMs: number): number {
  return Math.max(shortestIntervalMs, Math.ceil(lastMs / mostPoints));
}

/**
 * Means over spans of one length, each sample weighing as much as it covers of them. A span that nothing covers
 * continues the one before. Undefined when no sample has the value.
 */
function resample<S extends Span>(
  samples: readonly S[],
  intervalMs: number,
  of: (sample: S) => number | undefined,
  digits: number,
): number[] | undefined {
  const length = Math.max(1, Math.ceil((samples.at(-1)?.atMs ?? 0) / intervalMs));
  const sums = new Array<number>(length).fill(0);
  const weights = new Array<number>(length).fill(0);
  for (const sample of samples) {
    const value = of(sample);
    if (value === undefined) continue;
    const startMs = Math.max(0, sample.atMs - sample.spanMs);
    const last = Math.min(length - 1, Math.ceil(sample.atMs / intervalMs) - 1);
    for (let index = Math.floor(startMs / intervalMs); index <= last; index += 1) {
      const from = Math.max(startMs, index * intervalMs);
      const weight = Math.min(sample.atMs, (index + 1) * intervalMs) - from;
      sums[index] = (sums[index] ?? 0) + value * weight;
      weights[index] = (weights[index] ?? 0) + weight;
    }
  }
  const first = weights.findIndex((weight) => weight > 0);
  if (first < 0) return undefined;
  let held = (sums[first] ?? 0) / (weights[first] ?? 1);
  return sums.map((sum, index) => {
    const weight = weights[index] ?? 0;
    if (weight > 0) held = sum / weight;
    return rounded(held, digits);
  });
}

function summaryOf(samples: readonly LoadSample[]): LoadSummary {
  const entries: [keyof LoadSummary, number | undefined][] = [
    ['contextSwitchesPerSecond', meanOf(samples, (one) => one.contextSwitchesPerSecond)],
    ['interruptsPerSecond', meanOf(samples, (one) => one.interruptsPerSecond)],
    ['minimumAvailableBytes', extreme(samples, (one) => one.availableBytes, Math.min)],
    ['maximumMemoryPressurePercent', extreme(samples, (one) => one.memoryPressurePercent, Math.max)],
    ['majorFaultsPerSecond', extreme(samples, (one) => one.majorFaultsPerSecond, Math.max)],
    ['swappedPagesPerSecond', extreme(samples, (one) => one.swappedPagesPerSecond, Math.max)],
  ];
  const summary: Partial<Record<keyof LoadSummary, number>> = {};
  for (const [key, value] of entries) if (value !== undefined) summary[key] = rounded(value, 2);
  return summary;
}

function meanOf(
  samples: readonly LoadSample[],
  of: (sample: LoadSample) => number | undefined,
): number | undefined {
  let [sum, weight] = [0, 0];
  for (const sample of samples) {
    const value = of(sample);
    if (value === undefined) continue;
    sum += value * sample.spanMs;
    weight += sample.spanMs;
  }
  return weight > 0 ? sum / weight : undefined;
}

function extreme(
  samples: readonly LoadSample[],
  of: (sample: LoadSample) => number | undefined,
  pick: (a: number, b: number) => number,
): number | undefined {
  let found: number | undefined;
  for (const sample of samples) {
    const value = of(sample);
    if (value !== undefined) found = found === undefined ? value : pick(found, value);
  }
  return found;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
