import type { AcrossMetric, AcrossReport } from './acrossShape';
import { acrossGroups, type AcrossLane } from './charts/acrossGroups';
import { experimentLetter } from './charts/experimentShapes';
import { labelOf } from './charts/scale';
import { formatInterval, formatSpeedup, listed } from './format';

/** The metrics that a comparison across experiments tests. */
export const testedIn = ({ metrics }: AcrossReport): readonly AcrossMetric[] =>
  metrics.filter(({ primary, better }) => primary && better !== 'none');

/** How many of the tested metrics a chart of these leaves out; undefined: none. */
export function cutText(across: AcrossReport, drawn: readonly AcrossMetric[]): string | undefined {
  const tested = testedIn(across).length;
  return drawn.length < tested ? `The chart shows ${drawn.length} of ${tested} workloads.` : undefined;
}

/** The key to marks that are not filled. */
export const bareEstimateKey = 'hollow: an estimate without interval';

/** Whether a chart of these metrics has such a mark. */
export const hasBareEstimate = (metrics: readonly AcrossMetric[]): boolean =>
  metrics.some(({ entries }) =>
    entries.some(({ speedup, interval }) => speedup !== null && interval === null),
  );

export const experimentLabel = ({ experiments }: AcrossReport, experiment: number): string =>
  experiments.find((one) => one.experiment === experiment)?.label ?? '';

/** What bears on a comparison across experiments beside its figures: never left out in silence. */
export interface AcrossRemark {
  /** Index of the experiment it is about. */
  readonly experiment: number;
  readonly text: string;
  /** The metrics it is about, for people; empty: all of the experiment. */
  readonly metrics: string;
}

/** Experiments without a comparison or without verdicts, then metrics that were not measured alike. */
export function acrossRemarks(
  { experiments }: AcrossReport,
  metrics: readonly AcrossMetric[],
): readonly AcrossRemark[] {
  const whole = experiments.flatMap(({ experiment, why, warnings }) => {
    const refusals = warnings.flatMap(({ severity, text }) => (severity === 'refusal' ? [text] : []));
    const texts = [...(why === undefined ? [] : [why]), ...refusals];
    return texts.map((text): AcrossRemark => ({ experiment, text, metrics: '' }));
  });
  const unlike = new Map<string, { readonly experiment: number; how: string; titles: string[] }>();
  for (const metric of metrics) {
    for (const { experiment, differs } of metric.entries) {
      if (differs.length === 0) continue;
      const how = differs.join('; ');
      const known = unlike.get(`${experiment} ${how}`) ?? { experiment, how, titles: [] };
      known.titles.push(labelOf(metric));
      unlike.set(`${experiment} ${how}`, known);
    }
  }
  const differently = [...unlike.values()].map(({ experiment, how, titles }): AcrossRemark => ({
    experiment,
    text: `measured differently, so not compared with those before: ${how}`,
    metrics: listed(titles, 6),
  }));
  return [...whole, ...differently];
}

/** The chart of these metrics in words, for those who do not see it. */
export function acrossInWords(across: AcrossReport, metrics: readonly AcrossMetric[]): string {
  const { chosen } = across;
  const laneText = ({ experiment, speedup, interval, word }: AcrossLane) => {
    const name = `${experimentLetter(experiment)} ${experimentLabel(across, experiment)}`;
    const figures = [formatSpeedup(speedup), ...(interval === null ? [] : [formatInterval(interval)])];
    return [`${name} ${figures.join(', ')}`, ...(word === '' ? [] : [word])].join(', ');
  };
  const parts = acrossGroups(across, metrics).map(
    ({ title, lanes }) => `${title}: ${lanes.map(laneText).join('; ')}`,
  );
  const who = chosen === undefined ? '' : ` of ${chosen.candidate} against ${chosen.baseline}`;
  return `Chart of the speedup${who} in each experiment; above 1 is faster. ${parts.join('. ')}.`;
}
