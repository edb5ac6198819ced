import type { Experiment, Imported } from '../model/experiment';
import { guestLocation, type HostGroups } from '../statistics/compare';
import type { Draft, Unpaired } from './comparisons';
import type { Side } from './checks';
import { isRefused } from './comparability';
import { startFacts } from './facts';
import { count } from './format';
import { labelsOf, type Chosen } from './guests';
import type { MetricInfo } from './metrics';
import type { ChosenModes } from './modes';
import { noFigure, pairUp, samplesOf, type BenchmarkRuns, type Runs } from './samples';
import type {
  ComparabilityCheck,
  ComparedBy,
  DroppedBlock,
  Replicate,
  ReportGuest,
  ReportSetAside,
  ReportWarning,
} from './shape';

/** Two sides that are compared: two guests, or two modes with all their guests. */
export interface Pairing {
  readonly by: ComparedBy;
  readonly baseline: Side;
  readonly candidate: Side;
}

/** A pairing with what was found to stand against it. */
export interface CheckedPairing extends Pairing {
  readonly checks: readonly ComparabilityCheck[];
  readonly warnings: readonly ReportWarning[];
}

/** The chosen baseline against each of its candidates. */
export function pairingsOf(
  experiments: readonly Experiment[],
  guests: readonly ReportGuest[],
  chosen: Chosen | undefined,
  modes: ChosenModes | undefined,
): Pairing[] {
  const sideOf = (own: readonly ReportGuest[], key: string, label: string, name = label): Side => ({
    key,
    label,
    name,
    subjects: own.flatMap((guest) => {
      const experiment = experiments[guest.experiment];
      return experiment === undefined
        ? []
        : [{ guest, experiment, facts: startFacts(experiment, guest.name) }];
    }),
  });
  if (modes !== undefined) {
    const modeSide = (mode: string) => {
      const own = guests.filter((guest) => guest.mode === mode);
      return sideOf(own, mode, `${mode} (${count(own.length, 'guest')})`, mode);
    };
    const baseline = modeSide(modes.baseline);
    return modes.candidates.map((mode) => ({ by: 'mode', baseline, candidate: modeSide(mode) }));
  }
  return (chosen?.candidates ?? []).flatMap((guest) => {
    if (chosen === undefined) return [];
    const labels = labelsOf(chosen.baseline, guest);
    const baseline = sideOf([chosen.baseline], chosen.baseline.key, labels.baseline);
    const candidate = sideOf([guest], guest.key, labels.candidate);
    return baseline.subjects.length + candidate.subjects.length < 2
      ? []
      : [{ by: 'guest', baseline, candidate }];
  });
}

/** How a pair was imported; undefined when it was measured here, or is not of one experiment. */
export function importOf({ baseline, candidate }: Pairing): Imported | undefined {
  const [a, b] = [baseline.subjects[0]?.experiment, candidate.subjects[0]?.experiment];
  return a === b ? a?.imported : undefined;
}

const nothingRun: BenchmarkRuns = {
  blocks: [],
  warmups: new Map(),
  trials: new Map(),
  values: new Map(),
};

/** All metrics of all pairs, before the family is known. */
export function draftsOf(
  metrics: readonly MetricInfo[],
  pairings: readonly CheckedPairing[],
  runs: readonly Runs[],
  setAside: readonly ReportSetAside[],
): Draft[] {
  return pairings.flatMap((pairing) => {
    const { baseline, candidate, warnings } = pairing;
    const names = { baseline: baseline.label, candidate: candidate.label };
    const refused = isRefused(warnings);
    const subjects = [...baseline.subjects, ...candidate.subjects];
    const nameOf = (key: string) =>
      pairing.by === 'mode'
        ? key
        : key === baseline.subjects[0]?.guest.key
          ? names.baseline
          : names.candidate;
    return metrics.flatMap((metric): Draft[] => {
      // Metrics of a workload that another experiment planned say nothing about this pair.
      if (!subjects.some(({ guest }) => metric.experiments.includes(guest.experiment))) return [];
      const own = runs[subjects[0]?.guest.experiment ?? 0]?.byBenchmark.get(metric.benchmark) ?? nothingRun;
      const common = { metric, candidate: candidate.key, names };
      const [a, b] = [baseline.subjects[0]?.guest.key ?? '', candidate.subjects[0]?.guest.key ?? ''];
      if (importOf(pairing) !== undefined) {
        const meanOf = (key: string) => ({
          ...samplesOf(own, metric.metric, key, () => true),
          isMost: isMost(own, metric.metric, key),
        });
        const unpaired: Unpaired = { baseline: meanOf(a), candidate: meanOf(b) };
        return [{ ...common, pairs: [], dropped: [], refused: false, setAside: [], unpaired }];
      }
      const why = setAside
        .filter((one) => one.benchmark === metric.benchmark)
        .filter((one) => subjects.some(({ guest }) => guest.key === one.guest))
        .map(({ guest, reason }) => `${nameOf(guest)}: ${reason}`);
      if (pairing.by === 'mode') {
        const { groups, replicates, dropped } = groupUp(own, metric.metric, pairing);
        return [{ ...common, pairs: [], dropped, refused, setAside: why, groups, replicates }];
      }
      const { pairs, dropped } = pairUp(own, metric.metric, a, b, nameOf);
      return [{ ...common, pairs, dropped, refused, setAside: why }];
    });
  });
}

/** Whether some figure of a guest is only the most it was given as. */
function isMost({ blocks }: BenchmarkRuns, metric: string, guest: string): boolean {
  return blocks.some(({ slots }) => {
    const slot = slots.get(guest);
    return (
      slot?.state === 'ok' &&
      slot.run.record.measurements.some(({ id, bound }) => id === metric && bound === 'most')
    );
  });
}

/**
 * The guests of two modes host by host, each with its values over the blocks that are complete in all guests there:
 * so whatever a block did to the host is in all their means alike.
 */
function groupUp(
  runs: BenchmarkRuns,
  metric: string,
  { baseline, candidate }: Pick<Pairing, 'baseline' | 'candidate'>,
): { readonly groups: HostGroups[]; readonly replicates: Replicate[]; readonly dropped: DroppedBlock[] } {
  const columns = runs.values.get(metric);
  const groups: HostGroups[] = [];
  const replicates: Replicate[] = [];
  const dropped = new Map<number, DroppedBlock>();
  for (const host of hostsOf({ baseline, candidate })) {
    const sides = [baseline, candidate].map(({ subjects }) =>
      subjects.filter(({ guest }) => (guest.host ?? host) === host).map(({ guest }) => guest.key),
    );
    const [own = [], others = []] = sides;
    const keys = [...own, ...others];
    const complete = runs.blocks.flatMap((_, place) =>
      keys.every((key) => columns?.get(key)?.[place] !== undefined) ? [place] : [],
    );
    for (const [place, { block, round, slots }] of runs.blocks.entries()) {
      const reasons = keys.flatMap((key) => {
        const slot = slots.get(key);
        if (slot?.state === 'failed') return [`${key}: ${slot.reason}`];
        return slot?.state === 'ok' && columns?.get(key)?.[place] === undefined
          ? [`${key}: ${noFigure}`]
          : [];
      });
      // A block can fail on several hosts.
      const before = dropped.get(block);
      const all = [...(before === undefined ? [] : [before.reason]), ...reasons];
      if (reasons.length > 0) dropped.set(block, { block, round, reason: all.join('; ') });
    }
    const valuesOf = (key: string) => complete.map((place) => columns?.get(key)?.[place] ?? NaN);
    const [a, b] = [own.map(valuesOf), others.map(valuesOf)];
    if (a.length > 0 && b.length > 0) groups.push({ host, baseline: a, candidate: b });
    sides.forEach((side, index) => {
      for (const key of side) {
        const mean = Math.exp(guestLocation(valuesOf(key)));
        replicates.push({
          guest: key,
          side: index === 0 ? 'baseline' : 'candidate',
          ...(host === '' ? {} : { host }),
          mean: Number.isFinite(mean) ? mean : null,
          n: complete.length,
        });
      }
    });
  }
  return { groups, replicates, dropped: [...dropped.values()] };
}

/** The hosts of a pair's guests; guests without one count to the only named one, or to '' where none is. */
export function hostsOf({ baseline, candidate }: Pick<Pairing, 'baseline' | 'candidate'>): string[] {
  const named = [...baseline.subjects, ...candidate.subjects].flatMap(({ guest }) => guest.host ?? []);
  return named.length === 0 ? [''] : [...new Set(named)];
}
