/** An experiment made of hostile texts. */
import type { Experiment } from '../../../src/model/experiment';
import { hostileTexts } from '../../hostileStrings';
import { experiment, facts } from './experiments';

const all = Object.values(hostileTexts);
const text = (index: number): string => all[index % all.length] ?? '';

/** Every text that can come from outside is one of these, each at least once. */
export function hostileExperiment(): Experiment {
  const guests = [0, 1].map((index) => ({
    name: `${text(index)}${text(index + 4)}${text(index + 6)}`,
    host: text(9),
    facts: facts(index === 0 ? 'PV' : 'PVHVM', {
      kernel: text(index),
      hostname: text(3),
      distribution: text(6),
      cpuModel: text(index + 7),
      rootDisk: text(8),
      mode: { mode: index === 0 ? 'PV' : 'PVHVM', confidence: 'certain', because: [text(1), text(4)] },
    }),
  }));
  const [baseline = '', candidate = ''] = guests.map(({ name }) => name);
  const made = experiment({
    label: all.join(' '),
    guests,
    workloads: all.map((benchmark, index) => ({
      benchmark,
      blocks: 5,
      metrics: [
        {
          id: text(index + 1),
          unit: text(index + 2).slice(0, 200),
          better: 'higher',
          values: { [baseline]: [1, 1.1, 1.05, 1.02, 'failed'], [candidate]: [2, 2.1, 2.05, 2.02, 2.2] },
        },
      ],
    })),
    notes: all,
    setAside: [{ guest: baseline, benchmark: text(0), reason: all.join(' ') }],
    ended: { at: '2026-11-22T23:00:00.000Z', reason: 'stopped', message: all.join(' ') },
  });
  const { plan } = made;
  return {
    ...made,
    plan: {
      ...plan,
      benchmarks: plan.benchmarks.map((ref, index) => ({
        ...ref,
        title: text(index),
        parameters: { x: text(index) },
      })),
    },
    trials: made.trials.map((trial, index) => ({
      ...trial,
      stdout: all.join('\n'),
      stderr: text(index),
      measurements: trial.measurements.map((one) => ({
        ...one,
        title: text(index),
        primary: index % 2 === 0,
      })),
      ...(trial.reason === undefined ? {} : { reason: text(index) }),
      ...(trial.status === 'ok' ? { failed: [{ test: text(index), error: text(index + 1) }] } : {}),
    })),
  };
}
