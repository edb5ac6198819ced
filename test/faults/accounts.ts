import { existsSync, readFileSync } from 'node:fs';
import { readExperiment } from '../../src/experiment/readExperiment';
import type { TrialRecord } from '../../src/model/experiment';
import { asText, sha256, type KnownOutput } from './benchmarks';

/** Jobs whose fate is the doing of a fault that nothing can undo. */
export interface Excuses {
  /** Their records were cut off the experiment file: they may be run again. */
  readonly truncated: Set<string>;
  /** Only their beginnings were cut off. They are taken up again, unless the experiment is stopped before their turn. */
  readonly unbegun: Set<string>;
  /** They were killed with all of ours on their guest. */
  readonly rebooted: Set<string>;
  /** They were on guests out of reach that a person did not wait for when the experiment was to stop. */
  readonly givenUp: Set<string>;
}

/** One experiment: what the guests did against what its file says. */
export interface Account {
  /** Runs that the guests finished; of those, those in the file. */
  finished: number;
  measured: number;
  /** Finished, but their records were cut off by us, they could not write their end, or nobody waited for it. */
  truncated: number;
  rebooted: number;
  givenUp: number;
  lost: number;
  doubled: number;
  /** Measurements whose output is not what the guest wrote, byte for byte. */
  damaged: number;
  readonly complaints: string[];
}

export const emptyAccount = (): Account => ({
  finished: 0,
  measured: 0,
  truncated: 0,
  rebooted: 0,
  givenUp: 0,
  lost: 0,
  doubled: 0,
  damaged: 0,
  complaints: [],
});

export function addTo(sum: Account, part: Account): void {
  const { complaints, ...counts } = part;
  for (const key of Object.keys(counts) as (keyof typeof counts)[]) sum[key] += counts[key];
  sum.complaints.push(...complaints);
}

interface Note {
  readonly what: 'start' | 'finish' | 'overlap';
  readonly job: string;
  readonly value: number;
}

function notesOf(truthFiles: readonly string[], id: string): readonly Note[] {
  return truthFiles
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
    .flatMap((line) => {
      const [, what, job, value] = /^(start|finish|overlap) \[(\S+)\] (\d+)$/.exec(line) ?? [];
      if ((what !== 'start' && what !== 'finish' && what !== 'overlap') || !job?.startsWith(`${id}.`))
        return [];
      return { what, job, value: Number(value) };
    });
}

export function recordsOf(text: string): readonly TrialRecord[] {
  const read = readExperiment(text);
  if (read.status === 'error') throw new Error(read.error);
  return read.experiment.trials;
}

/** Jobs of records that are in `before` and not as they were in `after`; a later attempt goes with its beginning. */
export function cutJobs(before: readonly TrialRecord[], after: readonly TrialRecord[]): readonly string[] {
  const left = new Map(after.map((record) => [record.job, record.status]));
  return before.flatMap(({ job, status, attempt }) => {
    const now = left.get(job);
    const isOfEnd = status !== 'running' && now !== status;
    const isOfBeginning = now === undefined && attempt > 1;
    return job !== undefined && (isOfEnd || isOfBeginning) ? [job] : [];
  });
}

/** Jobs that ran and that `after` knows nothing of any more. */
export function unbegunJobs(
  before: readonly TrialRecord[],
  after: readonly TrialRecord[],
): readonly string[] {
  const left = new Set(after.map(({ job }) => job));
  return before.flatMap(({ job, status, attempt }) =>
    job !== undefined && status === 'running' && attempt === 1 && !left.has(job) ? [job] : [],
  );
}

export function account(
  file: string,
  id: string,
  truthFiles: readonly string[],
  excuses: Excuses,
  known: ReadonlyMap<string, KnownOutput>,
): Account {
  const sum = emptyAccount();
  const notes = notesOf(truthFiles, id);
  const all = recordsOf(readFileSync(file, 'utf8'));
  const begun = new Set(all.map(({ job }) => job));
  const records = all.filter(({ status }) => status === 'ok');
  const valueOf = new Map(records.map((record) => [record.job, record.measurements[0]?.value]));
  const trialOf = (job: string): string => job.split('.').slice(0, 2).join('.');
  const finishedTrials = new Map<string, number>();
  for (const { job, value } of notes.filter(({ what }) => what === 'finish')) {
    sum.finished += 1;
    const isExcused = excuses.truncated.has(job) || excuses.rebooted.has(job);
    if (!isExcused) finishedTrials.set(trialOf(job), (finishedTrials.get(trialOf(job)) ?? 0) + 1);
    if (valueOf.get(job) === value) sum.measured += 1;
    else if (excuses.truncated.has(job)) sum.truncated += 1;
    else if (excuses.unbegun.has(job) && !begun.has(job)) sum.truncated += 1;
    else if (excuses.rebooted.has(job)) sum.rebooted += 1;
    else if (excuses.givenUp.has(job)) sum.givenUp += 1;
    else {
      sum.lost += 1;
      sum.complaints.push(`lost: ${job} finished with ${value}, the file has ${String(valueOf.get(job))}`);
    }
  }
  for (const { job } of notes.filter(({ what }) => what === 'overlap'))
    sum.complaints.push(`overlap: ${job} began while another trial ran on its guest`);
  const starts = new Map<string, number>();
  for (const { job } of notes.filter(({ what }) => what === 'start'))
    starts.set(job, (starts.get(job) ?? 0) + 1);
  for (const [job, times] of starts) {
    if (times === 1 || excuses.truncated.has(job)) continue;
    sum.doubled += 1;
    sum.complaints.push(`doubled: ${job} was started ${times} times`);
  }
  for (const [trial, times] of finishedTrials) {
    if (times === 1) continue;
    sum.doubled += 1;
    sum.complaints.push(`doubled: ${trial} was finished ${times} times`);
  }
  for (const record of records) {
    const value = record.measurements[0]?.value ?? -1;
    if (!notes.some((note) => note.what === 'finish' && note.job === record.job && note.value === value)) {
      sum.doubled += 1;
      sum.complaints.push(`invented: ${String(record.job)} with ${value}`);
    }
    const fault = damageOf(file, record, value, known.get(record.trial.benchmark));
    if (fault === undefined) continue;
    sum.damaged += 1;
    sum.complaints.push(`damaged: ${String(record.job)}: ${fault}`);
  }
  return sum;
}

/** How a record differs from what the guest wrote; undefined: not at all. */
function damageOf(
  file: string,
  record: TrialRecord,
  value: number,
  known: KnownOutput | undefined,
): string | undefined {
  if (!known) return 'unknown benchmark';
  const stdout = Buffer.concat([known.stdout, Buffer.from(`\nvalue ${value}\n`)]);
  if (record.stderr !== asText(known.stderr)) return 'standard error';
  if (record.missingBytes === 0) return record.stdout === asText(stdout) ? undefined : 'standard output';
  const whole = `${file}.${wholeName(record)}.stdout.txt`;
  if (!existsSync(whole)) return `${whole} is missing`;
  const bytes = readFileSync(whole);
  if (sha256(bytes) !== sha256(stdout)) return `${whole}: ${bytes.length} bytes of ${stdout.length}`;
  return undefined;
}

function wholeName({ trial, attempt }: TrialRecord): string {
  return attempt === 1 ? trial.id : `${trial.id}.${attempt}`;
}
