import { isSameList, packCounts, packList, unpackList, type Counts, type PackedList } from './packedList';
import type {
  GuestSamples,
  MetricComparison,
  MetricReport,
  Pair,
  ReportModel,
  ReportTrial,
  Sample,
} from './shape';

/** The long lists of a model, apart from it: those of the metrics one after the other. */
export interface PackedLists {
  readonly trials: PackedList;
  /** Without their guests and comparisons. */
  readonly metrics: PackedList;
  /** Without their samples. */
  readonly guests: PackedList;
  /** Without their pairs. */
  readonly comparisons: PackedList;
  readonly samples: PackedList;
  readonly pairs: PackedList;
}

/** A model as it is sent: its long lists are empty, and stand apart. */
export interface PackedModel {
  readonly model: ReportModel;
  /** Those that are absent are as they were in the model that was sent before. */
  readonly lists: Partial<PackedLists>;
  readonly lengths: PackedLengths;
}

/** How many there are of each, in the order of the lists. */
interface PackedLengths {
  /** Of each metric. */
  readonly guests: Counts;
  readonly comparisons: Counts;
  /** Of each guest of a metric. */
  readonly samples: Counts;
  /** Of each comparison. */
  readonly pairs: Counts;
}

/**
 * Takes the long lists out of a model, so that it can be sent in a moment however many trials it has.
 * @param known the lists that who gets it has already: another choice of guests leaves most of them as they were.
 */
export function packModel(model: ReportModel, known: Partial<PackedLists> = {}): PackedModel {
  const { metrics } = model;
  const guests = metrics.flatMap((metric) => metric.guests);
  const comparisons = metrics.flatMap((metric) => metric.comparisons);
  return {
    model: { ...model, trials: [], metrics: [] },
    lists: changedLists(known, {
      trials: packList(model.trials),
      metrics: packList(metrics, 'guests', 'comparisons'),
      guests: packList(guests, 'samples'),
      comparisons: packList(comparisons, 'pairs'),
      samples: packList(joined(guests.map(({ samples }) => samples))),
      pairs: packList(joined(comparisons.map(({ pairs }) => pairs))),
    }),
    lengths: {
      guests: lengthsOf(metrics.map((metric) => metric.guests)),
      comparisons: lengthsOf(metrics.map((metric) => metric.comparisons)),
      samples: lengthsOf(guests.map(({ samples }) => samples)),
      pairs: lengthsOf(comparisons.map(({ pairs }) => pairs)),
    },
  };
}

function changedLists(known: Partial<PackedLists>, lists: PackedLists): Partial<PackedLists> {
  const changed = Object.entries(lists).filter(([name, list]) => {
    const before = known[name as keyof PackedLists];
    return before === undefined || !isSameList(before, list as PackedList);
  });
  return Object.fromEntries(changed);
}

/** By hand: `flat` takes several times as long, and there are some hundred thousand. */
function joined<T>(lists: readonly (readonly T[])[]): T[] {
  const all: T[] = [];
  for (const list of lists) for (const item of list) all.push(item);
  return all;
}

function lengthsOf(lists: readonly (readonly unknown[])[]): Counts {
  const lengths = lists.map(({ length }) => length);
  return packCounts(
    lengths,
    lengths.reduce((most, length) => Math.max(most, length), 0),
  );
}

const noList: PackedList = { length: 0, columns: [] };
const pieceRows = 500;

/** A list that is made from its beginning on, at the latest when all of it is asked for. */
class InPieces<T> {
  private readonly made: T[] = [];

  constructor(private readonly list: PackedList) {}

  all(): T[] {
    for (const make of this.pieces()) make();
    return this.made;
  }

  /** What there is still to make. */
  pieces(): (() => void)[] {
    const left = Math.ceil((this.list.length - this.made.length) / pieceRows);
    return Array.from({ length: left }, () => () => this.makeNext());
  }

  private makeNext(): void {
    const from = this.made.length;
    const to = Math.min(from + pieceRows, this.list.length);
    if (from < to) this.made.push(...(unpackList(this.list, from, to) as T[]));
  }
}

/**
 * Makes the models again that were packed, one after the other. Their lists are made when they are first looked at: a
 * page shows few at once.
 */
export class Unpacker {
  private lists: Partial<PackedLists> = {};
  private trials = new InPieces<ReportTrial>(noList);

  unpack({ model, lists, lengths }: PackedModel): ReportModel {
    const { trials } = lists;
    if (trials !== undefined) this.trials = new InPieces(trials);
    const made = this.trials;
    this.lists = { ...this.lists, ...lists };
    const list = (name: keyof PackedLists) => this.lists[name] ?? noList;
    const [samples, pairs] = [
      ranges<Sample>(list('samples'), lengths.samples),
      ranges<Pair>(list('pairs'), lengths.pairs),
    ];
    const guests = (unpackList(list('guests')) as GuestSamples[]).map((guest, index) =>
      withList(guest, 'samples', samples(index)),
    );
    const comparisons = (unpackList(list('comparisons')) as MetricComparison[]).map((comparison, index) =>
      withList(comparison, 'pairs', pairs(index)),
    );
    const [firstGuest, firstComparison] = [startsOf(lengths.guests), startsOf(lengths.comparisons)];
    const metrics = (unpackList(list('metrics')) as MetricReport[]).map((metric, index) => ({
      ...metric,
      guests: guests.slice(firstGuest[index], firstGuest[index + 1]),
      comparisons: comparisons.slice(firstComparison[index], firstComparison[index + 1]),
    }));
    return withList({ ...model, metrics }, 'trials', () => made.all());
  }

  /** To be called one after the other, for the trials to be there when they are looked at: all at once they take long. */
  makeTrials(): readonly (() => void)[] {
    return this.trials.pieces();
  }
}

/** The model that was packed, with its trials. */
export function unpackModel(packed: PackedModel): ReportModel {
  return new Unpacker().unpack(packed);
}

/** The pieces of a list, each of which is unpacked when it is asked for. */
function ranges<T>(list: PackedList, lengths: Counts): (piece: number) => () => T[] {
  const starts = startsOf(lengths);
  return (piece) => once(() => unpackList(list, starts[piece], starts[piece + 1]) as T[]);
}

/** Where each piece begins; at the end, where the last one ends. */
function startsOf(lengths: Counts): number[] {
  let next = 0;
  return [0, ...Array.from(lengths, (length) => (next += length))];
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

function withList<T extends object, K extends keyof T>(object: T, key: K, get: () => T[K]): T {
  return Object.defineProperty(object, key, { get, enumerable: true, configurable: true });
}
