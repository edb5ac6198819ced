import type { Facts } from '../model/guest';
import { differentMitigations, isNearlySize } from './facts';
import { formatBytes } from './format';
import type { TrendEntry, TrendGuest, TrendMetric } from './trendShape';

/** What a point of a trend rests on: an experiment, its metric, and the guests that were measured. */
export interface Footing {
  readonly entry: TrendEntry;
  readonly metric: TrendMetric;
  readonly guests: readonly (TrendGuest & { readonly versions: string })[];
}

/** Why two points in a row must not be joined: they did not measure the same thing on the same machine. */
export function whyApart(before: Footing, after: Footing): string[] {
  if (before.entry.imported !== undefined || after.entry.imported !== undefined) {
    return ['imported figures: nothing tells that they were measured alike'];
  }
  const changed =
    before.metric.definition === after.metric.definition
      ? []
      : ['the benchmark was changed in the lab file in between'];
  const ofGuests = ofEachGuest(before, after, (old, now) => [
    ...toolReasons(old.versions, now.versions),
    ...machineReasons(old, now),
  ]);
  return [...changed, ...ofGuests];
}

/** What changed between two points in a row and may explain a difference: "kernel 6.1.0-20 → 6.1.0-25". */
export function changesBetween(before: Footing, after: Footing): string[] {
  if (before.entry.imported !== undefined || after.entry.imported !== undefined) return [];
  return ofEachGuest(before, after, ({ facts: a }, { facts: b }) => {
    if (a === undefined || b === undefined) return [];
    const mitigations = differentMitigations(a, b);
    return [
      ...factChanges(a, b),
      ...(mitigations.length > 0 ? [`CPU mitigations ${mitigations.join(', ')}`] : []),
    ];
  });
}

type GuestOf = Footing['guests'][number];

/** What is to be said of the guests, each beside what it was before; what holds for all of them once, without a name. */
function ofEachGuest(
  before: Footing,
  after: Footing,
  textsOf: (old: GuestOf, now: GuestOf) => readonly string[],
): string[] {
  const told = after.guests.flatMap((now, index) => {
    const old = before.guests[index];
    return old === undefined ? [] : textsOf(old, now).map((text) => ({ name: now.name, text }));
  });
  const isCommon = (text: string) => told.filter((one) => one.text === text).length === after.guests.length;
  return [...new Set(told.map(({ name, text }) => (isCommon(text) ? text : `${name}: ${text}`)))];
}

function toolReasons(old: string, now: string): string[] {
  return old === now ? [] : [`another version of the tool: ${old || 'unknown'} → ${now || 'unknown'}`];
}

/** The same name can be given to another machine, and the same machine can be moved. */
function machineReasons(old: GuestOf, now: GuestOf): string[] {
  const [a, b] = [old.facts?.machineId, now.facts?.machineId];
  if (a === undefined || b === undefined) return ['nothing tells that it is the same machine'];
  if (a !== b) return ['another machine of that name'];
  const reasons: string[] = [];
  if (old.host !== undefined && now.host !== undefined && old.host !== now.host) {
    reasons.push(`another host: ${old.host} → ${now.host}`);
  }
  const [cpuA, cpuB] = [old.facts?.cpuModel, now.facts?.cpuModel];
  if (cpuA !== undefined && cpuB !== undefined && cpuA !== cpuB) {
    reasons.push(`another CPU: ${cpuA} → ${cpuB}`);
  }
  return reasons;
}

const watched: readonly (readonly [string, (facts: Facts) => string | undefined])[] = [
  ['mode', ({ mode }) => (mode.mode === 'unknown' ? undefined : mode.mode)],
  ['kernel', ({ kernel }) => kernel],
  ['vCPUs', ({ vcpus }) => vcpus?.toString()],
  ['hypervisor', ({ hypervisor, hypervisorVersion }) => joined(hypervisor, hypervisorVersion)],
  ['distribution', ({ distribution }) => distribution],
  ['clock source', ({ clockSource }) => clockSource],
  ['root disk', ({ rootDisk }) => rootDisk],
  ['root file system', ({ rootFilesystem }) => rootFilesystem],
  ['disk driver', ({ diskDriver }) => diskDriver],
  ['network driver', ({ networkDriver }) => networkDriver],
];

function factChanges(a: Facts, b: Facts): string[] {
  const changes = watched.flatMap(([what, of]) => {
    const [old, now] = [of(a), of(b)];
    return old === undefined || now === undefined || old === now ? [] : [`${what} ${old} → ${now}`];
  });
  const [old, now] = [a.memoryBytes, b.memoryBytes];
  if (old === undefined || now === undefined || isNearlySize(old, now)) return changes;
  return [...changes, `memory ${formatBytes(old)} → ${formatBytes(now)}`];
}

function joined(...parts: readonly (string | undefined)[]): string | undefined {
  const text = parts.filter((part) => part !== undefined).join(' ');
  return text === '' ? undefined : text;
}
