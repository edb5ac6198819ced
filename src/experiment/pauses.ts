import type { Plan, Trial } from '../model/experiment';

/** Until a guest is up and quiet again, before one was seen to. */
export const roughRebootSeconds = 60;

/** How long reboots between rounds hold an experiment up; looking whether guests are quiet is no time worth telling. */
export class Pauses {
  private readonly seen: number[] = [];
  private readonly begun = new Set<number>();

  constructor(private readonly plan: Pick<Plan, 'guests' | 'reboot'>) {}

  /** A round begins: the pause before it is not to come any more. */
  begin(round: number): void {
    this.begun.add(round);
  }

  /** Notes how long the guests of a lane took to be ready for a round. */
  add(seconds: number): void {
    this.seen.push(seconds);
  }

  /** Seconds of the pauses that are still to come where these trials are left. */
  secondsFor(left: readonly Trial[]): number {
    if (this.plan.reboot !== 'each-round') return 0;
    const rounds = new Set(
      left.flatMap(({ round, warmup }) => (warmup || this.begun.has(round) ? [] : [round])),
    );
    const sum = this.seen.reduce((total, seconds) => total + seconds, 0);
    const each = this.seen.length > 0 ? sum / this.seen.length : roughRebootSeconds * this.plan.guests.length;
    return rounds.size * each;
  }
}
