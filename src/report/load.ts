import type { TrialRecord } from '../model/experiment';
import type { HostLoad, Load } from '../model/load';
import { count } from './format';
import type { ReportHostLoad, ReportLoad, ReportTrial, ReportWarning } from './shape';

/** In any second, more of the time than this spent waiting for memory is a guest too small for the workload. */
const pressureLimitPercent = 10;
/** Of one physical CPU, on average over a trial: more than idle guests need. */
const othersLimitPercent = 25;
/** Points of a trial's chart; fewer where a report has very many trials. */
const mostPoints = 120;
const fewestPoints = 10;
const pointsOfReport = 60_000;

/** What the page shows of a trial's load; undefined where nothing was counted. */
export function reportLoad({ cpu, load, hostLoad }: TrialRecord, trials: number): ReportLoad | undefined {
  const points = Math.max(fewestPoints, Math.min(mostPoints, Math.floor(pointsOfReport / trials)));
  const shares = cpu ?? (load && sharesOf(load));
  if (shares === undefined) return undefined;
  const { userPercent, systemPercent, iowaitPercent, stealPercent } = shares;
  return {
    userPercent,
    systemPercent,
    iowaitPercent,
    stealPercent,
    ...(load === undefined ? {} : { ...load.summary, series: seriesOf(load, points) }),
    ...(hostLoad === undefined ? {} : { host: hostOf(hostLoad) }),
  };
}

function sharesOf(load: Load) {
  return {
    userPercent: mean(load.userPercent),
    systemPercent: mean(load.systemPercent),
    iowaitPercent: mean(load.iowaitPercent),
    stealPercent: mean(load.stealPercent),
  };
}

function seriesOf(load: Load, points: number): NonNullable<ReportLoad['series']> {
  const each = Math.max(1, Math.ceil(load.userPercent.length / points));
  return {
    intervalMs: each * load.intervalMs,
    userPercent: thinned(load.userPercent, each),
    systemPercent: thinned(load.systemPercent, each),
    iowaitPercent: thinned(load.iowaitPercent, each),
    stealPercent: thinned(load.stealPercent, each),
  };
}

function hostOf({ host, ownPercent, dom0Percent, othersPercent }: HostLoad): ReportHostLoad {
  return {
    name: host,
    ...(ownPercent === undefined ? {} : { ownPercent: mean(ownPercent) }),
    dom0Percent: mean(dom0Percent),
    othersPercent: mean(othersPercent),
  };
}

/** Means of so many values each. */
function thinned(values: readonly number[], each: number): readonly number[] {
  if (each === 1) return values;
  const means: number[] = [];
  for (let start = 0; start < values.length; start += each)
    means.push(tenths(mean(values, start, start + each)));
  return means;
}

/** Not by toFixed, which takes ten times as long: a report can hold a million of these. */
function tenths(value: number): number {
  return Math.round(10 * value) / 10;
}

/** Of the values from `start` up to `end`, or all; 0 without any. Without a copy, for the same reason. */
function mean(values: readonly number[], start = 0, end = values.length): number {
  const last = Math.min(end, values.length);
  let sum = 0;
  for (let index = start; index < last; index++) sum += values[index] ?? 0;
  return last > start ? sum / (last - start) : 0;
}

/** What a guest's compared trials suffered from: too little memory, or other domains at work on the host. */
export function loadWarnings(label: string, own: readonly ReportTrial[]): ReportWarning[] {
  const loads = own.map(({ load }) => load).filter((load) => load !== undefined);
  const pressed = loads.map((load) => load.maximumMemoryPressurePercent ?? 0);
  const busy = loads.map(({ host }) => host?.othersPercent ?? 0);
  const swapping = own.filter(({ load }) => (load?.swappedPagesPerSecond ?? 0) > 0).length;
  const warnings: ReportWarning[] = [];
  const trials = count(own.length, 'trial');
  const add = (id: string, text: string): void => {
    warnings.push({ id, severity: 'warning', text });
  };
  const overPressure = pressed.filter((value) => value > pressureLimitPercent);
  if (overPressure.length > 0) {
    add(
      'memory-pressure',
      `In ${overPressure.length} of ${trials} of ${label}, work waited for memory (pressure up to ${Math.max(...overPressure).toFixed(0)} %): the guest may be too small for the workload.`,
    );
  } else if (swapping > 0) {
    add(
      'memory-pressure',
      `In ${swapping} of ${trials}, ${label} was swapping: the guest may be too small for the workload.`,
    );
  }
  const overBusy = busy.filter((value) => value > othersLimitPercent);
  if (overBusy.length > 0) {
    add(
      'busy-host',
      `In ${overBusy.length} of ${trials} of ${label}, other domains of its host used more than ${othersLimitPercent} % of a CPU (up to ${Math.max(...overBusy).toFixed(0)} %), so they may have disturbed it.`,
    );
  }
  return warnings;
}
