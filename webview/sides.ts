import type { GuestSamples, MetricReport, ReportGuest, ReportModel } from '../src/report/shape';

/** Who is shown: the baseline and the candidate that the page has chosen; one guest when there is no pair. */
export interface Shown {
  readonly model: ReportModel;
  readonly baseline: string | undefined;
  readonly candidate: string | undefined;
}

export interface ShownGuest {
  readonly guest: ReportGuest;
  readonly role: 'baseline' | 'candidate';
  /** Whose colour it must not have. */
  readonly beside: ReportGuest | undefined;
}

export interface ChartSide extends ShownGuest {
  readonly samples: GuestSamples;
}

/** The guests of the baseline, then those of the candidate: one each, or all that have the mode. */
export function shownGuests({ model, baseline = model.guests[0]?.key, candidate }: Shown): ShownGuest[] {
  const keysOf = (label: string | undefined): readonly string[] => {
    if (label === undefined) return [];
    return (
      (model.by === 'mode' ? model.modes.find(({ mode }) => mode === label)?.guests : undefined) ?? [label]
    );
  };
  const guestOf = (key: string | undefined) => model.guests.find((one) => one.key === key);
  const first = guestOf(keysOf(baseline)[0]);
  return (['baseline', 'candidate'] as const).flatMap((role) =>
    keysOf(role === 'baseline' ? baseline : candidate).flatMap((key) => {
      const guest = guestOf(key);
      return guest === undefined ? [] : [{ guest, role, beside: role === 'candidate' ? first : undefined }];
    }),
  );
}

/** Those of them that have a place for figures of the metric. */
export function sidesOf(shown: Shown, metric: MetricReport): ChartSide[] {
  return shownGuests(shown).flatMap((side) => {
    const samples = metric.guests.find((one) => one.guest === side.guest.key);
    return samples === undefined ? [] : [{ ...side, samples }];
  });
}

/** Runs of an imported pair have neither partners nor outputs. */
export function importedPair(shown: Shown): boolean {
  return shownGuests(shown).every(
    ({ guest }) => shown.model.experiments[guest.experiment]?.imported !== undefined,
  );
}

/** A guest in few words: its mode, unless another one shown has the same. */
export function shortName(shown: Shown, { mode, key }: ReportGuest): string {
  const same = shownGuests(shown).filter(({ guest }) => guest.mode === mode).length;
  return mode === 'unknown' || same > 1 ? key : mode;
}
