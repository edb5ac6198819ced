import type { Kind, Quantile } from '../benchmarks/benchmark';
import type { Direction, Imported, StatisticsPlan } from '../model/experiment';
import type { Mode, ModeVerdict } from '../model/guest';
import type { LoadSummary } from '../model/load';
import type { AcrossChoice, AcrossReport } from './acrossShape';

/** What can be said of one metric of one pair. `untested`: shown, not tested. `refused`: the design forbids a verdict. */
export type Verdict =
  'faster' | 'slower' | 'equivalent' | 'inconclusive' | 'insufficient' | 'refused' | 'untested';

/** A guest of a report. `key` is its name, made unique when several experiments are shown together. */
export interface ReportGuest {
  readonly key: string;
  readonly name: string;
  /** Index into `ReportModel.experiments`. */
  readonly experiment: number;
  readonly host?: string;
  readonly mode: Mode;
  readonly confidence: ModeVerdict['confidence'];
  readonly because: readonly string[];
  readonly expectedMode?: string;
}

/** One attempt of one trial; samples point to it by its index in `ReportModel.trials`. */
export interface ReportTrial {
  readonly id: string;
  readonly experiment: number;
  readonly guest: string;
  readonly benchmark: string;
  readonly round: number;
  readonly block: number;
  readonly position: number;
  readonly warmup: boolean;
  readonly startedAt: string;
  readonly durationMs?: number;
  readonly stealPercent?: number;
  readonly load?: ReportLoad;
}

/** What a guest did during a trial: means, in percent of all its CPU time. */
export interface ReportLoad extends LoadSummary {
  readonly userPercent: number;
  readonly systemPercent: number;
  readonly iowaitPercent: number;
  readonly stealPercent: number;
  /** One value per span from the start on; absent in older files. */
  readonly series?: {
    readonly intervalMs: number;
    readonly userPercent: readonly number[];
    readonly systemPercent: readonly number[];
    readonly iowaitPercent: readonly number[];
    readonly stealPercent: readonly number[];
  };
  readonly host?: ReportHostLoad;
}

/** Means over the trial; 100 percent is one physical CPU. */
export interface ReportHostLoad {
  readonly name: string;
  /** The guest's own domain; absent: it is among the others. */
  readonly ownPercent?: number;
  readonly dom0Percent: number;
  readonly othersPercent: number;
}

/** `unpaired`: its block is not (or not yet) complete, so it is shown and not compared. */
export type SampleUse = 'used' | 'warmup' | 'unpaired';

export interface Sample {
  /** Index into `ReportModel.trials`. */
  readonly trial: number;
  readonly block: number;
  readonly round: number;
  readonly value: number;
  readonly use: SampleUse;
}

export interface GuestSamples {
  readonly guest: string;
  /** In the order they were run. */
  readonly samples: readonly Sample[];
  /** Of the samples in use. */
  readonly n: number;
  readonly geometricMean: number | null;
  /** Coefficient of variation of the samples in use, in percent; null below two. */
  readonly cvPercent: number | null;
}

export interface Pair {
  readonly block: number;
  readonly round: number;
  readonly baseline: number;
  readonly candidate: number;
}

export interface DroppedBlock {
  readonly block: number;
  readonly round: number;
  readonly reason: string;
}

/** One metric, candidate against baseline. Above 1 the candidate is better, whatever the metric's direction. */
export interface MetricComparison {
  /** A guest's key, or a mode when modes are compared. */
  readonly candidate: string;
  readonly verdict: Verdict;
  /** The verdict in one or two words. */
  readonly word: string;
  readonly sentence: string;
  /** Complete blocks that were compared. */
  readonly n: number;
  readonly speedup: number | null;
  /** Of published figures: the speedup is no more, or no less, than `speedup`; absent: it is `speedup`. */
  readonly bound?: 'most' | 'least' | undefined;
  readonly interval: readonly [number, number] | null;
  /** What the interval is made of, on the scale of ln(speedup); null where there is none. */
  readonly certainty: { readonly standardError: number; readonly df: number } | null;
  /** Overall p of this comparison alone; null where it is not tested. */
  readonly p: number | null;
  /** p after Holm over the whole planned family. */
  readonly pHolm: number | null;
  readonly pairs: readonly Pair[];
  readonly outlierBlocks: readonly number[];
  readonly droppedBlocks: readonly DroppedBlock[];
  /** Complete blocks beyond the plan's last one: shown, not compared. */
  readonly ignoredBlocks: number;
  /** Of modes: the guests whose means were compared, each with its mean over the complete blocks. */
  readonly replicates?: readonly Replicate[];
}

/** One guest of a mode: a single value of the comparison. */
export interface Replicate {
  readonly guest: string;
  readonly side: 'baseline' | 'candidate';
  readonly host?: string;
  /** exp of the robust mean of the logarithms; null without a complete block. */
  readonly mean: number | null;
  /** Complete blocks behind it. */
  readonly n: number;
}

export interface MetricReport {
  /** benchmark/metric */
  readonly key: string;
  readonly benchmark: string;
  readonly benchmarkTitle: string;
  readonly metric: string;
  readonly title: string;
  readonly kind: Kind;
  readonly unit: string;
  readonly better: Direction;
  readonly primary: boolean;
  /** The last digit that the tool prints, where that is coarse. */
  readonly resolution?: number;
  /** A point of a distribution that the workload's metrics with the same `of` make together. */
  readonly quantile?: Quantile;
  readonly guests: readonly GuestSamples[];
  readonly comparisons: readonly MetricComparison[];
  /** Indexes of the experiments that planned the benchmark. */
  readonly experiments: readonly number[];
}

export type Severity = 'refusal' | 'warning' | 'note';

export interface ReportWarning {
  /** A stable name for tests and filters: 'kernel', 'hosts', 'reboot', … */
  readonly id: string;
  readonly severity: Severity;
  readonly text: string;
  /** A few words for the headline: "the guests' kernels differ". */
  readonly phrase?: string;
}

/** What a difference does to the verdicts: it forbids them, makes them doubtful, or is told only. */
export type Weight = 'blocks' | 'weakens' | 'worth knowing';

/** One thing that could explain a result other than the mode, looked at whether or not it was found. */
export interface ComparabilityCheck {
  /** As in ReportWarning. */
  readonly id: string;
  /** What was looked at: "Kernel". */
  readonly title: string;
  /** `unknown`: it could not be looked at. */
  readonly outcome: 'passed' | 'found' | 'unknown';
  /** How much it counts; `passed` has none. */
  readonly weight?: Weight;
  /** What was seen: "6.1.0-28-amd64 in both". */
  readonly seen: string;
  /** What it could do to the result, and what to do about it. */
  readonly advice?: string;
  /** A few words for the headline, where something was found. */
  readonly phrase?: string;
}

export interface Overall {
  readonly status: 'ok' | 'withheld';
  readonly speedup: number | null;
  readonly interval: readonly [number, number] | null;
  /** Smallest and largest speedup of a workload. */
  readonly range: readonly [number, number] | null;
  readonly workloads: number;
  /** Titles of the planned workloads without an estimate. */
  readonly missing: readonly string[];
  readonly sentence: string;
}

/** Baseline against one candidate, over all metrics. */
export interface PairReport {
  /** A guest's key, or a mode when modes are compared. */
  readonly candidate: string;
  readonly baselineLabel: string;
  readonly candidateLabel: string;
  /** One sentence a colleague can be told. */
  readonly headline: string;
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly overall: Overall;
  /** Both guests are of an imported experiment: ratios of means, neither pairs nor intervals nor verdicts. */
  readonly imported?: Imported;
  readonly warnings: readonly ReportWarning[];
  /** Everything that was looked at, in the order of the page; `warnings` are the ones that found something. */
  readonly checks: readonly ComparabilityCheck[];
}

export interface FactRow {
  readonly id: string;
  readonly label: string;
  /** By guest, in the order of `ReportModel.guests`; null where it is not known. */
  readonly values: readonly (string | null)[];
  readonly differs: boolean;
}

export interface ReportFailure {
  /** Index into `ReportModel.trials`. */
  readonly trial: number;
  readonly guest: string;
  readonly benchmarkTitle: string;
  readonly outcome: 'failed' | 'cancelled' | 'lost';
  readonly reason: string;
}

/** A workload that could not be run on a guest at all, e.g. because its tool could not be installed. */
export interface ReportSetAside {
  readonly guest: string;
  readonly benchmark: string;
  readonly benchmarkTitle: string;
  readonly reason: string;
}

export type RunState = 'empty' | 'running' | 'paused' | 'completed' | 'stopped' | 'failed' | 'interrupted';

export interface ReportStatus {
  readonly state: RunState;
  readonly text: string;
  readonly finished: number;
  readonly planned: number;
  readonly failed: number;
}

export interface ReportExperiment {
  readonly id: string;
  readonly label: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly seed: number;
  readonly guestbench: string;
  /** Guestbench did not run it: its trials are paired with none. */
  readonly imported?: Imported;
  /** Why each benchmark has as many rounds as it has, by its id; imported ones: absent. */
  readonly endings?: Readonly<Record<string, string>>;
}

/** What is compared: single guests, or modes with their guests as replicates. */
export type ComparedBy = 'guest' | 'mode';

/** A mode with the guests it was found in. */
export interface ReportMode {
  readonly mode: Mode;
  /** Keys of guests. */
  readonly guests: readonly string[];
}

/** Everything one report page shows: plain data, ready to be sent. */
export interface ReportModel {
  readonly title: string;
  /** Of the chosen pair; or why there is none. */
  readonly headline: string;
  readonly status: ReportStatus;
  readonly experiments: readonly ReportExperiment[];
  readonly statistics: StatisticsPlan;
  readonly guests: readonly ReportGuest[];
  /** The modes that can be compared with each other; empty unless one of them has at least two guests. */
  readonly modes: readonly ReportMode[];
  readonly by: ComparedBy;
  /** Keys of guests, or modes (see `by`); absent when nothing can be compared. */
  readonly baseline?: string;
  readonly candidate?: string;
  readonly pairs: readonly PairReport[];
  readonly metrics: readonly MetricReport[];
  readonly trials: readonly ReportTrial[];
  readonly failures: readonly ReportFailure[];
  readonly setAside: readonly ReportSetAside[];
  readonly facts: readonly FactRow[];
  /** What the experiments themselves want known, e.g. that both guests are the same machine. */
  readonly notes: readonly string[];
  /** What no verdict of this report can exclude. */
  readonly limits: readonly string[];
  /** With two experiments or more. */
  readonly across?: AcrossReport;
}

/** What the report needs to know of a benchmark; the catalogue's entries fit. */
export interface BenchmarkInfo {
  readonly id: string;
  readonly title: string;
  readonly kind: Kind;
  readonly metrics: readonly {
    readonly id: string;
    readonly title: string;
    readonly unit: string;
    readonly better: Direction;
    readonly primary: boolean;
    readonly resolution?: number;
    readonly quantile?: Quantile;
  }[];
}

export interface ReportOptions {
  /** `mode` is for one experiment; where modes cannot be compared, guests are. */
  readonly by?: ComparedBy;
  /**
   * Keys of guests (their names when one experiment is shown), or modes; the default compares PV with the others.
   */
  readonly baseline?: string;
  readonly candidate?: string;
  /** With two experiments or more: what is followed through them; by default the first of the choices. */
  readonly across?: AcrossChoice;
  /** What an experiment without an end is doing now; by default it counts as interrupted. */
  readonly activity?: 'running' | 'paused' | 'none';
  /** Titles, units and primary metrics; by default the product's catalogue and what the experiments' own labs add. */
  readonly catalogue?: readonly BenchmarkInfo[];
}
