import type { Experiment } from '../model/experiment';
import type { AcrossChoice } from './acrossShape';
import type { ComparedBy, ReportGuest } from './shape';

export interface Labelled {
  readonly experiment: Experiment;
  readonly guests: readonly ReportGuest[];
}

const labelOf = (guest: ReportGuest, by: ComparedBy): string => (by === 'mode' ? guest.mode : guest.name);

/** The names of the guests behind the two labels, baseline first. */
export function guestsBehind(
  guests: readonly ReportGuest[],
  { by, baseline, candidate }: AcrossChoice,
): string[][] {
  return [baseline, candidate].map((label) =>
    guests.filter((guest) => labelOf(guest, by) === label).map(({ name }) => name),
  );
}

/** All pairs of labels that at least two experiments have; those of most experiments first, modes before guests. */
export function choicesOf(experiments: readonly Labelled[]): AcrossChoice[] {
  return [...choicesBy('mode', experiments), ...choicesBy('guest', experiments)];
}

function choicesBy(by: ComparedBy, experiments: readonly Labelled[]): AcrossChoice[] {
  const counted = new Map<string, { readonly choice: AcrossChoice; times: number }>();
  for (const { experiment, guests } of experiments) {
    const labels = labelsOf(by, experiment, guests);
    labels.forEach((baseline, place) => {
      for (const candidate of labels.slice(place + 1)) {
        // One direction only: whichever came first.
        const known =
          counted.get(JSON.stringify([baseline, candidate])) ??
          counted.get(JSON.stringify([candidate, baseline]));
        if (known) known.times += 1;
        else
          counted.set(JSON.stringify([baseline, candidate]), {
            choice: { by, baseline, candidate },
            times: 1,
          });
      }
    });
  }
  return [...counted.values()]
    .filter(({ times }) => times > 1)
    .sort((a, b) => b.times - a.times)
    .map(({ choice }) => choice);
}

/** The labels of one experiment, what others are compared with first: the planned baseline, else PV. */
function labelsOf(by: ComparedBy, { plan }: Experiment, guests: readonly ReportGuest[]): string[] {
  const first = guests.find(({ name }) => name === plan.baseline) ?? guests.find(({ mode }) => mode === 'PV');
  const sorted = first === undefined ? guests : [first, ...guests.filter((guest) => guest !== first)];
  const labels = sorted.map((guest) => labelOf(guest, by));
  return [...new Set(labels)].filter((label) => by === 'guest' || label !== 'unknown');
}
