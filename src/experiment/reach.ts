import { isPassing } from '../ssh/errors';
import type { Connection } from '../ssh/transport';
import type { RunnerListener } from './runnerOptions';

/** A guest in reach has ended what runs there, and is cleaned, in less. */
const giveUpMs = 15_000;

/** Which guests are out of reach now, and says so once of each; and for which nobody waits any more. */
export class Reach {
  private readonly away = new Set<string>();
  private readonly patience = new Map<string, AbortController>();

  constructor(
    private readonly open: (guest: string) => Promise<Connection>,
    private readonly listener: Pick<RunnerListener, 'onReach' | 'onNotice'>,
  ) {}

  /** Aborted: the guest is no longer waited for. */
  givenUp(guest: string): AbortSignal {
    return this.patienceWith(guest).signal;
  }

  /** Does not wait for those out of reach, and not for long for the others. */
  giveUp(guests: readonly string[]): void {
    for (const guest of guests)
      setTimeout(() => this.patienceWith(guest).abort(), this.away.has(guest) ? 0 : giveUpMs).unref();
  }

  private patienceWith(guest: string): AbortController {
    const patience = this.patience.get(guest) ?? new AbortController();
    this.patience.set(guest, patience);
    return patience;
  }

  /** A connection; that there is none is said, and that there is one again. */
  async connect(guest: string): Promise<Connection> {
    try {
      const connection = await this.open(guest);
      this.back(guest);
      return connection;
    } catch (error) {
      if (isPassing(error)) this.lost(guest, error.message);
      throw error;
    }
  }

  lost(guest: string, reason: string): void {
    if (this.away.has(guest)) return;
    this.away.add(guest);
    this.listener.onReach?.(guest, reason);
    this.listener.onNotice?.(`${reason} It is tried again until it answers; nothing is lost.`);
  }

  back(guest: string): void {
    if (!this.away.delete(guest)) return;
    this.listener.onReach?.(guest, undefined);
    this.listener.onNotice?.(`${guest} is back.`);
  }
}
