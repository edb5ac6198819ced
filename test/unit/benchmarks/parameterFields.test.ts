import * as z from 'zod/mini';
import { describe, expect, it } from 'vitest';
import { benchmarkById, catalogue } from '../../../src/benchmarks/catalogue';
import { fieldsOf, problemWith, type Field } from '../../../src/benchmarks/parameterFields';
import { parameter, parameterObject, someOf, wholeNumber } from '../../../src/benchmarks/parameters';

const fieldsById = (id: string) => new Map(fieldsOf(benchmarkById(id)!).map((field) => [field.name, field]));

describe.each(catalogue.map((benchmark) => [benchmark.id, benchmark] as const))(
  'the parameters of %s',
  (_, benchmark) => {
    const fields = fieldsOf(benchmark);

    it('are all there, each with a sentence that ends with a full stop', () => {
      expect(fields.map(({ name }) => name)).toEqual(Object.keys(benchmark.presets.standard));
      for (const { name, description } of fields) expect(description, name).toMatch(/^[A-Z].{10,}\.$/);
    });

    it('have presets that are those of the standard length', () => {
      expect(Object.fromEntries(fields.map(({ name, preset }) => [name, preset]))).toEqual(
        benchmark.presets.standard,
      );
    });

    it('take what their kind offers, and nothing beyond it', () => {
      const accepts = (field: Field, value: Parameters<typeof problemWith>[2]) =>
        problemWith(benchmark, field.name, value) === undefined;
      for (const field of fields) {
        const { type, name } = field;
        if (type.kind === 'number') {
          const { least = Number.NaN, most = Number.NaN, step = 1 } = type;
          expect([accepts(field, least), accepts(field, most)], name).toEqual([true, true]);
          expect([accepts(field, least - step), accepts(field, most + step)], name).toEqual([false, false]);
          expect(accepts(field, least + step / 2), name).toBe(false);
        } else if (type.kind === 'one-of') {
          for (const word of type.words) expect(accepts(field, word), `${name}=${word}`).toBe(true);
          expect(accepts(field, 'something else'), name).toBe(false);
        } else if (type.kind === 'some-of') {
          expect([accepts(field, [...type.words]), accepts(field, []), accepts(field, ['x'])], name).toEqual([
            true,
            true,
            false,
          ]);
        } else {
          expect(accepts(field, field.preset ?? ''), name).toBe(true);
        }
      }
    });
  },
);

describe('a field', () => {
  it('says what its schema says', () => {
    const fields = fieldsById('fio-randread');
    expect(fields.get('seconds')).toEqual({
      name: 'seconds',
      description: 'Measured time, after the ramp.',
      unit: 's',
      preset: 30,
      type: { kind: 'number', least: 2, most: 3600, step: 1 },
    });
    expect(fields.get('engine')?.type).toEqual({
      kind: 'one-of',
      words: ['auto', 'libaio', 'psync', 'io_uring'],
    });
    expect(fieldsById('sqlite').get('inserts')?.type).toMatchObject({ step: 10 });
    expect(fieldsById('unixbench-single').get('tests')?.type.kind).toBe('some-of');
    expect(fieldsById('kernel-build').get('source')?.type).toEqual({ kind: 'text' });
  });

  it('has what can be said of it when the schema says little', () => {
    const parameters = z.strictObject({
      free: z.string(),
      list: z.array(z.string()),
      any: z._default(z.number(), 1),
    });
    const benchmark = { parameters } as unknown as Parameters<typeof fieldsOf>[0];
    expect(fieldsOf(benchmark)).toEqual([
      { name: 'free', description: '', unit: undefined, preset: undefined, type: { kind: 'text' } },
      { name: 'list', description: '', unit: undefined, preset: undefined, type: { kind: 'text' } },
      {
        name: 'any',
        description: '',
        unit: undefined,
        preset: 1,
        type: { kind: 'number', least: undefined, most: undefined, step: undefined },
      },
    ]);
    expect(fieldsOf({ parameters: z.any() })).toEqual([]);
  });
});

describe('a problem with a value', () => {
  it('is told in the words of the schema, and of that parameter only', () => {
    const parameters = parameterObject({
      count: parameter('How many of them.', wholeNumber(1, 9, 3)),
      words: parameter('Which of the words.', someOf(['a', 'b'])),
    });
    const benchmark = { parameters: parameters as unknown as (typeof catalogue)[number]['parameters'] };
    expect(problemWith(benchmark, 'count', 10)).toBe('must be a whole number from 1 to 9');
    expect(problemWith(benchmark, 'count', 'x')).toBe('must be a whole number from 1 to 9');
    expect(problemWith(benchmark, 'count', 9)).toBeUndefined();
    expect(problemWith(benchmark, 'words', ['c'])).toBe('must be a list of any of a, b');
  });
});
