import { describe, expect, it } from 'vitest';
import type { Benchmark } from '../../../src/benchmarks/benchmark';
import { Decisions } from '../../../src/experiment/decisions';
import {
  createEstimator,
  laterBy,
  longest,
  withinLimit,
  type TimeLeft,
} from '../../../src/experiment/estimate';
import { drawNormal } from '../../../src/experiment/normal';
import { planRounds } from '../../../src/experiment/plan';
import type { Plan, Trial } from '../../../src/model/experiment';
import { seededRandom, type Random } from '../../../src/statistics/seed';

const guests = [
  { name: 'pv', host: 'h' },
  { name: 'pvh', host: 'h' },
];
const benchmarks = ['x', 'y', 'z'].map((id) => ({ id }));
const catalogue = new Map(
  benchmarks.map(({ id }) => [
    id,
    { id, metrics: [{ id: `${id}.rate`, title: 'Rate', unit: '1/s', better: 'higher', primary: true }] },
  ]),
) as unknown as ReadonlyMap<string, Benchmark>;

function planOf(until: 'decided' | 'rounds', rounds: number, seed: number): Plan {
  return {
    guests,
    benchmarks,
    rounds,
    until,
    trials: planRounds(seed, guests, benchmarks, rounds),
    statistics: { plan: 'anystop', alpha: 0.05, margin: 0.02, maxBlocks: 20 },
  };
}

/** What the machines of one simulated experiment are like. */
interface World {
  readonly seconds: ReadonlyMap<string, number>;
  readonly logSpeedup: ReadonlyMap<string, number>;
  readonly noise: ReadonlyMap<string, number>;
}

const uniform = (random: Random): number => random.below(1_000_000) / 1_000_000;

function drawWorld(random: Random): World {
  const each = (draw: () => number): Map<string, number> => new Map(benchmarks.map(({ id }) => [id, draw()]));
  return {
    seconds: each(() => 20 + 200 * uniform(random)),
    logSpeedup: each(() => 0.15 * (uniform(random) - 0.5)),
    noise: each(() => 0.005 + 0.03 * uniform(random)),
  };
}

/** Runs one experiment; returns what was foretold after the given round, and what came true, in seconds. */
function simulate(
  until: 'decided' | 'rounds',
  seed: number,
  after: number,
): { left: TimeLeft; truth: number } | undefined {
  const random = seededRandom(seed, until);
  const world = drawWorld(random);
  const plan = planOf(until, until === 'decided' ? 20 : 12, seed);
  const estimator = createEstimator(guests, () => 30);
  const decisions = new Decisions(plan, catalogue);
  const settled = new Set<string>();
  const done = new Set<string>();
  const due = (trial: Trial): boolean => !done.has(trial.id) && !settled.has(trial.benchmark);
  let left: TimeLeft | undefined;
  let truth = 0;
  for (const trial of plan.trials) {
    if (!due(trial)) continue;
    if (left === undefined && trial.round > after) {
      const rest = plan.trials.filter(due);
      left = estimator.rangeFor(rest, (id) => (until === 'rounds' ? 'all' : decisions.roundsAhead(id)));
    }
    const of = (map: ReadonlyMap<string, number>): number => map.get(trial.benchmark) ?? 0;
    const faster = trial.guest === 'pvh' ? of(world.logSpeedup) : 0;
    const rate = 100 * Math.exp(faster + of(world.noise) * drawNormal(random));
    const seconds = of(world.seconds) * Math.exp(-faster + 0.05 * drawNormal(random));
    done.add(trial.id);
    if (left !== undefined) truth += seconds;
    estimator.add(trial.benchmark, seconds, trial.guest);
    const rateOf = { id: `${trial.benchmark}.rate`, value: rate, unit: '1/s', better: 'higher' } as const;
    decisions.add({ trial, measurements: [rateOf] });
    const isBlockOver = !plan.trials.some(
      (other) => other.block === trial.block && other.benchmark === trial.benchmark && due(other),
    );
    if (
      until === 'decided' &&
      !trial.warmup &&
      isBlockOver &&
      decisions.settled(trial.benchmark) !== undefined
    )
      settled.add(trial.benchmark);
  }
  return left && { left, truth };
}

/** Of 200 experiments, those that last beyond the round: the share whose true rest lay in the range foretold. */
interface Coverage {
  readonly share: number;
  readonly count: number;
  /** High through low, on average. */
  readonly width: number;
}

function covered(until: 'decided' | 'rounds', after: number): Coverage {
  const ends = Array.from({ length: 200 }, (_, seed) => simulate(until, seed + 1000 * after, after)).filter(
    (end) => end !== undefined,
  );
  const held = ends.filter(({ left, truth }) => left.lowSeconds <= truth && truth <= left.highSeconds);
  const width =
    ends.reduce((sum, { left }) => sum + left.highSeconds / Math.max(1, left.lowSeconds), 0) / ends.length;
  return { share: held.length / ends.length, count: ends.length, width };
}

describe('the range of the time left', () => {
  it.each([4, 5, 6, 8, 12])(
    'holds in most experiments until it is decided, asked after round %i',
    (after) => {
      const { share, count, width } = covered('decided', after);
      expect(count).toBeGreaterThan(80);
      expect(share).toBeGreaterThan(0.8);
      // Anything would hold that is wide enough.
      expect(width).toBeLessThan(8);
    },
  );

  it.each([0, 1, 2, 5, 9])(
    'holds in most experiments of a number of rounds, asked after round %i',
    (after) => {
      const { share, count, width } = covered('rounds', after);
      expect(count).toBe(200);
      expect(share).toBeGreaterThan(0.8);
      expect(share).toBeLessThan(0.99);
      expect(width).toBeLessThan(1.2);
    },
  );

  it('says at most while nobody can know when it will be decided', () => {
    for (const after of [0, 1, 3]) expect(simulate('decided', 1, after)?.left.kind).toBe('at-most');
    expect(simulate('decided', 1, 4)?.left.kind).toBe('range');
    expect(simulate('rounds', 1, 0)?.left.kind).toBe('range');
    const most = simulate('decided', 1, 3)?.left;
    expect(most?.highSeconds).toBeGreaterThan(simulate('decided', 1, 3)?.truth ?? Infinity);
  });

  it('is wide before the first trial, and nothing when nothing is left', () => {
    const plan = planOf('rounds', 5, 1);
    const estimator = createEstimator(guests, () => 100);
    const left = estimator.rangeFor(plan.trials, () => 'all');
    const rough = estimator.secondsFor(plan.trials);
    expect(left.lowSeconds).toBeLessThan(0.7 * rough);
    expect(left.highSeconds).toBeGreaterThan(1.4 * rough);
    expect(estimator.rangeFor([], () => 'all')).toEqual({ lowSeconds: 0, highSeconds: 0, kind: 'range' });
  });

  it('ends with the limit of time, and passes with the time', () => {
    const left = { lowSeconds: 100, highSeconds: 300, kind: 'range' } as const;
    expect(withinLimit(left, 200)).toEqual({ ...left, highSeconds: 200 });
    expect(withinLimit(left, -5)).toEqual({ ...left, lowSeconds: 0, highSeconds: 0 });
    expect(laterBy(left, 150)).toEqual({ ...left, lowSeconds: 0, highSeconds: 150 });
    expect(longest([left, { lowSeconds: 10, highSeconds: 400, kind: 'at-most' }])).toEqual({
      lowSeconds: 100,
      highSeconds: 400,
      kind: 'at-most',
    });
  });
});
