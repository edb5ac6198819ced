/** What a job did one way, whatever version of fio tells it. */
export interface Did {
  readonly operations: number;
  readonly runtimeMs: number;
  /** Nanoseconds; absent: not measured. */
  readonly slat?: number;
  readonly clat?: number;
  readonly lat?: number;
  /** Nanoseconds by percent. */
  readonly percentiles?: Readonly<Record<number, number>>;
}

export interface FioJob {
  readonly name?: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly read?: Did;
  readonly write?: Did;
  readonly trim?: Did;
  readonly blockBytes?: number;
  readonly eta?: number | 'absent';
  readonly error?: number;
  readonly groupid?: number;
  readonly unified?: 'mixed';
}

const versionOf = (text: string) => {
  const [major = 0, minor = 0, patch = 0] = text.split('.').map(Number);
  return major * 1e6 + minor * 1e3 + patch;
};

/**
 * The report of a version of fio as its source says it: `total_ios` since 2.1.14, `eta` since 2.2.9, options since 2.3,
 * `io_bytes` in bytes since 2.21, nanoseconds since 3.0, `bw_bytes` since 3.2, `N` since 3.18, `job_start` since 3.36.
 */
export function fioReport(
  version: string,
  jobs: readonly FioJob[],
  globals?: Record<string, string>,
): string {
  const number = versionOf(version);
  const since = (text: string) => number >= versionOf(text);
  const latency = (mean: number | undefined, operations: number, percentiles?: Did['percentiles']) => {
    const unit = since('3.0.0') ? 1 : 1000;
    const whole = (value: number) => Math.floor(value / unit);
    const named = (percent: number) => (since('2.1.0') ? percent.toFixed(6) : percent.toFixed(2));
    const list = Object.entries(percentiles ?? {}).map(([percent, value]): [string, number] => [
      named(Number(percent)),
      mean === undefined ? 0 : whole(value),
    ]);
    return {
      min: mean === undefined ? 0 : whole(mean / 2),
      max: mean === undefined ? 0 : whole(mean * 9),
      mean: mean === undefined ? 0 : Number((mean / unit).toFixed(since('3.0.0') ? 6 : 2)),
      stddev: mean === undefined ? 0 : Number((mean / unit / 3).toFixed(2)),
      ...(since('3.18.0') ? { N: mean === undefined ? 0 : operations } : {}),
      ...(percentiles === undefined
        ? {}
        : {
            percentile: {
              ...Object.fromEntries<number>(list),
              // Old versions fill the list up.
              ...(since('3.0.0') ? {} : { '0.00': 0 }),
            },
          }),
    };
  };
  const side = (did: Did = { operations: 0, runtimeMs: 0 }, blockBytes = 4096) => {
    const { operations, runtimeMs, slat, clat, lat, percentiles } = did;
    const bytes = operations * blockBytes;
    const perSecond = runtimeMs === 0 ? 0 : 1000 / runtimeMs;
    const suffix = since('3.0.0') ? '_ns' : '';
    return {
      io_bytes: since('2.21.0') ? bytes : Math.floor(bytes / 1024),
      ...(since('2.21.0') ? { io_kbytes: Math.floor(bytes / 1024) } : {}),
      ...(since('3.2.0') ? { bw_bytes: Math.floor(bytes * perSecond) } : {}),
      bw: Math.floor((bytes * perSecond) / 1024),
      iops: since('2.1.14') ? operations * perSecond : Math.floor(operations * perSecond),
      runtime: runtimeMs,
      ...(since('2.1.14') ? { total_ios: operations, short_ios: 0, drop_ios: 0 } : {}),
      [`slat${suffix}`]: latency(slat, operations),
      [`clat${suffix}`]: latency(clat, operations, percentiles ?? {}),
      [`lat${suffix}`]: latency(lat, operations),
      bw_min: 0,
      bw_max: 0,
    };
  };
  const document = {
    'fio version': `fio-${version.replace(/\.0$/, '')}`,
    ...(since('2.3.0') && globals !== undefined ? { 'global options': globals } : {}),
    jobs: jobs.map(
      ({ name = 'job', options = {}, read, write, trim, blockBytes, eta = 0, unified, ...job }) => ({
        jobname: name,
        groupid: job.groupid ?? 0,
        error: job.error ?? 0,
        ...(since('2.2.9') && eta !== 'absent' ? { eta, elapsed: 7 } : {}),
        ...(since('3.36.0') ? { job_start: 1_788_000_000_000 } : {}),
        ...(since('2.3.0') && Object.keys(options).length > 0 ? { 'job options': options } : {}),
        ...(unified === undefined
          ? { read: side(read, blockBytes), write: side(write, blockBytes), trim: side(trim, blockBytes) }
          : { mixed: side(read, blockBytes) }),
        usr_cpu: 2.5,
        sys_cpu: 7.25,
        ctx: 100,
      }),
    ),
    disk_util: [],
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
