import type * as z from 'zod/mini';
import type { Direction, Measurement } from '../model/experiment';
import type { Parameters } from '../model/lab';

export interface Metric {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly better: Direction;
  /** The one metric per benchmark that is tested; the others are shown, not tested. */
  readonly primary: boolean;
  /** Comes with some parameters or figures only: a trial without it is whole all the same. */
  readonly optional?: true;
  /** The last digit the tool prints, where that is coarse: what is equal in print is not proved to be equal. */
  readonly resolution?: number;
  /** A point of a distribution: the metrics of a benchmark with the same `of` make its curve. */
  readonly quantile?: Quantile;
}

/** E.g. `of` completion latency, 99 percent are at most this. */
export interface Quantile {
  readonly of: string;
  readonly percent: number;
}

export type Phase = 'check' | 'install' | 'run' | 'cleanup';
export const presets = ['quick', 'standard', 'thorough'] as const;
export type Preset = (typeof presets)[number];
export type Kind = 'cpu' | 'memory' | 'disk' | 'web' | 'system';

/** What one execution left behind. */
export interface TrialOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly cancelled: boolean;
  /** Result files by name (out.json, composite.xml, …) to their text. */
  readonly files: ReadonlyMap<string, string>;
}

/** Metrics are empty unless the outcome is `ok` or `mixed`. */
export interface ParsedOutput {
  /** `mixed`: tests of a suite failed. A figure beside the result that is left out leaves the outcome `ok`. */
  readonly outcome: 'ok' | 'failed' | 'cancelled' | 'mixed';
  readonly metrics: readonly Measurement[];
  readonly reason?: string;
  /** What there is no figure of, and why: a test that failed, or a figure that is left out. */
  readonly failed?: readonly { readonly test: string; readonly error: string }[];
}

/** Something a benchmark needs that Guestbench does not bring: one of its parameters says where it is. */
export interface SourceNeed {
  /** The parameter, made by `place`; empty: the person's setting says it. */
  readonly parameter: string;
  /** Its name in the setting `guestbench.sources`. */
  readonly setting: string;
  /** What people call it. */
  readonly what: string;
  /** `optional`: without one the benchmark takes something that guests have. */
  readonly need: 'required' | 'optional';
}

/** Something on a guest that a run would use up, and that a person must name before it does. */
export interface Confirmation {
  /** The parameter that carries it; while it is empty, nobody has confirmed. */
  readonly parameter: string;
  /** What is to be named. */
  readonly name: string;
  /** What is lost there. */
  readonly loses: 'everything' | 'nothing';
  /** POSIX sh: asks a guest what is there, for `readConfirmation`. */
  readonly script: string;
}

/**
 * A named workload. Scripts are POSIX sh and see two folders: `$GB_WORK` (on a real disk, kept between the
 * trials of one experiment, removed at its end) and `$GB_FILES` (of this trial; result files put there reach
 * `parse`). LC_ALL=C and standard input from /dev/null are given; a script never leaves those folders.
 */
export interface Benchmark {
  readonly id: string;
  readonly title: string;
  /** One sentence: what it measures. */
  readonly description: string;
  readonly kind: Kind;
  readonly metrics: readonly Metric[];
  /** Validates parameters and fills in defaults (the `standard` preset). */
  readonly parameters: z.ZodMiniType<Parameters, Parameters>;
  readonly presets: Readonly<Record<Preset, Parameters>>;
  readonly source?: SourceNeed;
  /** What must be confirmed before a run with these parameters; undefined: nothing. */
  confirmation?(parameters: Parameters): Confirmation | undefined;
  /** Rough seconds of one trial, for the first estimate. */
  estimateSeconds(parameters: Parameters): number;
  /** Seconds after which a trial counts as hung. */
  timeoutSeconds(parameters: Parameters): number;
  /**
   * POSIX sh text of a phase. `check` prints lines for `parseCheck` (check.ts) and always exits 0; `install`
   * shows the exact command it runs; `run` exits with the tool's own status; `cleanup` removes what is ours.
   */
  script(phase: Phase, parameters: Parameters): string;
  /** Never throws, never gives a figure of a failed or cancelled run. */
  parse(output: TrialOutput): ParsedOutput;
}
