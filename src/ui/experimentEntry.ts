import * as path from 'node:path';
import { lockHolder } from '../experiment/fileLock';
import type { Progress } from '../experiment/runner';
import type { ExperimentRead, Plan } from '../model/experiment';

export type ExperimentState =
  'running' | 'completed' | 'stopped' | 'failed' | 'interrupted' | 'elsewhere' | 'unreadable';

/** An experiment file as the tree shows it. */
export interface ExperimentEntry {
  readonly file: string;
  readonly label: string;
  readonly state: ExperimentState;
  readonly startedAt: string | undefined;
  readonly guests: readonly string[];
  readonly benchmarks: readonly string[];
  /** Trials with a result, and planned in all. */
  readonly ok: number;
  readonly failed: number;
  readonly planned: number;
  readonly problem?: string;
}

/** A file without an end is run by another window, or by nobody any more. */
export function seen(entry: ExperimentEntry): ExperimentEntry {
  const isElsewhere = entry.state === 'interrupted' && lockHolder(entry.file) !== undefined;
  return isElsewhere ? { ...entry, state: 'elsewhere' } : entry;
}

/** What is known of an experiment that runs in this window. */
export interface RunningExperiment {
  readonly label: string;
  readonly startedAt: string;
  readonly plan: Plan;
  readonly progress: Progress;
}

/** From memory: a file that grows by the second is not read again for every row. */
export function runningEntry(
  file: string,
  { label, startedAt, plan, progress }: RunningExperiment,
): ExperimentEntry {
  const { ok, failed } = progress;
  return { file, label, state: 'running', startedAt, ...planned(plan), ok, failed };
}

function planned(plan: Plan): Pick<ExperimentEntry, 'guests' | 'benchmarks' | 'planned'> {
  return {
    guests: plan.guests.map((guest) => guest.name),
    benchmarks: plan.benchmarks.map((benchmark) => benchmark.id),
    planned: plan.trials.length,
  };
}

/** A file that cannot be read as an experiment. */
export function unreadableEntry(file: string, problem: string): ExperimentEntry {
  const label = path.basename(file, '.guestbench');
  const counts = { guests: [], benchmarks: [], ok: 0, failed: 0, planned: 0 };
  return { file, label, state: 'unreadable', startedAt: undefined, ...counts, problem };
}

/** What the tree shows of an experiment file. */
export function entryFrom(file: string, read: ExperimentRead): ExperimentEntry {
  if (read.status === 'error') return unreadableEntry(file, read.error);
  const { experiment } = read;
  return {
    file,
    label: experiment.label,
    state: experiment.ended?.reason ?? 'interrupted',
    startedAt: experiment.startedAt,
    ...planned(experiment.plan),
    ok: experiment.trials.filter((trial) => trial.status === 'ok').length,
    failed: experiment.trials.filter((trial) => trial.status === 'failed' || trial.status === 'lost').length,
  };
}
