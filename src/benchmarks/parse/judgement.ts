import type { Measurement } from '../../model/experiment';
import type { ParsedOutput, TrialOutput } from '../benchmark';

/** Why a run yields no figure, for people. Thrown and caught inside this folder only. */
export class NoResult extends Error {
  override readonly name = 'NoResult';
}

export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/** What a reader found in the output of a run that ended well. */
export interface Found {
  readonly metrics: readonly Measurement[];
  /** Tests of a suite that failed. */
  readonly failed?: readonly Missing[];
  /** Figures beside the result that the output does not hold, or not in a usable form. */
  readonly leftOut?: readonly Missing[];
}

/** What there is no figure of, and why. */
export interface Missing {
  /** A test of a suite, or the id of a metric (or what several of them begin with). */
  readonly test: string;
  readonly error: string;
}

/** Collects the figures that are left out: one that is not the result of a run never fails the run. */
export class LeftOut {
  private readonly missing: Missing[] = [];

  get list(): readonly Missing[] {
    return this.missing;
  }

  add(test: string, error: string): void {
    this.missing.push({ test, error });
  }

  /** What `read` gives, in a list; empty, with the reason kept, when it throws NoResult. */
  unless<T>(test: string, read: () => T): readonly T[] {
    try {
      return [read()];
    } catch (error) {
      if (!(error instanceof NoResult)) throw error;
      this.add(test, error.message);
      return [];
    }
  }
}

interface Rules {
  /** The program of the run, for the reason. */
  readonly command: string;
  /** Plain words for a tool's own message: the first pattern found anywhere in its output counts. */
  readonly hints?: readonly (readonly [RegExp, string])[];
  /** For tools whose exit status says nothing: an unknown status is no failure then. */
  readonly exitStatus?: 'decides' | 'saysNothing';
}

const newline = 10;
const carriageReturn = 13;
const longestLine = 1000;
/** No tool prints a tenth of it; without an end to it, a megabyte of short lines would take longer than one of text. */
const mostLines = 50_000;
const longestOutput = 16 * 1024 * 1024;
const longestReason = 400;
const longestEnd = 16 * 1024;

/**
 * The lines that are surely whole: ended by a newline. A last line without one may have been cut in the middle of
 * a number. Empty lines are left out; lines too long to be a result are clipped, so that no pattern can be slow on
 * them or match them. @throws NoResult for more lines than are read.
 */
export function completeLines(text: string): readonly Line[] {
  const lines: Line[] = [];
  let number = 1;
  let start = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
    let last = end;
    while (last > start && text.charCodeAt(last - 1) === carriageReturn) last--;
    if (last > start) {
      if (lines.length === mostLines)
        throw new NoResult(
          `line ${number}: expected the end of the output; no more than ${mostLines} lines are read`,
        );
      lines.push({ number, text: clip(text.slice(start, last), longestLine) });
    }
    number++;
    start = end + 1;
  }
  return lines;
}

/** From 1: the line that the character at `offset` stands on. */
export function lineNumberAt(text: string, offset: number): number {
  let number = 1;
  for (let at = 0; at < offset; at++) if (text.charCodeAt(at) === newline) number++;
  return number;
}

function clip(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

/** A plain decimal above nought; with `places`, exactly that many decimals (a cut number has fewer). */
export function positive(text: string | undefined, what: string, line: Line, places?: number): number {
  const ok = text !== undefined && /^\d{1,15}(?:\.\d{1,15})?$/.test(text);
  const decimals = ok ? (text.split('.')[1]?.length ?? 0) : 0;
  if (!ok || (places !== undefined && decimals !== places)) {
    throw new NoResult(
      `line ${line.number}: expected a number for ${what}, found "${clip(text ?? line.text, 80)}"`,
    );
  }
  const value = Number(text);
  if (value <= 0) throw new NoResult(`line ${line.number}: ${what} is ${text}, and nought is never a result`);
  return value;
}

/** The only line that matches; none or several are no result. */
export function theLine(lines: readonly Line[], pattern: RegExp, what: string): Line {
  const found = lines.filter((line) => pattern.test(line.text));
  const [first, second] = found;
  if (first === undefined)
    throw new NoResult(`no ${what} in ${lines.at(-1)?.number ?? 0} lines: the benchmark did not finish`);
  if (second !== undefined) {
    throw new NoResult(
      `${what} stands on line ${first.number} and again on line ${second.number}: expected one`,
    );
  }
  return first;
}

/** Figures of one output that must fit each other; a garbled one does not. */
export function mustAgree(what: string, found: number, expected: number, tolerance: number): void {
  if (Math.abs(found - expected) <= tolerance) return;
  throw new NoResult(`${what}: found ${found}, but the rest of the output gives ${expected.toPrecision(6)}`);
}

/**
 * The order of judgement: cancelled, then signal and exit status, then what `read` makes of the output (the
 * tool's own error fields first, numbers last). Never throws.
 */
export function judge(output: TrialOutput, rules: Rules, read: () => Found): ParsedOutput {
  if (output.cancelled) return { outcome: 'cancelled', metrics: [] };
  try {
    refuseTooLong(output);
    judgeExit(output, rules);
    const found = read();
    if (found.metrics.length === 0) throw new NoResult(`no figure in the output of ${rules.command}`);
    for (const metric of found.metrics) {
      for (const value of [metric.value, ...(metric.samples ?? [])]) {
        // Nought is a figure where nothing is compared: a count of errors, say.
        if (!Number.isFinite(value) || (value <= 0 && metric.better !== 'none'))
          throw new NoResult(`${metric.id} is ${value}: not a result`);
      }
    }
    const { failed = [], leftOut = [] } = found;
    const missing = failed.length + leftOut.length === 0 ? {} : { failed: [...failed, ...leftOut] };
    return failed.length > 0
      ? {
          outcome: 'mixed',
          metrics: found.metrics,
          ...missing,
          reason: `${failed.length} of the tests failed`,
        }
      : { outcome: 'ok', metrics: found.metrics, ...missing };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      outcome: 'failed',
      metrics: [],
      reason:
        error instanceof NoResult ? reason : `the output of ${rules.command} could not be read: ${reason}`,
    };
  }
}

function refuseTooLong({ stdout, stderr, files }: TrialOutput): void {
  const limit = longestOutput / 1024 / 1024;
  if (stdout.length + stderr.length > longestOutput)
    throw new NoResult(`the output is longer than the ${limit} MiB that are read`);
  for (const [name, text] of files) {
    if (text.length > longestOutput)
      throw new NoResult(`${name} is longer than the ${limit} MiB that are read`);
  }
}

/** A run that failed whatever its numbers say. */
function judgeExit(output: TrialOutput, rules: Rules): void {
  if (output.signal !== null) {
    throw new NoResult(
      `killed by signal ${output.signal}; expected ${rules.command} to end by itself${said(output)}`,
    );
  }
  if (output.exitCode === 0) return;
  if (output.exitCode === null) {
    if (rules.exitStatus === 'saysNothing') return;
    throw new NoResult(`the exit code of ${rules.command} is not known; expected 0`);
  }
  if (output.exitCode === 127) {
    throw new NoResult(
      `exit code 127: command not found: ${notFound(output.stderr) ?? rules.command}${said(output)}`,
    );
  }
  const signal = { 130: 'SIGINT', 137: 'SIGKILL', 143: 'SIGTERM' }[output.exitCode];
  const ending = signal === undefined ? '' : ` (as after ${signal})`;
  const everything = `${output.stderr}\n${output.stdout}`;
  const hint = rules.hints?.flatMap(([pattern, words]) => {
    const match = pattern.exec(everything);
    return match === null ? [] : [words.replace('$1', match[1] ?? '')];
  })[0];
  throw new NoResult(
    `exit code ${output.exitCode}${ending}${hint === undefined ? '' : `: ${hint}`}${said(output)}`,
  );
}

function notFound(stderr: string): string | undefined {
  for (const { text } of lastLines(stderr)) {
    const match =
      /[‘'`"]([^‘’'`"]{1,100})[’'"]: No such file or directory/.exec(text) ??
      /(?:^|: )([^\s:]{1,100}): (?:command )?not found/.exec(text);
    if (match !== null) return match[1];
  }
  return undefined;
}

const telling =
  /error|fail|cannot|can't|denied|refused|no such|not found|unknown|invalid|no space|read-only|disk is full|fatal|break|abort|missing|killed/i;

/** The line in which the tool itself says what went wrong, as `: stderr line 2: "…"`. */
function said({ stderr, stdout }: TrialOutput): string {
  const streams = [
    { name: 'stderr', lines: lastLines(stderr) },
    { name: 'stdout', lines: lastLines(stdout) },
  ];
  const choices: readonly ((line: Line) => boolean)[] = [
    ({ text }) => text.startsWith('guestbench: ') && telling.test(text),
    ({ text }) => telling.test(text),
    () => true,
  ];
  for (const fits of choices) {
    for (const { name, lines } of streams) {
      const line = lines.findLast(fits);
      if (line !== undefined)
        return `: ${name} line ${line.number}: "${clip(line.text.trim(), longestReason)}"`;
    }
  }
  return '; it printed nothing';
}

/** The lines of the end of a stream that are not blank: what went wrong stands there. */
function lastLines(text: string): readonly Line[] {
  const start = Math.max(0, text.length - longestEnd);
  const before = lineNumberAt(text, start) - 1;
  return completeLines(`${text.slice(start)}\n`)
    .filter((line) => line.text.trim() !== '')
    .map((line) => ({ number: line.number + before, text: line.text }));
}
