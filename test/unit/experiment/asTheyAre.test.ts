import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import * as z from 'zod/mini';
import { describe, expect, it } from 'vitest';
import { takesAsItIs } from '../../../src/experiment/asTheyAre';
import { eventSchema } from '../../../src/model/experiment';
import { largeExperiment, manyRounds } from '../../bench/largeExperiment';
import { failed, sampleEvents } from './sampleEvents';

const options = eventSchema.def.options;

const lines = [
  ...sampleEvents(),
  failed('a'),
  ...largeExperiment({ ...manyRounds, rounds: 1, metrics: [2, 3], seconds: 3, outputChars: 100 }),
  ...readFileSync('media/samples/xen-4.17-emulated.guestbench', 'utf8').trimEnd().split('\n'),
].map((line) => JSON.parse(typeof line === 'string' ? line : JSON.stringify(line)) as { type: string });

/** Every place in a value, as the keys from the root. */
function placesIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => placesIn(inner, [...path, key]))];
}

/** The value with what stands at a place replaced; undefined takes it out, once it is JSON. */
function replaced(value: unknown, [key, ...rest]: readonly string[], to: unknown): unknown {
  if (key === undefined) return to;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<
    string,
    unknown
  >;
  // As JSON.parse makes it, also where the key is __proto__.
  const inner = Object.hasOwn(copy, key) ? copy[key] : undefined;
  Object.defineProperty(copy, key, {
    value: replaced(inner, rest, to),
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return copy;
}

/** As a number that is too large for JSON.parse. */
const infinity = '1e999';

const strange: readonly unknown[] = [
  ...[undefined, null, true, 0, -1, 0.5, infinity, 2 ** 53, '', 'faster', '2026-02-30T00:00:00Z'],
  ...[[], [0.5], ['x'], {}, { extra: 1 }, { value: 'x' }],
];

describe('the way past the schema', () => {
  it('is open to the many lines of a file, which the schema would only copy', () => {
    for (const type of ['trial-started', 'output', 'trial-finished', 'trial-failed', 'ended']) {
      const takes = options
        .filter((one) => one.def.shape.type.def.values.some((name) => name === type))
        .map(takesAsItIs);
      const own = lines.filter((line) => line.type === type);
      expect(own.length).toBeGreaterThan(0);
      for (const line of own) expect(takes.some((accepts) => accepts(line))).toBe(true);
    }
  });

  it('takes nothing that the schema refuses or changes, whatever is replaced in a line', () => {
    let taken = 0;
    const tried = options.map((schema) => ({ schema, takes: takesAsItIs(schema) }));
    fc.assert(
      fc.property(
        fc.constantFrom(...lines),
        fc.nat(),
        fc.oneof(fc.constantFrom(...strange), fc.jsonValue()),
        fc.constantFrom('', 'unknown', '__proto__', 'constructor'),
        (line, place, to, added) => {
          const places = placesIn(line);
          const path = places[place % places.length] ?? [];
          const made = replaced(line, added === '' ? path : [...path.slice(0, -1), added], to) ?? null;
          const value: unknown = JSON.parse(JSON.stringify(made).replaceAll(`"${infinity}"`, infinity));
          for (const { schema, takes } of tried) {
            if (!takes(value)) continue;
            taken += 1;
            expect(schema.safeParse(value)).toEqual({ success: true, data: value });
          }
        },
      ),
      { numRuns: 5000 },
    );
    expect(taken).toBeGreaterThan(100);
  });

  it('is closed for what it does not know: checks, formats, unions, records, defaults', () => {
    const closed = [
      z.string().check(z.maxLength(3)),
      z.number().check(z.minimum(0)),
      z.url(),
      z.union([z.string(), z.number()]),
      z.record(z.string(), z.string()),
      z._default(z.string(), ''),
      z.pipe(z.string(), z.transform(String)),
      z.coerce.number(),
    ];
    for (const schema of closed) {
      for (const value of ['a', 1, {}, 'https://example.org', undefined])
        expect(takesAsItIs(schema)(value)).toBe(false);
    }
  });

  it('keeps the lines it takes as they are, without a copy, and asks for every key that must be there', () => {
    const takes = takesAsItIs(
      z.object({ a: z.optional(z.boolean()), b: z.nullable(z.int()), c: z.literal('x') }),
    );
    expect(takes({ b: null, c: 'x' })).toBe(true);
    expect(takes({ a: false, b: 3, c: 'x' })).toBe(true);
    expect(
      [{ b: 1.5, c: 'x' }, { c: 'x' }, { b: 1, c: 'y' }, { b: 1, c: 'x', d: 1 }, [], null, 'x'].filter(takes),
    ).toEqual([]);
  });
});
