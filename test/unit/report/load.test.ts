import { describe, expect, it } from 'vitest';
import type { Experiment } from '../../../src/model/experiment';
import { reportModel } from '../../../src/report/model';
import { catalogue, completed, experiment, pv, pvhvm, withLoad, workload } from './experiments';

const plain = experiment({
  guests: [pv, pvhvm],
  workloads: [workload('openssl', 1931, 1.2, 0.004, 6)],
  ended: completed,
});
const idsOf = (shown: Experiment) =>
  reportModel([shown], { catalogue }).pairs[0]?.warnings.map(({ id }) => id) ?? [];

describe('the load in a report', () => {
  it('has the means of each trial, and its course in few enough points', () => {
    const [trial] = reportModel([withLoad(plain, { points: 600 })], { catalogue }).trials;
    expect(trial?.load).toMatchObject({
      userPercent: 80,
      stealPercent: 0.1,
      contextSwitchesPerSecond: 1234,
      host: { name: 'lab1', ownPercent: 90, dom0Percent: 12, othersPercent: 3 },
    });
    expect(trial?.load?.series?.userPercent).toHaveLength(120);
    expect(trial?.load?.series?.intervalMs).toBe(5000);
    // Every fifth second is idle.
    expect(new Set(trial?.load?.series?.userPercent)).toEqual(new Set([72]));
  });

  it('has what an older file knows', () => {
    const [trial] = reportModel([plain], { catalogue }).trials;
    expect(trial?.load).toEqual({ userPercent: 80, systemPercent: 10, iowaitPercent: 1, stealPercent: 0.1 });
    const bare = {
      ...plain,
      trials: plain.trials.map((record) => ({ ...record, cpu: undefined }) as unknown as typeof record),
    };
    expect(reportModel([bare], { catalogue }).trials[0]).not.toHaveProperty('load');
  });

  it('warns of memory pressure, of swapping and of busy neighbours, and not without them', () => {
    expect(idsOf(withLoad(plain, {}))).toEqual([]);
    expect(idsOf(withLoad(plain, { pressure: 40 }))).toEqual(['memory-pressure']);
    expect(idsOf(withLoad(plain, { swapped: 12 }))).toEqual(['memory-pressure']);
    const busy = withLoad(plain, { others: 130 });
    expect(idsOf(busy)).toEqual(['busy-host']);
    const text = reportModel([busy], { catalogue }).pairs[0]?.warnings[0]?.text;
    expect(text).toContain(
      'In 6 of 6 trials of PV, other domains of its host used more than 25 % of a CPU (up to 130 %)',
    );
  });
});
