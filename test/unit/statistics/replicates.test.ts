import { describe, expect, it } from 'vitest';
import { compareReplicates, familyOf, type ReplicateInput } from '../../../src/statistics/compare';
import { nominalLevel, tUpperQuantile } from '../../../src/statistics/distributions';
import { seededRandom } from '../../../src/statistics/seed';
import { verdictSentence, verdictWord } from '../../../src/statistics/words';

const settings = { plan: 'anystop', alpha: 0.05, margin: 0.02, direction: 'higher' } as const;
/** Four blocks of the same value: the guest's mean is this value. */
const steady = (value: number, n = 4) => Array.from({ length: n }, () => value);
const on = (
  host: string,
  baseline: readonly number[],
  candidate: readonly number[],
): ReplicateInput['hosts'][number] => ({
  host,
  baseline: baseline.map((value) => steady(value)),
  candidate: candidate.map((value) => steady(value)),
});

function ok(input: ReplicateInput) {
  const result = compareReplicates(input);
  if (result.status !== 'ok') throw new Error(`no interval: ${JSON.stringify(result)}`);
  return result;
}

describe('modes compared by their guests', () => {
  it('is Welch’s comparison of the means of the logarithms', () => {
    // ln values: 1 ± 0.04 and 1.3 ± 0.01, by hand.
    const exp = (values: readonly number[]) => values.map(Math.exp);
    const result = ok({ ...settings, hosts: [on('lab1', exp([0.96, 1.04]), exp([1.29, 1.3, 1.31]))] });
    const [va, vb] = [0.0032 / 2, 0.0001 / 3];
    const df = (va + vb) ** 2 / (va ** 2 / 1 + vb ** 2 / 2);
    expect(result.logEst).toBeCloseTo(0.3, 10);
    expect(result.logSe).toBeCloseTo(Math.sqrt(va + vb), 10);
    expect(result.df).toBeCloseTo(df, 8);
    const half = tUpperQuantile(nominalLevel(0.05) / 2, df) * Math.sqrt(va + vb);
    expect(result.ciLow).toBeCloseTo(Math.exp(0.3 - half), 8);
    expect(result.ciHigh).toBeCloseTo(Math.exp(0.3 + half), 8);
    expect(result).toMatchObject({ method: 'welch-t', n: 4, hosts: [{ host: 'lab1' }] });
  });

  it('turns with the direction of the metric', () => {
    const hosts = [on('lab1', [100, 101, 99], [80, 81, 79])];
    const lower = ok({ ...settings, direction: 'lower', hosts });
    expect(lower.speedup).toBeCloseTo(1 / ok({ ...settings, hosts }).speedup, 12);
    expect(lower.verdict).toBe('faster');
  });

  it('pools hosts with equal weights, and shows each', () => {
    const hosts = [on('lab1', [100, 102], [120, 121]), on('lab2', [50, 51], [55, 56])];
    const [one, two] = hosts.map((host) => ok({ ...settings, hosts: [host] }));
    const both = ok({ ...settings, hosts });
    expect(both.logEst).toBeCloseTo((one!.logEst + two!.logEst) / 2, 12);
    expect(both.logSe).toBeCloseTo(Math.hypot(one!.logSe, two!.logSe) / 2, 12);
    const nested =
      (one!.logSe ** 2 + two!.logSe ** 2) ** 2 / (one!.logSe ** 4 / one!.df + two!.logSe ** 4 / two!.df);
    expect(both.df).toBeCloseTo(nested, 8);
    expect(both.hosts.map(({ speedup }) => speedup)).toEqual([one!.speedup, two!.speedup]);
    expect(both.hosts[0]!.interval).toEqual([
      expect.closeTo(one!.ciLow, 10),
      expect.closeTo(one!.ciHigh, 10),
    ]);
  });

  it('gives an estimate and says why where a mode has a single guest, or there are too few blocks', () => {
    const single = compareReplicates({ ...settings, hosts: [on('lab1', [100, 102], [120])] });
    if (single.status !== 'insufficient') throw new Error(single.status);
    expect(single).toMatchObject({ reason: 'too-few-guests', verdict: 'insufficient' });
    expect(single.speedup).toBeCloseTo(120 / Math.sqrt(100 * 102), 10);
    expect(verdictWord(single)).toBe('too few guests');
    expect(verdictSentence({ baseline: 'PV', candidate: 'PVHVM', result: single, margin: 0.02 })).toBe(
      'No interval: PVHVM measured 1.19 times as fast as PV over 4 blocks, and a single guest of a mode tells nothing of how much guests of this mode differ; at least two of each are needed.',
    );
    const early = { host: 'lab1', baseline: [steady(1, 3), steady(2, 3)], candidate: [steady(1, 3)] };
    expect(compareReplicates({ ...settings, hosts: [early] })).toMatchObject({ reason: 'too-few-blocks' });
    expect(compareReplicates({ ...settings, hosts: [] })).toMatchObject({
      reason: 'too-few-blocks',
      speedup: null,
    });
  });

  it('does not let two guests that lie close together by chance pass for sure', () => {
    const hosts = [on('lab1', [100, 100.001], [103, 109, 106, 112])];
    const { logSe, df } = ok({ ...settings, hosts });
    const spread = (values: readonly number[]) => {
      const logs = values.map(Math.log);
      const centre = logs.reduce((sum, x) => sum + x, 0) / logs.length;
      return logs.reduce((sum, x) => sum + (x - centre) ** 2, 0) / (logs.length - 1);
    };
    const others = spread([103, 109, 106, 112]);
    expect(logSe).toBeCloseTo(Math.sqrt(others / 2 + others / 4), 10);
    expect(df).toBeCloseTo((3 / 4) ** 2 / ((1 / 2) ** 2 + (1 / 4) ** 2 / 3), 8);
  });

  it('does not take equal print for equality', () => {
    const hosts = [on('lab1', [200, 200], [200, 200])];
    expect(compareReplicates({ ...settings, hosts })).toMatchObject({ reason: 'zero-variance' });
    const floored = ok({ ...settings, hosts, resolution: 1 });
    expect(floored.resolutionFloor).toBe(true);
    expect(floored.logSe).toBeCloseTo(Math.hypot(1 / 200, 1 / 200) / Math.sqrt(12 * 4), 12);
  });

  it('weighs down a block that is far off, from ten blocks on', () => {
    const broken = [...steady(100, 11), 30];
    const hosts = [
      { host: 'lab1', baseline: [broken, steady(101, 12)], candidate: [steady(110, 12), steady(111, 12)] },
    ];
    expect(compareReplicates({ ...settings, hosts })).toMatchObject({ n: 12 });
    const mild = hosts.map((host) => ({
      ...host,
      baseline: [[99, 101, 100, 99.5, 100.5, 100, 99, 101, 100, 100, 99.8, 30], steady(101, 12)],
    }));
    expect(ok({ ...settings, hosts: mild }).speedup).toBeCloseTo(1.1, 2);
  });

  it('looks at the first 20 blocks of the any-stop plan', () => {
    const hosts = [
      {
        host: 'lab1',
        baseline: [[...steady(100, 20), 1, 1], steady(101, 22)],
        candidate: [steady(110, 22), steady(111, 22)],
      },
    ];
    const result = ok({ ...settings, hosts });
    expect(result).toMatchObject({ n: 20, ignored: 2 });
    expect(result.speedup).toBeCloseTo(Math.sqrt((110 * 111) / (100 * 101)), 10);
  });

  it('refuses what cannot be compared', () => {
    const hosts = [on('lab1', [100, 102], [120, -1])];
    expect(compareReplicates({ ...settings, hosts })).toEqual({ status: 'error', error: 'E_NOT_POSITIVE' });
    expect(compareReplicates({ ...settings, hosts: [on('lab1', [NaN, 1], [1, 2])] })).toEqual({
      status: 'error',
      error: 'E_NOT_FINITE',
    });
    expect(compareReplicates({ ...settings, alpha: 7, hosts })).toEqual({
      status: 'error',
      error: 'E_OPTION',
    });
  });

  it('takes its place in a family', () => {
    const good = ok({ ...settings, hosts: [on('lab1', [100, 101, 99, 100], [150, 151, 149, 150])] });
    const single = compareReplicates({ ...settings, hosts: [on('lab1', [100, 102], [120])] });
    if (single.status === 'error') throw new Error(single.error);
    const family = familyOf(['a', 'b'], [good, single], settings);
    expect(family.holm).toEqual([2 * good.p, 1]);
    expect(family.verdicts).toEqual(['faster', 'insufficient']);
    expect(family.summaryMissing).toEqual(['b']);
  });
});

/**
 * False claims between two modes that are equal: guests differ by 1 %, runs by 1 %, and somebody looks after every
 * block from the 4th to the 20th and stops at the first claim.
 */
function falseClaims(
  guests: readonly [number, number],
  spread: readonly [number, number],
  experiments: number,
) {
  const random = seededRandom(20_261_123, `${guests.join()}/${spread.join()}`);
  const uniform = () => (random.below(2 ** 32) + 0.5) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const group = (size: number, sd: number) =>
    Array.from({ length: size }, () => {
      const offset = sd * normal();
      return Array.from({ length: 20 }, () => 100 * Math.exp(offset + 0.01 * normal()));
    });
  let claims = 0;
  for (let i = 0; i < experiments; i++) {
    const [baseline, candidate] = [group(guests[0], spread[0]), group(guests[1], spread[1])];
    for (let n = 4; n <= 20; n++) {
      const first = (values: readonly number[]) => values.slice(0, n);
      const hosts = [{ host: 'lab1', baseline: baseline.map(first), candidate: candidate.map(first) }];
      const { verdict } = ok({ ...settings, hosts });
      if (verdict !== 'faster' && verdict !== 'slower') continue;
      claims += 1;
      break;
    }
  }
  return claims / experiments;
}

describe('equal modes', () => {
  it.each([
    [
      [2, 2],
      [0.01, 0.01],
    ],
    [
      [3, 3],
      [0.01, 0.01],
    ],
    [
      [2, 6],
      [0.03, 0.01],
    ],
    [
      [2, 6],
      [0.01, 0.03],
    ],
    [
      [3, 6],
      [0.03, 0.003],
    ],
    [
      [6, 6],
      [0, 0],
    ],
  ] as const)('guests %j that spread %j are told apart in at most 5 %%', (guests, spread) => {
    const rate = falseClaims(guests, spread, 400);
    expect(rate).toBeLessThanOrEqual(0.05);
  });
});
