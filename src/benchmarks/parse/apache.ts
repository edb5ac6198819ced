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
  const time = number(/^Time per request: +(\S+) \[ms\] \(mean\)$/, "a 'Time per request:' line", 3);
  // In whole milliseconds: a quick server's is 0, and nought is never a figure.
  const p99Line = theLine(lines, /^ +99% +\d+$/, "a '99%' line in the output of ab");
  const p99Text = p99Line.text.slice(p99Line.text.lastIndexOf(' ') + 1);
  const p99 = p99Text === '0' ? undefined : positive(p99Text, "a '99%' line", p99Line, 0);
  theLine(lines, /^ +100% +\d+ \(longest request\)$/, "'100% … (longest request)' line in the output of ab");
  mustAgree(
    `line ${rate.line.number}: requests per second`,
    rate.value,
    complete / seconds,
    tolerance(rate.value, 0.0006 / seconds),
  );
  const meanMs = (concurrency * 1000) / rate.value;
  mustAgree(`line ${time.line.number}: time per request`, time.value, meanMs, 0.0011 + meanMs * 0.001);
  return {
    metrics: [
      { id: 'apache.ab.requests_per_second', value: rate.value, unit: 'req/s', better: 'higher' },
      { id: 'apache.ab.time_per_request_mean', value: time.value, unit: 'ms', better: 'lower' },
      ...(p99 === undefined
        ? []
        : [{ id: 'apache.ab.p99', value: p99, unit: 'ms', better: 'lower' as const }]),
    ],
  };
}

function wrkFigures(lines: readonly Line[]): Found {
  const bad = lines.find(({ text }) => /^ *(?:Non-2xx or 3xx responses|Socket errors):/.test(text));
  if (bad !== undefined) throw new NoResult(`line ${bad.number}: ${bad.text.trim()}; expected none`);

  const match = (pattern: RegExp, what: string) => {
    const line = theLine(lines, pattern, `${what} in the output of wrk`);
    return { line, cells: pattern.exec(line.text) ?? [] };
  };
  const milliseconds = (pattern: RegExp, what: string) => {
    const { line, cells } = match(pattern, what);
    const factor = { us: 1e-3, ms: 1, s: 1e3, m: 60_000, h: 3_600_000 }[cells[2] ?? ''];
    if (factor === undefined)
      throw new NoResult(`line ${line.number}: expected a time with its unit for ${what}`);
    return positive(cells[1], what, line, 2) * factor;
  };
  const mean = milliseconds(
    /^ +Latency +([\d.]+)([a-z]+) +[\d.]+[a-z]+ +[\d.]+[a-z]+ +[\d.]+%$/,
    "a 'Latency' line",
  );
  const p50 = milliseconds(/^ +50% +([\d.]+)([a-z]+)$/, "a '50%' line");
  const p90 = milliseconds(/^ +90% +([\d.]+)([a-z]+)$/, "a '90%' line");
  const p99 = milliseconds(/^ +99% +([\d.]+)([a-z]+)$/, "a '99%' line");
  if (p50 > p90 || p90 > p99)
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
      { id: 'apache.wrk.latency_mean', value: mean, unit: 'ms', better: 'lower' },
      { id: 'apache.wrk.latency_p50', value: p50, unit: 'ms', better: 'lower' },
      { id: 'apache.wrk.latency_p90', value: p90, unit: 'ms', better: 'lower' },
      { id: 'apache.wrk.latency_p99', value: p99, unit: 'ms', better: 'lower' },
    ],
  };
}

/** The printed time is rounded, so the rate it gives is off by up to `relative`. */
const tolerance = (rate: number, relative: number): number => rate * (relative + 0.001) + 0.01;
