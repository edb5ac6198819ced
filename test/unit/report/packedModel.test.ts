import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSameList, packList, unpackList } from '../../../src/report/packedList';
import { packModel, unpackModel, Unpacker } from '../../../src/report/packedModel';
import { reportModel } from '../../../src/report/model';
import { catalogue, completed, experiment, pv, pvhvm, withLoad, workload } from './experiments';

const cell: fc.Arbitrary<unknown> = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.double(), { maxLength: 3 }),
  fc.record({ a: fc.integer(), b: fc.string(), c: fc.array(fc.integer()) }, { requiredKeys: ['a'] }),
);
const rows = fc
  .constantFrom(cell, fc.double(), fc.string(), fc.array(fc.double(), { maxLength: 4 }))
  .chain((kind) =>
    fc.array(fc.record({ x: kind, y: kind, z: cell }, { requiredKeys: [] }), { maxLength: 20 }),
  );

describe('a packed list', () => {
  it('gives back what was packed, whole or in part, also after it was sent', () => {
    fc.assert(
      fc.property(rows, fc.nat(20), fc.nat(20), (list, a, b) => {
        const packed = structuredClone(packList(list));
        expect(unpackList(packed)).toEqual(list);
        const [from, to] = [Math.min(a, b, list.length), Math.min(Math.max(a, b), list.length)];
        expect(unpackList(packed, from, to)).toEqual(list.slice(from, to));
      }),
    );
  });

  it('keeps numbers as they are', () => {
    const list = [{ x: -0 }, { x: 2 ** 53 - 1 }, { x: 0.1 + 0.2 }, { x: 5e-324 }];
    expect(unpackList(packList(list))).toEqual(list);
    for (const values of [
      [0, -0],
      [1, NaN],
      [Infinity, 2],
      [0.5, -0.5],
      [2 ** 32, 1],
      [6553.6, 0.1],
    ]) {
      const rows = values.map((x) => ({ x, s: [x, 1] }));
      expect(unpackList(packList(rows))).toEqual(rows);
    }
  });

  it('is the same as another exactly when it holds the same', () => {
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        expect(isSameList(packList(a), structuredClone(packList(a)))).toBe(true);
        const isSame = isSameList(packList(a), packList(b));
        if (isSame) expect(unpackList(packList(b))).toEqual(a);
        const changed = [...a, { x: 'one more' }];
        expect(isSameList(packList(a), packList(changed))).toBe(false);
      }),
    );
    const one = (x: unknown) => packList([{ x }]);
    for (const [a, b] of [
      [0, -0],
      [1, '1'],
      [[1], [1.5]],
      [[1, 2], [[1, 2]]],
      [null, undefined],
      ['ab', 'ac'],
      [{ a: [1, 2] }, { a: [1, 3] }],
      [true, { length: 1 }],
    ]) {
      expect(isSameList(one(a), one(b)), JSON.stringify([a, b])).toBe(false);
    }
    expect(isSameList(one(NaN), one(NaN))).toBe(true);
  });

  it('sends numbers, texts and what is in objects in buffers', () => {
    const { columns } = packList([
      { n: 1, w: 'a', s: [1, 2], o: { n: 1 }, v: null },
      { n: 2, w: 'a', s: [], o: { n: 3 }, v: [true] },
    ]);
    expect(columns.map(({ cells }) => cells.kind)).toEqual([
      'numbers',
      'words',
      'series',
      'objects',
      'values',
    ]);
    expect(columns[1]?.cells).toEqual({
      ...{ kind: 'words', text: 'a' },
      ...{ ends: new Uint8Array([1]), values: new Uint8Array(2) },
    });
  });

  it.each([
    [[0, 7, 255], Uint8Array],
    [[0, 256, 65_535], Uint16Array],
    [[65_536, 2 ** 32 - 1], Uint32Array],
    [[0.1, 99.9, 6553.5], Uint16Array],
    [[0.05, 1], Float64Array],
    [[-1, 1], Float64Array],
    [[2 ** 32, 1], Float64Array],
  ])('takes no more room for %j than they need', (values, kind) => {
    const rows = values.map((x) => ({ x, s: [x] }));
    const packed = packList(rows);
    for (const { cells } of packed.columns) expect(cells).toHaveProperty('values', expect.any(kind));
    expect(unpackList(packed)).toEqual(rows);
  });

  it('keeps tenths as they are, all that a buffer can hold', () => {
    const rows = Array.from({ length: 2 ** 16 }, (_, tenths) => ({ x: tenths / 10 }));
    const packed = packList(rows);
    expect(packed.columns[0]?.cells).toMatchObject({ inTenths: true });
    expect(unpackList(packed)).toEqual(rows);
  });
});

describe('a packed model', () => {
  const model = reportModel(
    [
      withLoad(
        experiment({
          guests: [pv, pvhvm],
          workloads: [
            workload('openssl', 1931, 1.2, 0.004, 6),
            workload('fio-randread', 42_000, 0.9, 0.02, 5),
          ],
          ended: completed,
        }),
        {},
      ),
    ],
    { catalogue },
  );

  it('is the same model when it is unpacked', () => {
    expect(unpackModel(structuredClone(packModel(model)))).toEqual(model);
    expect(unpackModel(packModel(reportModel([], {})))).toEqual(reportModel([], {}));
  });

  it('travels without the lists that were sent before', () => {
    const unpacker = new Unpacker();
    const first = packModel(model);
    const { trials } = unpacker.unpack(structuredClone(first));
    const other = {
      ...model,
      title: 'Another pair',
      metrics: model.metrics.map((metric) => ({
        ...metric,
        comparisons: metric.comparisons.map((comparison) => ({ ...comparison, n: comparison.n + 1 })),
      })),
    };
    const second = packModel(other, first.lists);
    expect(Object.keys(second.lists)).toEqual(['comparisons']);
    const unpacked = unpacker.unpack(structuredClone(second));
    expect(unpacked).toEqual(other);
    expect(unpacked.trials).toBe(trials);
    expect(unpacker.unpack(packModel(model, { ...first.lists, ...second.lists }))).toEqual(model);
    expect(unpacker.unpack(packModel({ ...model, trials: [] }, first.lists)).trials).toEqual([]);
  });

  it('has trials that are made in pieces, or all when they are looked at', () => {
    const many = { ...model, trials: Array.from({ length: 30 }, () => model.trials).flat() };
    for (const pieces of [0, 1, 2, 99]) {
      const unpacker = new Unpacker();
      const unpacked = unpacker.unpack(packModel(many));
      const make = unpacker.makeTrials();
      expect(make.length).toBeGreaterThan(1);
      for (const piece of make.slice(0, pieces)) piece();
      expect(unpacker.makeTrials()).toHaveLength(Math.max(0, make.length - pieces));
      expect(unpacked.trials).toEqual(many.trials);
      for (const piece of make) piece();
      expect(unpacked.trials).toHaveLength(many.trials.length);
      expect(unpacker.makeTrials()).toEqual([]);
    }
  });

  it('travels without its long lists, and makes those of a metric once', () => {
    const packed = packModel(model);
    expect([packed.model.trials, packed.model.metrics]).toEqual([[], []]);
    expect(JSON.stringify(packed.model).length).toBeLessThan(JSON.stringify(model).length / 2);
    const guest = unpackModel(packed).metrics[0]?.guests[0];
    expect(guest?.samples.length).toBeGreaterThan(0);
    expect(guest?.samples).toBe(guest?.samples);
  });
});
