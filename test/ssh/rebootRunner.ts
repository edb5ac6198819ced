import { planRounds } from '../../src/experiment/plan';
import { ExperimentRunner, type RunnerListener } from '../../src/experiment/runner';
import type { Plan } from '../../src/model/experiment';
import { connect } from '../../src/ssh/connection';
import type { Connection, Target } from '../../src/ssh/transport';
import { counting } from './counting';
import { hostKeysOf, person } from './people';

/** Says nothing but that it ran, and notes each of its starts in a file. */
const brief = (log: string) => counting('brief', () => `echo "$GB_RUN" >>'${log}'; echo 'count 7'\n`);

/** What a controller is to run; plain data, so that another process can be told. */
export interface RebootOrder {
  readonly file: string;
  /** Where each start of the benchmark is noted. */
  readonly log: string;
  readonly rounds: number;
  readonly wishes: Partial<Plan>;
  readonly guests: readonly { readonly name: string; readonly target: Target; readonly knownHosts: string }[];
}

/** A runner with connections of its own; what it opened is closed by `close`. */
export function rebootRunner(
  { file, log, rounds, wishes, guests }: RebootOrder,
  listener: RunnerListener = {},
): { readonly runner: ExperimentRunner; readonly close: () => void } {
  const refs = guests.map(({ name }) => ({ name, host: 'h' }));
  const benchmarks = [{ id: 'brief' }];
  const open = new Map<string, Connection>();
  const runner = new ExperimentRunner({
    file,
    id: 'boots',
    label: 'reboots',
    version: '0.0.0',
    seed: 1,
    plan: {
      guests: refs,
      benchmarks,
      rounds,
      trials: planRounds(1, refs, benchmarks, rounds),
      statistics: { plan: 'anystop', alpha: 0.05, margin: 0.02, maxBlocks: 20 },
      ...wishes,
    },
    lab: { hosts: [], guests: [], suites: {}, benchmarks: [] },
    notes: [],
    catalogue: [brief(log)],
    connect: async (name, signal, how) => {
      const guest = guests.find((one) => one.name === name);
      if (!guest) throw new Error(`There is no ${name}.`);
      const known = open.get(name);
      if (known?.isOpen === true && how !== 'booting') return known;
      known?.close();
      const hostKeys = hostKeysOf(`${file}.keys`, guest.knownHosts);
      const made = await connect(guest.target, {
        prompter: person(),
        hostKeys,
        ...(signal ? { signal } : {}),
      });
      open.set(name, made);
      return made;
    },
    listener,
  });
  return {
    runner,
    close: () => {
      for (const connection of open.values()) connection.close();
    },
  };
}
