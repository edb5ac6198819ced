import { benchmarksOf } from '../benchmarks/own';
import type { Experiment, StatisticsPlan } from '../model/experiment';
import { acrossOf } from './across';
import { judge, overallOf, type Draft, type Judged } from './comparisons';
import { comparabilityChecks, warningsOf } from './comparability';
import { driftCheck } from './drift';
import { endingsOf } from './endings';
import { limitsOf } from './limits';
import { factRows, startFacts } from './facts';
import { count, listed } from './format';
import { choose, guestKey, guestsOf } from './guests';
import { metricsOf, type MetricInfo } from './metrics';
import { chooseModes, modesOf } from './modes';
import { draftsOf, hostsOf, importOf, pairingsOf, type CheckedPairing, type Pairing } from './pairings';
import { neededTrials, runsOf, samplesOf, type Runs } from './samples';
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
  type RunState,
  type Verdict,
} from './shape';

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
  const modes = modesOf(experiments, guests);
  const chosenModes = chooseModes(modes, options);
  const chosenGuests = choose(guests, options, others.length === 0 ? only?.plan.baseline : undefined);
  const chosen =
    chosenModes ??
    (chosenGuests && { baseline: chosenGuests.baseline.key, candidate: chosenGuests.candidate.key });
  const first = chosenModes
    ? guests.find(({ mode }) => mode === chosenModes.baseline)
    : chosenGuests?.baseline;
  const statistics = experiments[first?.experiment ?? 0]?.plan.statistics ?? defaultStatistics;
  const setAside = setAsideOf(experiments, metrics);
  const compared = groupBy(
    trials.filter(({ warmup }) => !warmup),
    ({ guest }) => guest,
  );
  const sides = pairingsOf(experiments, guests, chosenGuests, chosenModes).map((pairing) => {
    const checks = comparabilityChecks(pairing.baseline, pairing.candidate, compared);
    return { ...pairing, checks, warnings: warningsOf(checks) };
  });
  const drafts = draftsOf(metrics, sides, runs, setAside);
  const pairings = sides.map((pairing) => withDrift(pairing, drafts, statistics));
  const judged = judge(drafts, statistics);
  const byMetric = groupBy(judged, ({ draft }) => draft.metric.key);
  const byCandidate = groupBy(judged, ({ draft }) => draft.candidate);
  const imported = experiments.map((experiment) => experiment.imported !== undefined);
  const participants = guests.map((guest) => ({
    guest,
    partners: imported[guest.experiment] === true ? [] : partnersOf(guest, pairings),
  }));
  const reports = metrics.map((metric) =>
    metricReport(metric, participants, runs, byMetric.get(metric.key) ?? []),
  );
  const pairs = pairings.map((pairing) =>
    pairReport(pairing, byCandidate.get(pairing.candidate.key) ?? [], statistics, reports),
  );
  const titles = new Map(metrics.map(({ benchmark, benchmarkTitle }) => [benchmark, benchmarkTitle]));
  const chosenPair = pairs.find(({ candidate }) => candidate === chosen?.candidate);
  return {
    title: listed(experiments.map(({ label }) => label)) || 'Report',
    headline: chosenPair?.headline ?? lonelyHeadline(guests, runs),
    status: statusOf(experiments, runs, setAside.length, options.activity ?? 'none'),
    experiments: experiments.map(experimentInfo),
    statistics,
    guests,
    modes,
    by: chosenModes === undefined ? 'guest' : 'mode',
    ...(chosen === undefined ? {} : { baseline: chosen.baseline, candidate: chosen.candidate }),
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
    limits: pairs.every(({ imported }) => imported !== undefined)
      ? []
      : limitsOf(experiments, chosenModes === undefined ? 'guest' : 'mode'),
    ...(others.length === 0
      ? {}
      : {
          across: acrossOf(experiments, options.across, (experiment, own) =>
            reportModel([experiment], {
              ...own,
              ...(options.catalogue === undefined ? {} : { catalogue: options.catalogue }),
            }),
          ),
        }),
  };
}

/** The model that `reportModel` would make for another candidate of the same baseline; undefined: it has to be made. */
export function withCandidate(
  model: ReportModel,
  { by = 'guest', baseline, candidate }: Pick<ReportOptions, 'by' | 'baseline' | 'candidate'>,
): ReportModel | undefined {
  if (by !== model.by || baseline !== model.baseline) return undefined;
  const pair = model.pairs.find((one) => one.candidate === candidate);
  return pair === undefined ? undefined : { ...model, headline: pair.headline, candidate: pair.candidate };
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

interface Participant {
  readonly guest: ReportGuest;
  /** As `partnersOf` gives them; empty: nobody need be there for its values to count. */
  readonly partners: readonly (readonly string[])[];
}

function metricReport(
  metric: MetricInfo,
  participants: readonly Participant[],
  runs: readonly Runs[],
  judged: readonly Judged[],
): MetricReport {
  return {
    ...metric,
    guests: participants.flatMap(({ guest, partners }) => {
      const own = runs[guest.experiment]?.byBenchmark.get(metric.benchmark);
      if (own === undefined) return [];
      const values = own.values.get(metric.metric);
      const columns = partners.map((keys) => keys.map((key) => values?.get(key)));
      const paired = (place: number) =>
        columns.length === 0 ||
        columns.some((together) => together.every((column) => column?.[place] !== undefined));
      return [samplesOf(own, metric.metric, guest.key, paired)];
    }),
    comparisons: judged.map(({ comparison }) => comparison),
  };
}

/** With whom a guest must have a value in a block for its own to count: one list for each pair it is in. */
function partnersOf(guest: ReportGuest, pairings: readonly Pairing[]): string[][] {
  return pairings.flatMap(({ baseline, candidate }) => {
    const all = [...baseline.subjects, ...candidate.subjects].map((subject) => subject.guest);
    if (!all.includes(guest)) return [];
    const [first] = hostsOf({ baseline, candidate });
    const together = all.filter(({ experiment }) => experiment === guest.experiment);
    const near = together.filter(({ host = first }) => host === (guest.host ?? first));
    const others = all.length === 2 ? together : near;
    const keys = others.filter((other) => other !== guest).map(({ key }) => key);
    return keys.length === 0 ? [] : [keys];
  });
}

/** The check that needs the figures themselves, after the others. */
function withDrift(
  { checks, ...pairing }: CheckedPairing,
  drafts: readonly Draft[],
  { margin }: StatisticsPlan,
): CheckedPairing {
  if (importOf(pairing) !== undefined) return { ...pairing, checks };
  const own = drafts.filter(({ candidate, refused }) => candidate === pairing.candidate.key && !refused);
  const all = own.length === 0 ? checks : [...checks, driftCheck(own, margin)];
  return { ...pairing, checks: all, warnings: warningsOf(all) };
}

function pairReport(
  pairing: CheckedPairing,
  judged: readonly Judged[],
  plan: StatisticsPlan,
  reports: readonly MetricReport[],
): PairReport {
  const { baseline, candidate, checks, warnings } = pairing;
  const names = { baseline: baseline.label, candidate: candidate.label };
  const byKey = new Map(reports.map((report) => [report.key, report]));
  const tested = judged.flatMap(({ draft, comparison }) => {
    const report = byKey.get(draft.metric.key);
    return report?.primary === true && report.better !== 'none' ? [[report, comparison] as const] : [];
  });
  const overall = overallOf(judged, names, plan);
  const imported = importOf(pairing);
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
    candidate: candidate.key,
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
    checks,
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
    const isPublished = experiments.every(({ imported }) => imported?.from === 'published');
    const amount = isPublished
      ? count(
          new Set(experiments.flatMap(({ plan }) => plan.benchmarks.map(({ id }) => id))).size,
          'workload',
        )
      : count(finished, 'run');
    const text = `Imported · ${amount}${failed > 0 ? ` · ${failed} failed` : ''}`;
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
    ...(imported === undefined ? { endings: endingsOf(experiment) } : { imported }),
  };
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
