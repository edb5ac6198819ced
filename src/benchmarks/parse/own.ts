import type { Measurement } from '../../model/experiment';
import type { OwnBenchmark, OwnMetric } from '../../model/ownBenchmark';
import type { ParsedOutput, TrialOutput } from '../benchmark';
import { numberFrom, someOf, type Figure, type Input, type Place } from './figures';
import { judge, LeftOut, NoResult } from './judgement';
import { PatternError } from './pattern';
import { readCsv } from './readCsv';
import { readJson } from './readJson';
import { MatchingWork, readRegex } from './readRegex';

/** What the run script of a person's own benchmark prints behind the output of its command. */
export const elapsedMark = '\nguestbench: elapsed_seconds=';
/** Stands where the middle of a very long output is missing. */
const cutMark = '\n[output left out here]\n';

/** What became of a metric: its value and the very texts it was read from, or why there is none. */
export type Reading =
  | {
      readonly metric: OwnMetric;
      readonly status: 'read';
      readonly value: number;
      /** One, or as many as the mean is of. */
      readonly samples: readonly number[];
      readonly places: readonly Place[];
    }
  | { readonly metric: OwnMetric; readonly status: 'failed'; readonly reason: string };

/** The metric that is tested: the one that says so, or the first that can be compared; undefined: none can. */
export function primaryOf(metrics: readonly OwnMetric[]): OwnMetric | undefined {
  return (
    metrics.find((metric) => metric.primary === true) ??
    metrics.find(({ better, primary }) => better !== 'none' && primary !== false) ??
    metrics.find(({ better }) => better !== 'none')
  );
}

/**
 * Judges a run of a person's own benchmark: cancelled, exit status, then the metric that is tested. Another one that
 * cannot be read is left out with its reason. Never throws.
 */
export function parseOwn(definition: OwnBenchmark, output: TrialOutput): ParsedOutput {
  // Why a command failed is told in its own words, not in the line we add.
  const at = output.stdout.lastIndexOf(elapsedMark);
  const own = at < 0 ? output : { ...output, stdout: output.stdout.slice(0, at) };
  return judge(own, { command: definition.title ?? definition.id }, () => {
    const primary = primaryOf(definition.metrics);
    const leftOut = new LeftOut();
    const metrics = readingsOf(definition, output).flatMap((reading): readonly Measurement[] => {
      const { metric } = reading;
      if (reading.status === 'failed') {
        if (metric === primary) throw new NoResult(`metric ${metric.id}: ${reading.reason}`);
        leftOut.add(metric.title ?? metric.id, reading.reason);
        return [];
      }
      const { value, samples } = reading;
      const { id, unit, better } = metric;
      return [{ id, value, unit, better, ...(samples.length > 1 ? { samples } : {}) }];
    });
    const [first] = leftOut.list;
    if (metrics.length === 0 && first !== undefined)
      throw new NoResult(`metric ${first.test}: ${first.error}`);
    return { metrics, leftOut: leftOut.list };
  });
}

/** Reads every metric of an output, each for itself, as if the run had ended well. Never throws. */
export function readingsOf({ metrics }: OwnBenchmark, output: TrialOutput): readonly Reading[] {
  const work = new MatchingWork();
  return metrics.map((metric): Reading => {
    try {
      const figures = figuresOf(metric, output, work);
      const samples = figures.map(({ value, place }) => scaled(value, metric, place));
      const value = mean(samples);
      return { metric, status: 'read', value, samples, places: figures.map(({ place }) => place) };
    } catch (error) {
      const isKnown = error instanceof NoResult || error instanceof PatternError;
      const said = error instanceof Error ? error.message : String(error);
      return { metric, status: 'failed', reason: isKnown ? said : `could not be read: ${said}` };
    }
  });
}

function figuresOf({ read }: OwnMetric, output: TrialOutput, work: MatchingWork): readonly Figure[] {
  const { regex, csvColumn, jsonPointer, elapsed } = read;
  const whole = standardOutput(output);
  if (elapsed !== undefined) return [elapsedFigure(whole.elapsed)];
  const input = read.file === undefined ? whole.input : fileInput(read.file, output);
  if (regex !== undefined) return readRegex({ ...read, regex }, input, work);
  if (csvColumn !== undefined) return readCsv({ ...read, csvColumn }, input);
  if (jsonPointer !== undefined) return [readJson(jsonPointer, input)];
  throw new NoResult('says no way of reading it');
}

/** What the command itself printed, and what stands behind it; without the latter the output is not whole. */
function standardOutput({ stdout }: TrialOutput): { readonly input: Input; readonly elapsed: string } {
  const at = stdout.lastIndexOf(elapsedMark);
  const end = at < 0 ? -1 : stdout.indexOf('\n', at + elapsedMark.length);
  if (end < 0) throw new NoResult('standard output is cut short: its last line is missing');
  const text = stdout.slice(0, at);
  return {
    input: { name: 'standard output', text, isCut: text.includes(cutMark) },
    elapsed: stdout.slice(at + elapsedMark.length, end).trimEnd(),
  };
}

function elapsedFigure(text: string): Figure {
  const value = /^\d{1,9}\.\d{2}$/.test(text) ? numberFrom(text, 'the elapsed time') : Number.NaN;
  if (Number.isNaN(value))
    throw new NoResult(`expected the elapsed time in seconds, found "${text.slice(0, 40)}"`);
  if (value === 0)
    throw new NoResult(
      'the command took less than a hundredth of a second, which is all that the clock shows; let it do more',
    );
  return { value, place: { kind: 'elapsed', text } };
}

function fileInput(name: string, { files }: TrialOutput): Input {
  const text = files.get(name);
  if (text !== undefined) return { name, text, isCut: false };
  const found = files.size === 0 ? 'it wrote none' : `it wrote ${someOf([...files.keys()])}`;
  throw new NoResult(`expected the command to write the file "${name}" into $GB_FILES; ${found}`);
}

function scaled(figure: number, { better, factor = 1 }: OwnMetric, place: Place): number {
  const value = figure * factor;
  if (!Number.isFinite(value))
    throw new NoResult(`${whereOf(place)}: ${figure} times the factor ${factor} is too large`);
  if (better === 'none' || value > 0) return value;
  throw new NoResult(`${whereOf(place)}: found ${figure}; what is compared must be above nought`);
}

function whereOf(place: Place): string {
  switch (place.kind) {
    case 'line':
      return `line ${place.line} of ${place.input}`;
    case 'csv':
      return `line ${place.line} of ${place.input}, column ${place.column}`;
    case 'json':
      return `"${place.pointer}" in ${place.input}`;
    case 'elapsed':
      return 'the elapsed time';
  }
}

/** Divided before they are added: a sum could be too large where the mean is not. */
function mean(values: readonly number[]): number {
  const [only] = values;
  if (values.length === 1 && only !== undefined) return only;
  return values.reduce((sum, value) => sum + value / values.length, 0);
}
