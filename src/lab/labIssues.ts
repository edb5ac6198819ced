import { findNodeAtLocation, getNodeValue, type Node } from 'jsonc-parser';
import type * as z from 'zod/mini';
import { guestSchema, hostSchema, labSchema, suiteEntrySchema } from '../model/lab';
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
  suites: 'an object of lists: { "name": [ … ] }',
  benchmark: "a benchmark's id",
  as: 'a name: a text of at most 100 characters',
  parameters: 'an object: { "name": value }',
  $schema: 'a text',
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
    const expected = typeof key === 'string' ? mustBe[key] : undefined;
    return [
      {
        text: `${pathText(path.slice(0, -1)) || 'the lab file'} needs ${JSON.stringify(key)}${expected === undefined ? '' : `: ${expected}`}`,
        offset: node.offset,
      },
    ];
  }
  // A check of a whole guest carries its own words.
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
  if (typeof last === 'number') return `an object: { "name": "…" }`;
  const known = typeof last === 'string' ? mustBe[last] : undefined;
  if (known !== undefined) return known;
  return issue.code === 'invalid_type' ? `a value of the type ${issue.expected}` : 'another value';
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
          : suiteEntrySchema.shape;
  return Object.keys(shape);
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
