import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import * as path from 'node:path';
import { configFileBytes, sizeText } from '../files/limits';
import { readWhole } from '../files/reading';
import { UserError } from '../model/userError';

/** OpenSSH's own limit. */
const maxIncludeDepth = 16;

export interface ConfigLine {
  /** In lower case: host, hostname, include, … */
  readonly keyword: string;
  readonly values: readonly string[];
  readonly text: string;
}

/** One line of an OpenSSH config: `Keyword value`, `Keyword=value`, quotes; undefined for blanks and comments. */
export function configLine(text: string): ConfigLine | undefined {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.startsWith('#')) return undefined;
  const [, keyword, rest = ''] = /^([A-Za-z][A-Za-z0-9]*)(?:\s*=|\s|$)(.*)$/s.exec(trimmed) ?? [];
  if (keyword === undefined) return undefined;
  const values: string[] = [];
  for (const [, doubled, single, bare = ''] of rest.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)) {
    const value = doubled ?? single ?? bare;
    // A comment behind the values; OpenSSH 8.5 and later.
    if (doubled === undefined && single === undefined && value.startsWith('#')) break;
    values.push(value);
  }
  return { keyword: keyword.toLowerCase(), values, text };
}

/**
 * The lines of an OpenSSH config with those of its Include files in their places. After an included file the
 * surrounding Host or Match line is repeated, since what it opened goes on there. A file that cannot be read is empty,
 * as for ssh. @throws UserError for one of more than 1 MiB.
 */
export async function configLines(file: string, home: string = homedir()): Promise<readonly ConfigLine[]> {
  return read(file, home, [], []);
}

async function read(
  file: string,
  home: string,
  parents: readonly string[],
  sections: readonly ConfigLine[],
): Promise<readonly ConfigLine[]> {
  if (parents.length >= maxIncludeDepth || parents.includes(file)) return [];
  const text = await textOf(file);
  const lines: ConfigLine[] = [];
  let section = sections.at(-1);
  for (const line of text.split(/\r?\n/).map(configLine)) {
    if (line === undefined) continue;
    if (line.keyword === 'host' || line.keyword === 'match') section = line;
    if (line.keyword !== 'include') {
      lines.push(line);
      continue;
    }
    for (const pattern of line.values) {
      for (const included of await expand(pattern, home)) {
        const inner = await read(included, home, [...parents, file], section === undefined ? [] : [section]);
        lines.push(...inner);
        if (inner.some(({ keyword }) => keyword === 'host' || keyword === 'match')) {
          lines.push(section ?? { keyword: 'host', values: ['*'], text: 'Host *' });
        }
      }
    }
  }
  return lines;
}

/**
 * Empty where it cannot be read. A long one is an error: without its lines, keys that it revokes would be trusted.
 * @throws UserError
 */
async function textOf(file: string): Promise<string> {
  const size = await stat(file).then(
    (stats) => stats.size,
    () => 0,
  );
  if (size > configFileBytes) {
    const [length, most] = [sizeText(size), sizeText(configFileBytes)];
    throw new UserError(
      `${file} has ${length}, and no more than ${most} of an OpenSSH config is read. Move what this lab does not need to a file that is not included.`,
    );
  }
  return readWhole(file, configFileBytes).then(
    (bytes) => bytes.toString('utf8'),
    () => '',
  );
}

/** The files that an Include pattern means: ~ and relative paths start at home and ~/.ssh. Sorted, as ssh does. */
async function expand(pattern: string, home: string): Promise<readonly string[]> {
  const whole = path.resolve(path.join(home, '.ssh'), expandHome(pattern, home));
  const { root } = path.parse(whole);
  let found = [root];
  for (const part of whole.slice(root.length).split(path.sep)) {
    if (!/[*?[]/.test(part)) {
      found = found.map((folder) => path.join(folder, part));
      continue;
    }
    const matches = globPart(part);
    const next: string[] = [];
    for (const folder of found) {
      const names = await readdir(folder).catch(() => []);
      next.push(...names.filter((name) => matches.test(name)).map((name) => path.join(folder, name)));
    }
    found = next;
  }
  return found.sort();
}

/** A shell pattern of one path segment: *, ?, [abc], [!a-z]. A leading dot must be written out. */
function globPart(pattern: string): RegExp {
  let source = pattern.startsWith('.') ? '' : '(?!\\.)';
  for (let index = 0; index < pattern.length; index++) {
    const letter = pattern.charAt(index);
    const [, negated, set] =
      letter === '[' ? (/^\[([!^]?)(\]?[^\]]*)\]/.exec(pattern.slice(index)) ?? []) : [];
    if (set !== undefined) {
      source += `[${negated ? '^' : ''}${set.replace(/[\\\]^]/g, '\\$&')}]`;
      index += set.length + (negated?.length ?? 0) + 1;
    } else if (letter === '*') source += '.*';
    else if (letter === '?') source += '.';
    else source += letter.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  }
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    return /^(?!)/;
  }
}

/** `~` and `~/x`; `~someone` stays as it is. */
export function expandHome(file: string, home: string): string {
  return file === '~' ? home : /^~[/\\]/.test(file) ? path.join(home, file.slice(2)) : file;
}

/** The Host aliases of an OpenSSH config and its Include files, in their order: no patterns, no negations. */
export async function listAliases(configPath: string, home: string = homedir()): Promise<string[]> {
  const lines = await configLines(configPath, home);
  const names = lines.filter((line) => line.keyword === 'host').flatMap((line) => line.values);
  return [...new Set(names.filter((name) => name !== '' && !/[*?!]/.test(name)))];
}
