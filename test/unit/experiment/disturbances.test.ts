import { describe, expect, it } from 'vitest';
import { Disturbances } from '../../../src/experiment/disturbances';
import type { EventOf } from '../../../src/model/experiment';
import type { Facts } from '../../../src/model/guest';
import { at, experimentEvent, facts as factsOf, finished } from './sampleEvents';

const { plan } = experimentEvent();
const [one, two] = plan.trials.filter(({ guest, round }) => guest === 'pv' && round === 1);
const facts = (when: EventOf<'facts'>['when'], changes: Partial<Facts>): EventOf<'facts'> => {
  const event = factsOf('pv', 'start');
  return { ...event, when, facts: { ...event.facts, ...changes } };
};
const before: Partial<Facts> = { kernel: '6.1.0-1', clockSource: 'xen', bootId: 'first' };

describe('what disturbs an experiment', () => {
  it('is told when the kernel, the mode or the clock source of a guest changes', () => {
    const heard = new Disturbances(plan);
    expect(heard.hear(facts('start', before))).toEqual([]);
    expect(heard.hear(facts('reboot', { ...before, bootId: 'second' }))).toEqual([]);
    const mode = { mode: 'PVHVM', confidence: 'certain', because: [] } as const;
    const changed = { kernel: '6.1.0-2', clockSource: 'tsc', bootId: 'second', mode };
    const told = heard.hear(facts('reboot', changed)).join('\n');
    expect(told).toMatch(/pv has another kernel than before \(6\.1\.0-1, now 6\.1\.0-2\)/);
    expect(told).toMatch(/another mode than before \(PV, now PVHVM\)/);
    expect(told).toMatch(/another clock source than before \(xen, now tsc\)/);
    expect(heard.hear(facts('end', changed))).toEqual([]);
  });

  it('is told when a guest was rebooted that was not to be, also while nobody looked', () => {
    const heard = new Disturbances(plan);
    heard.remember({ facts: [{ ...facts('start', before) }] });
    expect(heard.hear(facts('resume', { ...before, bootId: 'other' }))).toEqual([
      'pv was rebooted meanwhile: what was measured before and after is not alike.',
    ]);
  });

  it('is not what is not known', () => {
    const heard = new Disturbances(plan);
    heard.hear(facts('start', { bootId: 'first' }));
    expect(heard.hear(facts('end', {}))).toEqual([]);
    const mode = { mode: 'unknown', confidence: 'unknown', because: [] } as const;
    expect(heard.hear(facts('end', { mode }))).toEqual([]);
  });

  it('is told of a trial that others on the host took time from, once a guest and round', () => {
    const cpu = { userPercent: 90, systemPercent: 2, iowaitPercent: 0, stealPercent: 7.25, idlePercent: 0 };
    const hostLoad = {
      host: 'lab1',
      intervalMs: 1000,
      dom0Percent: [3, 3],
      othersPercent: [100, 200],
    };
    const heard = new Disturbances(plan);
    const first = heard.hear({ ...finished(one?.id ?? ''), cpu, hostLoad });
    expect(first[0]).toMatch(/^7\.3 % of the CPU time of pv went to others/);
    expect(first[1]).toMatch(/^Other domains on lab1 used 150 % of a CPU during this trial of pv/);
    expect(heard.hear({ ...finished(two?.id ?? ''), cpu, hostLoad })).toEqual([]);
    const quiet = { ...cpu, stealPercent: 2 };
    expect(new Disturbances(plan).hear({ ...finished(one?.id ?? ''), cpu: quiet })).toEqual([]);
  });

  it('is nothing in other events', () => {
    expect(new Disturbances(plan).hear({ at, type: 'resumed', reason: 'again' })).toEqual([]);
  });
});
