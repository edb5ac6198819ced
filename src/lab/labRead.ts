import {
  createScanner,
  findNodeAtLocation,
  getNodeValue,
  parseTree,
  printParseErrorCode,
  type Node,
  type ParseError,
} from 'jsonc-parser';
import { labSchema, type Lab, type LabFinding } from '../model/lab';
import { deepestNesting } from '../model/nesting';
import { issueProblems, nearMiss, pathText } from './labIssues';

/** What is wrong with a lab file, and where. `line` and `column` count from 1, `offset` from 0. */
export interface LabProblem {
  /** For people; begins with the line, as in `line 4: guests[1].port must be …`. */
  readonly message: string;
  readonly line: number;
  readonly column: number;
  readonly offset: number;
  /** Only this entry is not used; the rest of the lab is. */
  readonly isOfEntry?: true;
}

export type LabRead =
  | { readonly status: 'ok'; readonly lab: Lab; readonly problems?: readonly LabProblem[] }
  | { readonly status: 'error'; readonly problems: readonly LabProblem[] };

export const emptyLab: Lab = Object.freeze({ hosts: [], guests: [], suites: {} });

/** A problem before its offset is turned into a line. */
export interface Finding {
  readonly text: string;
  readonly offset: number;
}

/** Finds what is wrong with entries of a lab that is well-formed. */
export type EntryCheck = (lab: Lab) => readonly LabFinding[];

/** More than a person reads; a file of another kind would give thousands. */
const maxProblems = 50;
/** Names in the file stand in the messages, and they may be long. */
const longestProblem = 1_000;

const syntax: Readonly<Record<string, string>> = {
  InvalidSymbol: 'this word means nothing in JSON; a text stands in double quotes',
  InvalidNumberFormat: 'this is not a number',
  PropertyNameExpected: 'a name in double quotes is expected here',
  ValueExpected: 'a value is expected here',
  ColonExpected: 'a colon is expected here',
  CommaExpected: 'a comma is expected here',
  CloseBraceExpected: 'a closing brace } is missing',
  CloseBracketExpected: 'a closing bracket ] is missing',
  EndOfFileExpected: 'the file should end here',
  UnexpectedEndOfComment: 'this comment does not end',
  UnexpectedEndOfString: 'this text has no closing double quote',
  InvalidEscapeCharacter: 'a backslash in a text must be doubled: "\\\\"',
  InvalidCharacter: 'this text holds a control character',
};

/**
 * Reads a lab file: JSON with comments and trailing commas. No text is an empty lab. `file` names it in messages.
 * What `checkEntries` finds is told beside the lab.
 */
export function parseLab(text: string, file: string, checkEntries?: EntryCheck): LabRead {
  // A byte order mark counts as one character, so the offsets stay right.
  const source = text.startsWith('\uFEFF') ? ` ${text.slice(1)}` : text;
  const deep = tooDeepIn(source);
  if (deep !== undefined) return { status: 'error', problems: [problemAt(deep, lineStarts(source))] };
  const errors: ParseError[] = [];
  const root = parseTree(source, errors, { allowTrailingComma: true, disallowComments: false });
  if (root === undefined && errors.every((error) => printParseErrorCode(error.error) === 'ValueExpected')) {
    return { status: 'ok', lab: emptyLab };
  }
  const findings: Finding[] = errors.map(({ error, offset }) => ({
    text: syntax[printParseErrorCode(error)] ?? 'this is not JSON',
    offset,
  }));
  if (root !== undefined && findings.length === 0) {
    const checked = check(root, file);
    if (checked.lab !== undefined) return withEntryProblems(checked.lab, root, source, checkEntries);
    findings.push(...checked.findings);
  }
  if (findings.length === 0) findings.push({ text: `${file} is not a lab file`, offset: 0 });
  const positions = lineStarts(source);
  const problems = findings
    .sort((a, b) => a.offset - b.offset)
    .slice(0, maxProblems)
    .map((finding) => problemAt(finding, positions));
  return { status: 'error', problems };
}

/** Kinds of the scanner's tokens (its type is a const enum, which isolated modules cannot import). */
const token = { openBrace: 1, closeBrace: 2, openBracket: 3, closeBracket: 4, end: 17 } as const;

/** The bracket that goes too deep: what reads the text goes down as deep as it does. */
export function tooDeepIn(text: string): Finding | undefined {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (;;) {
    switch (scanner.scan() as number) {
      case token.openBrace:
      case token.openBracket:
        depth += 1;
        if (depth > deepestNesting) {
          const what = `lists and objects stand more than ${deepestNesting} deep inside each other here`;
          return { text: what, offset: scanner.getTokenOffset() };
        }
        break;
      case token.closeBrace:
      case token.closeBracket:
        depth = Math.max(0, depth - 1);
        break;
      case token.end:
        return undefined;
    }
  }
}

function withEntryProblems(lab: Lab, root: Node, source: string, checkEntries?: EntryCheck): LabRead {
  const found = checkEntries?.(lab) ?? [];
  if (found.length === 0) return { status: 'ok', lab };
  const positions = lineStarts(source);
  const problems = found
    .slice(0, maxProblems)
    .map((finding): LabProblem => ({
      ...problemAt({ text: entryText(finding), offset: offsetOf(root, finding.path) }, positions),
      isOfEntry: true,
    }))
    .sort((a, b) => a.offset - b.offset);
  return { status: 'ok', lab, problems };
}

function entryText({ path, text, name }: LabFinding): string {
  const place = `${pathText([...path])} ${text}`;
  if (name === undefined) return place;
  const near = nearMiss(name.given, name.known);
  return near === undefined
    ? `${place}; there is ${name.known.map((known) => `"${known}"`).join(', ')}`
    : `${place}; did you mean "${near}"?`;
}

/** Of the entry, or of the nearest thing around it. */
function offsetOf(root: Node, path: LabFinding['path']): number {
  for (let length = path.length; length > 0; length--) {
    const node = findNodeAtLocation(root, path.slice(0, length));
    if (node !== undefined) return node.offset;
  }
  return root.offset;
}

type Checked =
  | { readonly lab: Lab; readonly findings?: never }
  | { readonly lab?: never; readonly findings: readonly Finding[] };

function check(root: Node, file: string): Checked {
  if (root.type !== 'object') {
    return {
      findings: [{ text: `${file} must be an object in braces: { "guests": [ … ] }`, offset: root.offset }],
    };
  }
  const findings = [...repeatedKeys(root)];
  const value: unknown = getNodeValue(root);
  const read = labSchema.safeParse(value);
  if (!read.success) return { findings: [...findings, ...issueProblems(root, read.error.issues)] };
  findings.push(...repeatedNames(root, read.data), ...unknownHosts(root, read.data));
  return findings.length > 0 ? { findings } : { lab: read.data };
}

/** JSON keeps the last of two equal keys: half a lab would vanish without a word. */
function* repeatedKeys(node: Node): Generator<Finding> {
  const seen = new Set<unknown>();
  for (const child of node.children ?? []) {
    if (node.type === 'object') {
      const [key] = child.children ?? [];
      if (key !== undefined && seen.has(key.value)) {
        yield { text: `the key ${JSON.stringify(key.value)} stands here a second time`, offset: key.offset };
      }
      seen.add(key?.value);
    }
    yield* repeatedKeys(child);
  }
}

function* repeatedNames(root: Node, lab: Lab): Generator<Finding> {
  for (const list of ['hosts', 'guests'] as const) {
    const first = new Map<string, number>();
    for (const [index, { name }] of lab[list].entries()) {
      const earlier = first.get(name);
      if (earlier === undefined) first.set(name, index);
      else {
        yield {
          text: `${list}[${index}].name ${JSON.stringify(name)} is already the name of ${list}[${earlier}]; each needs its own`,
          offset: findNodeAtLocation(root, [list, index, 'name'])?.offset ?? root.offset,
        };
      }
    }
  }
}

function* unknownHosts(root: Node, lab: Lab): Generator<Finding> {
  const names = lab.hosts.map((host) => host.name);
  for (const [index, { host }] of lab.guests.entries()) {
    if (host === undefined || names.includes(host)) continue;
    const known =
      names.length === 0 ? 'there is none yet' : `there is ${names.map((name) => `"${name}"`).join(', ')}`;
    yield {
      text: `guests[${index}].host ${JSON.stringify(host)} is not among "hosts" (${known})`,
      offset: findNodeAtLocation(root, ['guests', index, 'host'])?.offset ?? root.offset,
    };
  }
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (const match of text.matchAll(/\r\n|\n|\r/g)) starts.push(match.index + match[0].length);
  return starts;
}

function problemAt({ text, offset }: Finding, starts: readonly number[]): LabProblem {
  let line = starts.findLastIndex((start) => start <= offset);
  if (line < 0) line = 0;
  return {
    message: `line ${line + 1}: ${text.length > longestProblem ? `${text.slice(0, longestProblem)}…` : text}`,
    line: line + 1,
    column: offset - (starts[line] ?? 0) + 1,
    offset,
  };
}
