import { describe, expect, it } from 'vitest';
import { benchmarkById } from '../../../src/benchmarks/catalogue';
import { parsers, type ParsedOutput } from '../../../src/benchmarks/parsers';
import { fioReport, type Did, type FioJob } from './fioReport';

const parse = (stdout: string): ParsedOutput =>
  parsers.fio({ stdout, stderr: '', exitCode: 0, signal: null, cancelled: false, files: new Map() });
const figures = ({ metrics }: ParsedOutput) =>
  Object.fromEntries(metrics.map(({ id, value }) => [id, value]));
const said = ({ failed = [] }: ParsedOutput) =>
  failed.map(({ test, error }) => `${test}: ${error}`).join('\n');

const percentiles = { 1: 60_000, 50: 90_000, 90: 120_000, 95: 150_000, 99: 200_000, 99.9: 380_000 };
const reads: Did = {
  operations: 30_000,
  runtimeMs: 3000,
  slat: 9000,
  clat: 91_000,
  lat: 100_000,
  percentiles,
};
const timed = { rw: 'randread', time_based: '1', runtime: '3' };
const own = (job: FioJob = {}): FioJob => ({ name: 'randread', options: timed, read: reads, ...job });
const versions = [
  ...['2.0.10', '2.0.13', '2.1.3', '2.1.11', '2.1.14', '2.2.8', '2.2.10', '2.3', '2.16', '2.20', '2.21'],
  ...['2.99', '3.0', '3.1', '3.2', '3.7', '3.12', '3.16', '3.17', '3.18', '3.25', '3.33', '3.39', '3.42'],
];

describe.each(versions)('fio %s', (version) => {
  it('is read in the units of today', () => {
    const parsed = parse(fioReport(version, [own()]));
    expect([parsed.outcome, parsed.reason, parsed.failed]).toEqual(['ok', undefined, undefined]);
    const found = figures(parsed);
    expect(found).toEqual({
      'fio.randread.iops': 10_000,
      'fio.randread.bw': 40_960_000,
      'fio.randread.lat_mean': 100,
      'fio.randread.clat_p50': 90,
      'fio.randread.clat_p90': 120,
      'fio.randread.clat_p95': 150,
      'fio.randread.clat_p99': 200,
      'fio.randread.clat_p99_9': 380,
      'fio.job_cpu_user': 2.5,
      'fio.job_cpu_sys': 7.25,
    });
    const whole = benchmarkById('fio-randread')!.parse({
      stdout: 'guestbench: version=fio\n',
      stderr: '',
      exitCode: 0,
      signal: null,
      cancelled: false,
      files: new Map([['out.json', fioReport(version, [own()])]]),
    });
    expect([whole.outcome, whole.metrics.length]).toEqual(['ok', 10]);
  });

  it('weighs the latency of several jobs by what they did', () => {
    const slow = { ...reads, operations: 10_000, slat: 19_000, clat: 181_000, lat: 200_000 };
    const found = figures(parse(fioReport(version, [own(), own({ read: slow })])));
    expect(found['fio.randread.lat_mean']).toBeCloseTo(125, 0);
    expect(found['fio.randread.iops']).toBeGreaterThan(13_332);
    expect(found).not.toHaveProperty('fio.randread.clat_p99');
  });

  it('reads and writes', () => {
    const job = own({
      name: 'randrw',
      options: { ...timed, rw: 'randrw' },
      write: { ...reads, operations: 9000 },
    });
    expect(figures(parse(fioReport(version, [job])))).toMatchObject({
      'fio.randrw.iops': 13_000,
      'fio.randrw.read.iops': 10_000,
      'fio.randrw.write.iops': 3000,
      'fio.randrw.write.lat_mean': 100,
    });
  });

  it('gives no figure of a job that failed, did nothing or is not over', () => {
    for (const [job, reason] of [
      [own({ error: 28 }), /error 28/],
      [own({ read: { operations: 0, runtimeMs: 0 } }), /0 operations/],
    ] as const) {
      const parsed = parse(fioReport(version, [job]));
      expect([parsed.outcome, parsed.metrics]).toEqual(['failed', []]);
      expect(parsed.reason).toMatch(reason);
    }
  });

  it('says what it does not measure', () => {
    const { operations, runtimeMs } = reads;
    const parsed = parse(fioReport(version, [own({ read: { operations, runtimeMs, percentiles } })]));
    expect(parsed.outcome).toBe('ok');
    expect(Object.keys(figures(parsed))).toEqual([
      'fio.randread.iops',
      'fio.randread.bw',
      'fio.job_cpu_user',
      'fio.job_cpu_sys',
    ]);
    expect(said(parsed)).toMatch(/lat_mean: fio did not measure it[^]*clat: fio did not measure it/);
  });
});

describe('old versions of fio', () => {
  it('have rates of whole numbers, and throughput in whole KiB', () => {
    const job = own({ read: { ...reads, operations: 207, runtimeMs: 3001 } });
    const found = (version: string) => figures(parse(fioReport(version, [job])));
    expect(found('2.1.3')).toMatchObject({ 'fio.randread.iops': 68, 'fio.randread.bw': 275 * 1024 });
    expect(found('3.1')).toMatchObject({ 'fio.randread.bw': 275 * 1024 });
    expect(found('3.1')['fio.randread.iops']).toBeCloseTo(68.977, 3);
    expect(found('3.2')['fio.randread.bw']).toBe(282_529);
  });

  it('tell by the name of the job what it did, before options were printed', () => {
    const idOf = (name: string, did: FioJob = { read: reads }) =>
      parse(fioReport('2.2.10', [{ ...did, name }])).metrics[0]?.id;
    expect(idOf('random-read')).toBe('fio.randread.iops');
    expect(idOf('4k_rand_write', { write: reads })).toBe('fio.randwrite.iops');
    expect(idOf('seq-read')).toBe('fio.read.iops');
    expect(idOf('Sequential Write', { write: reads })).toBe('fio.write.iops');
    const unnamed = parse(fioReport('2.2.10', [{ name: 'test', read: reads }]));
    expect(unnamed.metrics[0]).toMatchObject({ id: 'fio.job.read.iops', value: 10_000 });
    expect(said(unnamed)).toContain('fio 2.2.10 does not say whether it was random or sequential');
  });

  it('print numbers that are none', () => {
    const text = fioReport('2.1.11', [own()]).replaceAll('"bw_max": 0', '"bw_max": -nan');
    expect(figures(parse(text))).toMatchObject({ 'fio.randread.iops': 10_000 });
  });
});

describe('complete reports of fio', () => {
  const parsed = (options: Record<string, string>, job: FioJob = {}, globals?: Record<string, string>) =>
    parse(fioReport('3.28', [own({ options, ...job })], globals));

  it.each([
    [{ rw: 'rw' }, 'rw'],
    [{ rw: 'readwrite' }, 'rw'],
    [{ readwrite: 'readwrite' }, 'rw'],
    [{ rw: 'randreadwrite' }, 'randrw'],
    [{ rw: 'randrw:8' }, 'randrw'],
    [{ rw: 'randread:4' }, 'randread'],
    [{ readwrite: 'randwrite' }, 'randwrite'],
    [{ rw: 'trim' }, 'trim'],
    [{ rw: 'randtrim' }, 'randtrim'],
    [{ rw: 'trimwrite' }, 'trimwrite'],
    [{ rw: 'randtrimwrite' }, 'randtrimwrite'],
    [{}, 'read'],
  ])('know every word for what is done: %o', (options, kind) => {
    const result = parsed(options, { write: reads, trim: reads });
    expect(result.reason).toBeUndefined();
    expect(result.metrics[0]?.id).toBe(`fio.${kind}.iops`);
    expect(parsed({}, { write: reads, trim: reads }, options).metrics).toEqual(result.metrics);
  });

  it('are refused with a word that is none of fio', () => {
    expect(parsed({ rw: 'randomread' }).reason).toContain('rw=randomread');
    // Without the option a job reads: this one did not.
    expect(parsed({}, { read: { operations: 0, runtimeMs: 0 }, write: reads }).reason).toMatch(
      /it did write/,
    );
  });

  const size = (bytes: number) => ({ rw: 'randread', size: String(bytes) });
  const done = reads.operations * 4096;
  it.each([
    ['its size, whatever its time', { ...size(done), runtime: '600' }],
    ['its size in a unit', { rw: 'randread', size: '117m', runtime: '60s' }],
    ['a share of a device', { rw: 'randread', size: '10%', runtime: '60' }],
    ['less than its size', { ...size(done * 4), io_size: String(done) }],
    ['a number of operations', { ...size(done * 4), number_ios: '30000' }],
    ['a steady state', { ...timed, runtime: '600', steadystate: 'iops:10%' }],
    ['another job', { ...timed, runtime: '600', exitall: '1' }],
    ['the end of the disk', { rw: 'randread', fill_device: '1', size: String(done * 9) }],
    ['its time', { ...size(done * 9), runtime: '3' }],
    ['no bound that is printed', { rw: 'randread' }],
    ['its time, called timeout', { ...size(done * 9), timeout: '3' }],
    ['its size, as it is not based on time', { ...size(done), runtime: '600', time_based: '0' }],
    ['the size of each of several alike', { ...size(done / 4), runtime: '600' }],
    ['the end of a device', { rw: 'randread', filename: '/dev/xvdb', runtime: '600' }],
  ])('end by %s', (_, options) => {
    const result = parsed(options);
    expect([result.outcome, result.reason]).toEqual(['ok', undefined]);
  });

  it.each([
    ['neither its time nor its size', { ...size(done * 4), runtime: '600' }],
    ['not its size', size(done * 4)],
    ['not its time', { ...timed, runtime: '600' }],
    ['not its time, and gives no size', { rw: 'randread', runtime: '600' }],
    ['not its time, but went round again', { ...size(done * 0.4), runtime: '600' }],
    ['not its time, whatever its size', { ...timed, ...size(done), runtime: '600' }],
  ])('are told from those that reached %s', (_, options) => {
    const result = parsed(options);
    expect([result.outcome, result.metrics]).toEqual(['failed', []]);
    expect(result.reason).toMatch(/ran for 3000 ms.*; expected|ran for 3000 ms and moved/);
  });

  it.each([[2 ** 31 - 1], [2 ** 31 + 11], ['absent' as const], [-1]])(
    'may not know how long they go on: %s',
    (eta) => {
      expect(parsed(timed, { eta }).outcome).toBe('ok');
    },
  );

  it('are told from interim ones', () => {
    expect(parsed(timed, { eta: 12 }).reason).toMatch(/interim report/);
  });

  it('leave out each latency that was not measured, and nothing else', () => {
    const { slat, ...noSlat } = reads;
    const { lat, ...noLat } = reads;
    const { clat, ...noClat } = reads;
    expect(slat).toBeDefined();
    const disabled = { ...timed, disable_slat: '1' };
    expect(figures(parsed(disabled, { read: { ...noSlat, lat: 192_000 } }))).toMatchObject({
      'fio.randread.lat_mean': 192,
    });
    expect(figures(parsed(timed, { read: { ...noSlat, lat: 92_000 } }))).toMatchObject({
      'fio.randread.lat_mean': 92,
      'fio.randread.clat_p99': 200,
    });
    const withoutLat = parsed(timed, { read: noLat });
    expect(Object.keys(figures(withoutLat))).toContain('fio.randread.clat_p99');
    expect(Object.keys(figures(withoutLat))).not.toContain('fio.randread.lat_mean');
    expect(said(withoutLat)).toMatch(/^fio\.randread\.lat_mean: fio did not measure it/);
    const withoutClat = parsed(timed, { read: noClat });
    expect(figures(withoutClat)).toMatchObject({ 'fio.randread.lat_mean': 100 });
    expect(Object.keys(figures(withoutClat))).not.toContain('fio.randread.clat_p99');
    expect([lat, clat]).not.toContain(undefined);
  });

  it('keep their operations when a figure beside them is unusable', () => {
    const text = fioReport('3.28', [own()]);
    const damaged: readonly (readonly [string, string, string])[] = [
      ['"mean": 100000', '"mean": 700000', 'fio.randread.lat_mean'],
      ['"bw_bytes": 40960000', '"bw_bytes": 0', 'fio.randread.bw'],
      ['"bw_bytes": 40960000', '"bw_bytes": 4096', 'fio.randread.bw'],
      ['"bw_bytes": 40960000', '"bw_bytes": null', 'fio.randread.bw'],
      ['"usr_cpu": 2.5', '"usr_cpu": 255', 'fio.job_cpu_user'],
      ['"usr_cpu": 2.5', '"usr_cpu": "no"', 'fio.job_cpu_user'],
      ['"95.000000": 150000', '"95.000000": 950000', 'fio.randread.clat'],
    ];
    for (const [from, to, id] of damaged) {
      expect(text).toContain(from);
      const result = parse(text.replace(from, to));
      expect([to, result.outcome, figures(result)['fio.randread.iops']]).toEqual([to, 'ok', 10_000]);
      expect(result.failed?.map(({ test }) => test)).toEqual([id]);
      expect(Object.keys(figures(result)).filter((found) => found.startsWith(id))).toEqual([]);
    }
    expect(parse(text.replace(/"iops": 10000/, '"iops": 0')).outcome).toBe('failed');
  });

  it('may report both ways together', () => {
    const job = own({ options: { ...timed, rw: 'randrw', unified_rw_reporting: '1' }, unified: 'mixed' });
    const result = parse(fioReport('3.28', [job]));
    expect(figures(result)).toMatchObject({ 'fio.randrw.iops': 10_000, 'fio.randrw.lat_mean': 100 });
    expect(said(result)).toContain('reported together');
  });

  it('have one way only where all was to go that way', () => {
    const options = { ...timed, rw: 'rw', rwmixread: '100' };
    const result = parsed(options);
    expect(figures(result)).toMatchObject({ 'fio.rw.iops': 10_000, 'fio.rw.read.iops': 10_000 });
    expect(said(result)).toContain('fio.rw.write: nothing was to be done');
    expect(parsed({ ...options, rwmixread: '70' }).reason).toMatch(/write did 0 operations/);
  });

  it('are not added up of jobs that ran one after the other', () => {
    const two = (options: Record<string, string>) =>
      parse(fioReport('3.28', [own(), own({ groupid: 1, options: { ...timed, ...options } })]));
    expect(two({}).reason).toMatch(/ran after another one/);
    expect(figures(two({ new_group: '1' }))['fio.randread.iops']).toBe(20_000);
  });
});

describe('where the JSON of fio stands', () => {
  const text = fioReport('3.28', [own()]);
  const line = JSON.stringify(JSON.parse(text));
  const expected = parse(text).metrics;
  const notes =
    'note: both iodepth >= 1 and synchronous I/O engine are selected, queue depth will be capped at 1\nfio: this platform does not support process shared mutexes, forcing use of threads.\n';

  it.each([
    ['on one line', `${line}\n`],
    ['on one line without its end', line],
    ['after a word on its line', `result: ${line}\n`],
    ['between other text', `${notes}${text}\nMETRICS END {not JSON}\n`],
    ['on one line between other text', `${notes}${line}\nfio: done\n`],
    ['indented', text.replace(/^/gm, '    ')],
    ['with CR LF', text.replaceAll('\n', '\r\n')],
    ['behind a byte order mark', `\ufeff${text}`],
    [
      'with its keys sorted',
      `${JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text) as object).toSorted()))}\n`,
    ],
    [
      'behind interim ones',
      `${fioReport('3.28', [own({ eta: 9, read: { ...reads, operations: 9 } })])}${text}`,
    ],
    ['with braces in a text', text.replace('"job options"', '"desc": "a } { \\" b", "job options"')],
    [
      'before the report for people',
      `${text}\nrandread: (groupid=0, jobs=1): err= 0: pid=1\n  read: IOPS=10k\n`,
    ],
  ])('is found %s', (_, output) => {
    const parsed = parse(output);
    expect(parsed.reason).toBeUndefined();
    expect(parsed.metrics).toEqual(expected);
  });

  it.each([
    ['it is cut', text.slice(0, -300), /cut off/],
    ['it is cut on one line', line.slice(0, -30), /cut off/],
    ['the last of several is cut', `${text}${text.slice(0, -500)}`, /cut off/],
    ['more of it follows', `${text}  "jobs": 1\n}\n`, /damaged/],
    [
      'the run was interrupted',
      `fio: terminating on signal 2\n${text}`,
      /ended early: "fio: terminating on signal 2/,
    ],
    [
      'the run was interrupted later',
      `${text}\nfio: job 'x' (state=5) hung in 30 seconds, killed\n`,
      /ended early/,
    ],
    ['it is another JSON', '{"results": []}\n', /expected the JSON of fio/],
    [
      'it is terse output',
      '3;fio-3.33;randread;0;0;123;456;789\n',
      /line 1 is fio's terse output.*--output-format=json/,
    ],
    ['it is terse output of before', '2;randread;0;0;123;456;789\n', /terse output/],
    [
      'it is the output for people',
      'randread: (g=0): rw=randread, bs=4K-4K/4K-4K, ioengine=libaio, iodepth=32\nfio-2.1.3\nStarting 1 thread\n',
      /line 1 is fio's normal output.*--output-format=json/,
    ],
    ['there is none', 'nothing here\n', /no JSON/],
  ])('gives no figure when %s', (_, output, reason) => {
    const parsed = parse(output);
    expect([parsed.outcome, parsed.metrics]).toEqual(['failed', []]);
    expect(parsed.reason).toMatch(reason);
  });

  it('is of a run of ours, which is based on time though fio does not print that', () => {
    const job = own({ options: { rw: 'randread', runtime: '30', size: String(30_000 * 4096) } });
    const files = new Map([['out.json', fioReport('3.28', [job])]]);
    const parseAfter = (stdout: string) =>
      parsers.fio({ stdout, stderr: '', exitCode: 0, signal: null, cancelled: false, files });
    expect(parseAfter('').outcome).toBe('ok');
    expect(parseAfter('guestbench: version=fio-3.28\nguestbench: engine=psync iodepth=1\n').reason).toMatch(
      /ran for 3000 ms; expected about 30000 ms/,
    );
  });

  it('may hold the figures of a client, of one host', () => {
    const document = JSON.parse(text) as { jobs: object[] };
    const { jobs, ...rest } = document;
    const stats = (...hosts: string[]) => [
      ...hosts.map((hostname) => ({ ...jobs[0], hostname })),
      { jobname: 'All clients', error: 0 },
    ];
    expect(parse(JSON.stringify({ ...rest, client_stats: stats('a') })).metrics).toEqual(expected);
    expect(parse(JSON.stringify({ ...rest, client_stats: stats('a', 'b') })).reason).toContain('2 hosts');
  });
});
