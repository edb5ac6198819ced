import type { BenchmarkRef, GuestRef, Trial } from '../model/experiment';
import { UserError } from '../model/userError';
import { seededRandom, type Random } from '../statistics/seed';

/** Places 0…k−1 of the guests in a block. */
type Order = readonly number[];

/** More rounds than anyone can wait for. */
const maxRounds = 99_999;
/** `r99999-` and this make 40 characters at most. */
const maxStemLength = 33;

const firstThen = (first: number): Order => [first, 1 - first];

/** Two guests: four blocks, each guest first in two of them, in one of the 6 arrangements of {AB, AB, BA, BA}. */
function balancedFour(random: Random): Order[] {
  return random.shuffle([0, 0, 1, 1]).map(firstThen);
}

/**
 * Rows of a Latin square in which every guest also follows every other equally often (Williams 1949). One square of k
 * rows does for an even k; an odd k takes that square and its mirror image. Guests and rows are in random order.
 */
function williamsRows(k: number, random: Random): Order[] {
  const zigzag = Array.from({ length: k }, (_, i) => (i % 2 === 0 ? i / 2 : k - (i + 1) / 2));
  const names = random.shuffle(Array.from({ length: k }, (_, i) => i));
  const square = Array.from({ length: k }, (_, row) => zigzag.map((place) => names[(place + row) % k] ?? 0));
  if (k % 2 === 0) return random.shuffle(square);
  const mirrored = square.map((row) => row.toReversed());
  const [first, second] = random.below(2) === 0 ? [square, mirrored] : [mirrored, square];
  return [...random.shuffle(first), ...random.shuffle(second)];
}

/** How many blocks are drawn at a time. */
function groupSize(guests: number): number {
  if (guests < 2) return 1;
  if (guests === 2) return 4;
  return guests % 2 === 0 ? guests : 2 * guests;
}

function drawGroup(guests: number, random: Random): Order[] {
  if (guests < 2) return [Array.from({ length: guests }, () => 0)];
  return guests === 2 ? balancedFour(random) : williamsRows(guests, random);
}

/** A name as part of a file name and of a shell word: lower case, no sign but `.`, `_` and `-` inside. */
function slug(name: string, otherwise: string, length: number): string {
  const safe = name
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9._]+/g, '-')
    .slice(0, length)
    .replace(/^[-.]+|[-.]+$/g, '');
  return safe === '' ? otherwise : safe;
}

/** A readable part of a trial's id for each benchmark and guest, unique even where two names look alike in it. */
function stems(
  guests: readonly GuestRef[],
  benchmarks: readonly BenchmarkRef[],
): (b: number, g: number) => string {
  const taken = new Set<string>();
  const table = benchmarks.map((benchmark) =>
    guests.map((guest) => {
      const stem = `${slug(benchmark.id, 'benchmark', 16)}-${slug(guest.name, 'guest', 16)}`;
      let unique = stem;
      for (let i = 2; taken.has(unique); i++)
        unique = `${stem.slice(0, maxStemLength - `-${i}`.length)}-${i}`;
      taken.add(unique);
      return unique;
    }),
  );
  return (b, g) => table[b]?.[g] ?? '';
}

function refuseTwice(kind: string, names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) {
    throw new UserError(`The ${kind} "${twice}" is chosen twice for this experiment. Choose it once.`);
  }
}

/**
 * The trials of an experiment in their order: first a warm-up of every benchmark in every guest, then round after
 * round a block of every benchmark, benchmarks in random order. It depends on the seed alone, and a plan of fewer
 * rounds is the beginning of one of more.
 *
 * The order within a block is balanced over all guests, whatever their hosts: a pair of guests that shares a host
 * with others, or has one to itself, stays balanced too, since with an order its reverse is drawn in the same group.
 *
 * @throws UserError when a guest or a benchmark is listed twice, or `rounds` is no number of rounds.
 */
export function planRounds(
  seed: number,
  guests: readonly GuestRef[],
  benchmarks: readonly BenchmarkRef[],
  rounds: number,
): Trial[] {
  refuseTwice(
    'guest',
    guests.map(({ name }) => name),
  );
  refuseTwice(
    'benchmark',
    benchmarks.map(({ id }) => id),
  );
  if (!Number.isInteger(rounds) || rounds < 0 || rounds > maxRounds) {
    throw new UserError(`An experiment has 0 to ${maxRounds} rounds, not ${rounds}.`);
  }
  const stem = stems(guests, benchmarks);
  const indices = benchmarks.map((_, index) => index);

  const trialsOf = (round: number, b: number, order: Order): Trial[] =>
    order.flatMap((g, position) => {
      const guest = guests[g];
      const benchmark = benchmarks[b];
      if (guest === undefined || benchmark === undefined) return [];
      return {
        id: `r${String(round).padStart(2, '0')}-${stem(b, g)}`,
        round,
        block: round,
        position,
        guest: guest.name,
        benchmark: benchmark.id,
        warmup: round === 0,
      };
    });

  const warmUps = seededRandom(seed, 'warm-up');
  const everyGuest = guests.map((_, index) => index);
  const trials = warmUps.shuffle(indices).flatMap((b) => trialsOf(0, b, warmUps.shuffle(everyGuest)));
  const size = groupSize(guests.length);
  const groups = new Map<number, Order[]>();
  for (let round = 1; round <= rounds; round++) {
    const place = (round - 1) % size;
    for (const b of seededRandom(seed, `round ${round}`).shuffle(indices)) {
      if (place === 0) {
        const group = `group ${(round - 1) / size} of ${benchmarks[b]?.id ?? ''}`;
        groups.set(b, drawGroup(guests.length, seededRandom(seed, group)));
      }
      trials.push(...trialsOf(round, b, groups.get(b)?.[place] ?? []));
    }
  }
  return trials;
}
