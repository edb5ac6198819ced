import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsers, tools, type ParsedOutput, type TrialOutput } from '../../../src/benchmarks/parsers';
import { captures, type Capture } from './captures';

const numRuns = Number(process.env['GUESTBENCH_PROPERTY_RUNS'] ?? 2000);
const seed = 20_130_101;

type Change = (text: string) => string;

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
const warnedBetween: fc.Arbitrary<Change> = place.map((share) => (text) => {
  const lines = linesOf(text);
  lines.splice(Math.floor(share * lines.length), 0, 'warning: a line of another program\n');
  return lines.join('');
});
const crlf: fc.Arbitrary<Change> = fc.constant((text) => text.replaceAll('\n', '\r\n'));
const garbage: fc.Arbitrary<Change> = fc.string({ unit: 'binary', maxLength: 300 }).map((text) => () => text);

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: truncated },
  beheaded,
  shuffled,
  neighboursSwapped,
  lineChanged(() => ''),
  lineChanged((line) => line + line),
  { weight: 3, arbitrary: inserted },
  // A stretch lost in the middle, as when a connection drops: whatever it takes away, no figure may change.
  replaced,
  warnedBetween,
  crlf,
  garbage,
);

const mutate = ({ output }: Capture, out: Change, file: Change, withFiles: boolean): TrialOutput => ({
  ...output,
  stdout: out(output.stdout),
  files: withFiles ? new Map([...output.files].map(([name, text]) => [name, file(text)])) : new Map(),
});

/** The same figure, or the same as openssl's table rounds it to tenths when the workers' finer lines are lost. */
function sameFigure(found: number, original: number): boolean {
  return found === original || found === Number(original.toFixed(1));
}

function complaint(original: ParsedOutput, parsed: ParsedOutput): string | undefined {
  if (parsed.outcome === 'failed') {
    if (parsed.metrics.length > 0) return 'a failed run has metrics';
    return parsed.reason === undefined || parsed.reason.length < 8 ? 'no reason' : undefined;
  }
  if (parsed.metrics.length === 0) return `${parsed.outcome} without metrics`;
  for (const { id, value } of parsed.metrics) {
    if (!Number.isFinite(value) || value <= 0) return `${id} is ${value}`;
    const same = original.metrics.find((metric) => metric.id === id);
    if (same !== undefined && !sameFigure(value, same.value))
      return `${id} is ${value} and was ${same.value}`;
    if (!original.metrics.some((metric) => sameFigure(value, metric.value)))
      return `${id} is ${value}: never in the original`;
  }
  return undefined;
}

describe.each(tools)('%s: damaged output', (tool) => {
  const good = captures.filter((capture) => capture.tool === tool && capture.output.exitCode === 0);
  const parse = parsers[tool];
  const originals = new Map(good.map((capture) => [capture, parse(capture.output)]));

  it('gives a reason or a figure of the undamaged output, never another one', () => {
    fc.assert(
      fc.property(fc.constantFrom(...good), change, change, fc.boolean(), (capture, out, file, withFiles) => {
        const damaged = mutate(capture, out, file, withFiles || capture.output.stdout === '');
        const wrong = complaint(originals.get(capture)!, parse(damaged));
        if (wrong !== undefined) throw new Error(`${capture.name}: ${wrong}`);
      }),
      { numRuns, seed },
    );
  });

  it('gives a reason or a figure of the undamaged output wherever it is cut', () => {
    for (const capture of good) {
      const cut = (text: string, length: number) => text.slice(0, length);
      const longest = Math.max(
        capture.output.stdout.length,
        ...[...capture.output.files.values()].map((f) => f.length),
      );
      // Every place in a short output, and about as many places in a long one.
      const step = Math.max(1, Math.ceil(longest / Math.max(numRuns, 1)));
      for (let length = 0; length < longest; length += step) {
        for (const damaged of [
          mutate(
            capture,
            (text) => cut(text, length),
            (text) => text,
            capture.output.stdout === '',
          ),
          mutate(
            capture,
            (text) => text,
            (text) => cut(text, length),
            true,
          ),
        ]) {
          expect(
            complaint(originals.get(capture)!, parse(damaged)),
            `${capture.name} cut at ${length}`,
          ).toBeUndefined();
        }
      }
    }
  });

  it('reads lines that end with CR LF, and warnings between lines, as before', () => {
    const windows: Change = (text) => text.replaceAll('\n', '\r\n');
    for (const capture of good) {
      const original = originals.get(capture)!;
      expect(parse(mutate(capture, windows, windows, true)), capture.name).toMatchObject({
        outcome: original.outcome,
        metrics: original.metrics,
      });
      const warned: Change = (text) => `warning: the clock source is unstable\n${text}`;
      if (original.outcome === 'ok' && !['sysbench', 'pts'].includes(tool)) {
        const stdoutOnly = mutate(capture, warned, (text) => text, true);
        expect(parse(stdoutOnly).metrics, capture.name).toEqual(original.metrics);
      }
    }
  });

  it('does not choke on anything at all', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 2000 }),
        fc.string({ unit: 'binary' }),
        (stdout, file) => {
          const names = ['out.json', 'composite.xml', 'terminal.txt', 'results/run1'];
          const files = new Map(names.map((name) => [name, file]));
          const parsed = parse({ stdout, stderr: file, exitCode: 0, signal: null, cancelled: false, files });
          expect([parsed.outcome, parsed.metrics]).toEqual(['failed', []]);
        },
      ),
      { numRuns: Math.min(numRuns, 2000), seed },
    );
  });
});

describe('long output', () => {
  const megabyte = 1024 * 1024;
  const repeat = (unit: string): string => unit.repeat(Math.ceil(megabyte / unit.length)).slice(0, megabyte);
  const nasty = [
    ...captures.map(({ output }) => output.stdout).filter((text) => text.length > 200),
    ' ',
    'a',
    '1 ',
    '{\n',
    '<a>',
    '<a></a>',
    '&amp',
    'Avr: ',
    '99% 1 ',
    '1 x A',
    'Got: +F:1:',
    'rsa 4096 bits ',
    '[ 1s ] ',
    ': not found',
  ].map(repeat);

  // A reader that is not linear does not come to the end of a megabyte before the test runner stops it.
  it.each(tools)('%s comes to an end on a megabyte of anything', (tool) => {
    for (const text of nasty) {
      const files = new Map([
        ['out.json', text],
        ['composite.xml', text],
        ['report', `   BYTE UNIX Benchmarks (Version ${text}`],
      ]);
      for (const kept of [files, new Map<string, string>()]) {
        for (const exitCode of kept === files ? [0] : [0, 127]) {
          const output = {
            stdout: text,
            stderr: text,
            exitCode,
            signal: null,
            cancelled: false,
            files: kept,
          };
          expect(['ok', 'failed']).toContain(parsers[tool](output).outcome);
        }
      }
    }
  });
});
