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

/** ApacheBench or wrk, told apart by their first lines. */
export function parseApache(output: TrialOutput): ParsedOutput {
  const wrk = /^Running \d+\w* test @ /m.test(output.stdout.slice(0, 2000));
  return judge(output, { command: wrk ? 'wrk' : 'ab' }, () => {
    const lines = completeLines(output.stdout);
    return wrk ? wrkFigures(lines) : abFigures(lines);
  });
}

function abFigures(lines: readonly Line[]): Found {
  const field = (name: string): string => {
    const line = theLine(lines, new RegExp(`^${name}: `), `'${name}:' line in the output of ab`);
    return line.text.slice(name.length + 1).trim();
  };
  const number = (pattern: RegExp, what: string, places: number) => {
    const line = theLine(lines, pattern, `${what} in the output of ab`);
    return { line, value: positive(pattern.exec(line.text)?.[1], what, line, places) };
  };
  // Answers other than 2xx do not count as failed requests: everything can be a 404 with an exit code of 0.
  const bad = lines.find(({ text }) => text.startsWith('Non-2xx responses:'));
  if (bad !== undefined) {
    const count = bad.text.slice(bad.text.indexOf(':') + 1).trim();
    throw new NoResult(`${count} non-2xx responses (line ${bad.number}); expected every answer to be a 2xx`);
  }
  const failed = field('Failed requests');
  if (failed !== '0') throw new NoResult(`${failed} failed requests; expected none`);

  const complete = number(/^Complete requests: +(\d+)$/, "a 'Complete requests:' line", 0).value;
  const concurrency = number(/^Concurrency Level: +(\d+)$/, "a 'Concurrency Level:' line", 0).value;
  const seconds = number(/^Time taken for tests: +(\S+) seconds$/, "a 'Time taken for tests:' line", 3).value;
  const rate = number(
    /^Requests per second: +(\S+) \[#\/sec\] \(mean\)$/,
    "a 'Requests per second:' line",
    2,
  );
  mustAgree(
    `line ${rate.line.number}: requests per second`,
    rate.value,
    complete / seconds,
    tolerance(rate.value, 0.0006 / seconds),
  );

  const timeLine = theLine(
    lines,
    /^Time per request:.*\[ms\] \(mean\)$/,
    "a 'Time per request:' line in the output of ab",
  );
  const p99Line = theLine(lines, /^ +99%(?: .*)?$/, "a '99%' line in the output of ab");
  const longest = theLine(
    lines,
    /^ +100% .*\(longest request\)$/,
    "'100% … (longest request)' line in the output of ab",
  );
  const leftOut = new LeftOut();
  const time = leftOut.unless('apache.ab.time_per_request_mean', () => {
    const text = timeLine.text.slice('Time per request:'.length, -'[ms] (mean)'.length).trim();
    return positive(text, "a 'Time per request:' line", timeLine, 3);
  });
  for (const value of time) {
    const meanMs = (concurrency * 1000) / rate.value;
    mustAgree(`line ${timeLine.number}: time per request`, value, meanMs, 0.0011 + meanMs * 0.001);
  }
  // In whole milliseconds: a quick server's is 0, and nought is never a figure.
  const p99 = leftOut.unless('apache.ab.p99', () => {
    const value = positive(p99Line.text.trim().slice('99%'.length).trim(), "a '99%' line", p99Line, 0);
    const most = /^ +100% +(\d{1,15}) /.exec(longest.text)?.[1];
    if (most !== undefined && value > Number(most))
      throw new NoResult(
        `line ${p99Line.number}: ${value} ms is more than the ${most} ms of the longest request`,
      );
    return value;
  });
  return {
    metrics: [
      { id: 'apache.ab.requests_per_second', value: rate.value, unit: 'req/s', better: 'higher' },
      ...time.map((value): Measurement => {
        return { id: 'apache.ab.time_per_request_mean', value, unit: 'ms', better: 'lower' };
      }),
      ...p99.map((value): Measurement => ({ id: 'apache.ab.p99', value, unit: 'ms', better: 'lower' })),
    ],
    leftOut: leftOut.list,
  };
}

function wrkFigures(lines: readonly Line[]): Found {
  const bad = lines.find(({ text }) => /^ *(?:Non-2xx or 3xx responses|Socket errors):/.test(text));
  if (bad !== undefined) throw new NoResult(`line ${bad.number}: ${bad.text.trim()}; expected none`);

  const match = (pattern: RegExp, what: string) => {
    const line = theLine(lines, pattern, `${what} in the output of wrk`);
    return { line, cells: pattern.exec(line.text) ?? [] };
  };
  const leftOut = new LeftOut();
  const latency = (id: string, line: Line, what: string, cell: string | undefined): readonly Measurement[] =>
    leftOut.unless(`apache.wrk.latency_${id}`, () => {
      const value = milliseconds(cell ?? '', line, what);
      return { id: `apache.wrk.latency_${id}`, value, unit: 'ms', better: 'lower' };
    });
  const meanLine = match(/^ +Latency(?! *Distribution)(?: (.*))?$/, "a 'Latency' line");
  const cells = (meanLine.cells[1] ?? '').trim().split(/ +/);
  // With a column too few, nothing says which one is missing.
  const mean = latency('mean', meanLine.line, "a 'Latency' line", cells.length === 4 ? cells[0] : undefined);
  const percentiles = [50, 90, 99].map((percent) => {
    const found = match(new RegExp(`^ +${percent}%(?: (.*))?$`), `a '${percent}%' line`);
    return latency(`p${percent}`, found.line, `a '${percent}%' line`, found.cells[1]?.trim());
  });
  const rising = percentiles.flat().map(({ value }) => value);
  if (rising.some((value, index) => value < (rising[index - 1] ?? 0)))
    throw new NoResult('the latencies at 50 %, 90 % and 99 % are not in rising order');

  const total = match(/^ +(\d+) requests in ([\d.]+)(ms|s|m|h), /, "an 'N requests in T' line");
  const factor = { ms: 1e-3, s: 1, m: 60, h: 3600 }[total.cells[3] ?? ''] ?? 0;
  const seconds = positive(total.cells[2], 'the time taken', total.line, 2) * factor;
  const rateLine = match(/^Requests\/sec: +(\S+)$/, "a 'Requests/sec:' line");
  const rate = positive(rateLine.cells[1], 'requests per second', rateLine.line, 2);
  match(/^Transfer\/sec: /, "a 'Transfer/sec:' line");
  const count = positive(total.cells[1], 'the number of requests', total.line, 0);
  mustAgree(
    `line ${rateLine.line.number}: requests per second`,
    rate,
    count / seconds,
    tolerance(rate, (0.006 * factor) / seconds),
  );
  return {
    metrics: [
      { id: 'apache.wrk.requests_per_second', value: rate, unit: 'req/s', better: 'higher' },
      ...mean,
      ...percentiles.flat(),
    ],
    leftOut: leftOut.list,
  };
}

function milliseconds(text: string, line: Line, what: string): number {
  const [, amount, unit = ''] = /^(\S*\d)([a-z]+)$/.exec(text) ?? [];
  const factor = { us: 1e-3, ms: 1, s: 1e3, m: 60_000, h: 3_600_000 }[unit];
  if (factor === undefined)
    throw new NoResult(
      `line ${line.number}: expected a time with its unit for ${what}, found "${text.slice(0, 80)}"`,
    );
  return positive(amount, what, line, 2) * factor;
}

/** The printed time is rounded, so the rate it gives is off by up to `relative`. */
const tolerance = (rate: number, relative: number): number => rate * (relative + 0.001) + 0.01;
