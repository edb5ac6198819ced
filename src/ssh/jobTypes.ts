import type { JobEnd } from './jobEnd';
import type { JobSinks, LiveView } from './jobStream';
import type { Lease, LeaseOwner } from './lease';
import type { PersistenceOptions } from './persistence';

export type JobState = 'none' | 'preparing' | 'busy' | 'running' | 'orphan' | 'done' | 'lost';
const jobStates: readonly string[] = [
  'none',
  'preparing',
  'busy',
  'running',
  'orphan',
  'done',
  'lost',
] satisfies JobState[];

/** What the guest says of a job; what it does not know is lost. */
export function stateOf(answer: ReadonlyMap<string, string> | undefined): JobState {
  const state = answer?.get('state');
  return state !== undefined && jobStates.includes(state) ? (state as JobState) : 'lost';
}

export interface JobsOptions extends PersistenceOptions {
  /** The guest is kept for this while jobs are started; without it only what nobody else keeps is used. */
  readonly owner?: LeaseOwner;
  /** How long a guest may be out of reach while a job is followed. Default 15 minutes. */
  readonly giveUpMs?: number;
  /** How long a guest may be out of reach while a job is started or its results are fetched. Default 1 minute. */
  readonly requestGiveUpMs?: number;
  /** The same while a job is ended or removed, so that nobody waits for ever who wants to stop. Default 1 minute. */
  readonly endGiveUpMs?: number;
}

export interface FollowOptions extends JobSinks {
  /**
   * Sees the output as it comes. With it, at most 64 KiB of a stream are sent each time output is looked for: more
   * would disturb what is measured. The rest of a flood is handed on to `onStdout` and `onStderr` after the end.
   */
  readonly live?: LiveView;
  /** The guest has begun to answer; again on each new connection. */
  readonly onOpen?: () => void;
  /** The job has ended; what was passed over meanwhile is still to come. */
  readonly onEnd?: () => void;
  /** Bytes already taken. Default: none. */
  readonly offsets?: { readonly stdout: number; readonly stderr: number };
  /** Ends the following; the job goes on. */
  readonly signal?: AbortSignal;
  /** How often new output is looked for. The end is noticed at once all the same. Default 2 s. */
  readonly pollSeconds?: number;
}

export interface JobStatus {
  readonly state: JobState;
  /** What it has written so far. */
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  readonly end: JobEnd | undefined;
}

export interface JobStart {
  readonly state: JobState;
  /** False when it had been started before: by an attempt whose answer was lost, say. */
  readonly fresh: boolean;
  /** The job or experiment that has the guest, when the state is 'busy'. */
  readonly by?: string;
  /** Who keeps the guest, as far as that is known, when the state is 'busy'. */
  readonly holder?: Lease;
}

/** What was removed from a guest. */
export interface Removed {
  /** Of jobs, with all they left. */
  readonly jobs: number;
  /** Files that were uploaded. */
  readonly sources: number;
  /** That were left running by jobs whose runner was killed. */
  readonly processes: number;
  /** The job whose lock was left behind. */
  readonly lock: string | undefined;
  readonly lease: Lease | undefined;
}

export interface HoldOptions {
  /** How long the guest may be out of reach. */
  readonly giveUpMs?: number;
  readonly signal?: AbortSignal | undefined;
}
