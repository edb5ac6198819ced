import type { CpuUse } from '../model/experiment';
import { cpuShares } from './cpuShares';
import type { LoadSample } from './loadSamples';

export interface JobResults {
  /** All result files by name; absent: there are more or larger ones. */
  readonly files?: ReadonlyMap<string, Buffer>;
  /** What the guest did meanwhile. */
  readonly load?: readonly LoadSample[];
}

/** How a job ended, or why it is not there to follow. */
export type JobEnd =
  | {
      readonly state: 'done';
      /** null when a signal ended the job. */
      readonly exitCode: number | null;
      /** `SIGTERM`, …; null when it ended by itself. */
      readonly signal: string | null;
      /** Somebody asked it to stop while it ran. */
      readonly cancelled: boolean;
      /** There was no room left on the guest where jobs write. */
      readonly isDiskFull?: true;
      readonly stdoutBytes: number;
      readonly stderrBytes: number;
      /** By the guest's monotonic clock. */
      readonly durationMs: number;
      /** Of the whole guest during the job; absent where the guest does not count it. */
      readonly cpu?: CpuUse;
      /** What came with the end, as far as it is small; the rest is to be fetched. */
      readonly results?: JobResults;
    }
  /** No trace of an end: the guest was rebooted or everything of ours was killed. */
  | { readonly state: 'lost' }
  /** Another job had the guest, so this one never started. `by` is that job's id. */
  | { readonly state: 'busy'; readonly by: string };

/** Numbers are Linux's on every architecture but a few; they are the guest's, not this computer's. */
const signals = new Map<number, string>([
  [1, 'SIGHUP'],
  [2, 'SIGINT'],
  [3, 'SIGQUIT'],
  [4, 'SIGILL'],
  [5, 'SIGTRAP'],
  [6, 'SIGABRT'],
  [7, 'SIGBUS'],
  [8, 'SIGFPE'],
  [9, 'SIGKILL'],
  [10, 'SIGUSR1'],
  [11, 'SIGSEGV'],
  [12, 'SIGUSR2'],
  [13, 'SIGPIPE'],
  [14, 'SIGALRM'],
  [15, 'SIGTERM'],
  [24, 'SIGXCPU'],
  [25, 'SIGXFSZ'],
  [31, 'SIGSYS'],
]);

/** The end told by the fields of an `exit` file, or by the state alone. */
export function jobEnd(fields: ReadonlyMap<string, string>): JobEnd {
  const state = fields.get('state');
  if (state === 'busy') return { state: 'busy', by: fields.get('by')?.split(':')[0] ?? 'unknown' };
  const code = numberOf(fields.get('rc'));
  if (state !== 'done' || code === undefined) return { state: 'lost' };
  // A shell tells a child's signal as 128 + number, and scripts hand that on: by convention no other meaning.
  const signal = code > 128 ? (signals.get(code - 128) ?? null) : null;
  const cpu = cpuUse(fields.get('load0'), fields.get('load1'));
  return {
    state: 'done',
    exitCode: signal === null ? code : null,
    signal,
    cancelled: fields.get('cancelled') === '1',
    ...(fields.get('full') === '1' ? { isDiskFull: true } : {}),
    stdoutBytes: numberOf(fields.get('out')) ?? 0,
    stderrBytes: numberOf(fields.get('err')) ?? 0,
    durationMs: Math.max(
      0,
      Math.round(1000 * ((numberOf(fields.get('up1')) ?? 0) - (numberOf(fields.get('up0')) ?? 0))),
    ),
    ...(cpu ? { cpu } : {}),
  };
}

/**
 * Shares of CPU time between two first lines of /proc/stat (commas or blanks between the fields): user nice system
 * idle iowait irq softirq steal guest guest_nice, of which guest is inside user. Fields can run backwards: clamped.
 */
export function cpuUse(before: string | undefined, after: string | undefined): CpuUse | undefined {
  const counters = (line: string | undefined): readonly number[] =>
    line
      ?.split(/[\s,]+/)
      .slice(1)
      .map(Number) ?? [];
  const [from, to] = [counters(before), counters(after)];
  return from.length < 4 || to.length < 4 ? undefined : cpuShares(from, to);
}

export function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}
