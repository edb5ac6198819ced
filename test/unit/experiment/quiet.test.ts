import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it, vi, afterEach } from 'vitest';
import { causesOf, waitUntilQuiet } from '../../../src/experiment/quiet';
import { parseLook, quietScript } from '../../../src/experiment/quietScript';
import type { QuietView } from '../../../src/model/experiment';
import type { Connection } from '../../../src/ssh/transport';
import { has, inPlainEnglish, skipFor } from '../../support/needs';

interface Sight {
  /** Ticks of the two CPUs together within the look. */
  readonly busy?: number;
  readonly waiting?: number;
  readonly idle?: number;
  readonly unwrittenKib?: number;
  readonly lines?: readonly string[];
}

const printed = ({ busy = 0, waiting = 0, idle = 400, unwrittenKib = 100, lines = [] }: Sight): string =>
  [
    'Welcome to this guest',
    'GBQ before cpu  1000 0 500 9000 10 0 0 5 0 0',
    'GBQ before cpu0 500 0 250 4500 5 0 0 2 0 0',
    'GBQ before cpu1 500 0 250 4500 5 0 0 3 0 0',
    'GBQ before procs_running 1',
    `GBQ after cpu  ${1000 + busy} 0 500 ${9000 + idle} ${10 + waiting} 0 0 5 0 0`,
    'GBQ after cpu0 500 0 250 4500 5 0 0 2 0 0',
    'GBQ after cpu1 500 0 250 4500 5 0 0 3 0 0',
    'GBQ after procs_running 3',
    `GBQ unwritten      ${unwrittenKib} kB`,
    'GBQ unwritten         4 kB',
    'GBQ load 0.52 0.58 0.59 1/123 4567',
    ...lines,
    'GBQ end',
    '',
  ].join('\n');

describe('a look at a guest', () => {
  it('is read from between what a login shell says', () => {
    expect(parseLook(printed({ lines: ['GBQ task apt-get', 'GBQ task apt-get', 'GBQ boot'] }))).toEqual({
      before: [1000, 0, 500, 9000, 10, 0, 0, 5],
      after: [1000, 0, 500, 9400, 10, 0, 0, 5],
      cpus: 2,
      runnable: 2,
      unwrittenBytes: 104 * 1024,
      load: [0.52, 0.58, 0.59],
      isBooting: true,
      tasks: ['apt-get'],
    });
  });

  it('is none when it was cut off, or the guest has no counters', () => {
    const whole = printed({});
    expect(parseLook('')).toBeUndefined();
    expect(parseLook('GBQ end\n')).toBeUndefined();
    expect(parseLook(whole.slice(0, whole.indexOf('GBQ end')))).toBeUndefined();
  });

  it('never throws, whatever comes', () => {
    const words = fc.constantFrom(
      'GBQ',
      'before',
      'after',
      'cpu',
      'cpu0',
      'load',
      'unwritten',
      'task',
      'end',
      '1',
      '-1',
      '9e99',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string()), { maxLength: 60 }), (parts) => {
        const look = parseLook(parts.join(' '));
        if (look !== undefined) expect(look.cpus).toBeGreaterThan(0);
      }),
    );
  });

  it.for([['dash'], ['bash', '--posix'], ['busybox', 'ash']])(
    'works in %s',
    ([shell = '', ...words], context) => {
      if (!has(shell)) skipFor(context, shell);
      const { stdout, stderr, status } = spawnSync(shell, [...words, '-s'], {
        input: quietScript({ seconds: 1, flush: false }),
        encoding: 'utf8',
        env: inPlainEnglish(),
      });
      expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
      const look = parseLook(stdout);
      expect(look?.load).toHaveLength(3);
      expect(look?.unwrittenBytes).toBeGreaterThanOrEqual(0);
      const ticks = (values: readonly number[] = []): number => values.reduce((sum, value) => sum + value, 0);
      expect(ticks(look?.after)).toBeGreaterThan(ticks(look?.before));
    },
  );
});

describe('a guest', () => {
  const view: QuietView = { cpuPercent: 0, iowaitPercent: 0, stealPercent: 0 };
  const look = { before: [], after: [], cpus: 4, isBooting: false, tasks: [] };
  const kinds = (...args: Parameters<typeof causesOf>): string[] => causesOf(...args).map(({ kind }) => kind);

  it('is quiet with what an idle system does, whatever the load averages still say', () => {
    expect(kinds(look, { ...view, cpuPercent: 2, load: [9, 9, 9], unwrittenBytes: 2 ** 20 })).toEqual([]);
  });

  it('is not while one of many CPUs is at work', () => {
    expect(kinds({ ...look, cpus: 64 }, { ...view, cpuPercent: 100 / 64 })).toEqual(['cpu']);
  });

  it('is not while it boots, is kept up, writes, or waits for a disk', () => {
    const [boot, tasks, writes, disk, ...more] = causesOf(
      { ...look, isBooting: true, tasks: ['dpkg', 'man-db.service'] },
      { ...view, iowaitPercent: 25, unwrittenBytes: 300 * 2 ** 20 },
    );
    expect(boot?.kind).toBe('boot');
    expect(tasks).toEqual({ kind: 'tasks', what: 'at work: dpkg, man-db.service' });
    expect(writes).toEqual({ kind: 'write-back', what: '300 MiB still to be written to disk' });
    expect(disk).toEqual({ kind: 'disk', what: '25 % of its CPU time waiting for a disk' });
    expect(more).toEqual([]);
  });
});

describe('waiting for a guest', () => {
  afterEach(() => vi.useRealTimers());

  /** Looks that take 5 s each, one after the other; the last one repeats. */
  const wait = (sights: readonly (Sight | string)[], limitSeconds = 300) => {
    vi.useFakeTimers();
    const asked: string[] = [];
    const exec = async (_command: string, { stdin }: { stdin: string }) => {
      const sight = sights[Math.min(asked.length, sights.length - 1)] ?? {};
      asked.push(stdin);
      await vi.advanceTimersByTimeAsync(5_000);
      return { stdout: Buffer.from(typeof sight === 'string' ? sight : printed(sight)) };
    };
    const told: string[] = [];
    const end = waitUntilQuiet({
      when: 'start',
      connect: () => Promise.resolve({ exec } as unknown as Connection),
      limitMs: limitSeconds * 1000,
      onWaiting: (because, atMostMs) =>
        told.push(`${because.map(({ kind }) => kind).join()}: ${atMostMs / 1000} s`),
      signal: new AbortController().signal,
    });
    return { end, asked, told };
  };

  it('costs one question when it is quiet, and is not told', async () => {
    const { end, asked, told } = wait([{}]);
    expect(await end).toMatchObject({ state: 'quiet', waitedMs: 5_000, because: [] });
    expect([asked.length, told]).toEqual([1, []]);
  });

  it('goes on for as long as there is time while a package manager works', async () => {
    const { end, told } = wait([{ lines: ['GBQ task dpkg'], busy: 100 }]);
    expect(await end).toMatchObject({ state: 'busy', waitedMs: 300_000 });
    expect(told).toEqual(['tasks,cpu: 300 s']);
  });

  it('gives other work a tenth of the time, from the moment that is all there is', async () => {
    const { end, told } = wait([{ busy: 100 }]);
    expect(await end).toMatchObject({ state: 'busy', waitedMs: 35_000 });
    expect(told).toEqual(['cpu: 30 s']);
    vi.useRealTimers();
    const tasks = Array.from({ length: 10 }, () => ({ lines: ['GBQ task dpkg'] }));
    expect(await wait([...tasks, { busy: 100 }]).end).toMatchObject({
      state: 'busy',
      waitedMs: 85_000,
      because: [{ kind: 'cpu' }],
    });
  });

  it('has data written that waits for the disk, and says what was in the way', async () => {
    const { end, asked } = wait([{ unwrittenKib: 100_000 }, {}]);
    expect(await end).toMatchObject({ state: 'quiet', because: [{ kind: 'write-back' }] });
    expect(asked.map((script) => script.includes('sync -f'))).toEqual([false, true]);
  });

  it('is over when the guest does not tell', async () => {
    expect(await wait(['nothing']).end).toBeUndefined();
  });
});
