import { describe, expect, it } from 'vitest';
import { benchmarkById } from '../../../src/benchmarks/catalogue';
import { ownBenchmarks } from '../../../src/benchmarks/own';
import { parsers, type TrialOutput } from '../../../src/benchmarks/parsers';
import type { OwnBenchmark } from '../../../src/model/ownBenchmark';
import { ownRun } from './captures';

const output = (stdout: string, files: Readonly<Record<string, string>> = {}): TrialOutput => ({
  stdout,
  stderr: '',
  exitCode: 0,
  signal: null,
  cancelled: false,
  files: new Map(Object.entries(files)),
});

describe('a kernel build', () => {
  const changed = (key: string, value: string) => {
    const whole = ownRun('kernel-build');
    return { ...whole, stdout: whole.stdout.replace(new RegExp(`^${key}=.*$`, 'm'), `${key}=${value}`) };
  };
  const kernel = benchmarkById('kernel-build')!;

  it.each(['0.00', '-0.01', 'nan', ''])('counts without the CPU time %j', (value) => {
    for (const [key, id, title] of [
      ['cpu_user_seconds', 'kernel.cpu_user', 'CPU time, user'],
      ['cpu_sys_seconds', 'kernel.cpu_sys', 'CPU time, system'],
    ] as const) {
      const raw = parsers.kernel(changed(key, value));
      expect([raw.outcome, raw.metrics.length, raw.failed?.map(({ test }) => test)]).toEqual(['ok', 2, [id]]);
      const parsed = kernel.parse(changed(key, value));
      expect([parsed.outcome, parsed.reason]).toEqual(['ok', undefined]);
      expect(parsed.metrics.map((metric) => metric.id)).not.toContain(id);
      expect(parsed.failed).toEqual([
        { test: title, error: expect.stringMatching(/^line \d+: .*cpu_/) as string },
      ]);
    }
  });

  it.each(['0.00', 'nan', ''])('fails with the elapsed time %j', (value) => {
    const parsed = kernel.parse(changed('elapsed_seconds', value));
    expect([parsed.outcome, parsed.metrics]).toEqual(['failed', []]);
  });
});

describe('a benchmark of fio', () => {
  it('counts without a latency that cannot be read', () => {
    const whole = ownRun('fio-randread');
    const files = new Map(
      [...whole.files].map(([name, text]) => [name, text.replace(/("lat_ns"[^}]*"mean" : )[\d.]+/, '$10.0')]),
    );
    const parsed = benchmarkById('fio-randread')!.parse({ ...whole, files });
    expect([parsed.outcome, parsed.reason]).toEqual(['ok', undefined]);
    expect(parsed.failed).toEqual([
      { test: 'Mean latency', error: expect.stringContaining('did not measure it') as string },
    ]);
  });
});

describe("a person's own benchmark", () => {
  const definition: OwnBenchmark = {
    id: 'mine',
    command: 'true',
    metrics: [
      { id: 'rate', unit: 'ops/s', better: 'higher', read: { regex: 'rate=(\\S+)' } },
      { id: 'latency', title: 'Latency', unit: 'ms', better: 'lower', read: { regex: 'latency=(\\S+)' } },
      { id: 'errors', unit: 'n', better: 'none', read: { regex: 'errors=(\\S+)' } },
    ],
  };
  const [benchmark] = ownBenchmarks({ hosts: [], guests: [], suites: {}, benchmarks: [definition] });
  const parse = (text: string) => benchmark!.parse(output(`${text}\n\nguestbench: elapsed_seconds=1.25\n`));

  it.each([
    ['0.00', /found 0; what is compared must be above nought/],
    ['nan', /expected a number/],
    ['-3', /above nought/],
    ['fast', /found "fast"/],
  ])('counts without the latency %s', (latency, reason) => {
    const parsed = parse(`rate=12.5\nlatency=${latency}\nerrors=0`);
    expect([parsed.outcome, parsed.reason]).toEqual(['ok', undefined]);
    expect(parsed.metrics.map(({ id, value }) => [id, value])).toEqual([
      ['rate', 12.5],
      ['errors', 0],
    ]);
    expect(parsed.failed).toEqual([{ test: 'Latency', error: expect.stringMatching(reason) as string }]);
  });

  it('counts without a figure that was not printed, and fails without the one that is tested', () => {
    expect(parse('rate=12.5').metrics).toHaveLength(1);
    expect(parse('rate=12.5').failed).toHaveLength(2);
    for (const rate of ['rate=0.00\n', 'rate=nan\n', '']) {
      const parsed = parse(`${rate}latency=3\nerrors=1`);
      expect([parsed.outcome, parsed.metrics]).toEqual(['failed', []]);
      expect(parsed.reason).toMatch(/^metric rate: /);
    }
  });

  it('tests the metric that says so', () => {
    const [, latency] = definition.metrics;
    const other = {
      ...definition,
      metrics: definition.metrics.map((metric) =>
        metric === latency ? { ...metric, primary: true } : metric,
      ),
    };
    const [mine] = ownBenchmarks({ hosts: [], guests: [], suites: {}, benchmarks: [other] });
    const end = '\n\nguestbench: elapsed_seconds=1.25\n';
    expect(mine!.parse(output(`rate=0\nlatency=3\nerrors=0${end}`)).outcome).toBe('ok');
    expect(mine!.parse(output(`rate=9\nlatency=0\nerrors=0${end}`)).reason).toMatch(/^metric latency: /);
  });
});

describe('a suite of the Phoronix Test Suite', () => {
  const result = (name: string, value: string, raw: string, more: { scale?: string; better?: string } = {}) =>
    `<Result><Identifier>pts/${name}-1.0.0</Identifier><Title>${name}</Title><Arguments>run</Arguments><Description>Mode: ${name}</Description><Scale>${more.scale ?? 'us'}</Scale><Proportion>${more.better ?? 'LIB'}</Proportion><DisplayFormat>BAR_GRAPH</DisplayFormat><Data><Entry><Identifier>a</Identifier><Value>${value}</Value><RawString>${raw}</RawString></Entry></Data></Result>`;
  const parse = (...results: readonly string[]) =>
    parsers.pts(
      output('', { 'composite.xml': `<PhoronixTestSuite>\n${results.join('\n')}\n</PhoronixTestSuite>\n` }),
    );
  const good = result('good', '12.345', '12.300:12.345:12.390');

  it.each([
    ['0.000', '0.000:0.000:0.000', /found "0\.000"/],
    ['0', '', /found "0"/],
    ['NaN', 'NaN:NaN', /found "NaN"/],
    ['nan', '', /found "nan"/],
    ['-1.5', '', /found "-1\.5"/],
    ['inf', '', /found "inf"/],
    ['', '', /did not produce a result/],
    ['0.820', '0.000:1.230:1.230', /found "0\.000"/],
    ['1.230', '1.230:x:1.230', /found "x"/],
    ['5.000', '1.000:1.000', /the mean: found 5/],
  ])('keeps its other results beside %j', (value, raw, reason) => {
    for (const order of [
      [result('bad', value, raw), good],
      [good, result('bad', value, raw)],
    ]) {
      const parsed = parse(...order);
      expect(parsed.outcome).toBe('mixed');
      expect(parsed.metrics.map(({ id, value: found }) => [id, found])).toEqual([['pts.good', 12.345]]);
      expect(parsed.failed).toEqual([
        { test: 'bad, Mode: bad', error: expect.stringMatching(reason) as string },
      ]);
    }
  });

  it('fails when nothing else is left, and keeps a nought that is not compared', () => {
    const parsed = parse(result('bad', '0.000', '0.000'));
    expect([parsed.outcome, parsed.metrics]).toEqual(['failed', []]);
    expect(parsed.reason).toContain('found "0.000"');
    const count = parse(good, result('errors', '0', '0:0', { better: '' }));
    expect(count.metrics.map(({ value, better }) => [value, better])).toEqual([
      [12.345, 'lower'],
      [0, 'none'],
    ]);
  });

  it('tests the same figure of a run whether it can be read or not', () => {
    const two = (value: string) =>
      parse(result('io', value, ''), result('io', '99', '', { scale: 'MB/s', better: 'HIB' }), good);
    expect(two('7').metrics.map(({ primary }) => primary)).toEqual([true, false, true]);
    expect(two('0').metrics.map(({ primary }) => primary)).toEqual([false, true]);
  });
});
