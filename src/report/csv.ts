import type { Experiment, Measurement, Trial, TrialRecord } from '../model/experiment';
import { cellText, numbersText, type CellValue } from './csvCells';

/** A measurement with all around it; a trial without any has one row, so that failures stay visible. */
interface Row {
  readonly e: Experiment;
  readonly place: 'first' | 'later';
  readonly trial?: Trial;
  /** Index into the plan's trials. */
  readonly planOrder?: number;
  /** Absent: the trial is planned and was not run. */
  readonly record?: TrialRecord;
  /** Index into the experiment's trials. */
  readonly order?: number;
  readonly placeInTrial: 'first' | 'later';
  readonly measurement?: Measurement;
  readonly lookup: Lookup;
}

interface Lookup {
  readonly modes: ReadonlyMap<string, string>;
  readonly hosts: ReadonlyMap<string, string | undefined>;
  readonly parameters: ReadonlyMap<string, string | undefined>;
}

/** A text that is always there: an empty one is an empty cell. */
const plainText = (text: string | undefined): string | undefined => (text === '' ? undefined : text);
const mean = (values: readonly number[] | undefined): number | undefined =>
  values === undefined || values.length === 0
    ? undefined
    : values.reduce((sum, value) => sum + value, 0) / values.length;
/** What is long stands in the first row of its trial only. */
const once = (row: Row, values: readonly number[] | undefined): string | undefined =>
  row.placeInTrial === 'first' ? numbersText(values) : undefined;

/** Named `*_course`: lists of numbers over the trial. `docs/FILE-FORMAT.md` describes the columns. */
const columns: Readonly<Record<string, (row: Row) => CellValue>> = {
  experiment: ({ e }) => plainText(e.label),
  guest: ({ trial }) => plainText(trial?.guest),
  host: ({ trial, lookup }) => lookup.hosts.get(trial?.guest ?? ''),
  mode: ({ trial, lookup }) => lookup.modes.get(trial?.guest ?? ''),
  benchmark: ({ trial }) => plainText(trial?.benchmark),
  metric: ({ measurement }) => measurement?.id,
  unit: ({ measurement }) => plainText(measurement?.unit),
  better: ({ measurement }) => measurement?.better,
  value: ({ measurement }) => measurement?.value,
  samples: ({ measurement }) => numbersText(measurement?.samples),
  metric_title: ({ measurement }) => measurement?.title,
  primary: ({ measurement }) => measurement?.primary,
  bound: ({ measurement }) => measurement?.bound,
  round: ({ trial }) => trial?.round,
  block: ({ trial }) => trial?.block,
  position: ({ trial }) => trial?.position,
  warmup: ({ trial }) => trial?.warmup,
  trial: ({ trial }) => plainText(trial?.id),
  attempt: ({ record }) => record?.attempt,
  status: ({ trial, record }) => record?.status ?? (trial === undefined ? undefined : 'planned'),
  started_at: ({ record }) => record?.startedAt,
  ended_at: ({ record }) => record?.endedAt,
  duration_ms: ({ record }) => record?.durationMs,
  exit_code: ({ record }) => record?.exitCode,
  signal: ({ record }) => record?.signal,
  job: ({ record }) => record?.job,
  order: ({ order }) => order,
  plan_order: ({ planOrder }) => planOrder,
  user_percent: ({ record }) => record?.cpu?.userPercent,
  system_percent: ({ record }) => record?.cpu?.systemPercent,
  iowait_percent: ({ record }) => record?.cpu?.iowaitPercent,
  steal_percent: ({ record }) => record?.cpu?.stealPercent,
  idle_percent: ({ record }) => record?.cpu?.idlePercent,
  context_switches_per_second: ({ record }) => record?.load?.summary.contextSwitchesPerSecond,
  interrupts_per_second: ({ record }) => record?.load?.summary.interruptsPerSecond,
  minimum_available_bytes: ({ record }) => record?.load?.summary.minimumAvailableBytes,
  maximum_memory_pressure_percent: ({ record }) => record?.load?.summary.maximumMemoryPressurePercent,
  major_faults_per_second: ({ record }) => record?.load?.summary.majorFaultsPerSecond,
  swapped_pages_per_second: ({ record }) => record?.load?.summary.swappedPagesPerSecond,
  own_domain_percent: ({ record }) => mean(record?.hostLoad?.ownPercent),
  dom0_percent: ({ record }) => mean(record?.hostLoad?.dom0Percent),
  other_domains_percent: ({ record }) => mean(record?.hostLoad?.othersPercent),
  load_interval_ms: ({ record }) => record?.load?.intervalMs,
  user_percent_course: (row) => once(row, row.record?.load?.userPercent),
  system_percent_course: (row) => once(row, row.record?.load?.systemPercent),
  iowait_percent_course: (row) => once(row, row.record?.load?.iowaitPercent),
  steal_percent_course: (row) => once(row, row.record?.load?.stealPercent),
  context_switches_course: (row) => once(row, row.record?.load?.contextSwitchesPerSecond),
  interrupts_course: (row) => once(row, row.record?.load?.interruptsPerSecond),
  available_mib_course: (row) => once(row, row.record?.load?.availableMiB),
  memory_pressure_course: (row) => once(row, row.record?.load?.memoryPressurePercent),
  host_load_host: ({ record }) => record?.hostLoad?.host,
  host_load_domain: ({ record }) => record?.hostLoad?.domain,
  host_load_interval_ms: ({ record }) => record?.hostLoad?.intervalMs,
  own_domain_course: (row) => once(row, row.record?.hostLoad?.ownPercent),
  dom0_course: (row) => once(row, row.record?.hostLoad?.dom0Percent),
  other_domains_course: (row) => once(row, row.record?.hostLoad?.othersPercent),
  failed_parts: ({ record, placeInTrial }) =>
    record?.failed === undefined || placeInTrial === 'later' ? undefined : sortedJson(record.failed),
  parameters: ({ trial, lookup }) => lookup.parameters.get(trial?.benchmark ?? ''),
  seed: ({ e }) => e.seed,
  statistics: ({ e }) => e.plan.statistics.plan,
  alpha: ({ e }) => e.plan.statistics.alpha,
  margin: ({ e }) => e.plan.statistics.margin,
  max_blocks: ({ e }) => e.plan.statistics.maxBlocks,
  guestbench: ({ e }) => plainText(e.guestbench),
  experiment_id: ({ e }) => plainText(e.id),
  experiment_started_at: ({ e }) => e.startedAt,
  experiment_json: ({ e, place }) => (place === 'first' ? headJson(e) : undefined),
  reason: ({ record }) => record?.reason,
};

/** One row per measurement, one per trial without any, also per trial that was planned and not run. */
export function toCsv(e: Experiment): string {
  const lines = [Object.keys(columns).map(cellText).join(',')];
  const writers = Object.values(columns);
  for (const row of rowsOf(e)) lines.push(writers.map((of) => cellText(of(row))).join(','));
  return `${lines.join('\r\n')}\r\n`;
}

function* rowsOf(e: Experiment): Generator<Row> {
  const lookup = lookupOf(e);
  const planOrders = new Map(e.plan.trials.map((trial, index) => [trial.id, index]));
  const run = new Set(e.trials.map(({ trial }) => trial.id));
  let place: Row['place'] = 'first';
  for (const [order, record] of e.trials.entries()) {
    const { trial } = record;
    const planOrder = planOrders.get(trial.id);
    const planned = planOrder === undefined ? {} : { planOrder };
    const common = { e, trial, record, order, lookup, ...planned };
    let placeInTrial: Row['placeInTrial'] = 'first';
    for (const measurement of record.measurements.length > 0 ? record.measurements : [undefined]) {
      yield { ...common, place, placeInTrial, ...(measurement === undefined ? {} : { measurement }) };
      [place, placeInTrial] = ['later', 'later'];
    }
  }
  for (const [planOrder, trial] of e.plan.trials.entries()) {
    if (run.has(trial.id)) continue;
    yield { e, place, trial, planOrder, placeInTrial: 'first', lookup };
    place = 'later';
  }
  if (place === 'first') yield { e, place, placeInTrial: 'first', lookup };
}

function lookupOf({ facts, plan }: Experiment): Lookup {
  return {
    modes: new Map(facts.map((record) => [record.guest, record.facts.mode.mode])),
    hosts: new Map(plan.guests.map(({ name, host }) => [name, host])),
    parameters: new Map(
      plan.benchmarks.map(({ id, parameters }) => [id, parameters && sortedJson(parameters)]),
    ),
  };
}

/** What has no row: the experiment without its trials. */
function headJson(e: Experiment): string {
  return sortedJson({ ...e, trials: undefined, plan: { ...e.plan, trials: [] } });
}

/** JSON whose keys are in order, so that what was read back is written alike. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
