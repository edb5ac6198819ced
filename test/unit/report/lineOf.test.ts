import { describe, expect, it } from 'vitest';
import { catalogue } from '../../../src/benchmarks/catalogue';
import {
  parsers,
  tools,
  type ParsedOutput,
  type Tool,
  type TrialOutput,
} from '../../../src/benchmarks/parsers';
import type { Measurement } from '../../../src/model/experiment';
import { lineOf, type FigurePlace } from '../../../src/report/lineOf';
import { captures, ownRun } from '../benchmarks/captures';

const titles = new Map(catalogue.flatMap(({ metrics }) => metrics.map(({ id, title }) => [id, title])));

interface Run {
  readonly tool: Tool;
  readonly name: string;
  readonly output: TrialOutput;
  readonly parse: (output: TrialOutput) => ParsedOutput;
}

/** Every capture that has figures, and the two passes of UnixBench as the catalogue reads them. */
const runs: readonly Run[] = [
  ...captures
    .filter(({ expected }) => expected.outcome === 'ok' || expected.outcome === 'mixed')
    .map(({ tool, name, output }) => ({ tool, name, output, parse: parsers[tool] })),
  ...catalogue
    .filter(({ id }) => id.startsWith('unixbench-'))
    .map((benchmark) => ({
      tool: 'unixbench' as const,
      name: benchmark.id,
      output: ownRun(benchmark.id),
      parse: (output: TrialOutput) => benchmark.parse(output),
    })),
];

const linesOf = (text: string) => text.split('\n');

/** In standard output, else in the first result file that has it. */
function find({ output }: Pick<Run, 'output'>, figure: Measurement) {
  const sought = { ...figure, title: titles.get(figure.id) ?? figure.title };
  for (const [part, text] of [['stdout', output.stdout] as const, ...output.files]) {
    const place = lineOf(text, sought);
    if (place !== undefined) return { part, place, line: linesOf(text)[place.line - 1]! };
  }
  return undefined;
}

/** The line with another last digit in the number at the place. */
function changed(line: string, { start, end }: FigurePlace): string {
  const digits = line.slice(start, end);
  const at = digits.search(/\d(?=\D*$)/);
  const other = digits[at] === '9' ? '8' : String(Number(digits[at]) + 1);
  return line.slice(0, start) + digits.slice(0, at) + other + digits.slice(at + 1) + line.slice(end);
}

/** Whether the parser reads this very number: changed there, it gives another figure or refuses the output. */
function isRead(run: Run, figure: Measurement, line: string, place: FigurePlace): boolean {
  const edit = (text: string) =>
    linesOf(text)
      .map((one) => (one === line ? changed(line, place) : one))
      .join('\n');
  const { output } = run;
  const files = new Map([...output.files].map(([name, text]) => [name, edit(text)]));
  const parsed = run.parse({ ...output, stdout: edit(output.stdout), files });
  return parsed.metrics.find(({ id }) => id === figure.id)?.value !== figure.value;
}

/** Read from another place, but this line prints the same figure: workers' sums, the terminal of a test suite. */
const printedTwice = /^(?:openssl\.rsa4096\.|pts\.)/;

/** Figures of which the place cannot be told; all others are found. */
const without: Readonly<Partial<Record<Tool, readonly string[]>>> = {
  // The sum of reads and writes is printed nowhere.
  fio: ['fio.randrw.iops'],
  // Two digits that stand in several rows.
  '7zip': ['7zip.compress_cpu_usage', '7zip.decompress_cpu_usage'],
};

describe('the line of a figure in real outputs', () => {
  it.each(tools)('%s: at the number that its parser reads', (tool) => {
    const lost = new Set<string>();
    for (const run of runs.filter((one) => one.tool === tool)) {
      for (const figure of run.parse(run.output).metrics) {
        const found = find(run, figure);
        if (found === undefined) lost.add(figure.id);
        else {
          const right = printedTwice.test(figure.id) || isRead(run, figure, found.line, found.place);
          expect([run.name, figure.id, found.line, right]).toEqual([run.name, figure.id, found.line, true]);
        }
      }
    }
    expect([...lost].sort()).toEqual(without[tool] ?? []);
  });

  const cases: readonly (readonly [Tool, string, string, string])[] = [
    ['unixbench', 'unixbench-single', 'unixbench.index', 'System Benchmarks Index Score  1218.6'],
    ['unixbench', 'unixbench-single', 'unixbench.pipe', 'Pipe Throughput 1656216.9 lps (10.0 s, 1 samples)'],
    ['unixbench', 'unixbench-single', 'unixbench.pipe.index', 'Pipe Throughput 12440.0 1656216.9 1331.4'],
    [
      'unixbench',
      'ok-catalogue-unixbench-subset',
      'unixbench.partial_index.c1',
      'System Benchmarks Index Score (Partial Only) 368.9',
    ],
    [
      'openssl',
      'ok-catalogue-openssl',
      'openssl.rsa4096.sign',
      'rsa 4096 bits 0.006173s 0.000087s 162.0 11509.0',
    ],
    ['openssl', 'ok-catalogue-openssl', 'openssl.aes-256-gcm.16384', 'AES-256-GCM 2365063.17k'],
    ['openssl', 'ok-303-xen-slow-guest', 'openssl.sha256.16384', 'sha256 7969.30k'],
    ['7zip', 'ok-catalogue-7zip', '7zip.compress', 'Avr: 1475 33 4383 1435 | 17072 34 4322 1458'],
    ['7zip', 'ok-catalogue-7zip', '7zip.total', 'Tot: 33 4352 1446'],
    ['sqlite', 'ok-catalogue-sqlite', 'sqlite.elapsed', 'elapsed_seconds=1.812'],
    [
      'apache',
      'ok-catalogue-apache',
      'apache.ab.requests_per_second',
      'Requests per second: 15098.81 [#/sec] (mean)',
    ],
    [
      'apache',
      'ok-catalogue-apache',
      'apache.ab.time_per_request_mean',
      'Time per request: 6.623 [ms] (mean)',
    ],
    ['apache', 'ok-catalogue-apache', 'apache.ab.p99', '99% 34'],
    ['apache', 'ok-wrk', 'apache.wrk.latency_p50', '50% 614.00us'],
    ['apache', 'ok-catalogue-apache-wrk', 'apache.wrk.latency_p99', '99% 33.64ms'],
    ['kernel', 'ok-tinyconfig-j2', 'kernel.elapsed', 'elapsed_seconds=116.82'],
    ['kernel', 'ok-tinyconfig-j2', 'kernel.cpu_sys', 'cpu_sys_seconds=24.32'],
    ['fio', 'ok-catalogue-fio-randread', 'fio.randread.iops', '"iops" : 46440.186604,'],
    ['fio', 'ok-catalogue-fio-randread', 'fio.randread.clat_p99_9', '"99.900000" : 27131904,'],
    ['fio', 'ok-catalogue-fio-randrw', 'fio.randrw.write.lat_mean', '"mean" : 768567.577641,'],
    ['php', 'ok-catalogue-php', 'php.median_total', 'median_total_ms=153.635'],
    [
      'sysbench',
      'ok-memory-report-interval',
      'sysbench.memory.mib_per_second',
      '2048.00 MiB transferred (1617.22 MiB/sec)',
    ],
    ['pts', 'ok-catalogue-pts', 'pts.compression_rating', 'Average: 893 MIPS'],
    ['pts', 'mixed-suite', 'pts.sha256', 'Average: 167191750 byte/s'],
  ];
  it.each(cases)('%s %s: %s', (tool, name, id, line) => {
    const run = runs.find((one) => one.tool === tool && one.name === name)!;
    const figure = run.parse(run.output).metrics.find((one) => one.id === id)!;
    const found = find(run, figure);
    expect(found?.line.trim().split(/\s+/)).toEqual(line.split(/\s+/));
  });
});

describe('lineOf', () => {
  const place = (text: string, value: number, id = 'x.rate', unit = '') => lineOf(text, { id, value, unit });

  it('says where in the line the number stands', () => {
    expect(place('a\nrate: 1234.5 things\n', 1234.5)).toEqual({ line: 2, start: 6, end: 12 });
  });

  it('knows separators of thousands, rounding and multiples of units', () => {
    expect(place('sum 1,234,567 rows', 1_234_567)).toEqual({ line: 1, start: 4, end: 13 });
    expect(place('took 12.35 s', 12.3456)).toEqual({ line: 1, start: 5, end: 10 });
    expect(place('rate 2365063.17k', 2_365_063_170)).toEqual({ line: 1, start: 5, end: 15 });
    expect(place('took 2.500 min', 150)).toEqual({ line: 1, start: 5, end: 10 });
  });

  it('takes no number that is only near, part of a word, or rounded too far', () => {
    expect(place('rate 1234.6', 1234.5)).toBeUndefined();
    expect(place('x1234 v1.1234 1234.5.1', 1234)).toBeUndefined();
    expect(place('rate 12', 12.3456)).toBeUndefined();
    expect(place('', 12)).toBeUndefined();
    expect(place('nothing', Number.NaN)).toBeUndefined();
  });

  it('does not choose among places that say nothing more', () => {
    expect(place('a 34\nb 34', 34)).toBeUndefined();
    expect(place('only 7', 7)).toBeUndefined();
    expect(place('only 74', 74)?.line).toBe(1);
    expect(place('zero 0', 0)).toBeUndefined();
  });

  it('takes the line with the words, the unit or the number of the name; else the last', () => {
    expect(place('rate 1234\nload 1234', 1234)?.line).toBe(1);
    expect(place('load 1234 MB\nload 1234 s', 1234, 'x', 'MB')?.line).toBe(1);
    expect(place(' 99% 34\n 50% 34', 34, 'x.p50')?.line).toBe(2);
    expect(place(' 99.9% 34\n 99% 34', 34, 'x.p99_9')?.line).toBe(1);
    expect(place('a 1234\nb 1234', 1234)?.line).toBe(2);
  });
});
