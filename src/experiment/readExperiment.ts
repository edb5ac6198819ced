import type * as z from 'zod/mini';
import { eventSchema, formatVersion, type ExperimentEvent, type ExperimentRead } from '../model/experiment';
import { takesAsItIs, type TakesAsItIs } from './asTheyAre';
import { ExperimentFold } from './fold';

type ReadError = Extract<ExperimentRead, { status: 'error' }>;

const restore = 'Open another copy of the file if there is one';

function broken(line: number, what: string): ReadError {
  return { status: 'error', error: `Line ${line} ${what}. ${restore}.`, line };
}

interface Line {
  readonly text: string;
  /** From 1. */
  readonly number: number;
  /** Whether it ends in a newline, as every line that was written whole does. */
  readonly closed: boolean;
}

function* linesOf(text: string): Generator<Line> {
  let start = 0;
  for (let number = 1; start < text.length; number++) {
    const end = text.indexOf('\n', start);
    const closed = end >= 0;
    yield { text: text.slice(start, closed ? end : undefined), number, closed };
    if (!closed) return;
    start = end + 1;
  }
}

/** The value of a line of JSON; undefined: it is none. */
function parseLine(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
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

function readEvent(value: unknown, line: number): { readonly event: ExperimentEvent } | ReadError {
  if (asTheyAre.get(fieldOf(value, 'type'))?.(value) === true) {
    return { event: value as ExperimentEvent };
  }
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

/**
 * Reads an experiment file. Tolerates a half-written last line alone, which is left out and reported; anything else
 * wrong is an error that says where. Never throws.
 */
export function readExperiment(text: string): ExperimentRead {
  if (text.trim() === '') {
    const error =
      'The file is empty: nothing of the experiment was written. Delete it and run the experiment again.';
    return { status: 'error', error, line: 1 };
  }
  let fold: ExperimentFold | undefined;
  let torn: { readonly line: number } | undefined;
  for (const line of linesOf(text.startsWith('\uFEFF') ? text.slice(1) : text)) {
    const parsed = parseLine(line.text);
    if (parsed === undefined) {
      if (fold === undefined)
        return broken(1, 'is not JSON, so this is no experiment of Guestbench, or only its torn beginning');
      if (line.closed) return broken(line.number, 'is not JSON: the file was damaged or edited');
      torn = { line: line.number };
      break;
    }
    const wrong = fold === undefined ? foreign(parsed.value) : undefined;
    if (wrong !== undefined) return wrong;
    const read = readEvent(parsed.value, line.number);
    if ('status' in read) return read;
    let misfit: string | undefined;
    if (fold !== undefined) {
      misfit = fold.add(read.event);
    } else if (read.event.type === 'experiment') {
      fold = new ExperimentFold(read.event);
      misfit = fold.start();
    }
    if (misfit !== undefined) return broken(line.number, misfit);
  }
  if (fold === undefined) return broken(1, 'begins no experiment');
  return { status: 'ok', experiment: fold.experiment(), ...(torn === undefined ? {} : { torn }) };
}
