import type { TrendEntry, TrendMetric, TrendOption } from './trendShape';
import { directionText } from './wording';

/** A metric with the parameters it was measured with: only what is the same workload is one trend. */
export interface Variant extends TrendOption {
  readonly metric: TrendMetric;
  readonly footings: readonly { readonly entry: TrendEntry; readonly metric: TrendMetric }[];
}

/** What is followed: a guest, a mode, or the comparison of two of these. */
export type Subject =
  | { readonly kind: 'value'; readonly by: 'guest' | 'mode'; readonly name: string }
  | {
      readonly kind: 'speedup';
      readonly by: 'guest' | 'mode';
      readonly baseline: string;
      readonly candidate: string;
    };

export function variantsOf(entries: readonly TrendEntry[]): Variant[] {
  const groups = new Map<string, { entry: TrendEntry; metric: TrendMetric }[]>();
  for (const entry of entries) {
    for (const metric of entry.metrics) {
      if (metric.values.length === 0) continue;
      const key = JSON.stringify([metric.key, metric.unit, metric.better, metric.parameters]);
      const group = groups.get(key);
      if (group) group.push({ entry, metric });
      else groups.set(key, [{ entry, metric }]);
    }
  }
  const followed = [...groups.values()].filter((group) => new Set(group.map(({ entry }) => entry)).size > 1);
  const twins = new Map<string, TrendMetric[]>();
  for (const [first] of followed) {
    if (first) twins.set(first.metric.key, [...(twins.get(first.metric.key) ?? []), first.metric]);
  }
  return followed
    .flatMap((footings): Variant[] => {
      const metric = footings[0]?.metric;
      if (metric === undefined) return [];
      const apart = distinctionOf(metric, twins.get(metric.key) ?? []);
      const points = new Set(footings.map(({ entry }) => entry)).size;
      const suffix = apart === '' ? '' : ` (${apart})`;
      return [{ key: metric.key + suffix, title: metric.title + suffix, points, metric, footings }];
    })
    .sort((a, b) => Number(b.metric.primary) - Number(a.metric.primary) || b.points - a.points);
}

/** What tells a metric from others of the same name: "seconds 30", "MiB/s", "lower is better". */
function distinctionOf(metric: TrendMetric, twins: readonly TrendMetric[]): string {
  const names = [...new Set(twins.flatMap(({ parameters }) => Object.keys(parameters)))].sort();
  const differing = names.filter((name) => new Set(twins.map((twin) => twin.parameters[name])).size > 1);
  const unit = new Set(twins.map((twin) => twin.unit)).size > 1 ? [metric.unit || 'no unit'] : [];
  const better = new Set(twins.map((twin) => twin.better)).size > 1 ? [directionText(metric)] : [];
  const parameters = differing.map((name) => `${name} ${metric.parameters[name] || 'not set'}`);
  return [...parameters, ...unit, ...better].join(', ');
}

/** What was asked for, if it is there; else the first with the most points. */
export function chosenOf<T extends TrendOption>(
  options: readonly T[],
  asked: string | undefined,
  fits: (option: T, asked: string) => boolean = () => false,
): T | undefined {
  const wanted = asked === undefined ? [] : options.filter((option) => option.key === asked);
  const alike = asked === undefined ? [] : options.filter((option) => fits(option, asked));
  const most = (some: readonly T[]) =>
    some.reduce<T | undefined>(
      (best, option) => (best === undefined || option.points > best.points ? option : best),
      undefined,
    );
  return most(wanted) ?? most(alike) ?? options[0];
}

export interface SubjectOption extends TrendOption {
  readonly subject: Subject;
}

/** Guests, modes and pairs that have the metric in at least two experiments; pairs are the question, so they lead. */
export function subjectsOf({ footings }: Variant): SubjectOption[] {
  const counted = new Map<string, { subject: Subject; where: Set<TrendEntry> }>();
  const note = (subject: Subject, entry: TrendEntry) => {
    const key = subjectKey(subject);
    const known = counted.get(key) ?? { subject, where: new Set<TrendEntry>() };
    known.where.add(entry);
    counted.set(key, known);
  };
  for (const { entry, metric } of footings) {
    const modeOf = (guest: string) => entry.guests.find(({ name }) => name === guest)?.mode ?? 'unknown';
    for (const { guest } of metric.values) {
      note({ kind: 'value', by: 'guest', name: guest }, entry);
      if (modeOf(guest) !== 'unknown') note({ kind: 'value', by: 'mode', name: modeOf(guest) }, entry);
    }
    for (const { baseline, candidate } of metric.pairs) {
      note({ kind: 'speedup', by: 'guest', baseline, candidate }, entry);
      const modes = [modeOf(baseline), modeOf(candidate)] as const;
      if (modes.includes('unknown') || modes[0] === modes[1]) continue;
      note({ kind: 'speedup', by: 'mode', baseline: modes[0], candidate: modes[1] }, entry);
    }
  }
  return [...counted]
    .map(([key, { subject, where }]) => ({
      key,
      title: subjectTitle(subject),
      points: where.size,
      subject,
    }))
    .filter(({ points }) => points > 1)
    .sort((a, b) => b.points - a.points);
}

/** "guest:deb12-pv", "mode:PVHVM/PV"; no two subjects have the same, whatever their names hold. */
export function subjectKey(subject: Subject): string {
  const inKey = (name: string): string => name.replace(/[%/]/g, encodeURIComponent);
  return subject.kind === 'value'
    ? `${subject.by}:${inKey(subject.name)}`
    : `${subject.by}:${inKey(subject.candidate)}/${inKey(subject.baseline)}`;
}

function subjectTitle(subject: Subject): string {
  const by = subject.by === 'mode' ? 'guests in mode ' : '';
  return subject.kind === 'value'
    ? `${by}${subject.name}`
    : `${subject.candidate} against ${subject.baseline}${subject.by === 'mode' ? ' (modes)' : ''}`;
}
