/** Ranges of UTF-16 code units, both ends included, sorted and apart from each other. */
export type CharSet = readonly (readonly [number, number])[];

const last = 0xffff;

export function setOf(...ranges: readonly (readonly [number, number])[]): CharSet {
  const sorted = ranges.toSorted((a, b) => a[0] - b[0]);
  const joined: [number, number][] = [];
  for (const [from, to] of sorted) {
    const before = joined.at(-1);
    if (before !== undefined && from <= before[1] + 1) before[1] = Math.max(before[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

export const setOfCode = (code: number): CharSet => [[code, code]];

export function complement(set: CharSet): CharSet {
  const rest: [number, number][] = [];
  let from = 0;
  for (const [start, end] of set) {
    if (start > from) rest.push([from, start - 1]);
    from = end + 1;
  }
  if (from <= last) rest.push([from, last]);
  return rest;
}

const code = (character: string): number => character.charCodeAt(0);

export const digits: CharSet = [[code('0'), code('9')]];
export const wordCharacters: CharSet = setOf(
  [code('0'), code('9')],
  [code('A'), code('Z')],
  [code('_'), code('_')],
  [code('a'), code('z')],
);
/** As in ECMAScript: white space and line ends. */
export const blanks: CharSet = setOf(
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
);
const lineEnds: CharSet = setOf([0x0a, 0x0a], [0x0d, 0x0d], [0x2028, 0x2029]);
export const anyCharacter: CharSet = complement(lineEnds);

const tableSize = 256;

/** Answers fast whether a code unit is in a set. */
export class CharTest {
  private readonly table = new Uint8Array(tableSize);
  private readonly above: CharSet;

  constructor(set: CharSet) {
    for (const [from, to] of set) {
      for (let unit = from; unit <= to && unit < tableSize; unit++) this.table[unit] = 1;
    }
    this.above = set.filter(([, to]) => to >= tableSize);
  }

  has(unit: number): boolean {
    if (unit < tableSize) return this.table[unit] === 1;
    return this.above.some(([from, to]) => unit >= from && unit <= to);
  }
}
