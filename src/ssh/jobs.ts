import { setTimeout as sleep } from 'node:timers/promises';
import { installController } from './controllerInstall';
import { cancelled, isPassing } from './errors';
import { FrameReader, parseAnswer } from './frames';
import { jobEnd, numberOf, type JobEnd } from './jobEnd';
import { leaseOf, leaseWords, type Lease, type LeaseOwner } from './lease';
import { parseLoad, type LoadSample } from './loadSamples';
import { SshError, type Connection, type ExecResult } from './transport';

export type { JobEnd } from './jobEnd';

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

export interface JobsOptions {
  /** The guest is kept for this while jobs are started; without it only what nobody else keeps is used. */
  readonly owner?: LeaseOwner;
  /** How long a guest may be out of reach while a job is followed. Default 15 minutes. */
  readonly giveUpMs?: number;
  /** How long a guest may be out of reach while a job is started or its results are fetched. Default 1 minute. */
  readonly requestGiveUpMs?: number;
  /** The same while a job is ended or removed, so that nobody waits for ever who wants to stop. Default 1 minute. */
  readonly endGiveUpMs?: number;
  /** Waits between attempts to reach it again; the last one repeats. */
  readonly backOffMs?: readonly number[];
  /** Called each time the guest could not be reached again and will be tried once more. */
  readonly onOutOfReach?: (error: SshError) => void;
  /** Called when a request or a follower is through again after that. */
  readonly onBack?: () => void;
  readonly log?: (line: string) => void;
}

export interface FollowOptions {
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
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

/** Benchmarks on one guest that run detached from the connection. Every request may be repeated without harm. */
export class Jobs {
  /** Where the controller is, for each connection it was looked for on. */
  private readonly controllers = new WeakMap<Connection, Promise<string>>();
  /** Followers by job: one steps aside while its job is cancelled, should the server allow only one session. */
  private readonly followers = new Map<string, Set<Follower>>();
  private readonly backOffMs: readonly number[];

  constructor(
    private readonly connect: () => Promise<Connection>,
    private readonly options: JobsOptions = {},
  ) {
    this.backOffMs = options.backOffMs ?? [500, 1_000, 2_000, 5_000, 10_000, 15_000];
  }

  private get requestGiveUpMs(): number {
    return this.options.requestGiveUpMs ?? 60_000;
  }

  private get endGiveUpMs(): number {
    return this.options.endGiveUpMs ?? 60_000;
  }

  /**
   * Puts the job's script on the guest; a job that was started before is left as it is. As with every request,
   * `signal` ends the waiting for a guest out of reach.
   */
  async put(id: string, script: string, signal?: AbortSignal): Promise<void> {
    await this.request(['put', checked(id), Buffer.byteLength(script)], { stdin: script, signal });
  }

  /** Starts the job, at most once ever. */
  async start(id: string, signal?: AbortSignal): Promise<JobStart> {
    const { owner } = this.options;
    const words = ['start', checked(id), ...(owner ? leaseWords(owner) : [])];
    const [answer] = await this.request(words, { signal });
    const by = answer?.get('by')?.split(':')[0];
    const holder = leaseOf(answer);
    return {
      state: stateOf(answer),
      fresh: answer?.get('fresh') === '1',
      ...(by === undefined ? {} : { by }),
      ...(holder ? { holder } : {}),
    };
  }

  /** Who keeps the guest now; undefined: nobody. */
  async lease(options: HoldOptions = { giveUpMs: this.endGiveUpMs }): Promise<Lease | undefined> {
    const [answer] = await this.request(['lease'], options);
    return leaseOf(answer);
  }

  /**
   * Keeps the guest for our experiment, or shows that we are still there. `over` takes it from whoever has it, and
   * ends no job. Returns who has it instead of us.
   */
  async hold(how: 'if-free' | 'over', options: HoldOptions = {}): Promise<Lease | undefined> {
    const { owner } = this.options;
    if (!owner) throw new Error('Jobs without an owner keep no guest.');
    const words = ['hold', ...leaseWords(owner), ...(how === 'over' ? ['over'] : [])];
    const [answer] = await this.request(words, options);
    return answer?.get('held') === '1' ? undefined : leaseOf(answer);
  }

  /** Gives the guest back, if it is ours. */
  async release(): Promise<void> {
    const { owner } = this.options;
    if (owner) await this.request(['release', owner.id], { giveUpMs: this.endGiveUpMs });
  }

  async status(id: string, signal?: AbortSignal): Promise<JobStatus> {
    const [answer] = await this.request(['status', checked(id)], { signal });
    const state = stateOf(answer);
    return {
      state,
      stdoutBytes: numberOf(answer?.get('out')) ?? numberOf(answer?.get('out_now')) ?? 0,
      stderrBytes: numberOf(answer?.get('err')) ?? numberOf(answer?.get('err_now')) ?? 0,
      end: answer && (state === 'done' || state === 'lost' || state === 'busy') ? jobEnd(answer) : undefined,
    };
  }

  /**
   * Hands on everything the job writes, each byte once, until it ends; also over lost connections. Rejects with
   * SshError: 'lost' after the guest was out of reach for too long, 'cancelled', or what connecting says.
   */
  async follow(id: string, options: FollowOptions = {}): Promise<JobEnd> {
    const follower: Follower = {
      stdout: options.offsets?.stdout ?? 0,
      stderr: options.offsets?.stderr ?? 0,
      stepAside: undefined,
      held: undefined,
    };
    const all = this.followers.get(checked(id)) ?? new Set();
    this.followers.set(id, all.add(follower));
    try {
      return await this.persist(this.options.giveUpMs ?? 15 * 60_000, options.signal, (connection) =>
        this.followOnce(connection, id, follower, options),
      );
    } finally {
      all.delete(follower);
      if (all.size === 0) this.followers.delete(id);
    }
  }

  /** Ends the job with everything it started: asked first, killed after the grace. `left`: processes that remain. */
  async cancel(id: string, graceSeconds: number): Promise<{ state: JobState; left: number }> {
    const grace = Math.max(0, Math.ceil(graceSeconds));
    const followers = [...(this.followers.get(checked(id)) ?? [])];
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    try {
      for (const follower of followers) {
        follower.held = held;
        follower.stepAside?.();
      }
      const options = { timeoutMs: grace * 1000 + 60_000, giveUpMs: this.endGiveUpMs };
      const [answer] = await this.request(['cancel', id, grace], options);
      return { state: stateOf(answer), left: numberOf(answer?.get('left')) ?? 0 };
    } finally {
      for (const follower of followers) follower.held = undefined;
      release();
    }
  }

  /** A result file of the job; `out` and `err` alone, as they may be large, are for `follow`. */
  async fetchFile(id: string, name: string, offset = 0, signal?: AbortSignal): Promise<Buffer> {
    if (!/^[A-Za-z0-9_+][A-Za-z0-9._+-]*$/.test(name))
      throw new SshError('protocol', `The file name "${name}" is not one a job may use.`);
    return this.persist(this.requestGiveUpMs, signal, (connection) =>
      this.fetch(connection, id, offset, `file ${name}`),
    );
  }

  /** What the guest did while the job ran, as far as it is known; empty where the guest does not count it. */
  async load(id: string, signal?: AbortSignal): Promise<readonly LoadSample[]> {
    // Not worth waiting for as long as for results.
    const text = await this.persist(this.endGiveUpMs, signal, (connection) =>
      this.fetch(connection, id, 0, 'load'),
    );
    return parseLoad(text.toString('latin1'));
  }

  /** Result files of the job, in no particular order. */
  async files(id: string, signal?: AbortSignal): Promise<{ readonly name: string; readonly size: number }[]> {
    const answers = await this.request(['files', checked(id)], { signal });
    return answers.flatMap((answer) => {
      const name = answer.get('file');
      return name === undefined ? [] : [{ name, size: numberOf(answer.get('size')) ?? 0 }];
    });
  }

  /** Jobs whose folders are on the guest. */
  async list(): Promise<{ readonly id: string; readonly state: JobState }[]> {
    const answers = await this.request(['list'], { giveUpMs: this.endGiveUpMs });
    return answers.flatMap((answer) => {
      const id = answer.get('id');
      return id === undefined ? [] : [{ id, state: stateOf(answer) }];
    });
  }

  /** Removes the job's folder; rejects when it runs. */
  async remove(id: string): Promise<void> {
    await this.request(['rm', checked(id)], { giveUpMs: this.endGiveUpMs });
  }

  /**
   * Removes everything of ours from the guest; rejects when a job runs there or another experiment keeps it.
   * `anybodys`: keeping it does not count.
   */
  async cleanUp(whose: 'ours' | 'anybodys' = 'ours'): Promise<Removed> {
    const connection = await this.connect();
    const mine = this.options.owner ? [this.options.owner.id] : [];
    const words = ['clean', ...(whose === 'anybodys' ? ['any'] : mine)];
    const [answer] = await this.request(words, { giveUpMs: this.endGiveUpMs });
    this.controllers.delete(connection);
    const lock = answer?.get('lock') ?? '';
    return {
      jobs: numberOf(answer?.get('jobs')) ?? 0,
      sources: numberOf(answer?.get('sources')) ?? 0,
      processes: numberOf(answer?.get('processes')) ?? 0,
      lock: lock === '' ? undefined : lock,
      lease: leaseOf(answer),
    };
  }

  private async followOnce(
    connection: Connection,
    id: string,
    follower: Follower,
    options: FollowOptions,
  ): Promise<JobEnd> {
    for (;;) {
      await follower.held;
      const aside = new AbortController();
      follower.stepAside = () => aside.abort();
      let end: JobEnd | undefined;
      const frames = new FrameReader((frame) => {
        if (frame.kind === 'end') {
          if (frame.fields.get('state') === 'preparing' || frame.fields.get('state') === 'none')
            throw new SshError('protocol', `${connection.target.name}: the job ${id} was never started.`);
          end = jobEnd(frame.fields);
        } else if (frame.kind === 'out') {
          follower.stdout += frame.chunk.length;
          options.onStdout?.(frame.chunk);
        } else {
          follower.stderr += frame.chunk.length;
          options.onStderr?.(frame.chunk);
        }
      });
      let broken: Error | undefined;
      const signal = options.signal ? AbortSignal.any([options.signal, aside.signal]) : aside.signal;
      try {
        const poll = Math.max(1, Math.ceil(options.pollSeconds ?? 2));
        const words = ['follow', id, follower.stdout, follower.stderr, poll, 'hold'];
        const result = await this.control(connection, words, {
          // Its life is that of the job; a dead connection is noticed by its keep-alive.
          timeoutMs: Infinity,
          holdStdin: true,
          discardStdout: true,
          signal,
          onStdout: (chunk) => {
            if (broken || aside.signal.aborted) return;
            try {
              frames.add(chunk);
            } catch (error) {
              broken = error instanceof Error ? error : new Error(String(error));
              aside.abort();
            }
          },
        });
        if (end) return end;
        throw this.refused(connection, result);
      } catch (error) {
        if (broken) throw broken;
        if (end) return end;
        if (!aside.signal.aborted || options.signal?.aborted === true) throw error;
      } finally {
        follower.stepAside = undefined;
      }
    }
  }

  private async fetch(connection: Connection, id: string, offset: number, what: string): Promise<Buffer> {
    const result = await this.control(connection, ['fetch', checked(id), offset, what], {
      timeoutMs: 10 * 60_000,
    });
    const header = /GB1 data (\d+)\n/.exec(result.stdout.toString('latin1'));
    if (!header) throw this.refused(connection, result);
    const data = result.stdout.subarray(header.index + header[0].length);
    if (data.length !== Number(header[1]))
      throw new SshError('lost', `${connection.target.name}: the ${what} of a job arrived cut short.`);
    return data;
  }

  /** One request, repeated on a new connection when the old one is lost on the way. */
  private request(
    words: readonly (string | number)[],
    { stdin, timeoutMs, giveUpMs = this.requestGiveUpMs, signal }: RequestOptions = {},
  ): Promise<Map<string, string>[]> {
    return this.persist(giveUpMs, signal, async (connection) => {
      const result = await this.control(connection, words, {
        ...(stdin === undefined ? {} : { stdin }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      });
      const answers = parseAnswer(result.stdout);
      if (answers.length === 0 || answers[0]?.has('error') === true || result.code !== 0)
        throw this.refused(connection, result);
      return answers;
    });
  }

  /** All words are plain (ids, numbers, names without blanks): they mean the same to every login shell. */
  private async control(
    connection: Connection,
    words: readonly (string | number)[],
    options: Parameters<Connection['exec']>[1],
  ): Promise<ExecResult> {
    for (let attempt = 1; ; attempt += 1) {
      const path = await this.controller(connection);
      let answered = false;
      const result = await connection.exec(`exec /bin/sh ${path} ${words.join(' ')}`, {
        ...options,
        onStdout: (chunk) => {
          answered = true;
          options?.onStdout?.(chunk);
        },
      });
      // Somebody tidied up /var/tmp (or we did): put it there once more.
      const missing = (result.code === 127 || result.code === 2) && !answered;
      if (!missing || attempt > 1) return result;
      this.controllers.delete(connection);
    }
  }

  private controller(connection: Connection): Promise<string> {
    const known = this.controllers.get(connection);
    if (known) return known;
    const installing = installController(connection);
    installing.catch(() => this.controllers.delete(connection));
    this.controllers.set(connection, installing);
    return installing;
  }

  /** Runs `work` on a connection; on a new one, after a while, when the guest was lost. */
  private async persist<T>(
    giveUpMs: number,
    signal: AbortSignal | undefined,
    work: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    let since: number | undefined;
    for (let failures = 0; ; failures += 1) {
      let connected = false;
      const beganMs = performance.now();
      try {
        if (signal?.aborted === true) throw cancelled('Following a job');
        const connection = await abortable(this.connect(), signal);
        connected = true;
        if (since !== undefined) this.options.onBack?.();
        return await work(connection);
      } catch (error) {
        if (!isPassing(error)) throw error;
        // Time out of reach counts from the last moment it was in reach. A guest that answers nothing never was.
        if (connected && error.kind === 'lost') {
          failures = 0;
          since = performance.now();
        }
        since ??= beganMs;
        if (performance.now() - since >= giveUpMs) {
          if (connected && error.kind === 'timeout') throw error;
          const said = error instanceof Error ? error.message : String(error);
          throw new SshError(
            'lost',
            `The guest was out of reach for ${Math.round(giveUpMs / 1000)} s, so it is no longer waited for. ${said}`,
            { cause: error },
          );
        }
        const wait = this.backOffMs[Math.min(failures, this.backOffMs.length - 1)] ?? 1_000;
        this.options.log?.(`${String(error)}; next attempt in ${wait} ms`);
        // One lost connection is no news; a guest that does not answer again is.
        if (failures > 0) this.options.onOutOfReach?.(error);
        await sleep(wait, undefined, signal ? { signal } : {}).catch(() => {
          throw cancelled('Following a job');
        });
      }
    }
  }

  private refused(connection: Connection, result: ExecResult): SshError {
    const { name } = connection.target;
    const [answer] = parseAnswer(result.stdout);
    const error = answer?.get('error');
    const known = error === undefined ? undefined : refusals.get(error);
    if (known !== undefined)
      return new SshError('protocol', `${name}: ${known.replace('%', answer?.get('id') ?? '?')}`);
    if (error === 'cut') return new SshError('lost', `${name}: the job's script arrived cut short.`);
    if (error === 'full')
      return new SshError(
        'unreachable',
        `${name}: there is no room for a job under /var/tmp. Free some space there.`,
      );
    const said = result.stderr.toString('utf8').trim().slice(0, 300);
    return new SshError(
      'protocol',
      `${name}: the controller script failed (${error ?? `exit code ${result.code ?? result.signal}`})${said === '' ? '' : `: ${said}`}.`,
    );
  }
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

interface RequestOptions {
  readonly stdin?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly giveUpMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Follower {
  stdout: number;
  stderr: number;
  stepAside: (() => void) | undefined;
  held: Promise<void> | undefined;
}

const refusals = new Map([
  ['running', 'the job % is running. Stop it first.'],
  ['leased', 'it is kept for an experiment of another controller.'],
  ['nocmd', 'the job has no script: it was never put there, or it was removed.'],
  ['nofile', 'the job has no such file.'],
  ['nosetsid', 'the command setsid is missing. Install the package util-linux.'],
  ['basedir', 'the folder of Guestbench under /var/tmp cannot be made. Check that there is room.'],
  [
    'basedir-owner',
    'the folder of Guestbench under /var/tmp belongs to another user. Remove it, then try again.',
  ],
  [
    'basedir-mode',
    'the folder of Guestbench under /var/tmp can be read by others. Remove it, then try again.',
  ],
  ['notremoved', 'not all files of Guestbench under /var/tmp could be removed.'],
]);

function checked(id: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/.test(id)) return id;
  throw new SshError(
    'protocol',
    `"${id}" cannot be the name of a job: use up to 64 letters, digits, dots, dashes.`,
  );
}

function stateOf(answer: ReadonlyMap<string, string> | undefined): JobState {
  const state = answer?.get('state');
  return state !== undefined && jobStates.includes(state) ? (state as JobState) : 'lost';
}

async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(cancelled('Following a job'));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
