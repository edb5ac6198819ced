import { describe, expect, it } from 'vitest';
import { parsers, tools, type TrialOutput } from '../../../src/benchmarks/parsers';
import { captures } from './captures';

/** Words of an expected reason that a person would look for. */
const wordsOf = (reason: string): readonly string[] =>
  reason
    .toLowerCase()
    .split(/[^a-z0-9/.-]+/)
    .filter((word) => word.length > 3);

describe('real outputs', () => {
  it('has a capture of every tool that went well and one that did not', () => {
    for (const tool of tools) {
      const outcomes = new Set(
        captures.filter((capture) => capture.tool === tool).map(({ expected }) => expected.outcome),
      );
      expect([tool, outcomes.has('ok'), outcomes.has('failed') || outcomes.has('cancelled')]).toEqual([
        tool,
        true,
        true,
      ]);
    }
  });

  it.each(captures.map((capture) => [`${capture.tool}/${capture.name}`, capture] as const))(
    '%s',
    (_, capture) => {
      const parsed = parsers[capture.tool](capture.output);
      expect([parsed.outcome, parsed.reason]).toEqual([
        capture.expected.outcome,
        capture.expected.outcome === 'ok' ? undefined : parsed.reason,
      ]);
      for (const metric of capture.expected.metrics) {
        const found = parsed.metrics.find(({ id }) => id === metric.id);
        expect(found, metric.id).toBeDefined();
        expect(found).toMatchObject({ unit: metric.unit, better: metric.better });
        const off = Math.abs((found?.value ?? Number.NaN) - metric.value) / metric.value;
        expect(off, `${metric.id}: ${String(found?.value)}`).toBeLessThanOrEqual(
          capture.expected.rel_tolerance,
        );
        if (metric.samples !== undefined) expect(found?.samples).toEqual(metric.samples);
      }
      if (capture.expected.outcome === 'failed' || capture.expected.outcome === 'cancelled') {
        expect(parsed.metrics).toEqual([]);
      }
      if (capture.expected.outcome === 'failed') {
        for (const word of wordsOf(capture.expected.reason ?? '')) {
          expect(parsed.reason?.toLowerCase()).toContain(word);
        }
      }
    },
  );
});

describe('the order of judgement', () => {
  const good = captures.filter(({ expected }) => expected.outcome === 'ok');
  const changed = (output: TrialOutput, change: Partial<TrialOutput>): TrialOutput => ({
    ...output,
    ...change,
  });

  it.each(good.map((capture) => [`${capture.tool}/${capture.name}`, capture] as const))(
    '%s',
    (_, { tool, output }) => {
      const parse = parsers[tool];
      expect(parse(changed(output, { cancelled: true }))).toEqual({ outcome: 'cancelled', metrics: [] });
      expect(parse(changed(output, { cancelled: true, exitCode: 0, signal: 'SIGTERM' })).outcome).toBe(
        'cancelled',
      );

      const killed = parse(changed(output, { exitCode: null, signal: 'SIGKILL' }));
      expect([killed.outcome, killed.metrics]).toEqual(['failed', []]);
      expect(killed.reason).toContain('SIGKILL');

      const failed = parse(changed(output, { exitCode: 3 }));
      expect([failed.outcome, failed.metrics]).toEqual(['failed', []]);
      expect(failed.reason).toContain('exit code 3');

      const unknown = parse(changed(output, { exitCode: null }));
      expect(unknown.outcome).toBe(tool === 'pts' ? 'ok' : 'failed');

      const silent = parse(changed(output, { stdout: '', stderr: '', files: new Map() }));
      expect([silent.outcome, silent.metrics]).toEqual(['failed', []]);
      expect(silent.reason).toMatch(/\w{3}/);
    },
  );
});
