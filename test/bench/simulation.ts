import { Decisions } from '../../src/experiment/decisions';
import { planRounds } from '../../src/experiment/plan';
import type { BenchmarkRef, GuestRef, Plan, StatisticsPlan, Trial } from '../../src/model/experiment';
import { compareFamily, type Block, type Verdict } from '../../src/statistics/compare';
import { seededRandom } from '../../src/statistics/seed';
import { drawNoise, uniform, type Scenario } from './noise';

const guests: readonly GuestRef[] = [{ name: 'baseline' }, { name: 'candidate' }];
const benchmarks: readonly BenchmarkRef[] = [{ id: 'workload' }];
const metric = { id: 'time', unit: 's', better: 'lower', primary: true } as const;

export interface Cell {
  readonly scenario: Scenario;
  /** Coefficient of variation of the noise that every scenario has. */
  readonly cv: number;
  /** How much faster one of the guests is: 0.05 is 5 %. */
  readonly effect: number;
}

export interface Settings {
  readonly seed: number;
  readonly baseSeconds: number;
  readonly statistics: StatisticsPlan;
}

export interface Outcome {
  readonly verdict: Verdict;
  /** What the verdict says of the truth. A claim of faster or slower where there is no difference is wrong. */
  readonly answer: 'right' | 'wrong' | 'none';
  /** Runs of both guests together, warm-ups too. */
  readonly runs: number;
}

/** An experiment of two guests and one workload: its order, its stopping and its verdict are the product's. */
export function simulate(cell: Cell, settings: Settings, replicate: number): Outcome {
  const random = seededRandom(settings.seed, `${cell.scenario.id} ${cell.cv} ${cell.effect} ${replicate}`);
  const rounds = settings.statistics.maxBlocks;
  const trials = planRounds(random.below(2 ** 31), guests, benchmarks, rounds);
  const plan: Plan = {
    guests: [...guests],
    benchmarks: [...benchmarks],
    rounds,
    trials,
    statistics: settings.statistics,
  };
  const isCandidateFaster = uniform(random) < 0.5;
  const logSpeedup = (isCandidateFaster ? 1 : -1) * Math.log1p(cell.effect);
  const noise = drawNoise(cell.scenario, cell.cv, trials.length, random);

  const decisions = new Decisions(plan, new Map());
  const blocks: Block[] = [];
  let block = { a: NaN, b: NaN };
  let runs = 0;
  for (const [slot, trial] of trials.entries()) {
    const guest = trial.guest === 'candidate' ? 1 : 0;
    const isFirstAfterSwitch = followsSwitch(trials[slot - 1], trial);
    const logTime = noise({ slot, guest, position: trial.position, isFirstAfterSwitch }) - guest * logSpeedup;
    const value = settings.baseSeconds * Math.exp(logTime);
    decisions.add({ trial, measurements: [{ ...metric, value }] });
    runs++;
    block = guest === 1 ? { ...block, b: value } : { ...block, a: value };
    if (!endsBlock(trial)) continue;
    blocks.push({ block: trial.block, ...block });
    if (decisions.settled(trial.benchmark) !== undefined) break;
  }
  const verdict = verdictOf(blocks, settings.statistics);
  return {
    verdict,
    runs,
    answer: answerOf(verdict, cell.effect, isCandidateFaster, settings.statistics.margin),
  };
}

/** Whether another guest, or none, ran before. The design counts the first run after the warm-ups as such a one. */
function followsSwitch(before: Trial | undefined, trial: Trial): boolean {
  return before === undefined || before.guest !== trial.guest || before.warmup !== trial.warmup;
}

function endsBlock({ warmup, position }: Trial): boolean {
  return !warmup && position === guests.length - 1;
}

/** The verdict of the report. */
function verdictOf(blocks: readonly Block[], { plan, alpha, margin }: StatisticsPlan): Verdict {
  const comparisons = [{ name: 'workload', direction: metric.better, blocks }];
  const family = compareFamily({ plan, alpha, margin, comparisons });
  if (family.status === 'error') throw new Error(`The simulated runs were refused: ${family.error}.`);
  return family.verdicts[0] ?? 'insufficient';
}

function answerOf(
  verdict: Verdict,
  effect: number,
  isCandidateFaster: boolean,
  margin: number,
): Outcome['answer'] {
  if (verdict === 'inconclusive' || verdict === 'insufficient') return 'none';
  if (verdict === 'equivalent') return effect < margin ? 'right' : 'wrong';
  const isRight = effect > 0 && (verdict === 'faster') === isCandidateFaster;
  return isRight ? 'right' : 'wrong';
}

export interface Tally {
  readonly replicates: number;
  /** Shares of the replicates; `claims` are verdicts of faster or slower. */
  readonly claims: number;
  readonly right: number;
  readonly wrong: number;
  readonly meanRuns: number;
  /** Of a single experiment. */
  readonly runsSd: number;
}

/** A cell simulated `replicates` times. */
export function tally(cell: Cell, settings: Settings, replicates: number): Tally {
  let claims = 0;
  let right = 0;
  let wrong = 0;
  let runs = 0;
  let squares = 0;
  for (let replicate = 0; replicate < replicates; replicate++) {
    const outcome = simulate(cell, settings, replicate);
    if (outcome.verdict === 'faster' || outcome.verdict === 'slower') claims++;
    if (outcome.answer === 'right') right++;
    if (outcome.answer === 'wrong') wrong++;
    runs += outcome.runs;
    squares += outcome.runs ** 2;
  }
  const meanRuns = runs / replicates;
  return {
    replicates,
    claims: claims / replicates,
    right: right / replicates,
    wrong: wrong / replicates,
    meanRuns,
    runsSd: Math.sqrt(Math.max(0, squares / replicates - meanRuns ** 2)),
  };
}
