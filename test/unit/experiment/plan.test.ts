import { describe, expect, it } from 'vitest';
import { planRounds } from '../../../src/experiment/plan';
import type { BenchmarkRef, GuestRef, Trial } from '../../../src/model/experiment';
import { UserError } from '../../../src/model/userError';

const guestsOf = (...names: string[]): GuestRef[] => names.map((name) => ({ name }));
const benchmarksOf = (...ids: string[]): BenchmarkRef[] => ids.map((id) => ({ id }));
const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const seeds = Array.from({ length: 200 }, (_, i) => i * 7919 - 31);

/** The guests of each block of a benchmark in their order, as 'ab', 'ba', … */
function orders(trials: readonly Trial[], benchmark: string): string[] {
  const blocks = new Map<number, string[]>();
  for (const trial of trials) {
    if (trial.benchmark !== benchmark || trial.warmup) continue;
    const block = blocks.get(trial.block) ?? [];
    block[trial.position] = trial.guest;
    blocks.set(trial.block, block);
  }
  return [...blocks.entries()].sort(([x], [y]) => x - y).map(([, guests]) => guests.join(''));
}

function groupsOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: items.length / size }, (_, i) => items.slice(i * size, (i + 1) * size));
}

describe('a plan', () => {
  const guests = guestsOf('pv', 'pvhvm');
  const benchmarks = benchmarksOf('openssl', 'fio-randread', '7zip');

  it('begins with a warm-up of every benchmark in every guest', () => {
    const trials = planRounds(1, guests, benchmarks, 2);
    expect(trials).toHaveLength(6 + 12);
    const warmUps = trials.slice(0, 6);
    expect(warmUps.every(({ warmup, round, block }) => warmup && round === 0 && block === 0)).toBe(true);
    expect(new Set(warmUps.map(({ guest, benchmark }) => `${guest} ${benchmark}`)).size).toBe(6);
    expect(trials.slice(6).some(({ warmup }) => warmup)).toBe(false);
    expect(planRounds(1, guests, benchmarks, 0)).toEqual(warmUps);
  });

  it('runs each block back to back, and each benchmark once in a round', () => {
    for (const seed of seeds) {
      const trials = planRounds(seed, guests, benchmarks, 6).filter(({ warmup }) => !warmup);
      groupsOf(trials, 2).forEach(([first, second]) => {
        expect(second).toMatchObject({ benchmark: first!.benchmark, block: first!.block, position: 1 });
        expect(first).toMatchObject({ position: 0, block: first!.round });
        expect(second!.guest).not.toBe(first!.guest);
      });
      groupsOf(trials, 6).forEach((round, index) => {
        expect(new Set(round.map((trial) => trial.round))).toEqual(new Set([index + 1]));
        expect(new Set(round.map(({ benchmark }) => benchmark)).size).toBe(3);
      });
    }
  });

  it('is the same for the same seed, and another for another', () => {
    expect(planRounds(5, guests, benchmarks, 20)).toEqual(planRounds(5, guests, benchmarks, 20));
    const all = new Set(seeds.map((seed) => JSON.stringify(planRounds(seed, guests, benchmarks, 8))));
    expect(all.size).toBe(seeds.length);
  });

  it.each([1, 2, 3, 4, 5])('of fewer rounds begins one of more, with %d guests', (k) => {
    const some = guestsOf(...letters.slice(0, k));
    for (const seed of seeds.slice(0, 20)) {
      const long = planRounds(seed, some, benchmarks, 20);
      for (const rounds of [0, 1, 3, 7, 10, 19]) {
        const short = planRounds(seed, some, benchmarks, rounds);
        expect(long.slice(0, short.length)).toEqual(short);
      }
    }
  });

  it('draws the benchmarks of a round in every order', () => {
    const seen = new Map<string, number>();
    for (const seed of seeds) {
      for (const round of groupsOf(planRounds(seed, guestsOf('a'), benchmarks, 6).slice(3), 3)) {
        const order = round.map(({ benchmark }) => benchmark).join();
        seen.set(order, (seen.get(order) ?? 0) + 1);
      }
    }
    expect(seen.size).toBe(6);
    for (const count of seen.values()) expect(Math.abs(count - 200)).toBeLessThan(70);
  });

  it('needs neither guests nor benchmarks to be no failure', () => {
    expect(planRounds(1, [], benchmarks, 3)).toEqual([]);
    expect(planRounds(1, guests, [], 3)).toEqual([]);
  });

  it('measures one guest alone', () => {
    const trials = planRounds(3, guestsOf('only'), benchmarks, 4);
    expect(trials).toHaveLength(15);
    expect(trials.every(({ position }) => position === 0)).toBe(true);
  });

  it.each([
    [guestsOf('a', 'b', 'a'), benchmarks, 1],
    [guests, benchmarksOf('x', 'x'), 1],
    [guests, benchmarks, -1],
  ] as const)('refuses what is listed twice, and a senseless number of rounds', (g, b, rounds) =>
    expect(() => planRounds(1, g, b, rounds)).toThrow(UserError),
  );
  it.each([1.5, NaN, 1e9])('refuses %d rounds', (rounds) => {
    expect(() => planRounds(1, guests, benchmarks, rounds)).toThrow(/0 to 99999 rounds/);
  });
});

describe('two guests', () => {
  it('take the first place twice in each group of four, in all six arrangements about equally often', () => {
    const seen = new Map<string, number>();
    for (const seed of seeds) {
      const trials = planRounds(seed, guestsOf('a', 'b'), benchmarksOf('x', 'y'), 20);
      for (const benchmark of ['x', 'y']) {
        for (const group of groupsOf(orders(trials, benchmark), 4)) {
          expect(group.toSorted()).toEqual(['ab', 'ab', 'ba', 'ba']);
          seen.set(group.join(), (seen.get(group.join()) ?? 0) + 1);
        }
      }
    }
    expect(seen.size).toBe(6);
    // 2000 groups: 333 of each, within six standard deviations.
    for (const count of seen.values()) expect(Math.abs(count - 333)).toBeLessThan(100);
  });

  it('draw the order of one benchmark independently of the other', () => {
    const same = seeds.filter((seed) => {
      const trials = planRounds(seed, guestsOf('a', 'b'), benchmarksOf('x', 'y'), 4);
      return orders(trials, 'x').join() === orders(trials, 'y').join();
    }).length;
    expect(same).toBeLessThan(seeds.length / 3);
  });
});

describe.each([3, 4, 5, 6, 7])('%d guests', (k) => {
  const guests = guestsOf(...letters.slice(0, k));
  const size = k % 2 === 0 ? k : 2 * k;

  it('take each place once in every k blocks: a Latin square', () => {
    for (const seed of seeds.slice(0, 60)) {
      const rows = orders(planRounds(seed, guests, benchmarksOf('x', 'y'), 2 * size), 'y');
      for (const square of groupsOf(rows, k)) {
        for (let place = 0; place < k; place++) {
          expect(new Set(square.map((row) => row[place])).size).toBe(k);
        }
        for (const row of square) expect(new Set(row).size).toBe(k);
      }
    }
  });

  it('follow each other equally often: a Williams design', () => {
    const wanted = size / k;
    for (const seed of seeds.slice(0, 60)) {
      const rows = orders(planRounds(seed, guests, benchmarksOf('x'), size), 'x');
      const follows = new Map<string, number>();
      for (const row of rows) {
        for (let i = 1; i < k; i++) {
          const pair = row.slice(i - 1, i + 1);
          follows.set(pair, (follows.get(pair) ?? 0) + 1);
        }
      }
      expect(follows.size).toBe(k * (k - 1));
      expect(new Set(follows.values())).toEqual(new Set([wanted]));
    }
  });

  it('go before each other equally often, so that any pair is balanced too', () => {
    for (const seed of seeds.slice(0, 60)) {
      const rows = orders(planRounds(seed, guests, benchmarksOf('x'), size), 'x');
      const first = rows.filter((row) => row.indexOf('a') < row.indexOf('b')).length;
      expect(first).toBe(size / 2);
    }
  });

  it('are not in the same order for every seed', () => {
    const all = new Set(
      seeds.map((seed) => orders(planRounds(seed, guests, benchmarksOf('x'), size), 'x').join()),
    );
    expect(all.size).toBeGreaterThan(k < 5 ? 60 : 150);
  });
});

describe('trial ids', () => {
  it('are readable', () => {
    const ids = planRounds(1, guestsOf('pv', 'PVHVM'), benchmarksOf('openssl'), 3).map(({ id }) => id);
    expect(ids.toSorted()).toEqual(
      [0, 0, 1, 1, 2, 2, 3, 3].map((r, i) => `r0${r}-openssl-${['pv', 'pvhvm'][i % 2]!}`),
    );
  });

  it('are unique, safe and short, whatever the names', () => {
    const names = [
      'x',
      'X',
      'x!',
      'x?',
      'x-2',
      'x--2',
      'y-z',
      'z',
      '..',
      '-',
      '$(rm -rf /)',
      'Größe',
      'grosse',
      'гость',
      '客',
      'a'.repeat(100),
      `${'a'.repeat(99)}b`,
      'a b',
      'a\tb',
      'con.',
      '%00',
      '"',
      "'",
    ];
    const ids = ['x', 'x-y', 'y', 'fio/randread', 'fio-randread', 'b'.repeat(90), '测试'];
    const trials = planRounds(11, guestsOf(...names), benchmarksOf(...ids), 101);
    const unique = new Set(trials.map(({ id }) => id.toLowerCase()));
    expect(unique.size).toBe(trials.length);
    for (const { id } of trials) {
      expect(id).toMatch(/^r\d{2,}-[A-Za-z0-9._-]*[A-Za-z0-9_]$/);
      expect(id.length).toBeLessThanOrEqual(40);
    }
  });

  it('keep their guest and benchmark as they are named', () => {
    const trials = planRounds(1, guestsOf('Größe 1'), benchmarksOf('a/b'), 1);
    expect(trials[1]).toMatchObject({ id: 'r01-a-b-gro-e-1', guest: 'Größe 1', benchmark: 'a/b' });
  });
});
