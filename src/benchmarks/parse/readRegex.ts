import type { Read } from '../../model/ownBenchmark';
import { linesOf, numberFrom, quoted, type Figure, type Input } from './figures';
import { NoResult } from './judgement';
import { Pattern, type Match } from './pattern';

type RegexRead = Read & { readonly regex: string };

/** Steps of matching: a few seconds' at most for a small expression that has to look at everything. */
const mostSteps = 500_000_000;
const mostMatches = 100_000;

/** The pattern of a metric and the group that holds the figure. @throws PatternError, NoResult */
export function patternOf({ regex, group }: RegexRead): {
  readonly pattern: Pattern;
  readonly group: number;
} {
  const pattern = new Pattern(regex);
  if (group === undefined) return { pattern, group: Math.min(1, pattern.groups) };
  const index = typeof group === 'number' ? group : pattern.names.get(group);
  if (index !== undefined && index <= pattern.groups) return { pattern, group: index };
  const names = [...pattern.names.keys()];
  const known =
    pattern.groups === 0
      ? 'it has none: put the figure into ( )'
      : `it has ${pattern.groups}${names.length === 0 ? '' : ` (named: ${names.join(', ')})`}`;
  throw new NoResult(`has no group ${JSON.stringify(group)} in its expression; ${known}`);
}

/** Every figure that a regular expression finds, line by line. @throws NoResult, PatternError */
export function readRegex(read: RegexRead, input: Input): readonly Figure[] {
  const { pattern, group } = patternOf(read);
  const found = matchesIn(input, pattern);
  const [first, second] = found;
  if (first === undefined) {
    throw new NoResult(
      `expected a line of ${input.name} that matches /${read.regex}/, found none${lastOf(input)}`,
    );
  }
  if (second !== undefined && read.take === undefined) {
    throw new NoResult(
      `/${read.regex}/ matches line ${first.number} ${quoted(first.text)} and ${again(first, second)}${found.length > 2 ? `, ${found.length} times in all` : ''}; expected one match: make it more exact, or add "take": "first", "last" or "mean"`,
    );
  }
  if (input.isCut && read.take !== 'first' && read.take !== 'last') {
    throw new NoResult(
      `${input.name} is so long that its middle was left out; only "take": "first" or "last" can be read from it`,
    );
  }
  const taken = read.take === 'mean' ? found : [read.take === 'last' ? (found.at(-1) ?? first) : first];
  return taken.map(({ number, text, match }) => {
    const span = match.groups[group];
    const where = `line ${number} of ${input.name}`;
    if (span === undefined) {
      throw new NoResult(
        `${where}: group ${JSON.stringify(read.group ?? group)} of /${read.regex}/ took no part in the match; found ${quoted(text)}`,
      );
    }
    const { start, end } = span;
    const value = numberFrom(text.slice(start, end), where);
    return { value, place: { kind: 'line', input: input.name, line: number, text, start, end } };
  });
}

interface FoundMatch {
  readonly number: number;
  readonly text: string;
  readonly match: Match;
}

function matchesIn(input: Input, pattern: Pattern): readonly FoundMatch[] {
  if (pattern.size * input.text.length > mostSteps) {
    throw new NoResult(
      `/${pattern.source}/ is too large for the ${input.text.length} characters of ${input.name}; use smaller numbers of repetitions`,
    );
  }
  const found: FoundMatch[] = [];
  for (const { number, text } of linesOf(input.text)) {
    for (const match of pattern.matches(text)) found.push({ number, text, match });
    if (found.length > mostMatches) {
      throw new NoResult(
        `/${pattern.source}/ matches more than ${mostMatches} times in ${input.name}; make it more exact`,
      );
    }
  }
  return found;
}

function again(first: FoundMatch, second: FoundMatch): string {
  return second.number === first.number ? 'that line again' : `line ${second.number} ${quoted(second.text)}`;
}

function lastOf({ text, name }: Input): string {
  let last: string | undefined;
  for (const line of linesOf(text.slice(-4096))) if (line.text.trim() !== '') last = line.text;
  return last === undefined ? `: ${name} is empty` : `; its last line: ${quoted(last)}`;
}
