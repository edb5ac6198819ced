/**
 * A list of plain objects by columns. A report has some hundred thousand small objects, which would reach the page as
 * megabytes of text; as numbers in buffers they take a few milliseconds.
 */
export interface PackedList {
  readonly length: number;
  readonly columns: readonly PackedColumn[];
}

export interface PackedColumn {
  readonly key: string;
  /** The objects that have the key, by their places in ascending order; absent: all. */
  readonly rows?: Uint32Array;
  readonly cells: PackedCells;
}

type PackedCells =
  | ({ readonly kind: 'numbers' } & PackedNumbers)
  /** Texts; each is sent once, one after the other in `text`: word i ends at `ends[i]`. */
  | { readonly kind: 'words'; readonly text: string; readonly ends: Counts; readonly values: Counts }
  | { readonly kind: 'objects'; readonly list: PackedList }
  /** Lists of numbers; list i goes from `starts[i]` up to `starts[i + 1]`. */
  | ({ readonly kind: 'series'; readonly starts: Uint32Array } & PackedNumbers)
  | { readonly kind: 'values'; readonly values: readonly unknown[] };

export type Counts = Uint8Array | Uint16Array | Uint32Array;

/** Numbers in the fewest bytes that keep each as it is, to the last bit. */
interface PackedNumbers {
  readonly values: Counts | Float64Array;
  /** The numbers are tenths of the values, as shares of the time in percent are. */
  readonly inTenths?: true;
}

type Row = Readonly<Record<string, unknown>>;

/**
 * @param rows plain objects of JSON's kinds, alike as far as possible.
 * @param without keys that are left out.
 */
export function packList(rows: readonly object[], ...without: readonly string[]): PackedList {
  const keys = new Set<string>();
  for (const row of rows) for (const key in row) keys.add(key);
  for (const key of without) keys.delete(key);
  return { length: rows.length, columns: [...keys].map((key) => packColumn(key, rows as readonly Row[])) };
}

function packColumn(key: string, rows: readonly Row[]): PackedColumn {
  const numbers = numbersOf(key, rows);
  if (numbers !== undefined) return { key, cells: { kind: 'numbers', ...packNumbers(numbers) } };
  const all = rows.map((row) => row[key]);
  if (!all.includes(undefined)) return { key, cells: packCells(all) };
  const places = [...all.keys()].filter((place) => all[place] !== undefined);
  return { key, rows: new Uint32Array(places), cells: packCells(all.filter((cell) => cell !== undefined)) };
}

/** Most columns hold numbers alone: those need no list in between. */
function numbersOf(key: string, rows: readonly Row[]): Float64Array | undefined {
  const values = new Float64Array(rows.length);
  for (const [place, row] of rows.entries()) {
    const cell = row[key];
    if (typeof cell !== 'number') return undefined;
    values[place] = cell;
  }
  return values;
}

function packCells(cells: readonly unknown[]): PackedCells {
  if (cells.every((cell) => typeof cell === 'number')) {
    return { kind: 'numbers', ...packNumbers(new Float64Array(cells)) };
  }
  if (cells.every((cell) => typeof cell === 'string')) return packWords(cells);
  if (cells.every(isSeries)) return packSeries(cells);
  if (cells.every(isPlainObject)) return { kind: 'objects', list: packList(cells) };
  return { kind: 'values', values: cells };
}

function packWords(cells: readonly string[]): PackedCells {
  const places = new Map<string, number>();
  const values = cells.map((word) => {
    const known = places.get(word) ?? places.size;
    places.set(word, known);
    return known;
  });
  let end = 0;
  const ends = [...places.keys()].map((word) => (end += word.length));
  return {
    kind: 'words',
    text: [...places.keys()].join(''),
    ends: packCounts(ends, end),
    values: packCounts(values, places.size),
  };
}

function packSeries(cells: readonly (readonly number[])[]): PackedCells {
  const starts = new Uint32Array(cells.length + 1);
  cells.forEach((cell, index) => (starts[index + 1] = (starts[index] ?? 0) + cell.length));
  const values = new Float64Array(starts[cells.length] ?? 0);
  cells.forEach((cell, index) => values.set(cell, starts[index]));
  return { kind: 'series', starts, ...packNumbers(values) };
}

function packNumbers(values: Float64Array): PackedNumbers {
  let [areWhole, areTenths, most] = [true, true, 0];
  for (const value of values) {
    const tenths = Math.round(10 * value);
    // -0 is no count: it would come back as 0.
    areTenths &&= tenths / 10 === value && tenths >= 0 && !Object.is(value, -0);
    if (!areTenths) break;
    areWhole &&= tenths % 10 === 0;
    most = Math.max(most, value);
  }
  if (areTenths && areWhole && most < 2 ** 32) return { values: packCounts(values, most) };
  if (areTenths && 10 * most < 2 ** 16) {
    return { values: Uint16Array.from(values, (value) => Math.round(10 * value)), inTenths: true };
  }
  return { values };
}

/** @param values integers from 0 up to `most`. */
export function packCounts(values: ArrayLike<number>, most: number): Counts {
  if (most < 2 ** 8) return Uint8Array.from(values);
  return most < 2 ** 16 ? Uint16Array.from(values) : Uint32Array.from(values);
}

function unpackNumbers({ values, inTenths }: PackedNumbers, from: number, to?: number): number[] {
  const some = values.subarray(from, to);
  return inTenths === true ? Array.from(some, (tenths) => tenths / 10) : Array.from(some);
}

function isSeries(cell: unknown): cell is readonly number[] {
  return Array.isArray(cell) && cell.every((value) => typeof value === 'number');
}

function isPlainObject(cell: unknown): cell is object {
  return typeof cell === 'object' && cell !== null && !Array.isArray(cell);
}

/**
 * The objects from one place up to another; by default all. Equal to those that were packed. What holds lists of
 * numbers is made when it is looked at: that is the bulk of a report, and nearly all of it stays folded away.
 */
export function unpackList({ length, columns }: PackedList, from = 0, to = length): object[] {
  const rows = Array.from({ length: to - from }, (): Record<string, unknown> => ({}));
  for (const { key, rows: places, cells } of columns) {
    const [first, last] = places === undefined ? [from, to] : [placeOf(places, from), placeOf(places, to)];
    const rowOf = (cell: number) => rows[(places?.[cell] ?? cell) - from];
    if (cells.kind === 'objects' && cells.list.columns.some((column) => column.cells.kind === 'series')) {
      for (let cell = first; cell < last; cell++) defineLater(rowOf(cell), key, cells.list, cell);
      continue;
    }
    unpackCells(cells, first, last).forEach((value, index) => {
      const row = rowOf(first + index);
      if (row !== undefined) row[key] = value;
    });
  }
  return rows;
}

function defineLater(row: object | undefined, key: string, list: PackedList, place: number): void {
  if (row === undefined) return;
  let made: unknown;
  const get = (): unknown => (made ??= unpackList(list, place, place + 1)[0]);
  Object.defineProperty(row, key, { get, enumerable: true, configurable: true });
}

/** Where `row` stands, or would stand, in ascending places. */
function placeOf(places: Uint32Array, row: number): number {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((places[middle] ?? 0) < row) low = middle + 1;
    else high = middle;
  }
  return low;
}

function unpackCells(cells: PackedCells, from: number, to: number): readonly unknown[] {
  switch (cells.kind) {
    case 'numbers':
      return unpackNumbers(cells, from, to);
    case 'words':
      return Array.from(cells.values.subarray(from, to), (word) =>
        cells.text.slice(word === 0 ? 0 : cells.ends[word - 1], cells.ends[word]),
      );
    case 'objects':
      return unpackList(cells.list, from, to);
    case 'series':
      return Array.from(cells.starts.subarray(from, to), (start, index) =>
        unpackNumbers(cells, start, cells.starts[from + index + 1]),
      );
    case 'values':
      return cells.values.slice(from, to);
  }
}

/** Whether two lists hold the same, to the last bit. */
export function isSameList(a: PackedList, b: PackedList): boolean {
  return isSame(a, b);
}

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (ArrayBuffer.isView(a) || ArrayBuffer.isView(b)) return isSameBuffer(a, b);
  const [own, others] = [Object.entries(a), Object.entries(b)];
  return (
    Array.isArray(a) === Array.isArray(b) &&
    own.length === others.length &&
    own.every(([key, value]) => isSame(value, (b as Record<string, unknown>)[key]))
  );
}

function isSameBuffer(a: object, b: object): boolean {
  if (a.constructor !== b.constructor) return false;
  const [own, others] = [a as Counts, b as Counts];
  return own.length === others.length && own.every((value, index) => Object.is(value, others[index]));
}
