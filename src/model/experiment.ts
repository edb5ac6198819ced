import * as z from 'zod/mini';
import { factsSchema, type Facts } from './guest';
import { hostLoadSchema, loadSchema, type HostLoad, type Load } from './load';
import { expectedModeSchema, labSchema, parametersSchema, type Lab } from './lab';

/** The version of the experiment file this code writes. Older ones are read for ever, newer ones refused. */
export const formatVersion = 1;

export const guestRefSchema = z.object({
  name: z.string(),
  host: z.optional(z.string()),
  mode: z.optional(expectedModeSchema),
});
export type GuestRef = z.infer<typeof guestRefSchema>;

export const workloadKindSchema = z.enum(['cpu', 'memory', 'disk', 'web', 'system']);
/** What a workload keeps busy; `system`: a mixture. */
export type WorkloadKind = z.infer<typeof workloadKindSchema>;

export const benchmarkRefSchema = z.object({
  /** Unique within the experiment. */
  id: z.string(),
  /** The benchmark's own id where it is planned under another one, so that it can be there more than once. */
  benchmark: z.optional(z.string()),
  /** What people call it; by default what the benchmark is called. */
  title: z.optional(z.string()),
  /** By default what the benchmark says; for imported ones that no catalogue knows. */
  kind: z.optional(workloadKindSchema),
  parameters: z.optional(parametersSchema),
});
/** A benchmark as planned. */
export type BenchmarkRef = z.infer<typeof benchmarkRefSchema>;

export const trialSchema = z.object({
  /** Unique within the experiment. */
  id: z.string(),
  /** 1, 2, …; 0 is the warm-up. */
  round: z.int(),
  /** The unit of pairing: one trial of one benchmark in every guest. 1, 2, … per benchmark; 0 is the warm-up. */
  block: z.int(),
  /** Place within the block, from 0. */
  position: z.int(),
  guest: z.string(),
  benchmark: z.string(),
  /** A warm-up is measured and recorded, but never compared. */
  warmup: z.boolean(),
});
/** One execution of one benchmark on one guest. */
export type Trial = z.infer<typeof trialSchema>;

export const directionSchema = z.enum(['higher', 'lower', 'none']);
/** Which way a metric is better; `none`: neither (CPU use, for information). */
export type Direction = z.infer<typeof directionSchema>;

export const measurementSchema = z.object({
  id: z.string(),
  value: z.number(),
  unit: z.string(),
  better: directionSchema,
  samples: z.optional(z.readonly(z.array(z.number()))),
  /** For metrics that are known only once they are measured: what people call it, and whether it is tested. */
  title: z.optional(z.string()),
  primary: z.optional(z.boolean()),
  /** Of published figures: `value` was given as the most it is, not as what it is. */
  bound: z.optional(z.literal('most')),
});
/** One figure of one trial. */
export type Measurement = z.infer<typeof measurementSchema>;

export const cpuUseSchema = z.object({
  /** Shares of all CPU time of the guest during the trial, in percent. */
  userPercent: z.number(),
  systemPercent: z.number(),
  iowaitPercent: z.number(),
  stealPercent: z.number(),
  idlePercent: z.number(),
});
export type CpuUse = z.infer<typeof cpuUseSchema>;

export const statisticsPlanSchema = z.object({
  plan: z.enum(['anystop', 'fixed']),
  alpha: z.number(),
  margin: z.number(),
  maxBlocks: z.int(),
});
/** How the comparison is made (docs/STATISTICS.md); fixed before the first trial. */
export type StatisticsPlan = z.infer<typeof statisticsPlanSchema>;

export const planSchema = z.object({
  guests: z.array(guestRefSchema),
  benchmarks: z.array(benchmarkRefSchema),
  rounds: z.int(),
  trials: z.array(trialSchema),
  statistics: statisticsPlanSchema,
  /** `decided`: a benchmark ends as soon as its comparisons are decided, so `rounds` are the most there can be. */
  until: z.optional(z.enum(['rounds', 'decided'])),
  /** No round begins after so many minutes. */
  maxMinutes: z.optional(z.number()),
  /** The guest all others are compared with; by default the report chooses. */
  baseline: z.optional(z.string()),
  /** `each-round`: every guest is rebooted before each compared round; by default never. */
  reboot: z.optional(z.enum(['never', 'each-round'])),
  /** How long a guest is waited for to become quiet, at most; absent: it is not looked at. */
  quiet: z.optional(
    z.object({
      /** Before the first trial, after a reboot, and when the experiment goes on. */
      startSeconds: z.number(),
      /** Before each later round. */
      roundSeconds: z.number(),
    }),
  ),
});
export type Plan = z.infer<typeof planSchema>;

export const importedSchema = z.object({
  /** `published`: only ratios or means were ever given. */
  from: z.enum(['phoronix', 'fio', 'unixbench', 'hyperfine', 'published']),
  /** Which file, or who published it. */
  source: z.optional(z.string()),
  /** What must be said wherever the figures are shown. */
  statement: z.optional(z.string()),
});
/**
 * Marks an experiment that Guestbench did not run. Nothing says that its trials were made side by side, so blocks
 * pair nothing: ratios of means, never an interval or a verdict.
 */
export type Imported = z.infer<typeof importedSchema>;

export const busyCauseSchema = z.object({
  /**
   * `boot`: the guest is still starting; `tasks`: package managers and other upkeep; `write-back`: data on its way to
   * the disk; `disk`: something waits for the disk.
   */
  kind: z.enum(['boot', 'tasks', 'write-back', 'disk', 'cpu']),
  /** For people, with the figure or the names. */
  what: z.string(),
});
/** What keeps a guest from being quiet. */
export type BusyCause = z.infer<typeof busyCauseSchema>;

export const quietViewSchema = z.object({
  /** Shares of all CPU time: user and system together, waiting for the disk, taken by others on the host. */
  cpuPercent: z.number(),
  iowaitPercent: z.number(),
  stealPercent: z.number(),
  /** Processes that could run. */
  runnable: z.optional(z.int()),
  /** Data on its way to the disk. */
  unwrittenBytes: z.optional(z.number()),
  /** Averages over 1, 5 and 15 minutes: for information, as they lag. */
  load: z.optional(z.tuple([z.number(), z.number(), z.number()])),
});
/** What a short look at a guest without a trial showed. */
export type QuietView = z.infer<typeof quietViewSchema>;

const at = z.iso.datetime({ offset: true });
const event = <T extends string, S extends z.core.$ZodLooseShape>(type: T, shape: S) =>
  z.object({ at, type: z.literal(type), ...shape });

const quietShape = {
  guest: z.string(),
  when: z.enum(['start', 'resume', 'reboot', 'round']),
  /** The round that begins then; 0 is the warm-up. */
  round: z.int(),
  /** `busy`: it was measured all the same; `unknown`: it could not be looked at. */
  state: z.enum(['quiet', 'busy', 'unknown']),
  waitedMs: z.number(),
  /** What was in the way when it was last not quiet; empty: nothing was. */
  because: z.array(busyCauseSchema),
  /** At last; absent where nothing could be seen. */
  seen: z.optional(quietViewSchema),
};
const setAsideShape = { guest: z.string(), benchmark: z.string(), reason: z.string() };
const settledShape = {
  benchmark: z.string(),
  round: z.int(),
  reason: z.enum(['decided', 'futile', 'max-blocks']),
};
const endedShape = {
  reason: z.enum(['completed', 'stopped', 'failed']),
  message: z.optional(z.string()),
};

/** Parts of an experiment that are kept as their events tell them. */
export const quietRecordSchema = z.object({ at, ...quietShape });
export const setAsideSchema = z.object(setAsideShape);
export const settledSchema = z.object(settledShape);
export const endedSchema = z.object({ at, ...endedShape });

export const eventSchema = z.discriminatedUnion('type', [
  event('experiment', {
    format: z.int(),
    guestbench: z.string(),
    id: z.string(),
    label: z.string(),
    seed: z.int(),
    plan: planSchema,
    lab: labSchema,
    /** What a reader must know of this experiment, e.g. that both guests are the same machine. */
    notes: z.optional(z.array(z.string())),
    imported: z.optional(importedSchema),
    /** It was exported and imported again: what the original may still go on with, the copy never does. */
    copied: z.optional(z.literal(true)),
  }),
  event('facts', {
    guest: z.string(),
    when: z.enum(['start', 'resume', 'reboot', 'end']),
    evidence: z.record(z.string(), z.string()),
    facts: factsSchema,
  }),
  /** A guest was looked at before a round, until it was quiet or the time for that was over. */
  event('quiet', quietShape),
  /** Written before a guest is rebooted for a round (`begun`) and when that is over. */
  event('reboot', {
    guest: z.string(),
    /** The round that begins then. */
    round: z.int(),
    phase: z.enum(['begun', 'done', 'failed']),
    /** Of the boot that ends (`begun`) or the new one (`done`). */
    bootId: z.optional(z.string()),
    /** From the request until the guest answered on its new boot. */
    durationMs: z.optional(z.number()),
    /** Why it failed, for people; the round is measured all the same, on the boot there is. */
    reason: z.optional(z.string()),
  }),
  event('trial-started', { trial: z.string(), attempt: z.int(), job: z.string() }),
  event('output', {
    trial: z.string(),
    stream: z.enum(['stdout', 'stderr']),
    text: z.string(),
    /** Bytes left out before this text because the output was too long to keep here. */
    missingBytes: z.optional(z.int()),
    /** The sibling file that holds this stream whole. */
    wholeIn: z.optional(z.string()),
  }),
  event('trial-finished', {
    trial: z.string(),
    measurements: z.array(measurementSchema),
    /** Parts of the trial that failed while others gave figures, e.g. single tests of a suite. */
    failed: z.optional(z.readonly(z.array(z.object({ test: z.string(), error: z.string() })))),
    exitCode: z.nullable(z.int()),
    /** Absent where it was imported without one; so below. */
    durationMs: z.optional(z.number()),
    cpu: z.optional(cpuUseSchema),
    load: z.optional(loadSchema),
    hostLoad: z.optional(hostLoadSchema),
    version: z.optional(z.string()),
  }),
  event('trial-failed', {
    trial: z.string(),
    outcome: z.enum(['failed', 'cancelled', 'lost']),
    reason: z.string(),
    exitCode: z.nullable(z.int()),
    signal: z.nullable(z.string()),
    durationMs: z.optional(z.number()),
    cpu: z.optional(cpuUseSchema),
    load: z.optional(loadSchema),
    hostLoad: z.optional(hostLoadSchema),
  }),
  /** A benchmark that keeps failing on a guest is not tried again there. */
  event('set-aside', setAsideShape),
  /** A benchmark needs no more rounds: all its comparisons have come to an end by the stop rule. */
  event('settled', settledShape),
  event('paused', { reason: z.string() }),
  event('resumed', { reason: z.string() }),
  event('ended', endedShape),
]);
/** One line of an experiment file. */
export type ExperimentEvent = z.infer<typeof eventSchema>;
export type EventOf<T extends ExperimentEvent['type']> = Extract<ExperimentEvent, { type: T }>;

export type TrialStatus = 'running' | 'ok' | 'failed' | 'cancelled' | 'lost';

export interface TrialRecord {
  readonly trial: Trial;
  readonly attempt: number;
  /** Name of the job on the guest. */
  readonly job?: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly status: TrialStatus;
  /** Why it failed, for people. */
  readonly reason?: string;
  readonly measurements: readonly Measurement[];
  /** Parts that failed of a trial that is ok otherwise. */
  readonly failed?: EventOf<'trial-finished'>['failed'];
  readonly exitCode?: number | null;
  readonly signal?: string | null;
  readonly durationMs?: number;
  readonly cpu?: CpuUse;
  /** Over the trial; absent in older files. */
  readonly load?: Load;
  readonly hostLoad?: HostLoad;
  /** As far as it is kept in the file. */
  readonly stdout: string;
  readonly stderr: string;
  readonly missingBytes: number;
}

export interface FactsRecord {
  readonly guest: string;
  readonly when: EventOf<'facts'>['when'];
  readonly at: string;
  readonly facts: Facts;
}

export type QuietRecord = z.infer<typeof quietRecordSchema>;

/** One reboot of one guest between rounds. */
export interface RebootRecord {
  readonly guest: string;
  /** The round before which it was rebooted. */
  readonly round: number;
  readonly startedAt: string;
  readonly endedAt?: string;
  /** `begun`: no end is recorded. */
  readonly state: EventOf<'reboot'>['phase'];
  readonly bootIdBefore?: string;
  readonly bootIdAfter?: string;
  readonly durationMs?: number;
  readonly reason?: string;
}

/** A plan and all that happened, as read from an experiment file. */
export interface Experiment {
  readonly format: number;
  readonly guestbench: string;
  readonly id: string;
  readonly label: string;
  readonly seed: number;
  readonly startedAt: string;
  readonly plan: Plan;
  readonly lab: Lab;
  readonly notes: readonly string[];
  /** Absent: Guestbench ran it. */
  readonly imported?: Imported;
  /** Exported and imported again, so it is never gone on with. */
  readonly copied?: true;
  readonly facts: readonly FactsRecord[];
  /** Absent or empty in older files and imported ones; so below. */
  readonly quiet?: readonly QuietRecord[];
  /** Between rounds, as planned; a guest that was rebooted by somebody else is known by its facts only. */
  readonly reboots?: readonly RebootRecord[];
  /** In the order they were started; a repeated trial has a record per attempt. */
  readonly trials: readonly TrialRecord[];
  readonly setAside: readonly z.infer<typeof setAsideSchema>[];
  readonly settled?: readonly z.infer<typeof settledSchema>[];
  readonly ended?: z.infer<typeof endedSchema>;
}

/** `torn`: the last line was half-written and left out. */
export type ExperimentRead =
  | { readonly status: 'ok'; readonly experiment: Experiment; readonly torn?: { readonly line: number } }
  | { readonly status: 'error'; readonly error: string; readonly line: number };
