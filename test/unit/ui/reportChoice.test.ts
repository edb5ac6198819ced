import { describe, expect, it, vi } from 'vitest';
import { reportModel } from '../../../src/report/model';
import { checkChoice, choiceFrom } from '../../../src/ui/reportChoice';
import { catalogue, completed, experiment, facts, pv, pvhvm, workload } from '../report/experiments';

vi.mock('vscode', () => ({
  l10n: {
    t: (text: string, ...values: unknown[]) =>
      text.replace(/\{(\d)\}/g, (_, at: string) => String(values[Number(at)])),
  },
}));

const made = experiment({
  guests: [pv, pvhvm, { name: 'pv2', host: 'lab1', facts: facts('PV') }],
  workloads: [workload('openssl', 1931, 1.2, 0.004, 6)],
  ended: completed,
});
const twice = [made, { ...made, id: 'e2', label: 'later', startedAt: '2026-11-24T20:00:00.000Z' }];
/** The report that a call gets, or what it is told. */
function reportFor(options: unknown, experiments = [made]) {
  const choice = choiceFrom(options);
  const model = reportModel(experiments, { catalogue, ...choice });
  checkChoice(model, choice);
  return model;
}

describe('what a call wants exported', () => {
  it('is two guests, or two modes with all their guests', () => {
    expect(reportFor({ candidate: 'pv2', baseline: 'deb12-pvhvm' })).toMatchObject({
      ...{ by: 'guest', baseline: 'deb12-pvhvm', candidate: 'pv2' },
    });
    expect(reportFor({ by: 'mode', baseline: 'PVHVM', candidate: 'PV' })).toMatchObject({
      ...{ by: 'mode', baseline: 'PVHVM', candidate: 'PV' },
    });
  });

  it('is what is followed through several experiments', () => {
    const follow = { by: 'guest', baseline: 'deb12-pv', candidate: 'pv2' };
    expect(reportFor({ follow }, twice).across?.chosen).toEqual(follow);
  });

  it('is left to the report where nothing is said', () => {
    for (const options of [undefined, 'x.guestbench', { file: 'x.guestbench' }])
      expect(choiceFrom(options)).toEqual({});
  });

  it('is refused with what there is, never replaced by something else', () => {
    const told =
      (options: unknown, experiments = [made]) =>
      () =>
        reportFor(options, experiments);
    expect(told({ candidate: 'pv3' })).toThrow('pv3 is not among the guests: deb12-pv, deb12-pvhvm, pv2.');
    expect(told({ by: 'mode', candidate: 'KVM' })).toThrow(
      'KVM is not among the modes that can be compared: PV, PVHVM.',
    );
    expect(told({ by: 'weight', candidate: 'pv2' })).toThrow('must be guest or mode');
    const follow = { by: 'mode', baseline: 'PV', candidate: 'HVM' };
    expect(told({ follow }, twice)).toThrow('HVM against PV cannot be followed through these experiments.');
    expect(told({ follow })).toThrow('cannot be followed');
  });
});
