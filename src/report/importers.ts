import * as z from 'zod/mini';
import type { TrialOutput } from '../benchmarks/benchmark';
import { catalogue } from '../benchmarks/catalogue';
import { parsers } from '../benchmarks/parsers';
import { parseUnixbenchPass } from '../benchmarks/parse/unixbench';
import { isUnixbenchHtml, unixbenchText } from '../benchmarks/parse/unixbenchHtml';
import type { BenchmarkRef, Experiment, Imported, Measurement } from '../model/experiment';
import { parseJson } from '../model/nesting';
import { UserError } from '../model/userError';
import { isCsvOfOurs } from './csvImport';
import { listed } from './format';
import {
  distinct,
  factsOfImport,
  importedExperiment,
  noInterval,
  noTime,
  slugOf,
  type ImportedRun,
  type ImportOptions,
} from './importedExperiment';

export { fromCsv } from './csvImport';
export { fromJson } from './json';
export { fromPhoronixXml } from './phoronixImport';

/** The text of one file, and the guest it was measured in. Several of one guest are its runs, in this order. */
export interface ImportSource {
  readonly guest: string;
  /** The file, for messages. */
  readonly name: string;
  readonly text: string;
}

/** `json`, `csv`: exported by Guestbench. */
export const importFormats = ['phoronix', 'fio', 'unixbench', 'hyperfine', 'json', 'csv'] as const;
export type ImportFormat = (typeof importFormats)[number];

/** What a text is, by its beginning and its own marks; undefined: none that can be imported. */
export function formatOf(text: string): ImportFormat | undefined {
  const start = text.slice(0, 20_000);
  // First, as the output of any tool can stand in an experiment.
  if (isJsonOfOurs(start)) return 'json';
  if (isCsvOfOurs(start)) return 'csv';
  if (/<PhoronixTestSuite[\s>]/.test(start)) return 'phoronix';
  if (/"fio version"\s*:/.test(text) || isReportOfFio(start)) return 'fio';
  if (/^\s*\{\s*"results"\s*:\s*\[/.test(start) && /"command"\s*:/.test(start)) return 'hyperfine';
  if (/BYTE UNIX Benchmarks \(Version |^Benchmark Run: /m.test(text) || isUnixbenchHtml(text))
    return 'unixbench';
  return undefined;
}

/** Terse output, or the one for people: neither can be read, which the importer says. */
const isReportOfFio = (start: string): boolean =>
  /^\d;fio-\d|^fio-\d[\w.-]{0,40}\r?$|^[^\n(]{1,80}\(g(?:roupid)?=\d{1,6}(?:\): rw=|, jobs=\d{1,6}\): err=)/m.test(
    start,
  );

/** The documents of before did not name their kind; they begin with the experiment's first fields. */
const isJsonOfOurs = (start: string): boolean =>
  /^\ufeff?\s*\{\s*(?:"export"\s*:\s*\{\s*"kind"\s*:\s*"guestbench-experiment"|"format"\s*:\s*\d+\s*,\s*"guestbench"\s*:)/.test(
    start,
  );

/** Results of `fio --output-format=json`, a file a run. @throws UserError that names the file. */
export function fromFioJson(sources: readonly ImportSource[], options: ImportOptions = {}): Experiment {
  const runs = sources.map((source): Run => {
    const { metrics, reason, failed } = parsers.fio(outputOf(source.text));
    if (metrics.length === 0) throw unreadable(source, 'the JSON of fio', reason);
    return {
      ...(failed === undefined ? {} : { failed }),
      guest: source.guest,
      ref: catalogueRef(metrics) ?? { id: 'fio', title: 'fio' },
      measurements: metrics,
    };
  });
  return fromRuns('fio', runs, options);
}

/** Reports of UnixBench 5 and 6; each number of copies is a workload. @throws UserError that names the file. */
export function fromUnixbenchReport(
  sources: readonly ImportSource[],
  options: ImportOptions = {},
): Experiment {
  const notes: string[] = [];
  const runs = sources.flatMap((source) => {
    const whole = parsers.unixbench(outputOf(source.text));
    const text = isUnixbenchHtml(source.text) ? pageText(source) : source.text;
    if (whole.metrics.length === 0 && whole.reason?.startsWith('the index in') !== true)
      throw unreadable(source, 'a report of UnixBench', whole.reason);
    notes.push(...(whole.failed ?? []).map(({ test, error }) => `${source.name}: ${test}: ${error}.`));
    return passesOf(text).flatMap((pass): readonly Run[] => {
      const { metrics, reason } = parseUnixbenchPass(outputOf(pass.text));
      if (metrics.length === 0 && reason?.includes('no index of the system benchmarks') === true) return [];
      if (metrics.length === 0) throw unreadable(source, 'a report of UnixBench', reason);
      const ref: BenchmarkRef =
        pass.copies === 1
          ? { id: 'unixbench-single' }
          : {
              id: `unixbench-${pass.copies}`,
              benchmark: 'unixbench-parallel',
              title: `UnixBench, ${pass.copies} copies`,
            };
      return [{ guest: source.guest, ref, measurements: metrics }];
    });
  });
  return fromRuns('unixbench', runs, options, notes);
}

function pageText(source: ImportSource): string {
  try {
    return unixbenchText(source.text);
  } catch (error) {
    throw unreadable(source, 'a report of UnixBench', error instanceof Error ? error.message : undefined);
  }
}

const hyperfineSchema = z.object({ results: z.array(z.unknown()).check(z.minLength(1)) });
/** Of cells that can be unusable: null stands for what is no number. */
const cell = z.nullable(z.number());
const hyperfineResultSchema = z.object({
  command: z.string(),
  mean: z.optional(cell),
  times: z.optional(z.nullable(z.array(cell))),
  exit_codes: z.optional(z.nullable(z.array(z.nullable(z.int())))),
  parameters: z.optional(z.record(z.string(), z.union([z.string(), z.number()]))),
});

/**
 * Results of `hyperfine --export-json`: each command is a workload, each of its times a run. A time that is unusable
 * loses its run, and a result that is damaged loses itself. @throws UserError for a file without a figure.
 */
export function fromHyperfineJson(sources: readonly ImportSource[], options: ImportOptions = {}): Experiment {
  const runs = sources.flatMap((source) => {
    const read = hyperfineOf(source).map((one, index) => ({
      index,
      checked: hyperfineResultSchema.safeParse(one),
    }));
    const [first] = read.flatMap(({ index, checked }) =>
      checked.success
        ? checked.data.mean === undefined && !checked.data.times?.length
          ? [`results.${index}.mean`]
          : []
        : [['results', index, ...(checked.error.issues[0]?.path ?? [])].join('.')],
    );
    const own = read.flatMap(({ checked }) => (checked.success ? runsOfCommand(source, checked.data) : []));
    if (
      own.some(
        ({ measurements, reason }) => measurements.length > 0 || reason?.startsWith(endedWith) === true,
      )
    )
      return own;
    throw unreadable(
      source,
      'the JSON of hyperfine',
      first === undefined ? undefined : `"${first}" is missing or not what it should be`,
    );
  });
  return fromRuns('hyperfine', withShortIds(runs), options);
}

const endedWith = 'The command ended with exit code';

function runsOfCommand(source: ImportSource, result: z.infer<typeof hyperfineResultSchema>): readonly Run[] {
  const { command, mean, times, exit_codes: codes, parameters = {} } = result;
  const words = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  const title = words.length === 0 ? command : `${command} (${words.join(', ')})`;
  const ref: BenchmarkRef = { id: title, title };
  const values = times?.length ? times : [mean ?? null];
  return values.map((value, run): Run => {
    const code = codes?.length === values.length ? (codes[run] ?? 0) : 0;
    const lost = { guest: source.guest, ref, measurements: [] };
    const durationMs = Math.max(0, Math.round(1000 * (value ?? 0)));
    if (code !== 0) return { ...lost, durationMs, reason: `${endedWith} ${code}.` };
    if (value === null || value <= 0)
      return {
        ...lost,
        reason: `Its time is ${value === null ? 'missing' : `${value} s`}, which is no result.`,
      };
    const metric = {
      id: 'hyperfine.time',
      title: 'Time',
      unit: 's',
      better: 'lower',
      primary: true,
    } as const;
    return { ...lost, durationMs, measurements: [{ ...metric, value }] };
  });
}

function hyperfineOf(source: ImportSource): readonly unknown[] {
  let json: unknown;
  try {
    json = parseJson(source.text);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it is no JSON';
    throw unreadable(source, 'the JSON of hyperfine', why);
  }
  const read = hyperfineSchema.safeParse(json);
  if (read.success) return read.data.results;
  const path = read.error.issues[0]?.path.map(String).join('.') ?? '';
  throw unreadable(source, 'the JSON of hyperfine', `"${path}" is missing or not what it should be`);
}

interface Run extends Omit<ImportedRun, 'benchmark'> {
  readonly ref: BenchmarkRef;
}

function withShortIds(runs: readonly Run[]): readonly Run[] {
  const titles = [...new Set(runs.map(({ ref }) => ref.id))];
  const ids = distinct(titles.map(slugOf));
  return runs.map((run) => ({
    ...run,
    ref: { ...run.ref, id: ids[titles.indexOf(run.ref.id)] ?? run.ref.id },
  }));
}

const tools: Readonly<Record<Imported['from'], string>> = {
  phoronix: 'the Phoronix Test Suite',
  fio: 'fio',
  unixbench: 'UnixBench',
  hyperfine: 'hyperfine',
  published: 'what was published',
};

function fromRuns(
  from: Exclude<ImportFormat, 'phoronix' | 'json' | 'csv'>,
  runs: readonly Run[],
  options: ImportOptions,
  notes: readonly string[] = [],
): Experiment {
  if (runs.length === 0) throw new UserError('There is nothing to import: choose at least one file.');
  const guests = [...new Set(runs.map(({ guest }) => guest))];
  const refs = new Map(runs.map(({ ref }) => [ref.id, ref]));
  return importedExperiment({
    imported: { from, ...(options.source === undefined ? {} : { source: options.source }) },
    label: options.label ?? `${tools[from]}: ${listed(guests)}`,
    at: options.at ?? noTime,
    guests: guests.map((name) => ({ ref: { name }, facts: factsOfImport(name) })),
    benchmarks: [...refs.values()],
    runs: runs.map(({ ref, ...run }) => ({ ...run, benchmark: ref.id })),
    notes: [`From ${tools[from]}, ${noInterval}.`, ...notes],
  });
}

/** The benchmark of the catalogue that measures the same. */
function catalogueRef(metrics: readonly Measurement[]): BenchmarkRef | undefined {
  const ids = new Set(metrics.map(({ id }) => id));
  const same = catalogue.find((benchmark) =>
    benchmark.metrics.some(({ id, primary }) => primary && ids.has(id)),
  );
  return same === undefined ? undefined : { id: same.id };
}

/** The sections of a UnixBench report, each on the lines it has there. */
function passesOf(text: string): readonly { readonly copies: number; readonly text: string }[] {
  const starts = [...text.matchAll(/^Benchmark Run: /gm)].map(({ index }) => index);
  return starts.map((start, index) => {
    const before = text.slice(0, start).replace(/[^\n]+/g, '');
    const pass = text.slice(start, starts[index + 1] ?? text.length);
    return { copies: Number(/running (\d{1,4}) parallel cop/.exec(pass)?.[1] ?? 0), text: before + pass };
  });
}

function outputOf(stdout: string): TrialOutput {
  // A saved file can lack the last newline, which a stream never does.
  const whole = stdout.endsWith('\n') ? stdout : `${stdout}\n`;
  return { stdout: whole, stderr: '', exitCode: 0, signal: null, cancelled: false, files: new Map() };
}

function unreadable({ name }: ImportSource, what: string, reason = 'it holds no figure'): UserError {
  return new UserError(`${name} cannot be read as ${what}: ${reason}.`);
}
