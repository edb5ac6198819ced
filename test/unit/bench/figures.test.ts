import { describe, expect, it } from 'vitest';
import { median, medianInterval } from '../../bench/figures';

const from1To = (last: number): number[] => Array.from({ length: last }, (_, index) => last - index);

describe('median', () => {
  it('is the middle one, or the mean of the two in the middle', () => {
    expect(median([9, 1, 4])).toBe(4);
    expect(median([9, 1, 4, 5])).toBe(4.5);
  });
});

describe('medianInterval', () => {
  // Ranks as tables of the sign test give them.
  it.each([
    [6, 1, 6],
    [10, 2, 9],
    [20, 6, 15],
    [24, 7, 18],
  ])('of %i figures goes from rank %i to %i', (count, low, high) => {
    expect(medianInterval(from1To(count))).toEqual([low, high]);
  });

  it('is all there is where the figures are too few', () => {
    expect(medianInterval([3, 1, 2])).toEqual([1, 3]);
  });
});
