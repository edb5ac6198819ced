import type { Experiment } from '../model/experiment';
import { startFacts } from './facts';
import type { ReportGuest } from './shape';

/** A guest's key: its name, with the experiment's label when several experiments are shown together. */
export function guestKey(experiments: readonly Experiment[], index: number, guest: string): string {
  const experiment = experiments[index];
  if (experiments.length < 2 || experiment === undefined) return guest;
  const twins = experiments.filter(({ label }) => label === experiment.label).length > 1;
  return `${guest} (${experiment.label}${twins ? ` #${index + 1}` : ''})`;
}

export function guestsOf(experiments: readonly Experiment[]): ReportGuest[] {
  return experiments.flatMap((experiment, index) =>
    experiment.plan.guests.map((guest) => {
      const verdict = startFacts(experiment, guest.name)?.mode;
      const host = guest.host ?? experiment.lab.guests.find(({ name }) => name === guest.name)?.host;
      return {
        key: guestKey(experiments, index, guest.name),
        name: guest.name,
        experiment: index,
        mode: verdict?.mode ?? 'unknown',
        confidence: verdict?.confidence ?? 'unknown',
        because: verdict?.because ?? [],
        ...(host === undefined ? {} : { host }),
        ...(guest.mode === undefined ? {} : { expectedMode: guest.mode }),
      };
    }),
  );
}

export interface Chosen {
  readonly baseline: ReportGuest;
  readonly candidate: ReportGuest;
  /** All guests that are compared with the baseline, the chosen one among them. */
  readonly candidates: readonly ReportGuest[];
}

/** Who is compared with whom: what was asked for, else what was planned, else PV against the first other guest. */
export function choose(
  guests: readonly ReportGuest[],
  asked: { readonly baseline?: string | undefined; readonly candidate?: string | undefined },
  planned?: string,
): Chosen | undefined {
  const find = (key: string | undefined) => guests.find((guest) => guest.key === key);
  const modesDiffer = new Set(guests.map(({ mode }) => mode)).size > 1;
  const usual =
    find(planned) ?? (modesDiffer ? guests.find(({ mode }) => mode === 'PV') : undefined) ?? guests[0];
  const wanted = find(asked.candidate);
  const baseline =
    find(asked.baseline) ?? (usual === wanted ? guests.find((guest) => guest !== wanted) : usual);
  if (baseline === undefined) return undefined;
  const candidates = guests.filter((guest) => guest !== baseline);
  const besideIt = candidates.find(({ experiment }) => experiment === baseline.experiment) ?? candidates[0];
  const candidate = wanted === undefined || wanted === baseline ? besideIt : wanted;
  return candidate === undefined ? undefined : { baseline, candidate, candidates };
}

/** What sentences call the two: their modes where those tell them apart, else their names. */
export function labelsOf(
  baseline: ReportGuest,
  candidate: ReportGuest,
): { baseline: string; candidate: string } {
  const sure = baseline.mode !== 'unknown' && candidate.mode !== 'unknown';
  return sure && baseline.mode !== candidate.mode
    ? { baseline: baseline.mode, candidate: candidate.mode }
    : { baseline: baseline.key, candidate: candidate.key };
}
