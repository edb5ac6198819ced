import { describe, expect, it } from 'vitest';
import type { Experiment } from '../../../src/model/experiment';
import type { Facts } from '../../../src/model/guest';
import { reportModel } from '../../../src/report/model';
import { shiftOf } from '../../../src/report/drift';
import { importedExperiment } from '../../../src/report/importedExperiment';
import type { ComparabilityCheck } from '../../../src/report/shape';
import { catalogue, completed, experiment, facts, noisy, pv, pvhvm, withLoad, workload } from './experiments';

const workloads = [workload('openssl', 1931, 1.2, 0.004, 10), workload('sqlite', 44, 1.1, 0.004, 10)];
const decided = experiment({ guests: [pv, pvhvm], workloads, ended: completed });

const pairOf = (e: Experiment) => {
  const model = reportModel([e], { catalogue });
  const pair = model.pairs.find(({ candidate }) => candidate === model.candidate);
  if (pair === undefined) throw new Error('no pair');
  return { ...pair, model };
};
const checkOf = (e: Experiment, id: string): ComparabilityCheck => {
  const found = pairOf(e).checks.find((check) => check.id === id);
  if (found === undefined) throw new Error(`no check ${id}`);
  return found;
};
/** PV as it is against a PVHVM guest with these facts. */
const against = (more: Partial<Facts>): Experiment =>
  experiment({
    guests: [pv, { ...pvhvm, facts: facts('PVHVM', more) }],
    workloads,
    ended: completed,
  });
const ofOneMode = (more: Partial<Facts>): Experiment =>
  experiment({
    guests: [
      { name: 'a', host: 'lab1', facts: facts('PVH', { bootId: 'a' }) },
      { name: 'b', host: 'lab1', facts: facts('PVH', { bootId: 'b', ...more }) },
    ],
    workloads: [workload('openssl', 1931, 1.2, 0.004, 10, ['a', 'b'])],
  });
/** Later facts of the PVHVM guest. */
const later = (more: Partial<Facts>, when: 'end' | 'reboot' = 'end'): Experiment => ({
  ...decided,
  facts: [
    ...decided.facts,
    { guest: pv.name, when: 'end', at: completed.at, facts: pv.facts },
    { guest: pvhvm.name, when, at: completed.at, facts: facts('PVHVM', more) },
  ],
});

describe('guests that are alike', () => {
  it('pass every check that can be made, each with what was seen', () => {
    const { checks, warnings } = pairOf(withLoad(later({}), {}));
    expect(warnings).toEqual([]);
    expect(checks.filter(({ outcome }) => outcome !== 'passed').map(({ id }) => id)).toEqual([]);
    expect(checks.map(({ id }) => id)).toEqual([
      ...['experiments', 'hosts', 'architecture', 'cpu-model', 'vcpus', 'memory', 'kernel', 'distribution'],
      ...['clock-source', 'hypervisor', 'root-disk', 'root-filesystem', 'disk-driver', 'network-driver'],
      ...['mitigations', 'virtual-host', 'mode', 'mode-changed', 'kernel-changed', 'clock-source-changed'],
      'reboot',
      ...['background', 'steal', 'memory-pressure', 'busy-host', 'drift'],
    ]);
    expect(checks.find(({ id }) => id === 'kernel')?.seen).toBe('6.1.0-28-amd64 in both');
    expect(checks.every(({ weight, advice }) => weight === undefined && advice === undefined)).toBe(true);
  });

  it('weaken each other where their Xen host is a virtual machine itself', () => {
    const cpuModel = 'QEMU Virtual CPU version 2.5+';
    const e = experiment({
      guests: [
        { ...pv, facts: facts('PV', { cpuModel }) },
        { ...pvhvm, facts: facts('PVHVM', { cpuModel }) },
      ],
      workloads,
      ended: completed,
    });
    expect(checkOf(e, 'virtual-host')).toMatchObject({ outcome: 'found', weight: 'weakens' });
    expect(pairOf(e).headline).toContain('one warning: the Xen host is itself a virtual machine');
    const kvm = experiment({
      guests: [
        { name: 'a', host: 'lab1', facts: facts('KVM', { cpuModel, bootId: 'a' }) },
        { name: 'b', host: 'lab1', facts: facts('KVM', { cpuModel, bootId: 'b' }) },
      ],
      workloads: [workload('openssl', 1931, 1.2, 0.004, 10, ['a', 'b'])],
    });
    // KVM's guests have such a CPU on real hardware too.
    expect(pairOf(kvm).checks.map(({ id }) => id)).not.toContain('virtual-host');
  });

  it('are not called alike in what is not known', () => {
    const { kernel, ...unknown } = facts('PVHVM');
    const e = experiment({ guests: [pv, { ...pvhvm, facts: unknown }], workloads });
    expect(checkOf(e, 'kernel')).toMatchObject({
      outcome: 'unknown',
      seen: `PV has ${kernel}; not known of PVHVM`,
    });
    expect(checkOf(decided, 'kernel-changed').outcome).toBe('unknown');
    expect(checkOf(decided, 'busy-host').outcome).toBe('unknown');
  });
});

describe('the weight of a difference', () => {
  it.each([
    ['architecture', { architecture: 'aarch64' }, "the guests' architectures differ"],
    ['cpu-model', { cpuModel: 'AMD EPYC' }, "the guests' CPU models differ"],
    ['vcpus', { vcpus: 4 }, "the guests' numbers of vCPUs differ"],
  ])('%s blocks the verdicts, and the headline says so', (id, more, phrase) => {
    const e = against(more);
    expect(checkOf(e, id)).toMatchObject({ outcome: 'found', weight: 'blocks', phrase });
    const { model, headline, overall } = pairOf(e);
    expect(headline).toBe(`No verdict on PVHVM against PV: ${phrase}.`);
    expect(model.headline).toBe(headline);
    expect(overall.status).toBe('withheld');
    const comparisons = model.metrics.flatMap((metric) => metric.comparisons);
    expect(new Set(comparisons.map(({ verdict }) => verdict))).toEqual(new Set(['refused']));
    expect(comparisons.every(({ interval, certainty }) => interval === null && certainty === null)).toBe(
      true,
    );
  });

  it.each([
    ['kernel', { kernel: '6.12.0' }, "one warning: the guests' kernels differ"],
    ['memory', { memoryBytes: 8 * 2 ** 30 }, "one warning: the guests' memory sizes differ"],
    ['distribution', { distribution: 'Fedora 41' }, "one warning: the guests' distributions differ"],
    ['clock-source', { clockSource: 'acpi_pm' }, "one warning: the guests' clock sources differ"],
    ['root-filesystem', { rootFilesystem: 'xfs' }, "one warning: the guests' root file systems differ"],
    ['hypervisor', { hypervisorVersion: '4.11' }, "one warning: the guests' hypervisors differ"],
  ])('%s weakens them, and the headline names it', (id, more, words) => {
    const { headline, checks, model } = pairOf(against(more));
    expect(checks.find((check) => check.id === id)).toMatchObject({ outcome: 'found', weight: 'weakens' });
    expect(headline).toMatch(
      new RegExp(`^PVHVM is 1\\.\\d+ times as fast as PV over 2 workloads .*; ${words}\\.$`),
    );
    expect(model.metrics[0]?.comparisons[0]?.verdict).toBe('faster');
  });

  it.each([
    ['clock-source', { clockSource: 'tsc' }],
    ['disk-driver', { diskDriver: 'ata_piix' }],
    ['network-driver', { networkDriver: 'e1000' }],
    ['root-disk', { rootDisk: 'sda' }],
    [
      'mitigations',
      {
        mitigations: {
          ...facts('PV').mitigations,
          meltdown: 'Unknown (XEN PV detected, hypervisor mitigation required)',
        },
      },
    ],
  ])('%s comes with the mode on Xen, so it is worth knowing only', (id, more) => {
    const { headline, checks, warnings } = pairOf(against(more));
    const check = checks.find((one) => one.id === id);
    expect(check).toMatchObject({ outcome: 'found', weight: 'worth knowing' });
    expect(check?.advice).toMatch(/mode/);
    expect(warnings).toMatchObject([{ id, severity: 'note' }]);
    expect(headline).not.toContain('warning');
  });

  it('counts several warnings and names them', () => {
    expect(pairOf(against({ kernel: '6.12.0', rootFilesystem: 'xfs' })).headline).toMatch(
      /; 2 warnings: the guests' kernels differ and the guests' root file systems differ\.$/,
    );
  });

  it('takes the only difference of guests of one mode for what is compared', () => {
    const one = checkOf(ofOneMode({ vcpus: 4 }), 'vcpus');
    expect(one).toMatchObject({ outcome: 'found', weight: 'worth knowing' });
    expect(one.advice).toContain('it is what is compared');
    expect(pairOf(ofOneMode({ vcpus: 4 })).model.metrics[0]?.comparisons[0]?.verdict).toBe('faster');
    const two = pairOf(ofOneMode({ vcpus: 4, kernel: '6.12.0' }));
    expect(two.warnings.map(({ id, severity }) => [id, severity])).toEqual([
      ['vcpus', 'warning'],
      ['kernel', 'warning'],
    ]);
    expect(two.checks.find(({ id }) => id === 'vcpus')?.advice).toContain('which of these explains a result');
  });
});

describe('what happened during the experiment', () => {
  it.each([
    [
      'kernel-changed',
      { kernel: '6.1.0-30-amd64' },
      'No verdict on PVHVM against PV: the kernel of PVHVM changed during the experiment.',
    ],
    [
      'mode-changed',
      { mode: { mode: 'HVM' as const, confidence: 'certain' as const, because: [] } },
      'No verdict on PVHVM against PV: the mode of PVHVM changed during the experiment.',
    ],
  ])('%s blocks the verdicts', (id, more, headline) => {
    expect(checkOf(later(more), id)).toMatchObject({ outcome: 'found', weight: 'blocks' });
    expect(pairOf(later(more)).headline).toBe(headline);
  });

  it('is no change where a later look could not tell the mode', () => {
    const unsure = { mode: { mode: 'unknown' as const, confidence: 'unknown' as const, because: [] } };
    expect(checkOf(later(unsure), 'mode-changed').outcome).toBe('unknown');
    expect(pairOf(later(unsure)).headline).not.toContain('No verdict');
  });

  it('tells of a clock source that was given up', () => {
    const check = checkOf(later({ clockSource: 'hpet' }), 'clock-source-changed');
    expect(check).toMatchObject({ weight: 'weakens' });
    expect(check.seen).toBe('During the experiment, the clock source of PVHVM went from xen to hpet.');
  });

  it('warns of reboots that nobody planned, and not of planned ones', () => {
    expect(checkOf(later({ bootId: 'other' }), 'reboot')).toMatchObject({ weight: 'weakens' });
    const planned: Experiment = {
      ...later({ bootId: 'other' }, 'reboot'),
      plan: { ...decided.plan, reboot: 'each-round' },
      reboots: [
        {
          ...{ guest: pvhvm.name, round: 1, startedAt: completed.at, state: 'done' },
          ...{ bootIdBefore: 'boot-PVHVM', bootIdAfter: 'other' },
        },
      ],
    };
    expect(checkOf(planned, 'reboot')).toMatchObject({
      outcome: 'passed',
      seen: 'Before each round, as planned',
    });
    expect(pairOf(planned).model.limits.join()).toContain('rebooted before each round');
    const failed: Experiment = {
      ...planned,
      reboots: [{ guest: pv.name, round: 2, startedAt: completed.at, state: 'failed', reason: 'no right' }],
      facts: decided.facts,
    };
    expect(checkOf(failed, 'reboot')).toMatchObject({ weight: 'weakens', phrase: 'a planned reboot failed' });
  });

  it('warns of guests that were busy before rounds, or before the start where that is all there is', () => {
    expect(checkOf(against({ load: [0.1, 1.2, 0.3] }), 'background').seen).toBe(
      'The load over the five minutes before the start was 1.20 on PVHVM.',
    );
    expect(checkOf(against({ load: [3, 0.4, 0.3] }), 'background').outcome).toBe('passed');
    const look = (guest: string, round: number, state: 'quiet' | 'busy' | 'unknown') => ({
      ...{ at: completed.at, guest, when: 'round' as const, round, state, waitedMs: 10 },
      because: state === 'busy' ? [{ kind: 'tasks' as const, what: 'apt-get' }] : [],
    });
    const quiet = [look(pv.name, 1, 'quiet'), look(pvhvm.name, 1, 'quiet'), look(pvhvm.name, 2, 'busy')];
    expect(checkOf({ ...decided, quiet }, 'background').seen).toBe(
      'Not quiet when a round began: PVHVM 1 of 2 times (apt-get).',
    );
    // Where it was looked at, the lagging averages say nothing more.
    const calm = { ...against({ load: [9, 9, 9] }), quiet: quiet.slice(0, 2) };
    expect(checkOf(calm, 'background').outcome).toBe('passed');
    const unseen = [look(pv.name, 1, 'quiet'), look(pvhvm.name, 1, 'unknown')];
    expect(checkOf({ ...calm, quiet: unseen }, 'background').seen).toContain('was 9.00');
  });

  it('says of imported results that nobody knows whether they were measured together', () => {
    const e = importedExperiment({
      ...{ imported: { from: 'fio' }, label: 'disks', at: completed.at, notes: [] },
      guests: [{ ref: { name: 'a' } }, { ref: { name: 'b' } }],
      benchmarks: [{ id: 'fio' }],
      runs: ['a', 'b'].map((guest) => ({
        ...{ guest, benchmark: 'fio' },
        measurements: [{ id: 'x', value: 1, unit: 's', better: 'lower' as const, primary: true }],
      })),
    });
    expect(checkOf(e, 'experiments').outcome).toBe('unknown');
    expect(checkOf(e, 'hosts').outcome).toBe('unknown');
  });

  it('tells two names of one machine', () => {
    const same = against({ bootId: 'boot-PV' });
    expect(checkOf(same, 'same-machine')).toMatchObject({ weight: 'worth knowing' });
  });
});

describe('drift', () => {
  const course = (values: Readonly<Record<string, readonly number[]>>): Experiment =>
    experiment({
      guests: [pv, pvhvm],
      workloads: [
        { benchmark: 'openssl', blocks: 12, metrics: [{ id: 'sign', unit: 'x', better: 'higher', values }] },
      ],
    });
  const steady = noisy(1000, 0.003, 12, 1);
  const other = noisy(1200, 0.003, 12, 2);
  const slowed = (values: readonly number[]) =>
    values.map((value, index) => (index < 6 ? value : value * 0.9));

  it('of the host hits both guests and cancels', () => {
    const check = checkOf(course({ [pv.name]: slowed(steady), [pvhvm.name]: slowed(other) }), 'drift');
    expect(check).toMatchObject({ outcome: 'found', weight: 'worth knowing' });
    expect(check.seen).toMatch(/OpenSSL of PV \(−[\d.]+ %\) and OpenSSL of PVHVM \(−[\d.]+ %\)/);
  });

  it('of one guest alone weakens the verdicts', () => {
    const e = course({ [pv.name]: steady, [pvhvm.name]: slowed(other) });
    expect(checkOf(e, 'drift')).toMatchObject({ weight: 'weakens' });
    expect(pairOf(e).headline).toContain('one warning: the difference changed during the run');
  });

  it('is not seen in steady guests, nor by one outlier, nor in too few blocks', () => {
    expect(checkOf(course({ [pv.name]: steady, [pvhvm.name]: other }), 'drift').outcome).toBe('passed');
    const broken = other.map((value, index) => (index === 9 ? value / 3 : value));
    expect(checkOf(course({ [pv.name]: steady, [pvhvm.name]: broken }), 'drift').outcome).toBe('passed');
    const short = course({ [pv.name]: steady.slice(0, 7), [pvhvm.name]: slowed(other).slice(0, 7) });
    expect(checkOf(short, 'drift').outcome).toBe('unknown');
  });

  it('is claimed of steady values in fewer than 2 % of cases', () => {
    const cases = [8, 12, 20].map((n) => {
      const clear = Array.from({ length: 600 }, (_, seed) =>
        shiftOf(noisy(1000, 0.03, n, seed * 7 + n).map(Math.log), 0.02),
      );
      return clear.filter((one) => one?.isClear === true).length / clear.length;
    });
    expect(Math.max(...cases)).toBeLessThan(0.02);
    expect(shiftOf([1, 1, 1, 1, 1.3, 1.3, 1.3, 1.3], 0.02)).toMatchObject({ isClear: true });
    expect(shiftOf([1, 1, 1, 1, 1.01, 1.01, 1.01, 1.01], 0.02)).toMatchObject({ isClear: false });
  });
});
