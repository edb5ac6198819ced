import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { experimentText } from '../../../src/experiment/experimentText';
import { readExperiment } from '../../../src/experiment/readExperiment';
import type { Experiment } from '../../../src/model/experiment';
import { UserError } from '../../../src/model/userError';
import {
  formatOf,
  fromFioJson,
  fromHyperfineJson,
  fromPhoronixXml,
  fromUnixbenchReport,
} from '../../../src/report/importers';
import { reportModel } from '../../../src/report/model';

const fixture = (path: string) => readFileSync(`test/fixtures/${path}`, 'utf8');
const sevenZip = fixture('outputs/pts/ok-7zip-3runs/composite.xml');
const noResult = fixture('outputs/pts/err-no-result/composite.xml');
const merged = fixture('imports/phoronix-merged.xml');
const fio = fixture('outputs/fio/ok-randread-libaio-jsonplus/stdout.txt');
const unixbench = fixture('outputs/unixbench/ok-full-v6-i1-c1-c2/stdout.txt');
const hyperfine = fixture('imports/hyperfine.json');

const valuesOf = (e: Experiment, guest: string, benchmark: string, metric?: string) =>
  e.trials
    .filter(({ trial }) => trial.guest === guest && trial.benchmark === benchmark)
    .flatMap(({ measurements }) =>
      measurements.filter(({ id }) => metric === undefined || id === metric).map(({ value }) => value),
    );

/** A result file as the suite writes it, with the given systems and results. */
function composite(systems: readonly string[], results: string): string {
  const system = (name: string) =>
    `<System><Identifier>${name}</Identifier><Hardware>Processor: Test CPU (2 Cores / 4 Threads), Memory: 2048MB</Hardware><Software>OS: Debian 12, Kernel: 6.1.0 (x86_64)</Software><User>u</User><TimeStamp>2026-11-22 15:37:45</TimeStamp><TestClientVersion>10.8.6</TestClientVersion><Notes></Notes></System>`;
  return `<?xml version="1.0"?>\n<PhoronixTestSuite>\n<Generated><Title>lab</Title></Generated>\n${systems.map(system).join('\n')}\n${results}\n</PhoronixTestSuite>\n`;
}
const entry = (name: string, value: string, raw = '', json = '') =>
  `<Entry><Identifier>${name}</Identifier><Value>${value}</Value><RawString>${raw}</RawString><JSON>${json}</JSON></Entry>`;
function result(
  identifier: string,
  entries: string,
  proportion = 'LIB',
  scale = 'Seconds',
  description = '',
): string {
  return `<Result><Identifier>${identifier}</Identifier><Title>${identifier}</Title><AppVersion></AppVersion><Arguments></Arguments><Description>${description}</Description><Scale>${scale}</Scale><Proportion>${proportion}</Proportion><DisplayFormat>BAR_GRAPH</DisplayFormat><Data>${entries}</Data></Result>`;
}

describe('result files of the Phoronix Test Suite', () => {
  it('gives each run of each system, with the facts of the system', () => {
    const e = fromPhoronixXml(sevenZip);
    expect(e.imported).toEqual({ from: 'phoronix' });
    expect(e.label).toBe('xenlab-cpu');
    expect(e.startedAt).toBe('2026-11-22T15:37:45.000Z');
    expect(e.plan.benchmarks).toEqual([
      { id: 'system-compress-7zip', title: '7-Zip Compression: Compression Rating', kind: 'cpu' },
      { id: 'system-compress-7zip (2)', title: '7-Zip Compression: Decompression Rating', kind: 'cpu' },
    ]);
    expect(valuesOf(e, 'PV', 'system-compress-7zip')).toEqual([3924, 6052, 3879]);
    expect(e.trials[0]?.durationMs).toBe(88_770);
    const facts = e.facts[0]?.facts;
    expect(facts).toMatchObject({
      mode: { mode: 'PV', confidence: 'likely' },
      cpuModel: 'Intel Xeon',
      vcpus: 2,
      memoryBytes: 24 * 2 ** 30,
      distribution: 'Debian 12',
      kernel: '6.18.44-fc-v595',
      architecture: 'x86_64',
      rootFilesystem: 'overlayfs',
    });
    expect(facts?.mitigations['retbleed']).toBe('Mitigation of Enhanced IBRS');
  });

  it('tells systems of one name apart, as merge-results leaves them', () => {
    const e = fromPhoronixXml(merged);
    expect(e.plan.guests.map(({ name }) => name)).toEqual(['PV', 'PV (2)']);
    expect(valuesOf(e, 'PV', 'system-compress-7zip')).toEqual([3924, 6052, 3879]);
    expect(valuesOf(e, 'PV (2)', 'system-compress-7zip')).toEqual([4010, 6100, 4003]);
    expect(e.notes.join(' ')).toContain('same name');
  });

  it('makes failed trials of tests that failed, with the reason of the suite', () => {
    const e = fromPhoronixXml(noResult);
    expect(e.trials.map(({ status, reason }) => [status, reason])).toEqual([
      ['failed', 'The test run did not produce a result.'],
      ['failed', 'The test run did not produce a result.'],
    ]);
    expect(reportModel([e], {}).failures).toHaveLength(2);
  });

  it('takes the mean where a file has nothing else, and turns seconds', () => {
    const e = fromPhoronixXml(
      composite(['PV', 'PVHVM'], result('pts/build-1.0.0', entry('PV', '115') + entry('PVHVM', '100'))),
    );
    const model = reportModel([e], {});
    expect(model.metrics[0]?.comparisons[0]).toMatchObject({
      verdict: 'untested',
      interval: null,
      pairs: [],
      p: null,
    });
    expect(model.metrics[0]?.comparisons[0]?.speedup).toBeCloseTo(1.15, 9);
    expect(model.guests.map(({ mode }) => mode)).toEqual(['PV', 'PVHVM']);
  });

  it('leaves sensors, curves and pass or fail out, and says so', () => {
    const sensor = result('', entry('PV', '40')).replace('<Title></Title>', '<Title>CPU Temperature</Title>');
    const curve = result('pts/a', entry('PV', '1,2,3'));
    const pass = result('pts/b', entry('PV', 'PASS')).replace('BAR_GRAPH', 'PASS_FAIL');
    const e = fromPhoronixXml(
      composite(['PV'], sensor + curve + pass + result('pts/c', entry('PV', '2', '1:3'))),
    );
    expect(e.plan.benchmarks.map(({ id }) => id)).toEqual(['pts-c']);
    expect(e.notes.join(' ')).toContain('3 results of the file are left out');
  });

  it('keeps several figures of one run together, and runs of unequal number', () => {
    const run = (scale: string, value: string, raw: string) =>
      result('pts/fio-2.1.0', entry('PV', value, raw), 'HIB', scale).replace(
        '<Arguments></Arguments>',
        '<Arguments>randread libaio</Arguments>',
      );
    const e = fromPhoronixXml(composite(['PV'], run('IOPS', '2', '1:2:3') + run('MB/s', '15', '10:20')));
    expect(e.plan.benchmarks).toEqual([{ id: 'pts-fio', title: 'pts/fio-2.1.0', kind: 'disk' }]);
    expect(
      e.trials.map(({ measurements }) => measurements.map(({ value, primary }) => [value, primary])),
    ).toEqual([
      [
        [1, true],
        [10, false],
      ],
      [
        [2, true],
        [20, false],
      ],
      [[3, true]],
    ]);
  });

  it.each([
    ['0.000', '0.000:0.000:0.000', /"0\.000" is no result/],
    ['0', '', /"0" is no result/],
    ['-2', '', /"-2" is no result/],
    ['NaN', 'NaN:NaN', /found "NaN"/],
    ['', '', /did not produce a result/],
    ['2', '1:x', /found "x"/],
  ])('loses one result with the value %j, and no other', (value, raw, reason) => {
    const e = fromPhoronixXml(
      composite(
        ['PV', 'PVHVM'],
        result('pts/a', entry('PV', value, raw) + entry('PVHVM', '7')) + result('pts/b', entry('PV', '5')),
      ),
    );
    expect(
      e.trials.map(({ trial, status, measurements }) => [
        trial.guest,
        trial.benchmark,
        status,
        measurements.map((one) => one.value),
      ]),
    ).toEqual([
      ['PV', 'pts-a', 'failed', []],
      ['PVHVM', 'pts-a', 'ok', [7]],
      ['PV', 'pts-b', 'ok', [5]],
    ]);
    expect(e.trials[0]?.reason).toMatch(reason);
    expect(reportModel([e], {}).failures).toHaveLength(1);
  });

  it('loses the run that gave nought, and keeps the others of the same result', () => {
    const e = fromPhoronixXml(composite(['PV'], result('pts/a', entry('PV', '2.0', '0.0:2.5:3.5'))));
    expect(
      e.trials.map(({ status, measurements }) => [status, measurements.map(({ value }) => value)]),
    ).toEqual([
      ['failed', []],
      ['ok', [2.5]],
      ['ok', [3.5]],
    ]);
    // Where nothing is compared, nought is a figure.
    const count = fromPhoronixXml(composite(['PV'], result('pts/a', entry('PV', '0', '0:0'), '')));
    expect(valuesOf(count, 'PV', 'pts-a')).toEqual([0, 0]);
  });

  it.each([
    ['', /XML document/],
    ['<html></html>', /line 1: expected <PhoronixTestSuite>, found <html>/],
    [composite(['PV'], ''), /at least one <Result>/],
    [composite(['PV'], result('pts/a', entry('PV', 'fast'))), /line 5: expected a number, found "fast"/],
    [composite(['PV'], result('pts/a', entry('PV', '2', '1:x'))), /found "x"/],
    [composite([''], result('pts/a', entry('PV', '2'))), /line 4: expected a name in <Identifier>/],
    [sevenZip.slice(0, 2000), /the file is cut/],
  ])('refuses %#: says where and what', (xml, message) => {
    expect(() => fromPhoronixXml(xml)).toThrow(UserError);
    expect(() => fromPhoronixXml(xml)).toThrow(message);
  });
});

describe('other tools', () => {
  it('reads fio, as the benchmark of the catalogue that measures the same', () => {
    const e = fromFioJson([
      { guest: 'pv', name: 'a.json', text: fio },
      { guest: 'pv', name: 'b.json', text: fio },
      { guest: 'pvhvm', name: 'c.json', text: fio },
    ]);
    expect(e.plan.benchmarks).toEqual([{ id: 'fio-randread' }]);
    expect(valuesOf(e, 'pv', 'fio-randread', 'fio.randread.iops')).toHaveLength(2);
    const [metric] = reportModel([e], {}).metrics;
    expect(metric).toMatchObject({ kind: 'disk', primary: true });
    expect(metric?.comparisons[0]).toMatchObject({ speedup: 1, interval: null, verdict: 'untested' });
    expect(metric?.guests.map(({ n }) => n)).toEqual([2, 1]);
  });

  it('reads each pass of UnixBench with its single tests', () => {
    const e = fromUnixbenchReport([{ guest: 'pv', name: 'report', text: unixbench }]);
    expect(e.plan.benchmarks.map(({ id }) => id)).toEqual(['unixbench-single', 'unixbench-2']);
    for (const { measurements } of e.trials) expect(measurements.length).toBeGreaterThan(20);
    expect(reportModel([e], {}).metrics.filter(({ primary }) => primary)).toHaveLength(2);
  });

  it('reads hyperfine: commands are workloads, times are runs', () => {
    const e = fromHyperfineJson([{ guest: 'pv', name: 'h.json', text: hyperfine }]);
    expect(e.plan.benchmarks.map(({ title }) => title)).toEqual([
      'gzip -k -c -9 /etc/services',
      'openssl sha256 /etc/services',
    ]);
    expect(e.trials).toHaveLength(10);
    expect(e.trials[0]?.measurements[0]).toMatchObject({ unit: 's', better: 'lower' });
    const failed = fromHyperfineJson([
      { guest: 'pv', name: 'h.json', text: fixture('imports/hyperfine-failed.json') },
    ]);
    expect(failed.trials.map(({ status }) => status)).toEqual(['failed', 'failed', 'failed']);
    const parameters = fromHyperfineJson([
      { guest: 'pv', name: 'h.json', text: fixture('imports/hyperfine-parameters.json') },
    ]);
    expect(parameters.plan.benchmarks.map(({ title }) => title)).toEqual([
      'gzip -k -c -1 /etc/services (level=1)',
      'gzip -k -c -9 /etc/services (level=9)',
    ]);
  });

  it('loses a run or a command of hyperfine that is unusable, and no other', () => {
    const results = [
      { command: 'a', mean: 2, times: [1, 0, null, 3] },
      { command: 'b', mean: null, times: [4] },
      { command: 'c', mean: null },
      { command: 'd', mean: 5, times: null },
      { command: 'e', mean: 'fast' },
    ];
    const from = (list: readonly object[]) =>
      fromHyperfineJson([{ guest: 'pv', name: 'h', text: JSON.stringify({ results: list }) }]);
    const e = from(results);
    expect(['a', 'b', 'c', 'd', 'e'].map((id) => valuesOf(e, 'pv', id))).toEqual([[1, 3], [4], [], [5], []]);
    expect(e.trials.flatMap(({ reason }) => reason ?? [])).toEqual([
      'Its time is 0 s, which is no result.',
      'Its time is missing, which is no result.',
      'Its time is missing, which is no result.',
    ]);
    expect(() => from(results.slice(4))).toThrow(/"results\.0\.mean" is missing/);
    expect(() => from([{ command: 'c', mean: 0 }])).toThrow(UserError);
  });

  it('imports what fio measured, and says what it did not', () => {
    const text = fio.replaceAll(/("(?:slat|clat|lat)_ns" : \{[^{}]*"mean" : )[\d.]+/g, '$10.000');
    const e = fromFioJson([{ guest: 'pv', name: 'a.json', text: `note: a warning\n${text}` }]);
    expect(valuesOf(e, 'pv', 'fio-randread', 'fio.randread.iops')).toHaveLength(1);
    expect(e.trials[0]?.failed?.map(({ error }) => error).join()).toContain('did not measure it');
    expect(readExperiment(experimentText(e))).toEqual({ status: 'ok', experiment: e });
  });

  it('says of fio what it cannot read, and which option helps', () => {
    for (const text of [
      '3;fio-3.33;a;0;0;1;2;3\n',
      'a: (g=0): rw=read, bs=4K-4K\nfio-2.1.3\nStarting 1 process\n',
    ]) {
      expect(formatOf(text)).toBe('fio');
      expect(() => fromFioJson([{ guest: 'pv', name: 'a.txt', text }])).toThrow(
        /a\.txt cannot be read .*run fio with --output-format=json/,
      );
    }
    expect(formatOf(`${'a line of a log\n'.repeat(3000)}${fio}`)).toBe('fio');
  });

  it('takes the mean of hyperfine where the times are missing', () => {
    const text = JSON.stringify({ results: [{ command: 'make', mean: 12.5 }] });
    expect(valuesOf(fromHyperfineJson([{ guest: 'pv', name: 'h', text }]), 'pv', 'make')).toEqual([12.5]);
  });

  it('names the file that cannot be read, and what is wrong with it', () => {
    const source = (text: string) => [{ guest: 'pv', name: 'one.txt', text }];
    expect(() => fromFioJson(source(fio.slice(0, 3000)))).toThrow(
      /^one\.txt cannot be read as the JSON of fio: /,
    );
    expect(() => fromUnixbenchReport(source(unixbench.slice(0, -400)))).toThrow(/^one\.txt cannot be read/);
    expect(() => fromHyperfineJson(source('{"results": [{"command": "x"}]}'))).toThrow(
      /"results\.0\.mean" is missing/,
    );
    expect(() => fromFioJson([])).toThrow(UserError);
  });
});

it('knows what a text is', () => {
  expect(formatOf(sevenZip)).toBe('phoronix');
  expect(formatOf(fio)).toBe('fio');
  expect(formatOf(hyperfine)).toBe('hyperfine');
  expect(formatOf(unixbench)).toBe('unixbench');
  expect(formatOf('<html>')).toBeUndefined();
  expect(formatOf('')).toBeUndefined();
});

describe('what is imported', () => {
  const all = [
    fromPhoronixXml(merged),
    fromPhoronixXml(noResult),
    fromFioJson([{ guest: 'pv', name: 'a', text: fio }]),
    fromHyperfineJson([{ guest: 'a\u202e"<b>', name: 'a', text: hyperfine }]),
  ];

  it('is written as an experiment file that reads back equal', () => {
    for (const e of all) expect(readExperiment(experimentText(e))).toEqual({ status: 'ok', experiment: e });
  });

  it('never gets an interval, a verdict or an overall figure, however many runs agree', () => {
    const raw = (low: number) => Array.from({ length: 12 }, (_, i) => (low + i / 1000).toFixed(3)).join(':');
    const two = (name: string) =>
      result(name, entry('PV', '200', raw(200)) + entry('PVHVM', '100', raw(100)));
    const e = fromPhoronixXml(composite(['PV', 'PVHVM'], two('pts/a') + two('pts/b')));
    const model = reportModel([e], {});
    for (const { comparisons, guests } of model.metrics) {
      expect(comparisons).toHaveLength(1);
      expect(comparisons[0]).toMatchObject({
        interval: null,
        p: null,
        pHolm: null,
        pairs: [],
        n: 0,
        verdict: 'untested',
      });
      expect(comparisons[0]?.speedup).toBeCloseTo(2, 3);
      expect(comparisons[0]?.sentence).toContain('imported: no pairs, no interval');
      expect(guests.map(({ n }) => n)).toEqual([12, 12]);
    }
    expect(model.pairs[0]?.overall).toMatchObject({ status: 'withheld', interval: null, speedup: null });
    expect(model.headline).toBe(
      'PVHVM is given as 2.00 times as fast as PV (above 1 in 2 of 2 workloads). Imported: no pairs, no interval.',
    );
    expect(model.limits).toEqual([]);
  });

  it('is not compared with what was measured elsewhere', () => {
    const again = { ...fromPhoronixXml(sevenZip), label: 'again' };
    const model = reportModel([fromPhoronixXml(sevenZip), again], {});
    expect(model.metrics.flatMap(({ comparisons }) => comparisons.map(({ verdict }) => verdict))).toEqual([
      'refused',
      'refused',
    ]);
  });

  const importers = [
    (text: string) => fromPhoronixXml(text),
    (text: string) => fromFioJson([{ guest: 'g', name: 'f', text }]),
    (text: string) => fromUnixbenchReport([{ guest: 'g', name: 'f', text }]),
    (text: string) => fromHyperfineJson([{ guest: 'g', name: 'f', text }]),
  ];
  const texts = [sevenZip, noResult, fio, unixbench, hyperfine];
  function onlyUserErrors(text: string): void {
    for (const from of importers) {
      let e: Experiment;
      try {
        e = from(text);
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
        continue;
      }
      expect(readExperiment(experimentText(e))).toEqual({ status: 'ok', experiment: e });
    }
  }

  it('is whole, or an error for people, wherever a file was cut or damaged', () => {
    const damaged = fc
      .tuple(
        fc.constantFrom(...texts),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.string(),
      )
      .map(([text, from, to, instead]) => {
        const [a, b] = [Math.floor(from * text.length), Math.floor(to * text.length)];
        return text.slice(0, Math.min(a, b)) + instead + text.slice(Math.max(a, b));
      });
    const cut = fc
      .tuple(fc.constantFrom(...texts), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([text, end]) => text.slice(0, Math.floor(end * text.length)));
    const garbage = fc.oneof(
      fc.string(),
      fc.json(),
      fc.string({ unit: fc.constantFrom(...Array.from('<>&/"{}[]:, aResult\n')) }),
    );
    fc.assert(fc.property(fc.oneof(damaged, cut, garbage), onlyUserErrors), { numRuns: 150 });
  });
});
