import { describe, expect, it } from 'vitest';
import type { Experiment, TrialRecord } from '../../../src/model/experiment';
import { reportModel, withCandidate } from '../../../src/report/model';
import type { MetricComparison, MetricReport, ReportModel, ReportOptions } from '../../../src/report/shape';
import { compareFamily } from '../../../src/statistics/compare';
import {
  catalogue,
  completed,
  experiment,
  facts,
  noisy,
  pv,
  pvhvm,
  workload,
  type Recipe,
} from './experiments';

const report = (e: Experiment | readonly Experiment[], options: ReportOptions = {}): ReportModel =>
  reportModel('id' in e ? [e] : e, { catalogue, ...options });
const metric = (model: ReportModel, key: string): MetricReport =>
  model.metrics.find((one) => one.key === key)!;
const comparison = (model: ReportModel, key: string): MetricComparison =>
  metric(model, key).comparisons.find(({ candidate }) => candidate === model.candidate)!;
const pair = (model: ReportModel) => model.pairs.find(({ candidate }) => candidate === model.candidate)!;
const warningIds = (model: ReportModel) => pair(model).warnings.map(({ id }) => id);
const warned = (left: Recipe['guests'][number], right: Recipe['guests'][number]) =>
  warningIds(
    report(
      experiment({
        guests: [left, right],
        workloads: [workload('openssl', 1900, 1, 0.01, 4, [left.name, right.name])],
      }),
    ),
  );

const fourWorkloads = [
  workload('unixbench', 1450, 1.3, 0.01, 8),
  workload('kernel-build', 312, 1.2, 0.01, 8),
  workload('openssl', 1931, 1, 0.003, 10),
  workload('fio-randread', 42_000, 0.9, 0.02, 8),
];
const decided = experiment({ guests: [pv, pvhvm], workloads: fourWorkloads, ended: completed });

function change(e: Experiment, id: string, to: (record: TrialRecord) => Partial<TrialRecord>): Experiment {
  return {
    ...e,
    trials: e.trials.map((record) => (record.trial.id === id ? { ...record, ...to(record) } : record)),
  };
}

describe('an experiment that runs until it is decided', () => {
  const rounds = { unixbench: 5, 'kernel-build': 8, openssl: 10, 'fio-randread': 8 };
  const settled = Object.entries(rounds).map(([benchmark, round]) => ({
    benchmark,
    round,
    reason: 'decided' as const,
  }));
  const early: Experiment = {
    ...decided,
    trials: decided.trials.filter(({ trial }) => trial.benchmark !== 'unixbench' || trial.round <= 5),
    settled,
  };

  it('counts the trials that were needed, and misses no others', () => {
    const model = report(early);
    expect(model.status.planned).toBe(early.trials.length);
    expect(model.status.finished).toBe(early.trials.length);
    expect(comparison(model, 'unixbench/index')).toMatchObject({
      verdict: 'faster',
      n: 5,
      droppedBlocks: [],
    });
  });

  it('compares with the guest it was decided by, unless another one is asked for', () => {
    const planned = { ...early, plan: { ...early.plan, baseline: 'deb12-pvhvm' } };
    expect(report(planned).baseline).toBe('deb12-pvhvm');
    expect(report(planned, { baseline: 'deb12-pv' }).baseline).toBe('deb12-pv');
    const asked = report(planned, { candidate: 'deb12-pvhvm' });
    expect([asked.baseline, asked.candidate]).toEqual(['deb12-pv', 'deb12-pvhvm']);
  });
});

describe('a comparison of two guests', () => {
  const model = report(decided);

  it('takes the PV guest as the baseline, whatever the order of the guests', () => {
    const turned = report({
      ...decided,
      plan: { ...decided.plan, guests: [...decided.plan.guests].reverse() },
    });
    expect([model.baseline, model.candidate]).toEqual(['deb12-pv', 'deb12-pvhvm']);
    expect([turned.baseline, turned.candidate]).toEqual(['deb12-pv', 'deb12-pvhvm']);
  });

  it('pairs the trials of a block and leaves warm-ups out', () => {
    const { pairs, n } = comparison(model, 'unixbench/index');
    const values = fourWorkloads[0]!.metrics[0]!.values;
    expect(n).toBe(8);
    expect(pairs.map(({ block, baseline, candidate }) => [block, baseline, candidate])).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].map((block) => [
        block,
        values['deb12-pv']![block - 1],
        values['deb12-pvhvm']![block - 1],
      ]),
    );
    const [baseline] = metric(model, 'unixbench/index').guests;
    expect(baseline!.samples.filter(({ use }) => use === 'warmup')).toHaveLength(1);
    expect(baseline!.n).toBe(8);
  });

  it('finds better in the direction of the metric', () => {
    expect(comparison(model, 'unixbench/index')).toMatchObject({ verdict: 'faster', word: 'faster' });
    expect(comparison(model, 'kernel-build/seconds').verdict).toBe('faster');
    expect(comparison(model, 'kernel-build/seconds').speedup).toBeGreaterThan(1.15);
    expect(comparison(model, 'fio-randread/iops').verdict).toBe('slower');
    expect(comparison(model, 'openssl/sign').verdict).toBe('equivalent');
  });

  it('has the numbers of the statistics, over the family of all primary metrics', () => {
    const tested = ['unixbench/index', 'kernel-build/seconds', 'openssl/sign', 'fio-randread/iops'];
    const family = compareFamily({
      plan: 'anystop',
      alpha: 0.05,
      margin: 0.02,
      comparisons: tested.map((key) => ({
        name: key,
        direction: metric(model, key).better as 'higher' | 'lower',
        blocks: comparison(model, key).pairs.map(({ block, baseline, candidate }) => ({
          block,
          a: baseline,
          b: candidate,
        })),
      })),
    });
    if (family.status !== 'ok') throw new Error(family.error);
    expect(tested.map((key) => comparison(model, key).pHolm)).toEqual(family.holm);
    expect(tested.map((key) => comparison(model, key).speedup)).toEqual(family.speedups);
    expect(pair(model).overall).toMatchObject({
      status: 'ok',
      speedup: family.summary!.speedup,
      workloads: 4,
    });
  });

  it('shows other metrics with an interval and without a verdict', () => {
    const latency = comparison(model, 'fio-randread/p99');
    expect(latency).toMatchObject({ verdict: 'untested', word: 'not tested', p: null, pHolm: null });
    expect(latency.interval).not.toBeNull();
    expect(comparison(model, 'fio-randread/cpu')).toMatchObject({
      verdict: 'untested',
      speedup: null,
      interval: null,
    });
  });

  it('says it in one sentence', () => {
    expect(model.headline).toMatch(
      /^PVHVM is 1\.\d+ times as fast as PV over 4 workloads \(95 % interval .* to .*\): /,
    );
    expect(model.headline).toContain('faster in Kernel build and UnixBench; slower in Random read (fio)');
    expect(model.headline).toContain('no difference beyond ±2 % in OpenSSL');
    expect(model.status).toMatchObject({ state: 'completed', failed: 0 });
    expect(model.limits.join()).toContain('for this boot');
  });

  it('turns when the guests are chosen the other way round', () => {
    const turned = report(decided, { baseline: 'deb12-pvhvm', candidate: 'deb12-pv' });
    expect(comparison(turned, 'unixbench/index').speedup).toBeCloseTo(
      1 / comparison(model, 'unixbench/index').speedup!,
      10,
    );
    expect(turned.headline).toContain('PV is 0.');
  });

  it('gives plain data, fit to be sent', () => {
    expect(JSON.parse(JSON.stringify(model))).toEqual(model);
  });

  it('calls guests of one mode by their names', () => {
    const same = report(
      experiment({
        guests: [
          { name: 'a', facts: facts('KVM') },
          { name: 'b', facts: facts('KVM') },
        ],
        workloads: [workload('openssl', 1931, 1, 0.003, 6, ['a', 'b'])],
        notes: ['Both guests are the same machine.'],
      }),
    );
    expect(same.headline).toMatch(
      /^OpenSSL \(RSA 2048 signatures\): No difference beyond .* between a and b/,
    );
    expect(same.notes).toEqual(['Both guests are the same machine.']);
    expect([same.baseline, same.candidate]).toEqual(['a', 'b']);
  });
});

describe('blocks that cannot be compared', () => {
  it('drops the block of a failed trial and says why', () => {
    const e = change(decided, 'unixbench/3/deb12-pvhvm', () => ({
      status: 'failed',
      measurements: [],
      reason: 'No space left on device',
    }));
    const model = report(e);
    const found = comparison(model, 'unixbench/index');
    expect(found.n).toBe(7);
    expect(found.droppedBlocks).toEqual([{ block: 3, round: 3, reason: 'PVHVM: No space left on device' }]);
    expect(model.failures).toMatchObject([
      { benchmarkTitle: 'UnixBench', outcome: 'failed', reason: 'No space left on device' },
    ]);
    const baseline = metric(model, 'unixbench/index').guests[0]!;
    expect(baseline.samples.find(({ block }) => block === 3)?.use).toBe('unpaired');
    expect(baseline.n).toBe(7);
  });

  it('counts the last attempt of a repeated trial', () => {
    const again = decided.trials.find(({ trial }) => trial.id === 'openssl/2/deb12-pv')!;
    const lost = change(decided, again.trial.id, () => ({
      status: 'lost',
      measurements: [],
      reason: 'connection lost',
    }));
    const model = report({ ...lost, trials: [...lost.trials, { ...again, attempt: 2 }] });
    expect(comparison(model, 'openssl/sign').n).toBe(10);
    expect(model.failures).toHaveLength(1);
    expect(model.status.finished).toBe(decided.trials.length);
  });

  it('leaves a running trial out without calling its block dropped', () => {
    const e = change(decided, 'openssl/10/deb12-pvhvm', () => ({ status: 'running', measurements: [] }));
    const found = comparison(report(e, { activity: 'running' }), 'openssl/sign');
    expect(found).toMatchObject({ n: 9, droppedBlocks: [] });
  });

  it('names a trial that gave no such figure', () => {
    const e = change(decided, 'fio-randread/2/deb12-pv', (record) => ({
      measurements: record.measurements.filter(({ id }) => id !== 'iops'),
    }));
    expect(comparison(report(e), 'fio-randread/iops').droppedBlocks[0]?.reason).toBe(
      'PV: the trial gave no such figure',
    );
  });

  it('keeps the verdicts of the others when one value cannot be compared', () => {
    const e = change(decided, 'unixbench/4/deb12-pv', (record) => ({
      measurements: record.measurements.map((one) => ({ ...one, value: 0 })),
    }));
    const model = report(e);
    expect(comparison(model, 'unixbench/index')).toMatchObject({
      verdict: 'insufficient',
      word: 'not comparable',
    });
    expect(comparison(model, 'kernel-build/seconds').verdict).toBe('faster');
    expect(pair(model).overall).toMatchObject({ status: 'withheld', missing: ['UnixBench'] });
  });

  it('lists outlier blocks', () => {
    const e = change(decided, 'openssl/7/deb12-pvhvm', (record) => ({
      measurements: record.measurements.map((one) => ({ ...one, value: one.value / 3 })),
    }));
    expect(comparison(report(e), 'openssl/sign').outlierBlocks).toEqual([7]);
  });

  it('says that a constant ratio carries no uncertainty', () => {
    const constant = {
      benchmark: 'openssl',
      blocks: 5,
      metrics: [
        {
          id: 'sign',
          unit: 'signatures/s',
          better: 'higher' as const,
          values: { 'deb12-pv': [2, 2, 2, 2, 2], 'deb12-pvhvm': [3, 3, 3, 3, 3] },
        },
      ],
    };
    const model = report(experiment({ guests: [pv, pvhvm], workloads: [constant] }));
    expect(comparison(model, 'openssl/sign')).toMatchObject({
      verdict: 'insufficient',
      word: 'no spread',
      interval: null,
    });
  });

  it('gives coarse figures that are equal in print the interval that their last digit allows', () => {
    const values = { 'deb12-pv': [200, 200, 200, 200, 200], 'deb12-pvhvm': [200, 200, 200, 200, 200] };
    const metrics = [{ id: 'sign', unit: 'signatures/s', better: 'higher' as const, values }];
    const e = experiment({ guests: [pv, pvhvm], workloads: [{ benchmark: 'openssl', blocks: 5, metrics }] });
    const coarse = catalogue.map((benchmark) => ({
      ...benchmark,
      metrics: benchmark.metrics.map((metric) => ({ ...metric, resolution: 1 })),
    }));
    const { verdict, speedup, interval } = comparison(
      reportModel([e], { catalogue: coarse }),
      'openssl/sign',
    );
    expect({ verdict, speedup }).toEqual({ verdict: 'equivalent', speedup: 1 });
    expect(interval?.[0]).toBeLessThan(1);
    expect(interval?.[1]).toBeGreaterThan(1);
  });
});

describe('the family', () => {
  it('counts planned workloads without figures', () => {
    const alone = report(
      experiment({ guests: [pv, pvhvm], workloads: [workload('openssl', 1931, 1.03, 0.004, 6)] }),
    );
    const planned = ['sqlite', 'apache', 'php'].map((id) => workload(id, 10, 1, 0.1, 0, undefined, 6));
    const among = report(
      experiment({ guests: [pv, pvhvm], workloads: [workload('openssl', 1931, 1.03, 0.004, 6), ...planned] }),
    );
    expect(comparison(among, 'openssl/sign').p).toBe(comparison(alone, 'openssl/sign').p);
    expect(comparison(among, 'openssl/sign').pHolm).toBeCloseTo(
      4 * comparison(alone, 'openssl/sign').pHolm!,
      10,
    );
    expect(pair(among).overall.missing).toEqual(['PHP', 'SQLite', 'Apache']);
    expect(pair(among).overall.sentence).toContain('PHP, SQLite and Apache');
  });

  it('covers the pairs of all candidates, each of which has its own overall figure', () => {
    const pvh = { name: 'deb12-pvh', host: 'lab1', facts: facts('PVH') };
    const base = workload('openssl', 1931, 1.05, 0.004, 6);
    const values = { ...base.metrics[0]!.values, [pvh.name]: noisy(1931 * 1.2, 0.004, 6, 9) };
    const e = experiment({
      guests: [pvhvm, pvh, pv],
      workloads: [{ ...base, metrics: [{ ...base.metrics[0]!, values }] }],
    });
    const model = report(e);
    expect(model.baseline).toBe('deb12-pv');
    expect(model.pairs.map(({ candidate }) => candidate)).toEqual(['deb12-pvhvm', 'deb12-pvh']);
    const [first, second] = metric(model, 'openssl/sign').comparisons;
    const ps = [first!.p!, second!.p!].sort((a, b) => a - b);
    const holm = [first!.pHolm!, second!.pHolm!].sort((a, b) => a - b);
    expect(holm[0]).toBeCloseTo(2 * ps[0]!, 12);
    expect(model.pairs.map(({ overall }) => overall.speedup)).toEqual([
      expect.closeTo(first!.speedup!, 10),
      expect.closeTo(second!.speedup!, 10),
    ]);
    expect(report(e, { candidate: 'deb12-pvh' }).headline).toContain('PVH');
    const asked = report(e, { candidate: 'deb12-pv' });
    expect([asked.baseline, asked.candidate]).toEqual(['deb12-pvhvm', 'deb12-pv']);
  });
});

describe('what stands against a comparison', () => {
  it('refuses verdicts on different hosts', () => {
    const e = experiment({
      guests: [pv, { ...pvhvm, host: 'lab2' }],
      workloads: fourWorkloads,
      ended: completed,
    });
    const model = report(e);
    expect(model.headline).toBe('No verdict: PVHVM and PV run on different hosts.');
    expect(comparison(model, 'unixbench/index')).toMatchObject({
      verdict: 'refused',
      interval: null,
      p: null,
      pHolm: null,
    });
    expect(pair(model).overall).toMatchObject({ status: 'withheld', speedup: null });
    expect(pair(model).warnings[0]).toMatchObject({ id: 'hosts', severity: 'refusal' });
  });

  it.each([
    ['kernel', { kernel: '6.12.0' }],
    ['distribution', { distribution: 'Fedora 41' }],
    ['architecture', { architecture: 'aarch64' }],
    ['cpu-model', { cpuModel: 'AMD EPYC' }],
    ['vcpus', { vcpus: 4 }],
    ['memory', { memoryBytes: 8 * 2 ** 30 }],
    ['clock-source', { clockSource: 'tsc' }],
    ['mitigations', { mitigations: { meltdown: 'Vulnerable' } }],
    ['root-disk', { rootDisk: 'sda' }],
    ['root-filesystem', { rootFilesystem: 'xfs' }],
    ['mode-unknown', { mode: { mode: 'unknown' as const, confidence: 'unknown' as const, because: [] } }],
  ])('warns of %s', (id, more) => {
    expect(warned(pv, { ...pvhvm, facts: facts('PVHVM', more) })).toEqual([id]);
  });

  it('does not warn of alike guests, and tells of what belongs to the mode without doubting the verdict', () => {
    expect(warned(pv, { ...pvhvm, facts: facts('PVHVM', { memoryBytes: 3.98 * 2 ** 30 }) })).toEqual([]);
    const emulated = { ...pvhvm, facts: facts('PVHVM', { diskDriver: 'ata_piix' }) };
    const model = report(experiment({ guests: [pv, emulated], workloads: fourWorkloads }));
    expect(pair(model).warnings).toMatchObject([{ id: 'disk-driver', severity: 'note' }]);
    expect(model.headline).not.toContain('warning');
  });

  it('warns of missing facts and of a host that is named for one guest only', () => {
    expect(warned(pv, { name: 'x', host: 'lab1' })).toEqual(['facts-missing']);
    expect(warned(pv, { name: pvhvm.name, facts: pvhvm.facts })).toEqual(['host-unnamed']);
  });

  it('warns of another mode than expected, of a reboot and of stolen time', () => {
    const plain = experiment({ guests: [pv, pvhvm], workloads: fourWorkloads, steal: 3.5 });
    const guests = plain.plan.guests.map((guest) =>
      guest.name === pv.name ? { ...guest, mode: 'PVH' as const } : guest,
    );
    const end = {
      guest: pvhvm.name,
      when: 'end' as const,
      at: completed.at,
      facts: facts('PVHVM', { bootId: 'other' }),
    };
    const model = report({ ...plain, plan: { ...plain.plan, guests }, facts: [...plain.facts, end] });
    expect(warningIds(model)).toEqual(['mode', 'reboot', 'steal']);
    expect(pair(model).warnings[0]?.text).toContain('expected to be PVH, and the probe found PV');
    expect(pair(model).warnings[2]?.text).toBe(
      'In 34 of 34 trials of PV (up to 3.5 %) and 34 of 34 trials of PVHVM (up to 3.5 %), more than 2 % of the CPU time went to other guests (steal).',
    );
  });

  it('puts the facts side by side and marks what differs', () => {
    const model = report(
      experiment({ guests: [pv, { ...pvhvm, facts: facts('PVHVM', { kernel: '6.12.0' }) }], workloads: [] }),
    );
    expect(model.facts.filter(({ differs }) => differs).map(({ id }) => id)).toEqual(['mode', 'kernel']);
    expect(model.facts.find(({ id }) => id === 'memory')).toMatchObject({ values: ['4.0 GiB', '4.0 GiB'] });
    expect(model.facts.find(({ id }) => id === 'mitigations')?.values[0]).not.toContain('mds');
  });
});

describe('unfinished and odd experiments', () => {
  it('shows first estimates of a running one without verdicts', () => {
    const running = experiment({
      guests: [pv, pvhvm],
      workloads: [
        workload('openssl', 1931, 1.2, 0.01, 2, undefined, 8),
        workload('sqlite', 44, 1, 0.01, 1, undefined, 8),
      ],
    });
    const model = report(running, { activity: 'running' });
    expect(model.headline).toBe('Too early to tell PVHVM from PV: 2 of at least 4 blocks are complete.');
    expect(model.status).toMatchObject({ state: 'running', finished: 10, planned: 36 });
    expect(model.status.text).toBe('Running · 10 of 36 trials finished');
    expect(comparison(model, 'openssl/sign')).toMatchObject({
      verdict: 'insufficient',
      word: 'too few blocks',
      interval: null,
    });
    expect(report(running).status.text).toContain('Interrupted');
    expect(report(running, { activity: 'paused' }).status.state).toBe('paused');
  });

  it('has a sentence for one guest, for none and for no experiment', () => {
    const one = report(experiment({ guests: [pv], workloads: [workload('openssl', 1931, 1, 0.01, 3)] }));
    expect(one.headline).toContain('One guest only (deb12-pv, PV)');
    expect(one.pairs).toEqual([]);
    expect(metric(one, 'openssl/sign').guests[0]).toMatchObject({ n: 3 });
    expect(report(experiment({ guests: [pv], workloads: [] })).headline).toBe(
      'Nothing was measured yet on deb12-pv, PV.',
    );
    expect(report([]).headline).toContain('Nothing was measured');
    expect(report([]).status.state).toBe('empty');
  });

  it('names workloads that were set aside', () => {
    const setAside = [{ guest: pvhvm.name, benchmark: 'sqlite', reason: 'sqlite3 is not installed' }];
    const both = experiment({
      guests: [pv, pvhvm],
      workloads: [workload('openssl', 1931, 1.2, 0.01, 6), workload('sqlite', 44, 1, 0.01, 0, undefined, 6)],
      setAside,
    });
    const model = report(both);
    expect(comparison(model, 'sqlite/seconds')).toMatchObject({
      word: 'set aside',
      sentence: 'Not compared: PVHVM: sqlite3 is not installed.',
    });
    expect(model.setAside).toMatchObject([{ benchmarkTitle: 'SQLite', reason: 'sqlite3 is not installed' }]);
    expect(model.status.text).toContain('1 workload set aside');
    const alone = experiment({
      guests: [pv, pvhvm],
      workloads: [workload('sqlite', 44, 1, 0.01, 0, undefined, 6)],
      setAside,
    });
    expect(report(alone).headline).toBe('Nothing to compare: no workload could be run in both PVHVM and PV.');
  });

  it('shows metrics the catalogue does not know, and tests a single one', () => {
    const values = { 'deb12-pv': [1, 2, 3, 4], 'deb12-pvhvm': [2, 4, 6, 9] };
    const of = (ids: readonly string[]) =>
      report(
        experiment({
          guests: [pv, pvhvm],
          workloads: [
            {
              benchmark: 'own',
              blocks: 4,
              metrics: ids.map((id) => ({ id, unit: 'x', better: 'higher', values })),
            },
          ],
        }),
      );
    expect(of(['only']).metrics).toMatchObject([{ key: 'own/only', title: 'only', primary: true }]);
    expect(of(['a', 'b']).metrics.map(({ primary }) => primary)).toEqual([false, false]);
    expect(of(['a', 'b']).headline).toContain('no workload of this experiment has a tested metric');
  });

  it('shows guests of two experiments beside each other without verdicts between them', () => {
    const other = { ...decided, id: 'e2', label: 'second' };
    const model = report([decided, other], {
      baseline: 'deb12-pv (deb12 PV and PVHVM)',
      candidate: 'deb12-pv (second)',
    });
    expect(model.guests.map(({ key }) => key)).toContain('deb12-pvhvm (second)');
    expect(model.headline).toContain('were not measured side by side');
    expect(comparison(model, 'openssl/sign').verdict).toBe('refused');
    const within = model.pairs.find(({ candidate }) => candidate === 'deb12-pvhvm (deb12 PV and PVHVM)')!;
    expect(within.counts).toMatchObject({ faster: 2, slower: 1, equivalent: 1, refused: 0 });
    expect(report([decided, { ...decided, id: 'e2' }]).guests.map(({ key }) => key)[2]).toBe(
      'deb12-pv (deb12 PV and PVHVM #2)',
    );
  });

  it('refuses nothing silently when the plan is not valid', () => {
    const e = { ...decided, plan: { ...decided.plan, statistics: { ...decided.plan.statistics, alpha: 7 } } };
    expect(comparison(report(e), 'openssl/sign')).toMatchObject({
      verdict: 'insufficient',
      word: 'not comparable',
    });
    expect(pair(report(e)).overall.status).toBe('withheld');
  });
});

it('makes the model of another candidate from that of one, and of nothing else', () => {
  const pvh = { name: 'deb12-pvh', host: 'lab1', facts: facts('PVH') };
  const [base] = fourWorkloads;
  const values = { ...base!.metrics[0]!.values, [pvh.name]: noisy(1931 * 1.2, 0.004, 6, 9) };
  const e = experiment({
    guests: [pv, pvhvm, pvh],
    workloads: [{ ...base!, metrics: [{ ...base!.metrics[0]!, values }] }],
    ended: completed,
  });
  const baseline = 'deb12-pv';
  const model = report(e, { baseline, candidate: 'deb12-pvhvm' });
  const other = { baseline, candidate: 'deb12-pvh' };
  expect(withCandidate(model, other)).toEqual(report(e, other));
  expect(withCandidate(model, other)?.headline).not.toBe(model.headline);
  expect(withCandidate(model, { ...other, by: 'mode' })).toBeUndefined();
  expect(withCandidate(model, { baseline: 'deb12-pvh', candidate: baseline })).toBeUndefined();
  expect(withCandidate(model, { baseline, candidate: 'gone' })).toBeUndefined();
});

it('handles 100 000 measurements', () => {
  const many = Array.from({ length: 250 }, (_, index) => ({
    id: `m${index}`,
    unit: 'x',
    better: 'higher' as const,
    values: { 'deb12-pv': noisy(100, 0.01, 20, index), 'deb12-pvhvm': noisy(110, 0.01, 20, index + 500) },
  }));
  const workloads = catalogue.slice(0, 8).map(({ id }) => ({ benchmark: id, blocks: 20, metrics: many }));
  const e = experiment({ guests: [pv, pvhvm], workloads, ended: completed });
  const model = report(e);
  const samples = model.metrics.flatMap(({ guests }) => guests.flatMap((guest) => guest.samples));
  expect(samples.length).toBeGreaterThan(80_000);
});
