import { describe, expect, it } from 'vitest';
import { readXml } from '../../../src/benchmarks/parse/xmlTree';
import { readingsOf } from '../../../src/benchmarks/parse/own';
import { XentopReader, domainNames } from '../../../src/experiment/xentop';
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
