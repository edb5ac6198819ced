import { describe, expect, it } from 'vitest';
import { readXml } from '../../../src/benchmarks/parse/xmlTree';
import { toPhoronixXml } from '../../../src/report/exporters';
import { fromPhoronixXml } from '../../../src/report/importers';
import { completed, experiment, facts, pv, pvhvm, workload } from './experiments';

const hostile = '=HYPERLINK("http://x"),<b>|`a`\u202e\n@all & ]]>\u0007\ud800';
const decided = experiment({
  label: hostile,
  guests: [pv, pvhvm],
  workloads: [
    {
      benchmark: '7zip',
      blocks: 3,
      metrics: [
        {
          id: '7zip.total',
          unit: 'MIPS',
          better: 'higher',
          values: { [pv.name]: [10.5, 11, 12], [pvhvm.name]: [20, 'failed', 22.25] },
        },
      ],
    },
    workload('openssl', 1931, 1.2, 0.004, 4),
  ],
  ended: completed,
});
const xml = toPhoronixXml(decided);
const all = (from: ReturnType<typeof readXml>, name: string) =>
  from.children.filter((one) => one.name === name);
const textOf = (from: ReturnType<typeof readXml>, name: string) => all(from, name)[0]?.text;

describe('composite.xml', () => {
  const root = readXml(xml, 'composite.xml');

  it('has the guests as systems, named with their modes, and what is known of them', () => {
    const systems = all(root, 'System');
    expect(systems.map((one) => textOf(one, 'Identifier'))).toEqual(['deb12-pv (PV)', 'deb12-pvhvm (PVHVM)']);
    expect(textOf(systems[0]!, 'Hardware')).toMatch(
      /^Processor: .+ \(2 Cores\), Memory: 4096MB, Disk: xvda$/,
    );
    expect(textOf(systems[0]!, 'Software')).toContain('Kernel: 6.1.0-28-amd64 (x86_64)');
    expect(textOf(systems[0]!, 'TimeStamp')).toBe('2026-11-22 20:00:00');
  });

  it('has every compared value, without warm-ups and failures, and the mean with their digits', () => {
    const result = all(root, 'Result').find((one) => textOf(one, 'Annotation') !== undefined)!;
    const entries = all(all(result, 'Data')[0]!, 'Entry');
    expect(entries.map((one) => [textOf(one, 'Value'), textOf(one, 'RawString')])).toEqual([
      ['11.2', '10.5:11:12'],
      ['21.13', '20:22.25'],
    ]);
    expect(textOf(result, 'Annotation')).toBe(
      '1 of 6 trials gave no figure. CPU of deb12-pv (PV): user 80 %, system 10 %, I/O wait 1.0 %, steal 0.10 %. CPU of deb12-pvhvm (PVHVM): user 80 %, system 10 %, I/O wait 1.0 %, steal 0.10 %.',
    );
    expect(textOf(result, 'Proportion')).toBe('HIB');
  });

  it('holds nothing that XML cannot, and no markup from outside', () => {
    expect(textOf(all(root, 'Generated')[0]!, 'Title')).toBe(
      '=HYPERLINK("http://x"),<b>|`a`\u202e @all & ]]>\ufffd\ufffd',
    );
    expect(xml).not.toMatch(/[\u0000-\u0008\ud800-\udfff]/);
    expect(xml).not.toContain(']]>');
  });

  it('keeps within the lengths that its schema allows, and names systems apart', () => {
    const long = '\u{1f600}'.repeat(200);
    const guests = [`${long}a`, `${long}b`].map((name) => ({ name, facts: facts('PV') }));
    const e = experiment({
      label: long,
      guests,
      workloads: [workload('openssl', 10, 1, 0.01, 2, [guests[0]!.name, guests[1]!.name])],
    });
    const tree = readXml(toPhoronixXml(e), 'composite.xml');
    const names = all(tree, 'System').map((one) => textOf(one, 'Identifier')!);
    expect(new Set(names).size).toBe(2);
    for (const name of names) expect(name.length).toBeLessThanOrEqual(128);
    expect(textOf(all(tree, 'Generated')[0]!, 'Title')!.length).toBeLessThanOrEqual(126);
  });

  it('says why a guest has no figure', () => {
    const e = experiment({
      guests: [pv, pvhvm],
      workloads: [{ benchmark: 'openssl', blocks: 1, metrics: [] }],
      setAside: [{ guest: pv.name, benchmark: 'openssl', reason: 'openssl is missing' }],
    });
    const imported = fromPhoronixXml(toPhoronixXml(e));
    expect(imported.trials.map(({ status, reason }) => [status, reason])).toEqual([
      ['failed', 'openssl is missing'],
      ['failed', 'The trials gave no such figure.'],
    ]);
  });

  it('comes back with every value, and without a verdict', () => {
    const back = fromPhoronixXml(xml);
    const values = back.trials.flatMap(({ measurements }) => measurements.map(({ value }) => value));
    const before = decided.trials
      .filter(({ trial, status }) => !trial.warmup && status === 'ok')
      .flatMap(({ measurements }) => measurements.map(({ value }) => value));
    expect(values.toSorted((a, b) => a - b)).toEqual(before.toSorted((a, b) => a - b));
    expect(back.facts.map((one) => one.facts.mode.mode)).toEqual(['PV', 'PVHVM']);
    expect(back.facts[0]?.facts.mitigations).toEqual(pv.facts.mitigations);
  });
});
