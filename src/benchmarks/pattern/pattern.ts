import { CharTest, wordCharacters } from './charSet';
import { compile, firstCharacters, type Step } from './program';
import { parsePattern, requiredText, type Assertion } from './syntax';

export { PatternError } from './syntax';

/** A place in a text: `end` is behind its last character. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Match extends Span {
  /** By number, from 0: the whole match; undefined: the group took no part. */
  readonly groups: readonly (Span | undefined)[];
}

/** How much work is allowed; it is used up over several lines. */
export interface Budget {
  stepsLeft: number;
}

/** The work that was allowed is used up. */
export class OverBudget extends Error {
  override readonly name = 'OverBudget';
}

const isWord = new CharTest(wordCharacters);

/**
 * A regular expression whose time grows with the length of the text and no faster, whatever the expression: all ways
 * of matching are followed side by side, never one after the other. Of ECMAScript's syntax it knows what needs no
 * looking around and no references back.
 */
export class Pattern {
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
  private readonly steps: readonly Step[];
  /** Lines without it are passed over. */
  private readonly required: string;
  /** Where a match can begin; undefined: anywhere. */
  private readonly first: CharTest | undefined;
  private readonly nothingSaved: readonly number[];
  private readonly threads: readonly [Threads, Threads];

  /** @throws PatternError when it cannot be used. */
  constructor(readonly source: string) {
    const syntax = parsePattern(source);
    this.groups = syntax.groups;
    this.names = syntax.names;
    this.steps = compile(syntax);
    this.required = requiredText(syntax.root);
    const first = firstCharacters(this.steps);
    this.first = first === undefined ? undefined : new CharTest(first);
    this.nothingSaved = new Array<number>(2 * (syntax.groups + 1)).fill(-1);
    this.threads = [new Threads(this.steps.length), new Threads(this.steps.length)];
  }

  /** Every match in a line, from left to right, none over another. @throws OverBudget */
  matches(line: string, budget: Budget): readonly Match[] {
    const found: Match[] = [];
    if (!line.includes(this.required)) return found;
    for (let from = 0; from <= line.length;) {
      const match = this.find(line, from, budget);
      if (match === undefined) break;
      found.push(match);
      from = match.end > match.start ? match.end : match.end + 1;
    }
    return found;
  }

  /** The leftmost match at or behind `from`; of several there, the one a person expects of greedy and lazy. */
  private find(line: string, from: number, budget: Budget): Match | undefined {
    let [now, next] = this.threads;
    now.clear();
    let best: readonly number[] | undefined;
    for (let at = from; ; at++) {
      if (best === undefined) {
        if (now.count === 0) {
          at = this.nextStart(line, at);
          if (at > line.length) return undefined;
        }
        this.follow(now, 0, this.nothingSaved.with(0, at), line, at, budget);
      }
      if (now.count === 0 && best !== undefined) break;
      const unit = line.charCodeAt(at);
      next.clear();
      for (let index = 0; index < now.count; index++) {
        const place = now.places[index] ?? 0;
        const saved = now.saved[index] ?? this.nothingSaved;
        const step = this.steps[place];
        if (step?.type === 'found') {
          best = saved.with(1, at);
          break;
        }
        if (at < line.length && step?.type === 'character' && step.test.has(unit)) {
          this.follow(next, place + 1, saved, line, at + 1, budget);
        }
      }
      [now, next] = [next, now];
      if (at >= line.length) break;
    }
    return best === undefined ? undefined : matchOf(best);
  }

  private nextStart(line: string, from: number): number {
    if (this.first === undefined) return from;
    let at = from;
    while (at < line.length && !this.first.has(line.charCodeAt(at))) at++;
    return at < line.length ? at : line.length + 1;
  }

  /** Adds the threads that stand at a character, or at the end, when `place` is reached. */
  private follow(
    threads: Threads,
    place: number,
    saved: readonly number[],
    line: string,
    at: number,
    budget: Budget,
  ): void {
    if (--budget.stepsLeft < 0) throw new OverBudget();
    if (!threads.mark(place)) return;
    const step = this.steps[place];
    switch (step?.type) {
      case 'character':
      case 'found':
        threads.add(place, saved);
        break;
      case 'jump':
        this.follow(threads, step.to, saved, line, at, budget);
        break;
      case 'fork':
        this.follow(threads, step.first, saved, line, at, budget);
        this.follow(threads, step.second, saved, line, at, budget);
        break;
      case 'save':
        this.follow(threads, place + 1, saved.with(step.slot, at), line, at, budget);
        break;
      case 'assert':
        if (holds(step.kind, line, at)) this.follow(threads, place + 1, saved, line, at, budget);
        break;
      case undefined:
        break;
    }
  }
}

function holds(kind: Assertion, line: string, at: number): boolean {
  if (kind === 'start') return at === 0;
  if (kind === 'end') return at === line.length;
  const before = at > 0 && isWord.has(line.charCodeAt(at - 1));
  const behind = at < line.length && isWord.has(line.charCodeAt(at));
  return (before !== behind) === (kind === 'word');
}

function matchOf(saved: readonly number[]): Match {
  const groups = Array.from({ length: saved.length / 2 }, (_, index): Span | undefined => {
    const [start = -1, end = -1] = saved.slice(2 * index, 2 * index + 2);
    return start < 0 || end < 0 ? undefined : { start, end };
  });
  const [start = 0, end = 0] = saved;
  return { start, end, groups };
}

/** Threads in the order of preference; each step of the program is in it once at most. */
class Threads {
  count = 0;
  readonly places: Int32Array;
  readonly saved: (readonly number[])[] = [];
  private readonly marks: Uint32Array;
  private round = 1;

  constructor(size: number) {
    this.places = new Int32Array(size);
    this.marks = new Uint32Array(size);
  }

  clear(): void {
    this.count = 0;
    this.round++;
  }

  /** False when the step was reached before. */
  mark(place: number): boolean {
    if (this.marks[place] === this.round) return false;
    this.marks[place] = this.round;
    return true;
  }

  add(place: number, saved: readonly number[]): void {
    this.places[this.count] = place;
    this.saved[this.count] = saved;
    this.count++;
  }
}
