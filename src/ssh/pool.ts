import { Disposable } from '../model/disposable';
import { connect } from './connection';
import { cancelled, CutWhileSigningIn } from './errors';
import type { HostKeys } from './hostKeys';
import {
  SshError,
  type Connection,
  type ExecOptions,
  type ExecResult,
  type Prompter,
  type Shell,
  type Target,
} from './transport';

export interface PoolOptions {
  readonly hostKeys: HostKeys;
  /** Default 5 minutes. */
  readonly idleMs?: number;
  /** Asked at each connect, as it may change. */
  readonly readyTimeoutMs?: () => number;
  /** As of `connect`. */
  readonly keepAliveMs?: number;
  readonly log?: (line: string) => void;
}

export interface GetOptions {
  readonly prompter: Prompter;
  readonly signal?: AbortSignal;
  /** A person asked for this: credentials that were refused before are tried again. Default: no. */
  readonly retryCredentials?: boolean;
}

/** A server that cuts the connection so often in a row, each time over a password, means no by it. */
const cutsForNo = 3;
/** More at once and servers drop some of them (MaxStartups). */
const connectLimit = 8;
const defaultIdleMs = 5 * 60_000;

interface Attempt {
  readonly key: string;
  readonly result: Promise<PooledConnection>;
  readonly retriesCredentials: boolean;
  readonly abort: AbortController;
  waiting: number;
}

/** One connection per way of reaching a machine, shared by all its uses, opened when needed and closed when idle. */
export class ConnectionPool extends Disposable {
  private readonly open = new Map<string, PooledConnection>();
  private readonly attempts = new Map<string, Attempt>();
  /** Refused credentials, so that nothing in the background tries them again by itself. */
  private readonly refusals = new Map<string, SshError>();
  private readonly cuts = new Map<string, number>();
  private readonly queue: (() => void)[] = [];
  private connecting = 0;

  constructor(private readonly options: PoolOptions) {
    super();
    this.register({ dispose: () => this.end() });
  }

  /** The shared connection to the target. Rejects with an SshError. */
  async get(target: Target, options: GetOptions): Promise<Connection> {
    const key = keyOf(target);
    const retriesCredentials = options.retryCredentials === true;
    for (;;) {
      if (this.isDisposed) throw cancelled(`Connecting to ${target.name}`);
      if (isAborted(options.signal)) throw cancelled(`Connecting to ${target.name}`);
      const ready = this.open.get(key);
      if (ready?.isOpen === true) {
        ready.touch();
        return ready;
      }
      const refused = this.refusals.get(key);
      if (refused && !retriesCredentials) throw refused;
      const running = this.attempts.get(key);
      const attempt = running ?? this.begin(key, target, options);
      try {
        return await this.wait(attempt, target, options.signal);
      } catch (error) {
        // A silent attempt failed that this person's answers may help: it gets one of its own.
        const helps = running && retriesCredentials && !running.retriesCredentials;
        if (!helps || isAborted(options.signal)) throw error;
      }
    }
  }

  /** Closes the connection to the target and tries its credentials anew next time. */
  forget(target: Target): void {
    const key = keyOf(target);
    this.refusals.delete(key);
    const attempt = this.attempts.get(key);
    if (attempt) this.drop(attempt);
    this.open.get(key)?.close();
    this.open.delete(key);
  }

  private begin(key: string, target: Target, options: GetOptions): Attempt {
    const abort = new AbortController();
    const result = this.connectOne(key, target, options.prompter, abort.signal);
    const attempt: Attempt = {
      key,
      result,
      retriesCredentials: options.retryCredentials === true,
      abort,
      waiting: 0,
    };
    this.attempts.set(key, attempt);
    const done = (): void => this.drop(attempt);
    result.then(done, done);
    return attempt;
  }

  /** Waits as long as the caller wants to; an attempt nobody waits for any more is given up. */
  private async wait(attempt: Attempt, target: Target, signal: AbortSignal | undefined): Promise<Connection> {
    attempt.waiting += 1;
    let stop = (): void => undefined;
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(cancelled(`Connecting to ${target.name}`));
      signal?.addEventListener('abort', stop, { once: true });
    });
    try {
      return await Promise.race([attempt.result, aborted]);
    } finally {
      signal?.removeEventListener('abort', stop);
      attempt.waiting -= 1;
      if (attempt.waiting === 0) this.drop(attempt);
    }
  }

  /** Ends the attempt unless it is over, and lets nobody join it any more. */
  private drop(attempt: Attempt): void {
    attempt.abort.abort();
    if (this.attempts.get(attempt.key) === attempt) this.attempts.delete(attempt.key);
  }

  private async connectOne(
    key: string,
    target: Target,
    prompter: Prompter,
    signal: AbortSignal,
  ): Promise<PooledConnection> {
    const { hostKeys, readyTimeoutMs, keepAliveMs, log, idleMs = defaultIdleMs } = this.options;
    await this.turn();
    try {
      signal.throwIfAborted();
      const connection = await connect(target, {
        prompter,
        hostKeys,
        signal,
        ...(readyTimeoutMs === undefined ? {} : { readyTimeoutMs: readyTimeoutMs() }),
        ...(keepAliveMs === undefined ? {} : { keepAliveMs }),
        ...(log ? { log } : {}),
      });
      const pooled = new PooledConnection(connection, idleMs);
      if (this.isDisposed || signal.aborted) {
        pooled.close();
        throw cancelled(`Connecting to ${target.name}`);
      }
      this.refusals.delete(key);
      this.cuts.delete(key);
      this.open.set(key, pooled);
      pooled.onClose(() => {
        if (this.open.get(key) === pooled) this.open.delete(key);
      });
      return pooled;
    } catch (error) {
      if (signal.aborted) throw cancelled(`Connecting to ${target.name}`);
      const told = this.asRefusal(key, error);
      if (told instanceof SshError && isRefusal(told)) this.refusals.set(key, told);
      throw told;
    } finally {
      this.connecting -= 1;
      this.queue.shift()?.();
    }
  }

  /** One cut is the network's; the same each time is the server's answer, and must not go on for ever. */
  private asRefusal(key: string, error: unknown): unknown {
    if (!(error instanceof CutWhileSigningIn)) return error;
    const cuts = (this.cuts.get(key) ?? 0) + 1;
    this.cuts.set(key, cuts);
    if (cuts < cutsForNo) return error;
    this.cuts.delete(key);
    return new SshError('authentication', error.message, { cause: error });
  }

  private async turn(): Promise<void> {
    if (this.connecting >= connectLimit) await new Promise<void>((resolve) => this.queue.push(resolve));
    this.connecting += 1;
  }

  private end(): void {
    for (const attempt of this.attempts.values()) attempt.abort.abort();
    for (const connection of this.open.values()) connection.close();
    this.open.clear();
    this.refusals.clear();
  }
}

/** Wrong or missing credentials, or nobody there to give them: the same again without a person would be the same. */
function isRefusal(error: SshError): boolean {
  return error.kind === 'authentication' || error.kind === 'key' || error.kind === 'cancelled';
}

const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

/** A connection that ends itself after a while without use. */
class PooledConnection implements Connection {
  private uses = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly inner: Connection,
    private readonly idleMs: number,
  ) {
    inner.onClose(() => clearTimeout(this.timer));
    this.touch();
  }

  get target(): Target {
    return this.inner.target;
  }

  get isOpen(): boolean {
    return this.inner.isOpen;
  }

  async exec(command: string, options?: ExecOptions): Promise<ExecResult> {
    return this.using(() => this.inner.exec(command, options));
  }

  async shell(columns: number, rows: number): Promise<Shell> {
    const shell = await this.using(() => this.inner.shell(columns, rows));
    this.uses += 1;
    shell.onClose(() => this.used());
    return shell;
  }

  onClose(listener: (reason: string) => void): void {
    this.inner.onClose(listener);
  }

  close(): void {
    clearTimeout(this.timer);
    this.inner.close();
  }

  /** Starts the idle time anew. */
  touch(): void {
    clearTimeout(this.timer);
    if (this.uses === 0 && this.isOpen) this.timer = setTimeout(() => this.close(), this.idleMs).unref();
  }

  private async using<T>(work: () => Promise<T>): Promise<T> {
    this.uses += 1;
    clearTimeout(this.timer);
    try {
      return await work();
    } finally {
      this.used();
    }
  }

  private used(): void {
    this.uses -= 1;
    this.touch();
  }
}

/**
 * Two targets share a connection, or a refusal, only when everything that decides who signs in where is the same:
 * machine and account, keys and agent, the rules of host keys and sign-in, and the whole way there. Their names may
 * differ.
 */
function keyOf(target: Target): string {
  return JSON.stringify(
    [...target.jumps, target].map((machine) => [
      [machine.user, machine.address.toLowerCase(), machine.port],
      [machine.identityFiles, machine.identitiesOnly, machine.agent ?? null],
      [machine.hostKeys ?? null, machine.signIn ?? null],
    ]),
  );
}
