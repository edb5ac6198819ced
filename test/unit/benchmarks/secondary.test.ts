import { describe, expect, it } from 'vitest';
import { benchmarkById } from '../../../src/benchmarks/catalogue';
import { ownBenchmarks } from '../../../src/benchmarks/own';
import { parsers, type TrialOutput } from '../../../src/benchmarks/parsers';
import type { OwnBenchmark } from '../../../src/model/ownBenchmark';
import { captures, ownRun } from './captures';

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

describe('the figures beside the result', () => {
  const unusable = ['0', '0.00', '0.000', '-1.50', 'nan', '-nan', 'inf', 'fast', ''];
  const replaced = (whole: TrialOutput, pattern: RegExp, cell: string): TrialOutput => {
    const stdout = whole.stdout.replace(pattern, (_, before: string, after: unknown) =>
      [before, cell, typeof after === 'string' ? after : ''].join(''),
    );
    expect(stdout).not.toBe(whole.stdout);
    return { ...whole, stdout };
  };

  /** The benchmark, the figure, and the cell it stands in: what is before it, and what behind. */
  const secondary: readonly (readonly [string, string, RegExp])[] = [
    ['apache', 'apache.ab.time_per_request_mean', /^(Time per request: +)\S+( \[ms\] \(mean\))$/m],
    ['apache', 'apache.ab.p99', /^( +99% +)\S+$/m],
    ['apache-wrk', 'apache.wrk.latency_mean', /^( +Latency +)\S+/m],
    ['apache-wrk', 'apache.wrk.latency_p50', /^( +50% +)\S+$/m],
    ['apache-wrk', 'apache.wrk.latency_p90', /^( +90% +)\S+$/m],
    ['apache-wrk', 'apache.wrk.latency_p99', /^( +99% +)\S+$/m],
    ['7zip', '7zip.compress', /^(Avr:[^|]*?)\d+( +\|)/m],
    ['7zip', '7zip.decompress', /^(Avr:.* )\d+$/m],
    ['openssl', 'openssl.rsa4096.verify', /^(rsa 4096 bits .* )\S+$/m],
    ['openssl', 'openssl.sha256.16384', /^(sha256 +)\S+$/m],
    ['openssl', 'openssl.aes-256-gcm.16384', /^(AES-256-GCM +)\S+$/m],
    ['php', 'php.score', /^(score=).*$/m],
    ['sqlite', 'sqlite.elapsed', /^(elapsed_seconds=).*$/m],
  ];
  it.each(secondary)('of %s: %s is left out alone', (benchmark, id, pattern) => {
    const { metrics } = benchmarkById(benchmark)!;
    const parse = (one: TrialOutput) => benchmarkById(benchmark)!.parse(one);
    const whole = ownRun(benchmark);
    const before = parse(whole).metrics;
    const title = metrics.find((metric) => metric.id === id)!.title;
    for (const cell of unusable) {
      const parsed = parse(replaced(whole, pattern, cell));
      expect([cell, parsed.outcome, parsed.reason]).toEqual([cell, 'ok', undefined]);
      const lost = id.startsWith('7zip.') && cell === '' ? [id, `${id}_cpu_usage`] : [id];
      expect(parsed.metrics, cell).toEqual(before.filter((metric) => !lost.includes(metric.id)));
      expect(parsed.failed?.[0]?.test, cell).toBe(title);
      expect(parsed.failed?.[0]?.error, cell).toMatch(/^line \d+: /);
    }
  });

  const primary: readonly (readonly [string, RegExp])[] = [
    ['apache', /^(Requests per second: +)\S+( \[#\/sec\] \(mean\))$/m],
    ['apache-wrk', /^(Requests\/sec: +)\S+$/m],
    ['7zip', /^(Tot:.* )\d+$/m],
    ['openssl', /^(rsa 4096 bits \S+ \S+ +)\S+/m],
    ['php', /^(median_total_ms=).*$/m],
    ['sqlite', /^(inserts_per_second=).*$/m],
  ];
  it.each(primary)('of %s: without the result itself the trial fails', (benchmark, pattern) => {
    for (const cell of unusable) {
      const parsed = benchmarkById(benchmark)!.parse(replaced(ownRun(benchmark), pattern, cell));
      expect([cell, parsed.outcome, parsed.metrics]).toEqual([cell, 'failed', []]);
      expect(parsed.reason).toMatch(/\w{3}/);
    }
  });

  it('are not lost to a cell that is no figure', () => {
    const kept: readonly (readonly [string, RegExp])[] = [
      ['apache', /^(Transfer rate: +)\S+/m],
      ['apache', /^( +98% +)\S+$/m],
      ['apache', /^( +100% +)\S+( \(longest request\))$/m],
      ['apache-wrk', /^( +75% +)\S+$/m],
      ['apache-wrk', /^(Transfer\/sec: +)\S+$/m],
      // The usage and the rating per usage, and one of the rows behind an average.
      ['7zip', /^(Tot: +)\d+/m],
      ['7zip', /^(22:[^|]*?)\d+( +\|)/m],
      ['openssl', /^(rsa 4096 bits \S+ )\S+/m],
      ['openssl', /^(Got: \+F:6:sha256:)\S+( from 0)$/m],
    ];
    for (const [benchmark, pattern] of kept) {
      const parse = (one: TrialOutput) => benchmarkById(benchmark)!.parse(one);
      for (const cell of ['0.00', '-1', 'nan', 'x']) {
        const parsed = parse(replaced(ownRun(benchmark), pattern, cell));
        const all = parse(ownRun(benchmark)).metrics.length;
        expect([benchmark, String(pattern), cell, parsed.outcome, parsed.metrics.length]).toEqual([
          benchmark,
          String(pattern),
          cell,
          'ok',
          all,
        ]);
      }
    }
  });

  it('of 7-Zip: a CPU usage is left out alone', () => {
    for (const cell of ['0', 'nan', '-3']) {
      const parsed = benchmarkById('7zip')!.parse(replaced(ownRun('7zip'), /^(Avr: +\d+ +)\d+/m, cell));
      expect(parsed.metrics.map(({ id }) => id)).not.toContain('7zip.compress_cpu_usage');
      expect([parsed.outcome, parsed.metrics.length, parsed.failed?.[0]?.test]).toEqual([
        'ok',
        4,
        'CPU use while compressing',
      ]);
    }
  });

  const sysbench = (name: string) =>
    captures.find((one) => one.tool === 'sysbench' && one.name === name)!.output;
  it.each([
    ['ok-cpu-1t', 'sysbench.latency_avg', /^( +avg: +)\S+$/m],
    ['ok-cpu-1t', 'sysbench.latency_p95', /^( +95th percentile: +)\S+$/m],
    [
      'ok-memory-report-interval',
      'sysbench.memory.ops_per_second',
      /^(Total operations: \d+ \()\S+( per second\))$/m,
    ],
  ] as const)('of sysbench, %s: %s is left out alone', (name, id, pattern) => {
    const whole = sysbench(name);
    for (const cell of unusable) {
      const parsed = parsers.sysbench(replaced(whole, pattern, cell));
      expect([cell, parsed.outcome, parsed.reason]).toEqual([cell, 'ok', undefined]);
      expect(parsed.metrics).toEqual(parsers.sysbench(whole).metrics.filter((metric) => metric.id !== id));
      expect(parsed.failed?.map(({ test }) => test)).toEqual([id]);
    }
  });

  it('of openssl -mr, each figure for itself', () => {
    const lines = '+H:16:64\n+F:6:sha256:0.00:113640651.85\n+F2:4:4096:61.000000:0.000000\n';
    const parsed = parsers.openssl(output(lines));
    expect(parsed.metrics.map(({ id, value }) => [id, value])).toEqual([
      ['openssl.sha256.64', 113640651.85],
      ['openssl.rsa4096.sign', 61],
    ]);
    expect(parsed.failed?.map(({ test }) => test)).toEqual(['openssl.sha256.16', 'openssl.rsa4096.verify']);
    const none = parsers.openssl(output('+H:16\n+F:6:sha256:0.00\n'));
    expect([none.outcome, none.reason]).toEqual(['failed', expect.stringContaining('openssl.sha256.16')]);
  });
});
