import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLoad } from '../../../src/ssh/loadSamples';

const text = [
  '100.00 5000 9000 204800 p1000 cpu  100 0 50 800 20 0 0 0 0 0',
  '101.00 6000 9500 102400 p251000 cpu  150 10 60 920 30 5 5 20 0 0',
  '102.50 6000 9500 - - cpu  150 10 60 1020 30 5 5 20 0 0',
  '',
].join('\n');

describe('the load of a guest', () => {
  it('is what its counters did between two readings', () => {
    const [first, second, ...rest] = parseLoad(text);
    expect(rest).toEqual([]);
    // Of 230 ticks 60 user and nice, 20 system and interrupts, 10 iowait, 20 steal; 250 ms of 1 s waiting for memory.
    expect(first).toMatchObject({ atMs: 1000, spanMs: 1000, availableBytes: 100 * 2 ** 20 });
    expect(first?.userPercent).toBeCloseTo((100 * 60) / 230);
    expect(first?.systemPercent).toBeCloseTo((100 * 20) / 230);
    expect(first?.iowaitPercent).toBeCloseTo((100 * 10) / 230);
    expect(first?.stealPercent).toBeCloseTo((100 * 20) / 230);
    expect(first?.contextSwitchesPerSecond).toBeCloseTo(1000);
    expect(first?.interruptsPerSecond).toBeCloseTo(500);
    expect(first?.memoryPressurePercent).toBeCloseTo(25);
    expect(second).toEqual({
      atMs: 2500,
      spanMs: 1500,
      userPercent: 0,
      systemPercent: 0,
      iowaitPercent: 0,
      stealPercent: 0,
      contextSwitchesPerSecond: 0,
      interruptsPerSecond: 0,
    });
  });

  it('spreads counters that are read seldom over the readings between', () => {
    const lines = [0, 1, 2, 3, 4, 5].map(
      (n) => `${n}.00 1 1 1 ${n % 5 === 0 ? `v${n * 10}:${n * 20}:${n * 30}` : '-'} cpu ${n * 100} 0 0 0\n`,
    );
    const samples = parseLoad(lines.join(''));
    expect(samples.map((sample) => sample.majorFaultsPerSecond)).toEqual([10, 10, 10, 10, 10]);
    expect(samples.map((sample) => sample.swappedPagesPerSecond)).toEqual([50, 50, 50, 50, 50]);
    expect(samples[0]).not.toHaveProperty('memoryPressurePercent');
  });

  it('takes a counter that runs backwards as standing still', () => {
    const samples = parseLoad('1.0 90 90 1 p900 cpu 500 0 0 100\n2.0 10 10 1 p100 cpu 400 0 0 200\n');
    expect(samples).toMatchObject([
      {
        userPercent: 0,
        contextSwitchesPerSecond: 0,
        interruptsPerSecond: 0,
        memoryPressurePercent: 0,
      },
    ]);
  });

  it('leaves out a torn last line, garbage, and readings that are not later', () => {
    const whole = parseLoad(text);
    expect(parseLoad(text + '103.50 7000 9900 - - cpu  25')).toEqual(whole);
    expect(parseLoad(`cpu?\n${text}\0\x01\n1e99 1 1 1 - cpu 1 2 3 4\n`)).toEqual(whole);
    expect(parseLoad(`${text}50.00 1 1 1 - cpu 1 1 1 1\n102.51 1 1 1 - cpu 9 9 9 9\n`)).toEqual(whole);
    expect(parseLoad('')).toEqual([]);
    expect(parseLoad(text.slice(0, text.indexOf('\n') + 1))).toEqual([]);
  });

  const reading = fc
    .tuple(
      fc.double({ min: 0, max: 1e9, noNaN: true }),
      fc.array(fc.nat(), { minLength: 3, maxLength: 3 }),
      fc.oneof(
        fc.constant('-'),
        fc.nat().map((n) => `p${n}`),
        fc.nat().map((n) => `v${n}:1:${n}`),
      ),
      fc.array(fc.maxSafeNat(), { minLength: 3, maxLength: 10 }),
    )
    .map(([at, counters, pressure, cpu]) => [at.toFixed(2), ...counters, pressure, 'cpu', ...cpu].join(' '));
  const garbage = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constant('1.5 - - - - cpu 1 2 3 99999999999999999999'),
  );

  it('has only figures that can be, in the order of time, whatever is read', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(reading, garbage), { maxLength: 30 }), fc.nat(), (lines, cut) => {
        const whole = lines.join('\n') + '\n';
        let lastMs = 0;
        for (const sample of parseLoad(whole.slice(0, Math.max(0, whole.length - (cut % 40))))) {
          const { atMs, spanMs, userPercent, systemPercent, iowaitPercent, stealPercent } = sample;
          expect(Object.values(sample).every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
          expect(userPercent + systemPercent + iowaitPercent + stealPercent).toBeLessThanOrEqual(100.0001);
          expect(sample.memoryPressurePercent ?? 0).toBeLessThanOrEqual(100);
          expect(atMs).toBeGreaterThan(lastMs);
          expect(spanMs).toBeGreaterThan(0);
          lastMs = atMs;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
