import type { Direction, Imported } from '../model/experiment';
import type { Facts } from '../model/guest';
import type { Verdict } from './shape';

/** What a trend needs to know of one experiment file: small, so that hundreds fit into memory. */
export interface TrendEntry {
  /** Where it is, as the host knows it. */
  readonly file: string;
  readonly id: string;
  readonly label: string;
  readonly startedAt: string;
  readonly hasEnded: boolean;
  readonly imported?: Imported;
  readonly guests: readonly TrendGuest[];
  readonly metrics: readonly TrendMetric[];
}

export interface TrendGuest {
  readonly name: string;
  readonly mode: string;
  readonly host?: string;
  /** Of the start; absent: nothing is known of it. */
  readonly facts?: Facts;
}

/** One metric of one experiment, as it was planned there. */
export interface TrendMetric {
  /** The benchmark's own id, a slash, the metric's. */
  readonly key: string;
  readonly title: string;
  readonly unit: string;
  readonly better: Direction;
  readonly primary: boolean;
  /** Name to value as text, defaults included. */
  readonly parameters: Readonly<Record<string, string>>;
  /** What a person's own benchmark does, as one text; absent for the others. */
  readonly definition?: string;
  readonly values: readonly TrendValue[];
  readonly pairs: readonly TrendPair[];
}

/** What one guest measured: geometric mean, smallest and largest of the trials in use, in the metric's unit. */
export interface TrendValue {
  readonly guest: string;
  readonly n: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly cvPercent: number | null;
  /** As the tool told them; empty: it told none. */
  readonly versions: string;
}

/** What two guests of one experiment were compared to; above 1 the candidate is better. */
export interface TrendPair {
  readonly baseline: string;
  readonly candidate: string;
  readonly n: number;
  readonly speedup: number;
  readonly interval: readonly [number, number] | null;
  readonly verdict: Verdict;
  readonly word: string;
}

/** Something that can be chosen; `points` experiments have it. */
export interface TrendOption {
  readonly key: string;
  readonly title: string;
  readonly points: number;
}

export interface TrendPoint {
  readonly file: string;
  readonly label: string;
  readonly startedAt: string;
  readonly hasEnded: boolean;
  readonly origin: 'measured' | 'imported' | 'published';
  readonly n: number;
  /** A geometric mean in the unit of the trend, or a speedup. */
  readonly centre: number;
  /** The smallest and the largest trial, or the interval of the speedup; null: there is none. */
  readonly spread: readonly [number, number] | null;
  readonly cvPercent: number | null;
  readonly verdict?: Verdict;
  /** The verdict in words. */
  readonly word?: string;
  /** What changed since the point before and may explain a difference: "kernel 6.1.0-20 → 6.1.0-25". */
  readonly changes: readonly string[];
  /** Why it is not joined with the point before; empty: it is, or it is the first one. */
  readonly apart: readonly string[];
}

/** The points of one guest, or of one pair of guests, in the order of time. */
export interface TrendLine {
  readonly name: string;
  readonly points: readonly TrendPoint[];
}

export interface TrendLeftOut {
  readonly reason: string;
  readonly files: readonly { readonly file: string; readonly label: string }[];
}

/** Everything the page of a trend shows: plain data, ready to be sent. */
export interface TrendModel {
  /** The name of the folder. */
  readonly folder: string;
  readonly headline: string;
  /** Metrics found in two experiments or more, of each with its parameters. */
  readonly metrics: readonly TrendOption[];
  /** Guests, modes and pairs that have the metric in two experiments or more. */
  readonly subjects: readonly TrendOption[];
  /** Keys of the chosen ones; absent when there is nothing to choose. */
  readonly metric?: string;
  readonly subject?: string;
  readonly kind: 'value' | 'speedup';
  readonly unit: string;
  readonly better: Direction;
  readonly lines: readonly TrendLine[];
  readonly leftOut: readonly TrendLeftOut[];
  /** What must be said of figures that come from elsewhere. */
  readonly notes: readonly string[];
  readonly experiments: number;
  /** While files are being read, or when that was cancelled: how many of them are. */
  readonly reading?: {
    readonly state: 'reading' | 'cancelled';
    readonly read: number;
    readonly total: number;
  };
}

export interface TrendChoice {
  readonly metric?: string | undefined;
  readonly subject?: string | undefined;
}
