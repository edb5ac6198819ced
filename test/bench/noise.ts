import type { Random } from '../../src/statistics/seed';
import * as z from 'zod/mini';

const share = z.optional(z.number());

export const scenarioSchema = z.object({
  id: z.string(),
  /** `headline`: what every shared host does; `stress`: one nuisance made large; `limit`: what no analysis repairs. */
  family: z.enum(['headline', 'stress', 'limit']),
  note: z.string(),
  /** Each run is slower than the one before by this share. */
  driftPerRun: share,
  /** The host's slow noise: correlation from run to run, and share of the variance. */
  arPhi: share,
  arShare: share,
  /** Each run may be slower by between `outlierLo` and `outlierHi`. */
  outlierP: share,
  outlierLo: share,
  outlierHi: share,
  /** A neighbour that comes and goes with the chance `stepP` per run, and slows by `stepSize` while there. */
  stepSize: share,
  stepP: share,
  /** Each run may be slower by `bimodalSize`. */
  bimodalP: share,
  bimodalSize: share,
  /** The second run of a block is slower. */
  positionEffect: share,
  /** A run after one in another guest is slower. */
  switchCost: share,
  /** Standard deviation, on the log scale, of what a guest has for the whole of its boot. */
  bootSd: share,
  /** Slow noise that each guest has for itself: correlation from run to run, and share of the variance. */
  guestArPhi: share,
  guestArShare: share,
});
/** What disturbs the runs of an experiment; shares of the run time unless said otherwise. */
export type Scenario = z.infer<typeof scenarioSchema>;

/** A run as far as its noise depends on it. */
export interface Run {
  /** Which of all runs in time, warm-ups too, from 0. */
  readonly slot: number;
  /** 0 or 1. */
  readonly guest: number;
  /** Place within its block, from 0. */
  readonly position: number;
  /** Whether another guest ran before it, or none. */
  readonly isFirstAfterSwitch: boolean;
}

const wholeRange = 2 ** 32;

/** Uniform in (0, 1). */
export function uniform(random: Random): number {
  return (random.below(wholeRange) + 0.5) / wholeRange;
}

/** Standard normal numbers (Box & Muller 1958). */
function normals(count: number, random: Random): number[] {
  const drawn: number[] = [];
  while (drawn.length < count) {
    const radius = Math.sqrt(-2 * Math.log(uniform(random)));
    const angle = 2 * Math.PI * uniform(random);
    drawn.push(radius * Math.cos(angle), radius * Math.sin(angle));
  }
  return drawn.slice(0, count);
}

/** A stationary process of standard normal numbers, each correlated by `phi` with the one before. */
function autoregressive(count: number, phi: number, random: Random): number[] {
  let last = 0;
  return normals(count, random).map((innovation, index) => {
    last = index === 0 ? innovation : phi * last + Math.sqrt(1 - phi * phi) * innovation;
    return last;
  });
}

/** Whether the neighbour is there, slot by slot; half the experiments begin with it. */
function neighbour(count: number, stepP: number, random: Random): boolean[] {
  let isThere = uniform(random) < 0.5;
  return Array.from({ length: count }, () => {
    const now = isThere;
    if (uniform(random) < stepP) isThere = !isThere;
    return now;
  });
}

/** What the host adds to the log run time in each slot, the same for whichever guest runs in it. */
function hostNoise(scenario: Scenario, sigma: number, slots: number, random: Random): number[] {
  const { arShare = 0, guestArShare = 0 } = scenario;
  const slow = arShare > 0 ? autoregressive(slots, scenario.arPhi ?? 0, random) : [];
  const stays = neighbour(scenario.stepSize === undefined ? 0 : slots, scenario.stepP ?? 0, random);
  const drift = Math.log1p(scenario.driftPerRun ?? 0);
  const { outlierP = 0, outlierLo = 0, outlierHi = 0, bimodalP = 0 } = scenario;
  return normals(slots, random).map((fast, slot) => {
    let noise =
      sigma * (Math.sqrt(1 - arShare - guestArShare) * fast + Math.sqrt(arShare) * (slow[slot] ?? 0));
    noise += drift * slot;
    if (outlierP > 0 && uniform(random) < outlierP) {
      noise += Math.log1p(outlierLo + (outlierHi - outlierLo) * uniform(random));
    }
    if (bimodalP > 0 && uniform(random) < bimodalP) noise += Math.log1p(scenario.bimodalSize ?? 0);
    if (stays[slot] === true) noise += Math.log1p(scenario.stepSize ?? 0);
    return noise;
  });
}

/** The noise of one experiment of `slots` runs in two guests: what each run adds to the log of the run time. */
export function drawNoise(
  scenario: Scenario,
  cv: number,
  slots: number,
  random: Random,
): (run: Run) => number {
  const sigma = Math.sqrt(Math.log1p(cv * cv));
  const { guestArShare = 0, guestArPhi = 0, bootSd = 0 } = scenario;
  const host = hostNoise(scenario, sigma, slots, random);
  const own = [0, 1].map(() => (guestArShare > 0 ? autoregressive(slots, guestArPhi, random) : []));
  const boots = normals(2, random);
  const position = Math.log1p(scenario.positionEffect ?? 0);
  const change = Math.log1p(scenario.switchCost ?? 0);
  return (run) =>
    (host[run.slot] ?? 0) +
    sigma * Math.sqrt(guestArShare) * (own[run.guest]?.[run.slot] ?? 0) +
    bootSd * (boots[run.guest] ?? 0) +
    position * run.position +
    (run.isFirstAfterSwitch ? change : 0);
}
