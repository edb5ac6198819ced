// What benchmarks print, each read by its own parser.
import {
  parsers,
  tools,
  type ParsedOutput,
  type Tool,
  type TrialOutput,
} from '../../../src/benchmarks/parsers';
import { readingsOf } from '../../../src/benchmarks/parse/own';
import type { OwnBenchmark, OwnMetric } from '../../../src/model/ownBenchmark';
import fc from 'fast-check';
import { change, complaint, mutate, spliced } from '../../unit/benchmarks/damage';
import { captures } from '../../unit/benchmarks/captures';
import { corpusOf } from '../corpus';
import { seedOf } from '../random';
import { must, type Target } from '../target';

/** Stands between the streams and the result file in an input. */
const mark = '\u0001';
const fileNames: Partial<Record<Tool, readonly string[]>> = {
  fio: ['out.json'],
  pts: ['composite.xml'],
  unixbench: ['report', 'results/run1'],
};

function outputOf(tool: Tool, input: string): TrialOutput {
  const [stdout = '', file, stderr = ''] = input.split(mark, 3);
  const names = fileNames[tool] ?? [];
  return {
    stdout,
    stderr,
    // Mostly well, as nothing is read of a run that failed.
    exitCode: input.length % 16 === 0 ? 1 + (input.length % 200) : 0,
    signal: null,
    cancelled: false,
    files: file === undefined ? new Map() : new Map(names.map((name) => [name, file])),
  };
}

export function holds({ outcome, metrics, reason = '' }: ParsedOutput): void {
  must(outcome === 'ok' || outcome === 'mixed' || metrics.length === 0, 'a failed run with figures');
  must(metrics.length > 0 || reason.length >= 8, `no figure, and no reason: "${reason}"`);
  must(reason.length < 3000, 'a reason without end');
  for (const { value, better, samples = [] } of metrics) {
    for (const each of [value, ...samples])
      must(Number.isFinite(each) && (each > 0 || better === 'none'), `${each} is no figure`);
  }
}

const short = (text: string): string => (text.length > 6000 ? text.slice(0, 6000) : text);

function parserTarget(tool: Tool): Target {
  const seeds = captures
    .filter((capture) => capture.tool === tool)
    .map(({ output }) => {
      const file = [...output.files.values()].sort((a, b) => b.length - a.length)[0];
      const text = short(output.stdout);
      return file === undefined
        ? text
        : [output.stdout === '' ? '' : text.slice(0, 2000), short(file)].join(mark);
    });
  return {
    name: `parse-${tool}`,
    seeds: [...seeds, ...corpusOf(`parse-${tool}`)],
    words: [mark, 'guestbench: ', '1.00', ' x ', 'error', '<Value>', '"jobs":', 'rsa 2048 bits'],
    weight: 1,
    read: (input) => holds(parsers[tool](outputOf(tool, input))),
  };
}

/**
 * Damage that leaves digits alone: whatever is lost, no figure may come out that was not there. The input only chooses
 * the damage.
 */
function figuresTarget(tool: Tool): Target {
  const good = captures.filter((capture) => capture.tool === tool && capture.output.exitCode === 0);
  const originals = new Map(good.map((capture) => [capture, parsers[tool](capture.output)]));
  const whole = good.filter((capture) => originals.get(capture)?.outcome !== 'failed');
  const way = fc.record({
    first: fc.constantFrom(...good),
    spliced: fc.option(
      fc.record({
        first: fc.constantFrom(...whole),
        second: fc.constantFrom(...whole),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      { freq: 8 },
    ),
    out: change,
    file: change,
    withFiles: fc.boolean(),
  });
  return {
    name: `figures-${tool}`,
    seeds: ['a', 'bcd'],
    weight: 0.15,
    pumpLength: 0,
    read: (input) => {
      const [chosen] = fc.sample(way, { seed: seedOf(1, input, input.length) | 0, numRuns: 1 });
      if (chosen === undefined) return;
      const { first, out, file, withFiles } = chosen;
      const pair = chosen.spliced ?? undefined;
      const damaged = pair
        ? spliced(pair.first, pair.second, pair.share)
        : mutate(first, out, file, withFiles || first.output.stdout === '');
      const known = pair ? [pair.first, pair.second] : [first];
      const wrong = complaint(
        known.map((capture) => originals.get(capture)!),
        parsers[tool](damaged),
      );
      must(wrong === undefined, `${known.map(({ name }) => name).join(' and ')}: ${wrong}`);
    },
  };
}

const metric = (id: string, read: OwnMetric['read']): OwnMetric => ({ id, unit: 'x', better: 'lower', read });
const definition = (metrics: OwnMetric[]): OwnBenchmark => ({ id: 'own', command: 'true', metrics });
const elapsed = '\nguestbench: elapsed_seconds=1.25\n';

function ownTarget(
  name: string,
  metrics: OwnMetric[],
  seeds: readonly string[],
  words: readonly string[],
): Target {
  const own = definition(metrics);
  return {
    name: `own-${name}`,
    seeds: [...seeds, ...corpusOf(`own-${name}`)],
    words,
    weight: name === 'regex' ? 0.1 : 0.4,
    // Three metrics, of 200 000 lines and a bounded number of steps of matching (readRegex.ts).
    most: 2 * 1024 * 1024,
    mostMs: name === 'regex' ? 1000 : 250,
    read: (input) => {
      const files = new Map([['result', input]]);
      const output = {
        stdout: input + elapsed,
        stderr: '',
        exitCode: 0,
        signal: null,
        cancelled: false,
        files,
      };
      for (const reading of readingsOf(own, output)) {
        if (reading.status === 'failed') must(reading.reason.length < 3000, 'a reason without end');
        else must(Number.isFinite(reading.value), 'no figure');
      }
    },
  };
}

const csv = 'name,seconds,"a ""b"" c"\nx,1.5,2\n"y\nz",2.5,3\n';
const json = '{"a":{"b":[1,2.5,{"c":"3"}]},"x/y":4}';
const text = 'run 1: 12.5 ms\nrun 2: 13.5 ms\ntotal time 26.0 s\n';

export const outputTargets: readonly Target[] = [
  ...tools.map(parserTarget),
  ...tools.map(figuresTarget),
  ownTarget(
    'regex',
    [
      metric('first', { regex: 'run (\\d+): ([0-9.]+) ms', group: 2, take: 'mean' }),
      metric('last', { regex: '^(?:a|ab|.*)*total time\\s+(?P<s>[0-9.]+)', group: 's', take: 'last' }),
      metric('only', { regex: '([0-9.]+) ms' }),
    ],
    [text],
    ['run 1: ', ' ms', 'total time '],
  ),
  ownTarget(
    'csv',
    [
      metric('named', { csvColumn: 'seconds', row: 'mean' }),
      metric('numbered', { csvColumn: 2, row: 'last' }),
      metric('only', { csvColumn: 'seconds', separator: ';' }),
    ],
    [csv, csv.replaceAll(',', ';')],
    ['"', ',', '""', '"\n', ';'],
  ),
  ownTarget(
    'json',
    [metric('deep', { jsonPointer: '/a/b/1' }), metric('slash', { jsonPointer: '/x~1y', file: 'result' })],
    [json],
    ['[', '{"a":', '"b"', ']', '1e5'],
  ),
];
