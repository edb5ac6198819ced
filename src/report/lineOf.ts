/** A figure of a trial, as far as it helps to find it in what the trial printed. */
export interface SoughtFigure {
  readonly id: string;
  readonly value: number;
  readonly unit: string;
  readonly title?: string | undefined;
}

/** Where a number stands in a text: `start` and `end` count characters of its line from 0. */
export interface FigurePlace {
  /** From 1. */
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

/** A printed number that can be the figure. */
interface Candidate {
  readonly at: number;
  readonly text: string;
  readonly digits: number;
  readonly scale: number;
}

/** What a printed number may have to be multiplied by: prefixes of units, both kinds of kilo, minutes. */
const scales = [1, 1e3, 1e-3, 1e6, 1e-6, 1e9, 1024, 1024 ** 2, 1024 ** 3, 60];
/** Numbers that are part of a word or a path (`sha256`, `v1.2`) are no figures. */
const plainNumber = /(?<![\w.])[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const groupedNumber = /(?<![\w.])[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?/g;
/** A printed number is the figure rounded if it is at least that exact. */
const coarsest = 1e-3;
/** So many digits that two such numbers are hardly the same by chance. */
const tellingDigits = 3;
/** Where a figure as plain as 1 stands on more places, the last ones are looked at. */
const mostCandidates = 5000;
/** With fewer digits: two words of the figure's name, or the number in it, are in the line. */
const strongEvidence = 2;

/**
 * Where the figure of a measurement stands in a text that a tool printed: as the tool wrote it (rounded, with
 * separators, in another multiple of its unit). Of several places the one whose line has most words of the
 * figure's name and its unit is taken, and among equals the last, for summaries come at the end.
 * Undefined: it stands nowhere, or in places that cannot be told apart.
 */
export function lineOf(text: string, figure: SoughtFigure): FigurePlace | undefined {
  const candidates = candidatesIn(text, figure.value);
  if (candidates.length === 0) return undefined;
  const words = wordsOf(figure);
  const rated = candidates.map((candidate) => ({ candidate, ...rate(text, candidate, words) }));
  const best = Math.max(...rated.map(({ score }) => score));
  const equals = rated.filter(({ score }) => score === best);
  const last = equals.at(-1);
  if (last === undefined) return undefined;
  const { candidate, evidence } = last;
  const isTelling = candidate.digits >= tellingDigits || evidence >= strongEvidence;
  if (!isTelling && (candidate.digits < 2 || isElsewhere(rated))) return undefined;
  const start = candidate.at - last.lineStart;
  return { line: lineNumber(text, last.lineStart), start, end: start + candidate.text.length };
}

const isElsewhere = (rated: readonly Rating[]): boolean =>
  rated.some(({ lineStart }) => lineStart !== rated[0]?.lineStart);

function candidatesIn(text: string, value: number): readonly Candidate[] {
  const found: Candidate[] = [];
  for (const pattern of [plainNumber, groupedNumber]) {
    for (const match of text.matchAll(pattern)) {
      const [printed] = match;
      const scale = scaleOf(printed.replaceAll(',', ''), value);
      if (scale === undefined) continue;
      found.push({ at: match.index, text: printed, digits: digitsOf(printed), scale });
    }
  }
  return found.sort((a, b) => a.at - b.at).slice(-mostCandidates);
}

/** By what the printed number is to be multiplied to be the value; undefined: it is another number. */
function scaleOf(printed: string, value: number): number | undefined {
  const number = Number(printed);
  if (number === 0 || value === 0) return number === value ? 1 : undefined;
  const size = Math.abs(value / number);
  // Most numbers of a text are ruled out here.
  const near = scales.find((scale) => Math.abs(size / scale - 1) < 0.6 * coarsest);
  if (near === undefined) return number === value ? 1 : undefined;
  const [, decimals = '', exponent = '0'] = /^[^.eE]*(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(printed) ?? [];
  const halfDigit = 0.5 * 10 ** (Number(exponent) - decimals.length) * near;
  const off = Math.abs(value - number * near);
  if (off <= Math.abs(value) * 1e-9)
    return near === 1 || digitsOf(printed) > tellingDigits ? near : undefined;
  const isRounded = halfDigit <= coarsest * Math.abs(value) && off <= halfDigit * 1.000001;
  return isRounded && digitsOf(printed) > (near === 1 ? 2 : tellingDigits) ? near : undefined;
}

/** Digits that say something: without leading zeros, exponent and separators. */
function digitsOf(printed: string): number {
  return printed
    .replace(/[eE].*$/, '')
    .replace(/\D/g, '')
    .replace(/^0+/, '').length;
}

interface Words {
  readonly names: ReadonlySet<string>;
  /** Numbers that are part of the name: key sizes, percentiles. */
  readonly numbers: ReadonlySet<number>;
  readonly units: ReadonlySet<string>;
}

const fillers = new Set(['per', 'of', 'the', 'and', 'in', 'by', 'with', 'using', 'time']);

/** `clat_p99_9`, "99.9th percentile of latency": the words clat, percentile, latency and the number 99.9. */
function wordsOf({ id, title = '', unit }: SoughtFigure): Words {
  const text = `${id} ${title}`.toLowerCase();
  const numbers = new Set<number>();
  for (const [, whole = '', part] of text.matchAll(/(?:\b|_)p(\d{1,2})(?:_(\d+))?(?![a-z\d])/g))
    numbers.add(Number(part === undefined ? whole : `${whole}.${part}`));
  for (const [number] of text.matchAll(/(?<![\w.])\d+(?:\.\d+)?|(?<=[._])\d+(?![\w])/g))
    numbers.add(Number(number));
  return {
    names: new Set(splitWords(text).filter((word) => !/^p?\d/.test(word) && !fillers.has(word))),
    numbers,
    units: new Set(splitWords(unit)),
  };
}

const splitWords = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[^a-z0-9%#]+/)
    .filter((word) => word !== '');

interface Rating {
  readonly lineStart: number;
  readonly score: number;
  /** How many words of the figure's name stand in the line; the number in it counts for two. */
  readonly evidence: number;
}

/** Words of the name decide, then the unit, then whether the number is printed as it is. */
function rate(text: string, { at, text: printed, digits, scale }: Candidate, words: Words): Rating {
  const lineStart = text.lastIndexOf('\n', at) + 1;
  const end = text.indexOf('\n', at);
  const line = text.slice(lineStart, end < 0 ? text.length : end).slice(0, 2000);
  const present = splitWords(line);
  const named = [...words.names].filter((word) => present.some((other) => isSameWord(word, other))).length;
  const before = line.slice(0, at - lineStart);
  const after = line.slice(at - lineStart + printed.length);
  const around = [...`${before} ${after}`.matchAll(plainNumber)].map(([number]) => Number(number));
  const numbered = around.some((number) => words.numbers.has(number)) ? 1 : 0;
  const hasUnit = splitWords(`${before} ${after}`).some((word) => words.units.has(word)) ? 1 : 0;
  const isAsItIs = scale === 1 ? 1 : 0;
  const evidence = named + 2 * numbered;
  return {
    lineStart,
    evidence,
    score: 8 * (named + numbered) + 3 * hasUnit + 2 * isAsItIs + Math.min(digits, 9) / 10,
  };
}

/** `second` and `seconds`, `sec`. */
function isSameWord(a: string, b: string): boolean {
  if (a === b) return true;
  return Math.min(a.length, b.length) >= 3 && (a.startsWith(b) || b.startsWith(a));
}

function lineNumber(text: string, lineStart: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < lineStart; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}
