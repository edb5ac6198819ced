import { UserError } from '../model/userError';
import type { Jobs } from '../ssh/jobs';
import type { Connection } from '../ssh/transport';
import { cleanUpBenchmarks, type PlannedBenchmark } from './prepare';

export interface CleaningOptions {
  /** Id of the experiment. */
  readonly id: string;
  readonly guests: readonly string[];
  readonly benchmarks: readonly PlannedBenchmark[];
  readonly connect: (guest: string) => Promise<Connection>;
  readonly jobsOf: (guest: string) => Jobs;
  /** Which guest could not be cleaned, and why. */
  readonly onNotice: (text: string) => void;
  /** Aborted: guests out of reach are no longer waited for. */
  readonly abandon: AbortSignal;
}

/**
 * Leaves nothing of ours on the guests of an experiment; what cannot be cleaned is said, and hurts no result. Where
 * another experiment runs, or has results that are still to be collected, only our own jobs are removed.
 */
export async function cleanUpGuests(options: CleaningOptions): Promise<void> {
  await Promise.all(
    options.guests.map(async (guest) => {
      try {
        await unlessGivenUp(cleanUpGuest(guest, options), options.abandon);
      } catch (error) {
        const said = error instanceof Error ? error.message : String(error);
        options.onNotice(`${guest} could not be cleaned: ${said}`);
      }
    }),
  );
}

async function cleanUpGuest(
  guest: string,
  { id: experiment, benchmarks, connect, jobsOf }: CleaningOptions,
): Promise<void> {
  const connection = await connect(guest);
  const jobs = jobsOf(guest);
  const there = await jobs.list();
  const ours = there.filter(({ id }) => id.startsWith(`${experiment}.`));
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
