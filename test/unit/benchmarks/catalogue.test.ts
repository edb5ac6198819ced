import { describe, expect, it } from 'vitest';
import { presets, type TrialOutput } from '../../../src/benchmarks/benchmark';
import { benchmarkById, catalogue } from '../../../src/benchmarks/catalogue';
import { suiteById, suites } from '../../../src/benchmarks/suites';
import { UserError } from '../../../src/model/userError';
import { captures } from './captures';

const own = (id: string): TrialOutput => {
  const capture = captures.find(({ name }) => name === `ok-catalogue-${id}`);
  if (capture === undefined) throw new Error(`no capture of ${id}`);
  return capture.output;
};

describe('the catalogue', () => {
  it('has ids that are different from each other and are found by id', () => {
    expect(catalogue.map(({ id }) => id)).toEqual([
      'openssl',
      '7zip',
      'php',
      'sqlite',
      'fio-randread',
      'fio-randwrite',
      'fio-randrw',
      'fio-seqread',
      'fio-seqwrite',
      'apache',
      'apache-wrk',
    ]);
    for (const benchmark of catalogue) expect(benchmarkById(benchmark.id)).toBe(benchmark);
    expect(benchmarkById('nothing')).toBeUndefined();
  });
});

describe.each(catalogue.map((benchmark) => [benchmark.id, benchmark] as const))('%s', (id, benchmark) => {
  it('has one primary metric, and metric ids that are different from each other', () => {
    expect(benchmark.metrics.filter(({ primary }) => primary)).toHaveLength(1);
    expect(benchmark.metrics.find(({ primary }) => primary)?.better).not.toBe('none');
    expect(new Set(benchmark.metrics.map((metric) => metric.id)).size).toBe(benchmark.metrics.length);
  });

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
    const parsed = benchmark.parse(own(id));
    expect([parsed.outcome, parsed.reason]).toEqual(['ok', undefined]);
    const shape = ({ id: metric, unit, better }: { id: string; unit: string; better: string }) => [
      metric,
      unit,
      better,
    ];
    expect(parsed.metrics.map(shape).toSorted()).toEqual(benchmark.metrics.map(shape).toSorted());
    expect(own(id).stdout).toMatch(/^guestbench: version=\S.*\d/);
  });

  it('takes a trial as a whole or not at all, wherever its output is cut', () => {
    const output = own(id);
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
    const output = own('openssl');
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
    const other = own('openssl')
      .stdout.split('\n')
      .filter((line) => /^(?:Got: \+(?:H|F:.*(?:sha256|ChaCha))|sha256|ChaCha)/.test(line));
    const stdout = [...old, ...other.slice(2), ...recent].join('\n');
    const parsed = benchmarkById('openssl')!.parse({ ...own('openssl'), stdout });
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

describe('suites', () => {
  it('name benchmarks of the catalogue with valid parameters', () => {
    expect(suites.map(({ id }) => id)).toEqual(['quick', 'cpu', 'disk']);
    for (const suite of suites) {
      expect(suiteById(suite.id)).toBe(suite);
      expect(suite.benchmarks.length).toBeGreaterThan(1);
      for (const { id, parameters } of suite.benchmarks) {
        expect(benchmarkById(id)?.parameters.safeParse(parameters ?? {}).success).toBe(true);
      }
    }
    expect(suiteById('quick')?.benchmarks.map(({ id }) => id)).toEqual(catalogue.map(({ id }) => id));
    expect(suiteById('nothing')).toBeUndefined();
  });
});
