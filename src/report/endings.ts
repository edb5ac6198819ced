import type { Experiment } from '../model/experiment';
import { count } from './format';
import type { MetricReport, ReportModel } from './shape';

const settledWords = {
  decided: 'its comparisons are decided',
  futile: 'this host is too noisy for more rounds to decide anything',
  'max-blocks': 'more rounds are never made, decided or not',
} as const;

/** Why each benchmark has as many rounds as it has, in a sentence; without those that go on, and of imported ones. */
export function endingsOf(experiment: Experiment): Readonly<Record<string, string>> {
  const { plan, imported, settled, ended, trials } = experiment;
  if (imported !== undefined) return {};
  const begun = lastRounds(trials.map(({ trial }) => trial));
  const planned = lastRounds(plan.trials);
  return Object.fromEntries(
    plan.benchmarks.flatMap(({ id }) => {
      const [rounds, most] = [begun.get(id) ?? 0, planned.get(id) ?? 0];
      const settling = settled?.find(({ benchmark }) => benchmark === id);
      if (settling)
        return [[id, `Ended after ${roundsText(settling.round)}: ${settledWords[settling.reason]}.`]];
      if (ended === undefined || rounds === 0) return [];
      if (rounds >= most) return [[id, `Ended after ${roundsText(rounds)}: as many as were planned.`]];
      return [
        [id, `Ended after ${rounds} of ${roundsText(most)}: ${whyEarly(ended.reason, plan.maxMinutes)}.`],
      ];
    }),
  );
}

function whyEarly(reason: 'completed' | 'stopped' | 'failed', maxMinutes: number | undefined): string {
  if (reason === 'stopped') return 'a person stopped the experiment';
  if (reason === 'failed') return 'the experiment ended by a failure';
  return maxMinutes === undefined
    ? 'the other rounds were not run'
    : `the limit of ${count(maxMinutes, 'minute')} was reached`;
}

const roundsText = (rounds: number): string => count(rounds, 'round');

function lastRounds(
  trials: readonly { readonly benchmark: string; readonly round: number; readonly warmup: boolean }[],
): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  for (const { benchmark, round, warmup } of trials)
    if (!warmup) last.set(benchmark, Math.max(round, last.get(benchmark) ?? 0));
  return last;
}

/** Of the workload of a tested metric; undefined where several experiments have it. */
export function endingOf(
  { experiments }: Pick<ReportModel, 'experiments'>,
  { benchmark, primary, experiments: own }: MetricReport,
): string | undefined {
  const [only, ...others] = own;
  return primary && only !== undefined && others.length === 0
    ? experiments[only]?.endings?.[benchmark]
    : undefined;
}
