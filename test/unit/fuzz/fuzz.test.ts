import { describe, expect, it } from 'vitest';
import { feed, fuzz, growthOf, inputOf } from '../../fuzz/fuzz';
import { targets } from '../../fuzz/targets/all';
import type { Target } from '../../fuzz/target';

const seed = 20_130_101;
/** For a target of weight 1; together a few seconds. No time is measured here: `npm run fuzz` does that. */
const inputs = 120;

describe('readers of foreign bytes', () => {
  it.each(targets)('$name keeps its properties whatever it is given', async (target) => {
    const to = Math.max(15, Math.round(inputs * Math.min(1, target.weight ?? 1)));
    const tally = await fuzz(target, { seed, from: 0, to, pumpEvery: to, time: 'ignored' });
    expect(tally.failures).toEqual([]);
    expect(tally.inputs).toBe(to);
  });

  it.each(targets)('$name takes what stands in the corpus', async (target) => {
    for (const input of target.seeds) expect(await feed(target, input)).toBeUndefined();
  });
});

describe('the fuzzer', () => {
  const quiet: Target = { name: 'quiet', seeds: ['{"a":[1,2]}\n'], read: () => undefined };

  it('makes the same inputs from the same seed, and others from another', () => {
    const some = (of: number): string[] =>
      Array.from({ length: 50 }, (_, index) => inputOf(quiet, of, index));
    expect(some(1)).toEqual(some(1));
    expect(some(1)).not.toEqual(some(2));
    expect(new Set(some(1)).size).toBeGreaterThan(30);
  });

  it('finds an error nobody declared, with its number', async () => {
    const read = (input: string): void => {
      if (input.includes('[[')) throw new RangeError('two brackets');
    };
    const { failures } = await fuzz({ ...quiet, read, pumpLength: 0 }, { seed: 1, from: 0, to: 2000 });
    expect(failures.length).toBeGreaterThan(0);
    const [first] = failures;
    expect(first?.what).toContain('two brackets');
    expect(inputOf(quiet, 1, first?.index ?? -1)).toBe(first?.input);
  });

  it('tells a reader whose time grows with the square of its input', async () => {
    const read = (input: string): void => {
      let sum = 0;
      for (let at = 0; at < input.length; at++)
        for (let other = 0; other < at; other += 8) sum += input.charCodeAt(other);
      if (sum < 0) throw new Error('never');
    };
    const unit = { head: '', unit: 'a', tail: '' };
    expect(await growthOf({ ...quiet, read }, unit, 8_000)).toBeGreaterThan(8);
  });
});
