import { describe, expect, it } from 'vitest';
import { experimentText } from '../../../src/experiment/experimentText';
import { readExperiment } from '../../../src/experiment/readExperiment';
import type { Experiment, TrialRecord } from '../../../src/model/experiment';
import { completed, experiment, pv, pvhvm, withLoad, workload } from '../report/experiments';

const made = experiment({ guests: [pv, pvhvm], workloads: [workload('openssl', 1931, 1.2, 0.01, 3)] });
const read = (e: Experiment) => {
  const found = readExperiment(experimentText(e));
  if (found.status === 'error') throw new Error(found.error);
  return found.experiment;
};
/** As a file has it: with the parts that reading adds. */
const whole: Experiment = {
  ...made,
  settled: [],
  quiet: [],
  reboots: [],
  trials: made.trials.map((record) => ({ ...record, job: 'job' })),
};

const without = (record: TrialRecord, names: readonly string[]) =>
  Object.fromEntries(
    Object.entries(record).filter(([name]) => !names.includes(name)),
  ) as unknown as TrialRecord;

describe('an experiment as the text of a file', () => {
  it('stays a copy that is never gone on with', () => {
    expect(read({ ...whole, copied: true })).toEqual({ ...whole, copied: true });
  });

  it('reads back equal: facts, figures, load, output, what was set aside and the end', () => {
    const e: Experiment = {
      ...withLoad(whole, {}),
      setAside: [{ guest: pv.name, benchmark: 'openssl', reason: 'missing' }],
      settled: [{ benchmark: 'openssl', round: 2, reason: 'decided' }],
      quiet: [
        {
          at: made.startedAt,
          guest: pv.name,
          when: 'start',
          round: 0,
          state: 'busy',
          waitedMs: 60_000,
          because: [{ kind: 'tasks', what: 'apt-get' }],
          seen: { cpuPercent: 12.5, iowaitPercent: 0, stealPercent: 1, load: [1, 0.5, 0.25] },
        },
      ],
      reboots: [
        {
          guest: pv.name,
          round: 1,
          startedAt: made.startedAt,
          endedAt: made.startedAt,
          state: 'done',
          bootIdBefore: 'a',
          bootIdAfter: 'b',
          durationMs: 21_000,
        },
        { guest: pvhvm.name, round: 1, startedAt: made.startedAt, state: 'begun' },
      ],
      ended: { ...completed, message: 'done' },
    };
    const [first, ...others] = e.trials;
    const loud = { ...first!, stdout: 'tail\u0007\n', stderr: 'warning', missingBytes: 17 };
    expect(read({ ...e, trials: [loud, ...others] })).toEqual({ ...e, trials: [loud, ...others] });
  });

  it('keeps failures, repeated attempts and a trial that runs', () => {
    const [first, second, third, ...others] = whole.trials;
    const begun = without(first!, ['endedAt', 'durationMs', 'cpu', 'exitCode']);
    const lost = {
      ...begun,
      measurements: [],
      status: 'lost' as const,
      reason: 'It was started again before an end was recorded.',
    };
    const failed = {
      ...second!,
      status: 'failed' as const,
      measurements: [],
      reason: 'killed',
      signal: 'SIGKILL',
    };
    const untimed = without(third!, ['durationMs']);
    const running = { ...begun, trial: others.at(-1)!.trial, measurements: [], status: 'running' as const };
    const trials = [lost, { ...first!, attempt: 2 }, failed, untimed, ...others.slice(0, -1), running];
    expect(read({ ...whole, trials })).toEqual({ ...whole, trials });
  });
});
