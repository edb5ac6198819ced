import { describe, expect, it } from 'vitest';
import { howToRead } from '../../../src/report/reading';
import { reportModel } from '../../../src/report/model';
import { catalogue, experiment, facts, noisy, pv, pvhvm } from './experiments';

describe('how to read a report', () => {
  const pvh = { ...pvhvm, name: 'deb12-pvh', facts: facts('PVH', { bootId: 'boot-PVH' }) };
  const wordsWith = (third: typeof pvh) => {
    const guests = [pv, pvhvm, third];
    const values = Object.fromEntries(guests.map(({ name }, index) => [name, noisy(1000, 0.003, 6, index)]));
    const metrics = [{ id: 'sign', unit: 'signatures/s', better: 'higher' as const, values }];
    const e = experiment({ guests, workloads: [{ benchmark: 'openssl', blocks: 6, metrics }] });
    return howToRead(reportModel([e], { catalogue })).join('\n');
  };

  it('says how many comparisons are corrected together: those of all pairs with verdicts', () => {
    expect(wordsWith(pvh)).toContain('every planned workload of every pair (2 comparisons).');
    const larger = { ...pvh, facts: facts('PVH', { bootId: 'boot-PVH', vcpus: 64 }) };
    expect(wordsWith(larger)).toContain('every planned workload of every pair (1 comparison).');
  });
});
