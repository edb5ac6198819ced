import { describe, expect, it } from 'vitest';
import { createEstimator } from '../../../src/experiment/estimate';
import { lanesOf } from '../../../src/experiment/lanes';
import { planRounds } from '../../../src/experiment/plan';

const guests = [
  { name: 'a', host: 'one' },
  { name: 'b', host: 'two' },
  { name: 'c', host: 'one' },
  { name: 'd' },
  { name: 'e' },
];

describe('lanes', () => {
  it('give each host a queue in the planned order, and guests without a host one together', () => {
    const trials = planRounds(3, guests, [{ id: 'x' }, { id: 'y' }], 4);
    const lanes = lanesOf(guests, trials);
    expect(
      [...lanes.values()].map((lane) => [...new Set(lane.map(({ guest }) => guest))].sort()).sort(),
    ).toEqual([['a', 'c'], ['b'], ['d', 'e']]);
    for (const lane of lanes.values()) {
      expect(lane).toEqual(trials.filter((trial) => lane.includes(trial)));
    }
    expect([...lanes.values()].flat()).toHaveLength(trials.length);
  });
});

describe('the estimate of the time left', () => {
  const trials = planRounds(3, guests, [{ id: 'x' }, { id: 'y' }], 1);

  it('is that of the slowest lane, from rough figures before the first trial', () => {
    const estimator = createEstimator(guests, (id) => (id === 'x' ? 10 : 20));
    // Two guests in a lane, a warm-up and a round each, both benchmarks, 1.5 s of our own per trial.
    expect(estimator.secondsFor(trials)).toBeCloseTo(2 * 2 * (11.5 + 21.5));
    expect(estimator.secondsFor([])).toBe(0);
  });

  it('takes the mean of what was seen, per benchmark', () => {
    const estimator = createEstimator(guests, () => 10);
    estimator.add('x', 4);
    estimator.add('x', 8);
    const left = trials.filter(({ guest, benchmark }) => guest === 'b' && benchmark === 'x');
    expect(estimator.secondsFor(left)).toBeCloseTo(6 * left.length);
  });
});
