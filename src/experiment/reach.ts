import { isPassing } from '../ssh/errors';
import type { Connection } from '../ssh/transport';
import type { RunnerListener } from './runnerOptions';

/** Which guests are out of reach now, and says so once of each. */
export class Reach {
  private readonly away = new Set<string>();

  constructor(
    private readonly open: (guest: string) => Promise<Connection>,
    private readonly listener: Pick<RunnerListener, 'onReach' | 'onNotice'>,
  ) {}

  get isAnyAway(): boolean {
    return this.away.size > 0;
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
