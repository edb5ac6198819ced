import { describe, expect, it } from 'vitest';
import { cleanUpGuests, type CleaningOptions } from '../../../src/experiment/cleaning';
import type { Jobs } from '../../../src/ssh/jobs';
import type { Lease } from '../../../src/ssh/lease';
import { SshError, type Connection } from '../../../src/ssh/transport';

const connection = { exec: () => Promise.resolve({}) } as unknown as Connection;

const leaseOf = (id: string): Lease => ({
  ...{ id, who: 'ann@ws1', label: id, heldSeconds: 1, quietSeconds: 1, job: undefined },
});

/** Guests that answer as told; real ones are in test/ssh. */
function lab(plan: {
  readonly jobs?: readonly string[];
  readonly holder?: string;
  /** Errors of the first attempts to reach a guest. */
  readonly away?: readonly Error[];
  readonly cleanUp?: () => Promise<unknown>;
}) {
  const calls: string[] = [];
  const notices: string[] = [];
  const away = [...(plan.away ?? [])];
  const jobs = {
    list: () => Promise.resolve((plan.jobs ?? []).map((id) => ({ id, state: 'done' }))),
    lease: () => Promise.resolve(plan.holder === undefined ? undefined : leaseOf(plan.holder)),
    remove: (id: string) => Promise.resolve(void calls.push(`remove ${id}`)),
    release: () => Promise.resolve(void calls.push('release')),
    cleanUp: async () => {
      await plan.cleanUp?.();
      calls.push('clean');
    },
  } as unknown as Jobs;
  const options: CleaningOptions = {
    id: 'e1',
    guests: ['a'],
    benchmarks: [],
    connect: () => {
      const error = away.shift();
      return error ? Promise.reject(error) : Promise.resolve(connection);
    },
    jobsOf: () => jobs,
    isOver: (id) => id === 'e0',
    onNotice: (text) => notices.push(text),
    givenUp: () => new AbortController().signal,
  };
  return { calls, notices, options };
}

describe('cleaning the guests of an experiment', () => {
  it('tries again what was out of reach for a moment, and tells when it is not', async () => {
    const lost = new SshError('lost', 'a: the connection was lost.');
    const { calls, notices, options } = lab({ away: [lost, lost], holder: 'e1' });
    expect(await cleanUpGuests(options)).toEqual([]);
    expect(calls).toEqual(['clean']);
    expect(notices).toEqual(['a: the connection was lost. Its clean-up is tried for a minute.']);
  });

  it('gives a guest back that it may not clean, and names it', async () => {
    const running = new SshError('protocol', 'a: a job runs there.');
    const { calls, notices, options } = lab({ holder: 'e1', cleanUp: () => Promise.reject(running) });
    expect(await cleanUpGuests(options)).toEqual(['a']);
    expect(calls).toEqual(['release']);
    expect(notices).toEqual(['a could not be cleaned: a: a job runs there.']);
  });

  it('removes what an experiment left that has ended, and nothing of one that has not', async () => {
    const over = lab({ jobs: ['e0.r01-x-a', 'e1.r01-x-a'], holder: 'e1' });
    expect(await cleanUpGuests(over.options)).toEqual([]);
    expect(over.calls).toEqual(['clean']);
    const mixed = lab({ jobs: ['e0.r01-x-a', 'e1.r01-x-a', 'e10.r01-x-a'], holder: 'e1' });
    expect(await cleanUpGuests(mixed.options)).toEqual([]);
    expect(mixed.calls).toEqual(['remove e0.r01-x-a', 'remove e1.r01-x-a', 'release']);
  });

  it('waits no longer when it is given up', async () => {
    const given = new AbortController();
    const { options } = lab({});
    given.abort();
    const never = new Promise<Connection>(() => undefined);
    expect(await cleanUpGuests({ ...options, connect: () => never, givenUp: () => given.signal })).toEqual([
      'a',
    ]);
  });
});
