/** Fires once after a span of running time; it stands still while it is paused (a person is being asked). */
export class PausableTimer {
  private timer: NodeJS.Timeout | undefined;
  private startedAt = 0;
  private pauses = 0;
  private ended = false;

  constructor(
    private remainingMs: number,
    private readonly onElapsed: () => void,
  ) {
    this.run();
  }

  /** Runs `work` with the timer standing still. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.pause();
    try {
      return await work();
    } finally {
      this.resume();
    }
  }

  stop(): void {
    this.ended = true;
    clearTimeout(this.timer);
  }

  private pause(): void {
    this.pauses += 1;
    if (this.pauses > 1 || this.ended) return;
    clearTimeout(this.timer);
    this.remainingMs -= performance.now() - this.startedAt;
  }

  private resume(): void {
    this.pauses -= 1;
    if (this.pauses === 0 && !this.ended) this.run();
  }

  private run(): void {
    this.startedAt = performance.now();
    this.timer = setTimeout(
      () => {
        this.ended = true;
        this.onElapsed();
      },
      Math.max(this.remainingMs, 1),
    );
  }
}
