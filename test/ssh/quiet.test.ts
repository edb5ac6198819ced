/** Waiting for guests to be quiet, with real work on them. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { needs } from '../support/needs';
import { readExperiment } from '../../src/experiment/journal';
import { waitUntilQuiet, type QuietLimits, type QuietOptions } from '../../src/experiment/quiet';
import type { BusyCause } from '../../src/model/experiment';
import { connect } from '../../src/ssh/connection';
import type { Connection } from '../../src/ssh/transport';
import { needsMachines, Machine } from './machine';
import { hostKeysOf, person } from './people';
import { rebootRunner } from './rebootRunner';

/** The machine that runs the tests is busy with other things; only what a test makes is to count. */
const nothingElse: QuietLimits = { cpus: Infinity, waitingCpus: Infinity, unwrittenBytes: Infinity };
/** Made by the test. */
const writtenMiB = 256;

describe('a guest that is looked at before it is measured', needsMachines, () => {
  let folder: string;
  let machine: Machine;
  let connection: Connection;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gb-quiet-'));
    machine = await Machine.start();
    const hostKeys = hostKeysOf(join(folder, 'keys'), machine.knownHosts);
    connection = await connect(machine.target, { prompter: person(), hostKeys });
  });
  afterEach(async () => {
    connection.close();
    await machine.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const look = (changes: Partial<QuietOptions>) =>
    waitUntilQuiet({
      when: 'round',
      connect: () => Promise.resolve(connection),
      limitMs: 60_000,
      onWaiting: () => undefined,
      signal: new AbortController().signal,
      limits: nothingElse,
      ...changes,
    });

  test('is quiet at the first look when nothing is in the way', async () => {
    const waited: unknown[] = [];
    const end = await look({ onWaiting: (because) => waited.push(because) });
    expect(end).toMatchObject({ state: 'quiet', because: [] });
    expect(end?.seen.load).toHaveLength(3);
    expect(end?.seen.unwrittenBytes).toBeGreaterThanOrEqual(0);
    expect(waited).toEqual([]);
  });

  test('is waited for while a package manager is at work, and goes on when it has ended', async () => {
    machine.installSleeper('apt-get');
    const work = machine.run('exec apt-get 600');
    const waited: (readonly BusyCause[])[] = [];
    try {
      await machine.shows('apt-get');
      const onWaiting = (because: readonly BusyCause[]): void => {
        waited.push(because);
        void work.end();
      };
      expect(await look({ onWaiting })).toMatchObject({
        state: 'quiet',
        because: [{ kind: 'tasks', what: 'at work: apt-get' }],
      });
      expect(waited).toEqual([[{ kind: 'tasks', what: 'at work: apt-get' }]]);
    } finally {
      await work.end();
    }
  });

  test(
    'is waited for while the lock of dpkg is held',
    needs({ dpkg: existsSync('/var/lib/dpkg/lock') }),
    async () => {
      machine.installSleeper('holder');
      const work = machine.run('exec flock /var/lib/dpkg/lock holder 600');
      try {
        await machine.shows('holder');
        const end = await look({ onWaiting: () => void work.end() });
        expect(end).toMatchObject({
          state: 'quiet',
          because: [{ kind: 'tasks', what: 'at work: the lock /var/lib/dpkg/lock' }],
        });
      } finally {
        await work.end();
      }
    },
  );

  test('is waited for until much data is on its disk', async () => {
    const file = mkdtempSync('/var/tmp/gb-quiet-');
    const work = machine.run(`head -c ${writtenMiB}M /dev/zero >${file}/data; holder 600`);
    machine.installSleeper('holder');
    try {
      await machine.shows('holder');
      const limits = { ...nothingElse, unwrittenBytes: (writtenMiB / 2) * 2 ** 20 };
      const waited: (readonly BusyCause[])[] = [];
      const end = await look({ limits, onWaiting: (because) => waited.push(because) });
      expect(waited.flat().map(({ kind }) => kind)).toEqual(['write-back']);
      expect(end).toMatchObject({ state: 'quiet', because: [{ kind: 'write-back' }] });
      expect(end?.seen.unwrittenBytes).toBeLessThanOrEqual(limits.unwrittenBytes);
    } finally {
      await work.end();
      rmSync(file, { recursive: true, force: true });
    }
  });

  test('is no longer waited for when the person stops', async () => {
    machine.installSleeper('dpkg');
    const work = machine.run('exec dpkg 600');
    try {
      await machine.shows('dpkg');
      const stop = new AbortController();
      const onWaiting = (): void => stop.abort();
      await expect(look({ onWaiting, signal: stop.signal })).rejects.toThrow();
    } finally {
      await work.end();
    }
  });

  test('is measured all the same when it does not become quiet, which is said and recorded', async () => {
    const work = machine.run('while :; do :; done');
    const file = join(folder, 'e.guestbench');
    const notices: string[] = [];
    const guests = [{ name: 'a', target: machine.target, knownHosts: machine.knownHosts }];
    const wishes = { quiet: { startSeconds: 4, roundSeconds: 2 } };
    const order = { file, log: join(folder, 'starts'), rounds: 2, wishes, guests };
    const { runner, close } = rebootRunner(order, { onNotice: (text) => notices.push(text) });
    try {
      expect(await runner.run()).toMatchObject({ reason: 'completed', ok: 3, failed: 0 });
    } finally {
      close();
      await work.end();
    }
    const read = readExperiment(readFileSync(file, 'utf8'));
    if (read.status === 'error') throw new Error(read.error);
    const { quiet = [], trials } = read.experiment;
    expect(quiet.map(({ when, round, state }) => `${when} ${round} ${state}`)).toEqual([
      'start 0 busy',
      'round 1 busy',
      'round 2 busy',
    ]);
    for (const { because, seen } of quiet) {
      expect(because.map(({ kind }) => kind)).toContain('cpu');
      expect(seen?.cpuPercent).toBeGreaterThan(10);
    }
    expect(trials.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok']);
    expect(notices.filter((text) => /not quiet yet: .*% of its CPU time in use/.test(text))).toHaveLength(3);
    expect(notices.filter((text) => /did not become quiet .*measured all the same/.test(text))).toHaveLength(
      3,
    );
  });
});
