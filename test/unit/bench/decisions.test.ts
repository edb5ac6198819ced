import { describe, expect, it } from 'vitest';
import {
  broken,
  cellResults,
  defaultOptions,
  overallChecks,
  report,
  type CellResult,
} from '../../bench/decisions';
import { drawNoise, type Scenario } from '../../bench/noise';
import { simulate, tally, type Cell, type Settings } from '../../bench/simulation';
import { seededRandom } from '../../../src/statistics/seed';

const settings: Settings = {
  seed: 7,
  baseSeconds: 180,
  statistics: { plan: 'anystop', alpha: 0.05, margin: 0.02, maxBlocks: 20 },
};
const quiet: Scenario = { id: 'quiet', family: 'headline', note: '' };
const cell = (more: Partial<Cell>): Cell => ({ scenario: quiet, cv: 0.01, effect: 0, ...more });
const outcomes = (of: Cell): ReturnType<typeof simulate>[] =>
  Array.from({ length: 12 }, (_, replicate) => simulate(of, settings, replicate));

describe('simulated experiments', () => {
  it('are the same for the same seed, and others for another', () => {
    const noisy = cell({ cv: 0.02 });
    expect(tally(noisy, settings, 12)).toEqual(tally(noisy, settings, 12));
    expect(tally(noisy, { ...settings, seed: 8 }, 12)).not.toEqual(tally(noisy, settings, 12));
  });

  it('do not depend on how many are made', () => {
    const noisy = cell({ cv: 0.02 });
    expect(simulate(noisy, settings, 11)).toEqual(outcomes(noisy)[11]);
  });

  it('find a large difference on a quiet host with the fewest runs there can be', () => {
    const found = outcomes(cell({ cv: 0.005, effect: 0.15 }));
    expect(found.map(({ answer, runs }) => `${answer} ${runs}`)).toEqual(found.map(() => 'right 10'));
    expect(new Set(found.map(({ verdict }) => verdict))).toEqual(new Set(['faster', 'slower']));
  });

  it('prove equality on a quiet host', () => {
    expect(new Set(outcomes(cell({ cv: 0.002 })).map(({ verdict }) => verdict))).toEqual(
      new Set(['equivalent']),
    );
  });

  it('stop early without an answer on a host too noisy for the margin', () => {
    const noisy = outcomes(cell({ cv: 0.2 }));
    expect(noisy.filter(({ answer }) => answer === 'none').length).toBeGreaterThan(8);
    for (const { runs } of noisy) expect(runs).toBeLessThanOrEqual(42);
    expect(noisy.some(({ runs }) => runs < 42)).toBe(true);
  });

  it('count a claim of no difference as wrong when there is one', () => {
    // Below the margin in what is measured, above it in truth: the boots of both guests differ by as much.
    const hidden = outcomes(cell({ cv: 0.001, effect: 0.02, scenario: { ...quiet, bootSd: 0.02 } }));
    expect(hidden.filter(({ verdict }) => verdict === 'equivalent').length).toBeGreaterThan(0);
    for (const { verdict, answer } of hidden) if (verdict === 'equivalent') expect(answer).toBe('wrong');
  });
});

describe('noise', () => {
  const slots = 20_000;
  const series = (scenario: Partial<Scenario>, cv: number, guest = 0): number[] => {
    const noise = drawNoise({ ...quiet, ...scenario }, cv, slots, seededRandom(5, 'noise'));
    return Array.from({ length: slots }, (_, slot) =>
      noise({ slot, guest, position: 0, isFirstAfterSwitch: false }),
    );
  };
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const spread = (values: readonly number[]): number => Math.sqrt(mean(values.map((value) => value ** 2)));
  const correlation = (values: readonly number[]): number => {
    const centre = mean(values);
    const products = values.slice(1).map((value, i) => (value - centre) * ((values[i] ?? 0) - centre));
    return mean(products) / mean(values.map((value) => (value - centre) ** 2));
  };

  it('has the spread asked for', () => {
    const values = series({}, 0.02);
    expect(Math.abs(spread(values) / 0.02 - 1)).toBeLessThan(0.02);
    expect(mean(values)).toBeCloseTo(0, 3);
    expect(Math.abs(correlation(values))).toBeLessThan(0.05);
  });

  it('keeps its variance when part of it is slow', () => {
    const values = series({ arPhi: 0.8, arShare: 0.8 }, 0.02);
    expect(Math.abs(spread(values) / 0.02 - 1)).toBeLessThan(0.05);
    expect(correlation(values)).toBeGreaterThan(0.55);
    expect(correlation(values)).toBeLessThan(0.73);
  });

  it('drifts, jumps and has outliers as often as said', () => {
    const drift = series({ driftPerRun: 0.002 }, 0);
    expect(drift[100]).toBeCloseTo(100 * Math.log(1.002), 12);
    const outliers = series({ outlierP: 0.05, outlierLo: 0.05, outlierHi: 0.3 }, 0).filter(
      (value) => value > 0,
    );
    expect(outliers.length / slots).toBeCloseTo(0.05, 2);
    expect(Math.min(...outliers)).toBeGreaterThan(Math.log(1.05));
    expect(Math.max(...outliers)).toBeLessThan(Math.log(1.3));
    const modes = series({ bimodalP: 0.3, bimodalSize: 0.03 }, 0);
    expect(mean(modes)).toBeCloseTo(0.3 * Math.log(1.03), 3);
    const steps = series({ stepP: 0.05, stepSize: 0.03 }, 0);
    const changes = steps.slice(1).filter((value, i) => value !== steps[i]).length;
    expect(changes / slots).toBeCloseTo(0.05, 2);
    expect(new Set(steps)).toEqual(new Set([0, Math.log1p(0.03)]));
  });

  it('tells guests, places and changes of guest apart only where the scenario does', () => {
    expect(series({}, 0.02, 1)).toEqual(series({}, 0.02, 0));
    expect(series({ guestArPhi: 0.9, guestArShare: 0.8 }, 0.02, 1)).not.toEqual(
      series({ guestArPhi: 0.9, guestArShare: 0.8 }, 0.02, 0),
    );
    const placed = drawNoise({ ...quiet, positionEffect: 0.02, switchCost: 0.01 }, 0, 1, seededRandom(5));
    const run = { slot: 0, guest: 0, position: 0, isFirstAfterSwitch: false };
    expect(placed(run)).toBe(0);
    expect(placed({ ...run, position: 1 })).toBeCloseTo(Math.log(1.02), 12);
    expect(placed({ ...run, isFirstAfterSwitch: true })).toBeCloseTo(Math.log(1.01), 12);
  });
});

describe('the report of the simulation', () => {
  const few = { ...defaultOptions, replicates: 2, scenarios: ['combined'] };
  const lines = (options = few): string[] => [...report(options)];

  it('has a row for each cell, with the figures of the design beside it, and is always the same', () => {
    expect(lines().filter((line) => line.startsWith('combined'))).toHaveLength(20);
    expect(lines().find((line) => /^combined +1 +0 /.test(line))).toContain('(18.3)');
    expect(lines()).toEqual(lines());
  });

  const some = (): CellResult => {
    const first: IteratorResult<CellResult, unknown> = cellResults({ ...few, replicates: 4 }).next();
    if (first.done === true) throw new Error('No cell was simulated.');
    return first.value;
  };
  const full = (claims: number, meanRuns: number): CellResult => {
    const result = some();
    return { ...result, tally: { ...result.tally, replicates: 4000, claims, meanRuns, runsSd: 5 } };
  };

  it('allows 5.5 % of false claims in the full run, more by two standard errors in a shorter one', () => {
    expect(broken(full(0.055, 10))).toEqual([]);
    expect(broken(full(0.0565, 10))).toEqual(['claims above 5.5 %']);
    const short = full(0.0565, 10);
    expect(broken({ ...short, tally: { ...short.tally, replicates: 1000 } })).toEqual([]);
    expect(broken({ ...short, tally: { ...short.tally, replicates: 1000, claims: 0.07 } })).toHaveLength(1);
  });

  it('has no bound on claims where there is a difference or nothing could be repaired', () => {
    const claimed = full(1, 10);
    expect(broken({ ...claimed, cell: { ...claimed.cell, effect: 0.05 } })).toEqual([]);
    const limit: Scenario = { ...quiet, family: 'limit' };
    expect(broken({ ...claimed, cell: { ...claimed.cell, scenario: limit } })).toEqual([]);
  });

  it('finds more runs than the design has, in a cell and over all', () => {
    const { design } = some();
    const most = design.meanRuns + 4 * 5 * Math.sqrt(2 / 4000);
    expect(broken(full(0, most - 0.01))).toEqual([]);
    expect(broken(full(0, most + 0.01))).toHaveLength(1);
    expect(overallChecks([full(0, most + 0.01)])[0]?.holds).toBe(false);
    expect(overallChecks([full(0, most - 0.01)])[0]?.holds).toBe(true);
  });
});
