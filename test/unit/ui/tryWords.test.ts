import { describe, expect, it, vi } from 'vitest';
import { ownBenchmarks } from '../../../src/benchmarks/own';
import type { TryOutEnd } from '../../../src/experiment/tryOut';
import type { OwnBenchmark } from '../../../src/model/ownBenchmark';
import { tryLines } from '../../../src/ui/tryWords';

vi.mock('vscode', () => ({
  l10n: {
    t: (text: string, ...values: readonly unknown[]) =>
      text.replaceAll(/\{(\d)\}/g, (_, index: string) => String(values[Number(index)])),
  },
}));

const definition: OwnBenchmark = {
  id: 'mine',
  command: 'true',
  metrics: [
    {
      id: 'rate',
      title: 'Rate',
      unit: 'MB/s',
      better: 'higher',
      factor: 0.5,
      read: { regex: 'rate=(\\S+)' },
    },
    { id: 'deep', unit: 'n', better: 'lower', read: { jsonPointer: '/a', file: 'out.json' } },
    { id: 'time', unit: 's', better: 'lower', read: { elapsed: true } },
  ],
};
const [benchmark] = ownBenchmarks({ hosts: [], guests: [], suites: {}, benchmarks: [definition] });

/** How a try ends whose command printed this, without the colours. */
function linesFor(stdout: string, json: string, exitCode = 0): readonly string[] {
  const output = {
    stdout: `${stdout}\nguestbench: elapsed_seconds=1.25\n`,
    stderr: '',
    exitCode,
    signal: null,
    cancelled: false,
    files: new Map([['out.json', json]]),
  };
  const { outcome, reason = '', metrics } = benchmark!.parse(output);
  const end: TryOutEnd = {
    outcome: outcome === 'mixed' ? 'ok' : outcome,
    reason,
    measurements: metrics,
    durationMs: 1500,
    wallSeconds: 2,
    output,
    exitCode,
  };
  return tryLines(end, benchmark!, definition).map((line) => line.replaceAll(/\u001b\[\d+m/g, ''));
}

describe('what a try shows', () => {
  it('is each figure with the very text it was read from', () => {
    expect(linesFor('noise\nthe rate=12.5 ops', '{"a": 7}')).toEqual([
      'exit code 0, 1.50 s in all (with preparing)',
      '✔ Rate: 6.25 MB/s (what was read, times 0.5)',
      '    standard output, line 2: the rate=»12.5« ops',
      '✔ deep: 7 n',
      '    out.json, "/a": 7',
      '✔ time: 1.25 s',
      '    the seconds that the command took: 1.25',
      '',
      '✔ A trial would count: every metric was found.',
    ]);
  });

  it('is what was expected and not found, beside what was', () => {
    const lines = linesFor('rate=fast\u001b[2J', '{"b": 7}');
    expect(lines[1]).toContain(
      '✖ Rate: line 1 of standard output: expected a number such as 1234.5, found "fast',
    );
    expect(lines[2]).toBe('✖ deep: "/a" leads nowhere in out.json: the whole has no "a"; it has "b"');
    expect(lines[3]).toBe('✔ time: 1.25 s');
    expect(lines.at(-1)).toContain('✖ metric rate: line 1');
    expect(lines.join('')).not.toContain('\u001b');
  });

  it('is no figure of a command that failed', () => {
    expect(linesFor('rate=12.5', '{"a": 7}', 3)).toEqual([
      'exit code 3, 1.50 s in all (with preparing)',
      '',
      '✖ exit code 3: stdout line 1: "rate=12.5"',
    ]);
  });
});
