import * as path from 'node:path';
import * as vscode from 'vscode';
import type { CheckResult } from '../benchmarks/check';
import { resolveTarget } from '../lab/sshConfig';
import { Disposable } from '../model/disposable';
import type { Facts } from '../model/guest';
import type { Guest } from '../model/lab';
import { UserError } from '../model/userError';
import { probeGuest } from '../probe/probe';
import type { ConnectionPool } from '../ssh/pool';
import { SshError, type Connection, type SshErrorKind, type Target } from '../ssh/transport';
import type { LabService } from './labService';
import { messageOf, type Log } from './log';
import type { VscodePrompter } from './prompter';

export type GuestState =
  | { readonly kind: 'unknown' }
  /** `failure`: why the attempt before did not succeed. */
  | { readonly kind: 'connecting'; readonly facts?: Facts; readonly failure?: GuestFailure }
  | { readonly kind: 'ready'; readonly facts: Facts; readonly checkedAt: Date }
  | (GuestFailure & { readonly kind: 'error'; readonly facts?: Facts });

export interface GuestFailure {
  readonly message: string;
  readonly error: SshErrorKind | 'other';
}

/** Why a guest was not reached last time, also while it is tried again. */
export function failureOf(state: GuestState): GuestFailure | undefined {
  if (state.kind === 'error') return state;
  return state.kind === 'connecting' ? state.failure : undefined;
}

/** Whether a person may be asked questions: only for what they asked for themselves. */
export type Asking = 'ask' | 'silent';

/** A benchmark that cannot run on a guest yet. */
export interface Lack {
  readonly benchmark: string;
  readonly title: string;
  readonly check: Exclude<CheckResult, { state: 'ready' }>;
}

/** What is known of each guest of the lab, and the one connection to each. */
export class GuestService extends Disposable {
  private readonly changed = this.register(new vscode.EventEmitter<string | undefined>());
  /** The name of the guest that changed; undefined: any. */
  readonly onDidChange = this.changed.event;
  private readonly states = new Map<string, GuestState>();
  private readonly activities = new Map<string, string>();
  private readonly lacks = new Map<string, readonly Lack[]>();
  private readonly probing = new Map<string, Promise<void>>();

  constructor(
    private readonly lab: LabService,
    private readonly pool: ConnectionPool,
    private readonly prompter: VscodePrompter,
    private readonly log: Log,
  ) {
    super();
    this.register(
      lab.onDidChange(() => {
        const names = new Set(lab.lab.guests.map((guest) => guest.name));
        for (const known of [...this.states.keys()]) if (!names.has(known)) this.states.delete(known);
        this.changed.fire(undefined);
      }),
    );
  }

  state(name: string): GuestState {
    return this.states.get(name) ?? { kind: 'unknown' };
  }

  /** What runs on the guest now, for people; undefined: nothing of ours. */
  activity(name: string): string | undefined {
    return this.activities.get(name);
  }

  setActivity(name: string, text: string | undefined): void {
    if (text === undefined) this.activities.delete(name);
    else this.activities.set(name, text);
    this.changed.fire(name);
  }

  lacksOf(name: string): readonly Lack[] {
    return this.lacks.get(name) ?? [];
  }

  setLacks(name: string, lacks: readonly Lack[]): void {
    this.lacks.set(name, lacks);
    this.changed.fire(name);
  }

  /** A guest of ours that is at work on this host; undefined: the host is free. Guests without a host share one. */
  busyOn(host: string | undefined): string | undefined {
    return this.lab.lab.guests.find(
      (guest) => (guest.host ?? '') === (host ?? '') && this.activities.has(guest.name),
    )?.name;
  }

  async target(guest: Guest): Promise<Target> {
    return resolveTarget(guest, { labFolder: path.dirname(this.lab.uri.fsPath) });
  }

  /** The shared connection of a guest, opened if need be. */
  async connect(name: string, asking: Asking, signal?: AbortSignal): Promise<Connection> {
    requireTrust();
    return this.connectTo(await this.target(this.lab.guest(name)), asking, signal);
  }

  /** The same for a target already resolved: an experiment keeps to the machines it began with. */
  async connectTo(target: Target, asking: Asking, signal?: AbortSignal): Promise<Connection> {
    requireTrust();
    return this.pool.get(target, {
      prompter: asking === 'ask' ? this.prompter : this.prompter.silent,
      ...(signal ? { signal } : {}),
      retryCredentials: asking === 'ask',
    });
  }

  /** A new connection, whatever was refused before, without a question: for a machine that may be starting. */
  connectAnew(target: Target, signal?: AbortSignal): Promise<Connection> {
    this.pool.forget(target);
    return this.connectTo(target, 'silent', signal);
  }

  /** Asks a guest what it is; the outcome is its state. Rejects only when `asking` and it failed. */
  async probe(name: string, asking: Asking): Promise<void> {
    const running = this.probing.get(name);
    if (running && asking === 'silent') return running;
    const attempt = this.probeNow(name, asking).finally(() => this.probing.delete(name));
    this.probing.set(name, attempt);
    return attempt;
  }

  /**
   * Probes the guests named, or all; what fails is a state, not an error. When nobody asked for it, guests on a host
   * that is being measured are left alone, also when the measurement begins meanwhile.
   */
  async refresh(names: readonly string[] | undefined, asking: Asking): Promise<void> {
    const wanted = new Set(names ?? this.lab.lab.guests.map((guest) => guest.name));
    // Guests of one host share its processors: one after the other is as fast and disturbs less.
    const perHost = new Map<string, Guest[]>();
    for (const guest of this.lab.lab.guests) {
      if (!wanted.has(guest.name)) continue;
      const lane = guest.host ?? guest.name;
      perHost.set(lane, [...(perHost.get(lane) ?? []), guest]);
    }
    await Promise.all(
      [...perHost.values()].map(async (lane) => {
        for (const { name, host } of lane) {
          if (asking === 'silent' && this.busyOn(host) !== undefined) continue;
          await this.probe(name, asking).catch(() => undefined);
        }
      }),
    );
  }

  /** Tries a guest that is not in the lab yet. */
  async tryGuest(guest: Guest, signal?: AbortSignal): Promise<Facts> {
    requireTrust();
    const target = await this.target(guest);
    const connection = await this.pool.get(target, {
      prompter: this.prompter,
      retryCredentials: true,
      ...(signal ? { signal } : {}),
    });
    return (await probeGuest(connection, signal)).facts;
  }

  private async probeNow(name: string, asking: Asking): Promise<void> {
    const before = this.state(name);
    const facts = 'facts' in before ? before.facts : undefined;
    const failure = failureOf(before);
    this.set(name, { kind: 'connecting', ...(facts ? { facts } : {}), ...(failure ? { failure } : {}) });
    try {
      const connection = await this.connect(name, asking);
      const probe = await probeGuest(connection);
      this.set(name, { kind: 'ready', facts: probe.facts, checkedAt: new Date() });
      this.log.debug(`${name}: ${probe.facts.mode.mode} (${probe.facts.mode.because.join('; ')})`);
    } catch (error) {
      const kind = error instanceof SshError ? error.kind : 'other';
      this.log.warn(`${name}: ${messageOf(error)}`);
      this.set(name, { kind: 'error', message: messageOf(error), error: kind, ...(facts ? { facts } : {}) });
      if (asking === 'ask') throw error;
    }
  }

  private set(name: string, state: GuestState): void {
    this.states.set(name, state);
    this.changed.fire(name);
  }
}

/** Connecting and running need a trusted workspace: its files name machines and commands. */
export function requireTrust(): void {
  if (!vscode.workspace.isTrusted) {
    throw new UserError(
      vscode.l10n.t(
        'This workspace is not trusted, so Guestbench does not connect to its guests. Trust it first.',
      ),
    );
  }
}
