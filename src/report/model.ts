import { benchmarksOf } from '../benchmarks/own';
import type { Experiment, Imported, StatisticsPlan } from '../model/experiment';
import { judge, overallOf, type Draft, type Judged, type Unpaired } from './comparisons';
import { factRows, startFacts } from './facts';
import { count, listed } from './format';
import { choose, guestKey, guestsOf, labelsOf, type Chosen } from './guests';
import { metricsOf, type MetricInfo } from './metrics';
import { neededTrials, pairUp, runsOf, samplesOf, type BenchmarkRuns, type Runs } from './samples';
import { importedHeadline, pairHeadline } from './headline';
import {
  type MetricReport,
  type PairReport,
  type ReportExperiment,
  type ReportGuest,
  type ReportModel,
  type ReportOptions,
  type ReportSetAside,
  type ReportStatus,
  type ReportTrial,
  type ReportWarning,
  type RunState,
  type Verdict,
} from './shape';
import { pairWarnings, type Side } from './warnings';

export type { ReportModel, ReportOptions } from './shape';

const defaultStatistics: StatisticsPlan = { plan: 'anystop', alpha: 0.05, margin: 0.02, maxBlocks: 20 };

/** Everything the report page shows of one experiment, or of several beside each other. Pure. */
export function reportModel(experiments: readonly Experiment[], options: ReportOptions): ReportModel {
  const guests = guestsOf(experiments);
  const runs = allRuns(experiments);
  const trials = runs.flatMap((one) => one.trials);
  const benchmarks = options.catalogue ?? experiments.flatMap(({ lab }) => benchmarksOf(lab));
  const metrics = metricsOf(experiments, benchmarks);
  const [only, ...others] = experiments;
  const chosen = choose(guests, options, others.length === 0 ? only?.plan.baseline : undefined);
  const statistics = experiments[0]?.plan.statistics ?? defaultStatistics;
  const pairings = chosen === undefined ? [] : pairsOf(experiments, chosen, trials);
  const setAside = setAsideOf(experiments, metrics);
  const judged = judge(draftsOf(metrics, pairings, runs, setAside), statistics);
  const byMetric = groupBy(judged, ({ draft }) => draft.metric.key);
  const byCandidate = groupBy(judged, ({ draft }) => draft.candidate);
  const imported = experiments.map((experiment) => experiment.imported !== undefined);
  const reports = metrics.map((metric) =>
    metricReport(metric, guests, chosen, runs, byMetric.get(metric.key) ?? [], imported),
  );
  const pairs = pairings.map((pairing) =>
    pairReport(pairing, byCandidate.get(pairing.candidate.guest.key) ?? [], statistics, reports),
  );
  const titles = new Map(metrics.map(({ benchmark, benchmarkTitle }) => [benchmark, benchmarkTitle]));
  const chosenPair = pairs.find(({ candidate }) => candidate === chosen?.candidate.key);
  return {
    title: listed(experiments.map(({ label }) => label)) || 'Report',
    headline: chosenPair?.headline ?? lonelyHeadline(guests, runs),
    status: statusOf(experiments, runs, setAside.length, options.activity ?? 'none'),
    experiments: experiments.map(experimentInfo),
    statistics,
    guests,
    modes: [],
    by: 'guest',
    ...(chosen === undefined ? {} : { baseline: chosen.baseline.key, candidate: chosen.candidate.key }),
    pairs,
    metrics: reports,
    trials,
    failures: runs.flatMap(({ failures }) =>
      failures.map((failure) => {
        const benchmark = trials[failure.trial]?.benchmark ?? '';
        return { ...failure, benchmarkTitle: titles.get(benchmark) ?? benchmark };
      }),
    ),
    setAside,
    facts: factRows(guests.map((guest) => factsOfGuest(experiments, guest))),
    notes: [...new Set(experiments.flatMap(({ notes }) => notes))],
    limits: pairs.every(({ imported }) => imported !== undefined) ? [] : [bootLimit],
  };
}

function setAsideOf(experiments: readonly Experiment[], metrics: readonly MetricInfo[]): ReportSetAside[] {
  return experiments.flatMap((experiment, index) =>
    experiment.setAside.map(({ guest, benchmark, reason }) => ({
      guest: guestKey(experiments, index, guest),
      benchmark,
      benchmarkTitle: metrics.find((metric) => metric.benchmark === benchmark)?.benchmarkTitle ?? benchmark,
      reason,
    })),
  );
}

function allRuns(experiments: readonly Experiment[]): Runs[] {
  let firstTrial = 0;
  return experiments.map((experiment, index) => {
    const runs = runsOf(experiment, index, (guest) => guestKey(experiments, index, guest), firstTrial);
    firstTrial += runs.trials.length;
    return runs;
  });
}

function factsOfGuest(experiments: readonly Experiment[], guest: ReportGuest) {
  const experiment = experiments[guest.experiment];
  return experiment === undefined ? undefined : startFacts(experiment, guest.name);
}

interface Pairing {
  readonly baseline: Side;
  readonly candidate: Side;
  readonly warnings: readonly ReportWarning[];
}

function pairsOf(
  experiments: readonly Experiment[],
  chosen: Chosen,
  trials: readonly ReportTrial[],
): Pairing[] {
  const sideOf = (guest: ReportGuest, label: string): Side | undefined => {
    const experiment = experiments[guest.experiment];
    return experiment && { guest, experiment, label, facts: startFacts(experiment, guest.name) };
  };
  return chosen.candidates.flatMap((guest) => {
    const labels = labelsOf(chosen.baseline, guest);
    const baseline = sideOf(chosen.baseline, labels.baseline);
    const candidate = sideOf(guest, labels.candidate);
    if (baseline === undefined || candidate === undefined) return [];
    return [{ baseline, candidate, warnings: pairWarnings(baseline, candidate, trials) }];
  });
}

function draftsOf(
  metrics: readonly MetricInfo[],
  pairings: readonly Pairing[],
  runs: readonly Runs[],
  setAside: readonly ReportSetAside[],
): Draft[] {
  return pairings.flatMap(({ baseline, candidate, warnings }) => {
    const names = { baseline: baseline.label, candidate: candidate.label };
    const refused = warnings.some(({ severity }) => severity === 'refusal');
    const nameOf = (key: string) => (key === baseline.guest.key ? names.baseline : names.candidate);
    return metrics.flatMap((metric): Draft[] => {
      // Metrics of a workload that another experiment planned say nothing about this pair.
      if (![baseline, candidate].some(({ guest }) => metric.experiments.includes(guest.experiment)))
        return [];
      const own = runs[baseline.guest.experiment]?.byBenchmark.get(metric.benchmark) ?? nothingRun;
      if (importOf(baseline, candidate) !== undefined) {
        const meanOf = ({ guest }: Side) => samplesOf(own, metric.metric, guest.key, () => true);
        const unpaired: Unpaired = { baseline: meanOf(baseline), candidate: meanOf(candidate) };
        const nothing = { pairs: [], dropped: [], refused: false, setAside: [] };
        return [{ metric, candidate: candidate.guest.key, names, ...nothing, unpaired }];
      }
      const { pairs, dropped } = pairUp(own, metric.metric, baseline.guest.key, candidate.guest.key, nameOf);
      const why = setAside
        .filter((one) => one.benchmark === metric.benchmark)
        .filter(({ guest }) => guest === baseline.guest.key || guest === candidate.guest.key)
        .map(({ guest, reason }) => `${nameOf(guest)}: ${reason}`);
      return [{ metric, candidate: candidate.guest.key, names, pairs, dropped, refused, setAside: why }];
    });
  });
}

/** How a pair was imported; undefined when it was measured here, or is not of one experiment. */
function importOf(baseline: Side, candidate: Side): Imported | undefined {
  return baseline.experiment === candidate.experiment ? baseline.experiment.imported : undefined;
}

const nothingRun: BenchmarkRuns = { blocks: [], warmups: new Map(), values: new Map() };

function metricReport(
  metric: MetricInfo,
  guests: readonly ReportGuest[],
  chosen: Chosen | undefined,
  runs: readonly Runs[],
  judged: readonly Judged[],
  imported: readonly boolean[],
): MetricReport {
  const partners = (guest: ReportGuest): readonly ReportGuest[] =>
    chosen === undefined ? [] : guest === chosen.baseline ? chosen.candidates : [chosen.baseline];
  return {
    ...metric,
    guests: guests.flatMap((guest) => {
      const own = runs[guest.experiment]?.byBenchmark.get(metric.benchmark);
      if (own === undefined) return [];
      const beside = partners(guest).filter(({ experiment }) => experiment === guest.experiment);
      const values = own.values.get(metric.metric);
      const isImported = imported[guest.experiment] === true;
      const partnersValues = beside.map(({ key }) => values?.get(key));
      const paired = (place: number) =>
        isImported || beside.length === 0 || partnersValues.some((column) => column?.[place] !== undefined);
      return [samplesOf(own, metric.metric, guest.key, paired)];
    }),
    comparisons: judged.map(({ comparison }) => comparison),
  };
}

function pairReport(
  { baseline, candidate, warnings }: Pairing,
  judged: readonly Judged[],
  plan: StatisticsPlan,
  reports: readonly MetricReport[],
): PairReport {
  const names = { baseline: baseline.label, candidate: candidate.label };
  const byKey = new Map(reports.map((report) => [report.key, report]));
  const tested = judged.flatMap(({ draft, comparison }) => {
    const report = byKey.get(draft.metric.key);
    return report?.primary === true && report.better !== 'none' ? [[report, comparison] as const] : [];
  });
  const overall = overallOf(judged, names, plan);
  const imported = importOf(baseline, candidate);
  const counted = (verdict: Verdict) =>
    judged.filter(({ comparison }) => comparison.verdict === verdict).length;
  const counts = {
    faster: counted('faster'),
    slower: counted('slower'),
    equivalent: counted('equivalent'),
    inconclusive: counted('inconclusive'),
    insufficient: counted('insufficient'),
    refused: counted('refused'),
    untested: counted('untested'),
  };
  return {
    candidate: candidate.guest.key,
    baselineLabel: names.baseline,
    candidateLabel: names.candidate,
    headline:
      imported === undefined
        ? pairHeadline(names, tested, overall, warnings, plan)
        : importedHeadline(names, tested, imported),
    counts,
    overall,
    ...(imported === undefined ? {} : { imported }),
    warnings,
    checks: [],
  };
}

function lonelyHeadline(guests: readonly ReportGuest[], runs: readonly Runs[]): string {
  const [only] = guests;
  if (only === undefined) return 'Nothing was measured: this experiment has no guests.';
  const measured = runs.some(({ byBenchmark }) => byBenchmark.size > 0);
  const who = `${only.key}${only.mode === 'unknown' ? '' : `, ${only.mode}`}`;
  return measured
    ? `One guest only (${who}): its figures are shown, and there is nothing to compare them with.`
    : `Nothing was measured yet on ${who}.`;
}

function statusOf(
  experiments: readonly Experiment[],
  runs: readonly Runs[],
  setAside: number,
  activity: NonNullable<ReportOptions['activity']>,
): ReportStatus {
  const planned = experiments.reduce((sum, experiment) => sum + neededTrials(experiment).length, 0);
  const finished = runs.reduce((sum, one) => sum + one.finished, 0);
  const failed = runs.reduce((sum, one) => sum + one.failed, 0);
  if (experiments.length > 0 && experiments.every(({ imported }) => imported !== undefined)) {
    const text = `Imported · ${count(finished, 'run')}${failed > 0 ? ` · ${failed} failed` : ''}`;
    return { state: 'completed', text, finished, planned, failed };
  }
  const last = experiments.find(({ ended }) => ended === undefined) ?? experiments.at(-1);
  const state: RunState =
    last === undefined ? 'empty' : (last.ended?.reason ?? (activity === 'none' ? 'interrupted' : activity));
  const message = last?.ended?.message;
  const words: Record<RunState, string> = {
    empty: 'No experiment',
    running: 'Running',
    paused: 'Paused',
    completed: 'Completed',
    stopped: 'Stopped before the end',
    failed: 'Ended by a failure',
    interrupted: 'Interrupted: it can be resumed',
  };
  const parts = [
    words[state] + (message === undefined || message === '' ? '' : ` (${message})`),
    `${finished} of ${count(planned, 'trial')} finished`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(setAside > 0 ? [`${count(setAside, 'workload')} set aside`] : []),
  ];
  return { state, text: parts.join(' · '), finished, planned, failed };
}

function experimentInfo(experiment: Experiment): ReportExperiment {
  const { id, label, startedAt, ended, seed, guestbench, imported } = experiment;
  return {
    ...{ id, label, startedAt, seed, guestbench },
    ...(ended === undefined ? {} : { endedAt: ended.at }),
    ...(imported === undefined ? {} : { imported }),
  };
}

const bootLimit =
  'Verdicts hold for this boot: the guests are not rebooted between rounds, so an effect that comes and goes with a boot counts as the mode.';

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
