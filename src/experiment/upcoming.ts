import type { Jobs } from '../ssh/jobs';
import type { Ahead } from './trial';

/** A trial that is likely to be the next of its lane. */
export interface NextJob {
  readonly guest: string;
  readonly jobId: string;
  readonly script: () => Promise<string>;
}

/** Has the next trial wait on its guest while one runs, and keeps account of what is left of the last ones there. */
export class Upcoming {
  private readonly leftovers = new Map<string, string[]>();

  constructor(private readonly jobsOf: (guest: string) => Jobs) {}

  /** For a trial that begins on this guest. */
  ahead(guest: string, next: () => NextJob | undefined): Ahead {
    const leftovers = this.leftovers.get(guest) ?? [];
    this.leftovers.delete(guest);
    return { leftovers, prepareNext: () => void this.prepare(next()) };
  }

  /** The results of this job are on disk: its folder is not needed any more. */
  recorded(guest: string, jobId: string): void {
    this.leftovers.set(guest, [...(this.leftovers.get(guest) ?? []), jobId]);
  }

  private async prepare(next: NextJob | undefined): Promise<void> {
    if (!next) return;
    try {
      this.jobsOf(next.guest).prepare(next.jobId, await next.script());
    } catch {
      // Only for speed: when its turn comes it is put and started as ever, and what is wrong is said then.
    }
  }
}
