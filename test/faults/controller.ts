/** The controller's side of an experiment as a process of its own, so that it can be killed: argv[2] is its order. */
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { LeftLeases } from '../../src/experiment/leftLeases';
import { ExperimentRunner } from '../../src/experiment/runner';
import { planRounds } from '../../src/experiment/plan';
import { Jobs } from '../../src/ssh/jobs';
import { ConnectionPool } from '../../src/ssh/pool';
import type { Connection, Target } from '../../src/ssh/transport';
import { hostKeysOf, person } from '../ssh/people';
import { benchmarks } from './benchmarks';
import type { ControllerEvent, ControllerOrder, Order } from './protocol';

const order = JSON.parse(process.argv[2] ?? '') as ControllerOrder;

/** Makes all clocks of this process jump. */
let clockOffsetMs = order.clockOffsetMs;
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...time: unknown[]) {
    if (time.length === 0) super(RealDate.now() + clockOffsetMs);
    else super(...(time as [number]));
  }
  static override now(): number {
    return RealDate.now() + clockOffsetMs;
  }
} as DateConstructor;

let isToDieInWrite = false;

/** The next write to a file stops in its middle, and this process with it. */
async function armWrites(): Promise<void> {
  const handle = await open(process.execPath, 'r');
  const prototype = Object.getPrototypeOf(handle) as { write: (...given: unknown[]) => Promise<unknown> };
  await handle.close();
  const { write } = prototype;
  prototype.write = async function (this: unknown, ...given: unknown[]) {
    const [bytes, offset, length, position] = given;
    if (isToDieInWrite && typeof length === 'number') {
      await write.call(this, bytes, offset, Math.floor(length * Math.random()), position);
      process.kill(process.pid, 'SIGKILL');
    }
    return write.apply(this, given);
  };
}

function tell(event: ControllerEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

const pool = new ConnectionPool({
  hostKeys: hostKeysOf(order.storeFile, order.knownHostsFile),
  readyTimeoutMs: () => 10_000,
  keepAliveMs: 1_000,
});

const targets = new Map<string, Target>(
  order.guests.map(({ name, port, keyFile }) => [
    name,
    {
      name,
      address: '127.0.0.1',
      port,
      user: order.user,
      identityFiles: [keyFile],
      identitiesOnly: true,
      agent: undefined,
      jumps: [],
    },
  ]),
);

function connect(guest: string, signal?: AbortSignal): Promise<Connection> {
  const target = targets.get(guest);
  if (!target) throw new Error(`There is no ${guest}.`);
  return pool.get(target, { prompter: person(), ...(signal ? { signal } : {}) });
}

function runnerFor({ file, id, seed, rounds }: ControllerOrder): ExperimentRunner {
  const guests = order.guests.map(({ name }) => ({ name, host: `host-${name}` }));
  const refs = benchmarks.map((benchmark) => ({ id: benchmark.id, parameters: {} }));
  return new ExperimentRunner({
    file,
    id,
    label: 'faults',
    version: '0.0.0',
    seed,
    plan: {
      guests,
      benchmarks: refs,
      rounds,
      trials: planRounds(seed, guests, refs, rounds),
      statistics: { plan: 'anystop', alpha: 0.05, margin: 0.02, maxBlocks: 20 },
    },
    lab: { hosts: [], guests: [], suites: {}, benchmarks: [] },
    notes: [],
    catalogue: benchmarks,
    connect,
    leftLeases: new LeftLeases(order.leftLeases),
    leaseTimes: order.leaseTimes,
    listener: {
      onTrialStart: ({ id: trial }) => tell({ type: 'start', trial }),
      onOutput: ({ id: trial }) => tell({ type: 'output', trial }),
      onTrialEnd: ({ id: trial }, { outcome, reason }) => tell({ type: 'end', trial, outcome, reason }),
      onWait: (guest, wait) => {
        if (wait) tell({ type: 'wait', guest, holder: wait.holder?.id, job: wait.job });
      },
      onNotice: (text) => tell({ type: 'notice', text }),
    },
  });
}

function obey(runner: ExperimentRunner | undefined, line: string): void {
  const told = JSON.parse(line) as Order;
  if (told.type === 'clock') clockOffsetMs += told.jumpMs;
  else if (told.type === 'die-in-write') isToDieInWrite = true;
  else if (told.type === 'stop') runner?.stop('after-trial');
  else if (told.type === 'give-up') runner?.giveUp();
  else runner?.leave();
}

async function main(): Promise<void> {
  await armWrites();
  if (order.mode === 'clean') {
    for (const { name } of order.guests) await new Jobs(() => connect(name)).cleanUp('anybodys');
    tell({ type: 'summary', reason: 'completed', ok: 0 });
    return;
  }
  const runner = runnerFor(order);
  createInterface({ input: process.stdin }).on('line', (line) => obey(runner, line));
  const { reason, ok } = await (order.mode === 'run' ? runner.run() : runner.resume());
  tell({ type: 'summary', reason, ok });
}

main()
  .catch((error: unknown) => {
    tell({ type: 'error', message: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
  })
  .finally(() => {
    pool.dispose();
    process.stdin.destroy();
  });
