import { describe, expect, it } from 'vitest';
import type { Benchmark } from '../../../src/benchmarks/benchmark';
import { Decisions } from '../../../src/experiment/decisions';
import { planRounds } from '../../../src/experiment/plan';
import type { Measurement, Plan } from '../../../src/model/experiment';

const guests = [{ name: 'pv' }, { name: 'pvh' }, { name: 'hvm' }];
const metrics = [
  { id: 'rate', title: 'Rate', unit: '1/s', better: 'higher', primary: true },
  { id: 'side', title: 'Aside', unit: '1', better: 'higher', primary: false },
] as const;
const benchmarks = new Map([['x', { id: 'x', metrics } as unknown as Benchmark]]);

function planOf(count: number, rounds = 20, ids: readonly string[] = ['x']): Plan {
  const chosen = guests.slice(0, count);
  const refs = ids.map((id) => ({ id }));
  return {
    guests: chosen,
    benchmarks: refs,
    rounds,
    trials: planRounds(1, chosen, refs, rounds),
    statistics: { plan: 'anystop', alpha: 0.05, margin: 0.02, maxBlocks: 20 },
    until: 'decided',
  };
}

/** Feeds rounds 0…`last`; `figure` gives the rate of a guest in a round. */
function after(plan: Plan, last: number, figure: (guest: string, round: number) => number): Decisions {
  const decisions = new Decisions(plan, benchmarks);
  for (const trial of plan.trials) {
    if (trial.round > last) continue;
    const value = figure(trial.guest, trial.round);
    const side = { id: 'side', value: 1, unit: '1', better: 'higher' } satisfies Measurement;
    const rate = { id: 'rate', value, unit: '1/s', better: 'higher' } satisfies Measurement;
    decisions.add({ trial, measurements: [side, rate] });
  }
  return decisions;
}
const wobble = (round: number): number => 1 + ((round * 7) % 5) / 1000;

describe('when a benchmark is settled', () => {
  it('is never before four rounds, however clear', () => {
    const clear = (guest: string, round: number) =>
      (guest === 'pv' ? 100 : 200) * wobble(round + (guest === 'pv' ? 0 : 2));
    expect(after(planOf(2), 3, clear).settled('x')).toBeUndefined();
    expect(after(planOf(2), 4, clear).settled('x')).toBe('decided');
  });

  it('waits for every guest of the comparison', () => {
    const half = (guest: string, round: number) => {
      if (guest === 'hvm') return 100 * (1 + ((round * 13) % 11) / 20);
      return (guest === 'pv' ? 100 : 200) * wobble(round + (guest === 'pv' ? 0 : 2));
    };
    expect(after(planOf(2), 5, half).settled('x')).toBe('decided');
    expect(after(planOf(3), 5, half).settled('x')).toBeUndefined();
  });

  it('comes with the last round there can be', () => {
    const noise = (guest: string, round: number) => 100 + ((round * (guest === 'pv' ? 17 : 29)) % 23);
    expect(after(planOf(2, 6), 5, noise).settled('x')).toBeUndefined();
    expect(after(planOf(2, 6), 6, noise).settled('x')).toBe('max-blocks');
  });

  it('counts a planned benchmark without figures as undecided, not as settled', () => {
    const clear = (guest: string, round: number) =>
      (guest === 'pv' ? 100 : 200) * wobble(round + (guest === 'pv' ? 0 : 2));
    const decisions = after(planOf(2), 5, clear);
    expect(decisions.settled('y')).toBeUndefined();
  });

  it('is never with a guest alone', () => {
    expect(after(planOf(1), 8, () => 100).settled('x')).toBeUndefined();
  });

  it('goes by the figures that a trial itself calls primary where the benchmark promises none', () => {
    const plan = planOf(2, 20, ['own']);
    const decisions = new Decisions(plan, new Map());
    for (const trial of plan.trials) {
      if (trial.round > 5) continue;
      const base = trial.guest === 'pv' ? 100 : 200;
      const value = base * wobble(trial.round + trial.position);
      decisions.add({
        trial,
        measurements: [
          { id: 'a', value: 1, unit: '1', better: 'higher' },
          { id: 'b', value, unit: '1', better: 'higher', primary: true },
        ],
      });
    }
    expect(decisions.settled('own')).toBe('decided');
  });
});
