import { benchmarksOf } from '../benchmarks/own';
import type { Experiment } from '../model/experiment';
import { startFacts } from './facts';
import { parametersOf, versionKey, versionsOf } from './howMeasured';
import { reportModel } from './model';
import type { GuestSamples, MetricReport } from './shape';
import type { TrendEntry, TrendGuest, TrendMetric, TrendPair, TrendValue } from './trendShape';
import { fullTitle } from './wording';

/** What a trend needs to know of an experiment. Pure. */
export function trendEntry(file: string, experiment: Experiment): TrendEntry {
  const { id, label, startedAt, imported, ended, lab, plan } = experiment;
  const known = benchmarksOf(lab);
  const model = reportModel([experiment], {});
  const refs = new Map(plan.benchmarks.map((ref) => [ref.id, ref]));
  const versions = versionsOf(experiment);
  return {
    ...{ file, id, label, startedAt, hasEnded: ended !== undefined },
    ...(imported === undefined ? {} : { imported }),
    guests: model.guests.map((guest): TrendGuest => {
      const facts = startFacts(experiment, guest.name);
      return {
        name: guest.name,
        mode: guest.mode,
        ...(guest.host === undefined ? {} : { host: guest.host }),
        ...(facts === undefined ? {} : { facts }),
      };
    }),
    metrics: model.metrics.map((metric) => {
      const ref = refs.get(metric.benchmark) ?? { id: metric.benchmark };
      const named = ref.benchmark ?? ref.id;
      const definition = lab.benchmarks?.find((own) => own.id === named);
      return {
        key: `${named}/${metric.metric}`,
        title: fullTitle(metric),
        unit: metric.unit,
        better: metric.better,
        primary: metric.primary,
        parameters: parametersOf(ref, known),
        ...(definition === undefined ? {} : { definition: JSON.stringify(definition) }),
        values: metric.guests.flatMap((samples) =>
          valueOf(samples, versions.get(versionKey(metric.benchmark, samples.guest)) ?? ''),
        ),
        pairs: pairsOf(metric, model.baseline),
      } satisfies TrendMetric;
    }),
  };
}

function valueOf(
  { guest, samples, n, geometricMean, cvPercent }: GuestSamples,
  versions: string,
): TrendValue[] {
  if (geometricMean === null) return [];
  let [low, high] = [Infinity, -Infinity];
  for (const { value, use } of samples) {
    if (use !== 'used') continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [{ guest, n, mean: geometricMean, low, high, cvPercent, versions }];
}

function pairsOf({ comparisons }: MetricReport, baseline: string | undefined): TrendPair[] {
  if (baseline === undefined) return [];
  return comparisons.flatMap(({ candidate, n, speedup, interval, verdict, word }) =>
    speedup === null ? [] : [{ baseline, candidate, n, speedup, interval, verdict, word }],
  );
}
