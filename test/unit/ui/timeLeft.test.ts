import { describe, expect, it, vi } from 'vitest';
import { timeLeftText } from '../../../src/ui/timeLeft';

vi.mock('vscode', () => ({
  l10n: {
    t: (text: string, ...values: readonly unknown[]) =>
      text.replaceAll(/\{(\d)\}/g, (_, index: string) => String(values[Number(index)])),
  },
}));

describe('the time left in words', () => {
  it.each([
    [42 * 60, 68 * 60, '40–70 min left'],
    [12, 55, '10–60 s left'],
    [61, 125, '1–3 min left'],
    [3600 * 1.3, 3600 * 2.6, '1–3 h left'],
    [3600 * 11.2, 3600 * 14.9, '11–15 h left'],
    [20, 118, 'less than 2 min left'],
    [0, 0, 'less than 10 s left'],
    [600, 600, '10 min left'],
  ])('%d to %d s is "%s"', (lowSeconds, highSeconds, text) => {
    expect(timeLeftText({ lowSeconds, highSeconds, kind: 'range' })).toBe(text);
  });

  it('is a limit where no more is known', () => {
    expect(timeLeftText({ lowSeconds: 60, highSeconds: 10_000, kind: 'at-most' })).toBe('at most 3 h left');
  });
});
