import {
  anyCharacter,
  blanks,
  complement,
  digits,
  setOf,
  setOfCode,
  wordCharacters,
  type CharSet,
} from './charSet';

/** A regular expression that cannot be used; the message is for people. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

export type Assertion = 'start' | 'end' | 'word' | 'notWord';

export type Node =
  | { readonly type: 'set'; readonly set: CharSet }
  | { readonly type: 'assert'; readonly kind: Assertion }
  | { readonly type: 'sequence'; readonly parts: readonly Node[] }
  | { readonly type: 'either'; readonly choices: readonly Node[] }
  | {
      readonly type: 'repeat';
      readonly body: Node;
      readonly least: number;
      readonly most: number;
      readonly greedy: boolean;
    }
  | { readonly type: 'group'; readonly index: number; readonly body: Node };

export interface Syntax {
  readonly root: Node;
  /** How many groups there are that are numbered from 1. */
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
}

const mostRepeats = 1000;
const deepest = 50;

/**
 * Reads a regular expression as ECMAScript writes them, without what cannot be matched in linear time:
 * references back and looking around. @throws PatternError
 */
export function parsePattern(source: string): Syntax {
  return new Parser(source).parse();
}

const classes: Readonly<Record<string, CharSet>> = {
  d: digits,
  D: complement(digits),
  w: wordCharacters,
  W: complement(wordCharacters),
  s: blanks,
  S: complement(blanks),
};
const controls: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, '0': 0 };

class Parser {
  private at = 0;
  private groups = 0;
  private depth = 0;
  private readonly names = new Map<string, number>();

  constructor(private readonly source: string) {}

  parse(): Syntax {
    const root = this.either();
    if (this.at < this.source.length)
      this.fail(this.at, 'this ")" closes nothing; write \\) for the character');
    return { root, groups: this.groups, names: this.names };
  }

  private fail(at: number, why: string): never {
    throw new PatternError(`at character ${at + 1} ("${this.source.slice(at, at + 12)}"): ${why}`);
  }

  private take(text: string): boolean {
    if (!this.source.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source);
    if (found !== null) this.at += found[0].length;
    return found;
  }

  private either(): Node {
    const choices = [this.sequence()];
    while (this.take('|')) choices.push(this.sequence());
    const [only] = choices;
    return choices.length === 1 && only !== undefined ? only : { type: 'either', choices };
  }

  private sequence(): Node {
    const parts: Node[] = [];
    while (this.at < this.source.length && !/[|)]/.test(this.source.charAt(this.at)))
      parts.push(this.repeated());
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { type: 'sequence', parts };
  }

  private repeated(): Node {
    const start = this.at;
    const body = this.atom();
    const range = this.quantifier();
    if (range === undefined) return body;
    const { least, most } = range;
    if (body.type === 'assert' && this.source.charAt(start) !== '(') {
      this.fail(start, 'a place cannot be repeated');
    }
    if (least > most) this.fail(start, 'the numbers of the repetition are in the wrong order');
    if (canBeEmpty(body)) {
      this.fail(start, 'this repeats something that can be empty; let it match at least one character');
    }
    const greedy = !this.take('?');
    const again = this.at;
    if (this.quantifier() !== undefined) this.fail(again, 'this repeats a repetition');
    return { type: 'repeat', body, least, most, greedy };
  }

  private quantifier(): { readonly least: number; readonly most: number } | undefined {
    if (this.take('*')) return { least: 0, most: Infinity };
    if (this.take('+')) return { least: 1, most: Infinity };
    if (this.take('?')) return { least: 0, most: 1 };
    const start = this.at;
    const found = this.match(/\{(\d+)(,(\d*))?\}/y);
    if (found === null) return undefined;
    const least = Number(found[1]);
    const most = found[2] === undefined ? least : found[3] === '' ? Infinity : Number(found[3]);
    if (least > mostRepeats || (most > mostRepeats && most !== Infinity)) {
      this.fail(start, `more than ${mostRepeats} repetitions`);
    }
    return { least, most };
  }

  private atom(): Node {
    const start = this.at;
    if (this.take('(')) return this.group(start);
    if (this.take('[')) return { type: 'set', set: this.characterClass(start) };
    if (this.take('.')) return { type: 'set', set: anyCharacter };
    if (this.take('^')) return { type: 'assert', kind: 'start' };
    if (this.take('$')) return { type: 'assert', kind: 'end' };
    if (this.take('\\b')) return { type: 'assert', kind: 'word' };
    if (this.take('\\B')) return { type: 'assert', kind: 'notWord' };
    if (this.take('\\')) return { type: 'set', set: this.escape(start) };
    if (this.quantifier() !== undefined) {
      this.fail(start, 'there is nothing before it to repeat; write a backslash before it for the character');
    }
    return { type: 'set', set: setOfCode(this.source.charCodeAt(this.at++)) };
  }

  private group(start: number): Node {
    let index: number | undefined;
    if (!this.take('?')) index = ++this.groups;
    else if (!this.take(':')) {
      if (/^(?:<?[=!])/.test(this.source.slice(this.at))) {
        this.fail(
          start,
          'looking ahead or behind is not supported; put what stands around the figure into the expression, and the figure into a group',
        );
      }
      if (this.take('P<')) this.fail(start, 'a named group is written (?<name>…)');
      const name = this.match(/<([A-Za-z_]\w*)>/y)?.[1];
      if (name === undefined)
        this.fail(start, 'this kind of group is not known; known: (…), (?:…), (?<name>…)');
      if (this.names.has(name)) this.fail(start, `a second group of the name "${name}"`);
      index = ++this.groups;
      this.names.set(name, index);
    }
    if (++this.depth > deepest) this.fail(start, `more than ${deepest} groups within each other`);
    const body = this.either();
    if (!this.take(')')) this.fail(start, 'this "(" is not closed; write \\( for the character');
    this.depth--;
    return index === undefined ? body : { type: 'group', index, body };
  }

  /** What stands behind a backslash. */
  private escape(start: number): CharSet {
    const letter = this.source.charAt(this.at++);
    const known = classes[letter];
    if (known !== undefined) return known;
    return setOfCode(this.escapedCode(start, letter));
  }

  private escapedCode(start: number, letter: string): number {
    if (letter === '') this.fail(start, 'a backslash at the end; write two for the character');
    if (/[1-9k]/.test(letter)) this.fail(start, 'a reference back to a group is not supported');
    const control = controls[letter];
    if (control !== undefined) return control;
    const hex =
      letter === 'x' ? this.match(/[0-9A-Fa-f]{2}/y) : letter === 'u' ? this.match(/[0-9A-Fa-f]{4}/y) : null;
    if (hex !== null) return Number.parseInt(hex[0], 16);
    if (/[A-Za-z]/.test(letter)) this.fail(start, `"\\${letter}" is not known or not supported`);
    return letter.charCodeAt(0);
  }

  private characterClass(start: number): CharSet {
    const negated = this.take('^');
    const ranges: (readonly [number, number])[] = [];
    for (;;) {
      if (this.at >= this.source.length)
        this.fail(start, 'this "[" is not closed; write \\[ for the character');
      if (this.take(']')) break;
      const place = this.at;
      const from = this.classMember();
      const isRange =
        this.source.charAt(this.at) === '-' && !['', ']'].includes(this.source.charAt(this.at + 1));
      if (typeof from !== 'number' || !isRange) {
        ranges.push(...(typeof from === 'number' ? setOfCode(from) : from));
        continue;
      }
      this.at++;
      const to = this.classMember();
      if (typeof to !== 'number') ranges.push([from, from], ...setOfCode('-'.charCodeAt(0)), ...to);
      else if (to < from) this.fail(place, 'the ends of the range are in the wrong order');
      else ranges.push([from, to]);
    }
    const set = setOf(...ranges);
    return negated ? complement(set) : set;
  }

  private classMember(): number | CharSet {
    const start = this.at;
    if (!this.take('\\')) return this.source.charCodeAt(this.at++);
    const letter = this.source.charAt(this.at++);
    return classes[letter] ?? (letter === 'b' ? 8 : this.escapedCode(start, letter));
  }
}

/** A text that stands in every match, as long as can be told at once; '' when there is none. */
export function requiredText(node: Node): string {
  const runs: string[] = [''];
  const collect = (part: Node): void => {
    if (part.type === 'sequence') part.parts.forEach(collect);
    else if (part.type === 'group') collect(part.body);
    else if (part.type === 'repeat' && part.least > 0) runs.push(requiredText(part.body), '');
    else if (part.type !== 'assert') {
      const only = part.type === 'set' && part.set.length === 1 ? part.set[0] : undefined;
      if (only === undefined || only[0] !== only[1]) runs.push('');
      else runs.push((runs.pop() ?? '') + String.fromCharCode(only[0]));
    }
  };
  collect(node);
  return runs.reduce((longest, run) => (run.length > longest.length ? run : longest));
}

function canBeEmpty(node: Node): boolean {
  switch (node.type) {
    case 'set':
      return false;
    case 'assert':
      return true;
    case 'sequence':
      return node.parts.every(canBeEmpty);
    case 'either':
      return node.choices.some(canBeEmpty);
    case 'repeat':
      return node.least === 0 || canBeEmpty(node.body);
    case 'group':
      return canBeEmpty(node.body);
  }
}
