import type { Benchmark } from '../benchmarks/benchmark';
import type { ExperimentEvent, Plan, Trial } from '../model/experiment';
import { formatVersion } from '../model/experiment';
import type { Lab } from '../model/lab';
import { UserError } from '../model/userError';
import { probeGuest } from '../probe/probe';
import { Jobs } from '../ssh/jobs';
import { SshError, type Connection } from '../ssh/transport';
import { createEstimator, type Estimator } from './estimate';
import { JournalWriter } from './journal';
import { lanesOf } from './lanes';
import { cleanUpBenchmarks, resolveBenchmarks, type PlannedBenchmark } from './prepare';
import { runTrial, type TrialEnd } from './trial';

/** After so many failures in a row a benchmark is not tried again on that guest. */
const failuresBeforeSetAside = 3;

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
  readonly connect: (guest: string) => Promise<Connection>;
  readonly listener: RunnerListener;
}

/** Hears what happens, always after it is on disk. */
export interface RunnerListener {
  onEvent?(event: ExperimentEvent): void;
  onTrialStart?(trial: Trial, progress: Progress): void;
  onOutput?(trial: Trial, stream: 'stdout' | 'stderr', chunk: Buffer): void;
  onTrialEnd?(trial: Trial, end: TrialEnd, progress: Progress): void;
  /** Something people should know that is not an event of a trial. */
  onNotice?(text: string): void;
}

export interface Progress {
  /** Trials ended so far, and planned in all. */
  readonly done: number;
  readonly total: number;
  readonly secondsLeft: number;
}

export interface ExperimentSummary {
  readonly id: string;
  readonly file: string;
  readonly label: string;
  readonly reason: 'completed' | 'stopped' | 'failed';
  readonly message?: string;
  readonly ok: number;
  readonly failed: number;
  readonly planned: number;
}

/** Makes the trials of one experiment happen and keeps its file. */
export class ExperimentRunner {
  private readonly stopKind: { value: 'no' | 'after-trial' | 'now' } = { value: 'no' };
  private readonly kill = new AbortController();
  private readonly jobs = new Map<string, Jobs>();
  private readonly failures = new Map<string, number>();
  private readonly setAside = new Set<string>();
  private readonly ended = new Set<string>();
  private readonly estimator: Estimator;
  private readonly planned: ReadonlyMap<string, PlannedBenchmark>;
  private journal: JournalWriter | undefined;
  private ok = 0;
  private failed = 0;

  /** @throws UserError when the plan names an unknown benchmark or a wrong parameter. */
  constructor(private readonly options: RunnerOptions) {
    const resolved = resolveBenchmarks(options.plan.benchmarks, options.catalogue);
    this.planned = new Map(resolved.map((entry) => [entry.benchmark.id, entry]));
    this.estimator = createEstimator(options.plan.guests, (id) => {
      const entry = this.planned.get(id);
      return entry ? entry.benchmark.estimateSeconds(entry.parameters) : 60;
    });
  }

  get progress(): Progress {
    const left = this.options.plan.trials.filter((trial) => !this.ended.has(trial.id));
    return {
      done: this.ended.size,
      total: this.options.plan.trials.length,
      secondsLeft: this.estimator.secondsFor(left),
    };
  }

  /** `now` ends the running trials on their guests; `after-trial` lets them finish. */
  stop(how: 'now' | 'after-trial'): void {
    if (this.stopKind.value === 'now') return;
    this.stopKind.value = how;
    if (how === 'now') this.kill.abort();
  }

  /** Runs to the end. Rejects only when the experiment file cannot be written. */
  async run(): Promise<ExperimentSummary> {
    const { plan, file } = this.options;
    const journal = await JournalWriter.create(file);
    this.journal = journal;
    try {
      await this.append({
        at: now(),
        type: 'experiment',
        format: formatVersion,
        guestbench: this.options.version,
        id: this.options.id,
        label: this.options.label,
        seed: this.options.seed,
        plan,
        lab: this.options.lab,
        notes: [...this.options.notes],
      });
      await this.recordFacts('start');
      const lanes = [...lanesOf(plan.guests, plan.trials).values()];
      // One lane fails only when nothing can be written any more: then the others end too, before it is told.
      const ends = await Promise.allSettled(
        lanes.map((lane) =>
          this.runLane(lane).catch((error: unknown) => {
            this.stop('now');
            throw error;
          }),
        ),
      );
      const broken = ends.find((end) => end.status === 'rejected');
      if (broken) {
        await this.cleanUp();
        throw broken.reason;
      }
      await this.recordFacts('end');
      await this.cleanUp();
      const reason = this.stopKind.value === 'no' ? (this.ok === 0 ? 'failed' : 'completed') : 'stopped';
      const message = reason === 'failed' ? 'No trial succeeded.' : undefined;
      await this.append({ at: now(), type: 'ended', reason, ...(message ? { message } : {}) });
      return {
        id: this.options.id,
        file,
        label: this.options.label,
        reason,
        ...(message ? { message } : {}),
        ok: this.ok,
        failed: this.failed,
        planned: plan.trials.length,
      };
    } finally {
      await journal.close();
    }
  }

  private async append(event: ExperimentEvent): Promise<void> {
    if (!this.journal) throw new Error('The experiment has no file yet.');
    await this.journal.append(event);
    this.options.listener.onEvent?.(event);
  }

  private jobsOf(guest: string): Jobs {
    const known = this.jobs.get(guest);
    if (known) return known;
    const jobs = new Jobs(() => this.options.connect(guest));
    this.jobs.set(guest, jobs);
    return jobs;
  }

  private get isStopping(): boolean {
    return this.stopKind.value !== 'no';
  }

  /** Probes every guest; one that cannot be reached is said so, and its trials fail by themselves. */
  private async recordFacts(when: 'start' | 'end'): Promise<void> {
    await Promise.all(
      this.options.plan.guests.map(async ({ name }) => {
        if (when === 'start' && this.isStopping) return;
        const probe = await this.options
          .connect(name)
          .then((connection) => probeGuest(connection))
          .catch((error: unknown) => {
            this.options.listener.onNotice?.(`${name}: ${messageOf(error)}`);
            return undefined;
          });
        if (!probe) return;
        const evidence = Object.fromEntries(probe.evidence);
        await this.append({ at: now(), type: 'facts', guest: name, when, evidence, facts: probe.facts });
      }),
    );
  }

  private async runLane(lane: readonly Trial[]): Promise<void> {
    for (const trial of lane) {
      if (this.isStopping) return;
      if (this.setAside.has(pairOf(trial))) {
        this.ended.add(trial.id);
        continue;
      }
      await this.runOne(trial);
    }
  }

  private async runOne(trial: Trial): Promise<void> {
    const planned = this.planned.get(trial.benchmark);
    if (!planned) throw new Error(`Trial ${trial.id} names a benchmark outside the plan.`);
    this.options.listener.onTrialStart?.(trial, this.progress);
    const end = await runTrial({
      trial,
      planned,
      jobs: this.jobsOf(trial.guest),
      jobId: `${this.options.id}.${trial.id}`,
      wholeFile: (stream) => `${this.options.file}.${trial.id}.${stream}.txt`,
      append: (event) => this.append(event),
      onOutput: (stream, chunk) => this.options.listener.onOutput?.(trial, stream, chunk),
      signal: this.kill.signal,
    });
    this.ended.add(trial.id);
    if (end.outcome === 'ok') {
      this.ok += 1;
      this.failures.delete(pairOf(trial));
      this.estimator.add(trial.benchmark, end.wallSeconds);
    } else {
      this.failed += 1;
    }
    this.options.listener.onTrialEnd?.(trial, end, this.progress);
    if (end.outcome === 'failed' || end.outcome === 'lost') await this.countFailure(trial, end.reason);
  }

  private async countFailure(trial: Trial, reason: string): Promise<void> {
    const pair = pairOf(trial);
    const count = (this.failures.get(pair) ?? 0) + 1;
    this.failures.set(pair, count);
    if (count < failuresBeforeSetAside) return;
    this.setAside.add(pair);
    await this.append({
      at: now(),
      type: 'set-aside',
      guest: trial.guest,
      benchmark: trial.benchmark,
      reason: `failed ${count} times in a row; last: ${reason}`,
    });
    this.options.listener.onNotice?.(
      `${trial.benchmark} has failed ${count} times in a row on ${trial.guest} and is not tried again there.`,
    );
  }

  /** Leaves nothing of ours on the guests; what cannot be cleaned is said, and hurts no result. */
  private async cleanUp(): Promise<void> {
    await Promise.all(
      this.options.plan.guests.map(async ({ name }) => {
        try {
          await cleanUpBenchmarks(await this.options.connect(name), [...this.planned.values()]);
          await this.jobsOf(name).cleanUp();
        } catch (error) {
          this.options.listener.onNotice?.(`${name} could not be cleaned: ${messageOf(error)}`);
        }
      }),
    );
  }
}

function pairOf(trial: Trial): string {
  return `${trial.guest}\n${trial.benchmark}`;
}

function now(): string {
  return new Date().toISOString();
}

function messageOf(error: unknown): string {
  if (error instanceof SshError || error instanceof UserError) return error.message;
  return error instanceof Error ? error.message : String(error);
}
