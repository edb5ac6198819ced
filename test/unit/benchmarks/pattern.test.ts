import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pattern, PatternError } from '../../../src/benchmarks/parse/pattern';

/** [start, end] of the whole match and of each group, null for a group that took no part. */
function found(source: string, line: string) {
  return new Pattern(source)
    .matches(line)
    .map(({ groups }) => groups.map((span) => (span ? [span.start, span.end] : null)));
}

/** The same by the engine of the language. */
function expected(source: string, line: string) {
  return [...line.matchAll(new RegExp(source, 'dg'))].map(({ indices }) =>
    [...indices!].map((pair) => pair ?? null),
  );
}

describe('a pattern', () => {
  it.each([
    ['score: ([\\d.]+)', 'the score: 12.50 points'],
    ['(?<n>\\d+)/s', '10/s and 20/s'],
    ['^(\\w+)\\s*=\\s*(.*?)$', 'rate = 5.5 MB/s'],
    ['(a)|(b)', 'ab'],
    ['\\x41\\t', 'A\t'],
    ['é|[à-ü]', 'é à'],
    ['', 'ab'],
  ])('%j in %j finds what is expected of it', (source, line) => {
    expect(found(source, line)).toEqual(expected(source, line));
  });

  it('knows the names of its groups', () => {
    const { groups, names } = new Pattern('(a)(?<rate>b)(?:c)(?<unit>d)');
    expect([groups, [...names]]).toEqual([
      3,
      [
        ['rate', 2],
        ['unit', 3],
      ],
    ]);
  });

  it.each([
    ['a(b', 'missing closing )'],
    ['[z-a]', 'invalid character class range'],
    ['+a', 'missing argument to repetition'],
    ['(?:a{1000}){1000}', 'invalid repeat count'],
    ['(?:a{1000})'.repeat(20), 'it is too large (20002 steps for a character, at most 10000)'],
    ['(?=a)', 'looking ahead or behind and references back to a group are not supported'],
    ['(a)\\1', 'looking ahead or behind and references back to a group are not supported'],
  ])('refuses %j, and says why', (source, reason) => {
    expect(() => new Pattern(source)).toThrow(PatternError);
    expect(() => new Pattern(source)).toThrow(reason);
  });

  it.each(['(a+)+$', '(a|aa)+$', '(?:a+a+)+b', '(\\w+\\s?)*x$'])(
    'of %j comes to its end on a line that others never finish',
    (source) => {
      expect(found(source, `xb ${'a'.repeat(5_000)}!`)).toEqual([]);
    },
  );

  it('takes any text as an expression or refuses it, and never anything else', () => {
    const source = fc.string({
      unit: fc.constantFrom(...'ab1()[]{}|*+?.^$\\-,:=<>!ndk'.split('')),
      maxLength: 12,
    });
    let taken = 0;
    fc.assert(
      fc.property(source, fc.string({ maxLength: 14 }), (text, line) => {
        let pattern: Pattern;
        try {
          pattern = new Pattern(text);
        } catch (error) {
          expect(error).toBeInstanceOf(PatternError);
          return;
        }
        taken++;
        for (const { groups } of pattern.matches(line)) {
          expect(groups[0]!.start).toBeGreaterThanOrEqual(0);
          expect(groups[0]!.end).toBeLessThanOrEqual(line.length);
        }
      }),
      { numRuns: 3_000, seed: 20_130_101 },
    );
    expect(taken).toBeGreaterThan(500);
  });
});
