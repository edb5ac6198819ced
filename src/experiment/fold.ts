import type {
  CpuUse,
  EventOf,
  Experiment,
  ExperimentEvent,
  FactsRecord,
  Measurement,
  QuietRecord,
  RebootRecord,
  Trial,
  TrialRecord,
  TrialStatus,
} from '../model/experiment';
import type { HostLoad, Load } from '../model/load';

interface OpenRecord {
  readonly trial: Trial;
  readonly attempt: number;
  readonly job: string;
  readonly startedAt: string;
  endedAt?: string;
  status: TrialStatus;
  reason?: string;
  measurements: readonly Measurement[];
  failed?: TrialRecord['failed'];
  exitCode?: number | null;
  signal?: string | null;
  durationMs?: number;
  cpu?: CpuUse;
  load?: Load;
  hostLoad?: HostLoad;
  stdout: string;
  stderr: string;
  missingBytes: number;
}

type Ended = NonNullable<Experiment['ended']>;

/** Why an event does not fit what happened before it, as the end of a sentence; undefined: it fits. */
type Misfit = string | undefined;

/** Takes the events of an experiment file in their order and makes the experiment of them. */
export class ExperimentFold {
  private readonly planned = new Map<string, Trial>();
  private readonly guests: ReadonlySet<string>;
  private readonly latest = new Map<string, OpenRecord>();
  private readonly records: OpenRecord[] = [];
  private readonly facts: FactsRecord[] = [];
  private readonly quiet: QuietRecord[] = [];
  private readonly reboots: RebootRecord[] = [];
  private readonly setAside: Experiment['setAside'][number][] = [];
  private readonly settled: NonNullable<Experiment['settled']>[number][] = [];
  private ended: Ended | undefined;

  constructor(private readonly first: EventOf<'experiment'>) {
    this.guests = new Set(first.plan.guests.map(({ name }) => name));
  }

  /** Checks the plan; to be called once, before any event. */
  start(): Misfit {
    const benchmarks = new Set(this.first.plan.benchmarks.map(({ id }) => id));
    for (const trial of this.first.plan.trials) {
      if (this.planned.has(trial.id)) return `plans the trial "${trial.id}" twice`;
      if (!this.guests.has(trial.guest))
        return `plans a trial for "${trial.guest}", which is not among its guests`;
      if (!benchmarks.has(trial.benchmark)) {
        return `plans a trial of "${trial.benchmark}", which is not among its benchmarks`;
      }
      this.planned.set(trial.id, trial);
    }
    return undefined;
  }

  add(event: ExperimentEvent): Misfit {
    switch (event.type) {
      case 'experiment':
        return 'begins an experiment again: two files were joined';
      case 'facts':
        if (!this.guests.has(event.guest))
          return `has facts of "${event.guest}", which is not among the guests`;
        this.facts.push({ guest: event.guest, when: event.when, at: event.at, facts: event.facts });
        return undefined;
      case 'quiet': {
        const { at, guest, when, round, state, waitedMs, because, seen } = event;
        if (!this.guests.has(guest)) return `looks at "${guest}", which is not among the guests`;
        const record = { at, guest, when, round, state, waitedMs, because };
        this.quiet.push(seen === undefined ? record : { ...record, seen });
        return undefined;
      }
      case 'reboot':
        return this.addReboot(event);
      case 'trial-started':
        return this.startTrial(event);
      case 'output':
        return this.addOutput(event);
      case 'trial-finished':
      case 'trial-failed':
        return this.endTrial(event);
      case 'set-aside': {
        const { guest, benchmark, reason } = event;
        this.setAside.push({ guest, benchmark, reason });
        return undefined;
      }
      case 'settled': {
        const { benchmark, round, reason } = event;
        this.settled.push({ benchmark, round, reason });
        return undefined;
      }
      case 'paused':
        return undefined;
      case 'resumed':
        this.ended = undefined;
        this.forgetOpenOutput();
        return undefined;
      case 'ended': {
        const { at, reason, message } = event;
        this.ended = { at, reason, ...(message === undefined ? {} : { message }) };
        return undefined;
      }
    }
  }

  experiment(): Experiment {
    const { format, guestbench, id, label, seed, at, plan, lab, notes, imported, copied } = this.first;
    return {
      format,
      guestbench,
      id,
      label,
      seed,
      startedAt: at,
      plan,
      lab,
      notes: notes ?? [],
      ...(imported === undefined ? {} : { imported }),
      ...(copied === undefined ? {} : { copied }),
      facts: this.facts,
      quiet: this.quiet,
      reboots: this.reboots,
      trials: this.records satisfies readonly TrialRecord[],
      setAside: this.setAside,
      settled: this.settled,
      ...(this.ended === undefined ? {} : { ended: this.ended }),
    };
  }

  /** An end belongs to the reboot that was begun last; one begun again (after an interruption) goes on. */
  private addReboot({ guest, round, phase, at, bootId, durationMs, reason }: EventOf<'reboot'>): Misfit {
    if (!this.guests.has(guest)) return `reboots "${guest}", which is not among the guests`;
    const index = this.reboots.findLastIndex((one) => one.guest === guest && one.round === round);
    const open = this.reboots[index];
    if (phase === 'begun') {
      const before = bootId === undefined ? {} : { bootIdBefore: bootId };
      if (open?.state !== 'begun')
        this.reboots.push({ guest, round, startedAt: at, state: phase, ...before });
      return undefined;
    }
    if (open?.state !== 'begun') return `ends a reboot of "${guest}" that was never begun`;
    this.reboots[index] = {
      ...open,
      endedAt: at,
      state: phase,
      ...(bootId === undefined ? {} : { bootIdAfter: bootId }),
      ...(durationMs === undefined ? {} : { durationMs }),
      ...(reason === undefined ? {} : { reason }),
    };
    return undefined;
  }

  private startTrial({ trial: id, attempt, job, at }: EventOf<'trial-started'>): Misfit {
    const trial = this.planned.get(id);
    if (trial === undefined) return `starts the trial "${id}", which is not planned`;
    const before = this.latest.get(id);
    if (before !== undefined && attempt <= before.attempt) {
      return `starts attempt ${attempt} of the trial "${id}" after attempt ${before.attempt}`;
    }
    if (before?.status === 'running') {
      before.status = 'lost';
      before.reason = 'It was started again before an end was recorded.';
    }
    const record: OpenRecord = {
      trial,
      attempt,
      job,
      startedAt: at,
      status: 'running',
      measurements: [],
      stdout: '',
      stderr: '',
      missingBytes: 0,
    };
    this.latest.set(id, record);
    this.records.push(record);
    this.ended = undefined;
    return undefined;
  }

  private addOutput({ trial, stream, text, missingBytes = 0 }: EventOf<'output'>): Misfit {
    const record = this.latest.get(trial);
    if (record === undefined) return this.unknown('has output of', trial);
    // What stood on either side of the gap must not be read as one line.
    if (missingBytes > 0 && record[stream] !== '' && !record[stream].endsWith('\n')) record[stream] += '\n';
    record[stream] += text;
    record.missingBytes += missingBytes;
    return undefined;
  }

  /** What a trial wrote is recorded at its end. Where that was cut short, it is recorded once more as a whole. */
  private forgetOpenOutput(): void {
    for (const record of this.latest.values()) {
      if (record.status !== 'running') continue;
      record.stdout = '';
      record.stderr = '';
      record.missingBytes = 0;
    }
  }

  private endTrial(event: EventOf<'trial-finished'> | EventOf<'trial-failed'>): Misfit {
    const record = this.latest.get(event.trial);
    if (record === undefined) return this.unknown('ends', event.trial);
    if (record.status !== 'running') return `ends the trial "${event.trial}" a second time`;
    record.endedAt = event.at;
    record.exitCode = event.exitCode;
    if (event.durationMs !== undefined) record.durationMs = event.durationMs;
    if (event.cpu !== undefined) record.cpu = event.cpu;
    if (event.load !== undefined) record.load = event.load;
    if (event.hostLoad !== undefined) record.hostLoad = event.hostLoad;
    if (event.type === 'trial-finished') {
      record.status = 'ok';
      record.measurements = event.measurements;
      if (event.failed !== undefined) record.failed = event.failed;
    } else {
      record.status = event.outcome;
      record.reason = event.reason;
      record.signal = event.signal;
    }
    return undefined;
  }

  private unknown(does: string, id: string): string {
    return `${does} the trial "${id}", which ${this.planned.has(id) ? 'was never started' : 'is not planned'}`;
  }
}
