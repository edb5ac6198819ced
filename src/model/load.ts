import * as z from 'zod/mini';

const series = z.readonly(z.array(z.number()));

/** More of a guest's CPU time than this taken by others makes a trial doubtful (docs/STATISTICS.md). */
export const stealLimitPercent = 2;
/** Other domains of a host, of one physical CPU, on average over a trial: more than idle guests need. */
export const othersLimitPercent = 25;

/** The Xen host as dom0 saw it during a trial. 100 percent is one physical CPU. */
export const hostLoadSchema = z.object({
  /** The host's name in the lab. */
  host: z.string(),
  /** The guest's own domain there; absent: not known, then it is among the others. */
  domain: z.optional(z.string()),
  intervalMs: z.number(),
  ownPercent: z.optional(series),
  dom0Percent: series,
  othersPercent: series,
});
export type HostLoad = z.infer<typeof hostLoadSchema>;

const loadSummarySchema = z.object({
  contextSwitchesPerSecond: z.optional(z.number()),
  interruptsPerSecond: z.optional(z.number()),
  minimumAvailableBytes: z.optional(z.number()),
  maximumMemoryPressurePercent: z.optional(z.number()),
  /** Highest rates; only of kernels without pressure figures. */
  majorFaultsPerSecond: z.optional(z.number()),
  swappedPagesPerSecond: z.optional(z.number()),
});
export type LoadSummary = z.infer<typeof loadSummarySchema>;

export const loadSchema = z.object({
  /** The lists below have one value per span of this length, from the start of the trial on. */
  intervalMs: z.number(),
  /** Shares of all CPU time of the guest, in percent. */
  userPercent: series,
  systemPercent: series,
  iowaitPercent: series,
  stealPercent: series,
  contextSwitchesPerSecond: z.optional(series),
  interruptsPerSecond: z.optional(series),
  availableMiB: z.optional(series),
  /** Share of the time in which something waited for memory, in percent. */
  memoryPressurePercent: z.optional(series),
  summary: loadSummarySchema,
});
/** What a guest did during a trial, at most 600 points. */
export type Load = z.infer<typeof loadSchema>;
