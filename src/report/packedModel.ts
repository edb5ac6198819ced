import { packList, unpackList, type PackedList } from './packedList';
import type { GuestSamples, MetricComparison, Pair, ReportModel, ReportTrial, Sample } from './shape';

/** The long lists of a model, apart from it: those of the metrics one after the other. */
export interface PackedLists {
  readonly trials: PackedList;
  /** Without their samples. */
  readonly guests: PackedList;
  /** Without their pairs. */
  readonly comparisons: PackedList;
  readonly samples: PackedList;
  readonly pairs: PackedList;
}

/** A model as it is sent: its long lists are empty, and say in `lengths` how many they were. */
export interface PackedModel {
  readonly model: ReportModel;
  readonly lists: PackedLists;
  /** By metric: of the samples of each of its guests, and of the pairs of each of its comparisons. */
  readonly lengths: readonly PackedLengths[];
}

interface PackedLengths {
  readonly samples: readonly number[];
  readonly pairs: readonly number[];
}

/** Takes the long lists out of a model, so that it can be sent in a moment however many trials it has. */
export function packModel(model: ReportModel): PackedModel {
  const { metrics, trials } = model;
  const samples: Sample[] = [];
  const pairs: Pair[] = [];
  for (const metric of metrics) {
    for (const guest of metric.guests) for (const sample of guest.samples) samples.push(sample);
    for (const comparison of metric.comparisons) for (const pair of comparison.pairs) pairs.push(pair);
  }
  return {
    model: {
      ...model,
      trials: [],
      metrics: metrics.map((metric) => ({
        ...metric,
        guests: [],
        comparisons: [],
      })),
    },
    lists: {
      trials: packList(trials),
      guests: packList(
        metrics.flatMap(({ guests }) => guests),
        'samples',
      ),
      comparisons: packList(
        metrics.flatMap(({ comparisons }) => comparisons),
        'pairs',
      ),
      samples: packList(samples),
      pairs: packList(pairs),
    },
    lengths: metrics.map(({ guests, comparisons }) => ({
      samples: guests.map((guest) => guest.samples.length),
      pairs: comparisons.map((comparison) => comparison.pairs.length),
    })),
  };
}

/** The model that was packed. The lists of a metric are made when they are first looked at: a page shows few at once. */
export function unpackModel({ model, lists, lengths }: PackedModel): ReportModel {
  const samples = ranges(lists.samples);
  const pairs = ranges(lists.pairs);
  const [guests, comparisons] = [unpackList(lists.guests), unpackList(lists.comparisons)];
  let [firstGuest, firstComparison] = [0, 0];
  return {
    ...model,
    trials: unpackList(lists.trials) as ReportTrial[],
    metrics: model.metrics.map((metric, index) => {
      const own = lengths[index] ?? { samples: [], pairs: [] };
      return {
        ...metric,
        guests: own.samples.map((length) =>
          withList(guests[firstGuest++] as GuestSamples, 'samples', samples(length) as () => Sample[]),
        ),
        comparisons: own.pairs.map((length) =>
          withList(
            comparisons[firstComparison++] as MetricComparison,
            'pairs',
            pairs(length) as () => Pair[],
          ),
        ),
      };
    }),
  };
}

/** Cuts a list into pieces from its beginning on, each of which is unpacked when it is asked for. */
function ranges(list: PackedList): (length: number) => () => object[] {
  let next = 0;
  return (length) => {
    const from = next;
    next += length;
    return () => unpackList(list, from, from + length);
  };
}

function withList<T extends object, K extends keyof T>(object: T, key: K, make: () => T[K]): T {
  let made: T[K] | undefined;
  return Object.defineProperty(object, key, {
    get: () => (made ??= make()),
    enumerable: true,
    configurable: true,
  });
}
