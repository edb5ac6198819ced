/** Whole experiments over a real OpenSSH server: what is left, lost or taken meanwhile, and taken up again. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readExperiment } from '../../src/experiment/journal';
import { planRounds } from '../../src/experiment/plan';
import { ExperimentRunner, type RunnerListener } from '../../src/experiment/runner';
import type { Experiment, Plan } from '../../src/model/experiment';
import { connect } from '../../src/ssh/connection';
import { Jobs } from '../../src/ssh/jobs';
import { SshError, type Connection } from '../../src/ssh/transport';
import { counter } from './counting';
import { hostKeysOf, person } from './people';
import { startSshServer, type SshServer } from './sshServer';

describe('an experiment over a real server', () => {
  let server: SshServer;
  let folder: string;
  let open: Connection[] = [];

  beforeAll(async () => {
    server = await startSshServer();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gb-exp-'));
  });
  afterEach(() => {
    for (const connection of open) connection.close();
    open = [];
    rmSync(folder, { recursive: true, force: true });
  });
  afterAll(() => server.stop());

  /** A controller of its own: no connection is shared with another one. */
  const connector = (to = server): (() => Promise<Connection>) => {
    const hostKeys = hostKeysOf(join(to.folder, 'store'), to.knownHostsFile);
    let current: Connection | undefined;
    return async () => {
      if (current?.isOpen !== true) {
        current = await connect(to.target(), { prompter: person(), hostKeys });
        open.push(current);
      }
      return current;
    };
  };

  /** A guest that is there until it goes away, once and for all. */
  const leavingGuest = () => {
    let isAway = false;
    const connecting = connector();
    return {
      connect: async (): Promise<Connection> => {
        if (!isAway) return connecting();
        throw new SshError('unreachable', 'a: away.');
      },
      goAway: (): void => {
        if (isAway) return;
        isAway = true;
        for (const connection of open) connection.close();
      },
    };
  };

  const make = (
    tenths: number,
    rounds: number,
    listener: RunnerListener = {},
    changes: {
      readonly id?: string;
      readonly file?: string;
      readonly connect?: (guest: string) => Promise<Connection>;
      readonly guests?: Plan['guests'];
    } = {},
  ): ExperimentRunner => {
    const guests = changes.guests ?? [{ name: 'a', host: 'h' }];
    const benchmarks = [{ id: 'counter', parameters: { tenths } }];
    const plan: Plan = {
      guests,
      benchmarks,
      rounds,
      trials: planRounds(1, guests, benchmarks, rounds),
      statistics: { plan: 'anystop', alpha: 0.05, margin: 0.02, maxBlocks: 20 },
    };
    return new ExperimentRunner({
      file: join(folder, changes.file ?? 'e.guestbench'),
      id: changes.id ?? 'exp',
      label: 'test',
      version: '0.0.0',
      seed: 1,
      plan,
      lab: { hosts: [], guests: [], suites: {}, benchmarks: [] },
      notes: [],
      catalogue: [counter(join(folder, 'starts'))],
      connect: changes.connect ?? connector(),
      listener,
    });
  };

  const experiment = (name = 'e.guestbench'): Experiment => {
    const read = readExperiment(readFileSync(join(folder, name), 'utf8'));
    if (read.status === 'error') throw new Error(`line ${read.line}: ${read.error}`);
    return read.experiment;
  };
  const starts = (): string[] => readFileSync(join(folder, 'starts'), 'utf8').trim().split('\n');
  const whole = (tenths: number): string =>
    [...Array.from({ length: tenths }, (_, i) => `line ${i + 1}`), `count ${tenths}`, ''].join('\n');

  test('that is left in the middle of a trial is taken up: nothing lost, nothing done twice', async () => {
    let lines = 0;
    const left: ExperimentRunner = make(12, 1, {
      onOutput: () => {
        lines += 1;
        if (lines === 1) left.leave();
      },
    });
    expect(await left.run()).toMatchObject({ reason: 'left', ok: 0 });
    expect(experiment().trials.map(({ status }) => status)).toEqual(['running']);
    expect(await make(12, 1).resume()).toMatchObject({ reason: 'completed', ok: 2, failed: 0 });
    const { trials } = experiment();
    expect(trials.map(({ attempt, status, stdout }) => ({ attempt, status, stdout }))).toEqual(
      Array.from({ length: 2 }, () => ({ attempt: 1, status: 'ok', stdout: whole(12) })),
    );
    expect(starts()).toEqual(trials.map(({ job }) => `[${job}]`));
    expect(existsSync(`${server.prefix}-${process.getuid?.() ?? 0}`)).toBe(false);
  });

  test('collects a trial that ended while nobody looked', async () => {
    const left: ExperimentRunner = make(3, 1, { onOutput: () => left.leave() });
    await left.run();
    const jobs = new Jobs(connector());
    const job = experiment().trials[0]?.job ?? '';
    while ((await jobs.status(job)).state !== 'done') await new Promise((resolve) => setTimeout(resolve, 50));
    await make(3, 1).resume();
    expect(experiment().trials[0]).toMatchObject({ status: 'ok', attempt: 1, stdout: whole(3) });
    expect(starts()).toHaveLength(2);
  });

  test('runs a trial again whose guest forgot it, and says so', async () => {
    const left: ExperimentRunner = make(12, 1, { onOutput: () => left.leave() });
    await left.run();
    // As after a reboot: the job's folder is there, but nothing of it lives.
    const base = `${server.prefix}-${process.getuid?.() ?? 0}`;
    const job = experiment().trials[0]?.job ?? '';
    const runs = join(base, 'runs', job);
    for (const name of ['owner', 'child']) {
      const [id, pid] = readFileSync(join(runs, name), 'utf8').split(':');
      const number = Number(name === 'owner' ? pid : id);
      process.kill(name === 'owner' ? number : -number, 'SIGKILL');
    }
    expect(await make(12, 1).resume()).toMatchObject({ reason: 'completed', ok: 2 });
    const { trials } = experiment();
    expect(trials.map(({ attempt, status }) => [attempt, status])).toEqual([
      [1, 'lost'],
      [2, 'ok'],
      [1, 'ok'],
    ]);
    expect(trials[0]?.reason).toMatch(/vanished/);
  });

  test('goes on through killed connections, with every byte once', async () => {
    let kills = 0;
    const summary = await make(10, 2, {
      onOutput: () => {
        if (kills++ % 3 === 0) for (const pid of server.connectionPids()) process.kill(pid, 'SIGKILL');
      },
    }).run();
    expect(summary).toMatchObject({ reason: 'completed', ok: 3, failed: 0 });
    expect(experiment().trials.map(({ stdout }) => stdout)).toEqual([whole(10), whole(10), whole(10)]);
    expect(kills).toBeGreaterThan(3);
    expect(starts()).toHaveLength(3);
  });

  test('can be left while its guest is out of reach, and is taken up when it is back', async () => {
    const { connect: away, goAway } = leavingGuest();
    const notices: string[] = [];
    const runner: ExperimentRunner = make(
      15,
      1,
      {
        onOutput: goAway,
        onReach: (guest, reason) => {
          if (reason !== undefined) runner.leave();
          notices.push(`${guest}: ${reason ?? 'back'}`);
        },
      },
      { connect: away },
    );
    expect(await runner.run()).toMatchObject({ reason: 'left' });
    expect(notices).toEqual(['a: a: away.']);
    expect(await make(15, 1).resume()).toMatchObject({ reason: 'completed', ok: 2 });
    expect(experiment().trials[0]?.stdout).toBe(whole(15));
  });

  test('is stopped at last without a guest out of reach, and says what stays there', async () => {
    const { connect: away, goAway } = leavingGuest();
    const notices: string[] = [];
    const runner: ExperimentRunner = make(
      600,
      3,
      {
        onOutput: goAway,
        onReach: (_, reason) => {
          if (reason === undefined) return;
          runner.stop('now');
          runner.giveUp();
        },
        onNotice: (text) => notices.push(text),
      },
      { connect: away, id: 'gone' },
    );
    expect(await runner.run()).toMatchObject({ reason: 'stopped', ok: 0 });
    expect(experiment().trials.map(({ status, reason }) => [status, reason])).toEqual([
      ['cancelled', expect.stringContaining('its job may still run there')],
    ]);
    expect(notices.join('\n')).toMatch(/a could not be cleaned: It was not waited for\. Clean Up Guest/);
    // As Clean Up Guest does it by hand: what runs is ended first, then all goes and is told.
    const jobs = new Jobs(connector());
    const job = experiment().trials[0]?.job ?? '';
    // The next one may have been prepared; nothing of it runs.
    const there = (await jobs.list()).filter(({ state }) => state !== 'preparing');
    expect(there).toEqual([{ id: job, state: 'running' }]);
    expect(await jobs.lease()).toMatchObject({ id: 'gone', label: 'test', job });
    await expect(jobs.cleanUp('anybodys')).rejects.toThrow(/is running/);
    expect(await jobs.cancel(job, 2)).toMatchObject({ left: 0 });
    await expect(jobs.cleanUp()).rejects.toThrow(/kept for an experiment/);
    const removed = await jobs.cleanUp('anybodys');
    expect(removed).toMatchObject({ sources: 0, lease: { id: 'gone' } });
    expect(removed.jobs).toBeGreaterThan(0);
    expect(await jobs.lease()).toBeUndefined();
    expect(existsSync(`${server.prefix}-${process.getuid?.() ?? 0}`)).toBe(false);
  });

  test('that is given up with one guest out of reach still has what runs on another, and cleans that one', async () => {
    const second = await startSshServer();
    const { connect: away, goAway } = leavingGuest();
    const near = connector(second);
    const notices: string[] = [];
    const runner: ExperimentRunner = make(
      30,
      3,
      {
        onOutput: ({ guest }) => {
          if (guest === 'a') goAway();
        },
        onReach: (_, reason) => {
          if (reason === undefined) return;
          runner.stop('after-trial');
          runner.giveUp();
        },
        onNotice: (text) => notices.push(text),
      },
      {
        id: 'half',
        connect: (guest) => (guest === 'a' ? away() : near()),
        guests: [
          { name: 'a', host: 'h' },
          { name: 'b', host: 'i' },
        ],
      },
    );
    try {
      expect(await runner.run()).toMatchObject({ reason: 'stopped' });
      const of = (name: string): unknown[] =>
        experiment()
          .trials.filter(({ trial }) => trial.guest === name)
          .map(({ status, stdout }) => [status, stdout]);
      expect(of('a')).toEqual([['cancelled', expect.any(String)]]);
      expect(of('b').length).toBeGreaterThan(0);
      expect(of('b')).toEqual(of('b').map(() => ['ok', whole(30)]));
      expect(notices.filter((text) => text.includes('could not be cleaned'))).toEqual([
        expect.stringMatching(/^a /),
      ]);
      expect(existsSync(`${second.prefix}-${process.getuid?.() ?? 0}`)).toBe(false);
    } finally {
      await second.stop();
      const jobs = new Jobs(connector());
      for (const { id } of await jobs.list()) await jobs.cancel(id, 0);
      await jobs.cleanUp('anybodys');
    }
  });

  test('leaves no process of its own on the guest when it is stopped', async () => {
    const runner: ExperimentRunner = make(600, 3, { onOutput: () => runner.stop('now') });
    expect(await runner.run()).toMatchObject({ reason: 'stopped' });
    const ours = readdirSync('/proc').filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'latin1').includes('GB_RUN=[exp.');
      } catch {
        return false;
      }
    });
    expect(ours).toEqual([]);
    expect(experiment().trials.map(({ status }) => status)).toEqual(['cancelled']);
  });
});
