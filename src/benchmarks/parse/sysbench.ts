import type { Measurement } from '../../model/experiment';
import type { ParsedOutput, TrialOutput } from '../benchmark';
import {
  completeLines,
  judge,
  LeftOut,
  mustAgree,
  NoResult,
  positive,
  theLine,
  type Found,
  type Line,
} from './judgement';

/**
 * sysbench cpu, memory and threads, of 1.0 and of 0.4 and 0.5, which print no rate of the CPU test. Progress lines
 * (`[ 1s ] …`) look like results and are left out.
 */
export function parseSysbench(output: TrialOutput): ParsedOutput {
  return judge(output, { command: 'sysbench' }, () => {
    const lines = completeLines(output.stdout).filter(({ text }) => !/^\[ *\d+s \]/.test(text));
    const run: Run = {
      lines,
      old: lines.some(({ text }) => /^sysbench 0\.[45]\b/.test(text)),
      seconds: figure(lines, /^ +total time: +(\S+)s$/, "a 'total time:' line", 4),
      events: figure(lines, /^ +total number of events: +(\S+)$/, "a 'total number of events:' line", 0),
    };
    // The last block of the report: without it the output was cut.
    theLine(
      lines,
      /^ +execution time \(avg\/stddev\): +\S+$/,
      "'execution time (avg/stddev)' line in the output of sysbench",
    );
    const some = (pattern: RegExp) => lines.some(({ text }) => pattern.test(text));
    if (
      some(
        /^(?:Prime numbers limit:|CPU speed:$|Doing CPU performance benchmark|Maximum prime number checked)/,
      )
    )
      return cpu(run);
    if (
      some(
        /^(?:Running memory speed test|Doing memory operations speed test|Operations performed:)| Mi?B transferred /,
      )
    )
      return memory(run);
    return threads(run);
  });
}

interface Run {
  readonly lines: readonly Line[];
  /** Of 0.4 or 0.5. */
  readonly old: boolean;
  readonly seconds: number;
  readonly events: number;
}

function figure(lines: readonly Line[], pattern: RegExp, what: string, places?: number): number {
  const line = theLine(lines, pattern, `${what} in the output of sysbench`);
  return positive(pattern.exec(line.text)?.[1], what, line, places);
}

function cpu(run: Run): Found {
  const { lines, old, seconds, events } = run;
  const leftOut = new LeftOut();
  // A line that is missing was lost with others: only what stands on it can be left out.
  const time = (name: string, label: string, places: number, what: string): readonly number[] => {
    const line = theLine(lines, new RegExp(`^ +${label}:`), `${what} in the output of sysbench`);
    const text = line.text.slice(line.text.indexOf(':') + 1).trim();
    return leftOut.unless(name, () => positive(old ? text.replace(/ms$/, '') : text, what, line, places));
  };
  const rate = old ? oldRate(run) : rateOf(run);
  const average = time('sysbench.latency_avg', 'avg', 2, "an 'avg:' line");
  const p95 = old
    ? time('sysbench.latency_p95', 'approx\\. +95 percentile', 2, "an 'approx.  95 percentile:' line")
    : time('sysbench.latency_p95', '95th percentile', 2, "a '95th percentile:' line");
  const sumLine = old
    ? theLine(lines, /^ +total time taken by event execution:/, "'total time taken by event execution:' line")
    : theLine(lines, /^ +sum:/, "'sum:' line in the output of sysbench");
  // It is no figure of the run, but shows that another one is whole.
  const [, sum] = /: +(\d{1,15}\.\d{1,15})s?$/.exec(sumLine.text) ?? [];
  const meanMs = sum === undefined ? 0 : (Number(sum) * (old ? 1000 : 1)) / events;
  if (meanMs > 0) for (const value of average) mustAgree('the average latency', value, meanMs, 0.011);
  if (old && meanMs > 0) {
    const count = figure(lines, /^Number of threads: (\d+)$/, "a 'Number of threads:' line", 0);
    // All that the threads do is counted: their time is the whole time, but for starting and ending.
    const usual = (meanMs * events) / 1000 / count;
    mustAgree('the total time', seconds, usual, 0.5 + usual * 0.1);
  }
  return {
    metrics: [
      { id: 'sysbench.cpu.events_per_second', value: rate, unit: 'events/s', better: 'higher' },
      ...average.map((value) => latency('sysbench.latency_avg', value)),
      ...p95.map((value) => latency('sysbench.latency_p95', value)),
    ],
    leftOut: leftOut.list,
  };
}

const latency = (id: string, value: number): Measurement => ({ id, value, unit: 'ms', better: 'lower' });

function rateOf({ lines, events, seconds }: Run): number {
  const rate = figure(lines, /^ +events per second: +(\S+)$/, "an 'events per second:' line", 2);
  mustAgree('events per second', rate, events / seconds, rate * 0.05 + 0.1);
  return rate;
}

/** As 1.0 would print it. */
function oldRate({ lines, events, seconds }: Run): number {
  eventsOfThreads(lines, events);
  return Math.round((events / seconds) * 100) / 100;
}

function memory({ lines, old, seconds, events }: Run): Found {
  const leftOut = new LeftOut();
  // What 0.4 and 0.5 call MB are 1,048,576 bytes too.
  const unit = old ? 'MB' : 'MiB';
  const opsLine = old
    ? theLine(lines, /^Operations performed: +\d+ /, "'Operations performed:' line in the output of sysbench")
    : theLine(lines, /^Total operations: \d+ /, "'Total operations:' line in the output of sysbench");
  const ops = leftOut.unless('sysbench.memory.ops_per_second', () =>
    positive(
      /\( *(\S+) (?:per second|ops\/sec)\)$/.exec(opsLine.text)?.[1],
      'operations per second',
      opsLine,
      2,
    ),
  );
  const what = `a '${unit} transferred' line`;
  const mib = figure(
    lines,
    new RegExp(`^\\d+\\.\\d\\d ${unit} transferred \\((\\S+) ${unit}/sec\\)$`),
    what,
    2,
  );
  const moved = figure(lines, new RegExp(`^(\\S+) ${unit} transferred `), what, 2);
  for (const value of ops) mustAgree('operations per second', value, events / seconds, value * 0.05 + 0.1);
  const [rate] = ops;
  // Without the finer figure: the report's own time, which is a little longer than the measured one.
  mustAgree(
    'MiB per second',
    mib,
    (moved / events) * (rate ?? events / seconds),
    mib * (rate === undefined ? 0.05 : 0.001) + 0.02,
  );
  return {
    metrics: [
      { id: 'sysbench.memory.mib_per_second', value: mib, unit: 'MiB/s', better: 'higher' },
      ...ops.map((value): Measurement => {
        return { id: 'sysbench.memory.ops_per_second', value, unit: 'ops/s', better: 'higher' };
      }),
    ],
    leftOut: leftOut.list,
  };
}

/**
 * The threads test of 1.0 prints nothing of its own, so it is known by the lines that are not there: anything between
 * the known ones may belong to another test, whose number of events means something else.
 */
function threads({ lines, events }: Run): Found {
  const known =
    /^(?:sysbench \d.*|Running the test with following options:|Number of threads: \d+|Report intermediate results every .*|(?:Initializing random|Random) number generator.*|Initializing worker threads\.\.\.|Threads started!|Doing thread subsystem performance test|Thread yields per test: \d+ Locks used: \d+|Done\.|)$/;
  const end = /^(?:General statistics|Test execution summary):$/;
  for (const line of lines) {
    if (end.test(line.text)) break;
    if (!known.test(line.text)) {
      throw new NoResult(
        `line ${line.number}: expected the output of sysbench cpu, memory or threads, found "${line.text.slice(0, 80)}"`,
      );
    }
  }
  theLine(lines, end, "'General statistics:' line in the output of sysbench");
  eventsOfThreads(lines, events);
  return { metrics: [{ id: 'sysbench.threads.events', value: events, unit: 'events', better: 'higher' }] };
}

/** @throws NoResult when the events of the threads are not those of the run. */
function eventsOfThreads(lines: readonly Line[], events: number): void {
  const fair = theLine(
    lines,
    /^ +events \(avg\/stddev\): +\S+$/,
    "'events (avg/stddev)' line in the output of sysbench",
  );
  const count = theLine(
    lines,
    /^Number of threads: \d+$/,
    "'Number of threads:' line in the output of sysbench",
  );
  const each = positive(/(\S+)\/\S+$/.exec(fair.text)?.[1], 'events per thread', fair, 4);
  mustAgree('the number of events', events, each * Number(count.text.split(': ')[1]), 0.01 * events ** 0.5);
}
