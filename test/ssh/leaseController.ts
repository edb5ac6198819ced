/** The controller of one experiment as a process of its own, so that it can be killed: argv[2] is its order. */
import { createInterface } from 'node:readline';
import type { LeaseTimes, Wait } from '../../src/experiment/leases';
import { LeftLeases } from '../../src/experiment/leftLeases';
import { planRounds } from '../../src/experiment/plan';
import { ExperimentRunner } from '../../src/experiment/runner';
import { ConnectionPool } from '../../src/ssh/pool';
import type { Target } from '../../src/ssh/transport';
import { counter } from './counting';
import { hostKeysOf, person } from './people';

export interface LeaseOrder {
  readonly target: Omit<Target, 'agent'>;
  readonly storeFile: string;
  readonly knownHostsFile: string;
  readonly file: string;
  /** On the guest: each start of a trial is noted in it. */
  readonly log: string;
  readonly id: string;
  readonly label: string;
  readonly tenths: number;
  readonly rounds: number;
  readonly times: LeaseTimes;
  /** Where experiments of one computer remember what they could not give back. */
  readonly leftLeases?: string;
}

export type LeaseEvent =
  | { readonly type: 'start' }
  | { readonly type: 'output' }
  | { readonly type: 'free' }
  | { readonly type: 'away' }
  | { readonly type: 'wait'; readonly wait: Wait }
  | { readonly type: 'end'; readonly outcome: string }
  | { readonly type: 'notice'; readonly text: string }
  | { readonly type: 'error'; readonly text: string }
  | { readonly type: 'summary'; readonly reason: string; readonly ok: number };

const order = JSON.parse(process.argv[2] ?? '') as LeaseOrder;

const tell = (event: LeaseEvent): void => void process.stdout.write(`${JSON.stringify(event)}\n`);

const pool = new ConnectionPool({ hostKeys: hostKeysOf(order.storeFile, order.knownHostsFile) });
const guests = [{ name: 'guest', host: 'h' }];
const refs = [{ id: 'counter', parameters: { tenths: order.tenths } }];
const runner = new ExperimentRunner({
  file: order.file,
  id: order.id,
  label: order.label,
  version: '0.0.0',
  seed: 1,
  plan: {
    guests,
    benchmarks: refs,
    rounds: order.rounds,
    trials: planRounds(1, guests, refs, order.rounds),
    statistics: { plan: 'anystop', alpha: 0.05, margin: 0.02, maxBlocks: 20 },
  },
  lab: { hosts: [], guests: [], suites: {}, benchmarks: [] },
  notes: [],
  catalogue: [counter(order.log)],
  connect: () => pool.get({ ...order.target, agent: undefined }, { prompter: person() }),
  leaseTimes: order.times,
  ...(order.leftLeases === undefined ? {} : { leftLeases: new LeftLeases(order.leftLeases) }),
  listener: {
    onTrialStart: () => tell({ type: 'start' }),
    onOutput: () => tell({ type: 'output' }),
    onTrialEnd: (_, { outcome }) => tell({ type: 'end', outcome }),
    onWait: (_, wait) => tell(wait ? { type: 'wait', wait } : { type: 'free' }),
    onReach: (_, reason) => {
      if (reason !== undefined) tell({ type: 'away' });
    },
    onNotice: (text) => tell({ type: 'notice', text }),
  },
});

// A line on standard input stops the experiment, or takes the guest over: then it is the job that may be ended.
createInterface({ input: process.stdin }).on('line', (job) => {
  if (job === '!stop') {
    runner.stop('after-trial');
    return;
  }
  if (job === '!give up') {
    runner.stop('now');
    runner.giveUp();
    return;
  }
  runner.takeOver('guest', job === '' ? undefined : job).catch((error: unknown) => {
    tell({ type: 'error', text: error instanceof Error ? error.message : String(error) });
  });
});

runner
  .run()
  .then(({ reason, ok }) => tell({ type: 'summary', reason, ok }))
  .catch((error: unknown) => tell({ type: 'error', text: String(error) }))
  .finally(() => {
    pool.dispose();
    process.stdin.destroy();
  });
