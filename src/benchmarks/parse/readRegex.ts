import type { Read } from '../../model/ownBenchmark';
import { linesOf, numberFrom, quoted, requireFew, type Figure, type Input } from './figures';
import { NoResult } from './judgement';
import { Pattern, type Match } from './pattern';

type RegexRead = Read & { readonly regex: string };

/** Of the size of an expression times the length of its text: what even an unusual expression does in seconds. */
const mostSteps = 500_000_000;
/**
 * Steps of all expressions of an output together, each about 15 ns: half a second. An output whose every line
 * matches has a few hundred KiB of them; with `take` of `first` or `last` one matching line is looked at only.
 */
const mostWork = 30_000_000;
/** What a line costs beside its characters, in steps for each state of an expression. */
const stepsPerLook = 16;
const mostMatches = 100_000;
/** Matches that are counted where only one may be. */
const mostCounted = 1_000;

/** What the expressions of a benchmark have done on one output, and what they may do. */
export class MatchingWork {
  private steps = 0;

  /** @throws NoResult when it is more than an output may take. */
  add(steps: number, { source }: Pattern, { name }: Input): void {
    this.steps += steps;
    if (this.steps > mostWork) {
      throw new NoResult(
        `/${source}/ was stopped: too much of ${name} looks like a match; make it more exact, add "take": "first" or "last", or let the command print less`,
      );
    }
  }
}

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
export function readRegex(
  read: RegexRead,
  input: Input,
  work: MatchingWork = new MatchingWork(),
): readonly Figure[] {
  const { pattern, group } = patternOf(read);
  const found = matchesIn(input, pattern, read.take, work);
  const [first, second] = found;
  if (first === undefined) {
    throw new NoResult(
      `expected a line of ${input.name} that matches /${read.regex}/, found none${lastOf(input)}`,
    );
  }
  if (second !== undefined && read.take === undefined) {
    throw new NoResult(
      `/${read.regex}/ matches line ${first.number} ${quoted(first.text)} and ${again(first, second)}${timesInAll(found.length)}; expected one match: make it more exact, or add "take": "first", "last" or "mean"`,
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

/** The matches that are needed: the first or the last one, or all, in their order. @throws NoResult */
function matchesIn(
  input: Input,
  pattern: Pattern,
  take: RegexRead['take'],
  work: MatchingWork,
): readonly FoundMatch[] {
  if (pattern.size * input.text.length > mostSteps) {
    throw new NoResult(
      `/${pattern.source}/ is too large for the ${input.text.length} characters of ${input.name}; use smaller numbers of repetitions`,
    );
  }
  const onLook = (characters: number) => work.add(pattern.size * (characters + stepsPerLook), pattern, input);
  const most = take === 'first' ? 1 : take === undefined ? mostCounted + 1 : mostMatches + 1;
  const found: FoundMatch[] = [];
  const addFrom = ({ number, text }: InputLine): void => {
    for (const match of pattern.each(text, onLook)) {
      found.push({ number, text, match });
      if (found.length >= most) break;
    }
  };
  let last: InputLine | undefined;
  for (const line of matchingLines(input, pattern, work)) {
    if (take === 'last') last = line;
    else addFrom(line);
    if (found.length >= most) break;
  }
  if (last !== undefined) addFrom(last);
  if (found.length > mostMatches) {
    throw new NoResult(
      `/${pattern.source}/ matches more than ${mostMatches} times in ${input.name}; make it more exact`,
    );
  }
  return found;
}

interface InputLine {
  readonly number: number;
  readonly text: string;
}

function* matchingLines(input: Input, pattern: Pattern, work: MatchingWork): Generator<InputLine> {
  // A file of empty lines has more of them than anything else of its length.
  const takesEmpty = pattern.isIn('');
  for (const line of linesOf(input.text)) {
    requireFew(line.number, input);
    const { length } = line.text;
    if (length === 0 && !takesEmpty) continue;
    work.add(length / 8 + stepsPerLook, pattern, input);
    if (pattern.isIn(line.text)) yield line;
  }
}

function timesInAll(count: number): string {
  if (count > mostCounted) return `, more than ${mostCounted} times in all`;
  return count > 2 ? `, ${count} times in all` : '';
}

function again(first: FoundMatch, second: FoundMatch): string {
  return second.number === first.number ? 'that line again' : `line ${second.number} ${quoted(second.text)}`;
}

function lastOf({ text, name }: Input): string {
  let last: string | undefined;
  for (const line of linesOf(text.slice(-4096))) if (line.text.trim() !== '') last = line.text;
  return last === undefined ? `: ${name} is empty` : `; its last line: ${quoted(last)}`;
}
