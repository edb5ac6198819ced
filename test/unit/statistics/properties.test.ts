import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compare,
  compareFamily,
  stopRule,
  type Block,
  type ComparisonInput,
  type ComparisonOk,
  type FamilyInput,
  type StopInput,
} from '../../../src/statistics/compare';
import {
  anystopP,
  incompleteBeta,
  logGamma,
  nominalLevel,
  tUpperQuantile,
  tUpperTail,
} from '../../../src/statistics/distributions';
import { benjaminiHochberg, holm } from '../../../src/statistics/family';
import { locate, quantile } from '../../../src/statistics/location';
import { seededRandom } from '../../../src/statistics/seed';

const value = fc.double({ min: 50, max: 200, noNaN: true });
const blocksOf = (min: number, max: number) =>
  fc
    .array(fc.record({ a: value, b: value }), { minLength: min, maxLength: max })
    .map((rows) => rows.map((row, i): Block => ({ block: i + 1, ...row })));
const comparison = (min = 4, max = 24): fc.Arbitrary<ComparisonInput> =>
  fc.record({
    plan: fc.constantFrom('anystop' as const, 'fixed' as const),
    alpha: fc.constantFrom(0.01, 0.05, 0.1),
    margin: fc.constantFrom(0.01, 0.02, 0.5),
    direction: fc.constantFrom('higher' as const, 'lower' as const),
    blocks: blocksOf(min, max),
  });

function ok(input: ComparisonInput): ComparisonOk {
  const result = compare(input);
  if (result.status !== 'ok') fc.pre(false);
  return result;
}

function close(actual: number, wanted: number, relative = 1e-8): void {
  expect(Math.abs(actual - wanted)).toBeLessThanOrEqual(relative * Math.max(1, Math.abs(wanted)));
}

describe('compare', () => {
  it('does not depend on the unit of the metric', () => {
    fc.assert(
      fc.property(comparison(), fc.constantFrom(1e-6, 0.5, 1024, 1e9), (input, scale) => {
        const { ciLow, ciHigh, speedup, p } = ok(input);
        const blocks = input.blocks.map(({ block, a, b }) => ({ block, a: a! * scale, b: b! * scale }));
        const scaled = ok({ ...input, blocks });
        close(scaled.speedup, speedup);
        close(scaled.ciLow, ciLow);
        close(scaled.ciHigh, ciHigh);
        close(scaled.p, p, 1e-6);
      }),
    );
  });

  it('inverts when the guests are swapped', () => {
    fc.assert(
      fc.property(comparison(), (input) => {
        const one = ok(input);
        const other = ok({
          ...input,
          blocks: input.blocks.map(({ block, a, b }) => ({ block, a: b, b: a })),
        });
        close(other.speedup, 1 / one.speedup);
        close(other.ciLow, 1 / one.ciHigh);
        close(other.ciHigh, 1 / one.ciLow);
        close(other.p, one.p, 1e-6);
        close(other.tostP, one.tostP, 1e-6);
        const mirrored = {
          faster: 'slower',
          slower: 'faster',
          equivalent: 'equivalent',
          inconclusive: 'inconclusive',
        };
        expect(other.verdict).toBe(mirrored[one.verdict]);
      }),
    );
  });

  it('inverts when the direction is flipped', () => {
    fc.assert(
      fc.property(comparison(), (input) => {
        const one = ok({ ...input, direction: 'lower' });
        const other = ok({ ...input, direction: 'higher' });
        close(other.speedup, 1 / one.speedup);
        close(other.ciLow, 1 / one.ciHigh);
      }),
    );
  });

  it('depends on the numbers of the blocks, not on their place in the list', () => {
    fc.assert(
      fc.property(comparison(0), (input) => {
        expect(compare({ ...input, blocks: input.blocks.toReversed() })).toEqual(compare(input));
      }),
    );
  });

  it('has an any-stop p that never rises with more blocks', () => {
    fc.assert(
      fc.property(blocksOf(20, 20), (blocks) => {
        let before = 1;
        for (let n = 4; n <= 20; n++) {
          const input = { plan: 'anystop', alpha: 0.05, margin: 0.02, direction: 'lower' } as const;
          const { p } = ok({ ...input, blocks: blocks.slice(0, n) });
          expect(p).toBeLessThanOrEqual(before);
          before = p;
        }
      }),
      { numRuns: 30 },
    );
  });

  it('gives the verdict that its interval shows', () => {
    fc.assert(
      fc.property(comparison(), (input) => {
        const { verdict, ciLow, ciHigh, speedup, tostP, nominalLevel: level } = ok(input);
        expect(ciLow).toBeLessThanOrEqual(speedup);
        expect(speedup).toBeLessThanOrEqual(ciHigh);
        const inside = ciLow >= 1 / (1 + input.margin) && ciHigh <= 1 + input.margin;
        expect(verdict === 'equivalent').toBe(inside);
        expect(tostP <= level / 2).toBe(inside);
        if (verdict === 'faster') expect(ciLow).toBeGreaterThan(1);
        if (verdict === 'slower') expect(ciHigh).toBeLessThan(1);
        if (verdict === 'inconclusive') expect(ciLow <= 1 && ciHigh >= 1).toBe(true);
      }),
    );
  });

  it('is no surer with a coarser resolution', () => {
    fc.assert(
      fc.property(comparison(), fc.double({ min: 0.01, max: 20, noNaN: true }), (input, resolution) => {
        const fine = ok({ ...input, resolution });
        const coarse = ok({ ...input, resolution: resolution * 2 });
        expect(coarse.logSe).toBeGreaterThanOrEqual(fine.logSe);
        expect(ok(input).logSe).toBeLessThanOrEqual(fine.logSe);
      }),
    );
  });

  it('names the blocks without weight', () => {
    const noise = [0, 1, -1, 2, -2, 1, 0, -1, 2, -2, 1, 0];
    const blocks = noise.map((x, i) => ({ block: 2 * i + 1, a: 100, b: i === 4 ? 200 : 100 + x / 10 }));
    const result = compare({ plan: 'fixed', alpha: 0.05, margin: 0.02, direction: 'lower', blocks });
    expect(result).toMatchObject({ outlierBlocks: [9], zeroWeightBlocks: 1 });
  });

  it('takes no early look without spread for a decision', () => {
    const noisy = [90, 110, 95, 112, 88, 105].map((b, i) => ({ block: i + 5, a: 100, b }));
    const same = [1, 2, 3, 4].map((block) => ({ block, a: 100, b: 99 }));
    const input = { plan: 'anystop', alpha: 0.05, margin: 0.02, direction: 'lower' } as const;
    expect(ok({ ...input, blocks: [...same, ...noisy] }).p).toBeGreaterThan(0.5);
  });
});

describe('whatever the input', () => {
  const hostile = fc.oneof(
    fc.anything(),
    fc.record(
      {
        plan: fc.constantFrom('anystop', 'fixed', 'other', null),
        alpha: fc.oneof(fc.double(), fc.constant(0.05), fc.constant('0.05')),
        margin: fc.oneof(fc.double(), fc.constant(0.02)),
        direction: fc.constantFrom('higher', 'lower', 'none', 3),
        resolution: fc.oneof(fc.double(), fc.constant(undefined), fc.constant('1')),
        mode: fc.constantFrom('decide', 'measure', 'x'),
        maxBlocks: fc.oneof(fc.integer(), fc.constant(12), fc.double()),
        otherP: fc.oneof(fc.constant([null, 0.01, NaN]), fc.anything()),
        comparisons: fc.array(fc.anything()),
        blocks: fc.oneof(
          fc.anything(),
          fc.array(fc.anything()),
          fc.array(
            fc.record(
              {
                block: fc.oneof(fc.nat(30), fc.double()),
                a: fc.oneof(fc.double(), fc.constant(null)),
                b: fc.double(),
              },
              { requiredKeys: [] },
            ),
          ),
        ),
      },
      { requiredKeys: [] },
    ),
  );

  it('nothing throws', () => {
    fc.assert(
      fc.property(hostile, (input) => {
        for (const result of [
          compare(input as ComparisonInput),
          compareFamily(input as FamilyInput),
          stopRule(input as StopInput),
        ]) {
          expect(['ok', 'insufficient', 'error']).toContain(result.status);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('numbers of any size give a result without NaN', () => {
    const positive = fc.double({ min: Number.MIN_VALUE, noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(positive, positive), { minLength: 4, maxLength: 22 }), (pairs) => {
        const blocks = pairs.map(([a, b], block) => ({ block, a, b }));
        const result = compare({ plan: 'anystop', alpha: 0.05, margin: 0.02, direction: 'lower', blocks });
        expect(Object.values(result).filter((x) => Number.isNaN(x))).toEqual([]);
      }),
    );
  });

  it.each([
    [{ comparisons: 'none' }, 'E_OPTION'],
    [{ comparisons: [null] }, 'E_OPTION'],
    [{ alpha: 0.5, comparisons: [] }, 'E_OPTION'],
  ])('a family of %j is refused', (part, error) => {
    const input = { plan: 'fixed', alpha: 0.05, margin: 0.02, ...part } as unknown as FamilyInput;
    expect(compareFamily(input)).toEqual({ status: 'error', error });
  });

  it('an empty family has no summary', () => {
    const result = compareFamily({ plan: 'anystop', alpha: 0.05, margin: 0.02, comparisons: [] });
    expect(result).toMatchObject({ status: 'ok', summaryMissing: [], p: [] });
  });
});

describe('stopRule', () => {
  const rows = (factor: number, n: number, noise = 1): Block[] =>
    Array.from({ length: n }, (_, i) => ({
      block: i + 1,
      a: 100 + noise * ((i * 7) % 5),
      b: 100 * factor + noise * ((i * 3) % 4),
    }));
  const input: StopInput = {
    mode: 'decide',
    maxBlocks: 20,
    plan: 'anystop',
    alpha: 0.05,
    margin: 0.02,
    direction: 'lower',
    blocks: rows(0.93, 8),
  };

  it('counts the other comparisons of the family', () => {
    expect(stopRule(input)).toMatchObject({ action: 'stop', reason: 'decided', verdict: 'faster' });
    const otherP = Array.from({ length: 400 }, () => null);
    expect(stopRule({ ...input, otherP })).toMatchObject({ action: 'continue', verdict: 'inconclusive' });
    expect(stopRule({ ...input, otherP: [0.00001, 2, 0.9] })).toMatchObject({ verdict: 'faster' });
  });

  it('never ends a fixed plan early', () => {
    expect(stopRule({ ...input, plan: 'fixed' })).toMatchObject({ action: 'continue', reason: 'fixed-plan' });
    expect(stopRule({ ...input, plan: 'fixed', maxBlocks: 8 })).toMatchObject({
      action: 'stop',
      reason: 'decided',
    });
  });

  it('ends at the last block without spread, and before it does not', () => {
    expect(stopRule({ ...input, blocks: rows(0.9, 12, 0), maxBlocks: 12 })).toMatchObject({
      reason: 'max-blocks',
    });
    expect(stopRule({ ...input, blocks: rows(0.9, 12, 0) })).toMatchObject({ reason: 'zero-variance' });
  });

  it.each([{ maxBlocks: 21 }, { maxBlocks: 3 }, { maxBlocks: 10.5 }, { mode: 'guess' }, { otherP: 'x' }])(
    'refuses %j',
    (part) => {
      expect(stopRule({ ...input, ...part } as StopInput)).toEqual({ status: 'error', error: 'E_OPTION' });
    },
  );
});

describe('adjusted p values', () => {
  const ps = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
  it('lie between the raw p and 1, in the same order; Holm is never below Benjamini-Hochberg', () => {
    fc.assert(
      fc.property(ps, (p) => {
        const [strict, mild] = [holm(p), benjaminiHochberg(p)];
        p.forEach((x, i) => {
          expect(mild[i]).toBeGreaterThanOrEqual(x * (1 - 1e-12));
          expect(strict[i]).toBeGreaterThanOrEqual(mild[i]! * (1 - 1e-12));
          expect(strict[i]).toBeLessThanOrEqual(1);
          p.forEach((y, j) => {
            if (x < y) expect(strict[i]).toBeLessThanOrEqual(strict[j]!);
          });
        });
      }),
    );
  });
});

describe('distributions', () => {
  it('knows factorials, and the half', () => {
    for (let n = 1, f = 1; n <= 20; f *= n, n++) close(logGamma(n), Math.log(f), 1e-13);
    close(logGamma(0.5), Math.log(Math.PI) / 2, 1e-14);
  });

  it('has a beta function that mirrors, between 0 and 1', () => {
    const shape = fc.double({ min: 0.1, max: 300, noNaN: true });
    fc.assert(
      fc.property(shape, shape, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, x) => {
        const left = incompleteBeta(a, b, x);
        expect(left).toBeGreaterThanOrEqual(-1e-12);
        expect(left).toBeLessThanOrEqual(1 + 1e-12);
        close(left + incompleteBeta(b, a, 1 - x, x), 1, 1e-9);
      }),
    );
  });

  it('has a quantile that the tail gives back', () => {
    const df = fc.double({ min: 0.5, max: 1e5, noNaN: true });
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 0.999, noNaN: true }), df, (q, d) => {
        const tail = tUpperTail(tUpperQuantile(q, d), d);
        expect(Math.abs(tail - q)).toBeLessThanOrEqual(1e-10 * q + 1e-15);
      }),
    );
  });

  it('answers nonsense with NaN', () => {
    expect([tUpperQuantile(0, 3), tUpperQuantile(0.5, 0), tUpperTail(NaN, 3), tUpperTail(1, -1)]).toEqual([
      NaN,
      NaN,
      NaN,
      NaN,
    ]);
    expect(tUpperTail(Infinity, 3)).toBe(0);
    expect(tUpperTail(-Infinity, 3)).toBe(1);
    close(tUpperQuantile(0.975, 9), -tUpperQuantile(0.025, 9), 1e-12);
  });

  it('has an any-stop p that rises with the nominal p, is never below it, and goes back to its level', () => {
    const p = fc.double({ min: 1e-12, max: 1, noNaN: true });
    fc.assert(
      fc.property(p, p, (x, y) => {
        const [low, high] = [Math.min(x, y), Math.max(x, y)];
        expect(anystopP(low)).toBeLessThanOrEqual(anystopP(high) * (1 + 1e-12));
        expect(anystopP(x)).toBeGreaterThanOrEqual(x * (1 - 1e-12));
        close(nominalLevel(anystopP(x)), x, 1e-9);
      }),
    );
    expect([anystopP(0), nominalLevel(0)].every((x) => x >= 0 && x < 1e-100)).toBe(true);
  });
});

describe('location', () => {
  it('is moved by a shift and by nothing else', () => {
    const numbers = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 4, maxLength: 20 });
    fc.assert(
      fc.property(numbers, fc.double({ min: -3, max: 3, noNaN: true }), (d, shift) => {
        fc.pre(
          d.length < 10 ||
            quantile(
              d.map((x) => Math.abs(x - quantile(d, 0.5))),
              0.75,
            ) > 1e-3,
        );
        const [one, other] = [locate(d), locate(d.map((x) => x + shift))];
        close(other.estimate, one.estimate + shift, 1e-9);
        close(other.standardError, one.standardError, 1e-9);
      }),
    );
  });
});

describe('seededRandom', () => {
  it('repeats itself, and differs between seeds and streams', () => {
    const draw = (seed: number, stream?: string) => {
      const random = seededRandom(seed, stream);
      return Array.from({ length: 8 }, () => random.below(2 ** 32));
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(draw(1, 'a')).not.toEqual(draw(1, 'b'));
    // The numbers a stored seed stands for must stay the same for ever.
    expect(draw(20261122, 'round 1').slice(0, 3)).toMatchInlineSnapshot(`
      [
        2372251761,
        1184208233,
        2971554025,
      ]
    `);
  });

  it('draws every order of three about equally often', () => {
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 6000; seed++) {
      const order = seededRandom(seed).shuffle(['a', 'b', 'c']).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('draws whole numbers below the bound, all of them', () => {
    const random = seededRandom(7);
    const seen = Array.from({ length: 500 }, () => random.below(5));
    expect([...new Set(seen)].sort()).toEqual([0, 1, 2, 3, 4]);
  });
});
