/** How many channels of one connection are open at a time; the rest wait in order. */
export class ChannelSlots {
  private open = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private limit: number) {}

  get openCount(): number {
    return this.open;
  }

  /** Resolves with the function that gives the slot back. Rejects with the signal's reason when aborted first. */
  async acquire(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.open >= this.limit) await this.turn(signal);
    else this.open += 1;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.open -= 1;
      this.next();
    };
  }

  /**
   * The server refused one more channel than were open (MaxSessions): never try more than that again.
   * False when none other was open, so that waiting cannot help.
   */
  refused(): boolean {
    if (this.open <= 1) return false;
    this.limit = Math.min(this.limit, this.open - 1);
    return true;
  }

  private turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const give = (): void => {
        signal.removeEventListener('abort', leave);
        this.open += 1;
        resolve();
      };
      const leave = (): void => {
        this.waiting.splice(this.waiting.indexOf(give), 1);
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      this.waiting.push(give);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  private next(): void {
    while (this.open < this.limit) {
      const give = this.waiting.shift();
      if (!give) return;
      give();
    }
  }
}
