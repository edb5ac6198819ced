import type { TrialOutput } from '../benchmarks/benchmark';
import type { CpuUse, ExperimentEvent, Measurement, Trial } from '../model/experiment';
import type { JobEnd, Jobs } from '../ssh/jobs';
import { SshError } from '../ssh/transport';
import { OutputCollector } from './collector';
import { outputEvents } from './journal';
import type { PlannedBenchmark } from './prepare';

/** How often a job's output is looked at while it runs: seldom, so that watching does not disturb it. */
const pollSeconds = 2;
/** How long a job has to end by itself after it is asked to. */
const graceSeconds = 5;

export interface TrialContext {
  readonly trial: Trial;
  readonly planned: PlannedBenchmark;
  readonly jobs: Jobs;
  /** Name of the job on the guest. */
  readonly jobId: string;
  /** Where a stream goes that is too long for the experiment file. */
  readonly wholeFile: (stream: 'stdout' | 'stderr') => string;
  readonly append: (event: ExperimentEvent) => Promise<void>;
  readonly onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
  /** Aborted: the job's whole process group ends on the guest. */
  readonly signal: AbortSignal;
}

export interface TrialEnd {
  readonly outcome: 'ok' | 'failed' | 'cancelled' | 'lost';
  readonly reason: string;
  readonly measurements: readonly Measurement[];
  readonly durationMs: number;
  readonly wallSeconds: number;
  readonly cpu?: CpuUse;
}

interface Verdict {
  readonly outcome: TrialEnd['outcome'];
  readonly reason: string;
  readonly measurements: readonly Measurement[];
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly durationMs: number;
  readonly cpu?: CpuUse;
}

/**
 * Runs one trial as a detached job on its guest and records it. The job's folder on the guest is removed only
 * after the measurements are on disk. Rejects only when the experiment file cannot be written.
 */
export async function runTrial(context: TrialContext): Promise<TrialEnd> {
  const { trial, jobs, jobId } = context;
  const startedMs = performance.now();
  const stdout = new OutputCollector(context.wholeFile('stdout'));
  const stderr = new OutputCollector(context.wholeFile('stderr'));
  await context.append({ at: now(), type: 'trial-started', trial: trial.id, attempt: 1, job: jobId });
  const verdict = await execute(context, stdout, stderr);
  for (const [stream, collector] of [
    ['stdout', stdout],
    ['stderr', stderr],
  ] as const) {
    for (const event of outputEvents(
      trial.id,
      stream,
      collector.text(),
      collector.wholeIn,
      collector.byteCount,
    )) {
      await context.append(event);
    }
  }
  const { outcome, reason, measurements, durationMs, cpu, exitCode, signal } = verdict;
  const common = { at: now(), trial: trial.id, exitCode, durationMs, ...(cpu ? { cpu } : {}) };
  if (outcome === 'ok') {
    await context.append({ ...common, type: 'trial-finished', measurements: [...measurements] });
  } else {
    await context.append({ ...common, type: 'trial-failed', outcome, reason, signal });
  }
  // What stays behind on a guest that cannot be reached now is removed at the end of the experiment.
  await jobs.remove(jobId).catch(() => undefined);
  return {
    outcome,
    reason,
    measurements,
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
  const timeoutSeconds = planned.benchmark.timeoutSeconds(planned.parameters);
  const wasStarted = { value: false };
  const ending: { by: 'nobody' | 'person' | 'timeout' } = { by: 'nobody' };
  const cancel = (by: 'person' | 'timeout'): void => {
    if (ending.by !== 'nobody') return;
    ending.by = by;
    // The follower then reports the end; a guest out of reach is handled there too.
    void jobs.cancel(jobId, graceSeconds).catch(() => undefined);
  };
  const onAbort = (): void => cancel('person');
  const isAborted = (): boolean => context.signal.aborted;
  const timer = setTimeout(() => cancel('timeout'), timeoutSeconds * 1000);
  try {
    if (isAborted()) return failure('cancelled', 'stopped before it started');
    await jobs.put(jobId, planned.benchmark.script('run', planned.parameters));
    context.signal.addEventListener('abort', onAbort, { once: true });
    wasStarted.value = true;
    const started = await jobs.start(jobId);
    if (started.state === 'busy')
      return failure('failed', 'another controller is running a benchmark on this guest');
    if (isAborted()) cancel('person');
    const end = await jobs.follow(jobId, {
      onStdout: (chunk) => {
        stdout.add(chunk);
        context.onOutput('stdout', chunk);
      },
      onStderr: (chunk) => {
        stderr.add(chunk);
        context.onOutput('stderr', chunk);
      },
      pollSeconds,
    });
    return await judge(context, end, ending.by, stdout.text(), stderr.text());
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    // Whatever went wrong here, the job must not go on there: it would hold the guest and spoil the next trial.
    if (wasStarted.value) await jobs.cancel(jobId, graceSeconds).catch(() => undefined);
    const lost = error instanceof SshError && error.kind === 'lost';
    return failure(lost ? 'lost' : ending.by === 'person' ? 'cancelled' : 'failed', said);
  } finally {
    clearTimeout(timer);
    context.signal.removeEventListener('abort', onAbort);
  }

  function failure(outcome: 'failed' | 'cancelled' | 'lost', reason: string): Verdict {
    return { outcome, reason, measurements: [], exitCode: null, signal: null, durationMs: 0 };
  }
}

/** Cancelled, then exit status, then the tool's own errors, only then numbers. */
async function judge(
  context: TrialContext,
  end: JobEnd,
  endedBy: 'nobody' | 'person' | 'timeout',
  stdout: string,
  stderr: string,
): Promise<Verdict> {
  const { planned, jobs, jobId } = context;
  if (end.state !== 'done') {
    const reason =
      end.state === 'lost'
        ? 'the job vanished from the guest: it was rebooted, or everything of ours was killed'
        : 'another controller is running a benchmark on this guest';
    const outcome = end.state === 'lost' ? 'lost' : 'failed';
    return { outcome, reason, measurements: [], exitCode: null, signal: null, durationMs: 0 };
  }
  const base = {
    exitCode: end.exitCode,
    signal: end.signal,
    durationMs: end.durationMs,
    ...(end.cpu ? { cpu: end.cpu } : {}),
  };
  if (endedBy === 'timeout') {
    const limit = planned.benchmark.timeoutSeconds(planned.parameters);
    return {
      ...base,
      outcome: 'failed',
      reason: `did not end within ${limit} s and was stopped`,
      measurements: [],
    };
  }
  const files = new Map<string, string>();
  for (const file of await jobs.files(jobId)) {
    files.set(file.name, (await jobs.fetchFile(jobId, file.name)).toString('utf8'));
  }
  const output: TrialOutput = {
    stdout,
    stderr,
    exitCode: end.exitCode,
    signal: end.signal,
    cancelled: end.cancelled || endedBy === 'person',
    files,
  };
  const parsed = planned.benchmark.parse(output);
  if (parsed.outcome === 'ok' || parsed.outcome === 'mixed') {
    return { ...base, outcome: 'ok', reason: '', measurements: parsed.metrics };
  }
  const reason = parsed.reason ?? (parsed.outcome === 'cancelled' ? 'stopped' : 'the benchmark failed');
  return { ...base, outcome: parsed.outcome, reason, measurements: [] };
}

function now(): string {
  return new Date().toISOString();
}
