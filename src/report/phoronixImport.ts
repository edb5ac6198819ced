import {
  betterOf,
  childrenOf,
  choicesOf,
  detailsOf,
  entriesOf,
  noFigure,
  readCompositeXml,
  testName,
  textOf as textIn,
  withoutVersion,
} from '../benchmarks/parse/compositeXml';
import { NoResult } from '../benchmarks/parse/judgement';
import type { Element } from '../benchmarks/parse/xmlTree';
import type { BenchmarkRef, Direction, Experiment, Measurement, WorkloadKind } from '../model/experiment';
import type { Facts } from '../model/guest';
import { parseJson } from '../model/nesting';
import { UserError } from '../model/userError';
import { count } from './format';
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

const file = 'composite.xml';
/** A list of values in one cell is a curve, PASS is no figure. */
const figureFormats = new Set([
  '',
  'BAR_GRAPH',
  'BAR_ANALYZE_GRAPH',
  'HORIZONTAL_BAR_GRAPH',
  'HORIZONTAL_BOX_PLOT',
]);

interface System {
  /** Unique. */
  readonly name: string;
  /** As the entries of the results have it; after a merge several systems can share it. */
  readonly identifier: string;
  readonly facts: Facts;
}

interface Result {
  readonly line: number;
  readonly identifier: string;
  readonly title: string;
  readonly arguments: string;
  readonly description: string;
  readonly scale: string;
  readonly better: Direction;
  readonly entries: readonly Entry[];
}

interface Entry {
  readonly system: string;
  /** One a run; the mean alone where the file has no more. */
  readonly values: readonly (number | undefined)[];
  /** Why there is no figure, or no figure of some runs. */
  readonly error?: string;
  /** A cell that holds neither a number nor nothing: in a file with no other figure it is the file that is damaged. */
  readonly unreadable?: string;
  readonly secondsOfRuns: readonly number[];
}

/**
 * A result file of the Phoronix Test Suite: its systems are the guests, each of their runs a trial that is paired
 * with none. @throws UserError that says where it is damaged.
 */
export function fromPhoronixXml(xml: string, options: ImportOptions = {}): Experiment {
  try {
    return readFile(readCompositeXml(xml, file), options);
  } catch (error) {
    if (error instanceof NoResult)
      throw new UserError(
        `This is no result file of the Phoronix Test Suite that can be read. ${error.message}.`,
      );
    throw error;
  }
}

function readFile(root: Element, options: ImportOptions): Experiment {
  const notes: string[] = [];
  const named = childrenOf(root, 'System');
  const all = childrenOf(root, 'Result');
  const measured = all.filter((result) => isFigure(result));
  if (measured.length < all.length) {
    const n = all.length - measured.length;
    notes.push(
      `${count(n, 'result')} of the file ${n === 1 ? 'is' : 'are'} left out: sensor readings, curves, or pass and fail.`,
    );
  }
  if (measured.length === 0)
    throw new NoResult(`${file}: expected at least one <Result> with figures, found none`);
  const systems = systemsOf(named, measured);
  const results = measured.map((result) => readResult(result, systems));
  const entries = results.flatMap((result) => result.entries);
  const unreadable = entries.find((entry) => entry.unreadable !== undefined)?.unreadable;
  if (unreadable !== undefined && entries.every(({ values }) => values.length === 0))
    throw new NoResult(unreadable);
  if (new Set(systems.map(({ identifier }) => identifier)).size < systems.length)
    notes.push(
      'Several systems of the file have the same name: figures are given to them in the order of the file.',
    );
  const generated = childrenOf(root, 'Generated')[0];
  const title = generated === undefined ? '' : textOf(generated, 'Title');
  const groups = groupsOf(results);
  return importedExperiment({
    imported: { from: 'phoronix', ...(options.source === undefined ? {} : { source: options.source }) },
    label: options.label ?? (title === '' ? 'Phoronix Test Suite' : title),
    at: timeOf(named, generated) ?? options.at ?? noTime,
    guests: systems.map(({ name, facts }) => ({ ref: { name }, facts })),
    benchmarks: groups.map(({ ref }) => ref),
    runs: groups.flatMap(({ ref, results: members }) => runsOf(ref, members, systems)),
    notes: [`From the Phoronix Test Suite, ${noInterval}.`, ...notes],
  });
}

const textOf = (element: Element, name: string): string => textIn(element, name, file);

function isFigure(result: Element): boolean {
  if (textOf(result, 'Identifier') === '' || !figureFormats.has(textOf(result, 'DisplayFormat')))
    return false;
  return entriesOf(result).every((entry) => !textOf(entry, 'Value').includes(','));
}

/** The systems of the file, and those that only its results name: as many of a name as one result has entries of it. */
function systemsOf(named: readonly Element[], results: readonly Element[]): readonly System[] {
  const identifiers = named.map((system) => identifierOf(system));
  for (const result of results) {
    const entries = entriesOf(result).map((entry) => identifierOf(entry));
    for (const identifier of new Set(entries)) {
      const times = (list: readonly string[]) => list.filter((one) => one === identifier).length;
      for (let have = times(identifiers); have < times(entries); have++) identifiers.push(identifier);
    }
  }
  return distinct(identifiers).map((name, index) => {
    const element = named[index];
    const identifier = identifiers[index] ?? name;
    return { name, identifier, facts: element === undefined ? factsOfImport(name) : factsOf(name, element) };
  });
}

function identifierOf(element: Element): string {
  const identifier = textOf(element, 'Identifier');
  if (identifier === '') throw new NoResult(`${file}, line ${element.line}: expected a name in <Identifier>`);
  return identifier;
}

function readResult(result: Element, systems: readonly System[]): Result {
  const seen = new Map<string, number>();
  const entries = entriesOf(result).map((entry): Entry => {
    const identifier = identifierOf(entry);
    const place = seen.get(identifier) ?? 0;
    seen.set(identifier, place + 1);
    const system = systems.filter((one) => one.identifier === identifier)[place]?.name ?? identifier;
    return readEntry(entry, system, betterOf(textOf(result, 'Proportion')));
  });
  return {
    line: result.line,
    identifier: textOf(result, 'Identifier'),
    title: textOf(result, 'Title'),
    arguments: textOf(result, 'Arguments'),
    description: textOf(result, 'Description'),
    scale: textOf(result, 'Scale'),
    better: betterOf(textOf(result, 'Proportion')),
    entries,
  };
}

function readEntry(entry: Element, system: string, better: Direction): Entry {
  const value = textOf(entry, 'Value');
  const raw = textOf(entry, 'RawString');
  const details = detailsOf(textOf(entry, 'JSON'));
  const { error, secondsOfRuns: seconds } =
    details.status === 'read' ? details : { error: undefined, secondsOfRuns: [] };
  if (value === '') return { system, values: [], secondsOfRuns: seconds, error: error ?? noFigure };
  const cells = (raw === '' ? [value] : raw.split(':')).map((cell) => cell.trim());
  const numbers = cells.map((cell) => numberOf(cell));
  const bad = [value, ...cells].find((cell) => numberOf(cell) === undefined);
  if (bad !== undefined) {
    const unreadable = `${file}, line ${entry.line}: expected a number, found "${bad.slice(0, 80)}"`;
    return { system, values: [], secondsOfRuns: seconds, error: unreadable, unreadable };
  }
  // A ratio can be made of what is above nought only.
  const usable = numbers.map((one) =>
    one !== undefined && (one > 0 || better === 'none') ? one : undefined,
  );
  const place = usable.indexOf(undefined);
  const nought =
    place < 0
      ? undefined
      : `${file}, line ${entry.line}: "${cells[place] ?? ''}" is no result: it is not above nought`;
  const why = error ?? nought;
  return {
    system,
    values: usable.some((one) => one !== undefined) ? usable : [],
    // Seconds of failed runs are among them where their numbers differ: then nothing says which is which.
    secondsOfRuns: seconds.length === cells.length ? seconds : [],
    ...(why === undefined ? {} : { error: why }),
  };
}

function numberOf(text: string): number | undefined {
  const value = /^-?\d{1,20}(?:\.\d{0,20})?(?:[eE][+-]?\d{1,2})?$/.test(text) ? Number(text) : NaN;
  return Number.isFinite(value) ? value : undefined;
}

interface Group {
  readonly ref: BenchmarkRef;
  readonly results: readonly Result[];
}

/** Results of the same test with the same arguments are figures of the same runs. */
function groupsOf(results: readonly Result[]): readonly Group[] {
  const groups = new Map<string, Result[]>();
  for (const result of results) {
    const key = JSON.stringify([
      result.identifier,
      result.arguments === '' ? result.description : result.arguments,
    ]);
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  const members = [...groups.values()];
  const ids = distinct(members.map(([first]) => slugOf(withoutVersion(first?.identifier ?? ''))));
  const titles = distinct(members.map((group) => titleOf(group, members)));
  return members.map((group, index) => {
    const title = titles[index] ?? '';
    const kind = kindOf(`${group[0]?.identifier ?? ''} ${title}`);
    return { ref: { id: ids[index] ?? '', title, kind }, results: group };
  });
}

/** The test's title; with the choices that were made where several workloads share it. */
function titleOf(group: readonly Result[], all: readonly (readonly Result[])[]): string {
  const [first] = group;
  if (first === undefined) return '';
  const title = first.title === '' ? first.identifier : first.title;
  const alone = all.filter((other) => other[0]?.title === first.title).length === 1;
  const words = choicesOf(first.description);
  return alone || words === '' ? title : `${title}: ${words}`;
}

const kinds: readonly (readonly [RegExp, WorkloadKind])[] = [
  [/fio|iozone|sqlite|postmark|dbench|tiobench|aio-stress|compilebench|disk/i, 'disk'],
  [/apache|nginx|node-?web|siege|web/i, 'web'],
  [/stream\b|ramspeed|cachebench|tinymembench|mbw|memory/i, 'memory'],
  [/7zip|7-zip|compress|openssl|x26[45]|encode|john|ray|php|pybench|crypt|npb|hash|scimark|cpu/i, 'cpu'],
];

/** A guess from the name, for the order of the chart only: result files do not say it. */
const kindOf = (name: string): WorkloadKind => kinds.find(([pattern]) => pattern.test(name))?.[1] ?? 'system';

function runsOf(
  { id: benchmark, title: workload = '' }: BenchmarkRef,
  results: readonly Result[],
  systems: readonly System[],
): readonly ImportedRun[] {
  const ids = distinct(results.map(({ description, scale }) => slugOf(`${choicesOf(description)} ${scale}`)));
  return systems.flatMap(({ name: guest }): ImportedRun[] => {
    const own = results.flatMap((result, index) => {
      const entry = result.entries.find(({ system }) => system === guest);
      const title = results.length === 1 ? workload : choicesOf(result.description) || result.title;
      return entry === undefined
        ? []
        : [{ result, entry, id: ids[index] ?? '', title, primary: index === 0 }];
    });
    if (own.length === 0) return [];
    const failed = own.flatMap(({ result, entry }) =>
      entry.values.length > 0 && entry.values.every((value) => value !== undefined)
        ? []
        : [{ test: testName(result.title, result.description), error: entry.error ?? 'It has no figure.' }],
    );
    const most = Math.max(...own.map(({ entry }) => entry.values.length));
    const [first] = failed;
    if (most === 0)
      return [{ guest, benchmark, measurements: [], reason: first?.error ?? 'It has no figure.' }];
    return Array.from({ length: most }, (_, run): ImportedRun => {
      const seconds = own.flatMap(({ entry }) => entry.secondsOfRuns[run] ?? [])[0];
      const measurements = own.flatMap((one) => measurement(one, run));
      if (measurements.length === 0)
        return { guest, benchmark, measurements, reason: first?.error ?? 'It has no figure.' };
      return {
        guest,
        benchmark,
        measurements,
        ...(run === 0 && failed.length > 0 ? { failed } : {}),
        ...(seconds === undefined ? {} : { durationMs: Math.round(1000 * seconds) }),
      };
    });
  });
}

interface Figure {
  readonly result: Result;
  readonly entry: Entry;
  readonly id: string;
  readonly title: string;
  readonly primary: boolean;
}

function measurement({ result, entry, id, title, primary }: Figure, run: number): readonly Measurement[] {
  const value = entry.values[run];
  if (value === undefined) return [];
  return [
    {
      id,
      value,
      unit: result.scale,
      better: result.better,
      title,
      primary: primary && result.better !== 'none',
    },
  ];
}

/** When the first system was measured. The file's times have no zone; they are taken for UTC. */
function timeOf(systems: readonly Element[], generated: Element | undefined): string | undefined {
  const texts = [
    ...systems.map((system) => textOf(system, 'TimeStamp')),
    ...(generated === undefined ? [] : [textOf(generated, 'LastModified')]),
  ];
  const times = texts.flatMap((text) => {
    const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/.exec(text);
    const time = match === null ? NaN : Date.parse(`${match[1] ?? ''}T${match[2] ?? ''}Z`);
    return Number.isNaN(time) ? [] : [time];
  });
  return times.length === 0 ? undefined : new Date(Math.min(...times)).toISOString();
}

/** "Processor: Intel Xeon (2 Cores), Memory: 24GB" by key. */
function pairsOf(text: string): ReadonlyMap<string, string> {
  const parts = text.split(/, (?=[A-Z][A-Za-z -]{0,30}: )/);
  return new Map(
    parts.flatMap((part) => {
      const colon = part.indexOf(': ');
      return colon < 0 ? [] : [[part.slice(0, colon), part.slice(colon + 2).trim()] as const];
    }),
  );
}

function factsOf(name: string, system: Element): Facts {
  const found = new Map([...pairsOf(textOf(system, 'Hardware')), ...pairsOf(textOf(system, 'Software'))]);
  const [, processor = '', cores, threads] =
    /^(.*?)(?: \((\d{1,4}) Cores?(?: \/ (\d{1,4}) Threads)?\))?$/.exec(found.get('Processor') ?? '') ?? [];
  const [, kernel, architecture] = /^(\S+)(?: \((\S+)\))?/.exec(found.get('Kernel') ?? '') ?? [];
  const [, size, unit] = /^(\d{1,9}) ?(MB|GB)$/.exec(found.get('Memory') ?? '') ?? [];
  const vcpus = threads ?? cores;
  const optional = {
    cpuModel: processor === '' ? undefined : processor,
    vcpus: vcpus === undefined ? undefined : Number(vcpus),
    memoryBytes: size === undefined ? undefined : Number(size) * (unit === 'GB' ? 2 ** 30 : 2 ** 20),
    distribution: found.get('OS'),
    kernel,
    architecture,
    rootFilesystem: found.get('File-System'),
    rootDisk: found.get('Disk'),
    hypervisor: found.get('System Layer'),
  };
  const said = /Virtualization mode: ([A-Za-z0-9 -]{2,12})/.exec(textOf(system, 'Notes'))?.[1];
  const known = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return { ...factsOfImport(name, said), ...known, mitigations: mitigationsOf(textOf(system, 'JSON')) };
}

function mitigationsOf(json: string): Facts['mitigations'] {
  try {
    const value: unknown = parseJson(json);
    const security =
      typeof value === 'object' && value !== null && 'security' in value ? value.security : undefined;
    if (typeof security !== 'string') return {};
    return Object.fromEntries(
      security.split(' + ').flatMap((part) => {
        const [, name, state] = /^([a-z][a-z0-9_]{1,60}): (.+)$/s.exec(part) ?? [];
        return name === undefined || state === undefined ? [] : [[name, state] as const];
      }),
    );
  } catch {
    return {};
  }
}
