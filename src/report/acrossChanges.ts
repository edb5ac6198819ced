import { changeBetween, type Change } from '../statistics/change';
import { holm } from '../statistics/family';
import { percent } from '../statistics/words';
import type { AcrossCell } from './across';
import { formatInterval, formatSpeedup } from './format';
import type { AcrossChange, AcrossChoice, AcrossGuest, AcrossMetric } from './acrossShape';

interface Step {
  readonly row: number;
  readonly from: AcrossCell;
  readonly to: AcrossCell;
  /** Undefined: one of the two has no interval. */
  readonly change: Change | undefined;
}

/** How the speedup of each row changed since the first experiment that measured it alike, row by row. */
export function changesOf(
  rows: readonly (readonly AcrossCell[])[],
  metrics: readonly Omit<AcrossMetric, 'changes'>[],
  chosen: AcrossChoice,
  labels: ReadonlyMap<number, string>,
): AcrossChange[][] {
  const steps = rows.flatMap((cells, row) => stepsOf(cells, metrics[row], row));
  // The tested metrics of all experiments together are one family of claims.
  const tested = steps.filter(({ row, change }) => change !== undefined && metrics[row]?.primary === true);
  const adjusted = holm(tested.map(({ change }) => change?.p ?? 1));
  return rows.map((_, row) =>
    steps
      .filter((step) => step.row === row)
      .map((step) => changeOf(step, adjusted[tested.indexOf(step)], chosen, labels)),
  );
}

function stepsOf(
  cells: readonly AcrossCell[],
  metric: Omit<AcrossMetric, 'changes'> | undefined,
  row: number,
): Step[] {
  if (metric === undefined || metric.better === 'none') return [];
  const first = new Map<number, AcrossCell>();
  return cells.flatMap((to, index): Step[] => {
    const alike = metric.entries[index]?.alike ?? 0;
    if (to.comparison.speedup === null) return [];
    const from = first.get(alike);
    if (from === undefined) {
      first.set(alike, to);
      return [];
    }
    const [a, b] = [measured(from), measured(to)];
    return [{ row, from, to, change: a && b && changeBetween(a, b) }];
  });
}

function measured({ part: { model }, comparison: { speedup, certainty } }: AcrossCell) {
  if (model === undefined || speedup === null || certainty === null) return undefined;
  const { plan, alpha } = model.statistics;
  return { logEst: Math.log(speedup), logSe: certainty.standardError, df: certainty.df, plan, alpha };
}

/** `adjusted`: p among all tested changes; undefined: it is not tested. */
function changeOf(
  { from, to, change }: Step,
  adjusted: number | undefined,
  { candidate, baseline }: AcrossChoice,
  labels: ReadonlyMap<number, string>,
): AcrossChange {
  const [before, after] = [from.comparison.speedup ?? NaN, to.comparison.speedup ?? NaN];
  const ratio = after / before;
  const places = { from: from.part.index, to: to.part.index };
  const [then, now] = [places.from, places.to].map((index) => `“${labels.get(index) ?? ''}”`);
  const went = `The speedup of ${candidate} against ${baseline} went from ${formatSpeedup(before)} in ${then ?? ''} to ${formatSpeedup(after)} in ${now ?? ''}`;
  if (change === undefined) {
    const sentence = `${went}: an estimate only, for not both have an interval.`;
    return { ...places, ratio, interval: null, verdict: 'estimate', sentence };
  }
  const { low, high, alpha } = change;
  const figures = `${formatSpeedup(ratio)} times as much (${percent(1 - alpha)} interval ${formatInterval([low, high])})`;
  const common = { ...places, ratio, interval: [low, high] as const };
  if (adjusted === undefined) {
    const sentence = `${went}: ${figures}; shown, not tested.`;
    return { ...common, verdict: 'estimate', sentence };
  }
  const margin = Math.max(...[from, to].map(({ part }) => part.model?.statistics.margin ?? 0));
  if (low >= 1 / (1 + margin) && high <= 1 + margin) {
    const sentence = `The speedup of ${candidate} against ${baseline} stayed within ±${percent(margin)} from ${then ?? ''} to ${now ?? ''}: ${figures}.`;
    return { ...common, verdict: 'same', sentence };
  }
  const isSure = adjusted <= alpha;
  if (low > 1 && isSure) return { ...common, verdict: 'larger', sentence: `${went}: ${figures}.` };
  if (high < 1 && isSure) return { ...common, verdict: 'smaller', sentence: `${went}: ${figures}.` };
  const why =
    low > 1 || high < 1 ? 'not surely enough among all changes looked at' : 'the interval includes no change';
  return { ...common, verdict: 'unclear', sentence: `${went}: ${figures}, ${why}.` };
}

/** The same guest in several experiments: no order of blocks takes the host's change between them out. */
export function guestChanges(
  name: string,
  entries: AcrossGuest['entries'],
  better: 'higher' | 'lower',
  labels: ReadonlyMap<number, string>,
): AcrossGuest['changes'] {
  const first = new Map<number, AcrossGuest['entries'][number]>();
  return entries.flatMap((to) => {
    const from = first.get(to.alike);
    if (to.geometricMean === null) return [];
    if (from === undefined) {
      first.set(to.alike, to);
      return [];
    }
    const [a, b] = [from.geometricMean ?? NaN, to.geometricMean];
    const speedup = better === 'higher' ? b / a : a / b;
    const [then, now] = [from, to].map(({ experiment }) => `“${labels.get(experiment) ?? ''}”`);
    const sentence = `${name} measured ${formatSpeedup(speedup)} times as fast in ${now ?? ''} as in ${then ?? ''}: an estimate without verdict, for nothing tells the guest’s change from the host’s between the two.`;
    return [{ from: from.experiment, to: to.experiment, speedup, sentence }];
  });
}
