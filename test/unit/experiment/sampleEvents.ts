import { planRounds } from '../../../src/experiment/plan';
import {
  formatVersion,
  type EventOf,
  type ExperimentEvent,
  type Measurement,
} from '../../../src/model/experiment';

export const at = '2026-11-22T12:00:00+01:00';
const guests = [{ name: 'pv', host: 'lab1' }, { name: 'pvhvm' }];
const benchmarks = [{ id: 'openssl', parameters: { seconds: 3 } }, { id: 'fio' }];

export function experimentEvent(rounds = 3): EventOf<'experiment'> {
  return {
    at,
    type: 'experiment',
    format: formatVersion,
    guestbench: '0.1.0',
    id: 'e1',
    label: 'PV against PVHVM – Größe',
    seed: 7,
    plan: {
      guests,
      benchmarks,
      rounds,
      trials: planRounds(7, guests, benchmarks, rounds),
      statistics: { plan: 'anystop', alpha: 0.05, margin: 0.02, maxBlocks: 20 },
    },
    lab: { hosts: [], guests: [{ name: 'pv', address: '10.0.0.11' }], suites: {} },
  };
}

export const facts = (guest: string, when: 'start' | 'end'): EventOf<'facts'> => ({
  at,
  type: 'facts',
  guest,
  when,
  evidence: { '/proc/version': 'Linux' },
  facts: {
    mode: { mode: 'PV', confidence: 'certain', because: ['/sys/hypervisor/guest_type: PV'] },
    mitigations: {},
  },
});

export const started = (trial: string, attempt = 1): EventOf<'trial-started'> => ({
  at,
  type: 'trial-started',
  trial,
  attempt,
  job: `e1.${trial}`,
});

export const measurement = (value: number): Measurement => ({
  id: 'sign',
  value,
  unit: 'sign/s',
  better: 'higher',
});

export const finished = (trial: string, value = 1): EventOf<'trial-finished'> => ({
  at,
  type: 'trial-finished',
  trial,
  measurements: [measurement(value)],
  exitCode: 0,
  durationMs: 1200,
});

export const failed = (trial: string): EventOf<'trial-failed'> => ({
  at,
  type: 'trial-failed',
  trial,
  outcome: 'failed',
  reason: 'openssl is missing',
  exitCode: 127,
  signal: null,
  durationMs: 12,
});

export const output = (trial: string, text: string, missingBytes?: number): EventOf<'output'> => ({
  at,
  type: 'output',
  trial,
  stream: 'stdout',
  text,
  ...(missingBytes === undefined ? {} : { missingBytes }),
});

export const text = (...events: readonly (ExperimentEvent | string)[]): string =>
  events.map((event) => `${typeof event === 'string' ? event : JSON.stringify(event)}\n`).join('');

/** A whole experiment: facts, output in two alphabets, every planned trial done, one failed and repeated. */
export function sampleEvents(rounds = 3): ExperimentEvent[] {
  const first = experimentEvent(rounds);
  const [repeated, ...rest] = first.plan.trials.map(({ id }) => id);
  return [
    first,
    facts('pv', 'start'),
    facts('pvhvm', 'start'),
    ...(repeated === undefined
      ? []
      : [started(repeated), failed(repeated), started(repeated, 2), finished(repeated, 9)]),
    ...rest.flatMap((id, i) => [started(id), output(id, `sign ${i} → 1,5 µs 😀\n`), finished(id, i + 0.5)]),
    facts('pv', 'end'),
    { at, type: 'ended', reason: 'completed' },
  ];
}
