/** A source of numbers that is the same for the same seed and stream, on every machine and for ever. */
export interface Random {
  /** A whole number from 0 to `bound` − 1, each equally likely; `bound` is 1…2³². */
  below(bound: number): number;
  /** A new list in random order (Fisher & Yates); each order equally likely. */
  shuffle<T>(items: readonly T[]): T[];
}

/** A 32-bit hash of text: the mixing steps of MurmurHash3 by A. Appleby (public domain), a character at a time. */
function hash(text: string, salt: number): number {
  let h = salt;
  for (let i = 0; i < text.length; i++) {
    let k = Math.imul(text.charCodeAt(i), 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    h ^= Math.imul(k, 0x1b873593);
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  h ^= text.length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

const rotate = (x: number, bits: number): number => (x << bits) | (x >>> (32 - bits));

/**
 * xoshiro128** 1.1 by D. Blackman and S. Vigna (prng.di.unimi.it, public domain). Streams of one seed are
 * independent of each other, so that one decision can be drawn without drawing those before it.
 */
export function seededRandom(seed: number, stream = ''): Random {
  const key = `${seed}/${stream}`;
  let a = hash(key, 0x9e3779b9);
  let b = hash(key, 0x243f6a88);
  let c = hash(key, 0xb7e15162);
  let d = hash(key, 0x6a09e667) | 1; // never all zero

  const next = (): number => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotate(d, 11);
    return result;
  };

  const below = (bound: number): number => {
    // Numbers beyond the last whole multiple of `bound` are drawn again: a remainder would favour small results.
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let drawn = next();
    while (drawn >= limit) drawn = next();
    return drawn % bound;
  };

  return {
    below,
    shuffle: <T>(items: readonly T[]): T[] => {
      const rest = [...items];
      const shuffled: T[] = [];
      while (rest.length > 0) shuffled.push(...rest.splice(below(rest.length), 1));
      return shuffled;
    },
  };
}
