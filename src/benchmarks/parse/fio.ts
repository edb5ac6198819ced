import type { Measurement } from '../../model/experiment';
import type { ParsedOutput, TrialOutput } from '../benchmark';
import { lastFioDocument } from './fioDocument';
import {
  fioSchema,
  kindOf,
  numberOf,
  sideOf,
  type Fields,
  type Job,
  type Kind,
  type Side,
  type Way,
} from './fioJob';
import { isOn, mustBeWhole } from './fioWhole';
import { judge, LeftOut, mustAgree, NoResult, type Found } from './judgement';

/**
 * fio's JSON of every version that writes it (2.0.10 and later): from the result file, else from standard output.
 * What was not measured (latency with `gtod_reduce`) is left out with the reason.
 */
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
    const { json, around } = lastFioDocument(name, text);
    const checked = fioSchema.safeParse(withJobs(name, json));
    if (!checked.success) {
      const path = checked.error.issues[0]?.path.join('.') ?? '';
      throw new NoResult(
        `${name}: expected the JSON of fio, but "${path}" is missing or not what it should be`,
      );
    }
    const ended = /^fio: (?:terminating on signal|.{0,200}(?:hung in|got signal)).{0,80}/m.exec(around);
    if (ended !== null) throw new NoResult(`${name}: the run was ended early: "${ended[0]}"`);
    const { jobs, 'global options': globals, 'fio version': version } = checked.data;
    // Our own runs are based on time, which fio prints with a value only.
    const isOurs = /^guestbench: engine=/m.test(output.stdout.slice(0, 4096));
    return figuresOf(name, jobs, { ...(isOurs ? { time_based: '1' } : {}), ...globals }, version);
  });
}

function source({ files, stdout }: TrialOutput): { readonly name: string; readonly text: string } {
  const whole = files.get('out.json');
  if (whole !== undefined) return { name: 'out.json', text: whole };
  const [only, more] = [...files].filter(([name]) => name.endsWith('.json'));
  if (only !== undefined && more === undefined) return { name: only[0], text: only[1] };
  return { name: 'the standard output', text: stdout };
}

/** fio's client calls the jobs otherwise, and adds the sum over all guests. @throws NoResult for several guests. */
function withJobs(name: string, json: unknown): unknown {
  if (typeof json !== 'object' || json === null || 'jobs' in json) return json;
  const stats = (json as Fields)['client_stats'];
  if (!Array.isArray(stats)) return json;
  const own = stats.filter((one: unknown) => (one as Fields | null)?.['jobname'] !== 'All clients');
  const hosts = new Set(
    own.map((one: unknown) => JSON.stringify((one as Fields | null)?.['hostname'] ?? null)),
  );
  if (hosts.size > 1)
    throw new NoResult(`${name}: the figures of ${hosts.size} hosts in one file; expected those of one`);
  return { ...json, jobs: own };
}

function figuresOf(name: string, jobs: readonly Job[], globals: Fields, version: string | undefined): Found {
  const [first] = jobs;
  if (first === undefined) throw new NoResult(`${name}: expected at least one job`);
  const optionsOf = (job: Job): Fields => ({ ...globals, ...job['job options'] });
  const where = (job: Job) => `${name}, job ${job.jobname}`;
  const kind = kindOf(name, first, optionsOf(first), version);
  for (const job of jobs) {
    if (kindOf(name, job, optionsOf(job), version).kind !== kind.kind)
      throw new NoResult(`${name}: the jobs do not all do ${kind.kind}`);
  }
  mustRunTogether(name, jobs, optionsOf);
  const leftOut = new LeftOut();
  if (kind.doubt !== undefined) leftOut.add(`fio.${kind.kind}`, kind.doubt);
  const cpu = cpuUse(jobs, leftOut);
  const unified = jobs.every((job) => !job.read && !job.write && !job.trim && job.mixed);
  const sidesOf = (way: Way | 'mixed') =>
    jobs.map((job) => checkedSide(where(job), job, way, optionsOf(job)));
  const [only, second] = kind.ways;
  if (only !== undefined && (unified || second === undefined)) {
    const sides = sidesOf(unified ? 'mixed' : only);
    if (unified && second !== undefined)
      leftOut.add(`fio.${kind.kind}`, 'its ways are reported together (unified_rw_reporting)');
    return { metrics: [...figures(`fio.${kind.kind}`, kind, sides, leftOut), ...cpu], leftOut: leftOut.list };
  }
  // With rwmixread=100 nothing is written, as was asked.
  const ways = kind.ways.filter((way) => {
    const isIdle = jobs.every((job) => shareOf(optionsOf(job), way) === 0);
    if (isIdle) leftOut.add(`fio.${kind.kind}.${way}`, `nothing was to be done of it (rwmix${way}=0)`);
    return !isIdle;
  });
  const found = ways.map((way) => ({ way, sides: sidesOf(way) }));
  const total = found.reduce((sum, { sides }) => sum + sides.reduce((all, { iops }) => all + iops, 0), 0);
  return {
    metrics: [
      { id: `fio.${kind.kind}.iops`, value: total, unit: 'IOPS', better: 'higher' },
      ...found.flatMap(({ way, sides }) => figures(`fio.${kind.kind}.${way}`, kind, sides, leftOut)),
      ...cpu,
    ],
    leftOut: leftOut.list,
  };
}

/** The percentage of a way that was asked for. */
function shareOf(given: Fields, way: Way): number | undefined {
  const other = { read: 'write', write: 'read', trim: 'write' }[way];
  const percent = (name: string) =>
    typeof given[name] === 'string' && /^\d{1,3}$/.test(given[name]) ? Number(given[name]) : undefined;
  const own = percent(`rwmix${way}`);
  const rest = percent(`rwmix${other}`);
  return own ?? (rest === undefined ? undefined : 100 - rest);
}

/** Rates of jobs that wait for each other must not be added; `stonewall` itself is not printed, but makes a group. */
function mustRunTogether(name: string, jobs: readonly Job[], optionsOf: (job: Job) => Fields): void {
  const [first] = jobs;
  const later = jobs.find((job) => job.groupid !== first?.groupid && !isOn(optionsOf(job)['new_group']));
  if (later !== undefined)
    throw new NoResult(
      `${name}: the job ${later.jobname} ran after another one that does the same; expected jobs that run together`,
    );
}

/** fio's own error fields first, then whether it ran long enough, then whether its rate fits the rest. */
function checkedSide(where: string, job: Job, way: Way | 'mixed', given: Fields): Side {
  if (job.error !== 0) throw new NoResult(`${where}: fio reports error ${job.error}; expected 0`);
  const fields = job[way];
  if (fields === undefined || fields === null) throw new NoResult(`${where}: expected "${way}", found none`);
  const side = sideOf(where, way, fields, given);
  const eta = numberOf(job, 'eta');
  // The largest number stands for an unknown one: of jobs of less than three seconds, or with exitall.
  if (eta !== undefined && eta > 0 && eta < 2 ** 31 - 1)
    throw new NoResult(`${where}: fio was still to run for ${eta} s: this is an interim report`);
  mustBeWhole(where, job, side, given);
  const expected = (side.operations * 1000) / side.runtimeMs;
  mustAgree(`${where}: iops`, side.iops, expected, 0.02 * expected + side.iopsStep);
  return side;
}

/** In rising order. */
const percentiles = [
  [50, 'clat_p50'],
  [90, 'clat_p90'],
  [95, 'clat_p95'],
  [99, 'clat_p99'],
  [99.9, 'clat_p99_9'],
] as const;

/** Of sequential jobs the throughput is the result, of others the operations: without it there is none. */
function figures(
  prefix: string,
  { kind }: Kind,
  sides: readonly Side[],
  leftOut: LeftOut,
): readonly Measurement[] {
  const iops = {
    id: `${prefix}.iops`,
    value: sides.reduce((sum, side) => sum + side.iops, 0),
    unit: 'IOPS',
    better: 'higher',
  } as const;
  const throughput = () => ({
    id: `${prefix}.bw`,
    value: sides.reduce((sum, side) => sum + bytesPerSecond(prefix, side), 0),
    unit: 'B/s',
    better: 'higher' as const,
  });
  const isResult = kind === 'read' || kind === 'write';
  return [
    iops,
    ...(isResult ? [throughput()] : leftOut.unless(`${prefix}.bw`, throughput)),
    ...latencies(prefix, sides, leftOut),
  ];
}

function bytesPerSecond(
  prefix: string,
  { bytesPerSecond: found, bytes, runtimeMs, bytesStep }: Side,
): number {
  if (bytes === undefined || found === undefined || found <= 0)
    throw new NoResult(`${prefix}: fio gives no throughput`);
  const expected = (bytes * 1000) / runtimeMs;
  mustAgree(`${prefix}: bw_bytes`, found, expected, 0.02 * expected + bytesStep);
  return found;
}

const notTimed = 'fio did not measure it (gtod_reduce, disable_lat or the like)';

function latencies(prefix: string, sides: readonly Side[], leftOut: LeftOut): readonly Measurement[] {
  const mean = leftOut.unless(`${prefix}.lat_mean`, () => {
    const timed = sides.map((side) => {
      const { total } = side;
      if (total === undefined) throw new NoResult(notTimed);
      mustFitItsParts(prefix, side, total.mean);
      return { mean: total.mean, count: total.count ?? side.operations };
    });
    const operations = timed.reduce((sum, { count }) => sum + count, 0);
    const weighted = timed.reduce((sum, one) => sum + one.mean * one.count, 0);
    return {
      id: `${prefix}.lat_mean`,
      value: weighted / operations / 1000,
      unit: 'us',
      better: 'lower' as const,
    };
  });
  const [only, more] = sides;
  // Percentiles of several jobs cannot be put together.
  if (only === undefined || more !== undefined) return mean;
  return [...mean, ...leftOut.unless(`${prefix}.clat`, () => percentilesOf(prefix, only)).flat()];
}

/** The whole is what handing over and what finishing took; the former is nought of engines that do not queue. */
function mustFitItsParts(prefix: string, side: Side, mean: number): void {
  const { submission, completion, operations, total, isOfMore } = side;
  if (completion === undefined) return;
  const timed = total?.count;
  if (timed !== undefined && timed > operations * 1.5 + 64)
    throw new NoResult(`${prefix}: ${timed} operations were timed, but only ${operations} were done`);
  const parts = (submission?.mean ?? 0) + completion.mean;
  if (isOfMore && mean > parts) return;
  mustAgree(`${prefix}: lat_ns.mean`, mean, parts, 0.05 * parts + 100);
}

/** All that fio gives rise from one to the next up to the maximum; else one of them is damaged. */
function percentilesOf(prefix: string, { completion }: Side): readonly Measurement[] {
  if (completion === undefined) throw new NoResult(notTimed);
  const { percentiles: given, max } = completion;
  given.forEach(([percent, value], index) => {
    const next = given[index + 1]?.[1] ?? Math.max(value, 0);
    // The largest is a bucket's middle, which can lie a little above what was measured.
    if (value > next || (max !== undefined && value > max * 1.01 + 1000))
      throw new NoResult(`the ${percent}th percentile of ${prefix}, ${value}, is not between its neighbours`);
  });
  return percentiles.flatMap(([percent, id]) => {
    const value = given.find(([own]) => Math.abs(own - percent) < 1e-6)?.[1];
    // Old versions print whole microseconds: less than one is nought.
    return value === undefined || value <= 0
      ? []
      : [{ id: `${prefix}.${id}`, value: value / 1000, unit: 'us', better: 'lower' as const }];
  });
}

function cpuUse(jobs: readonly Job[], leftOut: LeftOut): readonly Measurement[] {
  return (
    [
      ['usr_cpu', 'fio.job_cpu_user'],
      ['sys_cpu', 'fio.job_cpu_sys'],
    ] as const
  ).flatMap(([field, id]) =>
    leftOut
      .unless(id, () => {
        const shares = jobs.map((job) => numberOf(job, field) ?? Number.NaN);
        const percent = shares.reduce((total, share) => total + share, 0) / jobs.length;
        if (!(percent >= 0 && percent <= 101))
          throw new NoResult(`${field} is ${percent} %; expected a share of one CPU`);
        // For information only, and a slow disk can take less CPU time than fio's figure has digits.
        return percent > 0 ? [{ id, value: percent, unit: '%', better: 'none' as const }] : [];
      })
      .flat(),
  );
}
