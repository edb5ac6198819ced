import type { EventOf, ExperimentEvent, Plan, RebootRecord, Trial } from '../model/experiment';
import { UserError } from '../model/userError';
import { SshError, type Connection } from '../ssh/transport';
import type { Ledger } from './ledger';
import type { Pauses } from './pauses';
import { causesText, waitUntilQuiet, type QuietEnd } from './quiet';
import { inspect, ownBootId, rebootGuest, whyNotReboot, type Reach, type Rebooted } from './reboot';

/** Emulated guests and large machines take minutes. */
const rebootLimitMs = 15 * 60_000;

/** `settling`: it is waited for until it is quiet. */
export type RestActivity = 'rebooting' | 'settling';

export interface RoundStartOptions {
  readonly plan: Plan;
  readonly connect: (guest: string, signal?: AbortSignal, how?: 'booting') => Promise<Connection>;
  readonly append: (event: ExperimentEvent) => Promise<void>;
  /** Resolves when no other controller has the guest. */
  readonly claim: (guest: string) => Promise<void>;
  /** A guest runs on another boot: what was known of it has to be learnt anew. */
  readonly onRebooted: (guest: string) => Promise<void>;
  readonly onNotice: (text: string) => void;
  /** What a guest is going through; undefined: nothing any more. */
  readonly onActivity: (guest: string, activity: RestActivity | undefined) => void;
  /** Is told how long reboots take. */
  readonly pauses: Pauses;
  /** Whether the experiment begins or goes on. */
  readonly when: 'start' | 'resume';
  /** Reboots there were before an interruption. */
  readonly reboots: readonly RebootRecord[];
  /** Aborted: nothing new is begun. A reboot under way is waited for, so that the guest can be left clean. */
  readonly stopping: AbortSignal;
  /** Aborted: nothing is waited for any more. */
  readonly leaving: AbortSignal;
}

/** A round of one lane that is about to begin. */
export interface NextRound {
  readonly round: number;
  /** Those with trials in it, in the order in which they are measured first. */
  readonly guests: readonly string[];
  /** Whether trials of it were made before an interruption. */
  readonly isUnderWay: boolean;
}

/** What the guests of one lane go through before each round: a reboot, where that is wished, and coming to rest. */
export class RoundStart {
  private when: EventOf<'quiet'>['when'];

  constructor(private readonly options: RoundStartOptions) {
    this.when = options.when;
  }

  /** What comes before the round of a lane that this trial begins; nothing where a trial of it was taken up. */
  async begin(lane: readonly Trial[], { round }: Trial, ledger: Ledger): Promise<void> {
    this.options.pauses.begin(round);
    const due = lane.filter((trial) => trial.round === round && ledger.isDue(trial));
    if (due.length === 0 || due.some((trial) => ledger.openJob(trial) !== undefined)) return;
    const isUnderWay = lane.some((trial) => trial.round === round && ledger.attempts(trial) > 0);
    await this.prepare({ round, guests: [...new Set(due.map(({ guest }) => guest))], isUnderWay });
  }

  /** Never fails for a guest's sake; rejects only when the experiment file cannot be written. */
  async prepare(next: NextRound): Promise<void> {
    const { plan, pauses } = this.options;
    const rebooted = new Set<string>();
    const startedMs = performance.now();
    if (plan.reboot === 'each-round' && next.round > 0 && !next.isUnderWay) {
      // One after the other: guests that start together contend for the host, and no start would be like another.
      for (const guest of next.guests) {
        if (this.isOver()) return;
        this.options.onActivity(guest, 'rebooting');
        if (await this.reboot(guest, next.round)) rebooted.add(guest);
        this.options.onActivity(guest, undefined);
      }
    }
    const usual = this.when;
    this.when = 'round';
    const looks = next.guests.map((guest) =>
      this.settle(guest, next.round, rebooted.has(guest) ? 'reboot' : usual),
    );
    await Promise.all(looks);
    if (rebooted.size > 0) pauses.add((performance.now() - startedMs) / 1000);
  }

  private isOver(): boolean {
    return this.options.stopping.aborted || this.options.leaving.aborted;
  }

  /** Whether it is on another boot now. A reboot that an interruption cut in two goes on. */
  private async reboot(guest: string, round: number): Promise<boolean> {
    const { append, onNotice, leaving, connect, claim, onRebooted } = this.options;
    const record = this.options.reboots.findLast((one) => one.guest === guest && one.round === round);
    if (record !== undefined && record.state !== 'begun') return false;
    const reach: Reach = (how) => connect(guest, leaving, how);
    const common = { type: 'reboot' as const, guest, round };
    const isResumed = record !== undefined;
    onNotice(
      isResumed ? `Going on with the reboot of ${guest}.` : `Rebooting ${guest} before round ${round}.`,
    );
    let isBegun = isResumed;
    let isAsked = false;
    let rebooted: Rebooted;
    try {
      // Whoever has the guest now must not lose what runs there.
      await claim(guest);
      const bootId = record?.bootIdBefore ?? (await this.bootToEnd(guest, reach));
      await append({ ...common, at: now(), phase: 'begun', bootId });
      isBegun = true;
      isAsked = true;
      rebooted = await rebootGuest({
        guest,
        reach,
        bootId,
        isResumed,
        limitMs: rebootLimitMs,
        signal: leaving,
      });
    } catch (error) {
      if (leaving.aborted || (!isAsked && this.isOver())) return false;
      if (!isAboutGuest(error)) throw error;
      await this.noteFailed(guest, round, isBegun, error.message);
      return false;
    }
    const { bootId, durationMs } = rebooted;
    await append({ ...common, at: now(), phase: 'done', bootId, durationMs });
    onNotice(`${guest} is back on a new boot after ${Math.round(durationMs / 1000)} s.`);
    await onRebooted(guest);
    return true;
  }

  /** The boot a guest is on. @throws UserError when it is not to be rebooted. */
  private async bootToEnd(guest: string, reach: Reach): Promise<string> {
    const inspection = await inspect(await reach(), this.options.leaving);
    const refusal = whyNotReboot(guest, inspection, await ownBootId());
    if (refusal !== undefined) throw new UserError(refusal);
    return inspection.bootId;
  }

  /** A reboot that failed before anything was asked has a beginning all the same. */
  private async noteFailed(guest: string, round: number, isBegun: boolean, reason: string): Promise<void> {
    const common = { type: 'reboot' as const, guest, round };
    if (!isBegun) await this.options.append({ ...common, at: now(), phase: 'begun' });
    await this.options.append({ ...common, at: now(), phase: 'failed', reason });
    this.options.onNotice(`${reason} Round ${round} is measured on the boot it has.`);
  }

  private async settle(guest: string, round: number, when: EventOf<'quiet'>['when']): Promise<void> {
    const { plan, connect, append, onNotice, onActivity, stopping, leaving } = this.options;
    if (plan.quiet === undefined || this.isOver()) return;
    const { startSeconds, roundSeconds } = plan.quiet;
    const limitMs = 1000 * (when === 'round' ? roundSeconds : startSeconds);
    const signal = AbortSignal.any([stopping, leaving]);
    const told = { isWaiting: false };
    let end: QuietEnd | undefined;
    try {
      end = await waitUntilQuiet({
        when,
        connect: () => connect(guest, signal),
        limitMs,
        signal,
        onWaiting: (because, atMostMs) => {
          told.isWaiting = true;
          onActivity(guest, 'settling');
          const seconds = Math.round(atMostMs / 1000);
          onNotice(
            `${guest} is not quiet yet: ${causesText(because)}. It is waited for, about ${seconds} s at most.`,
          );
        },
      });
    } catch (error) {
      if (this.isOver()) return;
      if (!isAboutGuest(error)) throw error;
      onNotice(error.message);
    } finally {
      if (told.isWaiting) onActivity(guest, undefined);
    }
    const record = { at: now(), type: 'quiet' as const, guest, when, round };
    if (end === undefined) {
      await append({ ...record, state: 'unknown', waitedMs: 0, because: [] });
      return;
    }
    const { state, waitedMs, because, seen } = end;
    await append({ ...record, state, waitedMs, because: [...because], seen });
    const seconds = Math.round(waitedMs / 1000);
    if (state === 'busy') {
      const why = causesText(because);
      onNotice(`${guest} did not become quiet in ${seconds} s (${why}): it is measured all the same.`);
    } else if (told.isWaiting) onNotice(`${guest} is quiet after ${seconds} s.`);
  }
}

/**
 * Refuses guests that cannot be rebooted, or must not be; one that is out of reach now is asked when its time comes.
 * @throws UserError
 */
export async function requireReboots(
  { plan, connect }: Pick<RoundStartOptions, 'plan' | 'connect'>,
  signal: AbortSignal,
): Promise<void> {
  if (plan.reboot !== 'each-round') return;
  const ownBoot = await ownBootId();
  const guestOf = new Map<string, string>();
  const refusals = await Promise.all(
    plan.guests.map(async ({ name }) => {
      try {
        const inspection = await inspect(await connect(name, signal), signal);
        const twin = guestOf.get(inspection.bootId);
        guestOf.set(inspection.bootId, name);
        const refusal = whyNotReboot(name, inspection, ownBoot);
        if (refusal !== undefined || twin === undefined) return refusal ?? [];
        return `${twin} and ${name} are one and the same machine, so one cannot be rebooted without the other.`;
      } catch (error) {
        if (!isAboutGuest(error)) throw error;
        return error instanceof SshError && error.kind === 'protocol' ? error.message : [];
      }
    }),
  );
  if (refusals.flat().length > 0) throw new UserError(refusals.flat().join(' '));
}

function isAboutGuest(error: unknown): error is SshError | UserError {
  return error instanceof SshError || error instanceof UserError;
}

function now(): string {
  return new Date().toISOString();
}
