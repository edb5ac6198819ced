import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatChange,
  formatDuration,
  formatInterval,
  formatP,
  formatPercent,
  formatSpeedup,
  formatTimes,
  formatValue,
  formatWithUnit,
  listed,
  plain,
} from '../../../src/report/format';

describe('numbers', () => {
  it.each([
    [formatValue(1234567.8), '1,234,568'],
    [formatValue(12.3456), '12.35'],
    [formatValue(0), '0'],
    [formatValue(0.000_012_3), '1.23e-5'],
    [formatValue(Number.NaN), 'NaN'],
    [formatValue(null), '–'],
    [formatWithUnit(3, 's'), '3 s'],
    [formatWithUnit(3, ''), '3'],
    [formatWithUnit(null, 's'), '–'],
    [formatSpeedup(1.18249), '1.182'],
    [formatSpeedup(12.34), '12.3'],
    [formatSpeedup(123.4), '123'],
    [formatSpeedup(0.001234), '0.00123'],
    [formatSpeedup(null), '–'],
    [formatTimes(1.18, [1.15, 1.21]), '1.18'],
    [formatTimes(1.006, [0.998, 1.014]), '1.006'],
    [formatTimes(12.34, [12, 13]), '12.3'],
    [formatInterval([0.95, 1.05]), '0.950 to 1.050'],
    [formatInterval(null), '–'],
    [formatChange(1.15), '+15.0 %'],
    [formatChange(0.85), '−15.0 %'],
    [formatChange(1.0001), '0.0 %'],
    [formatChange(0.9999), '0.0 %'],
    [formatChange(3), '+200 %'],
    [formatChange(null), '–'],
    [formatPercent(0.234), '0.23 %'],
    [formatPercent(1.23), '1.2 %'],
    [formatPercent(23.4), '23 %'],
    [formatPercent(undefined), '–'],
    [formatP(0.00001), '< 0.0001'],
    [formatP(0.0038), '0.0038'],
    [formatP(0.038), '0.038'],
    [formatP(0.38), '0.38'],
    [formatP(null), '–'],
    [formatBytes(512 * 2 ** 20), '512 MiB'],
    [formatBytes(64 * 2 ** 30), '64 GiB'],
    [formatDuration(1234), '1.2 s'],
    [formatDuration(61_000), '61 s'],
    [formatDuration(600_000), '10 min'],
    [formatDuration(3 * 3_600_000 + 60_000), '3 h 1 min'],
  ])('%s', (shown, expected) => {
    expect(shown).toBe(expected);
  });
});

it('lists names', () => {
  expect(listed([])).toBe('');
  expect(listed(['a', 'b', 'c'])).toBe('a, b and c');
  expect(listed(['a', 'b', 'c', 'd', 'e'])).toBe('a, b, c and 2 more');
});

it('shows characters that hide or reorder text', () => {
  expect(plain('a\u202eb\u0000c\u200b\nd')).toBe('a\ufffdb\ufffdc\ufffd d');
  expect(plain('Größe – 7 µs ≠ 日本')).toBe('Größe – 7 µs ≠ 日本');
});
