import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compactHostLoad, compactLoad, mostPoints } from '../../../src/experiment/load';
import { domainNames, XentopReader } from '../../../src/experiment/xentop';
import { eventSchema } from '../../../src/model/experiment';
import { hostLoadSchema, loadSchema } from '../../../src/model/load';
import type { LoadSample } from '../../../src/ssh/loadSamples';

const captured = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../fixtures/xen/xentop', name), 'utf8');

function samplesOf(count: number, spanMs: number, user: (index: number) => number): LoadSample[] {
  return Array.from({ length: count }, (_, index) => ({
    atMs: (index + 1) * spanMs,
    spanMs,
    userPercent: user(index),
    systemPercent: 1.234,
    iowaitPercent: 0,
    stealPercent: 0.06,
    contextSwitchesPerSecond: 1000 + index,
    interruptsPerSecond: 500,
    availableBytes: (1000 - index) * 2 ** 20,
    memoryPressurePercent: index === 1 ? 12.345 : 0,
  }));
}

describe('the load in the experiment file', () => {
  it('has a value a second of a short trial', () => {
    const load = compactLoad(samplesOf(3, 1000, (index) => 10 * index));
    expect(load).toEqual({
      intervalMs: 1000,
      userPercent: [0, 10, 20],
      systemPercent: [1.2, 1.2, 1.2],
      iowaitPercent: [0, 0, 0],
      stealPercent: [0.1, 0.1, 0.1],
      contextSwitchesPerSecond: [1000, 1001, 1002],
      interruptsPerSecond: [500, 500, 500],
      availableMiB: [1000, 999, 998],
      memoryPressurePercent: [0, 12.35, 0],
      summary: {
        contextSwitchesPerSecond: 1001,
        interruptsPerSecond: 500,
        minimumAvailableBytes: 998 * 2 ** 20,
        maximumMemoryPressurePercent: 12.35,
      },
    });
    expect(loadSchema.parse(load)).toEqual(load);
  });

  it('averages a long trial over longer spans', () => {
    const load = compactLoad(samplesOf(1200, 1000, (index) => (index % 2 === 0 ? 0 : 100)));
    expect(load?.intervalMs).toBe(2000);
    expect(load?.userPercent).toHaveLength(mostPoints);
    expect(new Set(load?.userPercent)).toEqual(new Set([50]));
  });

  it('spreads readings of an overloaded guest over the spans they cover, and leaves out what was not counted', () => {
    const bare = { userPercent: 0, systemPercent: 0, iowaitPercent: 0, stealPercent: 0 };
    const load = compactLoad([
      { atMs: 500, spanMs: 500, ...bare, userPercent: 100 },
      { atMs: 3500, spanMs: 3000, ...bare, userPercent: 20 },
    ]);
    expect(load?.userPercent).toEqual([60, 20, 20, 20]);
    expect(load).not.toHaveProperty('memoryPressurePercent');
    expect(load?.summary).toEqual({});
    expect(compactLoad([])).toBeUndefined();
  });

  it('is never longer than it may be, and never beyond what was read', () => {
    const sample = fc.record({
      spanMs: fc.integer({ min: 200, max: 60_000 }),
      value: fc.double({ min: 0, max: 100, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 2000 }), (spans) => {
        let atMs = 0;
        const load = compactLoad(
          spans.map(({ spanMs, value }) => ({
            atMs: (atMs += spanMs),
            spanMs,
            userPercent: value,
            systemPercent: 0,
            iowaitPercent: 0,
            stealPercent: 0,
          })),
        );
        const points = load?.userPercent ?? [];
        const values = spans.map(({ value }) => value);
        expect(points.length).toBeLessThanOrEqual(mostPoints);
        expect(points.every((value) => Number.isFinite(value))).toBe(true);
        expect(Math.max(...points)).toBeLessThanOrEqual(Math.max(...values) + 0.051);
        expect(Math.min(...points)).toBeGreaterThanOrEqual(Math.min(...values) - 0.051);
      }),
      { numRuns: 200 },
    );
  });

  it('is optional: events of older files are read as before', () => {
    const old = {
      at: '2026-11-23T00:00:00.000Z',
      type: 'trial-finished',
      trial: 't',
      measurements: [],
      exitCode: 0,
      durationMs: 5,
    };
    expect(eventSchema.parse(old)).toEqual(old);
    const load = compactLoad(samplesOf(2, 1000, () => 1));
    expect(eventSchema.parse({ ...old, load })).toEqual({ ...old, load });
  });
});

describe('xentop', () => {
  const read = (chunks: readonly (readonly [number, string])[]) => {
    const reader = new XentopReader();
    for (const [nowMs, chunk] of chunks) reader.add(chunk, nowMs);
    return reader.samples();
  };
  const pages = captured('batch-3.txt')
    .split(/(?=^ +NAME)/m)
    .map((page, index) => [1000 * (index + 1), page] as const);

  it('says what each domain used between two pages', () => {
    const samples = read([...pages, [4000, pages[0]?.[1] ?? '']]);
    expect(samples.map(({ atMs, spanMs }) => [atMs, spanMs])).toEqual([
      [1000, 1000],
      [2000, 1000],
    ]);
    expect([...(samples[1]?.percent ?? [])]).toEqual([
      ['Domain-0', 21.3],
      ['hvm', 6.2],
      ['pv', 1],
      ['pvh', 3.7],
      ['pvhvm', 3.1],
    ]);
  });

  it('does not count a page that may be cut off, wherever it is cut', () => {
    const all = pages.map(([, page]) => page).join('');
    for (let at = 0; at <= all.length; at += 1) {
      const samples = read([
        [0, all.slice(0, at)],
        [1000, all.slice(at)],
      ]);
      for (const { percent } of samples) expect(percent.size).toBe(5);
    }
    expect(read([[0, 'xentop: permission denied\n'.repeat(3)]])).toEqual([]);
  });

  it('knows domains by their UUIDs', () => {
    const names = domainNames(captured('xl-list-v.txt'));
    expect(names.get('5189cd2d-4ec6-49d0-8ca3-7227091386e9')).toBe('pv');
    expect(names.get('00000000-0000-0000-0000-000000000000')).toBe('Domain-0');
    expect(names.size).toBe(5);
    expect(domainNames('no such command')).toEqual(new Map());
  });

  it('tells the guest, dom0 and the others apart', () => {
    const samples = read([...pages, [4000, pages[0]?.[1] ?? '']]);
    const load = compactHostLoad('lab1', 'pv', samples);
    expect(load).toEqual({
      host: 'lab1',
      domain: 'pv',
      intervalMs: 1000,
      ownPercent: [0.7, 1],
      dom0Percent: [14.4, 21.3],
      othersPercent: [4.3, 13],
    });
    expect(hostLoadSchema.parse(load)).toEqual(load);
    expect(compactHostLoad('lab1', 'elsewhere', samples)).toEqual({
      host: 'lab1',
      intervalMs: 1000,
      dom0Percent: [14.4, 21.3],
      othersPercent: [5, 14],
    });
    expect(compactHostLoad('lab1', 'pv', [])).toBeUndefined();
  });
});
