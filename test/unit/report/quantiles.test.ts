import { describe, expect, it } from 'vitest';
import { logTicks, nines, quantileCurves } from '../../../src/report/quantiles';
import type { MetricReport, Sample } from '../../../src/report/shape';
import { spreadOf } from '../../../src/report/spread';

const samples = (values: readonly number[], use: Sample['use'] = 'used'): Sample[] =>
  values.map((value, index) => ({ trial: index, block: index + 1, round: index + 1, value, use }));

function metric(percent: number | undefined, values: readonly number[], change: Partial<MetricReport> = {}) {
  const own = samples(values);
  const report: MetricReport = {
    ...{
      key: `x/p${percent}`,
      benchmark: 'x',
      benchmarkTitle: 'X',
      metric: `p${percent}`,
      title: `p${percent}`,
    },
    ...{ kind: 'disk', unit: 'us', better: 'lower', primary: false, experiments: [0], comparisons: [] },
    ...(percent === undefined ? {} : { quantile: { of: 'Latency', percent } }),
    guests: [{ guest: 'a', samples: own, n: own.length, geometricMean: values[0] ?? null, cvPercent: null }],
    ...change,
  };
  return report;
}

describe('spreadOf', () => {
  it('is made of the compared trials only', () => {
    const all = [...samples([4, 1, 3, 2]), ...samples([100], 'warmup'), ...samples([0], 'unpaired')];
    expect(spreadOf(all)).toEqual({ least: 1, lower: 1.75, median: 2.5, upper: 3.25, greatest: 4 });
    expect(spreadOf(samples([7]))).toEqual({ least: 7, lower: 7, median: 7, upper: 7, greatest: 7 });
    expect(spreadOf(samples([7], 'warmup'))).toBeUndefined();
  });
});

describe('quantileCurves', () => {
  it('puts the percentiles of a distribution in rising order, by guest', () => {
    const [curve, ...others] = quantileCurves(
      [metric(99, [40, 60]), metric(undefined, [1]), metric(50, [10])],
      ['a', 'b'],
      'b',
    );
    expect(others).toEqual([]);
    expect([curve?.of, curve?.unit]).toEqual(['Latency', 'us']);
    expect(curve?.points.map(({ percent, values }) => [percent, values])).toEqual([
      [50, [10, null]],
      [99, [40, null]],
    ]);
    expect(curve?.points[1]?.own.map((samples) => samples?.n)).toEqual([2, undefined]);
  });

  it('makes no curve of a single measured point, and keeps other units out', () => {
    expect(quantileCurves([metric(99, [1])], ['a'], undefined)).toEqual([]);
    expect(quantileCurves([metric(99, [1]), metric(50, [])], ['a'], undefined)).toEqual([]);
    expect(quantileCurves([metric(99, [1]), metric(50, [1], { unit: 'ms' })], ['a'], undefined)).toEqual([]);
  });
});

describe('axes of percentiles', () => {
  it('gives each further nine the same room', () => {
    expect([0, 90, 99, 99.9].map((percent) => Number(nines(percent).toFixed(9)))).toEqual([0, 1, 2, 3]);
    expect(Number.isFinite(nines(100))).toBe(true);
  });

  it('has round ticks that hold the values between them', () => {
    expect(logTicks(230, 8600)).toEqual([200, 500, 1000, 2000, 5000, 10_000]);
    expect(logTicks(0.3, 0.31)).toEqual([0.2, 0.5]);
    expect(logTicks(1, 10)).toEqual([1, 2, 5, 10]);
    expect(logTicks(3, 4_000_000)).toEqual([10, 100, 1000, 10_000, 100_000, 1_000_000]);
  });
});
