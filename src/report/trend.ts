import { count, formatSpeedup, formatWithUnit } from './format';
import { changesBetween, whyApart, type Footing } from './trendChanges';
import {
  chosenOf,
  subjectsOf,
  variantsOf,
  type Subject,
  type SubjectOption,
  type Variant,
} from './trendOptions';
import type {
  TrendChoice,
  TrendEntry,
  TrendGuest,
  TrendLeftOut,
  TrendLine,
  TrendMetric,
  TrendModel,
  TrendOption,
  TrendPair,
  TrendPoint,
  TrendValue,
} from './trendShape';

/** A file of the folder that could not be read, and why. */
export interface UnreadFile {
  readonly file: string;
  readonly label: string;
  readonly reason: string;
}

/** A point with what it rests on, before it is set beside the one before. */
interface Found {
  readonly line: string;
  readonly footing: Footing;
  readonly value: TrendValue | TrendPair;
}

/**
 * One metric through all experiments of a folder. Points are joined only where the same thing was measured on the
 * same machine; what cannot be in it is listed with its reason. Pure.
 */
export function trendModel(
  folder: string,
  all: readonly TrendEntry[],
  unread: readonly UnreadFile[],
  choice: TrendChoice,
): TrendModel {
  const { entries, copies } = withoutCopies(all);
  const variants = variantsOf(entries);
  const variant = chosenOf(variants, choice.metric, (option, asked) => option.metric.key === asked);
  const subjects = variant === undefined ? [] : subjectsOf(variant);
  const subject = chosenOf(subjects, choice.subject);
  const unreadGroups = unread.map(({ file, label, reason }) => ({ file, label, reason }));
  const common = { folder, experiments: all.length + unread.length };
  if (variant === undefined || subject === undefined) {
    return {
      ...common,
      headline: nothingWords(variant, entries.length),
      metrics: variants.map(optionOf),
      subjects: [],
      ...(variant === undefined ? {} : { metric: variant.key }),
      ...{ kind: 'value', unit: '', better: 'none', lines: [], notes: [] },
      leftOut: grouped([...unreadGroups, ...copies]),
    };
  }
  const { metric } = variant;
  const found = entries.map((entry) => findIn(entry, variant, subject.subject));
  const lines = linesOf(found.flatMap((one) => one.found));
  const notes = entries.flatMap(({ label, imported }, place) =>
    imported === undefined || found[place]?.found.length === 0
      ? []
      : `${label}: ${imported.statement ?? 'imported, so nothing is known of how it was measured'}`,
  );
  const reasons = found.flatMap(({ reason }, place) => {
    const entry = entries[place];
    return reason === undefined || entry === undefined ? [] : [{ ...named(entry), reason }];
  });
  return {
    ...common,
    headline: headlineOf(variant, subject, lines),
    metrics: variants.map(optionOf),
    subjects: subjects.map(optionOf),
    metric: variant.key,
    subject: subject.key,
    kind: subject.subject.kind,
    unit: subject.subject.kind === 'speedup' ? '' : metric.unit,
    better: subject.subject.kind === 'speedup' ? 'higher' : metric.better,
    lines,
    leftOut: grouped([...reasons, ...copies, ...unreadGroups]),
    notes,
  };
}

const named = ({ file, label }: TrendEntry) => ({ file, label });
const optionOf = ({ key, title, points }: TrendOption): TrendOption => ({ key, title, points });

/** In the order of time; a file that was copied counts once. */
function withoutCopies(all: readonly TrendEntry[]) {
  const entries: TrendEntry[] = [];
  const copies: UnreadFile[] = [];
  const seen = new Map<string, TrendEntry>();
  for (const entry of [...all].sort(byTime)) {
    const first = seen.get(entry.id);
    if (first === undefined) {
      seen.set(entry.id, entry);
      entries.push(entry);
    } else {
      copies.push({ ...named(entry), reason: 'a copy of an experiment that is in the trend already' });
    }
  }
  return { entries, copies };
}

function byTime(a: TrendEntry, b: TrendEntry): number {
  return Date.parse(a.startedAt) - Date.parse(b.startedAt) || (a.file < b.file ? -1 : 1);
}

/** The points of one experiment, or why it has none. */
function findIn(
  entry: TrendEntry,
  variant: Variant,
  subject: Subject,
): { readonly found: readonly Found[]; readonly reason?: string } {
  const metrics = variant.footings.filter((footing) => footing.entry === entry).map(({ metric }) => metric);
  if (metrics.length === 0) return { found: [], reason: whyOther(entry, variant) };
  const found = metrics.flatMap((metric) =>
    subject.kind === 'value' ? valuesIn(entry, metric, subject) : pairsIn(entry, metric, subject),
  );
  return found.length > 0 ? { found } : { found, reason: whyNone(entry, subject) };
}

function valuesIn(
  entry: TrendEntry,
  metric: TrendMetric,
  subject: Extract<Subject, { kind: 'value' }>,
): Found[] {
  return metric.values.flatMap((value) => {
    const guest = guestOf(entry, value.guest);
    const is = subject.by === 'guest' ? guest.name : guest.mode;
    if (is !== subject.name) return [];
    const footing = { entry, metric, guests: [{ ...guest, versions: value.versions }] };
    return [{ line: guest.name, footing, value }];
  });
}

function pairsIn(
  entry: TrendEntry,
  metric: TrendMetric,
  subject: Extract<Subject, { kind: 'speedup' }>,
): Found[] {
  return metric.pairs.flatMap((value) => {
    const guests = [value.baseline, value.candidate].map((name) => ({
      ...guestOf(entry, name),
      versions: metric.values.find(({ guest }) => guest === name)?.versions ?? '',
    }));
    const is = guests.map(({ name, mode }) => (subject.by === 'guest' ? name : mode));
    if (is[0] !== subject.baseline || is[1] !== subject.candidate) return [];
    return [
      { line: `${value.candidate} against ${value.baseline}`, footing: { entry, metric, guests }, value },
    ];
  });
}

function guestOf(entry: TrendEntry, guest: string): TrendGuest {
  return entry.guests.find(({ name }) => name === guest) ?? { name: guest, mode: 'unknown' };
}

/** Why an experiment has the metric in no form that belongs here. */
function whyOther(entry: TrendEntry, { metric }: Variant): string {
  const same = entry.metrics.filter(({ key }) => key === metric.key);
  const measured = same.find(({ values }) => values.length > 0);
  if (same.length === 0) return 'it does not have this metric';
  if (measured === undefined) return 'no trial of it has ended with a figure that is compared';
  if (measured.unit !== metric.unit)
    return `another unit: ${measured.unit || 'none'} instead of ${metric.unit || 'none'}`;
  if (measured.better !== metric.better) return `${measured.better} is better there, not ${metric.better}`;
  const names = [...new Set([...Object.keys(measured.parameters), ...Object.keys(metric.parameters)])];
  const differing = names.sort().flatMap((name) => {
    const [there, here] = [measured.parameters[name], metric.parameters[name]];
    return there === here ? [] : [`${name} ${there ?? 'not set'} instead of ${here ?? 'not set'}`];
  });
  return `other parameters, so another workload: ${differing.join(', ')}`;
}

function whyNone(entry: TrendEntry, subject: Subject): string {
  const has = (name: string) =>
    entry.guests.some((guest) => guest[subject.by === 'guest' ? 'name' : 'mode'] === name);
  const wanted = subject.kind === 'value' ? [subject.name] : [subject.baseline, subject.candidate];
  const missing = wanted.filter((name) => !has(name));
  if (missing.length > 0) {
    return subject.by === 'guest'
      ? `${missing.join(' and ')} is not in it`
      : `it has no guest in mode ${missing.join(' or ')}`;
  }
  return subject.kind === 'value'
    ? `no trial of it on ${subject.name} has ended with a figure that is compared`
    : `it does not compare ${subject.candidate} with ${subject.baseline}, or has no estimate of it`;
}

function linesOf(found: readonly Found[]): TrendLine[] {
  const lines = new Map<string, Found[]>();
  for (const one of found) lines.set(one.line, [...(lines.get(one.line) ?? []), one]);
  return [...lines]
    .map(([name, points]) => ({
      name,
      points: points.map((point, place) => pointOf(point, points[place - 1])),
    }))
    .sort((a, b) => b.points.length - a.points.length);
}

function pointOf({ footing, value }: Found, before: Found | undefined): TrendPoint {
  const { file, label, startedAt, hasEnded, imported } = footing.entry;
  const origin =
    imported === undefined ? 'measured' : imported.from === 'published' ? 'published' : 'imported';
  const figures =
    'speedup' in value
      ? {
          ...{ n: value.n, centre: value.speedup, spread: value.interval, cvPercent: null },
          ...{ verdict: value.verdict, word: value.word },
        }
      : {
          ...{ n: value.n, centre: value.mean, cvPercent: value.cvPercent },
          spread: value.n > 1 ? ([value.low, value.high] as const) : null,
        };
  return {
    ...{ file, label, startedAt, hasEnded, origin },
    ...figures,
    changes: before === undefined ? [] : changesBetween(before.footing, footing),
    apart: before === undefined ? [] : whyApart(before.footing, footing),
  };
}

function grouped(files: readonly UnreadFile[]): TrendLeftOut[] {
  const groups = new Map<string, { file: string; label: string }[]>();
  for (const { file, label, reason } of files)
    groups.set(reason, [...(groups.get(reason) ?? []), { file, label }]);
  return [...groups].map(([reason, members]) => ({ reason, files: members }));
}

function nothingWords(variant: Variant | undefined, experiments: number): string {
  if (experiments < 2)
    return `No trend: ${count(experiments, 'experiment')} can be read here, and it takes two.`;
  return variant === undefined
    ? 'No trend: no metric was measured alike in two of these experiments.'
    : `No trend: ${variant.title} was not measured twice on one guest or in one mode.`;
}

/** Says what is shown and how far apart its ends are, and that this is no verdict. */
function headlineOf(variant: Variant, subject: SubjectOption, lines: readonly TrendLine[]): string {
  const points = lines
    .flatMap((line) => line.points)
    .sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
  const [first, last] = [points[0], points.at(-1)];
  const what = `${variant.title}, ${subject.title}`;
  if (first === undefined || last === undefined) return `${what}: nothing measured.`;
  const figure = ({ centre }: TrendPoint) =>
    subject.subject.kind === 'speedup' ? formatSpeedup(centre) : formatWithUnit(centre, variant.metric.unit);
  const day = ({ startedAt }: TrendPoint) => startedAt.slice(0, 10);
  const ends =
    lines.length === 1
      ? `from ${figure(first)} on ${day(first)} to ${figure(last)} on ${day(last)}`
      : `in ${lines.length} lines from ${day(first)} to ${day(last)}`;
  const changes = points.filter((point) => point.changes.length > 0).length;
  const breaks = points.filter((point) => point.apart.length > 0).length;
  const marked = [
    ...(changes > 0 ? [`${count(changes, 'change')} of the guests marked`] : []),
    ...(breaks > 0 ? [`${count(breaks, 'point')} not joined with the one before`] : []),
  ];
  return `${[`${what}: ${count(points.length, 'point')} ${ends}`, ...marked].join('; ')}. Measured at different times, so no verdict.`;
}
