import { afterEach, describe, expect, it, vi } from 'vitest';
import { timeTicks } from '../../../webview/timeTicks';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const startsOf = (ticks: ReturnType<typeof timeTicks>) => ticks.map(({ time }) => new Date(time));

afterEach(() => void vi.unstubAllEnvs());

describe('the ticks of a time axis', () => {
  const from = new Date(2026, 9, 2, 20, 1, 10).getTime();

  it.each([
    ['seconds', 20_000],
    ['two minutes', 130_000],
    ['an hour', hourMs],
    ['a night', 9 * hourMs],
    ['two days', 2 * dayMs],
    ['a week', 7 * dayMs],
    ['a quarter', 90 * dayMs],
    ['two years', 730 * dayMs],
  ])('are some, in the range, one after the other: %s', (_, span) => {
    for (const wanted of [2, 5, 9]) {
      const times = timeTicks(from, from + span, wanted).map(({ time }) => time);
      expect(times.length).toBeGreaterThan(0);
      expect(times.length).toBeLessThanOrEqual(Math.max(2, wanted + 1));
      expect(times.every((time) => time >= from && time <= from + span)).toBe(true);
      expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
    }
  });

  it('stand at full hours, at midnight, and at the first of a month', () => {
    for (const time of startsOf(timeTicks(from, from + 9 * hourMs, 5))) expect(time.getMinutes()).toBe(0);
    for (const time of startsOf(timeTicks(from, from + 7 * dayMs, 5))) expect(time.getHours()).toBe(0);
    for (const time of startsOf(timeTicks(from, from + 730 * dayMs, 5))) expect(time.getDate()).toBe(1);
  });

  it.each([
    ['put forward', Date.UTC(2026, 2, 28, 23), 5],
    ['put back', Date.UTC(2026, 9, 24, 22), 5],
  ])('stand once each on the night when clocks are %s', (_, low, hours) => {
    vi.stubEnv('TZ', 'Europe/Berlin');
    expect(new Date(low).getHours()).toBe(0);
    const texts = timeTicks(low, low + hours * hourMs, 10).map(({ text }) => text);
    expect(texts.length).toBeGreaterThan(4);
    expect(new Set(texts).size).toBe(texts.length);
    const last = timeTicks(low, low + hours * hourMs, 10).at(-1)!.time;
    expect(low + hours * hourMs - last).toBeLessThan(hourMs);
  });
});
