import type { StatisticsPlan } from '../model/experiment';
import type { ComparedBy, FactRow, MetricReport, Overall, ReportWarning, Verdict } from './shape';

/** Two modes, or two guests by their names, that are followed through several experiments. */
export interface AcrossChoice {
  readonly by: ComparedBy;
  readonly baseline: string;
  readonly candidate: string;
}

/**
 * The same two labels compared within each of several experiments, and what changed from one experiment to the next.
 * Every experiment is judged by its own statistics and its own family; nothing is pooled. Above 1 the candidate is
 * better, as everywhere.
 */
export interface AcrossReport {
  /** What can be followed: present in at least two experiments, modes first. Empty: see `headline`. */
  readonly choices: readonly AcrossChoice[];
  /** The one of `choices` that is shown; absent when there is none. */
  readonly chosen?: AcrossChoice;
  /** One sentence fit to paste; or why nothing can be followed. */
  readonly headline: string;
  /** All experiments of the report in the order they were started; those without the two labels say so. */
  readonly experiments: readonly AcrossExperiment[];
  readonly metrics: readonly AcrossMetric[];
  /** What else differs between the experiments and could explain a change. Values in the order of `experiments`. */
  readonly facts: readonly FactRow[];
}

export interface AcrossExperiment {
  /** Index into `ReportModel.experiments`. */
  readonly experiment: number;
  readonly label: string;
  readonly startedAt: string;
  /** Keys of the guests that were compared; several when modes are compared. Empty: see `why`. */
  readonly baseline: readonly string[];
  readonly candidate: readonly string[];
  /** This experiment's own headline of the pair; absent without one. */
  readonly headline?: string;
  readonly overall?: Overall;
  /** How it was judged, which need not be how the others were; absent without a comparison. */
  readonly statistics?: Pick<StatisticsPlan, 'alpha' | 'margin'>;
  /** What weakens or blocks this experiment's own verdicts. */
  readonly warnings: readonly ReportWarning[];
  /** Why there is no comparison in this experiment. */
  readonly why?: string;
}

/** One metric through the experiments. A metric with other units or directions is a row of its own. */
export interface AcrossMetric extends Pick<
  MetricReport,
  'key' | 'benchmark' | 'benchmarkTitle' | 'metric' | 'title' | 'kind' | 'unit' | 'better' | 'primary'
> {
  /** In the order of `AcrossReport.experiments`; experiments without this metric are left out. */
  readonly entries: readonly AcrossEntry[];
  /** Each later entry against the first one that was measured alike, where both have an estimate. */
  readonly changes: readonly AcrossChange[];
  /** The same guest in several experiments, as it measured: estimates, never verdicts. */
  readonly guests: readonly AcrossGuest[];
}

/** The comparison of one metric within one experiment: one mark of the chart. */
export interface AcrossEntry {
  /** Index into `ReportModel.experiments`. */
  readonly experiment: number;
  readonly verdict: Verdict;
  readonly word: string;
  readonly sentence: string;
  readonly n: number;
  readonly speedup: number | null;
  readonly interval: readonly [number, number] | null;
  /** Entries of the same number were measured alike: same parameters, same versions of the tool. From 1. */
  readonly alike: number;
  /** How it was measured differently than the entries before: "parameter seconds: 30 instead of 60". */
  readonly differs: readonly string[];
}

/** The speedup in one experiment divided by that in an earlier one: 1.05 is 5 % more advantage for the candidate. */
export interface AcrossChange {
  /** Indexes into `ReportModel.experiments`. */
  readonly from: number;
  readonly to: number;
  readonly ratio: number;
  /** From the two independent standard errors, at the level of the experiments' own intervals; null without both. */
  readonly interval: readonly [number, number] | null;
  /** `estimate`: no interval, so nothing is claimed. `same`: the interval lies inside the margin. */
  readonly verdict: 'larger' | 'smaller' | 'same' | 'unclear' | 'estimate';
  readonly sentence: string;
}

/** One guest name through the experiments, in the metric's unit. */
export interface AcrossGuest {
  readonly name: string;
  readonly entries: readonly {
    /** Index into `ReportModel.experiments`. */
    readonly experiment: number;
    readonly n: number;
    readonly geometricMean: number | null;
    readonly alike: number;
  }[];
  /** Against the first entry measured alike; above 1 it became better. */
  readonly changes: readonly {
    readonly from: number;
    readonly to: number;
    readonly speedup: number;
    /** Says that no verdict can be given, and why. */
    readonly sentence: string;
  }[];
}
