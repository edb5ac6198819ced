import type { Experiment, Trial, TrialRecord } from '../model/experiment';
import { reportLoad } from './load';
import type {
  DroppedBlock,
  GuestSamples,
  Pair,
  ReportFailure,
  ReportLoad,
  ReportTrial,
  Sample,
} from './shape';

/** A trial that gave figures, with its place in the report. */
export interface Run {
  /** Index into the report's trials. */
  readonly index: number;
  readonly record: TrialRecord;
}

interface Warmup extends Run {
  /** By metric. */
  readonly values: ReadonlyMap<string, number>;
}

/** What happened in one place of the plan: one guest, one benchmark, one block. */
export type Slot =
  | { readonly state: 'pending' }
  | { readonly state: 'ok'; readonly run: Run }
  | { readonly state: 'failed'; readonly reason: string };

export interface Block {
  readonly block: number;
  readonly round: number;
  readonly slots: ReadonlyMap<string, Slot>;
}

export interface BenchmarkRuns {
  /** Blocks from 1 on, in order. */
  readonly blocks: readonly Block[];
  readonly warmups: ReadonlyMap<string, readonly Warmup[]>;
  /** By guest: the index of the trial that gave the figures of each of `blocks`. */
  readonly trials: ReadonlyMap<string, readonly (number | undefined)[]>;
  /** By metric and guest: a value for each of `blocks`, undefined where there is none. */
  readonly values: ReadonlyMap<string, ReadonlyMap<string, readonly (number | undefined)[]>>;
}

export interface Runs {
  readonly trials: readonly ReportTrial[];
  readonly failures: readonly Omit<ReportFailure, 'benchmarkTitle'>[];
  readonly byBenchmark: ReadonlyMap<string, BenchmarkRuns>;
  readonly finished: number;
  /** Trials of which no attempt gave figures. */
  readonly failed: number;
}

interface OpenBenchmark {
  readonly blocks: Map<number, { block: number; round: number; slots: Map<string, Slot> }>;
  readonly warmups: Map<string, Warmup[]>;
}

/** The planned trials without those of rounds that a benchmark did not need any more. */
export function neededTrials({ plan, settled }: Experiment): readonly Trial[] {
  const last = new Map((settled ?? []).map(({ benchmark, round }) => [benchmark, round]));
  return plan.trials.filter(({ benchmark, round }) => round <= (last.get(benchmark) ?? Infinity));
}

/** Sorts the trials of one experiment by benchmark, block and guest. Of several attempts the last one counts. */
export function runsOf(
  experiment: Experiment,
  index: number,
  keyOf: (guest: string) => string,
  firstTrial: number,
): Runs {
  const open = new Map<string, OpenBenchmark>();
  const benchmark = (id: string): OpenBenchmark => {
    const known = open.get(id);
    if (known) return known;
    const made: OpenBenchmark = { blocks: new Map(), warmups: new Map() };
    open.set(id, made);
    return made;
  };
  const blockOf = (trial: { benchmark: string; block: number; round: number }) => {
    const { blocks } = benchmark(trial.benchmark);
    const known = blocks.get(trial.block);
    if (known) return known;
    const made = { block: trial.block, round: trial.round, slots: new Map<string, Slot>() };
    blocks.set(trial.block, made);
    return made;
  };

  for (const trial of neededTrials(experiment)) {
    if (!trial.warmup) blockOf(trial).slots.set(keyOf(trial.guest), { state: 'pending' });
  }
  const last = new Map(experiment.trials.map((record) => [record.trial.id, record]));
  const trials: ReportTrial[] = [];
  const failures: Omit<ReportFailure, 'benchmarkTitle'>[] = [];
  let finished = 0;
  let failed = 0;
  for (const record of experiment.trials) {
    const { trial } = record;
    const guest = keyOf(trial.guest);
    const run = { index: firstTrial + trials.length, record };
    const final = last.get(trial.id) === record;
    trials.push(reportTrial(record, index, guest, reportLoad(record, experiment.trials.length)));
    if (final && record.status !== 'running') finished += 1;
    if (final && record.status !== 'running' && record.status !== 'ok') failed += 1;
    if (record.status === 'ok') {
      for (const { test, error } of record.failed ?? []) {
        failures.push({ trial: run.index, guest, outcome: 'failed', reason: `${test}: ${error}` });
      }
      if (trial.warmup) append(benchmark(trial.benchmark).warmups, guest, run);
      else if (final) blockOf(trial).slots.set(guest, { state: 'ok', run });
    } else if (record.status !== 'running') {
      const reason = record.reason ?? defaultReasons[record.status];
      failures.push({ trial: run.index, guest, outcome: record.status, reason });
      if (final && !trial.warmup) blockOf(trial).slots.set(guest, { state: 'failed', reason });
    }
  }
  const byBenchmark = new Map(
    [...open].map(([id, { blocks: unsorted, warmups }]) => {
      const blocks = [...unsorted.values()].sort((a, b) => a.block - b.block);
      return [id, { blocks, warmups, ...figuresOf(blocks) }];
    }),
  );
  return { trials, failures, byBenchmark, finished, failed };
}

const defaultReasons = {
  failed: 'the trial failed',
  cancelled: 'the trial was cancelled',
  lost: 'the guest could not be reached any more',
} as const;

function append(map: Map<string, Warmup[]>, key: string, run: Run): void {
  const values = new Map(run.record.measurements.map(({ id, value }) => [id, value]));
  const known = map.get(key);
  if (known) known.push({ ...run, values });
  else map.set(key, [{ ...run, values }]);
}

function reportTrial(
  record: TrialRecord,
  experiment: number,
  guest: string,
  load: ReportLoad | undefined,
): ReportTrial {
  const { trial } = record;
  return {
    id: trial.id,
    experiment,
    guest,
    benchmark: trial.benchmark,
    round: trial.round,
    block: trial.block,
    position: trial.position,
    warmup: trial.warmup,
    startedAt: record.startedAt,
    ...(record.durationMs === undefined ? {} : { durationMs: record.durationMs }),
    ...(load === undefined ? {} : { stealPercent: load.stealPercent, load }),
  };
}

/** Looked up once and for all: a report can hold a hundred thousand values, each of which is asked for again and again. */
function figuresOf(blocks: readonly Block[]): Pick<BenchmarkRuns, 'trials' | 'values'> {
  type Column = (number | undefined)[];
  const values = new Map<string, Map<string, Column>>();
  const trials = new Map<string, Column>();
  const columnIn = (columns: Map<string, Column>, guest: string): Column => {
    const known = columns.get(guest) ?? blocks.map(() => undefined);
    columns.set(guest, known);
    return known;
  };
  const columnOf = (metric: string, guest: string): Column => {
    const guests = values.get(metric) ?? new Map<string, Column>();
    values.set(metric, guests);
    return columnIn(guests, guest);
  };
  // A guest's trials nearly always have the same metrics in the same order, so the last one's columns mostly fit.
  const latest = new Map<string, { metric: string; column: Column }[]>();
  blocks.forEach(({ slots }, place) => {
    for (const [guest, slot] of slots) {
      if (slot.state !== 'ok') continue;
      columnIn(trials, guest)[place] = slot.run.index;
      const columns = latest.get(guest) ?? [];
      latest.set(guest, columns);
      slot.run.record.measurements.forEach(({ id, value }, index) => {
        let at = columns[index];
        if (at?.metric !== id) columns[index] = at = { metric: id, column: columnOf(id, guest) };
        at.column[place] = value;
      });
    }
  });
  return { trials, values };
}

/** Why a trial that went well has no part in a comparison. */
export const noFigure = 'the trial gave no such figure';

export interface Pairing {
  readonly pairs: readonly Pair[];
  readonly dropped: readonly DroppedBlock[];
}

/** The complete blocks of two guests, and why others are not. Blocks still open are neither. */
export function pairUp(
  runs: BenchmarkRuns,
  metric: string,
  baseline: string,
  candidate: string,
  nameOf: (guest: string) => string,
): Pairing {
  const pairs: Pair[] = [];
  const dropped: DroppedBlock[] = [];
  const values = runs.values.get(metric);
  const [baselines, candidates] = [values?.get(baseline), values?.get(candidate)];
  for (const [place, { block, round, slots }] of runs.blocks.entries()) {
    const a = baselines?.[place];
    const b = candidates?.[place];
    if (a !== undefined && b !== undefined) {
      pairs.push({ block, round, baseline: a, candidate: b });
      continue;
    }
    const reasons = [baseline, candidate].flatMap((guest) => {
      const slot = slots.get(guest);
      if (slot?.state === 'failed') return [`${nameOf(guest)}: ${slot.reason}`];
      if (slot?.state === 'ok' && values?.get(guest)?.[place] === undefined) {
        return [`${nameOf(guest)}: ${noFigure}`];
      }
      return [];
    });
    if (reasons.length > 0) dropped.push({ block, round, reason: reasons.join('; ') });
  }
  return { pairs, dropped };
}

/** The samples of one guest in the order they were run; `paired` says whether the block at a place is complete. */
export function samplesOf(
  runs: BenchmarkRuns,
  metric: string,
  guest: string,
  paired: (place: number) => boolean,
): GuestSamples {
  const samples: Sample[] = [];
  for (const { index, record, values } of runs.warmups.get(guest) ?? []) {
    const value = values.get(metric);
    if (value === undefined) continue;
    samples.push({
      trial: index,
      block: record.trial.block,
      round: record.trial.round,
      value,
      use: 'warmup',
    });
  }
  const [trials, values] = [runs.trials.get(guest), runs.values.get(metric)?.get(guest)];
  for (const [place, { block, round }] of runs.blocks.entries()) {
    const [trial, value] = [trials?.[place], values?.[place]];
    if (trial === undefined || value === undefined) continue;
    samples.push({ trial, block, round, value, use: paired(place) ? 'used' : 'unpaired' });
  }
  samples.sort((a, b) => a.trial - b.trial);
  return { guest, samples, ...spread(samples) };
}

/** In two passes without copies: this runs for each metric of each guest. */
function spread(samples: readonly Sample[]): Pick<GuestSamples, 'n' | 'geometricMean' | 'cvPercent'> {
  let [n, sum, logSum, positive] = [0, 0, 0, true];
  for (const { value, use } of samples) {
    if (use !== 'used') continue;
    n += 1;
    sum += value;
    if (value > 0 && Number.isFinite(value)) logSum += Math.log(value);
    else positive = false;
  }
  if (n === 0) return { n, geometricMean: null, cvPercent: null };
  const mean = sum / n;
  let squares = 0;
  for (const { value, use } of samples) if (use === 'used') squares += (value - mean) ** 2;
  return {
    n,
    geometricMean: positive ? Math.exp(logSum / n) : null,
    cvPercent: n >= 2 && mean > 0 ? (100 * Math.sqrt(squares / (n - 1))) / mean : null,
  };
}
