import { describe, expect, it } from 'vitest';
import { parsers, type ParsedOutput } from '../../../src/benchmarks/parsers';
import { unixbenchTests } from '../../../src/benchmarks/parse/unixbench';
import { formatOf, fromUnixbenchReport } from '../../../src/report/importers';

type Row = readonly [title: string, score: number, unit: string, baseline?: number];
const system: readonly Row[] = Object.values(unixbenchTests)
  .toSorted()
  .map((title, place): Row => [title, 1000 + 100 * place, 'lps', 10]);
const flat: readonly Row[] = [
  ['2D graphics: rectangles', 1166.5, 'score', 15],
  ['2D graphics: windows', 26.8, 'score', 15],
];
const solid: readonly Row[] = [['3D graphics: gears', 60.6, 'fps', 33.4]];
const others: readonly Row[] = [['Arithmetic Test (double)', 5000, 'lps']];
const indexOf = ([, score, , baseline = 1]: Row) => (10 * score) / baseline;
const meanOf = (rows: readonly Row[]) =>
  Math.exp(rows.reduce((sum, row) => sum + Math.log(indexOf(row) || 10), 0) / rows.length);

/** The tables of a category, as `Run` prints them, in any order. */
function table(category: string, rows: readonly Row[], isPartial = false): string {
  return [
    `${`${category} ${isPartial ? 'Partial Index' : 'Index Values'}`.padEnd(40)}     BASELINE       RESULT    INDEX`,
    ...rows.map((row) => {
      const [title, score, , baseline] = row;
      const cell = (value: number | undefined) => (value === undefined ? '---' : value.toFixed(1));
      return `${title.padEnd(40)} ${cell(baseline).padStart(12)} ${score.toFixed(1).padStart(12)} ${cell(baseline === undefined ? undefined : indexOf(row)).padStart(8)}`;
    }),
    `${' '.repeat(67)}========`,
    `${`${category} Index Score${isPartial ? ' (Partial Only)' : ''}`.padEnd(66)} ${meanOf(rows).toFixed(1).padStart(8)}`,
    '',
  ].join('\n');
}
const pass = (copies: number, rows: readonly Row[], ...tables: readonly string[]): string =>
  [
    '-'.repeat(72),
    'Benchmark Run: Tue Oct 28 2025 15:23:24 - 16:14:50',
    `2 CPUs in system; running ${copies} parallel ${copies === 1 ? 'copy' : 'copies'} of tests`,
    '',
    ...rows.map(
      ([title, score, unit]) =>
        `${title.padEnd(40)} ${score.toFixed(1).padStart(12)} ${unit.padEnd(5)} (10.0 s, 7 samples)`,
    ),
    '',
    ...tables,
    '',
  ].join('\n');
const report = (...passes: readonly string[]) =>
  `${'='.repeat(72)}\n   BYTE UNIX Benchmarks (Version 5.1.3)\n\n${passes.join('\n')}`;

const parse = (stdout: string): ParsedOutput =>
  parsers.unixbench({ stdout, stderr: '', exitCode: 0, signal: null, cancelled: false, files: new Map() });
const said = ({ failed = [] }: ParsedOutput) =>
  failed.map(({ test, error }) => `${test}: ${error}`).join('\n');
const expected = Number(meanOf(system).toFixed(1));
const tables = [
  table('2D Graphics Benchmarks', flat),
  table('System Benchmarks', system),
  table('3D Graphics Benchmarks', solid),
];

describe('sections of UnixBench beside the system benchmarks', () => {
  it.each([[[0, 1, 2]], [[1, 0, 2]], [[2, 0, 1]], [[0, 2, 1]], [[1, 2, 0]], [[2, 1, 0]]])(
    'are left out in the order %j',
    (order) => {
      const rows = [...flat, ...solid, ...others, ...system];
      const text = report(pass(1, rows, ...order.map((place) => tables[place] ?? '')));
      const parsed = parse(text);
      expect([parsed.outcome, parsed.reason]).toEqual(['ok', undefined]);
      expect(parsed.metrics).toEqual([
        { id: 'unixbench.index.c1', value: expected, unit: 'index', better: 'higher' },
      ]);
      expect(said(parsed)).toMatch(/1 copy: left out: .*2D Graphics Benchmarks/);
      const e = fromUnixbenchReport([{ guest: 'pv', name: 'r.txt', text }]);
      expect(e.trials.map(({ measurements }) => measurements.length)).toEqual([1 + 2 * system.length]);
      expect(e.notes.join(' ')).toMatch(/r\.txt: UnixBench, 1 copy: left out: .*3D Graphics Benchmarks/);
    },
  );

  it('may have no index, or one of some tests', () => {
    const nonIndex = report(
      pass(
        1,
        [...others, ...system],
        table('System Benchmarks', system),
        table('Non-Index Benchmarks', others),
      ),
    );
    expect(parse(nonIndex).metrics.map(({ value }) => value)).toEqual([expected]);
    const listed = report(pass(1, [...others, ...system], table('System Benchmarks', system)));
    expect(parse(listed).metrics.map(({ value }) => value)).toEqual([expected]);
    expect(said(parse(listed))).toContain('1 tests without an index');
    const none = report(
      pass(
        1,
        [...flat, ...system],
        'No index results available for 2D Graphics Benchmarks\n',
        table('System Benchmarks', system),
      ),
    );
    expect(parse(none).metrics.map(({ value }) => value)).toEqual([expected]);
    const partial = report(
      pass(
        1,
        [...flat, ...system],
        table('2D Graphics Benchmarks', flat.slice(1), true),
        table('System Benchmarks', system),
      ),
    );
    expect(parse(partial).metrics[0]?.id).toBe('unixbench.index.c1');
  });

  it('may fill a pass, which is left out, as is one without results', () => {
    const both = report(pass(1, system, table('System Benchmarks', system)), pass(4, []));
    expect(parse(both).metrics.map(({ id }) => id)).toEqual(['unixbench.index.c1']);
    expect(said(parse(both))).toBe('UnixBench, 4 copies: the pass has no results');
    const e = fromUnixbenchReport([{ guest: 'pv', name: 'r.txt', text: both }]);
    expect(e.plan.benchmarks.map(({ id }) => id)).toEqual(['unixbench-single']);
    expect(e.notes.join(' ')).toContain('r.txt: UnixBench, 4 copies: the pass has no results.');
    const graphics = report(pass(1, flat, table('2D Graphics Benchmarks', flat)), pass(4, []));
    expect(parse(graphics)).toMatchObject({ outcome: 'failed', metrics: [] });
    expect(parse(graphics).reason).toContain('no index of the system benchmarks, only other tests');
  });

  it('do not hide that the report is cut, or that a result is 0.0', () => {
    const text = report(pass(1, [...flat, ...system], ...tables.slice(0, 2)));
    const cut = text.slice(0, text.indexOf('System Benchmarks Index Score'));
    expect(parse(cut)).toMatchObject({ outcome: 'failed', metrics: [] });
    const before = text.slice(0, text.indexOf('System Benchmarks Index Values'));
    expect(parse(before)).toMatchObject({ outcome: 'failed', metrics: [] });
    const nought = system.map((row, place): Row => (place === 3 ? [row[0], 0, row[2], 10] : row));
    const bad = report(pass(1, nought, table('System Benchmarks', nought)));
    expect(parse(bad).reason).toMatch(/counts "File Copy 1024 .*", whose result is 0\.0/);
    const e = fromUnixbenchReport([{ guest: 'pv', name: 'r.txt', text: bad }]);
    expect(e.trials[0]?.measurements).toHaveLength(2 * (system.length - 1));
    expect(e.trials[0]?.measurements.map(({ id }) => id)).not.toContain('unixbench.index');
  });
});

describe('the page of UnixBench', () => {
  const cells = (row: Row) => {
    const [title, score, unit, baseline] = row;
    const right = (text: string) => `   <td align=right><tt>${text}</tt></td>`;
    return [
      '<tr>',
      `   <td><b>${title}</b></td>`,
      right(score.toFixed(1)),
      `   <td align=left><tt>${unit}</tt></td>`,
      right('10.0 s'),
      right('7'),
      ...(baseline === undefined ? [] : [right(baseline.toFixed(1)), right(indexOf(row).toFixed(1))]),
      '</tr>',
    ].join('\n');
  };
  const html = (category: string, rows: readonly Row[], title?: string) =>
    `<h4>${category}${title === undefined ? ' \u2014 no index results available' : ''}</h4>\n<p><table width="100%">\n<tr>\n   <th align=left>Test</th>\n   <th align=right>Index</th>\n</tr>\n${rows.map(cells).join('\n')}\n${title === undefined ? '' : `<tr>\n   <td colspan=6><b>${title}:</b></td>\n   <td align=right><b><tt>${meanOf(rows).toFixed(1)}</tt></b></td>\n</tr>\n`}</table></p>\n\n`;
  const run = (copies: number, ...parts: readonly string[]) =>
    `<p><hr/></p>\n<h3>Benchmark Run: 2 CPUs; ${copies} parallel process${copies === 1 ? '' : 'es'}</h3>\n<p>Time: 15:23:24 - 16:14:50; 51m 26s</p>\n\n${parts.join('')}`;
  const page = (...runs: readonly string[]) =>
    `<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">\n<html>\n<head><title>Benchmark of pv</title></head>\n<body>\n${runs.join('')}</body>\n</html>\n`;
  const systemPart = html('System Benchmarks', system, 'System Benchmarks Index Score');
  const text = page(
    run(
      1,
      html('2D Graphics Benchmarks', flat, '2D Graphics Benchmarks Index Score'),
      systemPart,
      html('Non-Index Benchmarks', others),
    ),
    run(4, systemPart),
  );

  it('gives the figures of the report', () => {
    expect(formatOf(text)).toBe('unixbench');
    const parsed = parse(text);
    expect([parsed.outcome, parsed.reason]).toEqual(['ok', undefined]);
    expect(parsed.metrics.map(({ id, value }) => [id, value])).toEqual([
      ['unixbench.index.c1', expected],
      ['unixbench.index.c4', expected],
    ]);
    const e = fromUnixbenchReport([{ guest: 'pv', name: 'r.html', text }]);
    expect(e.plan.benchmarks.map(({ id }) => id)).toEqual(['unixbench-single', 'unixbench-4']);
    expect(e.trials.map(({ measurements }) => measurements.length)).toEqual([25, 25]);
    const partial = page(
      run(1, html('System Benchmarks', system.slice(2), 'System Benchmarks Index Score (Partial Only)')),
    );
    expect(parse(partial).metrics[0]?.id).toBe('unixbench.partial_index.c1');
  });

  it('is refused when it is cut or a figure is another one', () => {
    for (const bad of [
      text.slice(0, -100),
      text.slice(0, text.length / 2),
      text.replace('1300.0', '1800.0'),
    ]) {
      expect(parse(bad)).toMatchObject({ outcome: 'failed', metrics: [] });
      expect(() => fromUnixbenchReport([{ guest: 'pv', name: 'r.html', text: bad }])).toThrow(
        /^r\.html cannot be read/,
      );
    }
  });
});
