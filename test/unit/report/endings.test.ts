import { describe, expect, it } from 'vitest';
import type { Experiment } from '../../../src/model/experiment';
import { endingOf, endingsOf } from '../../../src/report/endings';
import { reportModel } from '../../../src/report/model';
import { catalogue, completed, experiment, pv, pvhvm, workload } from './experiments';

const made = (blocks = 6): Experiment =>
  experiment({
    guests: [pv, pvhvm],
    workloads: [workload('openssl', 1931, 1.2, 0.004, 6, undefined, blocks)],
    ended: completed,
  });
const ofOpenssl = (change: Partial<Experiment>, blocks?: number) =>
  endingsOf({ ...made(blocks), ...change })['openssl'];
const stopped = { at: completed.at, reason: 'stopped' } as const;

describe('why a workload has as many rounds as it has', () => {
  it.each([
    ['decided', 'Ended after 4 rounds: its comparisons are decided.'],
    ['futile', 'Ended after 4 rounds: this host is too noisy for more rounds to decide anything.'],
    ['max-blocks', 'Ended after 4 rounds: more rounds are never made, decided or not.'],
  ] as const)('says what the stop rule said: %s', (reason, sentence) => {
    expect(ofOpenssl({ settled: [{ benchmark: 'openssl', round: 4, reason }] })).toBe(sentence);
  });

  it('says that all were made, or what came between', () => {
    expect(ofOpenssl({})).toBe('Ended after 6 rounds: as many as were planned.');
    expect(ofOpenssl({ ended: stopped }, 9)).toBe(
      'Ended after 6 of 9 rounds: a person stopped the experiment.',
    );
    const { plan } = made(9);
    expect(ofOpenssl({ plan: { ...plan, maxMinutes: 90 } }, 9)).toBe(
      'Ended after 6 of 9 rounds: the limit of 90 minutes was reached.',
    );
  });

  it('says nothing while it goes on, nor of imported figures', () => {
    const going = experiment({ guests: [pv, pvhvm], workloads: [workload('openssl', 1931, 1.2, 0.004, 6)] });
    expect(endingsOf(going)).toEqual({});
    expect(endingsOf({ ...made(), imported: { from: 'published' } })).toEqual({});
  });

  it('is told of tested metrics of one experiment', () => {
    const one = reportModel([made()], { catalogue });
    expect(endingOf(one, one.metrics[0]!)).toBe('Ended after 6 rounds: as many as were planned.');
    expect(endingOf(one, { ...one.metrics[0]!, primary: false })).toBeUndefined();
    const two = reportModel([made(), { ...made(), id: 'e2' }], { catalogue });
    expect(endingOf(two, two.metrics[0]!)).toBeUndefined();
  });
});
