import type { Random } from './random';

/** Longest input of the short kind, in characters. */
const longest = 6000;

/** What parsers of any kind stumble over. */
const tokens: readonly string[] = [
  '',
  '\n',
  '\r\n',
  '\r',
  '\0',
  '\t',
  ' ',
  '{',
  '}',
  '[',
  ']',
  '[[',
  '{"a":',
  '<a>',
  '</a>',
  '<!--',
  ']]>',
  '&#0;',
  '&#x110000;',
  '"',
  '""',
  "'",
  '\\',
  ',',
  ':',
  ';',
  '=',
  '|',
  '/',
  '->',
  '%',
  '0',
  '-0',
  '-1',
  '1e999',
  '1e-999',
  '99999999999999999999',
  '9007199254740993',
  'NaN',
  'Infinity',
  '0x10',
  '1,5',
  '\ufeff',
  '\ufffd',
  '\ud800',
  '\udc00\ud800',
  '\u202e',
  '\u2028',
  '\u001b[2J',
  '\u00e4',
  '\u{1f4a9}',
  '__proto__',
  'constructor',
  'null',
  'true',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '](command:x)',
  '=1+1',
  '$(id)',
  '../',
];

type Change = (text: string, random: Random, context: Context) => string;

interface Context {
  readonly seeds: readonly string[];
  readonly words: readonly string[];
}

/** A stretch of the text, mostly short. */
function stretch(text: string, random: Random): readonly [number, number] {
  const from = random.int(text.length + 1);
  const length = random.int(random.int(4) === 0 ? text.length + 1 : Math.min(40, text.length + 1));
  return [from, Math.min(text.length, from + length)];
}

const token = (random: Random, { words }: Context): string =>
  words.length > 0 && random.int(2) === 0 ? random.pick(words) : random.pick(tokens);

function noise(random: Random): string {
  const below = random.pick([128, 128, 256, 0x3000, 0x10000]);
  return String.fromCharCode(...Array.from({ length: 1 + random.int(8) }, () => random.int(below)));
}

/** A line, from the character after its start's newline to its own newline included. */
function lineAt(text: string, at: number): readonly [number, number] {
  const from = text.lastIndexOf('\n', Math.max(0, at - 1)) + 1;
  const end = text.indexOf('\n', at);
  return [Math.min(from, at), end < 0 ? text.length : end + 1];
}

const changes: readonly Change[] = [
  // Cut at the end, and at the beginning.
  (text, random) => text.slice(0, random.int(text.length + 1)),
  (text, random) => text.slice(random.int(Math.min(200, text.length + 1))),
  // A stretch lost, doubled, moved.
  (text, random) => {
    const [from, to] = stretch(text, random);
    return text.slice(0, from) + text.slice(to);
  },
  (text, random) => {
    const [from, to] = stretch(text, random);
    return text.slice(0, to) + text.slice(from);
  },
  (text, random) => {
    const [from, to] = stretch(text, random);
    const at = random.int(from + 1);
    return text.slice(0, at) + text.slice(from, to) + text.slice(at, from) + text.slice(to);
  },
  // A stretch over and over.
  (text, random) => {
    const [from, to] = stretch(text, random);
    const piece = text.slice(from, Math.min(to, from + 60));
    return text.slice(0, from) + piece.repeat(2 + random.int(40)) + text.slice(to);
  },
  // A word of the format, or one nobody expects; nested deeply, now and then.
  (text, random, context) => {
    const at = random.int(text.length + 1);
    return text.slice(0, at) + token(random, context) + text.slice(at);
  },
  (text, random, context) => {
    const [from, to] = stretch(text, random);
    return text.slice(0, from) + token(random, context) + text.slice(to);
  },
  (text, random, context) => {
    const at = random.int(text.length + 1);
    return text.slice(0, at) + token(random, context).repeat(1 + random.int(300)) + text.slice(at);
  },
  // Bits of a character turned over, and noise.
  (text, random) => {
    const at = random.int(text.length + 1);
    const code = ((text.charCodeAt(at) || 32) ^ (1 << random.int(8))) & 0xffff;
    return text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
  },
  (text, random) => {
    const at = random.int(text.length + 1);
    return text.slice(0, at) + noise(random) + text.slice(at + random.int(4));
  },
  // A number changed.
  (text, random) => {
    const at = random.int(text.length + 1);
    const found = /\d+/.exec(text.slice(at, at + 200));
    if (found === null) return text;
    const from = at + found.index;
    const number = random.pick(['0', '1', '-1', '1e308', '18446744073709551616', `${random.int(1e6)}`, '']);
    return text.slice(0, from) + number + text.slice(from + found[0].length);
  },
  // A line lost, doubled, and the rest of another input.
  (text, random) => {
    const [from, to] = lineAt(text, random.int(text.length + 1));
    return text.slice(0, from) + text.slice(to);
  },
  (text, random) => {
    const [from, to] = lineAt(text, random.int(text.length + 1));
    return text.slice(0, to) + text.slice(from, to) + text.slice(to);
  },
  (text, random, { seeds }) => {
    const other = random.pick(seeds);
    return text.slice(0, random.int(text.length + 1)) + other.slice(random.int(other.length + 1));
  },
];

/** A damaged input, at most a few thousand characters long. */
export function damaged(random: Random, seeds: readonly string[], words: readonly string[]): string {
  const context = { seeds, words };
  let text = random.pick(seeds);
  for (let left = 1 + random.int(4); left > 0; left--) {
    text = random.pick(changes)(text, random, context);
    if (text.length > longest) text = text.slice(0, longest);
  }
  return text;
}

/** An input that repeats one piece: what a reader does more than once for each character shows in its time. */
export interface Pump {
  readonly head: string;
  readonly unit: string;
  readonly tail: string;
}

export function pump(random: Random, seeds: readonly string[], words: readonly string[]): Pump {
  const text = random.pick(seeds);
  const [from] = stretch(text, random);
  const line = lineAt(text, from);
  const inWords = (): string =>
    [1, 2, 3]
      .map(() => token(random, { seeds, words }))
      .join('')
      .slice(0, 40) || ' ';
  const piece = text.slice(from, from + 1 + random.int(24));
  const units = [piece, text.slice(...line), inWords(), random.pick(tokens), noise(random).slice(0, 2)];
  const unit = random.pick(units) || ' ';
  const cut = random.int(3);
  return {
    head: cut === 0 ? '' : text.slice(0, from),
    unit,
    tail: cut === 2 ? text.slice(from) : random.pick(['', '\n', random.pick(tokens)]),
  };
}

/** The pump with its unit repeated until the whole has about so many characters. */
export function pumped({ head, unit, tail }: Pump, length: number): string {
  return head + unit.repeat(Math.max(1, Math.ceil(length / unit.length))) + tail;
}
