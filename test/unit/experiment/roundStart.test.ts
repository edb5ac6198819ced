import { describe, expect, it } from 'vitest';
import { Pauses } from '../../../src/experiment/pauses';
import { RoundStart, type RoundStartOptions } from '../../../src/experiment/roundStart';
import type { ExperimentEvent, Plan } from '../../../src/model/experiment';
import { SshError, type Connection } from '../../../src/ssh/transport';
import { experimentEvent } from './sampleEvents';

const quietLook = [
  'GBQ before cpu 100 0 0 1000',
  'GBQ after cpu 100 0 0 1200',
  'GBQ after cpu0 100 0 0 1200',
  'GBQ end',
  '',
].join('\n');

/** What machines do; real ones are in test/ssh. */
class Machines {
  readonly boots = new Map<string, number>();
  readonly away = new Set<string>();

  connect(guest: string): Promise<Connection> {
    if (this.away.has(guest)) return Promise.reject(new SshError('unreachable', `${guest}: away.`));
    const exec = (_command: string, { stdin }: { stdin: string }) => {
      const answer = this.answer(guest, stdin);
      return Promise.resolve({ stdout: Buffer.from(answer), stderr: Buffer.alloc(0), code: 0, signal: null });
    };
    return Promise.resolve({ target: { name: guest }, exec } as unknown as Connection);
  }

  bootOf(guest: string): string {
    return `${guest}-boot-${this.boots.get(guest) ?? 0}`;
  }

  private answer(guest: string, script: string): string {
    if (script.includes('GBQ')) return quietLook;
    if (script.includes('GBR code')) {
      this.boots.set(guest, (this.boots.get(guest) ?? 0) + 1);
      return 'GBR code=0\n';
    }
    return `GBR may=1\nGBR boot=${this.bootOf(guest)}\n`;
  }
}

function roundStart(wishes: Partial<Plan>, changes: Partial<RoundStartOptions> = {}) {
  const machines = new Machines();
  const events: ExperimentEvent[] = [];
  const notices: string[] = [];
  const rebooted: string[] = [];
  const plan = { ...experimentEvent().plan, ...wishes };
  const pauses = new Pauses(plan);
  const start = new RoundStart({
    plan,
    connect: (guest) => machines.connect(guest),
    append: (event) => {
      events.push(event);
      return Promise.resolve();
    },
    claim: () => Promise.resolve(),
    onRebooted: (guest) => {
      rebooted.push(guest);
      return Promise.resolve();
    },
    onNotice: (text) => notices.push(text),
    onActivity: () => undefined,
    pauses,
    when: 'start',
    reboots: [],
    stopping: new AbortController().signal,
    leaving: new AbortController().signal,
    ...changes,
  });
  const said = (): string[] =>
    events.map((event) => {
      if (event.type === 'reboot')
        return `reboot ${event.guest} ${event.round} ${event.phase} ${event.bootId ?? '-'}`;
      if (event.type === 'quiet') return `quiet ${event.guest} ${event.round} ${event.when} ${event.state}`;
      return event.type;
    });
  return { start, machines, said, notices, rebooted, pauses, plan };
}

const quiet = { startSeconds: 10, roundSeconds: 5 };
const next = (round: number, isUnderWay = false) => ({ round, guests: ['pvhvm', 'pv'], isUnderWay });

describe('before a round', () => {
  it('nothing happens where nothing is wished', async () => {
    const { start, said } = roundStart({});
    await start.prepare(next(0));
    await start.prepare(next(1));
    expect(said()).toEqual([]);
  });

  it('guests are rebooted one after the other in their order, but not before the warm-up, then looked at', async () => {
    const { start, said, rebooted, pauses, plan } = roundStart({ quiet, reboot: 'each-round' });
    await start.prepare(next(0));
    expect(said()).toEqual(['quiet pvhvm 0 start quiet', 'quiet pv 0 start quiet']);
    await start.prepare(next(1));
    expect(said().slice(2)).toEqual([
      'reboot pvhvm 1 begun pvhvm-boot-0',
      'reboot pvhvm 1 done pvhvm-boot-1',
      'reboot pv 1 begun pv-boot-0',
      'reboot pv 1 done pv-boot-1',
      'quiet pvhvm 1 reboot quiet',
      'quiet pv 1 reboot quiet',
    ]);
    expect(rebooted).toEqual(['pvhvm', 'pv']);
    // Known now, no longer guessed.
    expect(pauses.secondsFor(plan.trials)).toBeLessThan(3 * 60);
  });

  it('nothing is done again of what an interrupted experiment had done', async () => {
    const done = { guest: 'pv', round: 1, startedAt: '', state: 'done' } as const;
    const failed = { guest: 'pvhvm', round: 1, startedAt: '', state: 'failed' } as const;
    const { start, said, machines } = roundStart(
      { quiet, reboot: 'each-round' },
      { when: 'resume', reboots: [done, failed] },
    );
    await start.prepare(next(1));
    expect(said()).toEqual(['quiet pvhvm 1 resume quiet', 'quiet pv 1 resume quiet']);
    const other = roundStart({ reboot: 'each-round' }, { when: 'resume' });
    await other.start.prepare(next(2, true));
    expect([other.said(), machines.boots.size]).toEqual([[], 0]);
  });

  it('a reboot that was cut in two is not done again where it came to its end', async () => {
    const begun = {
      guest: 'pv',
      round: 1,
      startedAt: '',
      state: 'begun',
      bootIdBefore: 'an older one',
    } as const;
    const { start, said, machines } = roundStart(
      { reboot: 'each-round' },
      { when: 'resume', reboots: [begun] },
    );
    await start.prepare({ ...next(1), guests: ['pv'] });
    expect(said()).toEqual(['reboot pv 1 begun an older one', 'reboot pv 1 done pv-boot-0']);
    expect(machines.boots.size).toBe(0);
  });

  it('a guest out of reach holds nothing up: that is recorded', async () => {
    const { start, said, machines, notices } = roundStart({ quiet, reboot: 'each-round' });
    machines.away.add('pv');
    await start.prepare({ ...next(1), guests: ['pv'] });
    expect(said()).toEqual(['reboot pv 1 begun -', 'reboot pv 1 failed -', 'quiet pv 1 start unknown']);
    expect(notices.join('\n')).toMatch(/pv: away\. Round 1 is measured on the boot it has/);
  });

  it('nothing is begun once the experiment is to stop', async () => {
    const { start, said } = roundStart({ quiet, reboot: 'each-round' }, { stopping: AbortSignal.abort() });
    await start.prepare(next(1));
    expect(said()).toEqual([]);
  });

  it('stops while a reboot that was cut in two waits for a guest that somebody else has', async () => {
    const stopping = new AbortController();
    const begun = { guest: 'pv', round: 1, startedAt: '', state: 'begun', bootIdBefore: 'old' } as const;
    const { start, said } = roundStart(
      { quiet, reboot: 'each-round' },
      {
        when: 'resume',
        reboots: [begun],
        stopping: stopping.signal,
        claim: () => {
          stopping.abort();
          return Promise.reject(stopping.signal.reason as Error);
        },
      },
    );
    await start.prepare({ ...next(1), guests: ['pv'] });
    expect(said()).toEqual([]);
  });

  it('fails only when the experiment file cannot be written', async () => {
    const append = (): Promise<void> => Promise.reject(new Error('disk full'));
    await expect(roundStart({ quiet }, { append }).start.prepare(next(0))).rejects.toThrow('disk full');
    await expect(roundStart({ reboot: 'each-round' }, { append }).start.prepare(next(1))).rejects.toThrow(
      'disk full',
    );
  });
});
