import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Client, ConnectConfig } from 'ssh2';
import { peerText } from '../model/plainText';
import { cancelled, dialError, timedOut } from './errors';
import { Handshake } from './handshake';
import type { HostKeys } from './hostKeys';
import type { Ssh2 } from './keyFiles';
import { PausableTimer } from './pausableTimer';
import { SshConnection } from './sshConnection';
import { SshError, type Connection, type Prompter, type Target } from './transport';

export interface ConnectOptions {
  readonly prompter: Prompter;
  readonly hostKeys: HostKeys;
  readonly signal?: AbortSignal;
  /** For each machine on the way, without the time people take to answer. Default 15 s. */
  readonly readyTimeoutMs?: number;
  /** A connection that answers nothing for eight times as long is given up. Default 15 s. */
  readonly keepAliveMs?: number;
  readonly log?: (line: string) => void;
}

interface Attempt extends ConnectOptions {
  readonly ssh2: Ssh2;
  readonly timeoutMs: number;
  readonly keepAliveMs: number;
  readonly log: (line: string) => void;
}

/** Opens one connection, through the target's jump hosts if it has any. Rejects with an SshError. */
export async function connect(target: Target, options: ConnectOptions): Promise<Connection> {
  const imported = await import('ssh2');
  const attempt: Attempt = {
    ...options,
    // A CommonJS module: its named exports are found by some loaders only on `default`.
    ssh2: 'default' in imported ? imported.default : imported,
    timeoutMs: options.readyTimeoutMs ?? 15_000,
    keepAliveMs: options.keepAliveMs ?? 15_000,
    log: options.log ?? (() => undefined),
  };
  const hops: Client[] = [];
  try {
    let client: Client | undefined;
    for (const machine of [...target.jumps, target]) {
      options.signal?.throwIfAborted();
      client = await signIn(machine, client, attempt);
      hops.push(client);
    }
    const last = hops.pop();
    if (!last) throw new Error('unreachable');
    return new SshConnection(target, last, hops.reverse(), attempt.log);
  } catch (error) {
    for (const hop of hops.reverse()) hop.end();
    if (options.signal?.aborted === true && !(error instanceof SshError))
      throw cancelled(`Connecting to ${target.name}`);
    throw error;
  }
}

/** One machine of the way: reached, verified, signed in. */
async function signIn(target: Target, via: Client | undefined, attempt: Attempt): Promise<Client> {
  const { promise, resolve, reject } = withResolvers<Client>();
  let socket: Duplex | undefined;
  let client: Client | undefined;
  const fail = (error: SshError): void => {
    reject(error);
    // A forwarded stream that is still pending cannot be aborted: the hop ends with the attempt.
    client?.end();
    socket?.destroy();
  };
  const timer = new PausableTimer(attempt.timeoutMs, () => fail(timedOut(target, attempt.timeoutMs)));
  const abort = (): void => fail(cancelled(`Connecting to ${target.name}`));
  attempt.signal?.addEventListener('abort', abort, { once: true });
  try {
    const config = await Promise.race([hostKeyConfig(target, attempt), promise.then(unreachable)]);
    const opening = via ? forward(via, target) : dial(target, (created) => (socket = created));
    opening.catch(() => undefined);
    // Nothing may be awaited between here and the handshake: an end that comes then would go unheard.
    socket = await Promise.race([opening, promise.then(unreachable)]);
    const opened = new attempt.ssh2.Client();
    client = opened;
    const succeed = (): void => resolve(opened);
    new Handshake(opened, socket, { ...attempt, target, timer, succeed, fail }).start(config);
    return await promise;
  } catch (error) {
    socket?.destroy();
    throw error;
  } finally {
    timer.stop();
    attempt.signal?.removeEventListener('abort', abort);
  }
}

async function hostKeyConfig(target: Target, { hostKeys }: Attempt): Promise<ConnectConfig> {
  const serverHostKey = await hostKeys.algorithmsFor(target);
  return serverHostKey ? { algorithms: { serverHostKey } } : {};
}

function dial(target: Target, created: (socket: Socket) => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = new Socket();
    created(socket);
    const failed = (error: Error): void => reject(dialError(target, error));
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.off('error', failed);
      // Each packet is several small writes: without this they wait for one another (14 times slower).
      socket.setNoDelay(true);
      // Between here and the handshake nobody else listens.
      socket.on('error', () => undefined);
      resolve(socket);
    });
    socket.connect({ host: target.address, port: target.port });
  });
}

function forward(via: Client, target: Target): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error): void => reject(jumpError(target, error));
    try {
      via.forwardOut('127.0.0.1', 0, target.address, target.port, (error, stream) => {
        if (error) refuse(error);
        else resolve(stream.on('error', () => undefined));
      });
    } catch (error) {
      refuse(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

function jumpError(target: Target, error: Error): SshError {
  const place = `${target.address} port ${target.port}`;
  const reason: unknown = 'reason' in error ? error.reason : undefined;
  const options = { cause: error };
  if (reason === 1)
    return new SshError(
      'unreachable',
      `${target.name}: the jump host does not allow connections to ${place} (AllowTcpForwarding in its sshd_config).`,
      options,
    );
  if (reason === 2)
    return new SshError(
      /refused/i.test(error.message) ? 'refused' : 'unreachable',
      `${target.name}: the jump host cannot reach ${place} (${peerText(error.message.replace(/^\(SSH\) Channel open failure: /, ''), 200)}). Check that the guest runs and its address.`,
      options,
    );
  return new SshError('lost', `${target.name}: the jump host was lost on the way to ${place}.`, options);
}

function unreachable(): never {
  throw new Error('an attempt cannot succeed before its handshake');
}

function withResolvers<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: Error) => void;
} {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
