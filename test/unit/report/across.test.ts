import { describe, expect, it } from 'vitest';
import type { Experiment } from '../../../src/model/experiment';
import { toHtml } from '../../../src/report/html';
import { reportModel } from '../../../src/report/model';
import type { AcrossMetric } from '../../../src/report/acrossShape';
import type { ReportOptions } from '../../../src/report/shape';
import { acrossIntervalTitle, acrossMarginText, leastMargin, ownLevel } from '../../../src/report/wording';
import { changeBetween } from '../../../src/statistics/change';
import { catalogue, completed, experiment, facts, noisy, pv, pvhvm, workload } from './experiments';

const report = (experiments: readonly Experiment[], options: ReportOptions = {}) =>
  reportModel(experiments, { catalogue, ...options });
const across = (experiments: readonly Experiment[], options: ReportOptions = {}) => {
  const found = report(experiments, options).across;
  if (found === undefined) throw new Error('nothing across');
  return found;
};
const row = (metrics: readonly AcrossMetric[], key: string) => metrics.find((metric) => metric.key === key)!;

/** PV against PVHVM with the given effects; `day` of November. */
function measured(
  label: string,
  day: number,
  effects: Readonly<Record<string, number>>,
  more: Partial<Experiment> = {},
): Experiment {
  const made = experiment({
    label,
    guests: [pv, pvhvm],
    workloads: Object.entries(effects).map(([benchmark, effect]) =>
      workload(benchmark, 1000 + day, effect, 0.004, 8),
    ),
    ended: completed,
  });
  return { ...made, id: label, startedAt: `2026-11-${day}T20:00:00.000Z`, ...more };
}
const before = measured('Xen 4.17', 10, { unixbench: 1.2, 'kernel-build': 1.1, openssl: 1 });
const after = measured('Xen 4.18', 20, { unixbench: 1.3, 'kernel-build': 1.05, openssl: 1.001 });

const withParameters = (
  e: Experiment,
  benchmark: string,
  parameters: Record<string, number>,
): Experiment => ({
  ...e,
  plan: {
    ...e.plan,
    benchmarks: e.plan.benchmarks.map((ref) => (ref.id === benchmark ? { ...ref, parameters } : ref)),
  },
});
const printing = (e: Experiment, stdout: string): Experiment => ({
  ...e,
  trials: e.trials.map((record) => ({ ...record, stdout })),
});

describe('the same modes through two experiments', () => {
  const found = across([after, before]);

  it('goes by the time, not by its letters: zones differ', () => {
    const late = { ...before, startedAt: '2026-11-20T01:00:00.000+09:00' };
    const early = { ...after, startedAt: '2026-11-19T15:00:00.000Z' };
    const labels = across([late, early]).experiments.map(({ label }) => label);
    expect(labels).toEqual(['Xen 4.18', 'Xen 4.17']);
  });

  it('has each experiment’s own verdicts, in the order of time', () => {
    expect(found.chosen).toEqual({ by: 'mode', baseline: 'PV', candidate: 'PVHVM' });
    expect(found.experiments.map(({ experiment: index, label }) => [index, label])).toEqual([
      [1, 'Xen 4.17'],
      [0, 'Xen 4.18'],
    ]);
    expect(found.experiments[0]).toMatchObject({
      baseline: ['deb12-pv (Xen 4.17)'],
      candidate: ['deb12-pvhvm (Xen 4.17)'],
    });
    for (const { experiment: index, speedup, interval, verdict } of found.metrics.flatMap((m) => m.entries)) {
      const alone = report([index === 0 ? after : before]).metrics.flatMap(({ comparisons }) => comparisons);
      expect(alone).toContainEqual(expect.objectContaining({ speedup, interval, verdict }));
    }
    expect(found.experiments[0]?.headline).toBe(report([before]).headline);
    expect(found.experiments[0]?.overall).toEqual(report([before]).pairs[0]?.overall);
  });

  it('divides the later speedup by the earlier one, with an interval from both standard errors', () => {
    const [change] = row(found.metrics, 'unixbench/index').changes;
    const [a, b] = [before, after].map((e) => {
      const metric = report([e]).metrics.find(({ key }) => key === 'unixbench/index')!;
      const { speedup, certainty } = metric.comparisons[0]!;
      return {
        logEst: Math.log(speedup!),
        logSe: certainty!.standardError,
        df: certainty!.df,
        plan: 'anystop' as const,
        alpha: 0.05,
      };
    });
    const wanted = changeBetween(a!, b!);
    expect(change).toMatchObject({ from: 1, to: 0, verdict: 'larger' });
    expect(change!.ratio).toBeCloseTo(wanted.ratio, 12);
    expect(change!.interval![0]).toBeCloseTo(wanted.low, 12);
    expect(change!.interval![1]).toBeCloseTo(wanted.high, 12);
    expect(row(found.metrics, 'kernel-build/seconds').changes[0]?.verdict).toBe('smaller');
    expect(row(found.metrics, 'openssl/sign').changes[0]?.verdict).toBe('same');
  });

  it('says it in sentences', () => {
    expect(found.headline).toMatch(
      /^PVHVM against PV in 2 experiments: 1\.\d+ times as fast over 3 workloads in “Xen 4\.17” \(interval .* to .*\) and 1\.\d+ times as fast over 3 workloads in “Xen 4\.18” \(interval .* to .*\); the speedup grew in UnixBench; the speedup shrank in Kernel build; it stayed the same in OpenSSL\.$/,
    );
    expect(row(found.metrics, 'unixbench/index').changes[0]?.sentence).toMatch(
      /^The speedup of PVHVM against PV went from 1\.\d+ in “Xen 4\.17” to 1\.\d+ in “Xen 4\.18”: 1\.\d+ times as much \(95 % interval 1\.\d+ to 1\.\d+\)\.$/,
    );
    expect(row(found.metrics, 'openssl/sign').changes[0]?.sentence).toContain('stayed within ±2 %');
  });

  it('gives no verdict on a guest that was measured at two times', () => {
    const [guest] = row(found.metrics, 'kernel-build/seconds').guests;
    expect(guest?.name).toBe('deb12-pv');
    const [a, b] = guest!.entries.map(({ geometricMean }) => geometricMean!);
    expect(guest!.changes).toMatchObject([{ from: 1, to: 0 }]);
    expect(guest!.changes[0]!.speedup).toBeCloseTo(a! / b!, 12);
    expect(guest!.changes[0]!.sentence).toContain('an estimate without verdict');
  });

  it('has plain data, and only with two experiments', () => {
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
    expect(report([before]).across).toBeUndefined();
    expect(report([]).across).toBeUndefined();
  });
});

describe('what must not be mixed', () => {
  it('names the level of each interval where the experiments were judged by different ones', () => {
    const statistics = { ...after.plan.statistics, alpha: 0.1, margin: 0.05 };
    const bolder = { ...after, plan: { ...after.plan, statistics } };
    const [alike, mixed] = [across([before, after]), across([before, bolder])];
    expect(acrossIntervalTitle(alike)).toBe('95 % interval');
    expect(acrossMarginText(alike)).toBe('±2 %: counts as equivalent');
    expect(ownLevel(alike, 0)).toBe('');
    expect(acrossIntervalTitle(mixed)).toBe('95 % or 90 % interval');
    expect(acrossMarginText(mixed)).toContain('±2 % or ±5 %, by experiment');
    expect(leastMargin(mixed)).toBe(0.02);
    expect([ownLevel(mixed, 0), ownLevel(mixed, 1)]).toEqual([' at 95 %', ' at 90 %']);
    expect(toHtml(report([before, bolder]))).toMatch(/\d at 90 %</);
    // The pair in detail is judged as its own experiment was planned, whichever was chosen first.
    const baseline = 'deb12-pv (Xen 4.18)';
    const detail = report([before, bolder], { baseline, candidate: 'deb12-pvhvm (Xen 4.18)' });
    expect(detail.statistics).toEqual(statistics);
  });

  it.each([
    [
      'parameters',
      withParameters(after, 'unixbench', { copies: 4 }),
      'parameter copies: 4 instead of not known',
    ],
    [
      'versions',
      printing(after, 'guestbench: version=UnixBench 6.0\n'),
      'tool: UnixBench 6.0 instead of not known',
    ],
  ])('sets figures of other %s apart and says why', (_, other, why) => {
    const metric = row(across([before, other]).metrics, 'unixbench/index');
    expect(metric.entries.map(({ alike, differs }) => [alike, differs])).toEqual([
      [1, []],
      [2, [why]],
    ]);
    expect(metric.changes).toEqual([]);
    expect(metric.guests.flatMap(({ changes }) => changes)).toEqual([]);
  });

  it('takes a default that was written down for the default', () => {
    const spelled = withParameters(after, 'openssl', { seconds: 3 });
    const [first, second] = row(across([before, spelled]).metrics, 'openssl/sign').entries;
    const defaults = withParameters(before, 'openssl', {});
    const other = row(
      across([defaults, withParameters(after, 'openssl', { seconds: 10 })]).metrics,
      'openssl/sign',
    );
    expect([first?.alike, second?.alike]).toEqual([1, 1]);
    expect(other.entries[1]?.differs).toEqual(['parameter seconds: 10 instead of 3']);
  });

  it('compares the later of three with the first that was measured alike', () => {
    const third = measured('Xen 4.19', 25, { unixbench: 1.4 });
    const old = withParameters(before, 'unixbench', { copies: 4 });
    const metric = row(across([old, after, third]).metrics, 'unixbench/index');
    expect(metric.entries.map(({ alike }) => alike)).toEqual([1, 2, 2]);
    expect(metric.changes).toMatchObject([{ from: 1, to: 2 }]);
  });

  it('gives another unit a row of its own', () => {
    const inOther = {
      ...after,
      trials: after.trials.map((record) => ({
        ...record,
        measurements: record.measurements.map((one) => (one.id === 'index' ? { ...one, unit: 'lps' } : one)),
      })),
    };
    const rows = across([before, inOther]).metrics.filter(({ benchmark }) => benchmark === 'unixbench');
    expect(rows.map(({ unit, entries, changes }) => [unit, entries.length, changes.length])).toEqual([
      ['points', 1, 0],
      ['lps', 1, 0],
    ]);
    expect(new Set(rows.map(({ key }) => key)).size).toBe(2);
  });

  it('leaves an estimate an estimate where one experiment has no verdicts', () => {
    const apart = {
      ...after,
      plan: {
        ...after.plan,
        guests: after.plan.guests.map((guest, index) => ({ ...guest, host: `lab${index}` })),
      },
    };
    const found = across([before, apart]);
    expect(found.metrics.flatMap(({ changes }) => changes.map(({ verdict }) => verdict))).toEqual([
      'estimate',
      'estimate',
      'estimate',
    ]);
    expect(found.headline).toContain('no verdict in “Xen 4.18”, where the guests cannot be compared');
    expect(row(found.metrics, 'openssl/sign').changes[0]?.sentence).toContain('an estimate only');
  });

  it('counts all tested changes as one family', () => {
    const noisyOnes = (
      label: string,
      day: number,
      effects: Readonly<Record<string, number>>,
    ): Experiment => ({
      ...experiment({
        label,
        guests: [pv, pvhvm],
        workloads: Object.entries(effects).map(([id, effect]) => workload(id, 1000 + day, effect, 0.02, 8)),
      }),
      startedAt: `2026-11-${day}T20:00:00.000Z`,
    });
    const phpOf = (others: Readonly<Record<string, number>>) =>
      row(
        across([noisyOnes('a', 10, { ...others, php: 1 }), noisyOnes('b', 11, { ...others, php: 1.06 })])
          .metrics,
        'php/seconds',
      ).changes[0]!;
    const many = Object.fromEntries(catalogue.map(({ id }) => [id, 1]));
    const [alone, among] = [phpOf({}), phpOf(many)];
    expect(among.interval).toEqual(alone.interval);
    expect(alone.interval![0]).toBeGreaterThan(1);
    expect([alone.verdict, among.verdict]).toEqual(['larger', 'unclear']);
    expect(among.sentence).toContain('not surely enough among all changes looked at');
  });
});

describe('what can be followed', () => {
  it('is chosen, modes before guests; an experiment without it says so', () => {
    const kvm = experiment({
      label: 'KVM',
      guests: [
        { name: 'deb12-pv', facts: facts('PV') },
        { name: 'deb12-kvm', facts: facts('KVM') },
      ],
      workloads: [workload('openssl', 1900, 1.1, 0.004, 6, ['deb12-pv', 'deb12-kvm'])],
    });
    const found = across([before, after, kvm]);
    expect(found.choices).toEqual([
      { by: 'mode', baseline: 'PV', candidate: 'PVHVM' },
      { by: 'guest', baseline: 'deb12-pv', candidate: 'deb12-pvhvm' },
    ]);
    expect(found.experiments.find(({ label }) => label === 'KVM')?.why).toBe('No guest of the mode PVHVM.');
    const byGuest = across([before, after], { across: found.choices[1]! });
    expect(byGuest.chosen?.by).toBe('guest');
    expect(byGuest.metrics.map(({ entries }) => entries)).toEqual(
      across([before, after]).metrics.map(({ entries }) => entries),
    );
  });

  it('is nothing where experiments share no pair', () => {
    const other = experiment({
      label: 'other',
      guests: [
        { name: 'x', facts: facts('KVM') },
        { name: 'y', facts: facts('VMware') },
      ],
      workloads: [workload('openssl', 1900, 1, 0.01, 4, ['x', 'y'])],
    });
    const found = across([before, other]);
    expect(found).toMatchObject({ choices: [], metrics: [] });
    expect(found.headline).toContain('Nothing can be followed');
    expect(found.experiments.every(({ why }) => why !== undefined)).toBe(true);
  });

  it('compares modes by all their guests where there are several', () => {
    const names = ['pv1', 'pv2', 'hvm1', 'hvm2'];
    const several = (label: string, day: number, effect: number): Experiment => {
      const made = experiment({
        label,
        guests: names.map((name) => ({
          name,
          host: 'lab1',
          facts: facts(name.startsWith('pv') ? 'PV' : 'PVHVM', { bootId: name }),
        })),
        workloads: [
          {
            benchmark: 'openssl',
            blocks: 6,
            metrics: [
              {
                id: 'sign',
                unit: 'signatures/s',
                better: 'higher',
                values: Object.fromEntries(
                  names.map((name, index) => [
                    name,
                    noisy(1000 * (name.startsWith('pv') ? 1 : effect), 0.002, 6, day + index),
                  ]),
                ),
              },
            ],
          },
        ],
      });
      return { ...made, id: label, startedAt: `2026-11-${day}T20:00:00.000Z` };
    };
    const found = across([several('a', 10, 1.2), several('b', 11, 1.2)]);
    expect(found.experiments[0]?.baseline).toEqual(['pv1 (a)', 'pv2 (a)']);
    expect(found.experiments[0]?.headline).toContain('PVHVM (2 guests)');
    expect(found.metrics[0]?.entries[0]?.speedup).toBeCloseTo(1.2, 1);
    expect(found.metrics[0]?.guests.map(({ name }) => name)).toEqual(names);
  });

  it('lists what else changed', () => {
    const upgraded = {
      ...after,
      guestbench: '0.2.0',
      facts: after.facts.map((record) => ({
        ...record,
        facts: { ...record.facts, hypervisorVersion: '4.18.0' },
      })),
    };
    expect(across([before, upgraded]).facts).toEqual([
      { id: 'hypervisor', label: 'Hypervisor', values: ['Xen 4.17.3', 'Xen 4.18.0'], differs: true },
      { id: 'guestbench', label: 'Guestbench', values: ['0.1.0', '0.2.0'], differs: true },
    ]);
  });
});

describe('a change of a speedup', () => {
  it('has the standard error and the degrees of freedom of a difference', () => {
    const one = { logEst: 0.1, logSe: 0.03, df: 5, plan: 'fixed' as const, alpha: 0.05 };
    const two = { logEst: 0.3, logSe: 0.04, df: 8, plan: 'fixed' as const, alpha: 0.05 };
    const { ratio, low, high, p } = changeBetween(one, two);
    // By hand: se = 0.05, df = 0.05⁴ / (0.03⁴/5 + 0.04⁴/8) = 12.95, t(0.975) = 2.1610.
    expect(ratio).toBeCloseTo(Math.exp(0.2), 12);
    expect(Math.log(low)).toBeCloseTo(0.2 - 2.161 * 0.05, 3);
    expect(Math.log(high)).toBeCloseTo(0.2 + 2.161 * 0.05, 3);
    expect(p).toBeLessThan(0.01);
    const careful = changeBetween(one, { ...two, plan: 'anystop' });
    expect(careful.low).toBeLessThan(low);
    expect(careful.p).toBeGreaterThan(p);
  });
});
