import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, truncateSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../src/statistics/seed';
import type { LeaseTimes } from '../../src/experiment/leases';
import { cutJobs, recordsOf, unbegunJobs } from './accounts';
import type { ControllerProcess } from './controllerProcess';
import { fill, type Guest } from './guest';
import type { Lab } from './lab';

export interface Kind {
  readonly name: string;
  /** How often it is chosen, against the others. */
  readonly weight: number;
  /** False: this machine, or this moment, does not allow it. */
  isPossible?(lab: Lab): boolean;
  /** Does it and repairs it; the lab then goes on. False: it could not be done now. */
  inject(lab: Lab, guest: Guest, random: Random): Promise<boolean>;
}

const second = 1000;
const between = (random: Random, from: number, to: number): number => from + random.below(to - from + 1);

/** Whether the experiment has a file by now. */
const hasFile = (lab: Lab): boolean => existsSync(lab.experiment.file);

const hasStarted = (guest: Guest, id: string): boolean =>
  readFileSync(guest.truthFile, 'utf8').includes(`start [${id}.`);

const connected = async (guest: Guest): Promise<boolean> => {
  for (let tries = 0; tries < 50 && guest.connectionPids.length === 0; tries += 1) await sleep(100);
  return guest.connectionPids.length > 0;
};

/** Kills the controller; a fault that only makes sense while none runs is then done, and it is resumed. */
async function whileKilled(lab: Lab, body: () => Promise<void> | void): Promise<void> {
  await lab.controller.kill();
  await body();
  if (lab.controller.end?.how === 'killed') lab.resume();
}

/** Cuts off at most 64 KiB, never the beginning of the experiment. */
function truncate(lab: Lab, random: Random): number {
  const { file } = lab.experiment;
  const whole = readFileSync(file);
  const head = whole.indexOf(0x0a) + 1;
  const size = whole.length;
  const cut = Math.min(size - head, 64 * 1024);
  if (head === 0 || cut <= 0) return 0;
  const bytes = between(random, 1, cut);
  const before = recordsOf(whole.toString('utf8'));
  truncateSync(file, size - bytes);
  const after = recordsOf(readFileSync(file, 'utf8'));
  for (const job of cutJobs(before, after)) lab.excuses.truncated.add(job);
  for (const job of unbegunJobs(before, after)) lab.excuses.unbegun.add(job);
  return bytes;
}

/** Another experiment, on this guest only. */
function startRival(
  lab: Lab,
  guest: Guest,
  leaseTimes: LeaseTimes,
): { readonly id: string; readonly file: string; readonly rival: ControllerProcess } {
  const id = lab.nextRival();
  const file = join(lab.experiment.folder, `${id}.guestbench`);
  const order = lab.orderFor({ id, file, clockOffsetMs: 0 });
  const guests = order.guests.filter(({ name }) => name === guest.name);
  return { id, file, rival: lab.start({ ...order, guests, leaseTimes, mode: 'run', rounds: 0 }) };
}

/** Its end with a summary, after which its file is looked at; anything else is a complaint. */
async function rivalEnd(
  lab: Lab,
  { id, file, rival }: ReturnType<typeof startRival>,
  limitMs: number,
): Promise<string | undefined> {
  const end = await Promise.race([rival.ended, sleep(limitMs, undefined, { ref: false })]);
  if (end?.how === 'summary') {
    lab.audit(file, id);
    return end.reason;
  }
  lab.complain(`the second controller did not come to its end: ${JSON.stringify(end)}`);
  await rival.kill();
  return undefined;
}

/** Protects the experiment file and its folder against every write, as root would have to. */
function protect(lab: Lab): () => void {
  const { file, folder } = lab.experiment;
  execFileSync('chattr', ['+i', file, folder]);
  return () => execFileSync('chattr', ['-i', folder, file]);
}

/** A write that cannot be done ends the controller; if it has nothing to write yet, it is repaired all the same. */
async function untilEnded(lab: Lab, limitMs: number): Promise<void> {
  await Promise.race([lab.controller.ended, sleep(limitMs, undefined, { ref: false })]);
}

export const kinds: readonly Kind[] = [
  {
    name: 'sshd child killed',
    weight: 10,
    inject: async (_, guest) => {
      if (!(await connected(guest))) return false;
      guest.signalConnections('SIGKILL');
      return true;
    },
  },
  {
    name: 'sshd child killed in the middle of output',
    weight: 8,
    inject: async (lab, guest) => {
      if ((await lab.controller.next(['output'], 5 * second)) === undefined) return false;
      guest.signalConnections('SIGKILL');
      return true;
    },
  },
  {
    name: 'server stopped and started',
    weight: 5,
    inject: async (_, guest, random) => {
      await guest.stopServer();
      await sleep(between(random, 100, 3000));
      await guest.startServer();
      return true;
    },
  },
  {
    name: 'sshd child frozen, then continued',
    weight: 5,
    inject: async (_, guest, random) => {
      if (!(await connected(guest))) return false;
      const pids = guest.connectionPids;
      guest.signalConnections('SIGSTOP', pids);
      await sleep(between(random, 100, 4000));
      guest.signalConnections('SIGCONT', pids);
      return true;
    },
  },
  {
    name: 'sshd child frozen, then killed',
    weight: 4,
    inject: async (_, guest, random) => {
      if (!(await connected(guest))) return false;
      const pids = guest.connectionPids;
      guest.signalConnections('SIGSTOP', pids);
      await sleep(between(random, 100, 3000));
      guest.signalConnections('SIGKILL', pids);
      return true;
    },
  },
  {
    name: 'connection cut',
    weight: 10,
    inject: (_, guest) => {
      guest.network.cut();
      return Promise.resolve(true);
    },
  },
  {
    name: 'all packets dropped for a while',
    weight: 5,
    inject: async (_, guest, random) => {
      const release = guest.network.hold();
      await sleep(between(random, 100, 4000));
      release();
      return true;
    },
  },
  {
    name: 'connection dead without a word',
    weight: 4,
    inject: async (_, guest) => {
      if (guest.network.connections === 0) return false;
      guest.network.abandon();
      return sleep(500, true);
    },
  },
  {
    name: 'network slow',
    weight: 4,
    inject: async (_, guest, random) => {
      guest.network.delayMs = between(random, 20, 300);
      await sleep(between(random, 500, 3000));
      guest.network.delayMs = 0;
      return true;
    },
  },
  {
    name: 'controller killed',
    weight: 10,
    inject: async (lab, _, random) => {
      await whileKilled(lab, () => sleep(random.below(2) === 0 ? 0 : between(random, 100, 2500)));
      return true;
    },
  },
  {
    name: 'controller killed as the file changes',
    weight: 8,
    isPossible: hasFile,
    inject: async (lab) => {
      const watcher = watch(lab.experiment.file);
      const changed = new Promise((resolve) => watcher.once('change', () => resolve(true)));
      await Promise.race([changed, sleep(5 * second, undefined, { ref: false })]);
      await whileKilled(lab, () => watcher.close());
      return true;
    },
  },
  {
    name: 'controller killed in the middle of a write',
    weight: 8,
    isPossible: hasFile,
    inject: async (lab) => {
      const { controller } = lab;
      controller.send({ type: 'die-in-write' });
      await Promise.race([controller.ended, sleep(20 * second, undefined, { ref: false })]);
      if (controller.end?.how !== 'killed') return false;
      lab.resume();
      return true;
    },
  },
  {
    name: 'controller leaves (window reload)',
    weight: 4,
    inject: async (lab) => {
      lab.controller.send({ type: 'leave' });
      await untilEnded(lab, 20 * second);
      return true;
    },
  },
  {
    name: 'second controller at the same file',
    weight: 4,
    isPossible: hasFile,
    inject: async (lab) => {
      if ((await lab.controller.next(['output', 'end'], 10 * second)) === undefined) return false;
      const second_ = lab.start(lab.orderFor(lab.experiment));
      const end = await second_.ended;
      const isRefused = end.how === 'error' && /run by another window/.test(end.message);
      if (!isRefused && lab.controller.end === undefined)
        lab.complain(`not refused: a second controller at the same file: ${JSON.stringify(end)}`);
      return true;
    },
  },
  {
    name: 'second controller at a guest in use',
    weight: 2,
    inject: async (lab, guest, random) => {
      const { controller: first, experiment } = lab;
      if (guest.keptFor !== experiment.id) return false;
      const waiting = startRival(lab, guest, { busyWaitMs: 200 });
      const { id, rival } = waiting;
      const seen = await rival.next(['wait', 'output', 'end'], 60 * second);
      await sleep(between(random, 0, 3000));
      rival.send({ type: 'stop' });
      const reason = await rivalEnd(lab, waiting, 30 * second);
      // It may well have had its turn if the first experiment just came to its end.
      await Promise.race([first.ended, sleep(hasStarted(guest, id) ? 10 * second : 0)]);
      if (first.end?.how === 'summary') return true;
      if (seen?.type !== 'wait' || seen.holder !== experiment.id)
        lab.complain(`not held off: a second controller at a guest in use: ${JSON.stringify(seen)}`);
      if (hasStarted(guest, id)) lab.complain(`not held off: trials of ${id} at a guest in use`);
      if (reason !== undefined && reason !== 'stopped')
        lab.complain(`not stopped while it waited: ${id} is ${reason}`);
      return true;
    },
  },
  {
    name: 'second controller takes over what was left',
    weight: 2,
    inject: async (lab, guest) => {
      // Its turn comes soon after the first is away; the first has to wait in its turn then.
      await lab.controller.kill();
      const turn = startRival(lab, guest, { busyWaitMs: 200, staleSeconds: 2 });
      await turn.rival.next(['output'], 60 * second);
      lab.resume();
      const reason = await rivalEnd(lab, turn, 120 * second);
      if (reason !== undefined && reason !== 'completed')
        lab.complain(`not taken over: ${turn.id} is ${reason}`);
      return true;
    },
  },
  {
    name: 'experiment given up with a guest out of reach',
    weight: 2,
    isPossible: hasFile,
    inject: async (lab, guest, random) => {
      const { controller } = lab;
      await guest.stopServer();
      await sleep(between(random, 0, 3000));
      controller.send({ type: 'stop' });
      controller.send({ type: 'give-up' });
      const end = await Promise.race([controller.ended, sleep(60 * second, undefined, { ref: false })]);
      // What was not collected yet goes on, and nobody waits for it any more.
      const left = lab.guests.flatMap(({ jobs }) => jobs.filter(({ isStarted }) => isStarted));
      for (const { id } of left) lab.excuses.givenUp.add(id);
      await guest.startServer();
      if (end === undefined) lab.complain('hangs: an experiment that was given up does not end');
      return true;
    },
  },
  {
    name: 'experiment file truncated',
    weight: 8,
    isPossible: hasFile,
    inject: async (lab, _, random) => {
      let bytes = 0;
      await whileKilled(lab, async () => {
        bytes = truncate(lab, random);
        await sleep(random.below(2) * 1500);
      });
      return bytes > 0;
    },
  },
  {
    name: 'everything of ours killed on a guest',
    weight: 5,
    inject: async (lab, guest, random) => {
      for (const job of await guest.reboot()) lab.excuses.rebooted.add(job);
      await sleep(between(random, 0, 1500));
      await guest.startServer();
      return true;
    },
  },
  {
    name: 'our files removed from a guest between trials',
    weight: 4,
    inject: async (_, guest) => {
      for (let tries = 0; tries < 200; tries += 1) {
        if (await guest.tidyUp()) return true;
        await sleep(7);
      }
      return false;
    },
  },
  {
    name: 'controller script removed from a guest',
    weight: 3,
    inject: (_, guest) => {
      guest.removeController();
      return Promise.resolve(true);
    },
  },
  {
    name: 'results folder full',
    weight: 6,
    isPossible: (lab) => lab.experiment.isOnSmallDisk,
    inject: async (lab) => {
      const empty = fill(join(lab.experiment.folder, 'filler'));
      await untilEnded(lab, 10 * second);
      empty();
      return true;
    },
  },
  {
    name: 'results folder read-only',
    weight: 6,
    isPossible: (lab) => lab.canProtect && hasFile(lab) && !lab.experiment.isOnSmallDisk,
    inject: async (lab) => {
      const repair = protect(lab);
      await untilEnded(lab, 10 * second);
      repair();
      return true;
    },
  },
  {
    name: "guest's disk full",
    weight: 5,
    isPossible: (lab) => lab.canMount,
    inject: async (_, guest, random) => {
      const empty = guest.fillDisk();
      await sleep(between(random, 100, 3000));
      empty();
      return true;
    },
  },
  {
    name: "controller's clock jumps by hours",
    weight: 4,
    inject: (lab, _, random) => {
      const jumpMs = between(random, -12, 12) * 3_600_000;
      lab.controller.send({ type: 'clock', jumpMs });
      lab.experiment.clockOffsetMs += jumpMs;
      return Promise.resolve(true);
    },
  },
];
