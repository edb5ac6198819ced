import { benchmarksOf } from '../benchmarks/own';
import type { Experiment } from '../model/experiment';
import { changesOf, guestChanges } from './acrossChanges';
import { acrossHeadline } from './acrossHeadline';
import { choicesOf, guestsBehind, type Labelled } from './acrossChoices';
import { factRows, startFacts } from './facts';
import { listed } from './format';
import { guestKey, guestsOf } from './guests';
import { parametersOf, versionKey, versionsOf } from './howMeasured';
import type {
  AcrossChoice,
  AcrossEntry,
  AcrossExperiment,
  AcrossGuest,
  AcrossMetric,
  AcrossReport,
} from './acrossShape';
import type { FactRow, MetricComparison, MetricReport, ReportModel, ReportOptions } from './shape';

/** The report of one experiment by itself. */
export type Within = (experiment: Experiment, options: ReportOptions) => ReportModel;

/** One experiment with its own report of the chosen pair. */
interface Part {
  readonly experiment: Experiment;
  /** Index into the experiments of the report. */
  readonly index: number;
  /** Undefined: it has no such pair. */
  readonly model: ReportModel | undefined;
  /** The key of the candidate in the model. */
  readonly candidate: string;
  readonly shown: AcrossExperiment;
  readonly versions: ReadonlyMap<string, string>;
}

/** What one experiment has of a row. */
export interface AcrossCell {
  readonly part: Pick<Part, 'index' | 'model'>;
  readonly metric: MetricReport;
  readonly comparison: MetricComparison;
  readonly how: Readonly<Record<string, string>>;
}

/**
 * The same two labels through several experiments. Each experiment is judged by its own report (`within`): its own
 * blocks, plan and family, so that nothing here can make one of its verdicts surer than it is.
 */
export function acrossOf(
  experiments: readonly Experiment[],
  asked: AcrossChoice | undefined,
  within: Within,
): AcrossReport {
  const labelled = experiments.map((experiment): Labelled => ({
    experiment,
    guests: guestsOf([experiment]),
  }));
  const choices = choicesOf(labelled);
  const chosen = choices.find((choice) => isSame(choice, asked)) ?? choices[0];
  const order = labelled
    .map((one, index) => ({ ...one, index }))
    .sort((a, b) => Date.parse(a.experiment.startedAt) - Date.parse(b.experiment.startedAt));
  const parts = order.map(({ index, ...one }) => partOf(experiments, one, index, chosen, within));
  const metrics = chosen === undefined ? [] : metricsOf(parts, chosen);
  const report = {
    choices,
    ...(chosen === undefined ? {} : { chosen }),
    experiments: parts.map(({ shown }) => shown),
    metrics,
    facts: factsOf(parts),
  };
  return { ...report, headline: acrossHeadline(report) };
}

function isSame(a: AcrossChoice, b: AcrossChoice | undefined): boolean {
  return a.by === b?.by && a.baseline === b.baseline && a.candidate === b.candidate;
}

function partOf(
  experiments: readonly Experiment[],
  { experiment, guests }: Labelled,
  index: number,
  chosen: AcrossChoice | undefined,
  within: Within,
): Part {
  const { label, startedAt } = experiment;
  const common = { experiment: index, label, startedAt };
  const versions = versionsOf(experiment);
  const without = (why: string): Part => ({
    ...{ experiment, index, versions, model: undefined, candidate: '' },
    shown: { ...common, baseline: [], candidate: [], warnings: [], why },
  });
  if (chosen === undefined) return without('It shares no two modes or guests with another experiment.');
  const behind = guestsBehind(guests, chosen);
  const lacking = [chosen.baseline, chosen.candidate].filter((_, side) => behind[side]?.length === 0);
  if (lacking.length > 0) {
    const what = chosen.by === 'mode' ? 'No guest of the mode' : 'No guest with the name';
    return without(`${what} ${listed(lacking)}.`);
  }
  const [baseline = [], candidate = []] = behind;
  const isSingle = baseline.length === 1 && candidate.length === 1;
  if (!isSingle && experiment.imported !== undefined)
    return without('Several guests of a mode in imported results: nothing tells which of them to compare.');
  const options: ReportOptions = isSingle
    ? { baseline: baseline[0] ?? '', candidate: candidate[0] ?? '' }
    : { by: 'mode', baseline: chosen.baseline, candidate: chosen.candidate };
  const model = within(experiment, options);
  const pair = model.pairs.find((one) => one.candidate === model.candidate);
  if (pair === undefined) return without('Nothing was compared in it.');
  const keysOf = (names: readonly string[]) => names.map((name) => guestKey(experiments, index, name));
  return {
    ...{ experiment, index, versions, model, candidate: pair.candidate },
    shown: {
      ...common,
      baseline: keysOf(baseline),
      candidate: keysOf(candidate),
      headline: pair.headline,
      overall: pair.overall,
      statistics: model.statistics,
      warnings: pair.warnings,
    },
  };
}

/** A row for each metric that some experiment compared; another unit or direction is another row. */
function metricsOf(parts: readonly Part[], chosen: AcrossChoice): AcrossMetric[] {
  const rows = new Map<string, AcrossCell[]>();
  for (const part of parts) {
    for (const metric of part.model?.metrics ?? []) {
      const comparison = metric.comparisons.find(({ candidate }) => candidate === part.candidate);
      if (comparison === undefined) continue;
      const key = JSON.stringify([metric.key, metric.unit, metric.better]);
      const row = rows.get(key) ?? [];
      rows.set(key, row);
      row.push({ part, metric, comparison, how: howOf(part, metric) });
    }
  }
  const labels = new Map(parts.map(({ index, experiment }) => [index, experiment.label]));
  const drafts = [...rows.values()].flatMap((cells): Omit<AcrossMetric, 'changes'>[] => {
    const [first] = cells;
    if (first === undefined) return [];
    const { benchmark, benchmarkTitle, metric, title, kind, unit, better, primary } = first.metric;
    const isTwin = [...rows.values()].filter(([other]) => other?.metric.key === first.metric.key).length > 1;
    const key = isTwin ? `${first.metric.key} ${unit} ${better}` : first.metric.key;
    const entries = entriesOf(cells);
    return [
      {
        ...{ key, benchmark, benchmarkTitle, metric, title, kind, unit, better, primary, entries },
        guests: better === 'none' ? [] : guestsThrough(parts, cells, entries, labels),
      },
    ];
  });
  const changes = changesOf([...rows.values()], drafts, chosen, labels);
  return drafts.map((draft, index) => ({ ...draft, changes: changes[index] ?? [] }));
}

/** Everything that makes a figure another workload's than one of the same name: name of the condition to its value. */
function howOf({ experiment, model, versions }: Part, { benchmark }: MetricReport): Record<string, string> {
  const { lab, plan } = experiment;
  const ref = plan.benchmarks.find(({ id }) => id === benchmark) ?? { id: benchmark };
  const named = ref.benchmark ?? ref.id;
  const definition = lab.benchmarks?.find((own) => own.id === named);
  const guests = model === undefined ? [] : compared(model);
  const told = guests.map((name) => versions.get(versionKey(benchmark, name)) ?? '');
  const parameters = Object.entries(parametersOf(ref, benchmarksOf(lab)));
  return {
    ...(named === benchmark ? {} : { benchmark: named }),
    ...Object.fromEntries(parameters.map(([name, value]) => [`parameter ${name}`, value])),
    ...(definition === undefined ? {} : { 'the benchmark’s definition': JSON.stringify(definition) }),
    tool: [...new Set(told.filter((version) => version !== ''))].sort().join(' and '),
  };
}

function entriesOf(cells: readonly AcrossCell[]): AcrossEntry[] {
  const ways: string[] = [];
  return cells.map(({ part, comparison, how }) => {
    const way = JSON.stringify(Object.entries(how).sort());
    const known = ways.indexOf(way);
    const alike = known < 0 ? ways.push(way) : known + 1;
    const { verdict, word, sentence, n, speedup, interval } = comparison;
    return {
      ...{ experiment: part.index, verdict, word, sentence, n, speedup, interval, alike },
      differs: alike === 1 ? [] : differences(cells[0]?.how ?? {}, how),
    };
  });
}

const longest = 60;

function differences(before: AcrossCell['how'], after: AcrossCell['how']): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) => {
    const [old = '', now = ''] = [before[name], after[name]];
    if (old === now) return [];
    if (old.length > longest || now.length > longest) return [`${name} is another one`];
    return [`${name}: ${now || 'not known'} instead of ${old || 'not known'}`];
  });
}

/** The guests of the pair that are in at least two experiments by the same name. */
function guestsThrough(
  parts: readonly Part[],
  cells: readonly AcrossCell[],
  entries: readonly AcrossEntry[],
  labels: ReadonlyMap<number, string>,
): AcrossGuest[] {
  const names = new Set(parts.flatMap(({ model }) => (model === undefined ? [] : compared(model))));
  return [...names].flatMap((name): AcrossGuest[] => {
    const own = cells.flatMap(({ part, metric }, index) => {
      const samples = metric.guests.find(({ guest }) => guest === name);
      const alike = entries[index]?.alike ?? 0;
      if (part.model === undefined || samples === undefined || !compared(part.model).includes(name))
        return [];
      const { n, geometricMean } = samples;
      return n === 0 ? [] : [{ experiment: part.index, n, geometricMean, alike }];
    });
    const better = cells[0]?.metric.better === 'lower' ? 'lower' : 'higher';
    if (own.length < 2) return [];
    return [{ name, entries: own, changes: guestChanges(name, own, better, labels) }];
  });
}

/** Names of the guests that a report of one experiment compares. */
function compared({ by, baseline, candidate, modes }: ReportModel): readonly string[] {
  const sides = [baseline, candidate].flatMap((key) => key ?? []);
  return by === 'guest'
    ? sides
    : modes.filter(({ mode }) => sides.includes(mode)).flatMap(({ guests }) => guests);
}

/** Facts that are not the same in all experiments; several guests' values stand together. */
function factsOf(parts: readonly Part[]): FactRow[] {
  const columns = parts.map(({ experiment, model }) =>
    (model === undefined ? experiment.plan.guests.map(({ name }) => name) : compared(model)).map((name) =>
      startFacts(experiment, name),
    ),
  );
  const flat = columns.flat();
  const merged = (values: readonly (string | null)[]) => {
    let start = 0;
    return columns.map((column) => {
      const own = values.slice(start, (start += column.length)).filter((value) => value !== null);
      return own.length === 0 ? null : [...new Set(own)].join(' / ');
    });
  };
  const rows = factRows(flat)
    .filter(({ id }) => id !== 'load')
    .map(({ id, label, values }) => ({ id, label, values: merged(values) }));
  const hosts = parts.map(({ experiment }) => {
    const names = guestsOf([experiment]).flatMap(({ host }) => host ?? []);
    return names.length === 0 ? null : [...new Set(names)].join(' / ');
  });
  const versions = parts.map(({ experiment }) => experiment.guestbench);
  return [
    { id: 'host', label: 'Host', values: hosts },
    ...rows,
    { id: 'guestbench', label: 'Guestbench', values: versions },
  ]
    .filter(({ values }) => new Set(values).size > 1)
    .map((row) => ({ ...row, differs: true }));
}
