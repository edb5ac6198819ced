import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Client, ConnectConfig } from 'ssh2';
import { peerText } from '../model/plainText';
import { Authentication } from './authentication';
import { CutWhileSigningIn, handshakeError, reasonOfEnd } from './errors';
import type { HostKeys } from './hostKeys';
import { fingerprint } from './knownHosts';
import type { Ssh2 } from './keyFiles';
import type { PausableTimer } from './pausableTimer';
import { SshError, type Prompter, type Target } from './transport';

export interface HandshakeContext {
  readonly ssh2: Ssh2;
  readonly target: Target;
  readonly prompter: Prompter;
  readonly hostKeys: HostKeys;
  readonly signal?: AbortSignal | undefined;
  /** Stands still while a person is asked. */
  readonly timer: PausableTimer;
  readonly keepAliveMs: number;
  readonly log: (line: string) => void;
  /** Called once the server let us in, unless `fail` was before. */
  readonly succeed: () => void;
  /** May be called more than once: the first error counts. */
  readonly fail: (error: SshError) => void;
}

/** From a socket that is open to a client that is signed in: the server's key first, then who we are. */
export class Handshake {
  private readonly errors: Error[] = [];
  private readonly authentication: Authentication;
  /** The prompter, with the time limit standing still. */
  private readonly asked: Prompter;
  private isAsking = false;
  private isClosed = false;
  /** Why the server's key was not trusted. */
  private refused: SshError | undefined;
  private trusted: Buffer | undefined;
  /** What the server's last answer offers, where ssh2 does not pass it on. */
  private offered: readonly string[] | undefined;

  constructor(
    private readonly client: Client,
    private readonly socket: Duplex,
    private readonly context: HandshakeContext,
  ) {
    const { ssh2, target, prompter, signal, log } = context;
    const whileAsking = <T>(ask: () => Promise<T>): Promise<T> => this.whileAsking(ask);
    this.authentication = new Authentication({ ssh2, target, prompter, whileAsking, signal, log });
    this.asked = {
      ...bound(prompter),
      confirmHostKey: (question) => whileAsking(() => prompter.confirmHostKey(question, signal)),
      reportChangedHostKey: (changed) => whileAsking(() => prompter.reportChangedHostKey(changed, signal)),
    };
  }

  /** Never throws; its end is told by `succeed` or `fail`. */
  start(config: ConnectConfig): void {
    const { target, keepAliveMs, fail } = this.context;
    this.listen();
    try {
      this.client.connect({
        ...config,
        sock: this.socket,
        username: target.user,
        // Our own timer, which stands still while a person is asked.
        readyTimeout: 0,
        keepaliveInterval: keepAliveMs,
        keepaliveCountMax: 8,
        hostVerifier: (key: Buffer, verdict: (trust: boolean) => void) => this.verify(key, verdict),
        debug: (line) => this.readTrace(line),
        authHandler: (left: readonly string[] | null, partial: boolean | null, next) => {
          const methods = this.offered ?? left;
          if (methods) this.authentication.serverOffers(methods);
          this.offered = undefined;
          this.authentication.next(partial === true).then(
            (method) => {
              if (this.isClosed) return;
              if (method) next(method);
              else fail(this.authentication.failure());
            },
            (error: unknown) => fail(internal(target, error)),
          );
        },
      });
    } catch (error) {
      fail(internal(target, error));
    }
  }

  private listen(): void {
    const { target, succeed, fail, log } = this.context;
    this.client.on('ready', () => {
      this.authentication.succeeded();
      succeed();
    });
    // Not every error is fatal (an agent's, say), and an attempt is over only when it closes.
    this.client.on('error', (error) => {
      this.errors.push(error);
      const when = this.trusted ? '' : 'before its host key was verified: ';
      log(`${target.name}: ${when}${reasonOfEnd(error)}`);
    });
    this.client.on('close', () => {
      this.isClosed = true;
      fail(this.reasonOfClose());
    });
  }

  private verify(key: Buffer, verdict: (trust: boolean) => void): void {
    // Asked again with each renewal of the session keys: nobody is bothered for the same key.
    if (this.trusted) {
      verdict(this.trusted.equals(key));
      return;
    }
    const { target, hostKeys, fail } = this.context;
    const ip = this.socket instanceof Socket ? this.socket.remoteAddress : undefined;
    hostKeys.verify(target, key, this.asked, ip).then(
      (trust) => {
        this.trusted = Buffer.from(key);
        this.authentication.hostVerified(fingerprint(this.trusted), trust);
        if (!this.isClosed) verdict(true);
      },
      (error: unknown) => {
        this.refused = error instanceof SshError ? error : internal(target, error);
        if (this.isClosed) return;
        verdict(false);
        fail(this.refused);
      },
    );
  }

  /** ssh2 keeps the server's list to itself after a key of an agent was refused; its trace names it. */
  private readTrace(line: string): void {
    const list = /^Inbound: Received USERAUTH_FAILURE \((.*)\)$/.exec(line)?.[1];
    if (list !== undefined) this.offered = list.split(',').filter(Boolean);
  }

  private async whileAsking<T>(ask: () => Promise<T>): Promise<T> {
    this.isAsking = true;
    try {
      return await this.context.timer.during(ask);
    } finally {
      this.isAsking = false;
    }
  }

  private reasonOfClose(): SshError {
    if (this.refused) return this.refused;
    if (this.authentication.isDeclined) return this.authentication.failure();
    if (!this.isAsking) return this.reasonOfErrors();
    return new SshError(
      'lost',
      `${this.context.target.name}: the server did not wait for the answer and closed the connection. Connect again.`,
    );
  }

  private reasonOfErrors(): SshError {
    const { target } = this.context;
    const fatal = this.errors.filter((error) => !('level' in error && error.level === 'agent'));
    const isCut = fatal.every((each) => 'level' in each && each.level === 'client-socket');
    if (isCut && this.authentication.isSecretUnderWay)
      return new CutWhileSigningIn(target, { cause: fatal[0] });
    if (fatal.length === 0 && this.authentication.isRefused) return this.authentication.failure();
    return handshakeError(target, fatal, this.trusted !== undefined);
  }
}

function bound(prompter: Prompter): Prompter {
  return {
    confirmHostKey: (...question) => prompter.confirmHostKey(...question),
    reportChangedHostKey: (...changed) => prompter.reportChangedHostKey(...changed),
    secret: (...question) => prompter.secret(...question),
    answers: (...question) => prompter.answers(...question),
    secretOutcome: (question, outcome) => prompter.secretOutcome(question, outcome),
  };
}

function internal(target: Target, error: unknown): SshError {
  if (error instanceof SshError) return error;
  const message = peerText(error instanceof Error ? error.message : String(error));
  return new SshError('protocol', `${target.name}: connecting failed: ${message}.`, { cause: error });
}
