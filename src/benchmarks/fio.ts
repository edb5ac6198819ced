import type * as z from 'zod/mini';
import type { Benchmark, Metric } from './benchmark';
import { deviceShape, examine, mustBeConfirmed, tellDevice, type DeviceUse } from './blockDevice';
import { checkScript, installScript, samePackage } from './check';
import { defineBenchmark } from './define';
import { examineVersion, fioEngines, setEta, type Engine } from './fioVersion';
import { oneOf, parameter, parameterObject, wholeNumber, yesNo } from './parameters';
import { parsers } from './parsers';
import { findTool, needsSpace, preamble, refusedExitCode, warnAboutFilesystem } from './shell';

const packages = samePackage('fio');

/**
 * Written once with data (a sparse file would be read from nowhere) and kept for the next trials; renamed when
 * whole, so a file of that name is always good. Then out of the guest's cache, where that is allowed.
 */
const layOut = (sizeMiB: number): string =>
  [
    `gb_data=fio-${sizeMiB}m.dat`,
    'if [ ! -f "$gb_data" ]; then',
    needsSpace(2 * 1024 * sizeMiB, (why) => `echo "guestbench: ${why}" >&2; exit ${refusedExitCode}`),
    '  echo "guestbench: laying out $gb_data"',
    '  rm -f "$gb_data.new"',
    `  fio --name=layout --directory=. --filename="$gb_data.new" --rw=write --bs=1m --size=${sizeMiB}m --ioengine=psync --thread --refill_buffers --fallocate=none --end_fsync=1 --output-format=terse --output=/dev/null || exit $?`,
    '  mv "$gb_data.new" "$gb_data" || exit $?',
    'fi',
    'sync',
    'if [ -w /proc/sys/vm/drop_caches ]; then echo 3 2>/dev/null >/proc/sys/vm/drop_caches || :; fi',
  ].join('\n');

/** libaio where it can be loaded (RPM systems package it apart), else psync, which has no queue. */
const chooseEngine = (engine: Engine, depth: number): string => {
  const chosen =
    engine === 'auto'
      ? 'if gb_has_engine libaio; then gb_engine=libaio; else gb_engine=psync; fi'
      : `gb_engine=${engine}`;
  return [chosen, `gb_depth=${depth}`, 'if [ "$gb_engine" = psync ]; then gb_depth=1; fi'].join('\n');
};

type Side = 'read' | 'write';
const useOf = (rw: Pattern['rw']): DeviceUse => (rw === 'read' || rw === 'randread' ? 'read' : 'write');
interface Pattern {
  readonly id: string;
  /** fio's own word for it, which is in the ids of the metrics. */
  readonly rw: 'randread' | 'randwrite' | 'read' | 'write' | 'randrw';
  readonly title: string;
  readonly description: string;
  readonly blockKiB: number;
  readonly depth: number;
}

const metric = (
  id: string,
  title: string,
  unit: string,
  better: Metric['better'],
  primary = false,
): Metric => ({
  id,
  title,
  unit,
  better,
  primary,
});

function sideMetrics(
  prefix: string,
  title: string,
  primary: 'iops' | 'bw' | 'none',
  ofSide: '' | ', reads' | ', writes' = '',
): readonly Metric[] {
  const latency = (id: string, what: string) => metric(`${prefix}.${id}`, `${what}${ofSide}`, 'us', 'lower');
  const percentile = (id: string, what: string, percent: number): Metric => ({
    ...latency(id, `${what} of latency`),
    quantile: { of: `Completion latency${ofSide}`, percent },
  });
  return [
    metric(`${prefix}.iops`, title, 'IOPS', 'higher', primary === 'iops'),
    metric(`${prefix}.bw`, `Throughput${ofSide}`, 'B/s', 'higher', primary === 'bw'),
    latency('lat_mean', 'Mean latency'),
    percentile('clat_p50', 'Median', 50),
    percentile('clat_p90', '90th percentile', 90),
    percentile('clat_p95', '95th percentile', 95),
    percentile('clat_p99', '99th percentile', 99),
    percentile('clat_p99_9', '99.9th percentile', 99.9),
  ];
}

function metricsOf(rw: Pattern['rw'], title: string): readonly Metric[] {
  if (rw !== 'randrw')
    return sideMetrics(`fio.${rw}`, title, rw === 'read' || rw === 'write' ? 'bw' : 'iops');
  const side = (name: Side) => sideMetrics(`fio.${rw}.${name}`, `Random ${name}s`, 'none', `, ${name}s`);
  // Their ratio is fixed, so neither can be had at the cost of the other: together they are the result.
  return [metric(`fio.${rw}.iops`, title, 'IOPS', 'higher', true), ...side('read'), ...side('write')];
}

const shapeOf = ({ blockKiB, depth }: Pattern) => ({
  seconds: parameter('Measured time, after the ramp.', wholeNumber(2, 3600, 30), 's'),
  rampSeconds: parameter('Time before the measured one, which is not counted.', wholeNumber(0, 600, 5), 's'),
  sizeMiB: parameter(
    'How much of the disk is used: the size of the file.',
    wholeNumber(16, 1_048_576, 1024),
    'MiB',
  ),
  blockKiB: parameter('Size of one operation.', wholeNumber(1, 16_384, blockKiB), 'KiB'),
  depth: parameter('Operations in flight per job; always 1 with psync.', wholeNumber(1, 1024, depth)),
  jobs: parameter(
    'Threads that do the same at the same time; sequential ones each in a part of the file.',
    wholeNumber(1, 64, 1),
  ),
  engine: parameter(
    'How fio asks the kernel; auto: libaio, or psync where that is missing.',
    oneOf(fioEngines, 'auto'),
  ),
  ...deviceShape,
  direct: parameter("Past the guest's cache (yes), or through it (no).", yesNo('yes')),
});

const oneWayParameters = (pattern: Pattern) => parameterObject(shapeOf(pattern));
type Common = z.output<ReturnType<typeof oneWayParameters>>;

function runScript({ rw }: Pattern, parameters: Common, mix: '' | ` --rwmixread=${number}`): string {
  const { seconds, rampSeconds, sizeMiB, blockKiB, depth, jobs, engine, direct, device, confirmDevice } =
    parameters;
  const part = Math.floor(sizeMiB / jobs);
  const apart = (rw === 'read' || rw === 'write') && jobs > 1;
  const size = apart ? `--size=${part}m --offset_increment=${part}m` : `--size=${sizeMiB}m`;
  // A device is opened for reading only where nothing is to be written.
  const target = device === '' ? '--directory=.' : useOf(rw) === 'read' ? '--readonly' : '';
  return [
    preamble,
    findTool(['fio']),
    'echo "guestbench: version=$(fio --version)"',
    examineVersion(engine, (why) => `echo "guestbench: failed: ${why}" >&2; exit ${refusedExitCode}`),
    setEta,
    ...(device === '' ? [warnAboutFilesystem] : []),
    chooseEngine(engine, depth),
    `echo "guestbench: engine=$gb_engine iodepth=$gb_depth size=${sizeMiB}m bs=${blockKiB}k jobs=${jobs} direct=${direct}${mix.replace(' --', ' ')} ${device === '' ? 'fs=$gb_fs' : `device=${device}`}"`,
    device === ''
      ? layOut(sizeMiB)
      : [
          mustBeConfirmed(device, confirmDevice, useOf(rw), sizeMiB * 1024 * 1024),
          `gb_data='${device}'`,
        ].join('\n'),
    '# --thread: worker processes would leave our session and outlive a stopped trial.',
    `fio --name=${rw} ${target} --filename="$gb_data" --rw=${rw}${mix} --bs=${blockKiB}k ${size} --direct=${direct === 'yes' ? 1 : 0} --ioengine="$gb_engine" --iodepth="$gb_depth" --numjobs=${jobs} --thread --time_based --ramp_time=${rampSeconds} --runtime=${seconds} --randrepeat=0 --norandommap --refill_buffers --group_reporting --fallocate=none --output="$GB_FILES/out.json" --output-format=json $gb_eta`,
    'gb_status=$?',
    '# Into the output too, which is kept: the figures are to be seen where they came from.',
    'if [ "$gb_status" = 0 ]; then echo; cat "$GB_FILES/out.json"; fi',
    'exit "$gb_status"',
    '',
  ].join('\n');
}

const checkFio = (sizeMiB: number, engine: Engine): string =>
  checkScript({
    commands: ['fio'],
    packages,
    version: 'fio --version 2>/dev/null',
    further: [
      examineVersion(engine, (why) => `gb_problem "${why}"`),
      `if [ -d "\${GB_WORK:-}" ] && [ ! -f "$GB_WORK/fio-${sizeMiB}m.dat" ]; then`,
      needsSpace(2 * 1024 * sizeMiB, (why) => `gb_problem "${why}" space`),
      'fi',
    ].join('\n'),
  });

const checkDevice = (device: string, use: DeviceUse, engine: Engine): string =>
  checkScript({
    commands: ['fio'],
    packages,
    version: 'fio --version 2>/dev/null',
    further: [
      examineVersion(engine, (why) => `gb_problem "${why}"`),
      examine,
      `gb_examine '${device}' ${use}`,
      'if [ -n "$gb_why" ]; then gb_problem "$gb_why"; fi',
    ].join('\n'),
  });

/** All of a benchmark but its parameters. */
const partsOf = (pattern: Pattern) => ({
  id: pattern.id,
  title: `fio ${pattern.title.toLowerCase()}`,
  description: pattern.description,
  kind: 'disk' as const,
  metrics: [
    ...metricsOf(pattern.rw, pattern.title),
    metric('fio.job_cpu_user', 'CPU use of the job, user', '%', 'none'),
    metric('fio.job_cpu_sys', 'CPU use of the job, system', '%', 'none'),
  ],
  presets: {
    quick: { seconds: 3, rampSeconds: 1, sizeMiB: 64 },
    standard: { seconds: 30, rampSeconds: 5, sizeMiB: 1024 },
    thorough: { seconds: 60, rampSeconds: 10, sizeMiB: 4096 },
  },
  confirmation: ({ device }: Common) =>
    device === ''
      ? undefined
      : {
          parameter: 'confirmDevice',
          name: device,
          loses: useOf(pattern.rw) === 'write' ? ('everything' as const) : ('nothing' as const),
          script: tellDevice(device, useOf(pattern.rw)),
        },
  estimateSeconds: ({ seconds, rampSeconds, sizeMiB }: Common) => 1 + seconds + rampSeconds + sizeMiB / 1000,
  timeoutSeconds: ({ seconds, rampSeconds, sizeMiB }: Common) => 120 + 2 * (seconds + rampSeconds) + sizeMiB,
  scripts: {
    check: ({ sizeMiB, device, engine }: Common) =>
      device === '' ? checkFio(sizeMiB, engine) : checkDevice(device, useOf(pattern.rw), engine),
    install: () => installScript(packages),
    run: (parameters: Common) => runScript(pattern, parameters, ''),
    cleanup: () =>
      '[ -n "${GB_WORK:-}" ] && cd "$GB_WORK" 2>/dev/null && rm -f fio-[0-9]*m.dat fio-[0-9]*m.dat.new device-used-[0-9]*\nexit 0\n',
  },
  parse: parsers.fio,
});

const oneWay = (pattern: Pattern): Benchmark =>
  defineBenchmark({ ...partsOf(pattern), parameters: oneWayParameters(pattern) });

function mixed(pattern: Pattern): Benchmark {
  const parts = partsOf(pattern);
  return defineBenchmark<Common & { readPercent: number }>({
    ...parts,
    parameters: parameterObject({
      ...shapeOf(pattern),
      readPercent: parameter('Share of the operations that read.', wholeNumber(1, 99, 70), '%'),
    }),
    scripts: {
      ...parts.scripts,
      run: ({ readPercent, ...common }) => runScript(pattern, common, ` --rwmixread=${readPercent}`),
    },
  });
}

export const fioRandread = oneWay({
  id: 'fio-randread',
  rw: 'randread',
  title: 'Random reads',
  description:
    "Small random reads past the guest's cache: how many the virtual disk does, and how long each takes.",
  blockKiB: 4,
  depth: 32,
});
export const fioRandwrite = oneWay({
  id: 'fio-randwrite',
  rw: 'randwrite',
  title: 'Random writes',
  description:
    "Small random writes past the guest's cache: how many the virtual disk does, and how long each takes.",
  blockKiB: 4,
  depth: 32,
});
export const fioRandrw = mixed({
  id: 'fio-randrw',
  rw: 'randrw',
  title: 'Random reads and writes',
  description:
    "Small random reads and writes, mixed, past the guest's cache: how many the virtual disk does of both.",
  blockKiB: 4,
  depth: 32,
});
export const fioSeqread = oneWay({
  id: 'fio-seqread',
  rw: 'read',
  title: 'Sequential reads',
  description: "Large reads one after the other past the guest's cache: the throughput of the virtual disk.",
  blockKiB: 1024,
  depth: 8,
});
export const fioSeqwrite = oneWay({
  id: 'fio-seqwrite',
  rw: 'write',
  title: 'Sequential writes',
  description: "Large writes one after the other past the guest's cache: the throughput of the virtual disk.",
  blockKiB: 1024,
  depth: 8,
});
