import * as z from 'zod/mini';
import type { Measurement } from '../../model/experiment';
import type { ParsedOutput, TrialOutput } from '../benchmark';
import { judge, lineNumberAt, mustAgree, NoResult } from './judgement';

const spread = z.object({ mean: z.number(), N: z.number() });
const sideSchema = z.object({
  io_bytes: z.number(),
  bw_bytes: z.number(),
  iops: z.number(),
  runtime: z.number(),
  total_ios: z.number(),
  slat_ns: spread,
  clat_ns: z.object({
    max: z.number(),
    mean: z.number(),
    N: z.number(),
    percentile: z.optional(z.record(z.string(), z.number())),
  }),
  lat_ns: spread,
});
const optionsSchema = z.optional(z.record(z.string(), z.unknown()));
const documentSchema = z.object({
  'global options': optionsSchema,
  jobs: z.array(
    z.object({
      jobname: z.string(),
      error: z.number(),
      eta: z.optional(z.number()),
      'job options': optionsSchema,
      read: sideSchema,
      write: sideSchema,
      usr_cpu: z.number(),
      sys_cpu: z.number(),
    }),
  ),
});
type Side = z.infer<typeof sideSchema>;
type Job = z.infer<typeof documentSchema>['jobs'][number];

/** fio's JSON: from the result file, else from standard output; the last of several documents. */
export function parseFio(output: TrialOutput): ParsedOutput {
  const rules = {
    command: 'fio',
    hints: [
      [/engine (\S{1,60}) not loadable/, 'ioengine $1 not loadable'],
      [/failed to create dir/, 'cannot create directory'],
      [/No space left on device/, 'no space left on the disk'],
    ],
  } as const;
  return judge(output, rules, () => {
    const { name, text } = source(output);
    const json = lastDocument(name, text);
    const checked = documentSchema.safeParse(json);
    if (!checked.success) {
      const path = checked.error.issues[0]?.path.join('.') ?? '';
      throw new NoResult(
        `${name}: expected the JSON of fio, but "${path}" is missing or not what it should be`,
      );
    }
    const { jobs } = checked.data;
    const [first] = jobs;
    if (first === undefined) throw new NoResult(`${name}: expected at least one job`);
    const options = (job: Job) => ({ ...checked.data['global options'], ...job['job options'] });
    const kind = options(first)['rw'];
    if (typeof kind !== 'string' || !/^(?:rand)?(?:read|write|rw)$/.test(kind)) {
      throw new NoResult(`${name}: expected a job that reads, writes or does both, found rw=${String(kind)}`);
    }
    for (const job of jobs) {
      if (options(job)['rw'] !== kind) throw new NoResult(`${name}: the jobs do not all do ${kind}`);
    }
    const oneWay = (way: 'read' | 'write') => {
      const where = (job: Job) => `${name}, job ${job.jobname}`;
      return jobs.map((job) => checkedSide(where(job), job, way, options(job)['runtime']));
    };
    if (!kind.endsWith('rw')) {
      const sides = oneWay(kind.endsWith('read') ? 'read' : 'write');
      return { metrics: [...figures(`fio.${kind}`, sides), ...cpuUse(jobs)] };
    }
    const reads = oneWay('read');
    const writes = oneWay('write');
    const total = [...reads, ...writes].reduce((sum, { iops }) => sum + iops, 0);
    return {
      metrics: [
        { id: `fio.${kind}.iops`, value: total, unit: 'IOPS', better: 'higher' },
        ...figures(`fio.${kind}.read`, reads),
        ...figures(`fio.${kind}.write`, writes),
        ...cpuUse(jobs),
      ],
    };
  });
}

function source({ files, stdout }: TrialOutput): { readonly name: string; readonly text: string } {
  const whole = files.get('out.json');
  if (whole !== undefined) return { name: 'out.json', text: whole };
  const [only, more] = [...files].filter(([name]) => name.endsWith('.json'));
  if (only !== undefined && more === undefined) return { name: only[0], text: only[1] };
  return { name: 'the standard output', text: stdout };
}

/**
 * From the last line that is just `{` to the last that is just `}`: text may stand before and after. Were an
 * earlier document taken when the last is damaged, an interim figure would pass for the result.
 */
function lastDocument(name: string, text: string): unknown {
  const start = lastLineOf(text, '{');
  const end = lastLineOf(text, '}');
  if (start < 0) throw new NoResult(`no JSON in ${name}: expected a line "{"`);
  const line = (offset: number) => lineNumberAt(text, offset);
  if (end < start)
    throw new NoResult(`the JSON in ${name} begins on line ${line(start)} and is cut off before its end`);
  try {
    return JSON.parse(text.slice(start, end + 1)) as unknown;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new NoResult(
      `the JSON in ${name}, lines ${line(start)} to ${line(end)}, is damaged: ${detail.slice(0, 160)}`,
    );
  }
}

/** Where the last line stands that is just this sign; -1: nowhere. */
function lastLineOf(text: string, sign: '{' | '}'): number {
  const code = sign.charCodeAt(0);
  for (let at = text.length - 1; at >= 0; at--) {
    if (text.charCodeAt(at) !== code || !(at === 0 || text[at - 1] === '\n')) continue;
    let end = at + 1;
    while (text[end] === '\r') end++;
    if (end === text.length || text[end] === '\n') return at;
  }
  return -1;
}

/** fio's own error fields first, then whether it ran long enough, then whether its figures fit each other. */
function checkedSide(where: string, job: Job, way: 'read' | 'write', runtime: unknown): Side {
  const side = job[way];
  if (job.error !== 0) throw new NoResult(`${where}: fio reports error ${job.error}; expected 0`);
  if (side.total_ios <= 0 || side.runtime <= 0 || side.iops <= 0) {
    throw new NoResult(
      `${where}: ${way} did ${side.total_ios} operations in ${side.runtime} ms; expected more than none`,
    );
  }
  if (job.eta !== undefined && job.eta !== 0) {
    throw new NoResult(`${where}: fio was still to run for ${job.eta} s: this is an interim report`);
  }
  const asked = durationMs(runtime);
  if (asked !== undefined && side.runtime < 0.9 * asked) {
    throw new NoResult(`${where}: ran for ${side.runtime} ms; expected about ${asked} ms`);
  }
  const perSecond = 1000 / side.runtime;
  mustAgree(`${where}: iops`, side.iops, side.total_ios * perSecond, 0.02 * side.total_ios * perSecond);
  mustAgree(`${where}: bw_bytes`, side.bw_bytes, side.io_bytes * perSecond, 0.02 * side.io_bytes * perSecond);
  const latency = side.slat_ns.mean + side.clat_ns.mean;
  mustAgree(`${where}: lat_ns.mean`, side.lat_ns.mean, latency, 0.05 * latency + 100);
  return side;
}

function durationMs(value: unknown): number | undefined {
  const [, digits, unit = 's'] =
    (typeof value === 'string' ? /^(\d{1,9})(us|ms|s|m|h)?$/.exec(value) : null) ?? [];
  const factor = { us: 1e-3, ms: 1, s: 1e3, m: 6e4, h: 3.6e6 }[unit];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}

/** The names of fio, in rising order. */
const percentiles = [
  ['50.000000', 'clat_p50'],
  ['90.000000', 'clat_p90'],
  ['95.000000', 'clat_p95'],
  ['99.000000', 'clat_p99'],
  ['99.900000', 'clat_p99_9'],
] as const;

function figures(prefix: string, sides: readonly Side[]): readonly Measurement[] {
  const sum = (of: (side: Side) => number) => sides.reduce((total, side) => total + of(side), 0);
  const operations = sum((side) => side.lat_ns.N);
  const latency = sum((side) => side.lat_ns.mean * side.lat_ns.N) / operations / 1000;
  const metrics: Measurement[] = [
    { id: `${prefix}.iops`, value: sum((side) => side.iops), unit: 'IOPS', better: 'higher' },
    { id: `${prefix}.bw`, value: sum((side) => side.bw_bytes), unit: 'B/s', better: 'higher' },
    { id: `${prefix}.lat_mean`, value: latency, unit: 'us', better: 'lower' },
  ];
  const [only, more] = sides;
  // Percentiles of several jobs cannot be put together.
  if (only !== undefined && more === undefined) metrics.push(...percentilesOf(prefix, only));
  return metrics;
}

/** All that fio gives rise from one to the next up to the maximum; else one of them is damaged. */
function percentilesOf(prefix: string, { clat_ns: { percentile = {}, max } }: Side): readonly Measurement[] {
  const given = Object.entries(percentile)
    .map(([name, value]) => [Number(name), value] as const)
    .toSorted(([a], [b]) => a - b);
  given.forEach(([name, value], index) => {
    // The largest is a bucket's middle, which can lie a little above what was measured.
    const next = given[index + 1]?.[1] ?? Math.max(value, 0);
    if (value > next || value > max * 1.01 + 1000)
      throw new NoResult(`the ${name}th percentile of ${prefix}, ${value}, is not between its neighbours`);
  });
  return percentiles.flatMap(([name, id]) => {
    const value = percentile[name];
    return value === undefined
      ? []
      : [{ id: `${prefix}.${id}`, value: value / 1000, unit: 'us', better: 'lower' as const }];
  });
}

function cpuUse(jobs: readonly Job[]): readonly Measurement[] {
  return (
    [
      ['usr_cpu', 'fio.job_cpu_user'],
      ['sys_cpu', 'fio.job_cpu_sys'],
    ] as const
  ).flatMap(([field, id]) => {
    const percent = jobs.reduce((total, job) => total + job[field], 0) / jobs.length;
    if (percent < 0 || percent > 101)
      throw new NoResult(`${field} is ${percent} %; expected a share of one CPU`);
    // For information only, and a slow disk can take less CPU time than fio's figure has digits.
    return percent > 0 ? [{ id, value: percent, unit: '%', better: 'none' as const }] : [];
  });
}
