/** Reboots between rounds, of machines that really end and start again. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readExperiment } from '../../src/experiment/journal';
import { bootIdOf, inspect, rebootGuest } from '../../src/experiment/reboot';
import type { Experiment, ExperimentEvent } from '../../src/model/experiment';
import { connect } from '../../src/ssh/connection';
import type { Connection } from '../../src/ssh/transport';
import { needsMachines, Machine } from './machine';
import { hostKeysOf, person } from './people';
import { rebootRunner, type RebootOrder } from './rebootRunner';
import { startSshServer } from './sshServer';
import { makeSudoer, needsSudoers } from './sudoers';

// Many boots and their waits: more time than other tests have.
describe('machines that can be rebooted', { timeout: 300_000, ...needsMachines }, () => {
  let folder: string;
  let machines: Machine[] = [];
  let closing: (() => void)[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gb-reboot-'));
  });
  afterEach(async () => {
    for (const close of closing) close();
    closing = [];
    for (const machine of machines) await machine.stop();
    machines = [];
    rmSync(folder, { recursive: true, force: true });
  });

  const startMachine = async (): Promise<Machine> => {
    const machine = await Machine.start();
    machines.push(machine);
    return machine;
  };
  const orderFor = (rounds: number, changes: Partial<RebootOrder> = {}): RebootOrder => ({
    file: join(folder, 'e.guestbench'),
    log: join(folder, 'starts'),
    rounds,
    wishes: { reboot: 'each-round' },
    guests: machines.map(({ target, knownHosts }, index) => ({
      name: ['a', 'b'][index] ?? '',
      target,
      knownHosts,
    })),
    ...changes,
  });
  const runnerFor = (order: RebootOrder, notices: string[] = [], events: ExperimentEvent[] = []) => {
    const made = rebootRunner(order, {
      onNotice: (text) => notices.push(text),
      onEvent: (event) => events.push(event),
    });
    closing.push(made.close);
    return made.runner;
  };
  const connectTo = async ({ target, knownHosts }: Machine, user?: string): Promise<Connection> => {
    const connection = await connect(
      { ...target, ...(user === undefined ? {} : { user }) },
      { prompter: person(), hostKeys: hostKeysOf(join(folder, 'keys'), knownHosts) },
    );
    closing.push(() => connection.close());
    return connection;
  };
  const experiment = (): Experiment => {
    const read = readExperiment(readFileSync(join(folder, 'e.guestbench'), 'utf8'));
    if (read.status === 'error') throw new Error(`line ${read.line}: ${read.error}`);
    return read.experiment;
  };
  const starts = (): string[] => readFileSync(join(folder, 'starts'), 'utf8').trim().split('\n');

  test('run every compared round on a boot of its own, one machine after the other, each trial once', async () => {
    const [a, b] = [await startMachine(), await startMachine()];
    const events: ExperimentEvent[] = [];
    const summary = await runnerFor(orderFor(3), [], events).run();
    expect(summary).toMatchObject({ reason: 'completed', ok: 8, failed: 0 });
    const { reboots = [], trials, facts } = experiment();
    expect([a.boots, b.boots].map(({ length }) => length)).toEqual([4, 4]);
    for (const [name, { boots }] of [
      ['a', a],
      ['b', b],
    ] as const) {
      const own = reboots.filter(({ guest }) => guest === name);
      expect(own.map(({ round, state }) => `${round} ${state}`)).toEqual(['1 done', '2 done', '3 done']);
      expect(own.map(({ bootIdBefore }) => bootIdBefore)).toEqual(boots.slice(0, -1));
      expect(own.map(({ bootIdAfter }) => bootIdAfter)).toEqual(boots.slice(1));
      const seen = facts.filter(({ guest }) => guest === name);
      expect(seen.map(({ when }) => when)).toEqual(['start', 'reboot', 'reboot', 'reboot', 'end']);
      expect(seen.map((record) => record.facts.bootId)).toEqual([...boots, boots.at(-1)]);
    }
    const phases = events.flatMap((event) =>
      event.type === 'reboot' ? [`${event.guest} ${event.phase}`] : [],
    );
    expect(phases).toHaveLength(12);
    phases.forEach((phase, index) => {
      if (index % 2 === 1)
        expect([phases[index - 1], phase]).toEqual([`${phase[0]} begun`, `${phase[0]} done`]);
    });
    expect(starts()).toEqual(trials.map(({ job }) => `[${job}]`));
    expect(new Set(starts()).size).toBe(8);
    expect([a, b].map(({ prefix }) => existsSync(`${prefix}-0`))).toEqual([false, false]);
  });

  test('go on after the controller was killed in the middle of a reboot: it is not done twice', async () => {
    const machine = await startMachine();
    const order = orderFor(2);
    const program = join(process.cwd(), `node_modules/.cache/guestbench-reboot-${process.pid}.mjs`);
    closing.push(() => rmSync(program, { force: true }));
    await build({
      entryPoints: ['test/ssh/rebootController.ts'],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      logLevel: 'warning',
    });
    const child = spawn(process.execPath, [program, JSON.stringify(order)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === 'reboot begun') {
        // Once it was asked to go down, and before it is back.
        const watch = setInterval(() => {
          if (machine.requests === 0) return;
          clearInterval(watch);
          child.kill('SIGKILL');
        }, 5);
        closing.push(() => clearInterval(watch));
      }
    });
    await ended;
    expect(child.signalCode).toBe('SIGKILL');
    expect(experiment().reboots).toMatchObject([
      { guest: 'a', round: 1, state: 'begun', bootIdBefore: machine.boots[0] },
    ]);
    const notices: string[] = [];
    const summary = await runnerFor(order, notices).resume();
    expect(summary).toMatchObject({ reason: 'completed', ok: 3, failed: 0 });
    const { reboots = [] } = experiment();
    expect(reboots.map(({ round, state }) => `${round} ${state}`)).toEqual(['1 done', '2 done']);
    expect(reboots.map(({ bootIdAfter }) => bootIdAfter)).toEqual(machine.boots.slice(1));
    expect(machine.requests).toBe(2);
    expect(starts()).toHaveLength(3);
    expect(notices).toContain('Going on with the reboot of a.');
  });

  test('are measured on the boot they have when they refuse, which is said and recorded', async () => {
    const machine = await startMachine();
    machine.onReboot('forbidden');
    const notices: string[] = [];
    expect(await runnerFor(orderFor(1), notices).run()).toMatchObject({ reason: 'completed', ok: 2 });
    expect(experiment().reboots).toMatchObject([
      {
        round: 1,
        state: 'failed',
        reason: expect.stringMatching(/refused to reboot \(exit code 1\): Operation not permitted/) as string,
      },
    ]);
    expect(notices.join('\n')).toMatch(/Round 1 is measured on the boot it has/);
    expect(machine.boots).toHaveLength(1);
  });

  test('are not believed to be on another boot because they said yes', async () => {
    const machine = await startMachine();
    machine.onReboot('deaf');
    const reach = (): Promise<Connection> => connectTo(machine);
    const bootId = await bootIdOf(await reach());
    expect(bootId).toBe(machine.boots[0]);
    const { signal } = new AbortController();
    const rebooting = rebootGuest({ guest: 'a', reach, bootId, isResumed: false, limitMs: 4_000, signal });
    await expect(rebooting).rejects.toThrow(
      /was not back on another boot after \d+ s: it still runs on the boot/,
    );
    expect(machine.requests).toBe(1);
  });

  test('are refused at the start where two are one, or one is this computer', async () => {
    const machine = await startMachine();
    const order = orderFor(1);
    const twins = order.guests.flatMap((guest) => [guest, { ...guest, name: 'b' }]);
    await expect(runnerFor({ ...order, guests: twins }).run()).rejects.toThrow(
      /^(a and b|b and a) are one and the same machine/,
    );
    // Its `reboot` is harmless, should it be run after all.
    const path = `PATH=${join(machine.folder, 'bin')}:/usr/bin:/bin`;
    const prefix = join(folder, 'guestbench');
    const here = await startSshServer({ config: [`SetEnv GUESTBENCH_PREFIX=${prefix} ${path}`] });
    try {
      machine.onReboot('deaf');
      const guests = [{ name: 'a', target: here.target(), knownHosts: here.knownHostsFile }];
      await expect(runnerFor({ ...order, guests }).run()).rejects.toThrow(/^a is this very computer/);
    } finally {
      await here.stop();
    }
    expect(existsSync(order.file)).toBe(false);
    expect(machine.requests).toBe(0);
  });

  test(
    'are refused at the start where the account may not reboot them, and taken with sudo',
    needsSudoers,
    async () => {
      const machine = await startMachine();
      const sudoer = makeSudoer();
      closing.push(() => sudoer.remove());
      const order = orderFor(1);
      const guests = order.guests.map((guest) => ({
        ...guest,
        target: { ...guest.target, user: sudoer.user },
      }));
      await expect(runnerFor({ ...order, guests }).run()).rejects.toThrow(
        /^a cannot be rebooted between rounds: .*sudo.*NOPASSWD/,
      );
      expect(existsSync(order.file)).toBe(false);
      sudoer.allow([
        `Defaults:USER secure_path="${machine.folder}/bin:/usr/bin:/bin"`,
        `USER ALL=(root) NOPASSWD: ${machine.folder}/bin/reboot`,
      ]);
      const reach = (): Promise<Connection> => connectTo(machine, sudoer.user);
      expect(await inspect(await reach())).toEqual({
        bootId: machine.boots[0],
        mayReboot: true,
        isDom0: false,
      });
      const { signal } = new AbortController();
      const bootId = await bootIdOf(await reach());
      const rebooted = await rebootGuest({
        guest: 'a',
        reach,
        bootId,
        isResumed: false,
        limitMs: 60_000,
        signal,
      });
      expect(rebooted.bootId).toBe(machine.boots[1]);
    },
  );
});
