import { formatVersion, type Experiment } from '../model/experiment';
import { parseJson } from '../model/nesting';
import { UserError } from '../model/userError';
import { checkExperiment } from './experimentSchema';
import { withLostFigures, withoutUnusable } from './unusableFigures';

/** The version of the document that `toJson` writes. Older ones are read for ever, newer ones refused. */
export const documentVersion = 1;
export const documentKind = 'guestbench-experiment';

/**
 * The experiment as one JSON document, for tools that do not read the event file: media/guestbench.experiment.schema.json
 * describes it. `fromJson` gives back all of it.
 */
export function toJson(e: Experiment): string {
  const text = JSON.stringify({ export: { kind: documentKind, version: documentVersion }, ...e }, null, 2);
  return `${text.replace(unseen, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
}

/** Within strings only; written as escapes, they cannot make the document look like another one. */
const unseen = /[\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/**
 * The experiment of such a document, nothing lost but measurements without a number. @throws UserError that says what is wrong,
 * and where.
 */
export function fromJson(text: string): Experiment {
  let value: unknown;
  try {
    value = parseJson(text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch (error) {
    throw unreadable(`it is no whole JSON (${error instanceof Error ? error.message : 'unknown'})`);
  }
  const version = fieldOf(fieldOf(value, 'export'), 'version') ?? documentVersion;
  const format = fieldOf(value, 'format');
  if (isNewer(version, documentVersion) || isNewer(format, formatVersion))
    throw unreadable('a newer Guestbench wrote it. Update the extension');
  const usable = withoutUnusable(value);
  const check = checkExperiment(usable.value);
  if (check.status === 'error')
    throw unreadable(`${check.path.length === 0 ? 'it' : `"${check.path.join('.')}"`} ${check.what}`);
  return withLostFigures(check.experiment, usable.lost);
}

const isNewer = (version: unknown, known: number): boolean => typeof version === 'number' && version > known;

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

const unreadable = (why: string): UserError =>
  new UserError(`This cannot be read as an experiment exported by Guestbench as JSON: ${why}.`);
