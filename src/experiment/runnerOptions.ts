import type { Benchmark } from '../benchmarks/benchmark';
import type { ExperimentEvent, Plan, Trial } from '../model/experiment';
import type { Host, Lab } from '../model/lab';
import type { Connection } from '../ssh/transport';
import type { TimeLeft } from './estimate';
import type { AgreedJob, LeaseTimes, Wait } from './leases';
import type { LeftLeases } from './leftLeases';
import type { RestActivity } from './roundStart';
import type { LocalSources } from './sources';
import type { StartedExperiments } from './startedExperiments';
import type { TrialEnd } from './trial';
import type { UploadProgress } from './uploads';

export interface RunnerOptions {
  /** The experiment file to create. */
  readonly file: string;
  readonly id: string;
  readonly label: string;
  readonly version: string;
  readonly seed: number;
  readonly plan: Plan;
  readonly lab: Lab;
  readonly notes: readonly string[];
  readonly catalogue: readonly Benchmark[];
  /** What the plan names as `uploaded:`, as far as this computer has it. */
  readonly sources?: LocalSources;
  /** `signal` ends the waiting for a person's answer, too. `booting`: a new connection, and nobody is asked. */
  readonly connect: (guest: string, signal?: AbortSignal, how?: 'booting') => Promise<Connection>;
  /** To dom0 of a host, for its load; absent: hosts are left alone. */
  readonly connectHost?: (host: Host) => Promise<Connection>;
  readonly listener: RunnerListener;
  /** Guests to be taken from whoever has them, with the job that may be ended for it. */
  readonly takeOver?: ReadonlyMap<string, AgreedJob>;
  /** Where it is remembered which experiments of this computer could not give back their guests. */
  readonly leftLeases?: LeftLeases;
  /** Where it is remembered which experiments this computer started. */
  readonly started?: StartedExperiments;
  /** Of the file that is resumed (`contentOf`), as it was when that was agreed to; another one is refused. */
  readonly content?: string;
  /** Others than the customary ones. */
  readonly leaseTimes?: LeaseTimes;
}

/** Hears what happens, always after it is on disk. */
export interface RunnerListener {
  onEvent?(event: ExperimentEvent): void;
  onTrialStart?(trial: Trial, progress: Progress): void;
  onOutput?(trial: Trial, stream: 'stdout' | 'stderr', chunk: Buffer): void;
  /** So much of a flood was not passed to onOutput. */
  onSkipped?(trial: Trial, stream: 'stdout' | 'stderr', bytes: number): void;
  onTrialEnd?(trial: Trial, end: TrialEnd, progress: Progress): void;
  /** A guest cannot be reached (and why), or can be again. */
  onReach?(guest: string, reason: string | undefined): void;
  /** A guest that another controller has is waited for, or not any more. */
  onWait?(guest: string, wait: Wait | undefined): void;
  /** What a guest goes through before a round, or nothing any more. */
  onActivity?(guest: string, activity: RestActivity | undefined): void;
  onUpload?(progress: UploadProgress): void;
  /** Something people should know that is not an event of a trial. */
  onNotice?(text: string): void;
}

export interface Progress {
  /** Trials ended so far, and planned in all. */
  readonly done: number;
  readonly total: number;
  /** Of these, trials with figures, and trials without any that are not tried again. */
  readonly ok: number;
  readonly failed: number;
  readonly left: TimeLeft;
}

export interface ExperimentSummary {
  readonly id: string;
  readonly file: string;
  readonly label: string;
  /** `left`: it was left for somebody to resume; what runs on the guests goes on there. */
  readonly reason: 'completed' | 'stopped' | 'failed' | 'left';
  readonly message?: string;
  readonly ok: number;
  readonly failed: number;
  readonly planned: number;
}
