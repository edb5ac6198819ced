import {
  applyEdits,
  createScanner,
  findNodeAtLocation,
  modify,
  parseTree,
  type FormattingOptions,
  type Node,
} from 'jsonc-parser';
import { guestSchema, type Guest, type Lab } from '../model/lab';
import { UserError } from '../model/userError';
import { parseLab } from './labRead';

/** Kinds of the scanner's tokens (its type is a const enum, which isolated modules cannot import). */
const token = {
  closeBrace: 2,
  closeBracket: 4,
  comma: 5,
  end: 17,
  lineComment: 12,
  blockComment: 13,
} as const;

/** A first lab file, with what a person needs to know to go on by hand. `schema`: where its JSON schema lies. */
export function newLabText(schema?: string): string {
  return `// The guests that Guestbench measures, and the hosts they run on. Comments stay as you write them.
// No passwords here: Guestbench asks for them when it connects.
{
${schema === undefined ? '' : `  "$schema": ${JSON.stringify(schema)},\n`}  // Physical machines. Guests of one host never run a benchmark at the same time.
  // { "name": "lab1", "kind": "xl", "address": "10.0.0.2", "user": "root" }
  "hosts": [],

  // Machines to measure. "address" or "sshHost" (an alias of ~/.ssh/config: user, port, keys and jumps come from there).
  // { "name": "deb12-pv", "host": "lab1", "address": "10.0.0.11", "user": "root", "mode": "PV" }
  // { "name": "deb12-pvhvm", "host": "lab1", "sshHost": "deb12-hvm" }
  "guests": [],

  // Benchmarks of your own: a command, and how each figure is read from what it prints.
  // "benchmarks": [ { "id": "hash", "command": "sha256sum /bin/sh",
  //   "metrics": [ { "id": "seconds", "unit": "s", "better": "lower", "read": { "elapsed": true } } ] } ],

  // Lists of benchmarks with their parameters.
  // "nightly": [ { "benchmark": "fio-randread", "parameters": { "seconds": 60 } } ]
  "suites": {}
}
`;
}

/**
 * The lab file's text with one guest more; everything else stays as it is.
 * @throws UserError when the text is broken, the name is taken, or the result would not be a lab.
 */
export function addGuest(text: string, guest: Guest): string {
  const source = text.trim() === '' ? newLabText() : text;
  const lab = labOf(source);
  if (lab.guests.some((other) => other.name === guest.name)) {
    throw new UserError(`There is already a guest called "${guest.name}". Choose another name.`);
  }
  return checkedText(withHost(withElement(source, 'guests', validGuest(guest)), guest.host));
}

/** @throws UserError when the text is broken or has no such guest. */
export function removeGuest(text: string, name: string): string {
  const source = text;
  const index = indexOf(source, name);
  const list = findNodeAtLocation(rootOf(source), ['guests']);
  const element = list?.children?.[index];
  if (list === undefined || element === undefined) throw noGuest(name);
  return checkedText(withoutElement(source, list, element, index));
}

/**
 * Changes fields of a guest; `undefined` takes a field away. A new `name` renames it.
 * @throws UserError as `addGuest` does, or when there is no such guest.
 */
export function updateGuest(
  text: string,
  name: string,
  changes: { readonly [K in keyof Guest]?: Guest[K] | undefined },
): string {
  const lab = labOf(text);
  const index = indexOf(text, name);
  const before = lab.guests[index];
  if (before === undefined) throw noGuest(name);
  if (
    changes.name !== undefined &&
    changes.name !== name &&
    lab.guests.some((other) => other.name === changes.name)
  ) {
    throw new UserError(`There is already a guest called "${changes.name}". Choose another name.`);
  }
  const merged = Object.fromEntries(
    Object.entries({ ...before, ...changes }).filter(([, value]) => value !== undefined),
  );
  validGuest(merged);
  const inOneLine = !nodeText(text, guestNode(text, index)).includes('\n');
  // Outside a one-line guest's own comments, the least surprising edit is to write that line anew.
  if (inOneLine && !hasComment(nodeText(text, guestNode(text, index)))) {
    const node = guestNode(text, index);
    return checkedText(
      withHost(
        text.slice(0, node.offset) + oneLine(merged) + text.slice(node.offset + node.length),
        changes.host,
      ),
    );
  }
  let edited = text;
  for (const [key, value] of Object.entries(changes)) {
    edited = withValue(edited, ['guests', index, key], value);
  }
  return checkedText(withHost(edited, changes.host));
}

type SuiteEntry = Lab['suites'][string][number];

/**
 * Writes a suite: a new one, or another content for one that there is. Entries that stay keep their comments.
 * @throws UserError when the text is broken or the result would not be a lab.
 */
export function setSuite(text: string, name: string, entries: readonly SuiteEntry[]): string {
  const source = text.trim() === '' ? newLabText() : text;
  const before = labOf(source).suites[name];
  if (before === undefined) return checkedText(withSuite(source, name, entries));
  const same =
    before.length === entries.length &&
    before.every(({ benchmark, as }, index) => {
      const entry = entries[index];
      return benchmark === entry?.benchmark && as === entry.as;
    });
  if (!same) return checkedText(withSuite(withValue(source, ['suites', name], undefined), name, entries));
  return checkedText(
    entries.reduce(
      (edited, entry, index) => withEntry(edited, ['suites', name, index], entry, before[index]),
      source,
    ),
  );
}

function withSuite(text: string, name: string, entries: readonly SuiteEntry[]): string {
  const suites = findNodeAtLocation(rootOf(text), ['suites']);
  if (suites === undefined) return withSuite(withValue(text, ['suites'], {}), name, entries);
  const { insertSpaces, tabSize } = formatting(text);
  const unit = insertSpaces === false ? '\t' : ' '.repeat(tabSize ?? 2);
  const rows = entries.map(
    (entry, index) => `${unit}${oneLine(entry)}${index + 1 < entries.length ? ',' : ''}`,
  );
  return appended(text, suites, `${JSON.stringify(name)}: [`, ...rows, ']');
}

function withEntry(
  text: string,
  path: readonly (string | number)[],
  entry: SuiteEntry,
  before: SuiteEntry | undefined,
): string {
  const node = findNodeAtLocation(rootOf(text), [...path]);
  const written = node === undefined ? '' : nodeText(text, node);
  if (node === undefined || oneLine(before) === oneLine(entry)) return text;
  if (!written.includes('\n') && !hasComment(written))
    return text.slice(0, node.offset) + oneLine(entry) + text.slice(node.offset + node.length);
  const names = new Set([...Object.keys(before?.parameters ?? {}), ...Object.keys(entry.parameters ?? {})]);
  return [...names].reduce((edited, name) => {
    const [old, value] = [before?.parameters?.[name], entry.parameters?.[name]];
    return JSON.stringify(old) === JSON.stringify(value)
      ? edited
      : withValue(edited, [...path, 'parameters', name], value);
  }, text);
}

/** `undefined` takes the value away. */
function withValue(text: string, path: readonly (string | number)[], value: unknown): string {
  return applyEdits(text, modify(text, [...path], value, { formattingOptions: formatting(text) }));
}

function labOf(text: string) {
  const read = parseLab(text, 'The lab file');
  if (read.status === 'ok') return read.lab;
  throw new UserError(
    `The lab file has a mistake that must be mended first: ${read.problems[0]?.message ?? ''}`,
  );
}

function withElement(text: string, key: 'hosts' | 'guests', element: object): string {
  const list = findNodeAtLocation(rootOf(text), [key]);
  if (list !== undefined) return appended(text, list, oneLine(element));
  return withValue(text, [key], [element]);
}

/** A guest may be the first to name its host: then the host is written down too. */
function withHost(text: string, host: string | undefined): string {
  const list = findNodeAtLocation(rootOf(text), ['hosts'])?.children ?? [];
  const known = list.some((item) => findNodeAtLocation(item, ['name'])?.value === host);
  return host === undefined || known ? text : withElement(text, 'hosts', { name: host });
}

/** Nothing broken is ever written. */
function checkedText(text: string): string {
  labOf(text);
  return text;
}

function validGuest(guest: unknown): Guest {
  const read = guestSchema.safeParse(guest);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const field = issue?.path.join('.') ?? '';
  throw new UserError(
    `This guest cannot be written: ${field === '' ? 'it' : `"${field}"`} ${issue?.message ?? ''}.`,
  );
}

function rootOf(text: string): Node {
  const root = parseTree(text, [], { allowTrailingComma: true });
  if (root === undefined) throw new UserError('The lab file is empty.');
  return root;
}

function indexOf(text: string, name: string): number {
  const index = labOf(text).guests.findIndex((guest) => guest.name === name);
  if (index < 0) throw noGuest(name);
  return index;
}

function noGuest(name: string): UserError {
  return new UserError(`The lab file has no guest called "${name}".`);
}

function guestNode(text: string, index: number): Node {
  const node = findNodeAtLocation(rootOf(text), ['guests', index]);
  if (node === undefined) throw new UserError('The lab file has no such guest.');
  return node;
}

const nodeText = (text: string, node: Node) => text.slice(node.offset, node.offset + node.length);
const withoutStrings = (text: string) => text.replace(/"(\\.|[^"\\])*"/g, '""');
const hasComment = (text: string) => /\/[/*]/.test(withoutStrings(text));

function oneLine(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[${value.map(oneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, item]) => `${JSON.stringify(key)}: ${oneLine(item)}`)
    .join(', ')} }`;
}

/**
 * Adds an element to a list, or a property to an object, behind every comment that stands in it. (jsonc-parser would put it between the last
 * element and the comment that belongs to that element.)
 */
function appended(text: string, list: Node, ...elementLines: readonly string[]): string {
  const last = list.children?.at(-1);
  const start = last === undefined ? list.offset + 1 : last.offset + last.length;
  const { comma, end } = trailing(text, start);
  const inner = text.slice(list.offset, list.offset + list.length);
  const { eol, insertSpaces, tabSize } = formatting(text);
  const unit = insertSpaces === false ? '\t' : ' '.repeat(tabSize ?? 2);
  const base = leading(text, list.offset);
  const indent =
    last === undefined ? base + unit : inner.includes('\n') ? leading(text, last.offset) : base + unit;
  const separator = last === undefined || comma ? '' : ',';
  const oneRow = last !== undefined && !inner.includes('\n') && end === start;
  const head = text.slice(0, start) + separator + text.slice(start, end);
  const tail = text.slice(end);
  const behind = comma && last !== undefined ? ',' : '';
  if (oneRow) return `${head} ${elementLines.map((line) => line.trim()).join(' ')}${behind}${tail}`;
  const element = elementLines.join(`${eol ?? '\n'}${indent}`);
  const closing = /^\s*\n/.test(tail) ? '' : `${eol ?? '\n'}${base}`;
  return `${head}${eol ?? '\n'}${indent}${element}${behind}${closing}${closing === '' ? tail : tail.trimStart()}`;
}

/** From `start` to the bracket of the list or object: is there a comma, and where does the last comma or comment end? */
function trailing(text: string, start: number): { readonly comma: boolean; readonly end: number } {
  const scanner = createScanner(text, false);
  scanner.setPosition(start);
  let comma = false;
  let end = start;
  for (;;) {
    const kind = scanner.scan() as number;
    if (kind === token.closeBrace || kind === token.closeBracket || kind === token.end) return { comma, end };
    if (kind === token.comma) comma = true;
    if (kind === token.comma || kind === token.lineComment || kind === token.blockComment) {
      end = scanner.getTokenOffset() + scanner.getTokenLength();
    }
  }
}

/** Takes an element with its comma and the comment behind it on its line; comments on lines of their own stay. */
function withoutElement(text: string, list: Node, element: Node, index: number): string {
  let from = element.offset;
  let to = element.offset + element.length;
  const hasNext = index + 1 < (list.children?.length ?? 0);
  const [own = '', comma] = /^[ \t]*(,)?/.exec(text.slice(to)) ?? [];
  if (comma !== undefined) to += own.length;
  const [note] = /^[ \t]*(\/\/[^\r\n]*|\/\*[^\r\n]*?\*\/[ \t]*(?=\r?\n))/.exec(text.slice(to)) ?? [];
  if (note !== undefined) to += note.length;
  const startsLine = text.slice(lineStart(text, from), from).trim() === '';
  const [lineEnd] = /^[ \t]*(\r?\n)/.exec(text.slice(to)) ?? [];
  if (startsLine && lineEnd !== undefined) {
    from = lineStart(text, from);
    to += lineEnd.length;
  } else if (hasNext) {
    to += /^[ \t]*/.exec(text.slice(to))?.[0].length ?? 0;
  } else {
    from -= /[ \t]*$/.exec(text.slice(0, from))?.[0].length ?? 0;
  }
  const rest = text.slice(0, from) + text.slice(to);
  if (hasNext || comma !== undefined) return rest;
  // The last one went, and had no comma of its own: neither should the one before it.
  const previous = list.children?.[index - 1];
  if (previous === undefined) return rest;
  const scanner = createScanner(text, true);
  scanner.setPosition(previous.offset + previous.length);
  if ((scanner.scan() as number) !== token.comma) return rest;
  const at = scanner.getTokenOffset();
  return rest.slice(0, at) + rest.slice(at + 1);
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** The blanks that begin the line of `offset`. */
function leading(text: string, offset: number): string {
  return /^[\t ]*/.exec(text.slice(lineStart(text, offset)))?.[0] ?? '';
}

function formatting(text: string): FormattingOptions {
  const [, indent = '  '] = /\n([\t ]+)\S/.exec(text) ?? [];
  const tabs = indent.startsWith('\t');
  return {
    insertSpaces: !tabs,
    tabSize: tabs ? 1 : indent.length,
    eol: text.includes('\r\n') ? '\r\n' : '\n',
  };
}
