import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ParsedOutput, TrialOutput } from '../benchmarks/benchmark';
import type { ExperimentEvent } from '../model/experiment';
import type { Jobs, JobStart } from '../ssh/jobs';
import type { Connection } from '../ssh/transport';
import { cleanUpBenchmarks, type PlannedBenchmark } from './prepare';
import { runTrial, type TrialEnd } from './trial';

/** How often a guest that another controller has is asked for again. */
const busyWaitMs = 10_000;

export interface TryOutOptions {
  readonly guest: string;
  readonly planned: PlannedBenchmark;
  readonly jobs: Jobs;
  readonly connect: () => Promise<Connection>;
  readonly onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
  readonly onNotice: (text: string) => void;
  /** Aborted: the run is ended on the guest. */
  readonly signal: AbortSignal;
}

export interface TryOutEnd extends TrialEnd {
  /** What the run left behind; undefined when it did not come to its end. */
  readonly output: TrialOutput | undefined;
  readonly exitCode: number | null;
}

/** Runs a benchmark once, as a trial would, records nothing, and leaves nothing of it on the guest. */
export async function tryOut(options: TryOutOptions): Promise<TryOutEnd> {
  const { guest, planned, jobs, signal } = options;
  const folder = await mkdtemp(path.join(tmpdir(), 'guestbench-try-'));
  const jobId = `try-${randomBytes(6).toString('hex')}`;
  const seen: { output?: TrialOutput; exitCode: number | null } = { exitCode: null };
  try {
    const context = {
      trial: trialOn(guest, planned),
      attempt: 1,
      isResumed: false,
      script: () => Promise.resolve(planned.benchmark.script('run', planned.parameters)),
      planned: watched(planned, (output) => (seen.output = output)),
      jobs,
      jobId,
      wholeFile: (stream: 'stdout' | 'stderr') => path.join(folder, stream),
      append: (...events: readonly ExperimentEvent[]) => {
        for (const event of events) if ('exitCode' in event) seen.exitCode = event.exitCode;
        return Promise.resolve();
      },
      onOutput: options.onOutput,
      watchHost: () => () => undefined,
      onNotice: options.onNotice,
      whileBusy: ({ by, holder }: JobStart, stopped: AbortSignal) => {
        const who = holder?.who ?? `job ${by ?? 'unknown'}`;
        options.onNotice(`${guest} is in use by ${who}; waiting until it is free.`);
        return sleep(busyWaitMs, undefined, { signal: stopped });
      },
      signal,
      stopping: signal,
      leave: new AbortController().signal,
    };
    const end = await runTrial(context);
    return { ...end, output: seen.output, exitCode: seen.exitCode };
  } catch (error) {
    await jobs.cancel(jobId, 0).catch(() => undefined);
    await jobs.remove(jobId).catch(() => undefined);
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
    await cleanUp(options).catch((error: unknown) =>
      options.onNotice(`${guest}: ${error instanceof Error ? error.message : String(error)}`),
    );
  }
}

const trialOn = (guest: string, { benchmark }: PlannedBenchmark) => ({
  id: 'try',
  round: 0,
  block: 0,
  position: 0,
  guest,
  benchmark: benchmark.id,
  warmup: false,
});

function watched(planned: PlannedBenchmark, onOutput: (output: TrialOutput) => void): PlannedBenchmark {
  const parse = (output: TrialOutput): ParsedOutput => {
    onOutput(output);
    return planned.benchmark.parse(output);
  };
  return { ...planned, benchmark: { ...planned.benchmark, parse } };
}

/** An experiment that was interrupted may have results on the guest that are still to be collected: they stay. */
async function cleanUp({ planned, jobs, connect }: TryOutOptions): Promise<void> {
  await cleanUpBenchmarks(await connect(), [planned]);
  if ((await jobs.list()).length === 0 && (await jobs.lease()) === undefined) await jobs.cleanUp();
}
