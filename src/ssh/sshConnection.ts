import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, ClientChannel } from 'ssh2';
import { ByteQueue } from './byteQueue';
import { ChannelSlots } from './channelSlots';
import { cancelled, reasonOfEnd } from './errors';
import {
  SshError,
  type Connection,
  type ExecOptions,
  type ExecResult,
  type Shell,
  type Target,
} from './transport';

/** Channels at a time; OpenSSH allows 10 (MaxSessions), and others may share the connection. */
const channelLimit = 8;
/** What one command may answer when its output is collected, unless the caller expects more. */
const defaultOutputLimit = 4 * 1024 * 1024;
const defaultTimeoutMs = 60_000;
/** A closed channel whose end the server never confirms still gives its slot back. */
const closeGraceMs = 5_000;
/** A server may have so much under way when a channel is closed. One that goes on sending is cut off. */
const sendGraceMs = 5_000;
/** Waits before asking again for a session that was refused although none is open. */
const recountMs = [20, 50, 100, 250, 500];

/** A signed-in connection: commands and shells over one ssh2 client. */
export class SshConnection implements Connection {
  private readonly slots = new ChannelSlots(channelLimit);
  private readonly closeListeners = new Set<(reason: string) => void>();
  /** Aborted when the connection is gone; its reason is the error for whoever waits. */
  private readonly gone = new AbortController();

  /** `hops`: the clients of the jump hosts, the nearest to the target first; they end with this one. */
  constructor(
    readonly target: Target,
    private readonly client: Client,
    private readonly hops: readonly Client[],
    private readonly log: (line: string) => void,
  ) {
    // As many as there are commands at a time.
    setMaxListeners(0, this.gone.signal);
    let reason = 'the server or the network ended it';
    client.on('error', (error) => (reason = reasonOfEnd(error)));
    client.on('close', () => this.ended(reason));
    for (const hop of hops) hop.on('error', (error) => (reason = `jump host: ${reasonOfEnd(error)}`));
  }

  get isOpen(): boolean {
    return !this.gone.signal.aborted;
  }

  onClose(listener: (reason: string) => void): void {
    this.closeListeners.add(listener);
  }

  close(): void {
    if (!this.isOpen) return;
    this.ended('it was closed here');
    for (const client of [this.client, ...this.hops]) client.end();
    // A peer that does not answer keeps neither socket nor process.
    setTimeout(() => {
      for (const client of [this.client, ...this.hops]) client.destroy();
    }, 2_000).unref();
  }

  async exec(command: string, options: ExecOptions = {}): Promise<ExecResult> {
    const limit = new AbortController();
    const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    const timer =
      Number.isFinite(timeoutMs) && setTimeout(() => limit.abort(this.timeout(timeoutMs)), timeoutMs);
    const stop = (): void => limit.abort(cancelled(`A command on ${this.target.name}`));
    const lost = (): void => limit.abort(this.gone.signal.reason);
    if (options.signal?.aborted === true) stop();
    options.signal?.addEventListener('abort', stop, { once: true });
    if (!this.isOpen) lost();
    this.gone.signal.addEventListener('abort', lost, { once: true });
    try {
      const { channel, release } = await this.open(limit.signal, (done) => this.client.exec(command, done));
      void closed(channel, this.gone.signal).then(release);
      return await run(this.target, channel, options, limit.signal, () => this.discard(channel));
    } finally {
      clearTimeout(timer || undefined);
      options.signal?.removeEventListener('abort', stop);
      this.gone.signal.removeEventListener('abort', lost);
    }
  }

  async shell(columns: number, rows: number): Promise<Shell> {
    const limit = new AbortController();
    const lost = (): void => limit.abort(this.gone.signal.reason);
    const timer = setTimeout(() => limit.abort(this.timeout(defaultTimeoutMs)), defaultTimeoutMs);
    if (!this.isOpen) lost();
    this.gone.signal.addEventListener('abort', lost, { once: true });
    try {
      const size = { term: 'xterm-256color', cols: columns, rows, width: 0, height: 0 };
      const { channel, release } = await this.open(limit.signal, (done) => this.client.shell(size, done));
      void closed(channel, this.gone.signal).then(release);
      return shellOf(channel, this.gone.signal);
    } finally {
      clearTimeout(timer);
      this.gone.signal.removeEventListener('abort', lost);
    }
  }

  /**
   * Ends a command nobody waits for. It sees the end of its standard input and of who reads its output; TERM reaches
   * it only where sshd passes signals on, which it does not in sessions of root. A server that goes on sending
   * regardless loses its connection.
   */
  private discard(channel: ClientChannel): void {
    const closedAtMs = performance.now();
    const hear = (): void => {
      if (performance.now() - closedAtMs < sendGraceMs) return;
      this.destroy('the server went on sending what nobody waits for');
    };
    for (const stream of [channel, channel.stderr]) {
      stream.on('data', hear);
      stream.resume();
    }
    channel.on('error', () => undefined);
    sendTerm(channel);
    channel.end();
    channel.close();
  }

  /** Ends the connection without waiting for the other side. */
  private destroy(reason: string): void {
    this.ended(reason);
    for (const client of [this.client, ...this.hops]) client.destroy();
  }

  private ended(reason: string): void {
    if (!this.isOpen) return;
    this.log(`${this.target.name}: connection ended (${reason})`);
    this.gone.abort(
      new SshError(
        'lost',
        `${this.target.name}: the connection to ${this.target.address} was lost (${reason}).`,
      ),
    );
    for (const hop of this.hops) hop.end();
    for (const listener of this.closeListeners) listener(reason);
    this.closeListeners.clear();
  }

  private timeout(ms: number): SshError {
    return new SshError(
      'timeout',
      `${this.target.name}: a command did not end within ${Math.ceil(ms / 1000)} s. The guest may be overloaded or hang.`,
    );
  }

  /** Opens a channel when there is room for one; a server that refuses (MaxSessions) is asked again later. */
  private async open(
    signal: AbortSignal,
    request: (done: (error: Error | undefined, channel: ClientChannel) => void) => void,
  ): Promise<{ channel: ClientChannel; release: () => void }> {
    for (let alone = 0; ;) {
      const release = await this.slots.acquire(signal);
      try {
        const channel = await opened(signal, request, (late) => this.discard(late));
        return { channel, release };
      } catch (error) {
        const full = error instanceof Error && 'reason' in error && error.reason === 2;
        const others = full && this.slots.refused();
        release();
        if (others) continue;
        // sshd counts a session for a moment longer than its channel lives.
        const wait = full ? recountMs[alone++] : undefined;
        if (wait === undefined) throw error instanceof SshError ? error : this.openError(error);
        await sleep(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    }
  }

  private openError(error: unknown): SshError {
    if (!this.isOpen && this.gone.signal.reason instanceof SshError) return this.gone.signal.reason;
    const message = error instanceof Error ? error.message : String(error);
    if (/not connected|no response from server/i.test(message))
      return new SshError('lost', `${this.target.name}: the connection was lost.`, { cause: error });
    return new SshError(
      'protocol',
      `${this.target.name}: the server does not run the command (${message}). Its limit of sessions may be reached, or the account may not run commands.`,
      { cause: error },
    );
  }
}

function opened(
  signal: AbortSignal,
  request: (done: (error: Error | undefined, channel: ClientChannel) => void) => void,
  discard: (channel: ClientChannel) => void,
): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(reasonOf(signal));
    signal.addEventListener('abort', abort, { once: true });
    // ssh2 throws at once when the connection is already gone.
    try {
      request((error, channel) => {
        signal.removeEventListener('abort', abort);
        if (error) reject(error);
        else if (signal.aborted) {
          discard(channel);
          reject(reasonOf(signal));
        } else resolve(channel);
      });
    } catch (error) {
      signal.removeEventListener('abort', abort);
      reject(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

function run(
  target: Target,
  channel: ClientChannel,
  options: ExecOptions,
  signal: AbortSignal,
  discard: () => void,
): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    const stdout = new ByteQueue();
    const stderr = new ByteQueue();
    const { maxOutputBytes = defaultOutputLimit } = options;
    let over = false;
    const isOver = (): boolean => over;
    const fail = (error: Error): void => {
      if (over) return;
      over = true;
      signal.removeEventListener('abort', abort);
      reject(error);
      discard();
    };
    const abort = (): void => fail(reasonOf(signal));
    const keep = (kept: ByteQueue, chunk: Buffer): void => {
      if (stdout.length + stderr.length + chunk.length > maxOutputBytes) {
        const limit = Math.ceil(maxOutputBytes / 1024);
        fail(new SshError('protocol', `${target.name}: a command answered more than ${limit} KiB.`));
      } else kept.add(chunk);
    };
    signal.addEventListener('abort', abort, { once: true });
    // Both streams are always read: an unread one stalls the other for ever.
    channel.on('data', (chunk: Buffer) => {
      if (over) return;
      if (options.discardStdout !== true) keep(stdout, chunk);
      if (!isOver()) options.onStdout?.(chunk);
    });
    channel.stderr.on('data', (chunk: Buffer) => {
      if (over) return;
      if (options.onStderr === undefined || options.discardStdout !== true) keep(stderr, chunk);
      if (!isOver()) options.onStderr?.(chunk);
    });
    channel.on('error', () => undefined);
    channel.on('close', (code?: number | null, name?: string) => {
      over = true;
      signal.removeEventListener('abort', abort);
      // No exit status at all: the connection or the server's process went away. Never a success.
      if (code === undefined)
        reject(new SshError('lost', `${target.name}: the connection ended before the command did.`));
      else
        resolve({
          stdout: stdout.take(stdout.length),
          stderr: stderr.take(stderr.length),
          code,
          signal: code === null ? (name ?? 'unknown') : null,
        });
    });
    const { stdin } = options;
    if (stdin !== undefined && typeof stdin !== 'string') {
      feed(channel, stdin, isOver)
        .then(() => options.holdStdin === true || over || channel.end())
        .catch((error: unknown) => fail(error instanceof Error ? error : new Error(String(error))));
    } else if (options.holdStdin === true) {
      if (stdin !== undefined) channel.write(stdin);
    } else channel.end(stdin);
  });
}

/** Writes chunk after chunk, each when there is room for it, until the command has ended. */
async function feed(
  channel: ClientChannel,
  chunks: AsyncIterable<Uint8Array>,
  ended: () => boolean,
): Promise<void> {
  for await (const chunk of chunks) {
    if (ended()) return;
    if (!channel.write(chunk)) await room(channel);
    if (ended()) return;
  }
}

/** Resolves when the channel takes more, or nothing any more. */
function room(channel: ClientChannel): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      channel.off('drain', done);
      channel.off('close', done);
      resolve();
    };
    channel.on('drain', done);
    channel.on('close', done);
    if (channel.destroyed || channel.writableEnded) done();
  });
}

/** `channel.signal` is silent once standard input has been closed, which it mostly is; the request itself is not. */
function sendTerm(channel: ClientChannel): void {
  const inner: unknown = channel;
  const { outgoing, _client: client } = inner as {
    outgoing?: { id?: number; state?: string };
    _client?: { _protocol?: { signal?: (id: number, name: string) => void } };
  };
  if (outgoing?.id === undefined || (outgoing.state !== 'open' && outgoing.state !== 'eof')) return;
  client?._protocol?.signal?.(outgoing.id, 'TERM');
}

/** Resolves when the channel has ended, one way or the other. */
function closed(channel: ClientChannel, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const done = (): void => {
      clearTimeout(timer);
      gone.removeEventListener('abort', done);
      resolve();
    };
    channel.once('close', done);
    gone.addEventListener('abort', done, { once: true });
    // Once we have closed our half, the other half is not waited for without end.
    channel.once('finish', () => {
      const check = (): void => {
        const state = (channel as unknown as { outgoing?: { state?: string } }).outgoing?.state;
        if (state === 'closing' || state === 'closed') done();
        else timer = setTimeout(check, closeGraceMs).unref();
      };
      timer = setTimeout(check, closeGraceMs).unref();
    });
  });
}

function shellOf(channel: ClientChannel, gone: AbortSignal): Shell {
  const dataListeners: ((chunk: Buffer) => void)[] = [];
  const closeListeners: ((code: number | null) => void)[] = [];
  // What arrives before somebody listens is the prompt: it is kept.
  const early: Buffer[] = [];
  let result: { code: number | null } | undefined;
  const data = (chunk: Buffer): void => {
    if (dataListeners.length === 0) early.push(chunk);
    for (const listener of dataListeners) listener(chunk);
  };
  const end = (code: number | null): void => {
    if (result) return;
    result = { code };
    for (const listener of closeListeners) listener(code);
  };
  channel.on('data', data);
  channel.stderr.on('data', data);
  channel.on('error', () => undefined);
  channel.on('close', (code?: number | null) => end(code ?? null));
  gone.addEventListener('abort', () => end(null), { once: true });
  return {
    write: (text) => {
      if (!result && channel.writable) channel.write(text);
    },
    resize: (columns, rows) => {
      if (!result) channel.setWindow(rows, columns, 0, 0);
    },
    onData: (listener) => {
      dataListeners.push(listener);
      for (const chunk of early.splice(0)) listener(chunk);
    },
    onClose: (listener) => {
      if (result) listener(result.code);
      else closeListeners.push(listener);
    },
    close: () => {
      if (!result) channel.close();
    },
  };
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted');
}
