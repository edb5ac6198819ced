import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import type { Benchmark, ParsedOutput, TrialOutput } from '../../../src/benchmarks/benchmark';
import { lockFile } from '../../../src/experiment/fileLock';
import { readExperiment } from '../../../src/experiment/journal';
import { planRounds } from '../../../src/experiment/plan';
import { checkGuest, resolveBenchmarks } from '../../../src/experiment/prepare';
import { ExperimentRunner, type RunnerListener } from '../../../src/experiment/runner';
import type { Experiment, Plan } from '../../../src/model/experiment';
import type { parametersSchema } from '../../../src/model/lab';
import type { JobState } from '../../../src/ssh/jobs';
import type { LoadSample } from '../../../src/ssh/loadSamples';
import type { Connection } from '../../../src/ssh/transport';

/** What the jobs of the fake guests do; real ones are in test/ssh and test/host. */
interface FakeJob {
  readonly stdout: string;
  readonly exitCode?: number | null;
  readonly state?: 'done' | 'lost' | 'busy';
}
let play: (id: string, script: string) => FakeJob | Promise<FakeJob>;
/** What a guest says of a job that was started before. */
let stateOf: (id: string) => JobState = () => 'running';
/** What was sampled while a job ran. */
let loadOf: (id: string) => Promise<readonly LoadSample[]> = () => Promise.resolve([]);
const calls: string[] = [];
/** Jobs there are on each guest besides. */
let others: readonly string[] = [];

vi.mock('../../../src/ssh/jobs', () => ({
  Jobs: class {
    private readonly scripts = new Map<string, string>();
    private readonly cancelled = new Map<string, () => void>();
    constructor(private readonly connect: () => Promise<unknown>) {}
    async put(id: string, script: string) {
      await this.connect();
      calls.push(`put ${id}`);
      this.scripts.set(id, script);
    }
    prepare() {}
    dropPrepared() {}
    startPrepared() {
      return Promise.resolve(undefined);
    }
    start() {
      return Promise.resolve({ state: 'running', fresh: true });
    }
    status(id: string) {
      calls.push(`status ${id}`);
      return Promise.resolve({ state: stateOf(id) });
    }
    async follow(
      id: string,
      { onStdout, signal }: { onStdout: (chunk: Buffer) => void; signal: AbortSignal },
    ) {
      const left = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('cancelled')), { once: true });
      });
      const stopped = new Promise<FakeJob>((resolve) => {
        const cut = (): void => resolve({ stdout: 'cut', exitCode: null });
        // Cancelled before it was followed.
        if (this.cancelled.has(id)) cut();
        this.cancelled.set(id, cut);
      });
      const job = await Promise.race([Promise.resolve(play(id, this.scripts.get(id) ?? '')), stopped, left]);
      if (job.state === 'lost' || job.state === 'busy') return { state: job.state, by: 'somebody' };
      onStdout(Buffer.from(job.stdout));
      const wasCancelled = job.exitCode === null;
      return {
        state: 'done',
        exitCode: job.exitCode === undefined ? 0 : job.exitCode,
        signal: wasCancelled ? 'SIGTERM' : null,
        cancelled: wasCancelled,
        stdoutBytes: job.stdout.length,
        stderrBytes: 0,
        durationMs: 10,
      };
    }
    cancel(id: string) {
      calls.push(`cancel ${id}`);
      const cut = this.cancelled.get(id);
      if (cut) cut();
      else this.cancelled.set(id, () => undefined);
      return Promise.resolve({ state: 'done', left: 0 });
    }
    files() {
      return Promise.resolve([]);
    }
    load(id: string) {
      return loadOf(id);
    }
    list() {
      return Promise.resolve(others.map((id) => ({ id, state: 'done' })));
    }
    remove(id: string) {
      calls.push(`remove ${id}`);
      return Promise.resolve();
    }
    cleanUp() {
      calls.push('cleanUp');
      return Promise.resolve();
    }
    hold() {
      return Promise.resolve(undefined);
    }
    lease() {
      return Promise.resolve(undefined);
    }
    release() {
      calls.push('release');
      return Promise.resolve();
    }
  },
}));
vi.mock('../../../src/probe/probe', () => ({
  probeGuest: () =>
    Promise.resolve({
      evidence: new Map([['uname -a', 'Linux']]),
      facts: { mode: { mode: 'PV', confidence: 'certain', because: [] }, mitigations: {} },
    }),
}));

function fake(id: string): Benchmark {
  return {
    id,
    title: id.toUpperCase(),
    description: '',
    kind: 'cpu',
    metrics: [{ id: `${id}.rate`, title: 'Rate', unit: '1/s', better: 'higher', primary: true }],
    parameters: z.strictObject({ seconds: z._default(z.int(), 1) }) as unknown as typeof parametersSchema,
    presets: { quick: {}, standard: {}, thorough: {} },
    estimateSeconds: () => 1,
    timeoutSeconds: () => 600,
    script: (phase, parameters) => `# ${phase} ${id} ${JSON.stringify(parameters)}`,
    parse: ({ stdout, exitCode, cancelled }: TrialOutput): ParsedOutput => {
      if (cancelled) return { outcome: 'cancelled', metrics: [] };
      if (exitCode !== 0) return { outcome: 'failed', metrics: [], reason: `exit code ${exitCode}` };
      return {
        outcome: 'ok',
        metrics: [{ id: `${id}.rate`, value: Number(stdout), unit: '1/s', better: 'higher' }],
      };
    },
  };
}

const catalogue = [fake('x'), fake('y')];
const guests = [
  { name: 'a', host: 'h' },
  { name: 'b', host: 'h' },
];
const connection = { exec: () => Promise.resolve({}) } as unknown as Connection;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gb-runner-'));
  calls.length = 0;
  stateOf = () => 'running';
  play = () => ({ stdout: '100' });
  loadOf = () => Promise.resolve([]);
  others = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function runner(
  rounds: number,
  listener: RunnerListener = {},
  connect = () => Promise.resolve(connection),
  wishes: Partial<Plan> = {},
) {
  const benchmarks = catalogue.map(({ id }) => ({ id }));
  return new ExperimentRunner({
    file: join(folder, 'e.guestbench'),
    id: 'e1',
    label: 'test',
    version: '0.0.0',
    seed: 5,
    plan: {
      guests,
      benchmarks,
      rounds,
      trials: planRounds(5, guests, benchmarks, rounds),
      statistics: { plan: 'anystop', alpha: 0.05, margin: 0.02, maxBlocks: 20 },
      ...wishes,
    },
    lab: { hosts: [], guests: [], suites: {} },
    notes: [],
    catalogue,
    connect,
    listener,
  });
}

function experiment(): Experiment {
  const read = readExperiment(readFileSync(join(folder, 'e.guestbench'), 'utf8'));
  if (read.status === 'error') throw new Error(`line ${read.line}: ${read.error}`);
  return read.experiment;
}

describe('an experiment', () => {
  it('runs its trials in the planned order, one at a time, and removes each job after its result is on disk', async () => {
    const order: string[] = [];
    let running = 0;
    play = async (id) => {
      running++;
      expect(running).toBe(1);
      await Promise.resolve();
      running--;
      order.push(id);
      return { stdout: '100' };
    };
    const seen: string[] = [];
    const summary = await runner(2, {
      onEvent: (event) => {
        if (event.type !== 'trial-finished') return;
        // Told after it is on disk, and before the job is removed on the guest.
        expect(experiment().trials.find((r) => r.trial.id === event.trial)?.status).toBe('ok');
        expect(calls).not.toContain(`remove e1.${event.trial}`);
        seen.push(event.trial);
      },
    }).run();
    const { plan, trials, ended } = experiment();
    expect(order).toEqual(plan.trials.map(({ id }) => `e1.${id}`));
    expect(seen).toEqual(plan.trials.map(({ id }) => id));
    expect(trials.every((record) => record.status === 'ok' && record.measurements[0]?.value === 100)).toBe(
      true,
    );
    expect(ended?.reason).toBe('completed');
    expect(summary).toMatchObject({ reason: 'completed', ok: 12, failed: 0, planned: 12 });
    expect(calls.filter((call) => call === 'cleanUp')).toHaveLength(2);
  });

  it('leaves a guest as it is where another experiment has results, but for its own jobs', async () => {
    others = ['other.r01-x-a', 'e1.r01-x-a'];
    await runner(1).run();
    expect(calls.filter((call) => call === 'cleanUp')).toEqual([]);
    expect(calls.slice(-4).toSorted()).toEqual([
      'release',
      'release',
      'remove e1.r01-x-a',
      'remove e1.r01-x-a',
    ]);
  });

  it('records a failed trial with its output and reason, and goes on', async () => {
    play = (id) => (id.includes('r01-x-a') ? { stdout: 'oh no', exitCode: 3 } : { stdout: '7' });
    const summary = await runner(1).run();
    const failed = experiment().trials.find(({ trial }) => trial.id.includes('r01-x-a'));
    expect(failed).toMatchObject({
      status: 'failed',
      reason: 'exit code 3',
      stdout: 'oh no',
      measurements: [],
    });
    expect(summary).toMatchObject({ reason: 'completed', ok: 7, failed: 1 });
  });

  it('tries a benchmark that keeps failing on a guest no more than three times', async () => {
    play = (id) => (id.includes('-x-a') ? { stdout: '', exitCode: 1 } : { stdout: '7' });
    const notices: string[] = [];
    await runner(6, { onNotice: (text) => notices.push(text) }).run();
    const { trials, setAside } = experiment();
    expect(trials.filter(({ trial }) => trial.guest === 'a' && trial.benchmark === 'x')).toHaveLength(3);
    expect(trials.filter(({ trial }) => trial.guest === 'b' && trial.benchmark === 'x')).toHaveLength(7);
    expect(setAside).toEqual([
      { guest: 'a', benchmark: 'x', reason: expect.stringContaining('3 times') as string },
    ]);
    expect(notices.join()).toContain('x has failed 3 times in a row on a');
  });

  it('records the load of each trial, and counts a trial whose load cannot be fetched', async () => {
    const sample = {
      atMs: 1000,
      spanMs: 1000,
      userPercent: 80,
      systemPercent: 5,
      iowaitPercent: 0,
      stealPercent: 3,
    };
    loadOf = (id) => (id.includes('r01-x-a') ? Promise.reject(new Error('gone')) : Promise.resolve([sample]));
    play = (id) => (id.includes('r01-x-b') ? { stdout: '', exitCode: 3 } : { stdout: '7' });
    await runner(1).run();
    const { trials } = experiment();
    for (const { trial, status, load } of trials) {
      expect(status).toBe(trial.id.includes('r01-x-b') ? 'failed' : 'ok');
      expect(load?.userPercent).toEqual(trial.id.includes('r01-x-a') ? undefined : [80]);
    }
  });

  it('tells a job that vanished from one that failed', async () => {
    play = (id) => (id.includes('r01-y-b') ? { stdout: '', state: 'lost' } : { stdout: '7' });
    await runner(1).run();
    const lost = experiment().trials.find(({ trial }) => trial.id.includes('r01-y-b'));
    expect(lost?.status).toBe('lost');
    expect(lost?.reason).toMatch(/vanished/);
  });

  it('ends the running job when it is stopped now, and keeps what was measured', async () => {
    const made = runner(3);
    let count = 0;
    play = () => {
      if (count++ < 2) return { stdout: '5' };
      setTimeout(() => made.stop('now'));
      return new Promise<FakeJob>(() => undefined);
    };
    const summary = await made.run();
    expect(summary).toMatchObject({ reason: 'stopped', ok: 2 });
    const { trials, ended } = experiment();
    expect(trials.map(({ status }) => status)).toEqual(['ok', 'ok', 'cancelled']);
    expect(ended?.reason).toBe('stopped');
    expect(calls.some((call) => call.startsWith('cancel e1.'))).toBe(true);
  });

  it('lets the running trial finish when asked to stop after it', async () => {
    const made = runner(3, {
      onTrialStart: (_trial, { done }) => (done === 1 ? made.stop('after-trial') : undefined),
    });
    expect(await made.run()).toMatchObject({ reason: 'stopped', ok: 2 });
    expect(experiment().trials.map(({ status }) => status)).toEqual(['ok', 'ok']);
  });

  it('says that nothing succeeded when no guest can be reached', async () => {
    const notices: string[] = [];
    const refused = () => Promise.reject(new Error('connection refused'));
    const summary = await runner(1, { onNotice: (text) => notices.push(text) }, refused).run();
    expect(summary).toMatchObject({ reason: 'failed', ok: 0 });
    expect(notices).toContain('a: connection refused');
    expect(experiment().ended?.reason).toBe('failed');
  });

  it('tries a trial that failed once more in its round', async () => {
    let count = 0;
    play = (id) => (id.includes('r01-x-a') && count++ === 0 ? { stdout: '', exitCode: 1 } : { stdout: '7' });
    const summary = await runner(1).run();
    const tries = experiment().trials.filter(({ trial }) => trial.id.includes('r01-x-a'));
    expect(tries.map(({ attempt, status }) => [attempt, status])).toEqual([
      [1, 'failed'],
      [2, 'ok'],
    ]);
    expect(new Set(tries.map(({ job }) => job)).size).toBe(2);
    expect(summary).toMatchObject({ ok: 8, failed: 0 });
  });

  it('ends a benchmark as soon as it is decided, and goes on with the others', async () => {
    let count = 0;
    // x is the same within a hair in every round, y is all over the place.
    play = (id) => {
      count += 1;
      const spread = id.includes('-y-') ? (count % 7) * 20 : (count % 3) * 0.01;
      return { stdout: String((id.includes('-a') ? 100 : 150) + spread) };
    };
    const all = () => Promise.resolve(connection);
    await runner(12, {}, all, { until: 'decided' }).run();
    const { settled, trials } = experiment();
    const rounds = (id: string) =>
      trials.filter(({ trial }) => trial.benchmark === id && !trial.warmup).length / 2;
    expect(settled?.find(({ benchmark }) => benchmark === 'x')).toMatchObject({
      round: 4,
      reason: 'decided',
    });
    expect(rounds('x')).toBe(4);
    expect(rounds('y')).toBeGreaterThan(4);
  });

  it('begins no block after its limit of time', async () => {
    const notices: string[] = [];
    const all = () => Promise.resolve(connection);
    await runner(3, { onNotice: (text) => notices.push(text) }, all, { maxMinutes: 0 }).run();
    expect(experiment().trials.every(({ trial }) => trial.warmup)).toBe(true);
    expect(notices.join()).toContain('limit of 0 minutes');
  });

  it('never overwrites a file', async () => {
    await runner(1).run();
    await expect(runner(1).run()).rejects.toThrow(/exists already/);
  });
});

describe('an experiment that was left', () => {
  /** Leaves it in its third trial, with two measured. */
  async function leave(): Promise<void> {
    const made = runner(1);
    let count = 0;
    play = () => {
      if (count++ < 2) return { stdout: '5' };
      setTimeout(() => made.leave());
      return new Promise<FakeJob>(() => undefined);
    };
    expect(await made.run()).toMatchObject({ reason: 'left', ok: 2 });
  }

  it('happens by itself when its file cannot be written: nothing on the guests is ended or removed', async () => {
    play = (id) => {
      if (id.includes('r01-x-a')) appendFileSync(join(folder, 'e.guestbench'), ' ');
      return { stdout: '5' };
    };
    await expect(runner(1).run()).rejects.toThrow(/another program changed it/);
    expect(calls.some((call) => call.startsWith('cancel') || call === 'cleanUp')).toBe(false);
    expect(calls).not.toContain('remove e1.r01-x-a');
  });

  it('leaves its running job alone and its record open', async () => {
    await leave();
    const { trials, ended } = experiment();
    expect(trials.map(({ status }) => status)).toEqual(['ok', 'ok', 'running']);
    expect(ended).toBeUndefined();
    expect(calls.some((call) => call.startsWith('cancel') || call === 'cleanUp')).toBe(false);
  });

  it.each([
    ['after-trial', 'ok'],
    ['now', 'cancelled'],
  ] as const)('brings its open trial to an end when stopped %s as it is resumed', async (how, status) => {
    await leave();
    calls.length = 0;
    play = () => (how === 'now' ? new Promise<FakeJob>(() => undefined) : { stdout: '7' });
    const made = runner(1, { onEvent: ({ type }) => (type === 'resumed' ? made.stop(how) : undefined) });
    expect(await made.resume()).toMatchObject({ reason: 'stopped' });
    expect(experiment().trials.map((record) => record.status)).toEqual(['ok', 'ok', status]);
    expect(calls.filter((call) => call.startsWith('put'))).toEqual([]);
  });

  it('takes the running job up when it is resumed, and runs each other trial once', async () => {
    await leave();
    const open = experiment().trials[2]?.job ?? '';
    calls.length = 0;
    play = () => ({ stdout: '7' });
    expect(await runner(1).resume()).toMatchObject({ reason: 'completed', ok: 8 });
    const { trials, ended, plan } = experiment();
    expect(trials.map(({ trial }) => trial.id)).toEqual(plan.trials.map(({ id }) => id));
    expect(trials.every(({ status, attempt }) => status === 'ok' && attempt === 1)).toBe(true);
    expect(calls).toContain(`status ${open}`);
    expect(calls).not.toContain(`put ${open}`);
    expect(ended?.reason).toBe('completed');
  });

  it('starts a job that never reached its guest, under the same name', async () => {
    await leave();
    const open = experiment().trials[2]?.job ?? '';
    stateOf = () => 'none';
    calls.length = 0;
    play = () => ({ stdout: '7' });
    await runner(1).resume();
    expect(calls).toContain(`put ${open}`);
    expect(experiment().trials).toHaveLength(8);
  });

  it('runs a trial again that was lost to a reboot', async () => {
    await leave();
    let lost = 0;
    play = () => (lost++ === 0 ? { stdout: '', state: 'lost' } : { stdout: '7' });
    expect(await runner(1).resume()).toMatchObject({ reason: 'completed', ok: 8, failed: 0 });
    const again = experiment().trials.slice(2, 4);
    expect(again.map(({ attempt, status }) => [attempt, status])).toEqual([
      [1, 'lost'],
      [2, 'ok'],
    ]);
    expect(again[0]?.trial).toEqual(again[1]?.trial);
  });

  it('is refused while another process has its file', async () => {
    await leave();
    const held = lockFile(join(folder, 'e.guestbench'));
    await expect(runner(1).resume()).rejects.toThrow(/being run by another window/);
    held.dispose();
    play = () => ({ stdout: '7' });
    expect(await runner(1).resume()).toMatchObject({ reason: 'completed' });
  });
});

describe('a plan', () => {
  it('is refused when it names what does not exist or fit', () => {
    expect(() => resolveBenchmarks([{ id: 'z' }], catalogue)).toThrow(/no benchmark "z".*x, y/);
    expect(() => resolveBenchmarks([{ id: 'x', parameters: { seconds: 'no' } }], catalogue)).toThrow(
      /parameter seconds/,
    );
    expect(resolveBenchmarks([{ id: 'x' }], catalogue)[0]?.parameters).toEqual({ seconds: 1 });
  });
});

describe('the check of a guest', () => {
  it('tells a shell that answers nothing from benchmarks that are ready', async () => {
    const silent = {
      exec: () =>
        Promise.resolve({
          stdout: Buffer.from(''),
          stderr: Buffer.from('no such shell'),
          code: 127,
          signal: null,
        }),
    } as unknown as Connection;
    const checks = await checkGuest(silent, resolveBenchmarks([{ id: 'x' }], catalogue));
    expect(checks.get('x')).toMatchObject({
      state: 'problem',
      reason: 'the check did not run: no such shell',
    });
  });
});
