import type { Benchmark, Metric } from './benchmark';
import { checkScript, installScript, samePackage } from './check';
import { defineBenchmark } from './define';
import { oneOf, parameterObject, wholeNumber } from './parameters';
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
const chooseEngine = (engine: 'auto' | 'libaio' | 'psync' | 'io_uring', depth: number): string => {
  const chosen =
    engine === 'auto'
      ? 'if fio --enghelp=libaio >/dev/null 2>&1; then gb_engine=libaio; else gb_engine=psync; fi'
      : `gb_engine=${engine}`;
  return [chosen, `gb_depth=${depth}`, 'if [ "$gb_engine" = psync ]; then gb_depth=1; fi'].join('\n');
};

function randomAccess(kind: 'randread' | 'randwrite', verb: string): Benchmark {
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
  return defineBenchmark({
    id: `fio-${kind}`,
    title: `fio random ${verb}`,
    description: `Random ${verb}s of 4 KiB past the guest's cache: how many the virtual disk does, and how long each takes.`,
    kind: 'disk',
    metrics: [
      metric(`fio.${kind}.iops`, `Random ${verb}s`, 'IOPS', 'higher', true),
      metric(`fio.${kind}.bw`, 'Throughput', 'B/s', 'higher'),
      metric(`fio.${kind}.lat_mean`, 'Mean latency', 'us', 'lower'),
      metric(`fio.${kind}.clat_p99`, '99th percentile of latency', 'us', 'lower'),
      metric('fio.job_cpu_user', 'CPU use of the job, user', '%', 'none'),
      metric('fio.job_cpu_sys', 'CPU use of the job, system', '%', 'none'),
    ],
    parameters: parameterObject({
      /** Measured seconds, after the ramp. */
      seconds: wholeNumber(2, 3600, 30),
      rampSeconds: wholeNumber(0, 600, 5),
      sizeMiB: wholeNumber(16, 1_048_576, 1024),
      /** Operations in flight; always 1 with psync. */
      depth: wholeNumber(1, 1024, 32),
      engine: oneOf(['auto', 'libaio', 'psync', 'io_uring'], 'auto'),
    }),
    presets: {
      quick: { seconds: 3, rampSeconds: 1, sizeMiB: 64 },
      standard: { seconds: 30, rampSeconds: 5, sizeMiB: 1024 },
      thorough: { seconds: 60, rampSeconds: 10, sizeMiB: 4096 },
    },
    estimateSeconds: ({ seconds, rampSeconds, sizeMiB }) => 1 + seconds + rampSeconds + sizeMiB / 1000,
    timeoutSeconds: ({ seconds, rampSeconds, sizeMiB }) => 120 + 2 * (seconds + rampSeconds) + sizeMiB,
    scripts: {
      check: ({ sizeMiB }) =>
        checkScript({
          commands: ['fio'],
          packages,
          version: 'fio --version 2>/dev/null',
          further: [
            `if [ -d "\${GB_WORK:-}" ] && [ ! -f "$GB_WORK/fio-${sizeMiB}m.dat" ]; then`,
            needsSpace(2 * 1024 * sizeMiB, (why) => `gb_problem "${why}"`),
            'fi',
          ].join('\n'),
        }),
      install: () => installScript(packages),
      run: ({ seconds, rampSeconds, sizeMiB, depth, engine }) =>
        [
          preamble,
          findTool(['fio']),
          'echo "guestbench: version=$(fio --version)"',
          warnAboutFilesystem,
          chooseEngine(engine, depth),
          `echo "guestbench: engine=$gb_engine iodepth=$gb_depth size=${sizeMiB}m fs=$gb_fs"`,
          layOut(sizeMiB),
          '# --thread: worker processes would leave our session and outlive a stopped trial.',
          `exec fio --name=${kind} --directory=. --filename="$gb_data" --rw=${kind} --bs=4k --size=${sizeMiB}m --direct=1 --ioengine="$gb_engine" --iodepth="$gb_depth" --numjobs=1 --thread --time_based --ramp_time=${rampSeconds} --runtime=${seconds} --randrepeat=0 --norandommap --refill_buffers --group_reporting --fallocate=none --output="$GB_FILES/out.json" --output-format=json --eta=always --eta-newline=1`,
          '',
        ].join('\n'),
      cleanup: () =>
        '[ -n "${GB_WORK:-}" ] && cd "$GB_WORK" 2>/dev/null && rm -f fio-[0-9]*m.dat fio-[0-9]*m.dat.new\nexit 0\n',
    },
    parse: parsers.fio,
  });
}

export const fioRandread = randomAccess('randread', 'read');
export const fioRandwrite = randomAccess('randwrite', 'write');
