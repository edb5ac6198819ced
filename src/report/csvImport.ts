import { directionSchema, formatVersion, type Experiment } from '../model/experiment';
import { parseJson } from '../model/nesting';
import { UserError } from '../model/userError';
import { csvRows, OpenQuote, textOf, type CsvRow } from './csvCells';
import { checkExperiment } from './experimentSchema';
import { distinctBy, factsOfImport, noTime } from './importedExperiment';
import { withLostFigures, type LostFigure } from './unusableFigures';

/** Columns without which a file is none of ours. */
const needed = ['experiment', 'guest', 'benchmark', 'metric', 'value', 'trial', 'block', 'status'] as const;

/** Whether the first line of a text names our columns. */
export function isCsvOfOurs(text: string): boolean {
  const [head = ''] = text.replace(/^\ufeff/, '').split(/\r?\n/, 1);
  const names = new Set(head.split(',').map((name) => name.replace(/^"|"$/g, '')));
  return needed.every((name) => names.has(name));
}

/**
 * The experiment of a file that `toCsv` wrote: plan, trials, measurements and all that stands beside them, but not what
 * the trials wrote. Rows may have been sorted or left out. A figure that is unusable is left out of its trial, which
 * fails if it is the one that is tested; so is what else stands beside the figures, with a note. @throws UserError that
 * says what is wrong, and in which line.
 */
export function fromCsv(text: string): Experiment {
  const rows = readRows(text);
  const head = headOf(rows);
  const trials = recordsOf(rows);
  const value = {
    ...head.value,
    plan: { ...head.plan, trials: plannedOf(rows) },
    trials: trials.map(({ record }) => record),
  };
  const check = checkExperiment(value);
  if (check.status === 'ok') {
    const lost = new Map(trials.flatMap(({ lost: own }, index) => (own.length === 0 ? [] : [[index, own]])));
    const notes = notesOf(rows);
    const read = notes.length === 0 ? check.experiment : withNotes(check.experiment, notes);
    return withLostFigures(read, lost);
  }
  const [list, index, ...field] = check.path;
  const line = list === 'trials' && typeof index === 'number' ? trials[index]?.line : undefined;
  const where = line === undefined ? check.path.join('.') : `line ${line}, ${field.join('.')}`;
  throw unreadable(`${where} ${check.what}`);
}

const unreadable = (why: string): UserError =>
  new UserError(`This cannot be read as an experiment exported by Guestbench as CSV: ${why}.`);

const withNotes = (e: Experiment, notes: readonly string[]): Experiment => ({
  ...e,
  notes: [...e.notes, ...notes],
});

/** What was left out, one note for each column. */
function notesOf(rows: readonly Row[]): readonly string[] {
  const lines = new Map<string, number[]>();
  for (const { line, unreadable: columns } of rows)
    for (const column of columns) lines.set(column, [...(lines.get(column) ?? []), line]);
  return [...lines].map(([column, [first = 0, ...more]]) =>
    more.length === 0
      ? `The cell of ${column} in line ${first} of the CSV file is unusable and was left out.`
      : `${more.length + 1} cells of ${column} in the CSV file, the first in line ${first}, are unusable and were left out.`,
  );
}

/** One row with its cells by the names of their columns. */
class Row {
  /** Columns whose cells were left out. */
  readonly unreadable = new Set<string>();

  constructor(
    readonly line: number,
    private readonly cells: readonly string[],
    private readonly places: ReadonlyMap<string, number>,
  ) {}

  private raw(column: string): string {
    const place = this.places.get(column);
    return place === undefined ? '' : (this.cells[place] ?? '');
  }

  text(column: string): string | undefined {
    return textOf(this.raw(column)) ?? undefined;
  }

  nullableText(column: string): string | null | undefined {
    return textOf(this.raw(column));
  }

  number(column: string): number | undefined {
    const text = this.raw(column);
    return text === '' ? undefined : this.numberFrom(text, column);
  }

  nullableNumber(column: string): number | null | undefined {
    return this.raw(column) === 'null' ? null : this.number(column);
  }

  boolean(column: string): boolean | undefined {
    const text = this.raw(column).toLowerCase();
    if (text === '') return undefined;
    if (text !== 'true' && text !== 'false')
      throw unreadable(`line ${this.line}, ${column} is neither true nor false`);
    return text === 'true';
  }

  numbers(column: string): readonly number[] | undefined {
    const text = this.text(column);
    if (text === undefined) return undefined;
    return text === '' ? [] : text.split(' ').map((one) => this.numberFrom(one, column));
  }

  json(column: string): unknown {
    const text = this.text(column);
    if (text === undefined) return undefined;
    try {
      return parseJson(text);
    } catch {
      throw unreadable(
        `line ${this.line}, ${column} is no whole JSON; a spreadsheet may have cut it, so import the file as it was exported`,
      );
    }
  }

  /** What `read` gives; undefined, and remembered, when the cell is not what it should be. */
  besides<T>(column: string, read: (column: string) => T): T | undefined {
    try {
      return read(column);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.unreadable.add(column);
      return undefined;
    }
  }

  numberBesides(column: string): number | undefined {
    return this.besides(column, (name) => this.number(name));
  }

  numbersBesides(column: string): readonly number[] | undefined {
    return this.besides(column, (name) => this.numbers(name));
  }

  private numberFrom(text: string, column: string): number {
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value)) return value;
    throw unreadable(`line ${this.line}, ${column} is no number`);
  }
}

function readRows(text: string): readonly Row[] {
  const [head, ...rest] = parsed(text.replace(/^\ufeff/, ''));
  const places = new Map(head?.cells.map((name, index) => [name.trim(), index]));
  const missing = needed.filter((name) => !places.has(name));
  if (missing.length > 0)
    throw unreadable(`it has no column ${missing.join(', ')}; the columns must be separated by commas`);
  if (rest.length === 0) throw unreadable('it has no rows');
  return rest.map(({ line, cells }) => new Row(line, cells, places));
}

function parsed(text: string): readonly CsvRow[] {
  try {
    return csvRows(text);
  } catch (error) {
    if (error instanceof OpenQuote)
      throw unreadable(`a quote opens in line ${error.line} and does not close`);
    throw error;
  }
}

/** Leaves out what is undefined. */
function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

const trialOf = (row: Row) => ({
  id: row.text('trial') ?? '',
  round: row.number('round') ?? row.number('block'),
  block: row.number('block'),
  position: row.number('position') ?? 0,
  guest: row.text('guest') ?? '',
  benchmark: row.text('benchmark') ?? '',
  warmup: row.boolean('warmup') ?? row.number('block') === 0,
});

/** The plan's trials in their order; of a file that does not tell it, in the order of the rows. */
function plannedOf(rows: readonly Row[]): readonly unknown[] {
  const tells = rows.some((row) => row.number('plan_order') !== undefined);
  const ofTrials = rows.filter((row) => row.number('block') !== undefined);
  if (!tells) return distinctBy(ofTrials, (row) => row.text('trial') ?? '').map(trialOf);
  const byOrder = new Map(ofTrials.map((row) => [row.number('plan_order'), row]));
  byOrder.delete(undefined);
  return [...byOrder].sort(([a = 0], [b = 0]) => a - b).map(([, row]) => trialOf(row));
}

interface ReadRecord {
  readonly line: number;
  readonly lost: readonly LostFigure[];
  readonly record: Record<string, unknown>;
}

function recordsOf(rows: readonly Row[]): readonly ReadRecord[] {
  const groups = new Map<string | number, Row[]>();
  for (const row of rows) {
    if (row.number('block') === undefined || row.text('status') === 'planned') continue;
    const key = row.number('order') ?? `${row.text('trial') ?? ''} ${row.number('attempt') ?? 1}`;
    const known = groups.get(key);
    if (known) known.push(row);
    else groups.set(key, [row]);
  }
  const ordered = [...groups].sort(([a], [b]) =>
    typeof a === 'number' && typeof b === 'number' ? a - b : 0,
  );
  return ordered.flatMap(([, own]) => {
    const [first] = own;
    return first === undefined ? [] : [{ line: first.line, ...recordOf(first, own) }];
  });
}

function recordOf(first: Row, own: readonly Row[]): Omit<ReadRecord, 'line'> {
  /** What only the first row of a trial holds, wherever sorting has put it. */
  const once = (column: string): Row => own.find((row) => row.text(column) !== undefined) ?? first;
  const figures = own.flatMap((row) => (row.text('metric') === undefined ? [] : [figureOf(row)]));
  const record = present({
    trial: trialOf(first),
    attempt: first.number('attempt') ?? 1,
    job: first.text('job'),
    startedAt: first.text('started_at') ?? noTime,
    endedAt: first.text('ended_at'),
    status: first.text('status'),
    reason: first.text('reason'),
    measurements: figures.flatMap((one) => ('measurement' in one ? [one.measurement] : [])),
    failed: once('failed_parts').besides('failed_parts', (column) => once(column).json(column)),
    exitCode: first.besides('exit_code', (column) => first.nullableNumber(column)),
    signal: first.nullableText('signal'),
    durationMs: first.numberBesides('duration_ms'),
    cpu: cpuOf(first),
    load: loadOf(first, (column) => once(column).numbersBesides(column)),
    hostLoad: hostLoadOf(first, (column) => once(column).numbersBesides(column)),
    stdout: '',
    stderr: '',
    missingBytes: 0,
  });
  return { record, lost: figures.flatMap((one) => ('lost' in one ? [one.lost] : [])) };
}

type Figure = { readonly measurement: Record<string, unknown> } | { readonly lost: LostFigure };

function figureOf(row: Row): Figure {
  const primary = row.besides('primary', (column) => row.boolean(column));
  const value = row.besides('value', (column) => row.number(column));
  const better = row.text('better');
  const title = row.text('metric_title');
  if (value === undefined || (better !== undefined && !directionSchema.safeParse(better).success)) {
    row.unreadable.delete('value');
    const [column, wanted] =
      value === undefined ? ['value', 'a number'] : ['better', 'higher, lower or none'];
    const error = `line ${row.line}, ${column}: expected ${wanted}, found "${(row.text(column) ?? '').slice(0, 80)}"`;
    return { lost: { metric: row.text('metric') ?? '', title, primary, error } };
  }
  const measurement = present({
    id: row.text('metric'),
    value,
    unit: row.text('unit') ?? '',
    better,
    samples: row.numbersBesides('samples'),
    title,
    primary,
    bound: row.text('bound'),
  });
  return { measurement };
}

function cpuOf(row: Row): Record<string, unknown> | undefined {
  // A file of an older version has no other share than this one.
  if (row.numberBesides('idle_percent') === undefined) return undefined;
  const cpu = present({
    userPercent: row.numberBesides('user_percent'),
    systemPercent: row.numberBesides('system_percent'),
    iowaitPercent: row.numberBesides('iowait_percent'),
    stealPercent: row.numberBesides('steal_percent'),
    idlePercent: row.numberBesides('idle_percent'),
  });
  // Shares of one whole: they mean something together only.
  return Object.keys(cpu).length === 5 ? cpu : undefined;
}

type Course = (column: string) => readonly number[] | undefined;

function loadOf(row: Row, course: Course): Record<string, unknown> | undefined {
  const intervalMs = row.numberBesides('load_interval_ms');
  if (intervalMs === undefined) return undefined;
  return present({
    intervalMs,
    userPercent: course('user_percent_course') ?? [],
    systemPercent: course('system_percent_course') ?? [],
    iowaitPercent: course('iowait_percent_course') ?? [],
    stealPercent: course('steal_percent_course') ?? [],
    contextSwitchesPerSecond: course('context_switches_course'),
    interruptsPerSecond: course('interrupts_course'),
    availableMiB: course('available_mib_course'),
    memoryPressurePercent: course('memory_pressure_course'),
    summary: present({
      contextSwitchesPerSecond: row.numberBesides('context_switches_per_second'),
      interruptsPerSecond: row.numberBesides('interrupts_per_second'),
      minimumAvailableBytes: row.numberBesides('minimum_available_bytes'),
      maximumMemoryPressurePercent: row.numberBesides('maximum_memory_pressure_percent'),
      majorFaultsPerSecond: row.numberBesides('major_faults_per_second'),
      swappedPagesPerSecond: row.numberBesides('swapped_pages_per_second'),
    }),
  });
}

function hostLoadOf(row: Row, course: Course): Record<string, unknown> | undefined {
  const intervalMs = row.numberBesides('host_load_interval_ms');
  if (intervalMs === undefined) return undefined;
  return present({
    host: row.text('host_load_host') ?? '',
    domain: row.text('host_load_domain'),
    intervalMs,
    ownPercent: course('own_domain_course'),
    dom0Percent: course('dom0_course') ?? [],
    othersPercent: course('other_domains_course') ?? [],
  });
}

interface Head {
  readonly value: Readonly<Record<string, unknown>>;
  readonly plan: Readonly<Record<string, unknown>>;
}

/** The experiment without its trials: as it stands in its own cell, else as far as the columns tell it. */
function headOf(rows: readonly Row[]): Head {
  const row = rows.find((one) => one.text('experiment_json') !== undefined);
  const value = row?.json('experiment_json');
  if (row === undefined) return headOfColumns(rows);
  if (!isObject(value) || !isObject(value['plan']))
    throw unreadable(`line ${row.line}, experiment_json is no experiment`);
  const { format } = value;
  if (typeof format === 'number' && format > formatVersion)
    throw unreadable('a newer Guestbench wrote it. Update the extension');
  return { value, plan: value['plan'] };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Of a file of an older version, or one whose first row was taken out. */
function headOfColumns(rows: readonly Row[]): Head {
  const [first] = rows;
  const guests = distinctBy(rows, (row) => row.text('guest') ?? '');
  const benchmarks = distinctBy(rows, (row) => row.text('benchmark') ?? '');
  const startedAt = first?.text('experiment_started_at') ?? first?.text('started_at') ?? noTime;
  const blocks = rows.reduce((most, row) => Math.max(most, row.number('block') ?? 0), 1);
  return {
    value: {
      format: formatVersion,
      guestbench: first?.text('guestbench') ?? 'imported',
      id: first?.text('experiment_id') ?? 'imported',
      label: first?.text('experiment') ?? '',
      seed: first?.number('seed') ?? 0,
      startedAt,
      lab: {},
      notes: [
        'From a CSV file that does not tell the lab, the facts of the guests and how the experiment ended.',
      ],
      facts: guests.map((row) => {
        const guest = row.text('guest') ?? '';
        return { guest, when: 'start', at: startedAt, facts: factsOfImport(guest, row.text('mode')) };
      }),
      setAside: [],
      ended: { at: rows.at(-1)?.text('ended_at') ?? startedAt, reason: 'completed' },
    },
    plan: {
      guests: guests.map((row) => present({ name: row.text('guest') ?? '', host: row.text('host') })),
      benchmarks: benchmarks.map((row) =>
        present({ id: row.text('benchmark') ?? '', parameters: row.json('parameters') }),
      ),
      rounds: blocks,
      statistics: {
        plan: first?.text('statistics') ?? 'fixed',
        alpha: first?.number('alpha') ?? 0.05,
        margin: first?.number('margin') ?? 0.02,
        maxBlocks: first?.number('max_blocks') ?? blocks,
      },
    },
  };
}
