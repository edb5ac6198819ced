/** The controller of one experiment as a process of its own, so that it can be killed: argv[2] is its order. */
import { createInterface } from 'node:readline';
import { defineBenchmark } from '../../src/benchmarks/define';
import { parameterObject, wholeNumber } from '../../src/benchmarks/parameters';
import type { LeaseTimes, Wait } from '../../src/experiment/leases';
import { LeftLeases } from '../../src/experiment/leftLeases';
import { planRounds } from '../../src/experiment/plan';
import { ExperimentRunner } from '../../src/experiment/runner';
import { ConnectionPool } from '../../src/ssh/pool';
import type { Target } from '../../src/ssh/transport';
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

const counter = defineBenchmark({
  id: 'counter',
  title: 'Counter',
  description: 'Counts.',
  kind: 'cpu',
  metrics: [{ id: 'counter.n', title: 'Count', unit: '1', better: 'higher', primary: true }],
  parameters: parameterObject({ tenths: wholeNumber(1, 1000, 3) }),
  presets: { quick: {}, standard: {}, thorough: {} },
  estimateSeconds: () => 1,
  timeoutSeconds: () => 60,
  scripts: {
    check: () => 'exit 0\n',
    install: () => 'exit 0\n',
    cleanup: () => 'exit 0\n',
    run: ({ tenths }) =>
      [
        `echo "$GB_RUN" >>'${order.log}'`,
        'n=0',
        `while [ $n -lt ${tenths} ]; do n=$((n + 1)); echo "line $n"; sleep 0.1; done`,
        'echo "count $n"',
      ].join('\n'),
  },
  parse: ({ stdout, exitCode, cancelled }) => {
    if (cancelled) return { outcome: 'cancelled', metrics: [] };
    const figure = /^count (\d+)$/m.exec(stdout)?.[1];
    return exitCode !== 0 || figure === undefined
      ? { outcome: 'failed', metrics: [], reason: 'no count' }
      : {
          outcome: 'ok',
          metrics: [{ id: 'counter.n', value: Number(figure), unit: '1', better: 'higher' }],
        };
  },
});

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
  catalogue: [counter],
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
