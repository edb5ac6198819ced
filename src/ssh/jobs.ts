import { installController } from './controllerInstall';
import { parseAnswer } from './frames';
import { jobEnd, numberOf, type JobEnd } from './jobEnd';
import { readJob } from './jobReader';
import { refused } from './jobRefusals';
import { JobStream, type JobPositions } from './jobStream';
import {
  stateOf,
  type FollowOptions,
  type HoldOptions,
  type JobsOptions,
  type JobStart,
  type JobState,
  type JobStatus,
  type Removed,
} from './jobTypes';
import { leaseLine, leaseOf, leaseWords, type Lease } from './lease';
import { parseLoad, type LoadSample } from './loadSamples';
import { Persistence } from './persistence';
import { PreparedJob } from './preparedJob';
import { SshError, type Connection, type ExecOptions, type ExecResult } from './transport';

export type { JobEnd } from './jobEnd';
export type {
  FollowOptions,
  HoldOptions,
  JobsOptions,
  JobStart,
  JobState,
  JobStatus,
  Removed,
} from './jobTypes';

/** How often output is looked for unless said otherwise: seldom, so that looking does not disturb. */
const defaultPollSeconds = 2;
/** What a live view gets of a stream at each look, at most. */
const liveBytes = 64 * 1024;
/** The largest file of a job that is fetched; parsers read 16 MiB at most. */
const maxFileBytes = 16 * 1024 * 1024;
/** A login shell may print something before the answer. */
const maxNoise = 1024 * 1024;
/** After so long without an answer, a server may have no session left. */
const narrowMs = 3_000;

/** Benchmarks on one guest that run detached from the connection. Every request may be repeated without harm. */
export class Jobs {
  /** Where the controller is, for each connection it was looked for on. */
  private readonly controllers = new WeakMap<Connection, Promise<string>>();
  /** Followers by job: one steps aside while its job is cancelled, should the server allow only one session. */
  private readonly followers = new Map<string, Set<Follower>>();
  private readonly persistence: Persistence;
  private prepared: PreparedJob | undefined;
  /** The server allows so few sessions that none can be spared for what is prepared. */
  private isNarrow = false;

  constructor(
    private readonly connect: () => Promise<Connection>,
    private readonly options: JobsOptions = {},
  ) {
    this.persistence = new Persistence(connect, options);
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
    const words = ['start', checked(id), ...this.ownerWords];
    const [answer] = await this.request(words, { stdin: this.ownerLine, signal });
    return this.startOf(answer);
  }

  /**
   * Puts the job's script on the guest and has its start wait there, in the background, while another one runs. It
   * may fail without harm: then `startPrepared` does nothing. One job at a time is prepared; the one before is dropped.
   */
  prepare(id: string, script: string): void {
    if (this.isNarrow) return;
    const known = this.prepared;
    if (known?.id === checked(id) && known.isOfUse) return;
    known?.discard();
    const words = ['run', id, Buffer.byteLength(script), defaultPollSeconds, liveBytes, ...this.ownerWords];
    this.prepared = new PreparedJob(id, `${this.ownerLine ?? ''}${script}`, async (options) => {
      const connection = await this.connect();
      return connection.exec(`exec /bin/sh ${await this.controller(connection)} ${words.join(' ')}`, options);
    });
  }

  /**
   * Starts a job that was prepared, after it has removed what is left of the others named. Undefined: it was not
   * prepared, or there was no answer; `put` and `start` do it then, and it is started only once all the same.
   */
  async startPrepared(
    id: string,
    remove: readonly string[],
    signal?: AbortSignal,
  ): Promise<JobStart | undefined> {
    const { prepared } = this;
    if (prepared?.id !== id) {
      this.dropPrepared();
      return undefined;
    }
    const drop = (): void => prepared.discard();
    if (signal?.aborted === true) drop();
    signal?.addEventListener('abort', drop, { once: true });
    const answer = await prepared.start(remove.map(checked));
    signal?.removeEventListener('abort', drop);
    if (answer === undefined || answer.has('error')) {
      this.dropPrepared();
      return undefined;
    }
    return this.startOf(answer);
  }

  /** What was prepared is not needed; its script stays on the guest until it is removed. */
  dropPrepared(): void {
    this.prepared?.discard();
    this.prepared = undefined;
  }

  private get ownerWords(): readonly string[] {
    const { owner } = this.options;
    return owner ? leaseWords(owner) : [];
  }

  private get ownerLine(): string | undefined {
    const { owner } = this.options;
    return owner && leaseLine(owner);
  }

  private startOf(answer: ReadonlyMap<string, string> | undefined): JobStart {
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
    const [answer] = await this.request(words, { ...options, stdin: leaseLine(owner) });
    return answer?.get('held') === '1' ? undefined : leaseOf(answer);
  }

  /** Gives back what is kept for that experiment, ours unless said otherwise. */
  async release(
    id = this.options.owner?.id,
    options: HoldOptions = { giveUpMs: this.endGiveUpMs },
  ): Promise<void> {
    if (id !== undefined) await this.request(['release', checked(id)], options);
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
    const { stdout = 0, stderr = 0 } = options.offsets ?? {};
    const positions = { stdout: { taken: stdout, at: stdout }, stderr: { taken: stderr, at: stderr } };
    const follower: Follower = { positions, stepAside: undefined, held: undefined };
    const all = this.followers.get(checked(id)) ?? new Set();
    this.followers.set(id, all.add(follower));
    const giveUpMs = this.options.giveUpMs ?? 15 * 60_000;
    try {
      const end = await this.persistence.persist(giveUpMs, options.signal, (connection) =>
        this.followOnce(connection, id, follower, options),
      );
      options.onEnd?.();
      if (end.state === 'done' && isBehind(positions, end)) {
        const { onStdout, onStderr, signal } = options;
        const whole = {
          ...(onStdout ? { onStdout } : {}),
          ...(onStderr ? { onStderr } : {}),
          ...(signal ? { signal } : {}),
        };
        await this.persistence.persist(giveUpMs, options.signal, (connection) => {
          for (const position of Object.values(positions)) position.at = position.taken;
          return this.followOnce(connection, id, follower, whole);
        });
      }
      return end;
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
    return this.persistence.persist(this.requestGiveUpMs, signal, (connection) =>
      this.fetch(connection, id, offset, `file ${name}`, signal),
    );
  }

  /** What the guest did while the job ran, as far as it is known; empty where the guest does not count it. */
  async load(id: string, signal?: AbortSignal): Promise<readonly LoadSample[]> {
    // Not worth waiting for as long as for results.
    const text = await this.persistence.persist(this.endGiveUpMs, signal, (connection) =>
      this.fetch(connection, id, 0, 'load', signal),
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
  async remove(id: string, signal?: AbortSignal): Promise<void> {
    await this.request(['rm', checked(id)], { giveUpMs: this.endGiveUpMs, signal });
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
      const stream = new JobStream(id, follower.positions, options, options.live);
      const signal = options.signal ? AbortSignal.any([options.signal, aside.signal]) : aside.signal;
      try {
        const room = this.makeRoomSoon();
        const onOpen = (): void => {
          clearTimeout(room);
          options.onOpen?.();
        };
        const open = (channel: ExecOptions): Promise<ExecResult> =>
          this.openFollower(connection, id, stream, options, channel);
        const { name } = connection.target;
        return await readJob({ name, stream, signal, open, onOpen }).finally(() => clearTimeout(room));
      } catch (error) {
        const end = stream.end();
        if (end) return end;
        if (!aside.signal.aborted || options.signal?.aborted === true) throw error;
      } finally {
        follower.stepAside = undefined;
      }
    }
  }

  private openFollower(
    connection: Connection,
    id: string,
    { positions }: JobStream,
    { live, pollSeconds }: FollowOptions,
    channel: ExecOptions,
  ): Promise<ExecResult> {
    const { prepared } = this;
    if (live !== undefined && prepared?.id === id && prepared.isStarted) {
      this.prepared = undefined;
      return prepared.follow(channel);
    }
    const poll = Math.max(1, Math.ceil(pollSeconds ?? defaultPollSeconds));
    const from = [positions.stdout.at, positions.stderr.at];
    const limit = live === undefined ? [] : [liveBytes];
    return this.control(connection, ['follow', id, ...from, poll, 'hold', ...limit], channel);
  }

  /** A request that gets no answer may lack the session that a prepared job has: then that one gives way. */
  private makeRoomSoon(): NodeJS.Timeout | undefined {
    const { prepared } = this;
    if (!prepared) return undefined;
    return setTimeout(() => {
      if (this.prepared !== prepared || prepared.isStarted) return;
      this.isNarrow = true;
      this.dropPrepared();
    }, narrowMs);
  }

  private async fetch(
    connection: Connection,
    id: string,
    offset: number,
    what: string,
    signal: AbortSignal | undefined,
  ): Promise<Buffer> {
    const result = await this.control(connection, ['fetch', checked(id), offset, what], {
      timeoutMs: 10 * 60_000,
      maxOutputBytes: maxFileBytes + maxNoise,
      ...(signal ? { signal } : {}),
    });
    const header = /GB1 data (\d{1,15})\n/.exec(result.stdout.toString('latin1', 0, maxNoise));
    if (!header) throw refused(connection.target.name, result);
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
    return this.persistence.persist(giveUpMs, signal, async (connection) => {
      const result = await this.control(connection, words, {
        ...(stdin === undefined ? {} : { stdin }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        ...(signal ? { signal } : {}),
      });
      const answers = parseAnswer(result.stdout);
      if (answers.length === 0 || answers[0]?.has('error') === true || result.code !== 0)
        throw refused(connection.target.name, result);
      return answers;
    });
  }

  /** All words are plain (ids, numbers, names without blanks): they mean the same to every login shell. */
  private async control(
    connection: Connection,
    words: readonly (string | number)[],
    options: Parameters<Connection['exec']>[1],
  ): Promise<ExecResult> {
    const room = options?.timeoutMs === Infinity ? undefined : this.makeRoomSoon();
    try {
      return await this.controlNow(connection, words, options);
    } finally {
      clearTimeout(room);
    }
  }

  private async controlNow(
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
}

interface RequestOptions {
  readonly stdin?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly giveUpMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Follower {
  readonly positions: JobPositions;
  stepAside: (() => void) | undefined;
  held: Promise<void> | undefined;
}

/** Whether not all of what it wrote was handed on. */
function isBehind({ stdout, stderr }: JobPositions, end: JobEnd & { state: 'done' }): boolean {
  return stdout.taken < end.stdoutBytes || stderr.taken < end.stderrBytes;
}

function checked(id: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/.test(id)) return id;
  throw new SshError(
    'protocol',
    `"${id}" cannot be the name of a job: use up to 64 letters, digits, dots, dashes.`,
  );
}
