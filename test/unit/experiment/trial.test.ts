import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { defineBenchmark } from '../../../src/benchmarks/define';
import { parameterObject } from '../../../src/benchmarks/parameters';
import { runTrial, type TrialContext } from '../../../src/experiment/trial';
import type { ExperimentEvent } from '../../../src/model/experiment';
import type { Jobs, JobStart } from '../../../src/ssh/jobs';

const counter = defineBenchmark({
  id: 'counter',
  title: 'Counter',
  description: 'Counts.',
  kind: 'cpu',
  metrics: [{ id: 'counter.n', title: 'Count', unit: '1', better: 'higher', primary: true }],
  parameters: parameterObject({}),
  presets: { quick: {}, standard: {}, thorough: {} },
  estimateSeconds: () => 1,
  timeoutSeconds: () => 60,
  scripts: { check: () => '', install: () => '', cleanup: () => '', run: () => 'echo 7' },
  parse: ({ stdout }) => ({
    outcome: 'ok',
    metrics: [{ id: 'counter.n', value: Number(stdout), unit: '1', better: 'higher' }],
  }),
});

/** A trial on a guest that somebody else has at first; real ones are in test/ssh. */
function trialOn(prepared: JobStart | undefined, whileBusy: TrialContext['whileBusy']) {
  const calls: string[] = [];
  const events: ExperimentEvent[] = [];
  const call = <T>(text: string, value: T): Promise<T> => {
    calls.push(text);
    return Promise.resolve(value);
  };
  const jobs = {
    startPrepared: (id: string) => call(`prepared ${id}`, prepared),
    put: (id: string) => call(`put ${id}`, undefined),
    start: (id: string) => call(`start ${id}`, { state: 'running', fresh: true }),
    remove: (id: string) => call(`remove ${id}`, undefined),
    follow: (_: string, { onStdout }: { onStdout: (chunk: Buffer) => void }) => {
      onStdout(Buffer.from('7'));
      const common = { cancelled: false, stdoutBytes: 1, stderrBytes: 0, durationMs: 10 };
      return Promise.resolve({ state: 'done', exitCode: 0, signal: null, ...common });
    },
    files: () => Promise.resolve([]),
    load: () => Promise.resolve([]),
  } as unknown as Jobs;
  const stopping = new AbortController();
  const context: TrialContext = {
    trial: {
      ...{ id: 't2', round: 1, block: 1, position: 0, guest: 'a', benchmark: 'counter', warmup: false },
    },
    attempt: 1,
    isResumed: false,
    planned: { benchmark: counter, parameters: {} },
    script: () => Promise.resolve('echo 7'),
    jobs,
    jobId: 'e1.t2',
    wholeFile: (stream) => join(tmpdir(), `never-written.${stream}`),
    append: (...more) => Promise.resolve(void events.push(...more)),
    onOutput: () => undefined,
    ahead: { leftovers: ['e1.t0', 'e1.t1'], prepareNext: () => undefined },
    watchHost: () => () => undefined,
    onNotice: () => undefined,
    whileBusy: (start, signal) => {
      calls.push(`wait for ${String(start.by)}`);
      return whileBusy(start, signal);
    },
    stopping: stopping.signal,
    signal: new AbortController().signal,
    leave: new AbortController().signal,
  };
  return { calls, events, context, stopping };
}

const busy: JobStart = { state: 'busy', fresh: false, by: 'other' };
const removed = ['remove e1.t0', 'remove e1.t1'];

describe('a trial whose guest is in use', () => {
  it('leaves none of our folders there while it waits, and starts afterwards', async () => {
    const { calls, events, context } = trialOn(busy, () => Promise.resolve());
    const end = await runTrial(context);
    expect(end.measurements.map(({ value }) => value)).toEqual([7]);
    const waited = [...removed, 'remove e1.t2', 'wait for other', 'put e1.t2', 'start e1.t2'];
    expect(calls).toEqual(['prepared e1.t2', ...waited]);
    expect(events.map(({ type }) => type)).toEqual(['trial-started', 'output', 'trial-finished']);
  });

  it('does not begin when the experiment is to stop meanwhile', async () => {
    const { calls, context, stopping } = trialOn(
      busy,
      (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
          stopping.abort();
        }),
    );
    expect(await runTrial(context)).toMatchObject({
      outcome: 'cancelled',
      reason: 'stopped while its guest was in use',
    });
    expect(calls).toEqual(['prepared e1.t2', ...removed, 'remove e1.t2', 'wait for other']);
  });
});

describe('a trial that follows another at once', () => {
  it('has its start remove what is left of the ones before', async () => {
    const { calls, context } = trialOn({ state: 'running', fresh: true }, () => Promise.reject(new Error()));
    expect((await runTrial(context)).outcome).toBe('ok');
    expect(calls).toEqual(['prepared e1.t2']);
  });

  it('removes it by itself when it was not prepared', async () => {
    const { calls, context } = trialOn(undefined, () => Promise.reject(new Error()));
    expect((await runTrial(context)).outcome).toBe('ok');
    expect(calls).toEqual(['prepared e1.t2', ...removed, 'put e1.t2', 'start e1.t2']);
  });
});

describe('a trial whose guest says that it is cancelled, and goes on sending', () => {
  afterEach(() => void vi.useRealTimers());

  /** A guest that answers every request and whose follower never comes to its end. */
  function endless() {
    const made = trialOn({ state: 'running', fresh: true }, () => Promise.reject(new Error()));
    const jobs = {
      ...(made.context.jobs as object),
      cancel: () => Promise.resolve({ state: 'done', left: 0 }),
      follow: (_: string, { signal, onStdout }: { signal: AbortSignal; onStdout: (chunk: Buffer) => void }) =>
        new Promise((_resolve, reject) => {
          const more = setInterval(() => onStdout(Buffer.from('more\n')), 100);
          signal.addEventListener('abort', () => {
            clearInterval(more);
            reject(new Error('cut off'));
          });
        }),
    } as unknown as Jobs;
    return { ...made, context: { ...made.context, jobs } };
  }

  it('is cut off within seconds after a person stops it', async () => {
    vi.useFakeTimers();
    const { context } = endless();
    const stop = new AbortController();
    const ended = runTrial({ ...context, signal: stop.signal });
    await vi.advanceTimersByTimeAsync(1_000);
    stop.abort();
    await vi.advanceTimersByTimeAsync(25_000);
    expect(await ended).toMatchObject({ outcome: 'cancelled' });
  });

  it('is given up some time after its limit ended it', async () => {
    vi.useFakeTimers();
    const { context } = endless();
    const ended = runTrial(context);
    await vi.advanceTimersByTimeAsync(60_000 + 16 * 60_000);
    expect(await ended).toMatchObject({
      outcome: 'lost',
      reason: expect.stringContaining('overdue') as string,
    });
  });
});
