import { describe, expect, it } from 'vitest';
import type { Experiment } from '../../../src/model/experiment';
import type { Facts } from '../../../src/model/guest';
import { toMarkdown } from '../../../src/report/exporters';
import { toHtml } from '../../../src/report/html';
import { reportModel } from '../../../src/report/model';
import { inOverviewOrder } from '../../../src/report/overviewOrder';
import type { ReportOptions } from '../../../src/report/shape';
import { compareReplicates } from '../../../src/statistics/compare';
import { catalogue, experiment, facts, noisy } from './experiments';

interface Guest {
  readonly name: string;
  readonly host?: string;
  readonly facts?: Partial<Facts>;
}

/** Guests whose names begin with pv are PV, others PVHVM and 20 % faster; each differs a little from the next. */
function made(guests: readonly Guest[], blocks = 6): Experiment {
  const values = (id: number, better: 'higher' | 'lower') =>
    Object.fromEntries(
      guests.map(({ name }, index) => {
        const gain = name.startsWith('pv') ? 1 : 1.2;
        const centre = 1000 * (1 + 0.002 * index) * (better === 'higher' ? gain : 1 / gain);
        return [name, noisy(centre, 0.003, blocks, 10 * id + index)];
      }),
    );
  return experiment({
    guests: guests.map(({ name, host, facts: more }) => ({
      name,
      ...(host === undefined ? {} : { host }),
      facts: facts(name.startsWith('pv') ? 'PV' : 'PVHVM', { bootId: name, ...more }),
    })),
    workloads: [
      {
        benchmark: 'openssl',
        blocks,
        metrics: [{ id: 'sign', unit: 'signatures/s', better: 'higher', values: values(1, 'higher') }],
      },
      {
        benchmark: 'kernel-build',
        blocks,
        metrics: [{ id: 'seconds', unit: 's', better: 'lower', values: values(2, 'lower') }],
      },
    ],
  });
}
const on = (host: string | undefined, ...names: readonly string[]): Guest[] =>
  names.map((name) => (host === undefined ? { name } : { name, host }));
const report = (e: Experiment, options: ReportOptions = {}) => reportModel([e], { catalogue, ...options });
const byMode = (e: Experiment, options: ReportOptions = {}) => report(e, { by: 'mode', ...options });

const four = made(on('lab1', 'pv1', 'pv2', 'hvm1', 'hvm2', 'hvm3'));

describe('modes with several guests', () => {
  const model = byMode(four);
  const sign = model.metrics.find(({ key }) => key === 'openssl/sign')!;

  it('are compared when they are asked for, with the guests as replicates', () => {
    expect(model).toMatchObject({ by: 'mode', baseline: 'PV', candidate: 'PVHVM' });
    expect(model.modes).toEqual([
      { mode: 'PV', guests: ['pv1', 'pv2'] },
      { mode: 'PVHVM', guests: ['hvm1', 'hvm2', 'hvm3'] },
    ]);
    const valuesOf = (guest: string) =>
      sign.guests
        .find((one) => one.guest === guest)!
        .samples.filter(({ use }) => use === 'used')
        .map(({ value }) => value);
    const wanted = compareReplicates({
      ...{ plan: 'anystop', alpha: 0.05, margin: 0.02, direction: 'higher' },
      hosts: [
        {
          host: 'lab1',
          baseline: ['pv1', 'pv2'].map(valuesOf),
          candidate: ['hvm1', 'hvm2', 'hvm3'].map(valuesOf),
        },
      ],
    });
    if (wanted.status !== 'ok') throw new Error(wanted.status);
    const [found] = sign.comparisons;
    expect(found).toMatchObject({ candidate: 'PVHVM', speedup: wanted.speedup, n: 6, verdict: 'faster' });
    expect(found?.interval).toEqual([wanted.ciLow, wanted.ciHigh]);
    expect(found?.replicates?.map(({ guest, side, n }) => [guest, side, n])).toEqual([
      ['pv1', 'baseline', 6],
      ['pv2', 'baseline', 6],
      ['hvm1', 'candidate', 6],
      ['hvm2', 'candidate', 6],
      ['hvm3', 'candidate', 6],
    ]);
  });

  it('are said to be so in words', () => {
    expect(model.headline).toMatch(
      /^PVHVM \(3 guests\) is 1\.2\d* times as fast as PV \(2 guests\) over 2 workloads \(95 % interval .*\): faster in both workloads\.$/,
    );
    expect(model.limits[0]).toContain('The guests of a mode are its replicates');
    expect(model.pairs[0]?.warnings).toEqual([]);
    expect(JSON.parse(JSON.stringify(model))).toEqual(model);
  });

  it('are so in Markdown too, with the mean of the guests’ means', () => {
    const text = toMarkdown(model);
    const means = sign.comparisons[0]!.replicates!.filter(({ side }) => side === 'candidate');
    const mean = Math.exp(means.reduce((sum, one) => sum + Math.log(one.mean!), 0) / means.length);
    const line = text.split('\n').find((one) => one.startsWith('| OpenSSL'));
    expect(line).toContain(`| ${Math.round(mean).toLocaleString('en-US')} signatures/s |`);
    expect(text).toContain('The guests of a mode are its replicates');
    const blocked = made([
      ...on('lab1', 'pv1', 'pv2', 'hvm1'),
      { name: 'hvm2', host: 'lab1', facts: { vcpus: 8, kernel: '6.12.0' } },
    ]);
    expect(toMarkdown(byMode(blocked))).toMatch(
      /- No verdicts: .*vCPUs differ: PV has 2, PVHVM has 2 and 8\./,
    );
  });

  it('are offered only where one of them has two guests, of a measured experiment', () => {
    expect(report(four)).toMatchObject({ by: 'guest', baseline: 'pv1' });
    expect(report(four).modes).toHaveLength(2);
    const pair = made(on('lab1', 'pv1', 'hvm1'));
    expect(byMode(pair)).toMatchObject({ by: 'guest', modes: [], baseline: 'pv1', candidate: 'hvm1' });
    expect(byMode({ ...four, imported: { from: 'phoronix' } })).toMatchObject({ by: 'guest', modes: [] });
    expect(reportModel([four, { ...four, id: 'e2' }], { by: 'mode', catalogue }).by).toBe('guest');
  });

  it('turn around when the other one is the baseline', () => {
    const turned = byMode(four, { baseline: 'PVHVM', candidate: 'PV' });
    expect([turned.baseline, turned.candidate]).toEqual(['PVHVM', 'PV']);
    const found = turned.metrics.find(({ key }) => key === 'openssl/sign')!.comparisons[0]!;
    expect(found.speedup).toBeCloseTo(1 / sign.comparisons[0]!.speedup!, 12);
    expect(byMode(four, { candidate: 'PV' })).toMatchObject({ baseline: 'PVHVM', candidate: 'PV' });
    expect(byMode(four, { baseline: 'pv1', candidate: 'nonsense' })).toMatchObject({ baseline: 'PV' });
  });

  it('have an estimate and no interval where one has a single guest', () => {
    const single = byMode(made(on('lab1', 'pv1', 'pv2', 'hvm1')));
    const found = single.metrics[0]!.comparisons[0]!;
    expect(found).toMatchObject({ verdict: 'insufficient', word: 'too few guests', interval: null });
    expect(found.sentence).toContain('at least two of each are needed');
    expect(found.speedup).toBeCloseTo(1.2, 1);
    expect(toHtml(single)).toContain('>1 guest</span>');
  });

  it('use only blocks that are complete in all guests', () => {
    const failing = {
      ...four,
      trials: four.trials.map((record) =>
        record.trial.id === 'openssl/3/hvm2'
          ? { ...record, status: 'failed' as const, measurements: [], reason: 'no space' }
          : record,
      ),
    };
    const metric = byMode(failing).metrics.find(({ key }) => key === 'openssl/sign')!;
    expect(metric.comparisons[0]).toMatchObject({
      n: 5,
      droppedBlocks: [{ block: 3, reason: 'hvm2: no space' }],
    });
    const other = metric.guests.find(({ guest }) => guest === 'pv1')!;
    expect(other.samples.find(({ block }) => block === 3)?.use).toBe('unpaired');
    expect(other.n).toBe(5);
  });

  it('say which blocks are left out as a guest gave another figure only', () => {
    const partly = {
      ...four,
      trials: four.trials.map((record) =>
        record.trial.id === 'openssl/2/pv2' ? { ...record, measurements: [] } : record,
      ),
    };
    const metric = byMode(partly).metrics.find(({ key }) => key === 'openssl/sign')!;
    expect(metric.comparisons[0]?.droppedBlocks).toEqual([
      { block: 2, round: 2, reason: 'pv2: the trial gave no such figure' },
    ]);
  });
});

describe('modes on several hosts', () => {
  const both = [...on('lab1', 'pv1', 'pv2', 'hvm1', 'hvm2'), ...on('lab2', 'pv3', 'pv4', 'hvm3', 'hvm4')];

  it('are compared host by host and pooled where every host has both', () => {
    const found = byMode(made(both)).metrics.find(({ key }) => key === 'openssl/sign')!.comparisons[0]!;
    expect(found.verdict).toBe('faster');
    expect(found.replicates?.map(({ guest, host }) => `${guest} on ${host}`)).toEqual([
      ...['pv1 on lab1', 'pv2 on lab1', 'hvm1 on lab1', 'hvm2 on lab1'],
      ...['pv3 on lab2', 'pv4 on lab2', 'hvm3 on lab2', 'hvm4 on lab2'],
    ]);
    const estimateOn = (host: string) => {
      const meanOf = (side: string) => {
        const own = found.replicates!.filter((one) => one.host === host && one.side === side);
        return own.reduce((sum, { mean }) => sum + Math.log(mean!), 0) / own.length;
      };
      return meanOf('candidate') - meanOf('baseline');
    };
    expect(Math.log(found.speedup!)).toBeCloseTo((estimateOn('lab1') + estimateOn('lab2')) / 2, 10);
  });

  it('are looked at for drift on each host', () => {
    const drift = (e: Experiment) => byMode(e).pairs[0]?.checks.find(({ id }) => id === 'drift');
    const long = made(both, 12);
    expect(drift(long)).toMatchObject({ outcome: 'passed' });
    const slowed = {
      ...long,
      trials: long.trials.map((record) =>
        /^hvm[34]$/.test(record.trial.guest) && record.trial.block > 6
          ? {
              ...record,
              measurements: record.measurements.map((one) => ({ ...one, value: one.value * 0.8 })),
            }
          : record,
      ),
    };
    const check = drift(slowed);
    expect(check).toMatchObject({ outcome: 'found', weight: 'weakens' });
    expect(check?.seen).toContain('OpenSSL on lab2');
    expect(check?.seen).not.toContain('lab1');
  });

  it('are refused where a host lacks one of them, and said why', () => {
    const model = byMode(made([...on('lab1', 'pv1', 'pv2'), ...on('lab2', 'hvm1', 'hvm2')]));
    expect(model.headline).toBe(
      'No verdict on PVHVM (2 guests) against PV (2 guests): not every host has guests of both.',
    );
    expect(model.pairs[0]?.warnings[0]).toMatchObject({ id: 'hosts', severity: 'refusal' });
    expect(model.metrics[0]?.comparisons[0]).toMatchObject({ verdict: 'refused', speedup: null });
  });

  it('are refused where several hosts are named and a guest has none', () => {
    expect(byMode(made([...both, ...on(undefined, 'pv5')])).pairs[0]?.warnings[0]?.id).toBe('hosts');
    const one = byMode(made([...on('lab1', 'pv1', 'pv2', 'hvm1'), ...on(undefined, 'hvm2')]));
    expect(one.pairs[0]?.warnings.map(({ id }) => id)).toEqual(['host-unnamed']);
    expect(one.metrics[0]?.comparisons[0]?.verdict).toBe('faster');
  });

  it('count a guest without a host to the only one that is named, in figures and comparisons alike', () => {
    const e = made([...on('lab1', 'pv1', 'pv2', 'hvm1'), ...on(undefined, 'hvm2')]);
    const failing = {
      ...e,
      trials: e.trials.map((record) =>
        record.trial.id === 'openssl/3/hvm2' ? { ...record, measurements: [] } : record,
      ),
    };
    const metric = byMode(failing).metrics.find(({ key }) => key === 'openssl/sign')!;
    expect(metric.comparisons[0]?.n).toBe(5);
    expect(metric.guests.map(({ n }) => n)).toEqual([5, 5, 5, 5]);
  });

  it('are checked guest by guest: what varies alike in both is worth knowing only', () => {
    const mixed = made([
      { name: 'pv1', host: 'lab1', facts: { kernel: 'a' } },
      { name: 'pv2', host: 'lab1', facts: { kernel: 'b' } },
      { name: 'hvm1', host: 'lab1', facts: { kernel: 'a' } },
      { name: 'hvm2', host: 'lab1', facts: { kernel: 'b' } },
    ]);
    expect(byMode(mixed).pairs[0]?.warnings).toMatchObject([{ id: 'kernel', severity: 'note' }]);
  });
});

describe('the order of an overview', () => {
  const row = (
    kind: 'cpu' | 'disk' | 'web' | 'system' | 'memory',
    benchmark: string,
    speedup: number | null,
    primary = true,
  ) => ({
    metric: { kind, benchmark, primary },
    comparison: { speedup },
  });

  it('is by kind, then by speedup; other metrics follow their tested one', () => {
    const rows = [
      row('system', 'unixbench', 1.3),
      row('disk', 'read', 0.9),
      row('disk', 'read-p99', 5, false),
      row('cpu', '7zip', null),
      row('web', 'apache', 1.1),
      row('cpu', 'openssl', 1),
      row('disk', 'write', 1.2),
      row('disk', 'read', 7, false),
      row('memory', 'stream', 1),
      row('cpu', 'kernel', 1.2),
    ];
    expect(
      inOverviewOrder(rows).map(({ metric, comparison }) => [metric.benchmark, comparison.speedup]),
    ).toEqual([
      ['kernel', 1.2],
      ['openssl', 1],
      ['7zip', null],
      ['stream', 1],
      ['write', 1.2],
      ['read', 0.9],
      ['read', 7],
      ['read-p99', 5],
      ['apache', 1.1],
      ['unixbench', 1.3],
    ]);
  });
});
