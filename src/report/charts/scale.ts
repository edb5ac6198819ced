import { plain } from '../format';
import type { GuestSamples, MetricReport, Verdict } from '../shape';
import type { Shape } from './svg';

/** What the charts of the page and of the exports have in common: names, ranges and ticks. */

export const kindTitles = {
  system: 'Whole system',
  cpu: 'CPU',
  memory: 'Memory',
  disk: 'Disk',
  web: 'Web',
} as const;

/** The charts' shapes as text; drawn with the verdict's colour and always beside its word. */
export const verdictSigns: Readonly<Record<Verdict, string>> = {
  faster: '▶',
  slower: '◀',
  equivalent: '◆',
  inconclusive: '○',
  insufficient: '□',
  refused: '✕',
  untested: '•',
};

/** The shapes of forest charts tell verdicts apart where colours do not. */
export const verdictLooks: Readonly<Record<Verdict, { readonly shape: Shape; readonly filled: boolean }>> = {
  faster: { shape: 'right', filled: true },
  slower: { shape: 'left', filled: true },
  equivalent: { shape: 'diamond', filled: true },
  inconclusive: { shape: 'circle', filled: false },
  insufficient: { shape: 'square', filled: false },
  refused: { shape: 'cross', filled: false },
  untested: { shape: 'circle', filled: true },
};

/** No axis of speedup goes beyond this, nor below its inverse. */
const widest = 20;

export const clampSpeedup = (speedup: number): number => Math.min(widest, Math.max(1 / widest, speedup));

/** What a chart calls a metric. */
export function labelOf({
  benchmarkTitle,
  title,
  primary,
}: Pick<MetricReport, 'benchmarkTitle' | 'title' | 'primary'>): string {
  return plain(primary || title === benchmarkTitle ? benchmarkTitle : `${benchmarkTitle}: ${title}`);
}

interface Estimate {
  readonly speedup: number | null;
  readonly interval: readonly [number, number] | null;
}

/** From the outermost interval to the other, never closer than five margins around 1. */
export function speedupRange(estimates: readonly Estimate[], margin = 0.02): [number, number] {
  const ends = estimates
    .flatMap(({ speedup, interval }) => interval ?? (speedup === null ? [] : [speedup]))
    .map(clampSpeedup);
  const low = Math.min(1 / (1 + 2.5 * margin), ...ends);
  const high = Math.max(1 + 2.5 * margin, ...ends);
  const pad = (high / low) ** 0.04;
  return [low / pad, high * pad];
}

const ticks = [
  0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99, 1, 1.01, 1.02,
  1.03, 1.05, 1.1, 1.15, 1.2, 1.3, 1.4, 1.5, 1.75, 2, 2.5, 3, 4, 5, 7, 10, 15, 20,
];

/** Round values that leave each label its room on `width` pixels; 1 is always among them. */
export function ticksBetween(low: number, high: number, width: number): number[] {
  const place = (value: number) => (Math.log(value / low) / Math.log(high / low)) * Math.max(width, 1);
  const kept = [1];
  const within = ticks.filter((value) => value >= low && value <= high && value !== 1);
  for (const value of within.sort((a, b) => roundness(b) - roundness(a))) {
    if (kept.every((other) => Math.abs(place(other) - place(value)) >= 44)) kept.push(value);
  }
  return kept.sort((a, b) => a - b);
}

/** Fewer digits first. */
const roundness = (value: number) => -String(value).replace('.', '').replace(/^0+/, '').length;

/**
 * A cold warm-up can be so far off that it would press the compared trials into a line: beyond three times
 * their spread it is drawn at the edge, and the legend says so. The table has its value.
 */
export function valueRange(sides: readonly { readonly samples: GuestSamples }[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const { samples } of sides) {
    for (const { value, use } of samples.samples) {
      if (use === 'warmup') continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (low > high) return [-Infinity, Infinity];
  const room = Math.max(high - low, 0.01 * Math.abs(high));
  return [low - room, high + room];
}

/** Whole blocks from the warm-up on, as many as there is room for on `width` pixels. */
export function blockTicks(max: number, width: number): number[] {
  const step = Math.max(1, Math.ceil((max * 24) / Math.max(width, 1)));
  const blocks = Array.from({ length: Math.floor(max / step) }, (_, index) => (index + 1) * step);
  return [0, ...(blocks[0] === 1 || step === 1 ? blocks : [1, ...blocks.slice(1)])];
}
