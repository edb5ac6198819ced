import { RE2JS } from 're2js';

/** A place in a text: `end` is behind its last character. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Match {
  /** By number, from 0: the whole match; undefined: the group took no part. */
  readonly groups: readonly (Span | undefined)[];
}

/** An expression that cannot be used; the message says why. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

/** Of `Pattern.size`. A larger expression could be matched with no output of the length benchmarks have. */
const mostSize = 10_000;

/** A regular expression of a person, in RE2's syntax: its time grows with the length of the text and no faster. */
export class Pattern {
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
  /** States to be in at once, at most: what a character can take, counted in steps. */
  readonly size: number;
  private readonly compiled: RE2JS;

  /** @throws PatternError when it cannot be used. */
  constructor(readonly source: string) {
    this.compiled = compile(source);
    this.groups = this.compiled.groupCount();
    this.size = this.compiled.programSize();
    if (this.size > mostSize) {
      throw new PatternError(
        `it is too large (${this.size} steps for a character, at most ${mostSize}); use smaller numbers of repetitions`,
      );
    }
    this.names = new Map(Object.entries(this.compiled.namedGroups()));
  }

  /** Whether a line has a match. Much quicker than `each`, which also finds where the groups are. */
  isIn(line: string): boolean {
    return this.compiled.test(line);
  }

  /** Every match in a line, from left to right, none over another. */
  matches(line: string): readonly Match[] {
    return [...this.each(line)];
  }

  /**
   * Yields what `matches` gives. Each may look at all the rest of the line, so many
   * matches in a long line can take the square of its length.
   * @param onLook is told before each look, with the number of characters that it may look at; it may throw.
   */
  *each(line: string, onLook?: (characters: number) => void): Generator<Match> {
    const matcher = this.compiled.matcher(line);
    let from = 0;
    for (;;) {
      onLook?.(line.length - from);
      if (!matcher.find()) return;
      const groups = Array.from({ length: this.groups + 1 }, (_, group): Span | undefined => {
        const start = matcher.start(group);
        return start < 0 ? undefined : { start, end: matcher.end(group) };
      });
      from = matcher.end();
      yield { groups };
    }
  }
}

function compile(source: string): RE2JS {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    const said =
      error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error);
    throw new PatternError(`${said}${hintFor(source)}`);
  }
}

/** What people know from other engines and RE2 leaves out, since it cannot be matched in linear time. */
function hintFor(source: string): string {
  return /\(\?<?[=!]|\\[1-9]/.test(source)
    ? '; looking ahead or behind and references back to a group are not supported'
    : '';
}
