import { count, formatInterval, formatSpeedup, listed } from './format';
import type { AcrossChange, AcrossExperiment, AcrossReport } from './acrossShape';

/** What was found through the experiments, in a sentence fit to paste. */
export function acrossHeadline({
  chosen,
  experiments,
  metrics,
}: Pick<AcrossReport, 'chosen' | 'experiments' | 'metrics'>): string {
  if (chosen === undefined) {
    return 'Nothing can be followed: no two modes, and no two guests of the same names, are in more than one of these experiments.';
  }
  const { candidate, baseline } = chosen;
  const compared = experiments.filter(({ why }) => why === undefined);
  const [first, last] = [compared[0], compared.at(-1)];
  const shown = compared.length > 3 ? [first, last].flatMap((one) => one ?? []) : compared;
  const figures = shown.flatMap(overallPart);
  const blocked = compared.filter(({ warnings }) => warnings.some(({ severity }) => severity === 'refusal'));
  const tested = metrics.filter(({ primary, better }) => primary && better !== 'none');
  // Since the beginning: the last change of each row.
  const changes = tested.flatMap(({ benchmarkTitle, changes: all }) => {
    const latest = all.at(-1);
    return latest === undefined ? [] : [{ title: benchmarkTitle, verdict: latest.verdict }];
  });
  const parts = [
    ...(figures.length === 0 ? [] : [listed(figures)]),
    ...changeParts(changes),
    ...(blocked.length === 0
      ? []
      : [
          `no verdict in ${listed(blocked.map(({ label }) => `“${label}”`))}, where the guests cannot be compared`,
        ]),
  ];
  const found = parts.length === 0 ? 'nothing was measured alike in two of them' : parts.join('; ');
  return `${candidate} against ${baseline} in ${count(compared.length, 'experiment')}: ${found}.`;
}

function overallPart({ label, overall }: AcrossExperiment): string[] {
  if (overall?.status !== 'ok' || overall.workloads < 2) return [];
  const { speedup, interval, workloads } = overall;
  return [
    `${formatSpeedup(speedup)} times as fast over ${workloads} workloads in “${label}” (interval ${formatInterval(interval)})`,
  ];
}

function changeParts(
  changes: readonly { readonly title: string; readonly verdict: AcrossChange['verdict'] }[],
) {
  const titles = (verdict: AcrossChange['verdict']) =>
    changes.filter((change) => change.verdict === verdict).map(({ title }) => title);
  const part = (verdict: AcrossChange['verdict'], before: string, after = '') => {
    const own = titles(verdict);
    return own.length === 0 ? [] : [`${before}${listed(own)}${after}`];
  };
  return [
    ...part('larger', 'the speedup grew in '),
    ...part('smaller', 'the speedup shrank in '),
    ...part('same', 'it stayed the same in '),
    ...part('unclear', 'unclear whether it changed in '),
    ...part('estimate', 'only estimates of a change in '),
  ];
}
