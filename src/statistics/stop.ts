import {
  compare,
  maxAnystopBlocks,
  minBlocks,
  withAdjustedP,
  type ComparisonFailure,
  type ComparisonInput,
  type ComparisonOk,
  type Verdict,
} from './comparison';
import { tUpperQuantile, tUpperTail } from './distributions';
import { holm } from './family';

/** Futility is not asked before this many complete blocks: earlier the spread is known too badly. */
const futilityFrom = 10;
/** Below this chance of any verdict at the last block, going on is a waste of time. */
const futilityChance = 0.1;

export interface StopInput extends ComparisonInput {
  /** `decide`: until there is a verdict; `measure`: until the interval is narrow too. */
  readonly mode: 'decide' | 'measure';
  /** At most this many complete blocks, 4…20. */
  readonly maxBlocks: number;
  /** The p values of the other comparisons of the family as they stand now; null: none yet. */
  readonly otherP?: readonly (number | null)[];
}

export interface StopAdvice {
  readonly status: 'ok';
  readonly action: 'stop' | 'continue';
  readonly reason:
    | 'decided'
    | 'max-blocks'
    | 'futile'
    | 'too-few-blocks'
    | 'zero-variance'
    | 'imprecise'
    | 'undecided'
    | 'fixed-plan';
  /** The chance of any verdict at `maxBlocks`, once it is asked for. */
  readonly predictive: number | null;
  readonly verdict: Verdict;
  readonly n: number;
}
export type StopResult = StopAdvice | ComparisonFailure;

function isPrecise({ nominalLevel, df, logSe, logEst }: ComparisonOk, margin: number): boolean {
  const halfWidth = Math.expm1(tUpperQuantile(nominalLevel / 2, df) * logSe);
  return halfWidth <= Math.max(margin, Math.expm1(Math.abs(logEst)) / 4);
}

/** The chance that the interval at block N excludes 1 or lies inside the margin, if the spread stays as it is. */
function predictiveChance(result: ComparisonOk, margin: number, N: number): number {
  const { n, df, logEst: T, logSe } = result;
  const w = tUpperQuantile(result.nominalLevel / 2, 0.75 * (N - 1)) * logSe * Math.sqrt(n / N);
  const sigma = logSe * Math.sqrt(1 - n / N);
  const limit = Math.log1p(margin);
  const below = (x: number): number => tUpperTail(-x / sigma, df);
  const inside = w < limit ? below(limit - w - T) - below(w - limit - T) : 0;
  return below(T - w) + below(-T - w) + inside;
}

/**
 * Whether a comparison needs another block. Asked after every block; the any-stop plan makes every answer legitimate,
 * and overruling it too. A fixed plan is never stopped early: its interval holds for one look only.
 */
export function stopRule(input: StopInput): StopResult {
  const result = compare(input);
  if (result.status === 'error') return result;
  const { mode, maxBlocks, margin, plan } = input;
  const known: readonly string[] = ['decide', 'measure'];
  const otherP: unknown = input.otherP ?? [];
  const most = plan === 'anystop' ? maxAnystopBlocks : Infinity;
  if (!known.includes(mode) || !Number.isInteger(maxBlocks) || maxBlocks < minBlocks || maxBlocks > most) {
    return { status: 'error', error: 'E_OPTION' };
  }
  if (!Array.isArray(otherP)) return { status: 'error', error: 'E_OPTION' };
  const { n } = result;
  const say = (
    action: StopAdvice['action'],
    reason: StopAdvice['reason'],
    verdict: Verdict,
    predictive: number | null = null,
  ): StopAdvice => ({ status: 'ok', action, reason, predictive, verdict, n });

  if (result.status === 'insufficient') {
    return n >= maxBlocks
      ? say('stop', 'max-blocks', result.verdict)
      : say('continue', result.reason, result.verdict);
  }
  const family = [result.p, ...otherP.map((p) => (typeof p === 'number' && p >= 0 && p <= 1 ? p : 1))];
  const { verdict } = withAdjustedP(result, holm(family)[0] ?? 1);
  if (plan === 'fixed' && n < maxBlocks) return say('continue', 'fixed-plan', verdict);
  const decided = verdict !== 'inconclusive';
  if (decided && (mode === 'decide' || isPrecise(result, margin))) return say('stop', 'decided', verdict);
  if (n >= maxBlocks) return say('stop', 'max-blocks', verdict);
  if (decided) return say('continue', 'imprecise', verdict);
  if (n < futilityFrom) return say('continue', 'undecided', verdict);
  const chance = predictiveChance(result, margin, maxBlocks);
  return chance < futilityChance
    ? say('stop', 'futile', verdict, chance)
    : say('continue', 'undecided', verdict, chance);
}
