import type * as z from 'zod/mini';
import { eventSchema, formatVersion, type ExperimentEvent, type ExperimentRead } from '../model/experiment';
import { deepestNesting, isNestedTooDeep, parseJson, tooDeepAt } from '../model/nesting';
import { takesAsItIs, type TakesAsItIs } from './asTheyAre';
import { ExperimentFold } from './fold';

type ReadError = Extract<ExperimentRead, { status: 'error' }>;

const restore = 'Open another copy of the file if there is one';

function broken(line: number, what: string): ReadError {
  return { status: 'error', error: `Line ${line} ${what}. ${restore}.`, line };
}

/** A shorter line takes little memory however deep it is, and is looked at when it is read. */
const longLine = 1024 * 1024;

/** The value of a line of JSON; undefined: it is none. */
function parseLine(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: text.length > longLine ? parseJson(text) : (JSON.parse(text) as unknown) };
  } catch {
    return undefined;
  }
}

/** Whether `text` is a whole line that merely lacks its newline. */
export function isWholeLine(text: string): boolean {
  return parseLine(text) !== undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

/** The first fault found, with the name of the field it is in. */
function describe(error: z.core.$ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'is not an event';
  const field = issue.path.map(String).join('.');
  const where = field === '' ? 'does not fit' : `has a wrong "${field}"`;
  if (issue.code === 'invalid_type') return `${where}: expected ${issue.expected}`;
  if (issue.code === 'invalid_value') {
    return `${where}: expected ${issue.values.map((value) => (typeof value === 'string' ? `"${value}"` : String(value))).join(' or ')}`;
  }
  if (issue.code === 'invalid_format') return `${where}: expected ${issue.format}`;
  if (issue.code === 'unrecognized_keys')
    return `${where}: unknown ${issue.keys.map((key) => `"${key}"`).join(', ')}`;
  return `${where}: ${issue.message}`;
}

/** What is wrong with the very first line, before anything else is known of the file. */
function foreign(value: unknown): ReadError | undefined {
  if (fieldOf(value, 'type') !== 'experiment') {
    const error =
      'This is no experiment of Guestbench: its first line does not begin one. Open a .guestbench file.';
    return { status: 'error', error, line: 1 };
  }
  const format = fieldOf(value, 'format');
  if (typeof format === 'number' && format > formatVersion) {
    const error =
      `This experiment was written by a newer Guestbench (file format ${format}; this one reads up to ` +
      `${formatVersion}). Update the extension to open it.`;
    return { status: 'error', error, line: 1 };
  }
  if (typeof format === 'number' && format < 1) return broken(1, `has a wrong "format": ${format}`);
  return undefined;
}

/** By type, for nearly all lines of a long file are of few types and need nothing but this. */
const asTheyAre = new Map<unknown, TakesAsItIs>(
  eventSchema.def.options.flatMap((option) => {
    const takes = takesAsItIs(option);
    return option.def.shape.type.def.values.map((name) => [name, takes] as const);
  }),
);

const tooDeep = `has lists and objects more than ${deepestNesting} deep inside each other`;

function readEvent(value: unknown, line: number): { readonly event: ExperimentEvent } | ReadError {
  if (asTheyAre.get(fieldOf(value, 'type'))?.(value) === true) {
    return { event: value as ExperimentEvent };
  }
  if (isNestedTooDeep(value)) return broken(line, tooDeep);
  const parsed = eventSchema.safeParse(value);
  if (parsed.success) return { event: parsed.data };
  const type = fieldOf(value, 'type');
  const known = eventSchema.def.options.some((option) =>
    option.def.shape.type.def.values.some((name) => name === type),
  );
  if (known && typeof type === 'string') return broken(line, `("${type}") ${describe(parsed.error)}`);
  const shown = typeof type === 'string' ? `the type "${type.slice(0, 40)}"` : 'no type';
  return broken(line, `is no event this Guestbench knows: it has ${shown}`);
}

/** Takes the lines of an experiment file in their order. Never throws. */
export class ExperimentReader {
  private fold: ExperimentFold | undefined;
  private torn: { readonly line: number } | undefined;
  private wrong: ReadError | undefined;
  private isBlank = true;
  private number = 0;

  /**
   * @param closed whether the line ends in a newline, as every line that was written whole does.
   * @returns whether the rest of the file is wanted: after an error it is not.
   */
  add(text: string, closed: boolean): boolean {
    this.number += 1;
    // With nothing but blank lines the file is empty; with anything else the first of them is the first fault.
    this.isBlank &&= text.trim() === '';
    if (this.isBlank) return true;
    const misplaced = this.number > 1 && this.fold === undefined;
    const parsed = misplaced ? undefined : parseLine(text);
    this.wrong = parsed === undefined ? this.unparsed(text, closed) : this.take(parsed.value);
    return this.wrong === undefined && this.torn === undefined;
  }

  /** The line that would come next is not read: `what` says what is wrong with it. */
  refuse(what: string): void {
    this.wrong ??= broken(this.number + 1, what);
  }

  /** What the lines so far hold. */
  end(): ExperimentRead {
    const { wrong, fold, torn } = this;
    if (wrong !== undefined) return wrong;
    if (fold === undefined) {
      const error =
        'The file is empty: nothing of the experiment was written. Delete it and run the experiment again.';
      return { status: 'error', error, line: 1 };
    }
    return { status: 'ok', experiment: fold.experiment(), ...(torn === undefined ? {} : { torn }) };
  }

  /** Only the last line, where it was written in part, may be anything but JSON. */
  private unparsed(text: string, closed: boolean): ReadError | undefined {
    if (tooDeepAt(text) !== undefined) return broken(this.number, tooDeep);
    if (this.fold === undefined)
      return broken(1, 'is not JSON, so this is no experiment of Guestbench, or only its torn beginning');
    if (closed) return broken(this.number, 'is not JSON: the file was damaged or edited');
    this.torn = { line: this.number };
    return undefined;
  }

  private take(value: unknown): ReadError | undefined {
    const wrong = this.fold === undefined ? foreign(value) : undefined;
    if (wrong !== undefined) return wrong;
    const read = readEvent(value, this.number);
    if ('status' in read) return read;
    const misfit = this.foldIn(read.event);
    return misfit === undefined ? undefined : broken(this.number, misfit);
  }

  private foldIn(event: ExperimentEvent): string | undefined {
    if (this.fold !== undefined) return this.fold.add(event);
    if (event.type !== 'experiment') return 'begins no experiment';
    this.fold = new ExperimentFold(event);
    return this.fold.start();
  }
}

/**
 * Reads the text of an experiment file. Tolerates a half-written last line alone, which is left out and reported;
 * anything else wrong is an error that says where. Never throws.
 */
export function readExperiment(text: string): ExperimentRead {
  const reader = new ExperimentReader();
  for (let start = text.startsWith('\uFEFF') ? 1 : 0; start < text.length;) {
    const end = text.indexOf('\n', start);
    if (!reader.add(text.slice(start, end < 0 ? undefined : end), end >= 0) || end < 0) break;
    start = end + 1;
  }
  return reader.end();
}
