import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OverBudget, Pattern, PatternError } from '../../../src/benchmarks/pattern/pattern';

const plenty = () => ({ stepsLeft: 1_000_000 });

/** [start, end] of the whole match and of each group, null for a group that took no part. */
function ours(source: string, line: string) {
  return new Pattern(source)
    .matches(line, plenty())
    .map(({ groups }) => groups.map((span) => (span ? [span.start, span.end] : null)));
}

/** The same by the engine of the language. */
function theirs(source: string, line: string) {
  return [...line.matchAll(new RegExp(source, 'dg'))].map(({ indices }) =>
    [...indices!].map((pair) => pair ?? null),
  );
}

interface Part {
  readonly text: string;
  readonly canBeEmpty: boolean;
}
const plain = (text: string): Part => ({ text, canBeEmpty: false });
/** Expressions as a person may write them; what is repeated cannot be empty, and holds no group of its own. */
const { part } = fc.letrec<{ part: Part; bare: Part }>((tie) => {
  const atom = fc.constantFrom(
    ...[
      'a',
      'b',
      '1',
      '-',
      ' ',
      '.',
      '\\d',
      '\\w',
      '\\s',
      '\\S',
      '[ab]',
      '[^a1]',
      '[a-c\\d]',
      '\\.',
      '[-\\]x]',
    ],
  );
  const places = fc.constantFrom('^', '$', '\\b', '\\B');
  const quantifier = fc.constantFrom(
    '*',
    '+',
    '?',
    '{2}',
    '{1,3}',
    '{0,2}',
    '{2,}',
    '*?',
    '+?',
    '??',
    '{1,3}?',
  );
  const repeated = (inner: fc.Arbitrary<Part>) =>
    fc.tuple(inner, quantifier).map(([{ text, canBeEmpty }, mark]): Part => ({
      text: `(?:${text})${canBeEmpty ? '' : mark}`,
      canBeEmpty: canBeEmpty || /^[*?]|^\{0/.test(mark),
    }));
  const sequence = (inner: fc.Arbitrary<Part>) =>
    fc.array(inner, { minLength: 1, maxLength: 4 }).map((parts): Part => ({
      text: parts.map(({ text }) => text).join(''),
      canBeEmpty: parts.every(({ canBeEmpty }) => canBeEmpty),
    }));
  const either = (inner: fc.Arbitrary<Part>) =>
    fc.tuple(inner, inner).map(([one, other]): Part => ({
      text: `(?:${one.text}|${other.text})`,
      canBeEmpty: one.canBeEmpty || other.canBeEmpty,
    }));
  const bare = fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    atom.map(plain),
    places.map((text) => ({ text, canBeEmpty: true })),
    repeated(tie('bare')),
    sequence(tie('bare')),
    either(tie('bare')),
  );
  return {
    bare,
    part: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      tie('bare'),
      tie('part').map(({ text, canBeEmpty }): Part => ({ text: `(${text})`, canBeEmpty })),
      sequence(tie('part')),
      either(tie('part')),
    ),
  };
});
const line = fc.string({ unit: fc.constantFrom(...'aab1c-. ]x'.split('')), maxLength: 14 });

describe('a pattern', () => {
  it('finds what the regular expression of the language finds', () => {
    let found = 0;
    fc.assert(
      fc.property(part, line, ({ text }, subject) => {
        const expected = theirs(text, subject);
        found += expected.length;
        expect([text, subject, ours(text, subject)]).toEqual([text, subject, expected]);
      }),
      { numRuns: 4_000, seed: 20_130_101 },
    );
    expect(found).toBeGreaterThan(2_000);
  });

  it.each([
    ['score: ([\\d.]+)', 'the score: 12.50 points'],
    ['(?<n>\\d+)/s', '10/s and 20/s'],
    ['^(\\w+)\\s*=\\s*(.*?)$', 'rate = 5.5 MB/s'],
    ['a{,2}', 'a{,2}'],
    ['x}]', 'x}]'],
    ['\\x41\\u0042\\t', 'AB\t'],
    ['[\\b\\n]|é|[à-ü]', 'é à'],
    ['\\S+', 'a\u00a0b\u3000c'],
    ['.', '😀'],
    ['', 'ab'],
    ['|a', 'a'],
  ])('%j in %j', (source, subject) => {
    expect(ours(source, subject)).toEqual(theirs(source, subject));
  });

  it('knows the names of its groups', () => {
    const pattern = new Pattern('(a)(?<rate>b)(?:c)(?<unit>d)');
    expect([pattern.groups, [...pattern.names]]).toEqual([
      3,
      [
        ['rate', 2],
        ['unit', 3],
      ],
    ]);
  });

  it.each([
    ['a(b', 'at character 2 ("(b"): this "(" is not closed'],
    ['a)b', 'at character 2 (")b"): this ")" closes nothing'],
    ['[ab', 'at character 1 ("[ab"): this "[" is not closed'],
    ['a**', 'at character 3 ("*"): this repeats a repetition'],
    ['+a', 'at character 1 ("+a"): there is nothing before it to repeat'],
    ['x|*', 'there is nothing before it to repeat'],
    ['^*', 'a place cannot be repeated'],
    ['(a*)*b', 'at character 1 ("(a*)*b"): this repeats something that can be empty'],
    ['(?:x?|y)?', 'this repeats something that can be empty'],
    ['a{3,2}', 'in the wrong order'],
    ['a{1001}', 'more than 1000 repetitions'],
    ['(?:a{1000}){1000}', 'too large'],
    ['[z-a]', 'at character 2 ("z-a]"): the ends of the range are in the wrong order'],
    ['(?=a)', 'looking ahead or behind is not supported'],
    ['(?<!a)b', 'looking ahead or behind is not supported'],
    ['(?P<n>a)', 'a named group is written (?<name>…)'],
    ['(?i)a', 'this kind of group is not known'],
    ['(?<n>a)(?<n>b)', 'a second group of the name "n"'],
    ['(a)\\1', 'a reference back to a group is not supported'],
    ['\\p{L}', '"\\p" is not known'],
    ['a\\', 'a backslash at the end'],
    ['('.repeat(60), 'more than 50 groups within each other'],
  ])('refuses %j, and says where and why', (source, reason) => {
    expect(() => new Pattern(source)).toThrow(PatternError);
    expect(() => new Pattern(source)).toThrow(reason);
  });

  it.each(['(a+)+$', '(a|a)+$', '(a|aa)+$', '(?:a+a+)+b', '(\\w+\\s?)*x$', '(.+)+b'])(
    'needs steps in proportion to the line, also for %j',
    (source) => {
      const stepsFor = (length: number): number => {
        const budget = { stepsLeft: 100_000_000 };
        new Pattern(source).matches(`xb ${'a'.repeat(length)}!`, budget);
        return 100_000_000 - budget.stepsLeft;
      };
      const short = stepsFor(1_000);
      const long = stepsFor(10_000);
      // A tenfold line: about tenfold work. Trying one way after the other would take 2 to the power of 9000.
      expect(long / short).toBeLessThan(12);
    },
  );

  it('stops when the work that is allowed is used up', () => {
    expect(() => new Pattern('(a|aa)+$').matches('a'.repeat(1_000), { stepsLeft: 500 })).toThrow(OverBudget);
  });

  it('takes any text as an expression or refuses it, and never anything else', () => {
    const source = fc.string({
      unit: fc.constantFrom(...'ab1()[]{}|*+?.^$\\-,:=<>!ndk'.split('')),
      maxLength: 12,
    });
    let taken = 0;
    fc.assert(
      fc.property(source, line, (text, subject) => {
        let pattern: Pattern;
        try {
          pattern = new Pattern(text);
        } catch (error) {
          expect(error).toBeInstanceOf(PatternError);
          return;
        }
        taken++;
        // What is taken means what it means in the language.
        expect([
          text,
          subject,
          pattern.matches(subject, plenty()).map(({ start, end }) => [start, end]),
        ]).toEqual([text, subject, theirs(text, subject).map(([whole]) => whole)]);
      }),
      { numRuns: 4_000, seed: 20_130_101 },
    );
    expect(taken).toBeGreaterThan(400);
  });
});
