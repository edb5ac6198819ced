import { setTimeout as sleep } from 'node:timers/promises';
import type { ParsedOutput, TrialOutput } from '../benchmarks/benchmark';
import type { CpuUse, ExperimentEvent, Measurement, Trial } from '../model/experiment';
import type { HostLoad, Load } from '../model/load';
import type { JobEnd, Jobs, JobStart } from '../ssh/jobs';
import { SshError } from '../ssh/transport';
import { OutputCollector } from './collector';
import type { EndWatch } from './hostLoad';
import { outputEvents } from './journal';
import { compactLoad } from './load';
import type { PlannedBenchmark } from './prepare';

/** How often a job's output is looked at while it runs: seldom, so that watching does not disturb it. */
const pollSeconds = 2;
/** How long a job has to end by itself after it is asked to. */
const graceSeconds = 5;
/** The load is a side matter: measurements do not wait longer for it before they are written down. */
const loadWaitMs = 10_000;
/** After so long, a person who stopped does not wait for the trial any more, whatever its guest says or sends. */
const stopLimitMs = 20_000;
/** After so long, a trial that was ended as it was overdue is given up: its output takes no longer to arrive. */
const overdueLimitMs = 15 * 60_000;
/** What is read of a job's result files. Parsers read 16 MiB of each at most. */
const maxFiles = 1_000;
const maxFilesBytes = 64 * 1024 * 1024;
/** After a trial that is overdue could not be ended, because its guest was out of reach, say. */
const cancelAgainMs = 30_000;

export interface TrialContext {
  readonly trial: Trial;
  /** 1, 2, …: a trial that failed is tried again under a job of its own. */
  readonly attempt: number;
  /** Its start is recorded already: the job is looked for on the guest, and started only if it never was. */
  readonly isResumed: boolean;
  readonly planned: PlannedBenchmark;
  /** What the job does; brings what it needs to the guest first. */
  readonly script: (signal: AbortSignal) => Promise<string>;
  readonly jobs: Jobs;
  /** Name of the job on the guest. */
  readonly jobId: string;
  /** Where a stream goes that is too long for the experiment file. */
  readonly wholeFile: (stream: 'stdout' | 'stderr') => string;
  /** Resolves when all of them are on disk. */
  readonly append: (...events: readonly ExperimentEvent[]) => Promise<void>;
  /** What it prints, for people: of a flood the newest only. */
  readonly onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
  /** So much of a flood is not shown; it is recorded all the same. */
  readonly onSkipped?: (stream: 'stdout' | 'stderr', bytes: number) => void;
  /** Makes the next trial follow at once. Then the caller removes this job's folder, with the start of that one. */
  readonly ahead?: Ahead;
  /** Begins to watch the guest's host. */
  readonly watchHost: () => EndWatch;
  /** Something people should know while it runs. */
  readonly onNotice: (text: string) => void;
  /** Resolves when it is worth trying again to start the job on a guest that somebody else has. */
  readonly whileBusy: (start: JobStart, signal: AbortSignal) => Promise<void>;
  /** Aborted: nothing new is begun, so a guest in use is not waited for any longer. */
  readonly stopping: AbortSignal;
  /** The job was started, or found on the guest. */
  readonly onStarted?: () => void;
  /** Aborted: the job's whole process group ends on the guest. */
  readonly signal: AbortSignal;
  /** Aborted, after `signal`: a guest out of reach is no longer waited for. Its job may go on there. */
  readonly abandon?: AbortSignal;
  /** Aborted: the job is left running and nothing more is recorded, so that it can be taken up later. */
  readonly leave: AbortSignal;
}

/** What saves round trips between two trials of a lane. */
export interface Ahead {
  /** Jobs on this guest whose results are on disk: their folders go when this trial starts. */
  readonly leftovers: readonly string[];
  /** Called when the trial runs and is followed: what comes next can be prepared on its guest. */
  readonly prepareNext: () => void;
}

/** The trial was left running on its guest, and its record is open: it can be taken up later. */
export class LeftRunning extends Error {
  override readonly name = 'LeftRunning';
}

export interface TrialEnd {
  readonly outcome: 'ok' | 'failed' | 'cancelled' | 'lost';
  readonly reason: string;
  readonly measurements: readonly Measurement[];
  /** Parts that failed although the outcome is ok. */
  readonly failed?: ParsedOutput['failed'];
  readonly durationMs: number;
  /** It failed as the guest's disk was full; what it left there is still in the way. */
  readonly isDiskFull?: true;
  readonly wallSeconds: number;
  readonly cpu?: CpuUse;
}

interface Verdict {
  readonly outcome: TrialEnd['outcome'];
  readonly reason: string;
  readonly measurements: readonly Measurement[];
  /** Parts that failed although the outcome is ok. */
  readonly failed?: ParsedOutput['failed'];
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly durationMs: number;
  readonly isDiskFull?: true;
  readonly cpu?: CpuUse;
  readonly load?: Load | undefined;
  readonly hostLoad?: HostLoad | undefined;
}

/**
 * Runs one trial as a detached job on its guest and records it. The job's folder on the guest is removed only
 * after the measurements are on disk.
 * @throws LeftRunning when `leave` was aborted, and what `append` throws when the experiment file cannot be written.
 */
export async function runTrial(context: TrialContext): Promise<TrialEnd> {
  const { trial, attempt, jobs, jobId } = context;
  const startedMs = performance.now();
  const stdout = new OutputCollector(context.wholeFile('stdout'));
  const stderr = new OutputCollector(context.wholeFile('stderr'));
  if (!context.isResumed)
    await context.append({ at: now(), type: 'trial-started', trial: trial.id, attempt, job: jobId });
  const verdict = await execute(context, stdout, stderr).finally(() => {
    stdout.close();
    stderr.close();
  });
  const outputs = (['stdout', 'stderr'] as const).flatMap((stream) => {
    const collector = stream === 'stdout' ? stdout : stderr;
    return outputEvents(trial.id, stream, collector.text(), collector.wholeIn, collector.byteCount);
  });
  const { outcome, reason, measurements, failed, durationMs, cpu, load, hostLoad, exitCode, signal } =
    verdict;
  const common = {
    at: now(),
    trial: trial.id,
    exitCode,
    durationMs,
    ...(cpu ? { cpu } : {}),
    ...(load ? { load } : {}),
    ...(hostLoad ? { hostLoad } : {}),
  };
  const last: ExperimentEvent =
    outcome === 'ok'
      ? {
          ...common,
          type: 'trial-finished',
          measurements: [...measurements],
          ...(failed ? { failed } : {}),
        }
      : { ...common, type: 'trial-failed', outcome, reason, signal };
  await context.append(...outputs, last);
  // What stays behind on a guest that cannot be reached now is removed at the end of the experiment.
  if (!context.ahead) {
    await unlessAborted(
      jobs.remove(jobId).catch(() => undefined),
      context.abandon,
    );
  }
  return {
    outcome,
    reason,
    measurements,
    ...(failed ? { failed } : {}),
    ...(verdict.isDiskFull ? { isDiskFull: true } : {}),
    durationMs,
    wallSeconds: (performance.now() - startedMs) / 1000,
    ...(cpu ? { cpu } : {}),
  };
}

async function execute(
  context: TrialContext,
  stdout: OutputCollector,
  stderr: OutputCollector,
): Promise<Verdict> {
  const { jobs, jobId, planned } = context;
  const ending = new Ending(context);
  const limitMs = planned.benchmark.timeoutSeconds(planned.parameters) * 1000;
  let timer: NodeJS.Timeout | undefined;
  const onStop = (): void => void ending.by('person');
  let endWatch: EndWatch | undefined;
  try {
    if (context.signal.aborted && !context.isResumed)
      return unmeasured('cancelled', 'stopped before it started');
    await ensureStarted(context, ending.waiting);
    context.onStarted?.();
    timer = setTimeout(() => void ending.by('timeout'), limitMs);
    endWatch = context.watchHost();
    context.signal.addEventListener('abort', onStop, { once: true });
    if (context.signal.aborted) onStop();
    const watch = endWatch;
    let hostLoad: HostLoad | undefined;
    const end = await jobs.follow(jobId, {
      onStdout: (chunk) => stdout.add(chunk),
      onStderr: (chunk) => stderr.add(chunk),
      live: { onChunk: context.onOutput, onSkip: (...skipped) => context.onSkipped?.(...skipped) },
      onOpen: () => context.ahead?.prepareNext(),
      onEnd: () => (hostLoad = watch()),
      pollSeconds,
      signal: ending.waiting,
    });
    const verdict = await judge(context, end, ending, stdout.text(), stderr.text());
    const soon = AbortSignal.any([ending.waiting, AbortSignal.timeout(loadWaitMs)]);
    return { ...verdict, hostLoad, load: await loadOf(context, end, soon) };
  } catch (error) {
    // The job goes on or keeps what it wrote, for when there is room for it here.
    const unwritten = stdout.failure ?? stderr.failure;
    if (unwritten) throw unwritten;
    if (context.leave.aborted) throw new LeftRunning();
    if (error instanceof NotBegun) return unmeasured('cancelled', 'stopped while its guest was in use');
    if (ending.isOverdue)
      return unmeasured('lost', 'was stopped as it was overdue, and its guest did not end it');
    if (ending.isAbandoned)
      return unmeasured('cancelled', 'stopped while the guest was out of reach; its job may still run there');
    // Whatever went wrong here, the job must not go on there: it would hold the guest and spoil the next trial.
    await jobs.cancel(jobId, graceSeconds).catch(() => undefined);
    const said = error instanceof Error ? error.message : String(error);
    const lost = error instanceof SshError && error.kind === 'lost';
    if (lost) return unmeasured('lost', said);
    return context.signal.aborted ? unmeasured('cancelled', 'stopped') : unmeasured('failed', said);
  } finally {
    clearTimeout(timer);
    ending.over();
    endWatch?.();
    context.signal.removeEventListener('abort', onStop);
  }
}

/** The experiment is to stop, and the trial still waits for its guest. */
class NotBegun extends Error {}

/** Starts the job unless it was started before. While another controller has the guest, it waits for its turn. */
async function ensureStarted(context: TrialContext, waiting: AbortSignal): Promise<void> {
  const { jobs, jobId } = context;
  const stopped = AbortSignal.any([waiting, context.signal]);
  if (context.isResumed) {
    const { state } = await jobs.status(jobId, waiting);
    if (state !== 'none' && state !== 'preparing' && state !== 'busy') return;
    if (state === 'busy') await jobs.remove(jobId);
  }
  const { leftovers = [] } = context.ahead ?? {};
  let started = context.isResumed ? undefined : await jobs.startPrepared(jobId, leftovers, waiting);
  // One that could not start has removed nothing.
  if (!started || started.state === 'busy')
    for (const id of leftovers) await jobs.remove(id, waiting).catch(() => undefined);
  for (;;) {
    if (!started) {
      await jobs.put(jobId, await context.script(stopped), stopped);
      started = await jobs.start(jobId, waiting);
    }
    if (started.state !== 'busy') return;
    await jobs.remove(jobId);
    await context.whileBusy(started, AbortSignal.any([stopped, context.stopping])).catch((error: unknown) => {
      throw context.stopping.aborted ? new NotBegun() : error;
    });
    started = undefined;
  }
}

/** Waits for `work` until `signal` aborts; then it goes on unwatched. */
async function unlessAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return work;
  let stop = (): void => undefined;
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
    signal.addEventListener('abort', stop, { once: true });
  });
  if (!signal.aborted) await Promise.race([work, aborted]);
  signal.removeEventListener('abort', stop);
}

/** Who ends a trial before its time, and what is still waited for. */
class Ending {
  private readonly abandoned = new AbortController();
  private who: 'nobody' | 'person' | 'timeout' = 'nobody';
  private isOver = false;
  private deadline: NodeJS.Timeout | undefined;
  /** Aborted when the guest is no longer waited for. */
  readonly waiting: AbortSignal;

  constructor(private readonly context: TrialContext) {
    const signals = [context.leave, this.abandoned.signal];
    this.waiting = AbortSignal.any(context.abandon ? [...signals, context.abandon] : signals);
  }

  get reason(): 'nobody' | 'person' | 'timeout' {
    return this.who;
  }

  get isAbandoned(): boolean {
    return this.abandoned.signal.aborted || this.context.abandon?.aborted === true;
  }

  /** The time limit of the trial ended it, and its guest did not let it end. */
  get isOverdue(): boolean {
    return this.abandoned.signal.aborted && this.who === 'timeout';
  }

  over(): void {
    this.isOver = true;
    clearTimeout(this.deadline);
  }

  /** Ends the job on its guest; the follower then reports the end. A person who stops does not wait for a lost guest. */
  async by(who: 'person' | 'timeout'): Promise<void> {
    if (this.who !== 'person') this.who = who;
    clearTimeout(this.deadline);
    this.deadline = setTimeout(
      () => this.abandoned.abort(),
      this.who === 'person' ? stopLimitMs : overdueLimitMs,
    );
    const { jobs, jobId } = this.context;
    while (!this.isOver && !this.waiting.aborted) {
      const end = await jobs.cancel(jobId, graceSeconds).catch(() => undefined);
      if (end) {
        if (end.left > 0) this.context.onNotice(`${end.left} processes of the trial could not be ended.`);
        return;
      }
      if (this.who === 'person') this.abandoned.abort();
      else await sleep(cancelAgainMs, undefined, { signal: this.waiting }).catch(() => undefined);
    }
  }
}

function unmeasured(outcome: 'failed' | 'cancelled' | 'lost', reason: string): Verdict {
  return { outcome, reason, measurements: [], exitCode: null, signal: null, durationMs: 0 };
}

/** For information: without it the trial counts all the same. */
async function loadOf(
  { jobs, jobId }: TrialContext,
  end: JobEnd,
  waiting: AbortSignal,
): Promise<Load | undefined> {
  if (end.state !== 'done') return undefined;
  try {
    return compactLoad(end.results?.load ?? (await jobs.load(jobId, waiting)));
  } catch {
    return undefined;
  }
}

/** Cancelled, then exit status, then the tool's own errors, only then numbers. */
async function judge(
  context: TrialContext,
  end: JobEnd,
  ending: Ending,
  stdout: string,
  stderr: string,
): Promise<Verdict> {
  const { planned } = context;
  if (end.state !== 'done') {
    const reason =
      end.state === 'lost'
        ? 'the job vanished from the guest: it was rebooted, or everything of ours was killed'
        : 'another controller is running a benchmark on this guest';
    return unmeasured(end.state === 'lost' ? 'lost' : 'failed', reason);
  }
  const base = {
    exitCode: end.exitCode,
    signal: end.signal,
    durationMs: end.durationMs,
    ...(end.cpu ? { cpu: end.cpu } : {}),
  };
  // A job that had ended before it was asked to is whole: this computer may have slept meanwhile.
  if (ending.reason === 'timeout' && end.cancelled) {
    const limit = planned.benchmark.timeoutSeconds(planned.parameters);
    return {
      ...base,
      outcome: 'failed',
      reason: `did not end within ${limit} s and was stopped`,
      measurements: [],
    };
  }
  const files = await filesOf(context, end, ending.waiting);
  const output: TrialOutput = {
    stdout,
    stderr,
    exitCode: end.exitCode,
    signal: end.signal,
    cancelled: end.cancelled,
    files,
  };
  const parsed = planned.benchmark.parse(output);
  if (parsed.outcome === 'ok' || parsed.outcome === 'mixed') {
    const failed = parsed.failed === undefined ? {} : { failed: parsed.failed };
    return { ...base, outcome: 'ok', reason: '', measurements: parsed.metrics, ...failed };
  }
  const reason = parsed.reason ?? (parsed.outcome === 'cancelled' ? 'stopped' : 'the benchmark failed');
  // That says nothing about the benchmark: it does not count against it.
  if (end.isDiskFull && parsed.outcome === 'failed') {
    const full = `the guest's disk was full (/var/tmp): ${reason}`;
    return { ...base, isDiskFull: true, outcome: 'lost', reason: full, measurements: [] };
  }
  return { ...base, outcome: parsed.outcome, reason, measurements: [] };
}

/** @throws SshError when there are more files, or larger ones, than a parser could use. */
async function filesOf(
  { jobs, jobId }: TrialContext,
  end: JobEnd & { state: 'done' },
  waiting: AbortSignal,
): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const come = end.results?.files;
  const names = come ? [...come.keys()] : (await jobs.files(jobId, waiting)).map((file) => file.name);
  if (names.length > maxFiles)
    throw new SshError(
      'protocol',
      `It left ${names.length} result files, and no more than ${maxFiles} are read.`,
    );
  let bytes = 0;
  for (const name of names) {
    const content = come?.get(name) ?? (await jobs.fetchFile(jobId, name, 0, waiting));
    bytes += content.length;
    if (bytes > maxFilesBytes)
      throw new SshError('protocol', 'Its result files are larger than the 64 MiB that are read.');
    files.set(name, content.toString('utf8'));
  }
  return files;
}

function now(): string {
  return new Date().toISOString();
}
