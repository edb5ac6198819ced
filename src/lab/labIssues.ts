import { findNodeAtLocation, getNodeValue, type Node } from 'jsonc-parser';
import type * as z from 'zod/mini';
import { guestSchema, hostSchema, labSchema, suiteEntrySchema } from '../model/lab';
import { ownBenchmarkSchema, ownMetricSchema, readingWays, readSchema } from '../model/ownBenchmark';
import type { Finding } from './labRead';

type Issue = z.core.$ZodIssue;
type Path = (string | number)[];

/** What a value under this key must be; the schema knows it too, but not in words for people. */
const mustBe: Readonly<Record<string, string>> = {
  port: 'a whole number from 1 to 65535',
  name: 'a name: a text of at most 100 characters without control characters or a leading blank',
  host: 'the name of one of "hosts"',
  address: 'a host name or IP address: a text without blanks',
  sshHost: 'an alias of ~/.ssh/config: a text without blanks',
  user: 'a user name',
  identityFile: 'the path of a private key file',
  mode: '"PV", "HVM", "PVHVM" or "PVH"',
  kind: '"xl", "xapi", "xen-orchestra" or "other"',
  tags: 'a list of texts: [ "…" ]',
  hosts: 'a list of hosts: [ … ]',
  guests: 'a list of guests: [ … ]',
  benchmarks: 'a list of benchmarks of your own: [ … ]',
  suites: 'an object of lists: { "name": [ … ] }',
  benchmark: "a benchmark's id",
  as: 'a name: a text of at most 100 characters',
  parameters: 'an object: { "name": value }',
  $schema: 'a text',
};

const shellWords = 'shell commands: a text that is not empty, or a list of lines: [ "…", "…" ]';
const choiceWords = '"first", "last" or "mean"';
const secondsWords = 'a whole number of seconds from 1 to 604800';

/** The same for the keys of a person's own benchmarks. */
const mustBeInBenchmarks: Readonly<Record<string, string>> = {
  id: 'at most 64 letters, digits and . _ -, and begin with a letter or digit',
  title: 'a text of one line, at most 100 characters',
  description: 'a text of one line, at most 300 characters',
  kind: '"cpu", "memory", "disk", "web" or "system"',
  command: shellWords,
  prepare: shellWords,
  cleanup: shellWords,
  needs: 'a list of commands: [ "…" ]',
  packages: 'a list of packages: [ "…" ]',
  estimateSeconds: secondsWords,
  timeoutSeconds: secondsWords,
  metrics: 'a list of at least one metric: [ { "id": "…", "unit": "…", "better": "…", "read": { … } } ]',
  unit: 'a text of one line, at most 30 characters, such as "MB/s"',
  better: '"higher", "lower" or "none"',
  primary: 'true or false',
  read: `an object that says where the figure stands: { ${readingWays.map((way) => `"${way}": …`).join(' } or { ')} }`,
  factor: 'a number above 0',
  regex: 'a regular expression: a text of at most 1000 characters',
  group: "a group's number from 0 (the whole match) to 99, or its name",
  take: choiceWords,
  jsonPointer: 'a JSON pointer: "" or a text such as "/jobs/0/read/iops" (~0 for ~, ~1 for /)',
  csvColumn: "a column's name in the header, or its number from 1",
  row: choiceWords,
  separator: 'one character, such as ";" or "\\t", and no double quote',
  elapsed: 'true',
  file: "a file's name without a folder: letters, digits and . _ + -, as the command writes it into $GB_FILES",
};

/** Keys that people know from elsewhere. */
const synonyms: Readonly<Record<string, string>> = {
  hostname: 'address',
  ip: 'address',
  ipaddress: 'address',
  server: 'address',
  username: 'user',
  login: 'user',
  key: 'identityFile',
  keyfile: 'identityFile',
  privatekey: 'identityFile',
  privatekeypath: 'identityFile',
  alias: 'sshHost',
  type: 'mode',
  vms: 'guests',
  params: 'parameters',
  id: 'benchmark',
  name: 'id',
  cmd: 'command',
  run: 'command',
  script: 'command',
  setup: 'prepare',
  teardown: 'cleanup',
  requires: 'needs',
  timeout: 'timeoutSeconds',
  estimate: 'estimateSeconds',
  results: 'metrics',
  direction: 'better',
  regexp: 'regex',
  pattern: 'regex',
  pointer: 'jsonPointer',
  jsonpath: 'jsonPointer',
  json: 'jsonPointer',
  csv: 'csvColumn',
  column: 'csvColumn',
  delimiter: 'separator',
  time: 'elapsed',
  scale: 'factor',
  multiplier: 'factor',
};
const secrets = /^(password|passwd|passphrase|secret|token|privatekeydata)$/i;

/** Zod's issues as texts with places. */
export function issueProblems(root: Node, issues: readonly Issue[]): readonly Finding[] {
  return issues.flatMap((issue) => issueFindings(root, issue));
}

function issueFindings(root: Node, issue: Issue): readonly Finding[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  const node = nearest(root, path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      text: unknownKey(path, key),
      offset: keyOffset(root, path, key) ?? node.offset,
    }));
  }
  const place = pathText(path);
  const found = findNodeAtLocation(root, path);
  if (found === undefined) {
    const key = path.at(-1);
    const expected = wordsFor(path);
    return [
      {
        text: `${pathText(path.slice(0, -1)) || 'the lab file'} needs ${JSON.stringify(key)}${expected === undefined ? '' : `: ${expected}`}`,
        offset: node.offset,
      },
    ];
  }
  // A check of a whole guest, or of a whole metric, carries its own words.
  if (issue.code === 'custom') return [{ text: `${place} ${issue.message}`, offset: found.offset }];
  const text = `${place} must be ${expectation(path, issue)}, not ${shown(found)}`;
  return [{ text, offset: found.offset }];
}

function expectation(path: Path, issue: Issue): string {
  const last = path.at(-1);
  const parent = path.at(-2);
  if (parent === 'tags') return 'a text';
  if (path[0] === 'suites' && path.at(-2) === 'parameters')
    return 'a text, a number, true, false or a list of texts';
  if (path[0] === 'suites' && path.length === 2) return 'a list of benchmarks: [ { "benchmark": "…" } ]';
  if (path[0] === 'suites' && path.length === 3) return 'an object: { "benchmark": "…" }';
  if (path[0] === 'benchmarks' && typeof last === 'number') {
    if (parent === 'needs') return "a command's name: letters, digits and _ . / + -";
    if (parent === 'packages') return "a package's name: letters, digits and . _ + -";
    if (parent === 'command' || parent === 'prepare' || parent === 'cleanup') return 'a line of text';
    return 'an object: { "id": "…" }';
  }
  if (typeof last === 'number') return `an object: { "name": "…" }`;
  const known = wordsFor(path);
  if (known !== undefined) return known;
  return issue.code === 'invalid_type' ? `a value of the type ${issue.expected}` : 'another value';
}

function wordsFor(path: Path): string | undefined {
  const key = path.at(-1);
  if (typeof key !== 'string') return undefined;
  const isOfBenchmark = path[0] === 'benchmarks' && path.length > 1;
  return isOfBenchmark ? mustBeInBenchmarks[key] : mustBe[key];
}

function unknownKey(path: Path, key: string): string {
  const place = pathText(path) || 'the lab file';
  if (secrets.test(key)) {
    return `${place} must not hold ${JSON.stringify(key)}: a lab file holds no secrets; Guestbench asks when it connects`;
  }
  const known = knownKeys(path);
  const near = nearMiss(key, known);
  const hint =
    near === undefined
      ? `it can hold ${known.map((name) => `"${name}"`).join(', ')}`
      : `did you mean "${near}"?`;
  return `${place} has an unknown key ${JSON.stringify(key)}; ${hint}`;
}

function knownKeys(path: Path): readonly string[] {
  const shape =
    path.length === 0
      ? labSchema.shape
      : path[0] === 'hosts'
        ? hostSchema.shape
        : path[0] === 'guests'
          ? guestSchema.shape
          : path[0] === 'benchmarks'
            ? benchmarkShape(path)
            : suiteEntrySchema.shape;
  return Object.keys(shape);
}

/** benchmarks[0].metrics[0].read */
function benchmarkShape(path: Path): object {
  if (path.at(-1) === 'read') return readSchema.shape;
  return path.includes('metrics') ? ownMetricSchema.shape : ownBenchmarkSchema.shape;
}

/** The known key that was probably meant. */
export function nearMiss(key: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z]/g, '');
  const same = known.find((name) => plain(name) === plain(key));
  if (same !== undefined) return same;
  const synonym = synonyms[plain(key)];
  if (synonym !== undefined && known.includes(synonym)) return synonym;
  const allowed = key.length <= 4 ? 1 : 2;
  return known
    .map((name) => ({ name, distance: distance(plain(key), plain(name)) }))
    .filter((candidate) => candidate.distance <= allowed)
    .sort((a, b) => a.distance - b.distance)[0]?.name;
}

/** Insertions, deletions and substitutions from `a` to `b`; two swapped neighbours count as one. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const at = (r: number, c: number) => (r === i ? row[c] : rows[r]?.[c]) ?? Infinity;
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Infinity;
      row.push(
        Math.min(
          at(i - 1, j) + 1,
          at(i, j - 1) + 1,
          at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1),
          swapped,
        ),
      );
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? Infinity;
}

/** guests[1].port; suites["my suite"][0] */
export function pathText(path: Path): string {
  return path
    .map((part, index) =>
      typeof part === 'number'
        ? `[${part}]`
        : /^[\w$-]+$/.test(part)
          ? `${index === 0 ? '' : '.'}${part}`
          : `[${JSON.stringify(part)}]`,
    )
    .join('');
}

function shown(node: Node): string {
  if (node.type === 'object') return 'an object';
  if (node.type === 'array') return 'a list';
  const text = JSON.stringify(getNodeValue(node)) as string | undefined;
  return text === undefined ? 'nothing' : text.length > 60 ? `${text.slice(0, 57)}…"` : text;
}

function nearest(root: Node, path: Path): Node {
  for (let length = path.length; length > 0; length--) {
    const node = findNodeAtLocation(root, path.slice(0, length));
    if (node !== undefined) return node;
  }
  return root;
}

function keyOffset(root: Node, path: Path, key: string): number | undefined {
  const object = path.length === 0 ? root : findNodeAtLocation(root, path);
  return object?.children?.find((property) => property.children?.[0]?.value === key)?.offset;
}
