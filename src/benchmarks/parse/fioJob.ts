import * as z from 'zod/mini';
import { NoResult } from './judgement';

/** What fio measures of one way of a job; the three have the same fields. */
export type Way = 'read' | 'write' | 'trim';

const options = z.optional(z.nullable(z.record(z.string(), z.unknown())));
const side = z.optional(z.nullable(z.record(z.string(), z.unknown())));
const jobSchema = z.object({
  jobname: z.string(),
  error: z.number(),
  groupid: z.optional(z.number()),
  eta: z.optional(z.unknown()),
  'job options': options,
  read: side,
  write: side,
  trim: side,
  /** With `unified_rw_reporting`, instead of the three or beside them. */
  mixed: side,
  usr_cpu: z.optional(z.unknown()),
  sys_cpu: z.optional(z.unknown()),
});
export const fioSchema = z.object({
  'fio version': z.optional(z.string()),
  'global options': options,
  jobs: z.array(jobSchema),
});
export type Job = z.infer<typeof jobSchema>;
export type Fields = Readonly<Record<string, unknown>>;

/** A latency of fio in nanoseconds; undefined fields: not measured. */
export interface Latency {
  readonly mean: number;
  readonly max: number | undefined;
  /** How many operations were timed; before 3.18 fio does not say so. */
  readonly count: number | undefined;
  /** By percent, rising. */
  readonly percentiles: readonly (readonly [number, number])[];
}

/** One way of a job in the units of fio 3.18 and later, whatever version wrote it. */
export interface Side {
  readonly operations: number;
  readonly iops: number;
  readonly runtimeMs: number;
  readonly bytes: number | undefined;
  readonly bytesPerSecond: number | undefined;
  /** Steps of what was printed, which is rounded down to a whole one in old versions. */
  readonly iopsStep: number;
  readonly bytesStep: number;
  readonly submission: Latency | undefined;
  readonly completion: Latency | undefined;
  readonly total: Latency | undefined;
  /** The whole latency is of more than handing over and finishing: the former was not timed, or data were checked. */
  readonly isOfMore: boolean;
}

/** A finite number of an object, or undefined. */
export function numberOf(fields: unknown, name: string): number | undefined {
  if (typeof fields !== 'object' || fields === null) return undefined;
  const value = (fields as Fields)[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/**
 * Converts what a version of fio prints of one way of a job. Before 2.21 `io_bytes` is in KiB and there is no
 * `io_kbytes`; before 3.0 latencies are in microseconds, without `_ns` in their names; before 3.2 there is no
 * `bw_bytes`, only `bw` in KiB/s; before 2.1.14 there is no `total_ios`, and `iops` is a whole number.
 * @throws NoResult when it did nothing.
 */
export function sideOf(where: string, way: string, fields: Fields, given: Fields): Side {
  const [iops, runtimeMs, total] = ['iops', 'runtime', 'total_ios'].map((name) => numberOf(fields, name));
  if (iops === undefined || runtimeMs === undefined || (total === undefined && 'total_ios' in fields))
    throw new NoResult(`${where}: ${way} has no number of operations, rate or time`);
  const operations = total ?? (iops * runtimeMs) / 1000;
  if (operations <= 0 || runtimeMs <= 0 || iops <= 0)
    throw new NoResult(
      `${where}: ${way} did ${operations} operations in ${runtimeMs} ms; expected more than none`,
    );
  const printed = numberOf(fields, 'io_bytes');
  const bytes = printed === undefined || 'io_kbytes' in fields ? printed : printed * 1024;
  const inBytes = numberOf(fields, 'bw_bytes');
  const inKib = numberOf(fields, 'bw');
  const fromKib = 'bw_bytes' in fields || inKib === undefined ? undefined : inKib * 1024;
  return {
    operations,
    iops,
    runtimeMs,
    bytes,
    bytesPerSecond: inBytes ?? fromKib,
    iopsStep: total === undefined || Number.isInteger(iops) ? 1 : 0,
    bytesStep: (inBytes === undefined ? 1024 : 1) + ('io_kbytes' in fields ? 0 : 1_024_000 / runtimeMs),
    submission: latencyOf(fields, 'slat'),
    completion: latencyOf(fields, 'clat'),
    total: latencyOf(fields, 'lat'),
    isOfMore: ['disable_slat', 'verify'].some((name) => name in given),
  };
}

function latencyOf(fields: Fields, name: 'slat' | 'clat' | 'lat'): Latency | undefined {
  const [found, factor] = `${name}_ns` in fields ? [fields[`${name}_ns`], 1] : [fields[name], 1000];
  const mean = numberOf(found, 'mean');
  const count = numberOf(found, 'N');
  // What was not timed is printed as nought.
  if (mean === undefined || mean <= 0 || count === 0) return undefined;
  const max = numberOf(found, 'max');
  const percentiles = (found as Fields)['percentile'];
  const given =
    typeof percentiles === 'object' && percentiles !== null ? Object.entries(percentiles as Fields) : [];
  return {
    mean: mean * factor,
    max: max === undefined ? undefined : max * factor,
    count,
    percentiles: given
      .flatMap(([percent, value]) =>
        // Old versions fill their list up with "0.00".
        Number(percent) > 0 && typeof value === 'number' ? [[Number(percent), value * factor] as const] : [],
      )
      .toSorted(([a], [b]) => a - b),
  };
}

/** Every way of reading and writing of fio; `readwrite` is another word for `rw`. */
const kinds = new Map<string, { readonly kind: string; readonly ways: readonly Way[] }>([
  ...(['read', 'write', 'trim'] as const).flatMap((way) => [
    [way, { kind: way, ways: [way] }] as const,
    [`rand${way}`, { kind: `rand${way}`, ways: [way] }] as const,
  ]),
  ...['', 'rand'].flatMap((random) => [
    [`${random}rw`, { kind: `${random}rw`, ways: ['read', 'write'] }] as const,
    [`${random}readwrite`, { kind: `${random}rw`, ways: ['read', 'write'] }] as const,
    [`${random}trimwrite`, { kind: `${random}trimwrite`, ways: ['trim', 'write'] }] as const,
  ]),
]);

export interface Kind {
  /** The word of fio, as it stands in the ids of the metrics. */
  readonly kind: string;
  readonly ways: readonly Way[];
  /** Why it is not certain what the job did. */
  readonly doubt?: string;
}

/**
 * What a job did. Options are printed since fio 2.3; before, the job's name is all that may tell random from
 * sequential. A job without the option reads, one after the other. @throws NoResult for a word that is none of fio's.
 */
export function kindOf(where: string, job: Job, given: Fields, version: string | undefined): Kind {
  const said = given['rw'] ?? given['readwrite'];
  if (said !== undefined) {
    // "randread:8": so many at a time.
    const word = typeof said === 'string' ? said.trim().replace(/:.*$/s, '') : '';
    const kind = kinds.get(word);
    if (kind !== undefined) return kind;
    throw new NoResult(
      `${where}: expected a job that reads, writes, trims or does two of them, found rw=${typeof said === 'string' ? said.slice(0, 80) : typeof said}`,
    );
  }
  const did = (['read', 'write', 'trim'] as const).filter(
    (way) => (numberOf(job[way], 'io_bytes') ?? 0) > 0 || (numberOf(job[way], 'iops') ?? 0) > 0,
  );
  if (tellsOptions(version)) {
    if (did.length > 0 && !did.includes('read'))
      throw new NoResult(
        `${where}: expected a job that reads, as it has no option rw; it did ${did.join(' and ')}`,
      );
    return { kind: 'read', ways: ['read'] };
  }
  const named = fromName(job.jobname);
  if (named !== undefined) return named;
  const ways = did.length === 0 ? (['read'] as const) : did;
  return {
    kind: ways.length === 1 ? `job.${ways.join('')}` : 'job',
    ways,
    doubt: `${version?.replace('fio-', 'fio ') ?? 'this version of fio'} does not say whether it was random or sequential`,
  };
}

function tellsOptions(version: string | undefined): boolean {
  const [, major, minor] = /(\d{1,4})\.(\d{1,4})/.exec(version ?? '') ?? [];
  return major === undefined || Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 3);
}

/** "random-read", "4k_randwrite", "seq-write". */
function fromName(name: string): Kind | undefined {
  const joined = name
    .toLowerCase()
    .slice(0, 200)
    .replace(/rand(?:om)?(?:[-_ .]*(?=read|write|rw|trim))/g, 'rand')
    .replace(/seq(?:uential)?[-_ .]*(?=read|write|rw|trim)/g, '');
  const words = new Set(joined.split(/[^a-z]+/).filter((word) => kinds.has(word)));
  const [word, more] = [...words];
  return word === undefined || more !== undefined ? undefined : kinds.get(word);
}
