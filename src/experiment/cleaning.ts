import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../model/userError';
import { isPassing } from '../ssh/errors';
import type { Jobs } from '../ssh/jobs';
import type { Connection } from '../ssh/transport';
import { cleanUpBenchmarks, type PlannedBenchmark } from './prepare';

/** A guest that is out of reach at the end is tried again for so long, and after such pauses. */
const giveUpMs = 60_000;
const pauseMs = 2_000;

export interface CleaningOptions {
  /** Id of the experiment. */
  readonly id: string;
  readonly guests: readonly string[];
  readonly benchmarks: readonly PlannedBenchmark[];
  readonly connect: (guest: string) => Promise<Connection>;
  readonly jobsOf: (guest: string) => Jobs;
  /** Whether that experiment of this computer has ended without cleaning all its guests. */
  readonly isOver?: (id: string) => boolean;
  /** Which guest could not be cleaned, and why. */
  readonly onNotice: (text: string) => void;
  /** Aborted: the guest is no longer waited for. */
  readonly givenUp: (guest: string) => AbortSignal;
}

/**
 * Leaves nothing of ours on the guests of an experiment; what cannot be cleaned is said, and hurts no result. Where
 * another experiment runs, or has results that are still to be collected, only our own jobs are removed. Returns the
 * guests that could not be cleaned.
 */
export async function cleanUpGuests(options: CleaningOptions): Promise<readonly string[]> {
  const cleaned = await Promise.all(
    options.guests.map(async (guest) => {
      try {
        await unlessGivenUp(cleanUpInReach(guest, options), options.givenUp(guest));
        return true;
      } catch (error) {
        const said = error instanceof Error ? error.message : String(error);
        options.onNotice(`${guest} could not be cleaned: ${said}`);
        return false;
      }
    }),
  );
  return options.guests.filter((_, index) => !cleaned[index]);
}

/** Each step may be repeated without harm. */
async function cleanUpInReach(guest: string, options: CleaningOptions): Promise<void> {
  const untilMs = performance.now() + giveUpMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await cleanUpGuest(guest, options);
      return;
    } catch (error) {
      if (!isPassing(error)) {
        // Others need not wait for what cannot be removed.
        await options
          .jobsOf(guest)
          .release()
          .catch(() => undefined);
        throw error;
      }
      if (performance.now() > untilMs || options.givenUp(guest).aborted) throw error;
      if (attempt === 2) options.onNotice(`${error.message} Its clean-up is tried for a minute.`);
      await sleep(pauseMs);
    }
  }
}

async function cleanUpGuest(
  guest: string,
  { id: experiment, benchmarks, connect, jobsOf, isOver }: CleaningOptions,
): Promise<void> {
  const connection = await connect(guest);
  const jobs = jobsOf(guest);
  const there = await jobs.list();
  const ours = there.filter(({ id }) => {
    const [owner = ''] = id.split('.');
    return owner === experiment || isOver?.(owner) === true;
  });
  const holder = await jobs.lease();
  if (ours.length < there.length || (holder !== undefined && holder.id !== experiment)) {
    for (const { id } of ours) await jobs.remove(id);
    await jobs.release();
    return;
  }
  await cleanUpBenchmarks(connection, benchmarks);
  await jobs.cleanUp();
}

/** Rejects when guests out of reach are no longer waited for; what was begun goes on unwatched. */
async function unlessGivenUp(work: Promise<void>, signal: AbortSignal): Promise<void> {
  work.catch(() => undefined);
  const givenUp = new Promise<never>((_, reject) => {
    const stop = (): void =>
      reject(new UserError('It was not waited for. Clean Up Guest ends and removes what is left there.'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  await Promise.race([work, givenUp]);
}
