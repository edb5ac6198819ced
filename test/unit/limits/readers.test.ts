import { describe, expect, it } from 'vitest';
import { readConfirmation } from '../../../src/benchmarks/blockDevice';
import { parseCheck } from '../../../src/benchmarks/check';
import { parseSystem, troubleOf } from '../../../src/benchmarks/installPlan';
import { readXml } from '../../../src/benchmarks/parse/xmlTree';
import { readingsOf } from '../../../src/benchmarks/parse/own';
import { parseLook } from '../../../src/experiment/quietScript';
import { XentopReader, domainNames } from '../../../src/experiment/xentop';
import { hopOf } from '../../../src/lab/proxyJump';
import { parseLab } from '../../../src/lab/labFile';
import type { OwnMetric } from '../../../src/model/ownBenchmark';
import { parseEvidence } from '../../../src/probe/evidence';
import { detectMode } from '../../../src/probe/mode';
import { fromHyperfineJson, fromJson } from '../../../src/report/importers';
import { growth, mostGrowth } from './scaling';

const metric = (read: OwnMetric['read']): OwnMetric => ({ id: 'x', unit: 's', better: 'lower', read });
const read = (one: OwnMetric, stdout: string) =>
  readingsOf(
    { id: 'own', command: 'true', metrics: [one] },
    {
      stdout: `${stdout}\nguestbench: elapsed_seconds=1.00\n`,
      stderr: '',
      exitCode: 0,
      signal: null,
      cancelled: false,
      files: new Map(),
    },
  );

/** What each reader did more than once for each character. */
const slow: readonly (readonly [string, (text: string) => void, (length: number) => string])[] = [
  [
    'links of disks',
    (text) => void detectMode(new Map([['ls -l /sys/block', text]])),
    (n) => '->a'.repeat(n / 3),
  ],
  [
    'links of network cards',
    (text) => void detectMode(new Map([['ls -l /sys/class/net', text]])),
    (n) => '->/net/'.repeat(n / 7),
  ],
  [
    'a PCI slot',
    (text) => void detectMode(new Map([['lspci', text]])),
    (n) => `${'0.'.repeat(n / 2)} Ethernet controller`,
  ],
  [
    'many PCI cards',
    (text) => void detectMode(new Map([['lspci', text]])),
    (n) => Array.from({ length: n / 30 }, (_, i) => `${i.toString(16)}:0.0 Ethernet controller`).join('\n'),
  ],
  ['a kernel log', (text) => void detectMode(new Map([['dmesg', text]])), (n) => 'Booting '.repeat(n / 8)],
  [
    'a kernel log of BSD',
    (text) => void detectMode(new Map([['dmesg', text]])),
    (n) => 'pvbus0 at mainbus0 '.repeat(n / 19),
  ],
  ['XML of one line', (text) => void readXml(`<r>${text}</r>`, 'x'), (n) => '<a></a>'.repeat(n / 7)],
  [
    'lines of xentop',
    (text) => new XentopReader().add(text, 1),
    (n) => `a${' '.repeat(1000)}b\n`.repeat(n / 1000),
  ],
  [
    'what a package manager prints in one line',
    (text) => void troubleOf(text),
    (n) => 'release file unable to get nothing to do '.repeat(n / 40),
  ],
  ['a ProxyJump of colons', (text) => void hopOf(`${text}@`), (n) => ':'.repeat(n)],
  [
    'a line with a match at each character, of which each may look at the rest',
    (text) => void read(metric({ regex: '(\\d)(?:.*total)?', take: 'mean' }), text),
    (n) => '1'.repeat(n),
  ],
  ['lines of xl list', (text) => void domainNames(text), (n) => `a${' '.repeat(1000)}b\n`.repeat(n / 1000)],
];

describe('the time of a reader grows with its input and no faster', () => {
  it.each(slow)('%s', (_, act, of) => {
    const long = (length: number) => {
      const text = of(length);
      return () => act(text);
    };
    expect(growth(long, 30_000)).toBeLessThan(mostGrowth);
  });

  it('a quoted field of a CSV, over many lines', () => {
    const rows = (length: number) => {
      const row = `"${'a\n'.repeat(4_900)}",1\n`;
      const text = row.repeat(Math.max(1, length / row.length));
      return () => void read(metric({ csvColumn: 2, row: 'mean' }), text);
    };
    // Linear in the rows before, too, but with each row taking the square of its lines.
    const began = process.cpuUsage();
    rows(200_000)();
    const many = process.cpuUsage(began).user;
    const flat = `"${'a'.repeat(9_800)}",1\n`.repeat(20);
    const again = process.cpuUsage();
    read(metric({ csvColumn: 2, row: 'mean' }), flat);
    expect(many / Math.max(process.cpuUsage(again).user, 2_000)).toBeLessThan(60);
  });
});

describe('brackets inside brackets', () => {
  const deep = '['.repeat(100_000);

  it('are no end of the lab file, of imports, and of own benchmarks', () => {
    const whole = `${deep}1${']'.repeat(100_000)}`;
    expect(parseLab(whole, 'guestbench.lab.json')).toMatchObject({ status: 'error' });
    expect(() => fromJson(whole)).toThrow(/deep/);
    expect(() => fromHyperfineJson([{ guest: 'g', name: 'f', text: whole }])).toThrow(/hyperfine/);
    const [reading] = read(metric({ jsonPointer: '/0' }), whole);
    expect(reading).toMatchObject({ status: 'failed', reason: expect.stringContaining('deep') as string });
  });
});

describe('what the expressions and columns of own benchmarks are looked for in', () => {
  const reasonOf = (one: OwnMetric['read'], stdout: string): string => {
    const [reading] = read(metric(one), stdout);
    return reading?.status === 'failed' ? reading.reason : 'read';
  };

  it('is bounded for all expressions of a benchmark together', () => {
    const metrics = Array.from({ length: 20 }, () =>
      metric({ regex: 'run (\\d+): ([0-9.]+) ms', take: 'mean' }),
    );
    const text = 'run 1: 12.5 ms\n'.repeat(9_000);
    const readings = readingsOf(
      { id: 'own', command: 'true', metrics },
      {
        stdout: `${text}\nguestbench: elapsed_seconds=1.00\n`,
        stderr: '',
        exitCode: 0,
        signal: null,
        cancelled: false,
        files: new Map(),
      },
    );
    expect(readings[0]).toMatchObject({ status: 'read' });
    expect(readings.at(-1)).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining(
        'was stopped: too much of standard output looks like a match',
      ) as string,
    });
  });

  it('is looked at once for a match where the first or the last is taken', () => {
    const text = 'run 1: 12.5 ms\n'.repeat(100_000);
    for (const take of ['first', 'last'] as const)
      expect(reasonOf({ regex: 'run (\\d+): ([0-9.]+) ms', group: 2, take }, text)).toBe('read');
    expect(reasonOf({ regex: '([0-9.]+) ms' }, text)).toContain('more than 1000 times in all');
  });

  it.each([
    { csvColumn: 1, row: 'last' as const },
    { csvColumn: 'x', row: 'mean' as const },
    { regex: '(\\d)', take: 'last' as const },
  ])('has at most 200000 lines for %j', (one) => {
    expect(reasonOf(one, 'x\n'.repeat(200_001))).toContain('has more than 200000 lines');
  });

  it('gives no mean of more rows than anybody measures', () => {
    expect(reasonOf({ csvColumn: 1, row: 'mean' }, '1\n'.repeat(100_001))).toContain('more than 100000 rows');
    expect(reasonOf({ csvColumn: 1, row: 'mean' }, '1\n'.repeat(100_000))).toBe('read');
  });
});

describe('what the check of a guest answers', () => {
  const noise = 'a\n'.repeat(128 * 1024 + 1);

  it('is not read beyond 256 KiB', () => {
    expect(parseCheck(`${noise}guestbench-check: end\n`)).toMatchObject({
      state: 'problem',
      reason: 'the check printed more than the 256 KiB that are read',
    });
    expect(parseSystem(`${noise}guestbench-system: user=a\n`).user).toBe('');
    expect(readConfirmation(`${noise}guestbench-confirm: refused=x\n`)).toEqual({
      kind: 'refused',
      reason: 'the guest did not tell what is there',
    });
    const look = 'GBQ before cpu 1 2 3 4\nGBQ after cpu 2 3 4 5\nGBQ end\n';
    expect(parseLook(look)).toBeDefined();
    expect(parseLook(noise + look)).toBeUndefined();
  });

  it('of a package manager is read at both ends', () => {
    const sign = 'E: Unable to locate package x\n';
    expect(troubleOf(sign + noise)).toBe('unknown-package');
    expect(troubleOf(noise + sign)).toBe('unknown-package');
  });
});

describe('what a probe answers', () => {
  it('is left out where it is longer than any guest answers', () => {
    const section = (label: string, lines: number): string =>
      `#guestbench:begin ${label}\n${'|0123456789\n'.repeat(lines)}#guestbench:end\n`;
    const evidence = parseEvidence(
      section('dmesg', 100_000) + section('mount', 2) + section('x'.repeat(400), 1),
    );
    expect([...evidence.keys()]).toEqual(['mount']);
    const many = Array.from({ length: 5_000 }, (_, index) => section(`label ${index}`, 1)).join('');
    expect(parseEvidence(many).size).toBe(1_000);
  });
});
