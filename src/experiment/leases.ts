import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../model/userError';
import type { HoldOptions, Jobs, JobStart } from '../ssh/jobs';
import { beatSeconds, type Lease } from '../ssh/lease';

/** How often a guest that another controller has is asked for again. */
const busyWaitMs = 10_000;
/** How long a job that is in the way has to end by itself. */
const graceSeconds = 5;

/** A guest that is waited for. */
export interface Wait {
  /** Who keeps it; undefined: only a job is known. */
  readonly holder: Lease | undefined;
  /** The job that runs there. */
  readonly job: string | undefined;
}

/** What a person agreed to end for the sake of a guest; undefined: nothing runs there. */
export type AgreedJob = string | undefined;

export interface LeasesOptions {
  /** Id of the experiment. */
  readonly id: string;
  readonly guests: readonly string[];
  readonly jobsOf: (guest: string) => Jobs;
  /** Whether that experiment of this computer has ended, and what is kept for it is kept for nobody. */
  readonly isOver?: (id: string) => boolean;
  /** A guest is waited for (called again whenever it was asked), or not any more. */
  readonly onWait: (guest: string, wait: Wait | undefined) => void;
  /** Something people should know. */
  readonly onNotice: (text: string) => void;
  readonly times?: LeaseTimes;
}

export interface LeaseTimes {
  /** Without a sign of life for so long, somebody else's guest is taken over. */
  readonly staleSeconds?: number;
  readonly busyWaitMs?: number;
  readonly beatMs?: number;
}

/** Keeps the guests of one experiment for it, from its beginning to its end, and waits for those others have. */
export class Leases {
  private readonly atWork = new Set<string>();
  private readonly waits = new Map<string, { wait: Wait; wake: () => void }>();
  private beat: NodeJS.Timeout | undefined;
  /** Aborted: no sign of life is shown any more. */
  private readonly silence = new AbortController();

  constructor(private readonly options: LeasesOptions) {}

  /**
   * Takes every guest that is free, and those named in `over` from whoever has them. Resolves to the guests that are
   * kept now; the others are waited for when their trials come.
   */
  async take(over: ReadonlyMap<string, AgreedJob>, signal: AbortSignal): Promise<ReadonlySet<string>> {
    this.beat ??= setInterval(() => void this.showLife(), this.options.times?.beatMs ?? beatSeconds * 1000);
    this.beat.unref();
    const kept = await Promise.all(
      this.options.guests.map(async (guest) => {
        try {
          if (over.has(guest)) await this.seize(guest, over.get(guest));
          return await this.takeOne(guest, signal);
        } catch (error) {
          // Its trials wait for it, and tell why.
          if (error instanceof UserError) this.options.onNotice(error.message);
          return false;
        }
      }),
    );
    return new Set(this.options.guests.filter((_, index) => kept[index]));
  }

  /** One attempt only: other guests are not to wait for one that is out of reach. */
  private async takeOne(guest: string, signal: AbortSignal): Promise<boolean> {
    const jobs = this.options.jobsOf(guest);
    const before = await jobs.lease({ giveUpMs: 0, signal });
    if ((await this.hold(guest, { giveUpMs: 0, signal })) !== undefined) return false;
    const minutes = Math.round((before?.quietSeconds ?? 0) / 60);
    // Without any silence it was given back between the two questions.
    if (before && before.id !== this.options.id && minutes > 0 && !this.isOver(before)) {
      const { who, label } = before;
      this.options.onNotice(
        `${guest} was kept for ${label} of ${who}, which gave no sign of life for ${minutes} min: it is taken over.`,
      );
    }
    return true;
  }

  /**
   * Keeps the guest, or returns who has it. What an experiment of ours that has ended could not give back is given
   * back now; a job of it that still runs there is waited for, as anybody's is.
   */
  private async hold(guest: string, options: HoldOptions): Promise<Lease | undefined> {
    const jobs = this.options.jobsOf(guest);
    const holder = await jobs.hold('if-free', options);
    if (!holder || !this.isOver(holder)) return holder;
    await jobs.release(holder.id, options);
    this.options.onNotice(
      `${guest} was still kept for ${holder.label}, which ended while the guest was out of reach: it is taken over.`,
    );
    return jobs.hold('if-free', options);
  }

  private isOver({ id, job }: Lease): boolean {
    return job === undefined && this.options.isOver?.(id) === true;
  }

  /** Resolves when the guest is kept for this experiment. Rejects when `signal` aborts. */
  async claim(guest: string, signal: AbortSignal): Promise<void> {
    const holder = await this.hold(guest, { giveUpMs: Infinity, signal });
    if (!holder) return;
    await this.whileBusy(guest, { state: 'busy', fresh: false, holder }, signal);
    this.forget(guest);
  }

  /** A trial runs there: that is sign of life enough. */
  began(guest: string): void {
    this.atWork.add(guest);
    if (this.waits.delete(guest)) this.options.onWait(guest, undefined);
  }

  ended(guest: string): void {
    this.atWork.delete(guest);
  }

  /** Resolves when it is worth trying again to start a job that found the guest busy. Rejects when `signal` aborts. */
  async whileBusy(guest: string, { by, holder }: JobStart, signal: AbortSignal): Promise<void> {
    if (holder && this.isOver(holder) && !(await this.hold(guest, { giveUpMs: Infinity, signal }))) return;
    const others = holder?.id === this.options.id ? undefined : holder;
    let wait: Wait = { holder: others, job: holder?.job ?? (holder ? undefined : by) };
    try {
      for (;;) {
        const woken = new AbortController();
        this.waits.set(guest, { wait, wake: () => woken.abort() });
        this.options.onWait(guest, wait);
        const until = AbortSignal.any([signal, woken.signal]);
        await sleep(this.options.times?.busyWaitMs ?? busyWaitMs, undefined, { signal: until }).catch(
          () => undefined,
        );
        signal.throwIfAborted();
        const still = await this.hold(guest, { giveUpMs: Infinity, signal });
        if (!still) return;
        wait = { holder: still, job: still.job };
      }
    } catch (error) {
      this.forget(guest);
      throw error;
    }
  }

  /** Guests that are waited for now. */
  get waiting(): ReadonlyMap<string, Wait> {
    return new Map([...this.waits].map(([guest, { wait }]) => [guest, wait]));
  }

  /**
   * Takes a guest from whoever has it; `agreed` is the job that may be ended for it.
   * @throws UserError when another job runs there by now.
   */
  async takeOver(guest: string, agreed: AgreedJob): Promise<void> {
    await this.seize(guest, agreed);
    this.waits.get(guest)?.wake();
  }

  /** Shows no sign of life any more; what is kept stays kept until it is given back, or taken over. */
  stop(): void {
    clearInterval(this.beat);
    this.silence.abort();
    for (const guest of [...this.waits.keys()]) this.forget(guest);
  }

  private forget(guest: string): void {
    if (this.waits.delete(guest)) this.options.onWait(guest, undefined);
  }

  private async seize(guest: string, agreed: AgreedJob): Promise<void> {
    const jobs = this.options.jobsOf(guest);
    const running = await runningJob(jobs);
    if (running?.startsWith(`${this.options.id}.`) === true) return;
    if (running !== undefined && running !== agreed) {
      throw new UserError(`${guest}: another job runs there by now (${running}). It was not ended.`);
    }
    // First, so that what is ended is not followed by the next.
    await jobs.hold('over', { giveUpMs: 60_000 });
    if (running !== undefined) await jobs.cancel(running, graceSeconds);
  }

  private async showLife(): Promise<void> {
    await Promise.all(
      this.options.guests.map(async (guest) => {
        if (this.atWork.has(guest) || this.waits.has(guest)) return;
        // One that cannot be reached now is tried at the next beat; one that was taken over shows at its next trial.
        await this.options
          .jobsOf(guest)
          .hold('if-free', { giveUpMs: 0, signal: this.silence.signal })
          .catch(() => undefined);
      }),
    );
  }
}

async function runningJob(jobs: Jobs): Promise<string | undefined> {
  return (await jobs.list()).find(({ state }) => state === 'running' || state === 'orphan')?.id;
}
