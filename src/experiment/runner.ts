import type { ExperimentEvent, RebootRecord, Trial } from '../model/experiment';
import { formatVersion } from '../model/experiment';
import { UserError } from '../model/userError';
import { Jobs } from '../ssh/jobs';
import { thisController } from '../ssh/lease';
import { SshError } from '../ssh/transport';
import { beside } from '../files/writing';
import { cleanUpGuests } from './cleaning';
import {
  createEstimator,
  overheadSeconds,
  laterBy,
  withinLimit,
  type Estimator,
  type TimeLeft,
} from './estimate';
import { Decisions, type SettledReason } from './decisions';
import { Disturbances } from './disturbances';
import { GuestFacts } from './guestFacts';
import { HostLoads } from './hostLoad';
import { JournalWriter } from './journal';
import { lanesOf } from './lanes';
import { Leases, type AgreedJob } from './leases';
import { failuresBeforeSetAside, Ledger } from './ledger';
import { Pauses } from './pauses';
import { cleanUpBenchmarks, resolveBenchmarks, type PlannedBenchmark } from './prepare';
import { Reach } from './reach';
import { jobIdOf, requireResumable } from './resumable';
import { requireReboots, RoundStart } from './roundStart';
import type { ExperimentSummary, Progress, RunnerOptions } from './runnerOptions';
import { withoutLocalPaths } from './sources';
import { rememberStart } from './startedExperiments';
import { LeftRunning, runTrial } from './trial';
import { Upcoming, type NextJob } from './upcoming';
import { Uploads } from './uploads';

export type { ExperimentSummary, Progress, RunnerListener, RunnerOptions } from './runnerOptions';

/** After *Stop Now*, guests have so long to end what runs, to answer and to be cleaned. Then nobody waits for them. */
const stopLimitMs = 45_000;

/** Makes the trials of one experiment happen and keeps its file. */
export class ExperimentRunner {
  private readonly kill = new AbortController();
  /** Aborted by either way to stop: nothing new is begun. */
  private readonly stopping = new AbortController();
  private readonly leaving = new AbortController();
  private readonly jobs = new Map<string, Jobs>();
  private readonly reach: Reach;
  private readonly estimator: Estimator;
  private readonly planned: ReadonlyMap<string, PlannedBenchmark>;
  private readonly decisions: Decisions;
  private readonly startedMs = performance.now();
  private readonly hostLoads: HostLoads;
  private readonly uploads: Uploads;
  private readonly upcoming = new Upcoming((guest) => this.jobsOf(guest));
  private readonly leases: Leases;
  private readonly facts: GuestFacts;
  private readonly disturbances: Disturbances;
  private readonly pauses: Pauses;
  /** Those before an interruption. */
  private reboots: readonly RebootRecord[] = [];
  private ledger: Ledger;
  private journal: JournalWriter | undefined;
  private stopLimit: NodeJS.Timeout | undefined;

  /** @throws UserError when the plan names an unknown benchmark or a wrong parameter. */
  constructor(private readonly options: RunnerOptions) {
    const { plan, catalogue } = options;
    const resolved = resolveBenchmarks(plan.benchmarks, catalogue);
    this.planned = new Map(resolved.map((entry) => [entry.benchmark.id, entry]));
    this.estimator = createEstimator(plan.guests, (id) => {
      const entry = this.planned.get(id);
      return entry ? entry.benchmark.estimateSeconds(entry.parameters) : 60;
    });
    this.ledger = new Ledger(plan);
    this.reach = new Reach((guest) => options.connect(guest, this.waiting), options.listener);
    this.hostLoads = new HostLoads({
      lab: options.lab,
      guests: plan.guests,
      connect: options.connectHost,
      onNotice: (text) => options.listener.onNotice?.(text),
    });
    this.uploads = new Uploads({
      sources: options.sources ?? new Map(),
      connect: (guest) => this.reach.connect(guest),
      onProgress: (progress) => options.listener.onUpload?.(progress),
    });
    this.leases = new Leases({
      id: options.id,
      guests: plan.guests.map(({ name }) => name),
      jobsOf: (guest) => this.jobsOf(guest),
      isOver: this.isOver,
      onWait: (guest, wait) => options.listener.onWait?.(guest, wait),
      onNotice: (text) => options.listener.onNotice?.(text),
      ...(options.leaseTimes ? { times: options.leaseTimes } : {}),
    });
    this.disturbances = new Disturbances(plan);
    this.pauses = new Pauses(plan);
    this.facts = new GuestFacts({
      append: (event) => this.append(event),
      onEvidence: (guest, evidence) => this.hostLoads.learn(guest, evidence),
      onNotice: (text) => options.listener.onNotice?.(text),
    });
    this.decisions = new Decisions(plan, new Map(resolved.map(({ benchmark }) => [benchmark.id, benchmark])));
  }

  get progress(): Progress {
    const { left } = this.ledger;
    const total = this.options.plan.trials.length;
    return {
      done: total - left.length,
      total,
      ok: this.ledger.ok,
      failed: this.ledger.failed,
      left: this.timeLeft(left),
    };
  }

  private timeLeft(trials: readonly Trial[]): TimeLeft {
    const { until, maxMinutes } = this.options.plan;
    const running = this.estimator.rangeFor(trials, (benchmark) =>
      until === 'decided' ? this.decisions.roundsAhead(benchmark) : 'all',
    );
    const left = laterBy(running, -this.pauses.secondsFor(trials));
    if (maxMinutes === undefined) return left;
    return withinLimit(left, maxMinutes * 60 - (performance.now() - this.startedMs) / 1000);
  }

  /** `now` ends the running trials on their guests; `after-trial` lets them finish. */
  stop(how: 'now' | 'after-trial'): void {
    this.stopping.abort();
    if (how !== 'now') return;
    this.kill.abort();
    this.stopLimit ??= setTimeout(() => this.giveUp(), stopLimitMs).unref();
  }

  /** After `stop('now')`: does not wait for guests out of reach, and not for long for the others. */
  giveUp(): void {
    this.reach.giveUp(this.options.plan.guests.map(({ name }) => name));
  }

  /** Takes a guest that is waited for; `agreed` is the job that may be ended for it. @throws UserError */
  takeOver(guest: string, agreed: AgreedJob): Promise<void> {
    return this.leases.takeOver(guest, agreed);
  }

  /** Ends this side only: running jobs go on, the file stays open for `resume`. */
  leave(): void {
    this.leaving.abort();
  }

  /** Runs to the end. Rejects when the experiment file cannot be written, or a guest cannot be rebooted as planned. */
  async run(): Promise<ExperimentSummary> {
    const { plan, file } = this.options;
    await requireReboots(this.options, this.stopping.signal);
    const journal = await JournalWriter.create(file);
    return this.keepOpen(journal, async () => {
      const first: ExperimentEvent = {
        at: now(),
        type: 'experiment',
        format: formatVersion,
        guestbench: this.options.version,
        id: this.options.id,
        label: this.options.label,
        seed: this.options.seed,
        plan,
        lab: withoutLocalPaths(this.options.lab),
        notes: [...this.options.notes],
      };
      rememberStart(this.options, first);
      await this.append(first);
      return this.runPlan('start');
    });
  }

  /**
   * Goes on with an experiment that was interrupted: takes up the jobs that were running, collects those that ended
   * meanwhile, then runs what is left of the plan. Rejects when the file cannot be read or written.
   */
  async resume(): Promise<ExperimentSummary> {
    const { writer, experiment, torn } = await JournalWriter.reopen(this.options.file, this.options.content);
    return this.keepOpen(writer, async () => {
      requireResumable(experiment);
      this.ledger = Ledger.of(experiment);
      for (const record of experiment.trials) {
        if (record.status !== 'ok') continue;
        this.decisions.add(record);
        const { benchmark, guest } = record.trial;
        const seconds = (record.durationMs ?? 0) / 1000;
        if (seconds > 0) this.estimator.add(benchmark, seconds + overheadSeconds, guest);
      }
      const cut = torn === undefined ? '' : `; a half-written line of ${torn.bytes} bytes was cut off`;
      await this.append({ at: now(), type: 'resumed', reason: `taken up again${cut}` });
      this.facts.remember(experiment.facts);
      this.disturbances.remember(experiment);
      this.reboots = experiment.reboots ?? [];
      return this.runPlan('resume');
    });
  }

  private async keepOpen(
    journal: JournalWriter,
    work: () => Promise<ExperimentSummary>,
  ): Promise<ExperimentSummary> {
    this.journal = journal;
    try {
      return await work();
    } finally {
      clearTimeout(this.stopLimit);
      this.leases.stop();
      for (const jobs of this.jobs.values()) jobs.dropPrepared();
      await journal.close();
    }
  }

  private async runPlan(when: 'start' | 'resume'): Promise<ExperimentSummary> {
    const { plan } = this.options;
    this.options.leftLeases?.remove(this.options.id);
    this.hostLoads.open();
    await this.recordFacts(when);
    const signal = AbortSignal.any([this.waiting, this.stopping.signal]);
    const kept = await this.leases.take(this.options.takeOver ?? new Map(), signal);
    // Later, a job may run there that an upload would disturb.
    if (when === 'start') await this.uploadSources(kept);
    const lanes = [...lanesOf(plan.guests, plan.trials).values()];
    // One lane fails only when nothing can be written any more. What runs or has ended on the guests stays there,
    // to be collected when the experiment goes on.
    const ends = await Promise.allSettled(
      lanes.map((lane) =>
        this.runLane(lane, this.roundStart(lane, when)).catch((error: unknown) => {
          this.leave();
          throw error;
        }),
      ),
    );
    const broken = ends.find((end) => end.status === 'rejected' && !(end.reason instanceof LeftRunning));
    if (broken?.status === 'rejected') throw broken.reason;
    for (const jobs of this.jobs.values()) jobs.dropPrepared();
    if (this.leaving.signal.aborted) return this.summary('left');
    await this.recordFacts('end');
    // A sign of life would keep a guest that has been given back.
    this.leases.stop();
    const uncleaned = await cleanUpGuests({
      id: this.options.id,
      guests: plan.guests.map(({ name }) => name),
      benchmarks: [...this.planned.values()],
      connect: (guest) => this.options.connect(guest, this.notGivenUp(guest)),
      jobsOf: (guest) => this.jobsOf(guest),
      isOver: this.isOver,
      onNotice: (text) => this.options.listener.onNotice?.(text),
      givenUp: (guest) => this.reach.givenUp(guest),
    });
    if (uncleaned.length > 0) this.options.leftLeases?.add(this.options.id);
    const isStopped = this.stopping.signal.aborted;
    const reason = isStopped ? 'stopped' : this.ledger.ok === 0 ? 'failed' : 'completed';
    const message = reason === 'failed' ? 'No trial succeeded.' : undefined;
    await this.append({ at: now(), type: 'ended', reason, ...(message ? { message } : {}) });
    return this.summary(reason, message);
  }

  private summary(reason: ExperimentSummary['reason'], message?: string): ExperimentSummary {
    const { id, file, label, plan } = this.options;
    return {
      id,
      file,
      label,
      reason,
      ...(message === undefined ? {} : { message }),
      ok: this.ledger.ok,
      failed: this.ledger.failed,
      planned: plan.trials.length,
    };
  }

  private async append(...events: readonly ExperimentEvent[]): Promise<void> {
    if (!this.journal) throw new Error('The experiment has no file yet.');
    await this.journal.append(...events);
    for (const event of events) {
      this.options.listener.onEvent?.(event);
      for (const text of this.disturbances.hear(event)) this.options.listener.onNotice?.(text);
    }
  }

  private jobsOf(guest: string): Jobs {
    const known = this.jobs.get(guest);
    if (known) return known;
    const staleSeconds = this.options.leaseTimes?.staleSeconds;
    const jobs = new Jobs(() => this.options.connect(guest, this.waiting), {
      // A measurement is not given up because a guest is away for long; Stop is always there.
      giveUpMs: Infinity,
      requestGiveUpMs: Infinity,
      owner: {
        ...{ id: this.options.id, who: thisController(), label: this.options.label },
        ...(staleSeconds === undefined ? {} : { staleSeconds }),
      },
      onOutOfReach: (error) => this.reach.lost(guest, error.message),
      onBack: () => this.reach.back(guest),
    });
    this.jobs.set(guest, jobs);
    return jobs;
  }

  private readonly isOver = (id: string): boolean => this.options.leftLeases?.has(id) === true;

  private get isStopping(): boolean {
    return this.stopping.signal.aborted || this.leaving.signal.aborted;
  }

  /** Aborted when nobody waits for anything any more. */
  private get waiting(): AbortSignal {
    return this.leaving.signal;
  }

  /** Probes every guest; one that cannot be reached is said so, and its trials wait for it. */
  private async recordFacts(when: 'start' | 'resume' | 'end'): Promise<void> {
    await Promise.all(
      this.options.plan.guests.map(async ({ name }) => {
        if (when !== 'end' && this.isStopping) return;
        const signal =
          when === 'end' ? this.notGivenUp(name) : AbortSignal.any([this.waiting, this.kill.signal]);
        await this.facts.record(name, when, this.options.connect(name, signal), signal);
      }),
    );
  }

  /** Before the first trial; a guest that does not get what it needs now is tried again at its trials. */
  private async uploadSources(kept: ReadonlySet<string>): Promise<void> {
    const signal = AbortSignal.any([this.waiting, this.stopping.signal]);
    await Promise.all(
      this.options.plan.guests.map(async ({ name }) => {
        for (const planned of this.planned.values()) {
          if (this.isStopping || !kept.has(name)) return;
          await this.uploads.placed(name, planned, { signal, attempts: 2 }).catch((error: unknown) => {
            if (!this.isStopping) this.options.listener.onNotice?.(messageOf(error));
          });
        }
      }),
    );
  }

  private roundStart(lane: readonly Trial[], when: 'start' | 'resume'): RoundStart {
    const { plan, connect, listener } = this.options;
    const guests = new Set(lane.map(({ guest }) => guest));
    return new RoundStart({
      plan,
      connect,
      append: (event) => this.append(event),
      claim: (guest) => this.leases.claim(guest, AbortSignal.any([this.waiting, this.stopping.signal])),
      onRebooted: async (guest) => {
        // What lay in memory there, or where folders are emptied, has to be brought again.
        this.uploads.forget(guest);
        await this.facts.record(guest, 'reboot', connect(guest, this.waiting), this.notGivenUp(guest));
      },
      onNotice: (text) => listener.onNotice?.(text),
      onActivity: (guest, activity) => listener.onActivity?.(guest, activity),
      pauses: this.pauses,
      when,
      reboots: this.reboots,
      stopping: this.stopping.signal,
      leaving: AbortSignal.any([...guests].map((guest) => this.notGivenUp(guest))),
    });
  }

  private async runLane(lane: readonly Trial[], start: RoundStart): Promise<void> {
    let previous: Trial | undefined;
    for (const trial of lane) {
      const startsBlock = previous?.block !== trial.block || previous.benchmark !== trial.benchmark;
      if (startsBlock && !this.isStopping && this.isOutOfTime(trial)) return;
      if (trial.round !== previous?.round && !this.isStopping) await start.begin(lane, trial, this.ledger);
      while (this.mayRun(trial)) await this.runOne(trial, lane);
      previous = trial;
    }
  }

  /** Once it is to stop, only trials that were begun before are brought to their end: their jobs are on the guests. */
  private mayRun(trial: Trial): boolean {
    if (this.leaving.signal.aborted || !this.ledger.isDue(trial)) return false;
    return !this.isStopping || this.ledger.openJob(trial) !== undefined;
  }

  /** The person's limit of time is looked at between blocks, so that none is left half done. */
  private isOutOfTime({ warmup }: Trial): boolean {
    const { maxMinutes } = this.options.plan;
    if (maxMinutes === undefined || warmup) return false;
    if (performance.now() - this.startedMs < maxMinutes * 60_000) return false;
    this.options.listener.onNotice?.(
      `The limit of ${maxMinutes} minutes is reached: no further block begins.`,
    );
    return true;
  }

  /** What runs after this trial, if all goes as planned. */
  private nextAfter(trial: Trial, lane: readonly Trial[]): NextJob | undefined {
    const next = lane.slice(lane.indexOf(trial) + 1).find((later) => this.ledger.isDue(later));
    const planned = next && this.planned.get(next.benchmark);
    if (!next || !planned || this.isStopping || this.ledger.openJob(next) !== undefined) return undefined;
    if (next.round !== trial.round && this.options.plan.reboot === 'each-round') return undefined;
    // An upload would disturb what runs now.
    if (!this.uploads.isThere(next.guest, planned)) return undefined;
    return {
      guest: next.guest,
      jobId: jobIdOf(this.options.id, next, this.ledger.attempts(next) + 1),
      script: () => this.scriptOf(next.guest, planned, this.waiting),
    };
  }

  private async scriptOf(guest: string, planned: PlannedBenchmark, signal: AbortSignal): Promise<string> {
    const parameters = await this.uploads.placed(guest, planned, { signal, attempts: Infinity });
    return planned.benchmark.script('run', parameters);
  }

  private async runOne(trial: Trial, lane: readonly Trial[]): Promise<void> {
    const planned = this.planned.get(trial.benchmark);
    if (!planned) throw new Error(`Trial ${trial.id} names a benchmark outside the plan.`);
    const { listener } = this.options;
    listener.onTrialStart?.(trial, this.progress);
    const open = this.ledger.openJob(trial);
    const attempt = open === undefined ? this.ledger.attempts(trial) + 1 : this.ledger.attempts(trial);
    const jobId = open ?? jobIdOf(this.options.id, trial, attempt);
    if (open === undefined) this.ledger.begin(trial, jobId);
    const end = await runTrial({
      trial,
      attempt,
      isResumed: open !== undefined,
      planned,
      script: (signal) => this.scriptOf(trial.guest, planned, signal),
      ahead: this.upcoming.ahead(trial.guest, () => this.nextAfter(trial, lane)),
      jobs: this.jobsOf(trial.guest),
      jobId,
      wholeFile: (stream) =>
        beside(this.options.file, `${trial.id}${attempt === 1 ? '' : `.${attempt}`}.${stream}.txt`),
      append: (...events) => this.append(...events),
      onOutput: (stream, chunk) => listener.onOutput?.(trial, stream, chunk),
      onSkipped: (stream, bytes) => listener.onSkipped?.(trial, stream, bytes),
      watchHost: () => this.hostLoads.watch(trial.guest),
      onNotice: (text) => listener.onNotice?.(text),
      whileBusy: (start, signal) => this.leases.whileBusy(trial.guest, start, signal),
      stopping: this.stopping.signal,
      onStarted: () => this.leases.began(trial.guest),
      signal: this.kill.signal,
      leave: this.leaving.signal,
      abandon: this.reach.givenUp(trial.guest),
    }).finally(() => this.leases.ended(trial.guest));
    this.upcoming.recorded(trial.guest, jobId);
    const isSetAside = this.ledger.end(trial, end.outcome);
    if (end.isDiskFull) await this.makeRoom(trial, planned);
    if (end.outcome === 'ok') {
      // What was taken up again has no length of its own.
      if (open === undefined) this.estimator.add(trial.benchmark, end.wallSeconds, trial.guest);
      this.decisions.add({ trial, measurements: end.measurements });
    }
    listener.onTrialEnd?.(trial, end, this.progress);
    if (isSetAside) await this.sayAside(trial, end.reason);
    if (!trial.warmup && this.options.plan.until === 'decided') await this.settleAfter(trial);
  }

  /** What a trial left on a full disk would keep the next one from its start. */
  private async makeRoom({ guest }: Trial, planned: PlannedBenchmark): Promise<void> {
    const { title } = planned.benchmark;
    this.options.listener.onNotice?.(`${guest}: the disk was full. What ${title} left there is removed.`);
    const connection = await this.options.connect(guest, this.waiting).catch(() => undefined);
    if (connection) await cleanUpBenchmarks(connection, [planned]).catch(() => undefined);
  }

  private async sayAside({ guest, benchmark }: Trial, last: string): Promise<void> {
    const times = `failed ${failuresBeforeSetAside} times in a row`;
    await this.append({ at: now(), type: 'set-aside', guest, benchmark, reason: `${times}; last: ${last}` });
    this.options.listener.onNotice?.(`${benchmark} has ${times} on ${guest} and is not tried again there.`);
  }

  /** After the last trial of a block: whether its benchmark needs another one. */
  private async settleAfter(trial: Trial): Promise<void> {
    if (!this.ledger.isBlockOver(trial)) return;
    const { benchmark, round } = trial;
    const reason = this.decisions.settled(benchmark);
    if (reason === undefined) return;
    this.ledger.settle(benchmark);
    await this.append({ at: now(), type: 'settled', benchmark, round, reason });
    this.options.listener.onNotice?.(`${benchmark}: ${settledWords[reason]} after ${round} rounds.`);
  }

  private notGivenUp(guest: string): AbortSignal {
    return AbortSignal.any([this.waiting, this.reach.givenUp(guest)]);
  }
}

const settledWords: Readonly<Record<SettledReason, string>> = {
  decided: 'decided',
  futile: 'too noisy to be decided by more rounds; ended',
  'max-blocks': 'not decided by the most rounds there can be; ended',
};

function now(): string {
  return new Date().toISOString();
}

function messageOf(error: unknown): string {
  if (error instanceof SshError || error instanceof UserError) return error.message;
  return error instanceof Error ? error.message : String(error);
}
