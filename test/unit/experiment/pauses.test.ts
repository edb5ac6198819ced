import { describe, expect, it } from 'vitest';
import { Pauses } from '../../../src/experiment/pauses';
import { experimentEvent } from './sampleEvents';

const { plan } = experimentEvent(3);

describe('the pauses between rounds', () => {
  it('are none worth telling where guests are not rebooted', () => {
    expect(new Pauses(plan).secondsFor(plan.trials)).toBe(0);
  });

  it('are guessed for each guest at first, then as long as those seen, for the rounds to come', () => {
    const pauses = new Pauses({ ...plan, reboot: 'each-round' });
    expect(pauses.secondsFor(plan.trials)).toBe(3 * 2 * 60);
    pauses.begin(0);
    pauses.begin(1);
    expect(pauses.secondsFor(plan.trials)).toBe(2 * 2 * 60);
    pauses.add(30);
    pauses.add(50);
    expect(pauses.secondsFor(plan.trials)).toBe(2 * 40);
    expect(pauses.secondsFor(plan.trials.filter(({ round }) => round < 2))).toBe(0);
  });
});
