import * as z from 'zod/mini';
import designJson from '../fixtures/statistics/design.json';
import scenariosJson from '../fixtures/statistics/scenarios.json';
import { scenarioSchema } from './noise';
import { tally, type Cell, type Settings, type Tally } from './simulation';

const config = z
  .object({
    seed: z.int(),
    replicates: z.int(),
    cv: z.array(z.number()),
    effects: z.array(z.number()),
    margin: z.number(),
    baseSeconds: z.number(),
    maxBlocks: z.int(),
    scenarios: z.array(scenarioSchema),
  })
  .parse(scenariosJson);

const figuresSchema = z.object({
  scenario: z.string(),
  cv: z.number(),
  effect: z.number(),
  claims: z.number(),
  right: z.number(),
  wrong: z.number(),
  meanRuns: z.number(),
});
const design = z.object({ replicates: z.int(), cells: z.array(figuresSchema) }).parse(designJson);

export const scenarioIds: readonly string[] = config.scenarios.map(({ id }) => id);

export interface BenchOptions {
  /** Simulated experiments per cell. */
  readonly replicates: number;
  readonly seed: number;
  readonly scenarios: readonly string[];
}
export const defaultOptions: BenchOptions = {
  replicates: config.replicates,
  seed: config.seed,
  scenarios: scenarioIds,
};

/** False claims where there is no difference, in every scenario but those of the family `limit`. */
const mostFalseClaims = 0.055;
/** Over all headline cells: shares of wrong and right answers, and mean runs. */
const overall = { wrong: 0.012, right: 0.8, runs: 20 };
/** A cell's mean runs may be this many standard errors (of both simulations together) above the design's. */
const runsErrors = 4;
/** With fewer replicates than the full run the bound of false claims is wider by so many standard errors. */
const shareErrors = 2;

export interface CellResult {
  readonly cell: Cell;
  readonly tally: Tally;
  readonly design: z.infer<typeof figuresSchema>;
}

function designOf({ scenario, cv, effect }: Cell): z.infer<typeof figuresSchema> {
  const found = design.cells.find(
    (figures) => figures.scenario === scenario.id && figures.cv === cv && figures.effect === effect,
  );
  if (found === undefined) throw new Error(`The design has no figures of ${scenario.id} ${cv} ${effect}.`);
  return found;
}

/** Simulates the cells of the chosen scenarios, in the order of their file. */
export function* cellResults({ replicates, seed, scenarios }: BenchOptions): Generator<CellResult> {
  const { margin, maxBlocks, baseSeconds } = config;
  const settings: Settings = {
    seed,
    baseSeconds,
    statistics: { plan: 'anystop', alpha: 0.05, margin, maxBlocks },
  };
  for (const scenario of config.scenarios.filter(({ id }) => scenarios.includes(id))) {
    for (const cv of config.cv) {
      for (const effect of config.effects) {
        const cell = { scenario, cv, effect };
        yield { cell, tally: tally(cell, settings, replicates), design: designOf(cell) };
      }
    }
  }
}

/** In tenths of a per cent, as bounds and figures are printed. */
const tenths = (share: number): number => Math.round(share * 1000) / 1000;

/** The standard error of a share `p` among `n`. */
const shareError = (p: number, n: number): number => Math.sqrt((p * (1 - p)) / n);

/** What is added to a bound on a share: nothing in the full run, for which the bounds were set. */
function allowance(bound: number, replicates: number): number {
  return replicates >= config.replicates ? 0 : shareErrors * shareError(bound, replicates);
}

/** The standard error of the difference between a cell's mean runs and the design's, both simulated. */
function runsError({ tally: { runsSd, replicates } }: CellResult): number {
  return runsSd * Math.sqrt(1 / replicates + 1 / design.replicates);
}

/** Above so many mean runs a cell is worse than the design, beyond what chance makes of either simulation. */
function mostRuns(result: CellResult): number {
  return result.design.meanRuns + runsErrors * runsError(result);
}

/** Which bounds a cell breaks, in words; none: it is as good as the design. */
export function broken(result: CellResult): string[] {
  const { cell, tally: seen } = result;
  const isBounded = cell.effect === 0 && cell.scenario.family !== 'limit';
  const most = mostFalseClaims + allowance(mostFalseClaims, seen.replicates);
  return [
    ...(isBounded && tenths(seen.claims) > most ? [`claims above ${percent(most)} %`] : []),
    ...(seen.meanRuns > mostRuns(result) ? [`runs above ${mostRuns(result).toFixed(1)}`] : []),
  ];
}

const percent = (share: number): string => (100 * share).toFixed(1);
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

const columns = [12, 5, 7, 15, 15, 15, 13];
function row(cells: readonly string[], last: string): string {
  return (
    cells.map((cell, i) => (i === 0 ? cell.padEnd(12) : cell.padStart(columns[i] ?? 0))).join(' ') +
    `  ${last}`
  );
}

function cellRow(result: CellResult): string {
  const { cell, tally: seen, design: expected } = result;
  const share = (key: 'claims' | 'right' | 'wrong'): string =>
    `${percent(seen[key])} (${percent(expected[key])})`;
  const problems = broken(result);
  const shown = [
    cell.scenario.id,
    String(100 * cell.cv),
    String(100 * cell.effect),
    share('claims'),
    share('right'),
    share('wrong'),
    `${seen.meanRuns.toFixed(1)} (${expected.meanRuns.toFixed(1)})`,
  ];
  return row(shown, problems.length === 0 ? 'ok' : `NOT OK: ${problems.join(', ')}`);
}

interface Check {
  readonly what: string;
  readonly seen: string;
  readonly bound: string;
  readonly holds: boolean;
}

/** Silence where there is no difference counts as right here, as in the design's summary. */
function rightOf({ cell, tally: { right, wrong } }: CellResult): number {
  return cell.effect === 0 ? 1 - wrong : right;
}

/** A check of the mean runs over several cells against the design's, by the rule of a single cell. */
function runsCheck(what: string, results: readonly CellResult[]): Check {
  const seen = mean(results.map(({ tally: { meanRuns } }) => meanRuns));
  const expected = mean(results.map(({ design: { meanRuns } }) => meanRuns));
  const error = Math.hypot(...results.map(runsError)) / results.length;
  return {
    what,
    seen: `${seen.toFixed(2)} (${expected.toFixed(2)})`,
    bound: `at most ${(expected + runsErrors * error).toFixed(2)}`,
    holds: seen <= expected + runsErrors * error,
  };
}

/** The checks over the headline cells together; wrong and right answers only when all of them were simulated. */
export function overallChecks(results: readonly CellResult[]): Check[] {
  const headline = results.filter(({ cell }) => cell.scenario.family === 'headline');
  if (headline.length === 0) return [];
  const ofEffect = (effect: number): CellResult[] => headline.filter(({ cell }) => cell.effect === effect);
  const runs = [
    runsCheck('mean runs', headline),
    ...config.effects.map((effect) => runsCheck(`mean runs at ${100 * effect} %`, ofEffect(effect))),
  ];
  const all = config.scenarios.filter(({ family }) => family === 'headline').length;
  if (headline.length < all * config.cv.length * config.effects.length) return runs;
  const wrong = mean(headline.map(({ tally: seen }) => seen.wrong));
  const right = mean(headline.map(rightOf));
  const total = mean(headline.map(({ tally: { meanRuns } }) => meanRuns));
  return [
    ...runs,
    {
      what: 'wrong answers',
      seen: `${percent(wrong)} %`,
      bound: `at most ${percent(overall.wrong)} %`,
      holds: wrong <= overall.wrong,
    },
    {
      what: 'right answers',
      seen: `${percent(right)} %`,
      bound: `at least ${percent(overall.right)} %`,
      holds: right >= overall.right,
    },
    {
      what: 'mean runs',
      seen: total.toFixed(1),
      bound: `at most ${overall.runs}`,
      holds: total <= overall.runs,
    },
  ];
}

function* introduction({ replicates, seed }: BenchOptions): Generator<string> {
  const error = shareError(mostFalseClaims, replicates);
  yield `${replicates} simulated experiments per cell, seed ${seed}; in brackets the design's figures.`;
  yield `False claims (effect 0) may be ${percent(mostFalseClaims)} %; their standard error is ${(100 * error).toFixed(2)} %.`;
  yield replicates >= config.replicates
    ? 'This is the full run: the bound is compared with the estimate as printed, without allowance.'
    : `With fewer than ${config.replicates} the bound is wider by ${shareErrors} standard errors: ` +
      `${percent(mostFalseClaims + allowance(mostFalseClaims, replicates))} %. The full run decides.`;
  yield `Mean runs may be ${runsErrors} standard errors of the difference above the design's, which was simulated too.`;
  yield 'Scenarios of the family "limit" have no bound on claims: no analysis of such runs can repair them.';
  yield '';
}

/** The lines of the report; returns whether every bound holds. */
export function* report(options: BenchOptions): Generator<string, boolean> {
  yield* introduction(options);
  yield row(['scenario', 'CV %', 'effect %', 'claims %', 'right %', 'wrong %', 'mean runs'], '');
  const results: CellResult[] = [];
  for (const result of cellResults(options)) {
    results.push(result);
    yield cellRow(result);
  }
  yield '';
  const checks = overallChecks(results);
  for (const { what, seen, bound, holds } of checks) {
    yield `Headline cells, ${what}: ${seen} (${bound}) ${holds ? 'ok' : 'NOT OK'}`;
  }
  const failures = results.filter((result) => broken(result).length > 0).length;
  yield failures === 0
    ? 'Every cell keeps its bounds.'
    : `${failures} of ${results.length} cells break a bound.`;
  return failures === 0 && checks.every(({ holds }) => holds);
}
