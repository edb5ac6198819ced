import { describe, expect, it } from 'vitest';
import { presets } from '../../../src/benchmarks/benchmark';
import { benchmarkById, catalogue } from '../../../src/benchmarks/catalogue';
import { suites } from '../../../src/benchmarks/suites';
import { UserError } from '../../../src/model/userError';
import { captures, ownRun, unixbenchPass } from './captures';

describe('the catalogue', () => {
  it('has ids that are different from each other and are found by id', () => {
    const ids = catalogue.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z0-9][a-z0-9-]*$/.test(id))).toEqual([]);
    for (const benchmark of catalogue) expect(benchmarkById(benchmark.id)).toBe(benchmark);
    expect(benchmarkById('nothing')).toBeUndefined();
  });
});

// What a Phoronix Test Suite measures is known from its results only.
const withMetrics = catalogue.filter(({ metrics }) => metrics.length > 0);
describe.each(withMetrics.map((benchmark) => [benchmark.id, benchmark] as const))('%s', (_, benchmark) => {
  it('has one primary metric, and metric ids that are different from each other', () => {
    expect(benchmark.metrics.filter(({ primary }) => primary)).toHaveLength(1);
    expect(benchmark.metrics.find(({ primary }) => primary)?.better).not.toBe('none');
    expect(new Set(benchmark.metrics.map((metric) => metric.id)).size).toBe(benchmark.metrics.length);
  });
});

describe.each(catalogue.map((benchmark) => [benchmark.id, benchmark] as const))('%s', (id, benchmark) => {
  it('has presets that are valid and ordered in time, and defaults that are the standard preset', () => {
    const seconds = presets.map((preset) => {
      expect(benchmark.parameters.safeParse(benchmark.presets[preset]).success).toBe(true);
      return benchmark.estimateSeconds(benchmark.presets[preset]);
    });
    expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
    expect(benchmark.parameters.parse({})).toEqual(benchmark.presets.standard);
    expect(benchmark.script('run', {})).toBe(benchmark.script('run', benchmark.presets.standard));
    for (const preset of presets) {
      const parameters = benchmark.presets[preset];
      expect(benchmark.timeoutSeconds(parameters)).toBeGreaterThan(2 * benchmark.estimateSeconds(parameters));
    }
  });

  it('refuses parameters it does not know or that are not valid, by name', () => {
    for (const parameters of [{ nonsense: 1 }, { nonsense: '$(reboot)' }]) {
      expect(() => benchmark.script('run', parameters)).toThrow(UserError);
      expect(() => benchmark.script('run', parameters)).toThrow(/does not know nonsense/);
    }
    for (const name of Object.keys(benchmark.presets.standard)) {
      for (const value of ['$(reboot)', -1, 1.5, Number.NaN, 1e12, true, ['a'], '; reboot']) {
        expect(() => benchmark.script('run', { [name]: value }), `${name}=${String(value)}`).toThrow(
          /must be/,
        );
        expect(() => benchmark.script('run', { [name]: value })).toThrow(new RegExp(name));
      }
    }
  });

  it('reads the real output of its own quick run, with just the metrics it declares', () => {
    const parsed = benchmark.parse(ownRun(id));
    expect([parsed.outcome, parsed.reason]).toEqual(['ok', undefined]);
    const shape = ({ id: metric, unit, better }: { id: string; unit: string; better: string }) => [
      metric,
      unit,
      better,
    ];
    const found = parsed.metrics.map(({ id: metric }) => metric);
    const expected = benchmark.metrics.filter(
      (metric) => metric.optional !== true || found.includes(metric.id),
    );
    if (id === 'pts') {
      expect(benchmark.metrics).toEqual([]);
      expect(parsed.metrics.map(({ title, primary }) => [title, primary])).toEqual([
        ['7-Zip Compression: Compression Rating', true],
        ['7-Zip Compression: Decompression Rating', false],
      ]);
    } else {
      expect(parsed.metrics.map(shape).toSorted()).toEqual(expected.map(shape).toSorted());
      expect(found).toContain(benchmark.metrics.find(({ primary }) => primary)?.id);
    }
    expect(ownRun(id).stdout).toMatch(/^guestbench: version=\S.*\d/);
  });

  it('takes a trial as a whole or not at all, wherever its output is cut', () => {
    const output = ownRun(id);
    const whole = benchmark.parse(output);
    const cut = (text: string, share: number) => text.slice(0, Math.floor(text.length * share));
    for (let part = 0; part < 200; part++) {
      const parsed = benchmark.parse({
        ...output,
        stdout: cut(output.stdout, part / 200),
        files: new Map([...output.files].map(([name, text]) => [name, cut(text, part / 200)])),
      });
      if (parsed.outcome === 'ok') expect(parsed.metrics).toEqual(whole.metrics);
      else expect([parsed.outcome, parsed.metrics, typeof parsed.reason]).toEqual(['failed', [], 'string']);
    }
  });
});

describe('openssl', () => {
  it('fails as a whole when one of its invocations is missing', () => {
    const benchmark = benchmarkById('openssl')!;
    const output = ownRun('openssl');
    const stdout = output.stdout
      .split('\n')
      .filter((line) => !/^sha256 /.test(line))
      .join('\n');
    const parsed = benchmark.parse({ ...output, stdout });
    expect([parsed.outcome, parsed.metrics]).toEqual(['failed', []]);
    expect(parsed.reason).toContain('sha256');
  });

  // From the sources and published outputs: no system with these versions was at hand.
  it('reads -multi of 1.1.1, which names its row "evp", and the tables of 3.5', () => {
    const old = [
      'Got: +H:16384 from 0',
      'Got: +F:22:aes-256-gcm:4105371648.00 from 0',
      'Got: +H:16384 from 1',
      'Got: +F:22:aes-256-gcm:4078239744.00 from 1',
      'OpenSSL 1.1.1w  11 Sep 2023',
      'evp            8183611.39k',
    ];
    const recent = [
      '                   sign    verify    encrypt   decrypt   sign/s verify/s  encr./s  decr./s',
      'rsa  4096 bits 0.003301s 0.000048s 0.000049s 0.003311s    302.9  20869.5  20523.2    302.0',
      '                               keygen    encaps    decaps keygens/s  encaps/s  decaps/s',
      '                    rsa4096 0.025462s 0.000009s 0.000332s      39.3  106302.6    3012.7',
      '                               keygen     signs    verify keygens/s    sign/s  verify/s',
      '                    rsa4096 0.025833s 0.000335s 0.000008s      38.7    2989.2  118107.3',
      '',
    ];
    const other = ownRun('openssl')
      .stdout.split('\n')
      .filter((line) => /^(?:Got: \+(?:H|F:.*(?:sha256|ChaCha))|sha256|ChaCha)/.test(line));
    const stdout = [...old, ...other.slice(2), ...recent].join('\n');
    const parsed = benchmarkById('openssl')!.parse({ ...ownRun('openssl'), stdout });
    expect(parsed.reason).toBeUndefined();
    expect(parsed.metrics).toContainEqual({
      id: 'openssl.aes-256-gcm.16384',
      value: 8183611390,
      unit: 'B/s',
      better: 'higher',
    });
    expect(parsed.metrics.find(({ id }) => id === 'openssl.rsa4096.sign')?.value).toBe(302.9);
    expect(parsed.metrics.find(({ id }) => id === 'openssl.rsa4096.verify')?.value).toBe(20869.5);
  });
});

describe('apache', () => {
  it('takes a 99th percentile of 0 ms for no figure, and the run for whole', () => {
    const output = ownRun('apache');
    const stdout = output.stdout.replace(/^( +99% +)\d+$/m, '$10');
    expect(stdout).not.toBe(output.stdout);
    const parsed = benchmarkById('apache')!.parse({ ...output, stdout });
    expect([parsed.outcome, parsed.metrics.map(({ id }) => id)]).toEqual([
      'ok',
      ['apache.ab.requests_per_second', 'apache.ab.time_per_request_mean'],
    ]);
  });

  it('takes the figures of the other load generator for none', () => {
    for (const [id, other] of [
      ['apache', 'apache-wrk'],
      ['apache-wrk', 'apache'],
    ] as const) {
      const parsed = benchmarkById(id)!.parse(ownRun(other));
      expect([parsed.outcome, parsed.metrics]).toEqual(['failed', []]);
    }
  });
});

describe('unixbench', () => {
  const single = benchmarkById('unixbench-single')!;
  const parallel = benchmarkById('unixbench-parallel')!;
  const valueOf = (parsed: ReturnType<typeof single.parse>, id: string) =>
    parsed.metrics.find((metric) => metric.id === id)?.value;

  it('names its metrics alike whatever the number of copies', () => {
    const [one, two] = [single.parse(unixbenchPass(1)), parallel.parse(unixbenchPass(2))];
    expect([valueOf(one, 'unixbench.index'), valueOf(two, 'unixbench.index')]).toEqual([1218.6, 1080.7]);
    expect(valueOf(two, 'unixbench.context1')).toBe(545194.5);
    expect(valueOf(two, 'unixbench.context1.index')).toBe(1363);
    expect(one.metrics.map(({ id }) => id)).toEqual(two.metrics.map(({ id }) => id));
  });

  it('never takes the index of some tests for that of all', () => {
    const subset = ownRun('unixbench-subset');
    const parsed = single.parse(subset);
    expect(parsed.metrics.map(({ id }) => id)).toEqual([
      'unixbench.partial_index',
      'unixbench.context1',
      'unixbench.context1.index',
    ]);
    const others = [
      { ...subset, stdout: subset.stdout.replace('tests=context1', 'tests=context1 pipe') },
      { ...subset, stdout: subset.stdout.replace('tests=context1', 'tests=pipe') },
    ];
    for (const output of others)
      expect([single.parse(output).outcome, single.parse(output).metrics]).toEqual(['failed', []]);
  });

  it('wants one pass, of as many copies as were asked for', () => {
    const pass = unixbenchPass(1);
    const more = { ...pass, stdout: pass.stdout.replace('copies=1', 'copies=4') };
    expect(parallel.parse(more).reason).toContain('expected a pass of 4 copies, found one of 1');
    const both = captures.find(({ name }) => name === 'ok-full-v6-i1-c1-c2')!;
    expect(single.parse(both.output).reason).toContain('expected one pass of UnixBench, found 2');
  });
});

describe('pts', () => {
  const pts = benchmarkById('pts')!;
  const fio = captures.find(({ name }) => name === 'ok-fio-options')!.output;
  const withComposite = (change: (text: string) => string) =>
    pts.parse({ ...fio, files: new Map([...fio.files].map(([name, text]) => [name, change(text)])) });

  it('tests one of several figures that one run gave', () => {
    expect(pts.parse(fio).metrics.map(({ unit, primary }) => [unit, primary])).toEqual([
      ['MB/s', true],
      ['IOPS', false],
    ]);
    const informing = withComposite((text) => text.replace('<Proportion>HIB<', '<Proportion><'));
    expect(informing.metrics.map(({ unit, better, primary }) => [unit, better, primary])).toEqual([
      ['MB/s', 'none', false],
      ['IOPS', 'higher', true],
    ]);
    const twice = withComposite((text) =>
      text.replace('<Arguments>randread libaio 0 1 4k<', '<Arguments>randwrite libaio 0 1 4k<'),
    );
    expect(twice.metrics.map(({ primary }) => primary)).toEqual([true, true]);
  });

  it('takes no figure of another choice than the one asked for', () => {
    const other = withComposite((text) => text.replaceAll('IO Engine: Linux AIO', 'IO Engine: Sync'));
    expect([other.outcome, other.metrics]).toEqual(['failed', []]);
    expect(other.reason).toContain('asked for "Linux AIO" as IO Engine, ran "Sync"');
    // A test may describe itself otherwise: then its arguments tell what ran.
    const silent = withComposite((text) => text.replaceAll(' - IO Engine: Linux AIO', ''));
    expect(silent.outcome).toBe('ok');
    const unknown = withComposite((text) =>
      text.replaceAll(' - IO Engine: Linux AIO', '').replaceAll('randread libaio', 'randread sync'),
    );
    expect(unknown.reason).toContain('asked for "Linux AIO" as IO Engine');
  });

  const planning = (stdout: string, size: string) =>
    pts.parse({
      ...fio,
      stdout,
      files: new Map([...fio.files].map(([name, text]) => [name, text.replaceAll('1x6', size)])),
    });

  it('misses a test that was planned and left no result', () => {
    const parsed = planning(
      fio.stdout.replace('guestbench: test=', 'guestbench: test=pts/stream-1.3.4\nguestbench: test='),
      '2x6',
    );
    expect([parsed.outcome, parsed.failed]).toEqual([
      'mixed',
      [{ test: 'pts/stream-1.3.4', error: expect.stringContaining('did not run') as string }],
    ]);
    expect(parsed.metrics).toHaveLength(2);
  });

  it('takes no figure when a part of the plan is lost, or the file is of another run', () => {
    const withoutOption = fio.stdout.replace(/^guestbench: option=.*Engine.*\n/m, '');
    const spoiled = fio.stdout.replace('option=system/fio|IO', 'option=system/fi|IO');
    for (const parsed of [
      planning(withoutOption, '1x6'),
      planning(spoiled, '1x6'),
      planning('', '1x6'),
      planning(fio.stdout, '1x5'),
      withComposite((text) => text.replace('guestbench-1x6', 'mine')),
      withComposite((text) => text.replace('<Identifier>guest-1x6<', '<Identifier>mine<')),
    ]) {
      expect([parsed.outcome, parsed.metrics]).toEqual(['failed', []]);
      expect(parsed.reason).toContain('not of the run that was planned');
    }
  });

  it('names a metric alike whether another test fails or not', () => {
    const two = (value: string) =>
      withComposite((text) => {
        const result = /<Result>[^]*?<\/Result>/.exec(text)?.[0] ?? '';
        const other = result
          .replaceAll('system/fio-1.9.5', 'pts/fio-2.1.0')
          .replace(/<Value>.*<\/Value>/, `<Value>${value}</Value>`);
        return text.replace('</PhoronixTestSuite>', `${other}\n</PhoronixTestSuite>`);
      });
    const idOf = (parsed: ReturnType<typeof pts.parse>) => parsed.metrics[0]?.id;
    expect(two('').outcome).toBe('mixed');
    expect(idOf(two('99'))).toMatch(/\.system_fio_1_9_5$/);
    expect(idOf(two(''))).toBe(idOf(two('99')));
  });

  it('takes names of tests and options that mean nothing to a shell', () => {
    for (const tests of [
      '',
      'compress-7zip',
      'a/b;reboot',
      '$(x)/y',
      '--help',
      'a/b\nc/d',
      "a/b' c/d",
      'A/b',
    ]) {
      expect(() => pts.script('run', { tests }), tests).toThrow(/tests must be/);
    }
    for (const options of [
      'fio',
      'fio.type',
      'fio.type=',
      'a.b=c=d',
      'x y=z',
      'a.b=c\nd',
      '$(x).y=z',
      'a.b=c|d',
    ]) {
      expect(() => pts.script('run', { options }), options).toThrow(/options must be/);
    }
    const quoted = pts.script('run', {
      tests: 'pts/x-1.0 system/y',
      options: "x.a=it's $(reboot) (4 KB); y.b=2",
    });
    expect(quoted).toContain("'x.a=it'\\''s $(reboot) (4 KB); y.b=2'");
  });
});

describe('parameters that name a place', () => {
  const bad = [
    'relative/path',
    '/with blank/x',
    "/it's",
    '/a;reboot',
    '/$(reboot)',
    '/a\nb',
    '/`id`',
    '//x',
    '/',
    'file:///etc/passwd',
    'https://',
    'https://user:secret@host/x',
    'https://host/x?y=$(id)',
    `/${'a'.repeat(500)}`,
    '-rf',
  ];
  it.each(['kernel-build', 'unixbench-single', 'unixbench-parallel', 'pts'])('of %s are strict', (id) => {
    for (const source of bad) {
      expect(() => benchmarkById(id)!.script('run', { source }), source).toThrow(/source must be/);
    }
    for (const source of ['/srv/sources/linux-6.1.tar.xz', 'https://host.example:8443/pub/x-1.2_3.tar.gz']) {
      expect(benchmarkById(id)!.script('run', { source })).toContain(`'${source}'`);
    }
    expect(benchmarkById(id)!.script('run', { source: 'guest:/srv/x.tar' })).toContain("'/srv/x.tar'");
  });

  const ofThisComputer = [
    "local:/home/ann/it's a folder",
    'local:~/src/linux-6.1',
    'local:C:\\Users\\Ann\\linux.tar.xz',
    'local:\\\\server\\share\\x',
    'uploaded:UnixBench.tar@0123456789abcdef',
  ];
  it.each(['kernel-build', 'unixbench-single'])(
    'of %s never carry a path of this computer to a guest',
    (id) => {
      const benchmark = benchmarkById(id)!;
      for (const source of ofThisComputer) {
        expect(benchmark.parameters.parse({ source })['source']).toBe(source);
        expect(() => benchmark.script('run', { source })).toThrow('was not uploaded');
        for (const phase of ['check', 'install', 'cleanup'] as const) {
          const script = benchmark.script(phase, { source });
          expect([script.includes(source.slice(6)), script.includes('is not on this guest')]).toEqual([
            false,
            false,
          ]);
        }
      }
      for (const source of [
        'local:relative',
        'local:',
        'local:/a\nb',
        'uploaded:/x@0123456789abcdef',
        'guest:x',
      ])
        expect(benchmark.parameters.safeParse({ source }).success, source).toBe(false);
    },
  );

  it('can pin the source of a kernel', () => {
    const sha256 = 'a'.repeat(64);
    expect(benchmarkById('kernel-build')!.script('run', { sha256 })).toContain(`!= ${sha256}`);
    expect(() => benchmarkById('kernel-build')!.script('run', { sha256: 'abc; reboot' })).toThrow(
      /sha256 must/,
    );
  });
});

describe('suites', () => {
  const benchmarksOfSuite = (id: string) => suites.find((suite) => suite.id === id)!.benchmarks;

  it('name benchmarks of the catalogue with valid parameters', () => {
    expect(suites.map(({ id }) => id)).toEqual(['quick', 'article-2013', 'cpu', 'disk', 'web']);
    for (const suite of suites) {
      expect(suite.benchmarks.length).toBeGreaterThan(1);
      expect(new Set(suite.benchmarks.map(({ id }) => id)).size).toBe(suite.benchmarks.length);
      for (const { id, parameters } of suite.benchmarks) {
        expect(benchmarkById(id)?.parameters.safeParse(parameters ?? {}).success).toBe(true);
      }
    }
  });

  it('keep to their purpose', () => {
    const seconds = benchmarksOfSuite('quick').map(
      ({ id, parameters }) => benchmarkById(id)?.estimateSeconds(parameters ?? {}) ?? Number.NaN,
    );
    expect(seconds.reduce((sum, one) => sum + one, 0)).toBeLessThan(5 * 60);
    expect(benchmarksOfSuite('article-2013').map(({ id }) => id)).toEqual([
      'unixbench-single',
      'unixbench-parallel',
      'kernel-build',
      'fio-randread',
      'fio-randwrite',
      '7zip',
      'sqlite',
      'apache',
      'openssl',
      'php',
    ]);
    for (const [suite, kind] of [
      ['cpu', 'cpu'],
      ['disk', 'disk'],
    ] as const) {
      for (const { id } of benchmarksOfSuite(suite)) expect(benchmarkById(id)?.kind).toBe(kind);
    }
  });
});
