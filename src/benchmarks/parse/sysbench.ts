import type { ParsedOutput, TrialOutput } from '../benchmark';
import {
  completeLines,
  judge,
  mustAgree,
  NoResult,
  positive,
  theLine,
  type Found,
  type Line,
} from './judgement';

/** sysbench 1.0 cpu, memory and threads. Its progress lines (`[ 1s ] …`) look like results and are left out. */
export function parseSysbench(output: TrialOutput): ParsedOutput {
  return judge(output, { command: 'sysbench' }, () => {
    const lines = completeLines(output.stdout).filter(({ text }) => !/^\[ \d+s \]/.test(text));
    const number = (pattern: RegExp, what: string, places?: number) => {
      const line = theLine(lines, pattern, `${what} in the output of sysbench`);
      return positive(pattern.exec(line.text)?.[1], what, line, places);
    };
    const seconds = number(/^ +total time: +(\S+)s$/, "a 'total time:' line", 4);
    const events = number(/^ +total number of events: +(\S+)$/, "a 'total number of events:' line", 0);
    // The last block of the report: without it the output was cut.
    theLine(
      lines,
      /^ +execution time \(avg\/stddev\): +\S+$/,
      "'execution time (avg/stddev)' line in the output of sysbench",
    );

    if (lines.some(({ text }) => text.startsWith('Prime numbers limit:') || text === 'CPU speed:')) {
      const rate = number(/^ +events per second: +(\S+)$/, "an 'events per second:' line", 2);
      mustAgree('events per second', rate, events / seconds, rate * 0.05 + 0.1);
      const average = number(/^ +avg: +(\S+)$/, "an 'avg:' line", 2);
      const sum = number(/^ +sum: +(\S+)$/, "a 'sum:' line", 2);
      mustAgree('the average latency', average, sum / events, 0.011);
      const p95 = number(/^ +95th percentile: +(\S+)$/, "a '95th percentile:' line", 2);
      return {
        metrics: [
          { id: 'sysbench.cpu.events_per_second', value: rate, unit: 'events/s', better: 'higher' },
          { id: 'sysbench.latency_avg', value: average, unit: 'ms', better: 'lower' },
          { id: 'sysbench.latency_p95', value: p95, unit: 'ms', better: 'lower' },
        ],
      };
    }
    if (
      lines.some(({ text }) => text.startsWith('Running memory speed test') || / MiB transferred /.test(text))
    ) {
      const ops = number(/^Total operations: \d+ \((\S+) per second\)$/, "a 'Total operations:' line", 2);
      const mib = number(/^\d+\.\d\d MiB transferred \((\S+) MiB\/sec\)$/, "a 'MiB transferred' line", 2);
      const moved = number(/^(\S+) MiB transferred /, "a 'MiB transferred' line", 2);
      mustAgree('operations per second', ops, events / seconds, ops * 0.05 + 0.1);
      mustAgree('MiB per second', mib, (moved / events) * ops, mib * 0.001 + 0.02);
      return {
        metrics: [
          { id: 'sysbench.memory.mib_per_second', value: mib, unit: 'MiB/s', better: 'higher' },
          { id: 'sysbench.memory.ops_per_second', value: ops, unit: 'ops/s', better: 'higher' },
        ],
      };
    }
    return threads(lines, events);
  });
}

/**
 * The threads test prints nothing of its own, so it is known by the lines that are not there: anything between
 * the known ones may belong to another test, whose number of events means something else.
 */
function threads(lines: readonly Line[], events: number): Found {
  const known =
    /^(?:sysbench \d.*|Running the test with following options:|Number of threads: \d+|Report intermediate results every .*|Initializing random number generator.*|Initializing worker threads\.\.\.|Threads started!|)$/;
  for (const line of lines) {
    if (line.text === 'General statistics:') break;
    if (!known.test(line.text)) {
      throw new NoResult(
        `line ${line.number}: expected the output of sysbench cpu, memory or threads, found "${line.text.slice(0, 80)}"`,
      );
    }
  }
  theLine(lines, /^General statistics:$/, "'General statistics:' line in the output of sysbench");
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
  return { metrics: [{ id: 'sysbench.threads.events', value: events, unit: 'events', better: 'higher' }] };
}
