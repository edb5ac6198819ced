import type { Experiment, Plan, Trial } from '../model/experiment';

/** A trial that failed is tried once more in its round. */
const maxFailures = 2;
/** A trial whose guest was rebooted or lost under it is tried again more often: that is not the benchmark's fault. */
const maxLosses = 3;
/** After so many failures in a row a benchmark is not tried again on that guest. */
export const failuresBeforeSetAside = 3;

interface Entry {
  attempts: number;
  failures: number;
  losses: number;
  isOk: boolean;
  /** The job of an attempt whose end is not recorded. */
  open: string | undefined;
}

export type Outcome = 'ok' | 'failed' | 'cancelled' | 'lost';

/** Keeps account of the planned trials: what was tried, what is still to be done, what is not tried any more. */
export class Ledger {
  private readonly entries = new Map<string, Entry>();
  private readonly failuresInARow = new Map<string, number>();
  private readonly setAside = new Set<string>();
  private readonly settled = new Set<string>();

  constructor(private readonly plan: Plan) {}

  /** The account of an experiment that goes on. */
  static of(experiment: Experiment): Ledger {
    const ledger = new Ledger(experiment.plan);
    for (const { guest, benchmark } of experiment.setAside) ledger.setAside.add(pairOf({ guest, benchmark }));
    for (const { benchmark } of experiment.settled ?? []) ledger.settled.add(benchmark);
    for (const record of experiment.trials) {
      ledger.begin(record.trial, record.job ?? '');
      if (record.status !== 'running') ledger.end(record.trial, record.status);
    }
    return ledger;
  }

  /** The planned trials still to be run, as far as is known now. */
  get left(): readonly Trial[] {
    return this.plan.trials.filter((trial) => this.isDue(trial));
  }

  get ok(): number {
    return this.count(({ isOk }) => isOk);
  }

  /** Trials without a figure that are not tried any more. */
  get failed(): number {
    return this.count((entry) => !entry.isOk && isGivenUp(entry));
  }

  isDue(trial: Trial): boolean {
    const entry = this.entries.get(trial.id);
    // Its job is on the guest, whatever was decided meanwhile.
    if (entry?.open !== undefined) return true;
    if (this.setAside.has(pairOf(trial)) || this.settled.has(trial.benchmark)) return false;
    return entry === undefined || (!entry.isOk && !isGivenUp(entry));
  }

  /** The job of this trial that was started and of which no end is known. */
  openJob(trial: Trial): string | undefined {
    return this.entries.get(trial.id)?.open;
  }

  /** Attempts so far. */
  attempts(trial: Trial): number {
    return this.entries.get(trial.id)?.attempts ?? 0;
  }

  begin(trial: Trial, job: string): void {
    const entry = this.entryOf(trial);
    entry.attempts += 1;
    entry.open = job;
  }

  /** Notes an end. True when the benchmark has now failed so often on that guest that it is set aside. */
  end(trial: Trial, outcome: Outcome): boolean {
    const entry = this.entryOf(trial);
    const pair = pairOf(trial);
    entry.open = undefined;
    if (outcome === 'ok') {
      entry.isOk = true;
      this.failuresInARow.delete(pair);
    }
    if (outcome === 'lost') entry.losses += 1;
    if (outcome !== 'failed') return false;
    entry.failures += 1;
    const inARow = (this.failuresInARow.get(pair) ?? 0) + 1;
    this.failuresInARow.set(pair, inARow);
    if (inARow < failuresBeforeSetAside || this.setAside.has(pair)) return false;
    this.setAside.add(pair);
    return true;
  }

  settle(benchmark: string): void {
    this.settled.add(benchmark);
  }

  /** Whether nothing of this block is still to be run. */
  isBlockOver({ benchmark, block }: Trial): boolean {
    return !this.plan.trials.some(
      (trial) => trial.benchmark === benchmark && trial.block === block && this.isDue(trial),
    );
  }

  private entryOf(trial: Trial): Entry {
    const known = this.entries.get(trial.id);
    if (known) return known;
    const entry: Entry = { attempts: 0, failures: 0, losses: 0, isOk: false, open: undefined };
    this.entries.set(trial.id, entry);
    return entry;
  }

  private count(matches: (entry: Entry) => boolean): number {
    return [...this.entries.values()].filter(matches).length;
  }
}

function isGivenUp({ failures, losses }: Entry): boolean {
  return failures >= maxFailures || losses >= maxLosses;
}

function pairOf({ guest, benchmark }: Pick<Trial, 'guest' | 'benchmark'>): string {
  return `${guest}\n${benchmark}`;
}
