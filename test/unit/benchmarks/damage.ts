import fc from 'fast-check';
import type { ParsedOutput, TrialOutput } from '../../../src/benchmarks/parsers';
import { captures, type Capture } from './captures';

export type Change = (text: string) => string;

/** A place in a text, as a share of its length. */
const place = fc.double({ min: 0, max: 1, noNaN: true });
const at = (text: string, share: number): number => Math.floor(share * text.length);
const linesOf = (text: string): string[] => text.split(/(?<=\n)/);

const truncated: fc.Arbitrary<Change> = place.map((share) => (text) => text.slice(0, at(text, share)));
const beheaded: fc.Arbitrary<Change> = place.map((share) => (text) => text.slice(at(text, share)));
const shuffled: fc.Arbitrary<Change> = fc.infiniteStream(fc.nat(1_000_000)).map((numbers) => (text) => {
  const lines = linesOf(text);
  for (let last = lines.length - 1; last > 0; last--) {
    const other = (numbers.next().value as number) % (last + 1);
    [lines[last], lines[other]] = [lines[other]!, lines[last]!];
  }
  return lines.join('');
});
const neighboursSwapped: fc.Arbitrary<Change> = place.map((share) => (text) => {
  const lines = linesOf(text);
  const first = Math.min(Math.floor(share * lines.length), lines.length - 2);
  if (first >= 0) [lines[first], lines[first + 1]] = [lines[first + 1]!, lines[first]!];
  return lines.join('');
});
const lineChanged = (change: (line: string) => string): fc.Arbitrary<Change> =>
  place.map((share) => (text) => {
    const lines = linesOf(text);
    const index = Math.min(Math.floor(share * lines.length), lines.length - 1);
    lines[index] = change(lines[index] ?? '');
    return lines.join('');
  });
/** What a line or another stream can put into the middle; a digit more or less cannot be told from a figure. */
const noise = fc.oneof(
  fc.string({
    unit: fc.constantFrom(...'\0\n\r\t .,-+eE:|=%kx"{}<>&\uFFFD\u001B'.split('')),
    minLength: 1,
    maxLength: 6,
  }),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.replace(/\d/g, '#')),
  fc.constant('perl: warning: Setting locale failed.\nperl: warning: Falling back to the standard locale.\n'),
);
const inserted: fc.Arbitrary<Change> = fc.tuple(place, noise).map(
  ([share, text]) =>
    (whole) =>
      whole.slice(0, at(whole, share)) + text + whole.slice(at(whole, share)),
);
const replaced: fc.Arbitrary<Change> = fc
  .tuple(place, fc.integer({ min: 1, max: 400 }), noise)
  .map(([share, length, text]) => (whole) => {
    const start = at(whole, share);
    return whole.slice(0, start) + text.repeat(1 + (length % 5)) + whole.slice(start + length);
  });
/** What ends up among a tool's lines: of the C library, the kernel, Perl, PHP, the tools themselves. */
export const warnings = [
  'warning: a line of another program\n',
  'perl: warning: Setting locale failed.\n',
  'fio: this platform does not support process shared mutexes, forcing use of threads.\n',
  'note: both iodepth >= 1 and synchronous I/O engine are selected, queue depth will be capped at 1\n',
  '[ 1234.567890] clocksource: timekeeping watchdog on CPU1: Marking clocksource tsc as unstable\n',
  'PHP Warning:  Module "json" is already loaded in Unknown on line 0\n',
  "AH00558: apache2: Could not reliably determine the server's fully qualified domain name\n",
  'make[2]: warning:  Clock skew detected.  Your build may be incomplete.\n',
  'sh: 1: 3dinfo: not found\n',
  '7 warnings, 100 % of them harmless: 3.14 s\n',
];
const warnedBetween: fc.Arbitrary<Change> = fc
  .array(fc.tuple(place, fc.constantFrom(...warnings)), { minLength: 1, maxLength: 8 })
  .map((places) => (text) => {
    const lines = linesOf(text);
    for (const [share, warning] of places) lines.splice(Math.floor(share * lines.length), 0, warning);
    return lines.join('');
  });
/** As a tool prints that takes the guest's language; everywhere, or in one line. */
const germanNumbers: Change = (text) => text.replaceAll(/(\d)\.(?=\d)/g, '$1,');
/** Bits of one character turned over; no figure is made of another one, which nobody could tell. */
const bitsFlipped: fc.Arbitrary<Change> = fc
  .tuple(place, fc.integer({ min: 1, max: 255 }))
  .map(([share, bits]) => (text) => {
    const where = at(text, share);
    const flipped = String.fromCharCode((text.charCodeAt(where) || 32) ^ bits).replace(/\d/, '#');
    return text.slice(0, where) + flipped + text.slice(where + 1);
  });
const bytes: fc.Arbitrary<Change> = fc
  .uint8Array({ maxLength: 400 })
  .map((array) => () => Buffer.from(array).toString('utf8'));
const crlf: fc.Arbitrary<Change> = fc.constant((text) => text.replaceAll('\n', '\r\n'));
const garbage: fc.Arbitrary<Change> = fc.string({ unit: 'binary', maxLength: 300 }).map((text) => () => text);

export const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: truncated },
  { weight: 3, arbitrary: shuffled },
  beheaded,
  neighboursSwapped,
  lineChanged(() => ''),
  lineChanged((line) => line + line),
  { weight: 3, arbitrary: inserted },
  // A stretch lost in the middle, as when a connection drops: whatever it takes away, no figure may change.
  replaced,
  warnedBetween,
  crlf,
  garbage,
  bytes,
  bitsFlipped,
  fc.constant(germanNumbers),
  lineChanged(germanNumbers),
);

export const mutate = ({ output }: Capture, out: Change, file: Change, withFiles: boolean): TrialOutput => ({
  ...output,
  stdout: out(output.stdout),
  files: withFiles ? new Map([...output.files].map(([name, text]) => [name, file(text)])) : new Map(),
});

/** The beginning of one output and the end of another of the same tool: versions, machines or runs mixed up. */
export function spliced({ output: first }: Capture, { output: second }: Capture, share: number): TrialOutput {
  const join = (a: string, b: string) => a.slice(0, at(a, share)) + b.slice(at(b, share));
  return {
    ...first,
    stdout: join(first.stdout, second.stdout),
    files: new Map(
      [...first.files].map(([name, text]) => [name, join(text, second.files.get(name) ?? text)]),
    ),
  };
}

/** The same figure, or the same as openssl's table rounds it to tenths when the workers' finer lines are lost. */
function sameFigure(found: number, original: number): boolean {
  return found === original || found === Number(original.toFixed(1));
}

/** What is wrong with what a parser made of damaged output: a figure that none of the undamaged outputs has. */
export function complaint(originals: readonly ParsedOutput[], parsed: ParsedOutput): string | undefined {
  if (parsed.outcome === 'failed') {
    if (parsed.metrics.length > 0) return 'a failed run has metrics';
    return parsed.reason === undefined || parsed.reason.length < 8 ? 'no reason' : undefined;
  }
  if (parsed.metrics.length === 0) return `${parsed.outcome} without metrics`;
  const known = originals.flatMap(({ metrics }) => metrics);
  for (const { id, value } of parsed.metrics) {
    if (!Number.isFinite(value) || value <= 0) return `${id} is ${value}`;
    const named = known.filter((metric) => metric.id === id);
    const expected = named.length > 0 ? named : known;
    if (!expected.some((metric) => sameFigure(value, metric.value)))
      return `${id} is ${value} and was ${named.map((metric) => metric.value).join(' or ') || 'never there'}`;
  }
  return undefined;
}

const megabyte = 1024 * 1024;
const repeat = (unit: string): string =>
  Buffer.from(unit.repeat(Math.ceil(megabyte / unit.length)).slice(0, megabyte)).toString('utf8');
/** A megabyte of each: outputs over and over, and what makes a careless pattern slow. */
export const longTexts: readonly string[] = [
  ...captures
    .flatMap(({ output }) => [output.stdout, ...output.files.values()])
    .filter((text) => text.length > 200),
  ...[
    ' ',
    'a',
    '1 ',
    '{\n',
    '}\n',
    '<a>',
    '<a></a>',
    '&amp',
    'Avr: ',
    '99% 1 ',
    '1 x A',
    'Got: +F:1:',
    ': not found',
  ],
  ...['rsa 4096 bits ', '[ 1s ] ', '\n', '\r\n', 'a\n', '1\n', '\u00e4', '\u20ac\n', "'a", 'x  1 2\n'],
  ...['Got: +F:1:a:1.00 from 0\n', '1:  1 1 1 1 | 1 1 1 1\n', 'copy 1 rows\n', 'round 1 total_ms=1.000\n'],
  ...[
    '2 x Pipe Throughput  1 2 3\n',
    `${'A b '.repeat(200)}\n`,
    `${' '.repeat(900)}\n`,
    `${'1 '.repeat(450)}\n`,
  ],
].map(repeat);
/** Standing for each way of ending, and for the places in which a parser looks. */
export function asOutputs(text: string): readonly TrialOutput[] {
  const none = {
    stdout: '',
    stderr: '',
    exitCode: 0,
    signal: null,
    cancelled: false,
    files: new Map<string, string>(),
  };
  const files = new Map([
    ['out.json', text],
    ['composite.xml', text],
    ['report', `   BYTE UNIX Benchmarks (Version ${text}`],
  ]);
  return [
    { ...none, stdout: text },
    { ...none, files },
    { ...none, stderr: text, exitCode: 127 },
    { ...none, stdout: text, exitCode: 1 },
  ];
}
