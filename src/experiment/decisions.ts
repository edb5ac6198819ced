import type { Benchmark, Metric } from '../benchmarks/benchmark';
import type { EventOf, Measurement, Plan, Trial } from '../model/experiment';
import { futures, type RoundsAhead } from './estimate';
import { drawRoundsAhead, type Outlook } from './roundsAhead';
import { seededRandom } from '../statistics/seed';
import {
  compare,
  stopRule,
  type Block,
  type ComparisonInput,
  type ComparisonResult,
} from '../statistics/compare';

/** Figures of one trial that counts. */
export interface MeasuredTrial {
  readonly trial: Trial;
  readonly measurements: readonly Measurement[];
}

export type SettledReason = EventOf<'settled'>['reason'];

interface Comparison {
  readonly benchmark: string;
  readonly input: ComparisonInput;
}

/**
 * Decides by the stop rule which benchmarks need no more rounds: those of which every comparison with the baseline
 * has come to an end. The family is all comparisons of the plan, as in the report.
 */
export class Decisions {
  private readonly trials: MeasuredTrial[] = [];
  private readonly ahead = new Map<string, { readonly stamp: number; readonly rounds: RoundsAhead }>();
  /** Trials of each benchmark, and what its comparisons were then: they are asked for often. */
  private readonly count = new Map<string, number>();
  private readonly results = new Map<
    string,
    { readonly stamp: number; readonly results: readonly ComparisonResult[] }
  >();
  private readonly candidates: readonly string[];
  private readonly baseline: string;

  constructor(
    private readonly plan: Plan,
    private readonly benchmarks: ReadonlyMap<string, Benchmark>,
  ) {
    const names = plan.guests.map(({ name }) => name);
    this.baseline = plan.baseline ?? names[0] ?? '';
    this.candidates = names.filter((name) => name !== this.baseline);
  }

  /** Notes a trial with figures; warm-ups are not compared. */
  add(measured: MeasuredTrial): void {
    const { benchmark, warmup } = measured.trial;
    if (warmup) return;
    this.trials.push(measured);
    this.count.set(benchmark, (this.count.get(benchmark) ?? 0) + 1);
  }

  /** Why the benchmark needs no more rounds; undefined: it does, or there is nothing to compare. */
  settled(benchmark: string): SettledReason | undefined {
    const family = this.plan.benchmarks.flatMap(({ id }) => this.comparisonsOf(id));
    // The only comparison there is needs no correction for others.
    const results = this.plan.benchmarks.flatMap(({ id }) => this.resultsOf(id));
    const p = family.length > 1 ? results.map(pOf) : [null];
    const reasons = family.flatMap(({ benchmark: id, input }, index) =>
      id === benchmark ? [this.reasonOf(input, p.toSpliced(index, 1))] : [],
    );
    if (reasons.length === 0 || reasons.includes(undefined)) return undefined;
    return (['max-blocks', 'futile', 'decided'] as const).find((reason) => reasons.includes(reason));
  }

  /** How many further rounds the benchmark may need, as far as its figures tell; asked for often, drawn once a block. */
  roundsAhead(benchmark: string): RoundsAhead {
    const stamp = this.resultsOf(benchmark).reduce((sum, result) => sum + ('n' in result ? result.n : 0), 0);
    const known = this.ahead.get(benchmark);
    if (known?.stamp === stamp) return known.rounds;
    const outlooks = this.outlooks(benchmark);
    const random = seededRandom(stamp, benchmark);
    const rounds = outlooks === undefined ? 'unknown' : drawRoundsAhead(outlooks, futures, random);
    this.ahead.set(benchmark, { stamp, rounds });
    return rounds;
  }

  /** Undefined: one of its comparisons has no interval yet, or there is none. */
  private outlooks(benchmark: string): Outlook[] | undefined {
    const { alpha, margin } = this.plan.statistics;
    const family = this.plan.benchmarks.flatMap(({ id }) => this.resultsOf(id));
    const own = this.resultsOf(benchmark);
    if (own.length === 0 || own.some(({ status }) => status !== 'ok')) return undefined;
    // Holm: what is claimed already leaves the others more.
    const claimed = family.filter((result) => result.status === 'ok' && result.p <= alpha / family.length);
    return own.flatMap((result) => {
      if (result.status !== 'ok') return [];
      const { n, logEst, logSe, df } = result;
      const others = claimed.filter((other) => other !== result).length;
      const claimAlpha = alpha / Math.max(1, family.length - others);
      const { maxBlocks } = this;
      return [{ n, estimate: logEst, standardError: logSe, df, alpha, claimAlpha, margin, maxBlocks }];
    });
  }

  /** The comparisons of a benchmark as they stand, in their order. */
  private resultsOf(benchmark: string): readonly ComparisonResult[] {
    const stamp = this.count.get(benchmark) ?? 0;
    const known = this.results.get(benchmark);
    if (known?.stamp === stamp) return known.results;
    const results = this.comparisonsOf(benchmark).map(({ input }) => compare(input));
    this.results.set(benchmark, { stamp, results });
    return results;
  }

  private get maxBlocks(): number {
    return Math.max(4, Math.min(this.plan.statistics.maxBlocks, this.plan.rounds));
  }

  private reasonOf(input: ComparisonInput, otherP: readonly (number | null)[]): SettledReason | undefined {
    const { maxBlocks } = this;
    const advice = stopRule({ ...input, mode: 'decide', maxBlocks, otherP });
    if (advice.status === 'error' || advice.action === 'continue') return undefined;
    return advice.reason === 'decided' || advice.reason === 'futile' ? advice.reason : 'max-blocks';
  }

  private comparisonsOf(benchmark: string): Comparison[] {
    const own = this.trials.filter(({ trial }) => trial.benchmark === benchmark);
    const { plan, alpha, margin } = this.plan.statistics;
    return this.primaryMetrics(benchmark, own).flatMap(({ id, better, resolution }) =>
      better === 'none'
        ? []
        : this.candidates.map((candidate) => ({
            benchmark,
            input: {
              plan,
              alpha,
              margin,
              direction: better,
              ...(resolution === undefined ? {} : { resolution }),
              blocks: this.blocksOf(own, id, candidate),
            },
          })),
    );
  }

  /** What is tested of a benchmark: what it promises, else what its own trials name, else their only figure. */
  private primaryMetrics(
    benchmark: string,
    own: readonly MeasuredTrial[],
  ): readonly Pick<Metric, 'id' | 'better' | 'resolution'>[] {
    const promised = this.benchmarks.get(benchmark)?.metrics.filter(({ primary }) => primary) ?? [];
    if (promised.length > 0) return promised;
    const measured = own[0]?.measurements ?? [];
    const named = measured.filter(({ primary }) => primary === true);
    return named.length > 0 || measured.length > 1 ? named : measured;
  }

  private blocksOf(own: readonly MeasuredTrial[], metric: string, candidate: string): Block[] {
    const blocks = new Map<number, { a: number | null; b: number | null }>();
    for (const { trial, measurements } of own) {
      if (trial.guest !== this.baseline && trial.guest !== candidate) continue;
      const value = measurements.find(({ id }) => id === metric)?.value ?? null;
      const block = blocks.get(trial.block) ?? { a: null, b: null };
      block[trial.guest === this.baseline ? 'a' : 'b'] = value;
      blocks.set(trial.block, block);
    }
    return [...blocks].map(([block, values]) => ({ block, ...values }));
  }
}

function pOf(result: ComparisonResult): number | null {
  return result.status === 'ok' ? result.p : null;
}
