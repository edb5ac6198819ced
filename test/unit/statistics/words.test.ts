import { describe, expect, it } from 'vitest';
import {
  compare,
  compareFamily,
  type ComparisonOk,
  type ComparisonResult,
} from '../../../src/statistics/compare';
import { overallSentence, percent, verdictSentence, verdictWord } from '../../../src/statistics/words';

const base: ComparisonOk = {
  status: 'ok',
  method: 'biweight-t',
  speedup: 1.18,
  ciLow: 1.152,
  ciHigh: 1.2086,
  p: 1e-5,
  tostP: 1,
  equivalent: false,
  logEst: Math.log(1.18),
  logSe: 0.01,
  df: 6.75,
  alpha: 0.05,
  nominalLevel: 0.0095,
  resolutionFloor: false,
  zeroWeightBlocks: 0,
  outlierBlocks: [],
  n: 10,
  dropped: 0,
  ignored: 0,
  verdict: 'faster',
  leaning: null,
};
const say = (result: ComparisonResult, margin = 0.02, metricTitle?: string): string =>
  verdictSentence({
    candidate: 'PVHVM',
    baseline: 'PV',
    result,
    margin,
    ...(metricTitle ? { metricTitle } : {}),
  });

describe('verdictSentence', () => {
  it('says faster', () => {
    expect(say(base)).toBe('PVHVM is 1.18 times as fast as PV (95 % interval 1.15 to 1.21, 10 blocks).');
  });

  it('says slower, at another level, of a metric', () => {
    const result = {
      ...base,
      verdict: 'slower',
      alpha: 0.01,
      speedup: 0.91,
      ciLow: 0.88,
      ciHigh: 0.95,
    } as const;
    expect(say(result, 0.02, 'IOPS')).toBe(
      'IOPS: PVHVM is 0.91 times as fast as PV (99 % interval 0.88 to 0.95, 10 blocks).',
    );
  });

  it('never rounds a bound over to the other side of 1', () => {
    expect(say({ ...base, speedup: 1.0173, ciLow: 1.0004, ciHigh: 1.0348 })).toContain('1.0004 to 1.0348');
  });

  it('never rounds a bound over to the other side of the margin', () => {
    const result = { ...base, verdict: 'inconclusive', speedup: 1.01, ciLow: 0.997, ciHigh: 1.0203 } as const;
    expect(say(result)).toContain('0.9970 to 1.0203');
  });

  it('says equivalent, with the difference that is left', () => {
    const result = {
      ...base,
      verdict: 'equivalent',
      equivalent: true,
      speedup: 1.006,
      ciLow: 1.001,
      ciHigh: 1.011,
    } as const;
    expect(say(result)).toBe(
      'No difference beyond ±2 % between PV and PVHVM: equivalent, PVHVM 0.6 % faster inside ±2 % (95 % interval 1.001 to 1.011, 10 blocks).',
    );
    expect(say({ ...result, speedup: 0.994, ciLow: 0.99, ciHigh: 0.998 })).toContain('PVHVM 0.6 % slower');
    expect(say({ ...result, speedup: 1.0004, ciLow: 0.99, ciHigh: 1.01 })).toContain('PVHVM 0.04 % faster');
    expect(say({ ...result, speedup: 1, ciLow: 0.99, ciHigh: 1.01 }, 0.025, 'OpenSSL')).toMatch(
      /^OpenSSL: no difference beyond ±2\.5 % .* PVHVM as fast inside/,
    );
  });

  it('says inconclusive, and where it leans', () => {
    const result = {
      ...base,
      verdict: 'inconclusive',
      speedup: 0.99,
      ciLow: 0.87,
      ciHigh: 1.12,
      n: 4,
    } as const;
    expect(say(result)).toBe(
      'Inconclusive: PVHVM measured 0.99 times as fast as PV (95 % interval 0.87 to 1.12, 4 blocks).',
    );
    expect(say({ ...result, speedup: 1.04, ciLow: 1.01, ciHigh: 1.07, leaning: 'faster' })).toContain(
      'leans to faster',
    );
  });

  it('gives no interval and no verdict with too few blocks', () => {
    const few = {
      status: 'insufficient',
      reason: 'too-few-blocks',
      speedup: 1.1584,
      verdict: 'insufficient',
      n: 3,
      dropped: 0,
      ignored: 0,
    } as const;
    expect(say(few)).toBe(
      'Too few blocks: 3 of at least 4; first estimate, without certainty, PVHVM 1.16 times as fast as PV.',
    );
    expect(say({ ...few, n: 0, speedup: null })).toBe(
      'Too few blocks: 0 of at least 4; nothing is known yet of PVHVM against PV.',
    );
  });

  it('says why there is none without spread, and with bad values', () => {
    const flat = {
      status: 'insufficient',
      reason: 'zero-variance',
      speedup: 1.1,
      verdict: 'insufficient',
      n: 5,
      dropped: 0,
      ignored: 0,
    } as const;
    expect(say(flat, 0.02, 'PHP')).toMatch(
      /^PHP: no verdict: PVHVM measured 1\.10 times as fast as PV in each of 5 blocks/,
    );
    expect(verdictWord(flat)).toBe('no spread');
    for (const error of ['E_OPTION', 'E_DUPLICATE_BLOCK', 'E_NOT_FINITE', 'E_NOT_POSITIVE'] as const) {
      expect(say({ status: 'error', error })).toMatch(/^No comparison of PVHVM with PV: .*[a-z]\.$/);
    }
  });

  it('claims no equality but an equivalence verdict does', () => {
    for (const verdict of ['faster', 'slower', 'inconclusive'] as const) {
      expect(say({ ...base, verdict, speedup: 1, ciLow: 0.99, ciHigh: 1.03 })).not.toMatch(
        /no difference|equivalent|as fast inside/i,
      );
    }
  });

  it('shows very large and very small figures', () => {
    expect(say({ ...base, speedup: 5e7, ciLow: 4e7, ciHigh: 6e7 })).toContain('5.00e+7 times');
    expect(say({ ...base, verdict: 'slower', speedup: 0.00123, ciLow: 0.001, ciHigh: 0.002 })).toContain(
      '0.001 times',
    );
  });
});

describe('verdictWord', () => {
  it('is a word or two', () => {
    expect(verdictWord(base)).toBe('faster');
    expect(verdictWord({ ...base, verdict: 'inconclusive', leaning: 'slower' })).toBe(
      'inconclusive, leaning slower',
    );
    expect(verdictWord({ status: 'error', error: 'E_OPTION' })).toBe('not comparable');
    const none = compare({ plan: 'fixed', alpha: 0.05, margin: 0.02, direction: 'lower', blocks: [] });
    expect(verdictWord(none)).toBe('too few blocks');
  });
});

describe('overallSentence', () => {
  const noise = [0, 2, -1, 1, -2, 1];
  const comparison = (name: string, factor: number, n = 6, size = 1) => ({
    name,
    direction: 'higher' as const,
    blocks: noise.slice(0, n).map((x, i) => ({ block: i + 1, a: 1000, b: (1000 + x * size) * factor })),
  });
  const overall = (...comparisons: ReturnType<typeof comparison>[]): string =>
    overallSentence({
      candidate: 'PVH',
      baseline: 'HVM',
      margin: 0.02,
      family: compareFamily({ plan: 'anystop', alpha: 0.05, margin: 0.02, comparisons }),
    });

  it('gives the figure over these workloads, with its range', () => {
    expect(overall(comparison('php', 1.1), comparison('fio', 1.2))).toMatch(
      /^PVH is 1\.15 times as fast as HVM on average over 2 workloads \(95 % interval .* to .*; single workloads 1\.10 to 1\.20\)\.$/,
    );
    expect(overall(comparison('php', 1.1))).toMatch(/in this one workload \(95 % interval [^;]*\)\.$/);
  });

  it('says inconclusive or equivalent as the interval does', () => {
    expect(overall(comparison('php', 1.001), comparison('fio', 1))).toMatch(
      /^No difference beyond ±2 % .* on average over 2/,
    );
    expect(overall(comparison('php', 1.01, 6, 40), comparison('fio', 0.97, 6, 60))).toMatch(
      /^Inconclusive: PVH measured /,
    );
  });

  it('is withheld when a workload is missing, and names it', () => {
    expect(
      overall(
        comparison('php', 1.1),
        comparison('fio', 1.2, 2),
        comparison('7zip', 1.2, 3),
        comparison('ssl', 1, 1),
      ),
    ).toBe('No overall figure over 4 workloads: fio, 7zip and ssl cannot be judged yet.');
    expect(overall(comparison('fio', 1.2, 2))).toBe(
      'No overall figure over 1 workload: fio cannot be judged yet.',
    );
    expect(overall()).toBe('No overall figure: nothing was compared.');
    const bad = { ...comparison('php', 1), blocks: [{ block: 1, a: 0, b: 1 }] };
    expect(overall(bad)).toBe('No overall figure: a value is zero or negative, so it has no ratio.');
  });
});

describe('the small words', () => {
  it('write percents with the digits they need', () => {
    expect([0.02, 0.95, 0.999, 0.025, 0.1].map(percent)).toEqual(['2 %', '95 %', '99.9 %', '2.5 %', '10 %']);
  });
});
