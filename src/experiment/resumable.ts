import type { Benchmark } from '../benchmarks/benchmark';
import type { BenchmarkRef, Experiment, Trial } from '../model/experiment';
import { UserError } from '../model/userError';
import { fillSources, requireSources, type ConfiguredSources } from './sources';

/** Jobs on guests are called `<id>.<trial>`, so an id has no dot. */
const experimentId = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$/;
/** Part of file names here and of words for shells on guests. */
const trialId = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;

/** The job of an attempt. Unique on its guest: each has a folder of its own there. */
export function jobIdOf(experiment: string, trial: Pick<Trial, 'id'>, attempt: number): string {
  return `${experiment}.${trial.id}${attempt === 1 ? '' : `.${attempt}`}`;
}

/**
 * Refuses to go on with what Guestbench does not write: names that would lead out of a folder, here or on a guest, and
 * jobs of other experiments, which would be collected and removed.
 * @throws UserError
 */
export function requireResumable({ id, plan, trials, imported, copied }: Experiment): void {
  if (copied === true)
    throw new UserError('This is a copy that was imported: only the experiment itself can be resumed.');
  if (imported !== undefined)
    throw new UserError('This experiment holds imported results: there is nothing to resume.');
  if (!experimentId.test(id)) throw unfit('its id', id);
  for (const trial of plan.trials) if (!trialId.test(trial.id)) throw unfit('the id of a trial', trial.id);
  for (const { trial, attempt, job } of trials) {
    if (!Number.isSafeInteger(attempt) || attempt < 1) throw unfit('the attempt of a trial', String(attempt));
    if (job !== undefined && job !== jobIdOf(id, trial, attempt)) throw unfit('the job of a trial', job);
  }
}

function unfit(what: string, value: string): UserError {
  return new UserError(
    `This experiment file was not written by Guestbench, and is not resumed: ${what} is ${JSON.stringify(value.slice(0, 80))}.`,
  );
}

/**
 * A recorded plan with the sources of this computer's setting in the place of paths that it names: Guestbench records
 * none, and a file does not choose what is uploaded from here.
 * @throws UserError when the setting has no source for it.
 */
export function withOwnPaths(
  refs: readonly BenchmarkRef[],
  benchmarks: readonly Benchmark[],
  configured: ConfiguredSources,
): readonly BenchmarkRef[] {
  return refs.map((ref) => {
    const entries = Object.entries(ref.parameters ?? {});
    const kept = entries.filter(([, value]) => !isLocalPath(value));
    if (kept.length === entries.length) return ref;
    const filled = fillSources([{ ...ref, parameters: Object.fromEntries(kept) }], benchmarks, configured);
    requireSources(filled, benchmarks);
    return filled[0] ?? ref;
  });
}

const isLocalPath = (value: unknown): boolean => typeof value === 'string' && value.startsWith('local:');
