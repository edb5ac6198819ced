import type { Experiment } from '../model/experiment';
import type { MetricComparison, Replicate, ReportGuest, ReportMode, ReportOptions } from './shape';

export interface ChosenModes {
  readonly baseline: string;
  readonly candidate: string;
  /** All modes that are compared with the baseline, the chosen one among them. */
  readonly candidates: readonly string[];
}

/**
 * The modes of one measured experiment, where at least one of them has two guests: so there is something to be said of
 * a mode that cannot be said of one guest of it.
 */
export function modesOf(experiments: readonly Experiment[], guests: readonly ReportGuest[]): ReportMode[] {
  const [only, ...others] = experiments;
  if (only === undefined || others.length > 0 || only.imported !== undefined) return [];
  const names = [...new Set(guests.map(({ mode }) => mode))].filter((mode) => mode !== 'unknown');
  const modes = names.map((mode) => ({
    mode,
    guests: guests.filter((guest) => guest.mode === mode).map(({ key }) => key),
  }));
  return modes.length > 1 && modes.some((mode) => mode.guests.length > 1) ? modes : [];
}

/** Which modes are compared: those asked for, else PV with the first other one. Undefined: guests are compared. */
export function chooseModes(
  modes: readonly ReportMode[],
  { by, baseline, candidate }: Pick<ReportOptions, 'by' | 'baseline' | 'candidate'>,
): ChosenModes | undefined {
  if (by !== 'mode' || modes.length < 2) return undefined;
  const names: readonly string[] = modes.map(({ mode }) => mode);
  const usual = names.includes('PV') ? 'PV' : names[0];
  const wanted = candidate !== undefined && names.includes(candidate) ? candidate : undefined;
  const asked = baseline !== undefined && names.includes(baseline) ? baseline : undefined;
  const first = asked ?? (usual === wanted ? names.find((name) => name !== wanted) : usual);
  if (first === undefined) return undefined;
  const candidates = names.filter((name) => name !== first);
  const second = wanted === undefined || wanted === first ? candidates[0] : wanted;
  return second === undefined ? undefined : { baseline: first, candidate: second, candidates };
}

/** The geometric mean of the guests' means on one side of a comparison of modes; null where guests are compared. */
export function replicateMean(
  found: Pick<MetricComparison, 'replicates'> | undefined,
  side: Replicate['side'],
): number | null {
  const means = (found?.replicates ?? []).flatMap((one) =>
    one.side === side && one.mean !== null ? [one.mean] : [],
  );
  if (means.length === 0) return null;
  return Math.exp(means.reduce((sum, mean) => sum + Math.log(mean), 0) / means.length);
}
