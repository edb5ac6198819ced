import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, isAbsolute, join } from 'node:path';
import type { Benchmark, SourceNeed } from '../benchmarks/benchmark';
import { isUpload } from '../benchmarks/parameters';
import type { BenchmarkRef } from '../model/experiment';
import type { Lab, Parameters } from '../model/lab';
import { UserError } from '../model/userError';
import type { UploadSource } from '../ssh/upload';
import { cannotRead, readFileExactly, tarballOf } from './tarball';

/** Where the person keeps the sources of benchmarks: the setting `guestbench.sources`. */
export type ConfiguredSources = Readonly<Record<string, string>>;

/** Things of this computer by their identity, `uploaded:NAME@SHA`. */
export type LocalSources = ReadonlyMap<string, UploadSource>;

/** Digits of the SHA-256 that tell one content from another. */
const identityDigits = 16;

/**
 * The benchmarks with the source that the setting names where their parameter leaves it empty.
 * @throws UserError for a setting that the benchmark does not take.
 */
export function fillSources(
  refs: readonly BenchmarkRef[],
  benchmarks: readonly Benchmark[],
  configured: ConfiguredSources,
): readonly BenchmarkRef[] {
  return refs.map((ref) => {
    const need = needOf(ref, benchmarks);
    const value = need && configured[need.setting];
    if (!need || value === undefined || value === '' || given(ref, need) !== '') return ref;
    const problem = sourceProblem(value, need, benchmarks);
    if (problem !== undefined)
      throw new UserError(`The setting guestbench.sources, ${need.setting}: ${problem}.`);
    return withParameter(ref, need.parameter, value);
  });
}

/** What the benchmarks need and nobody has named yet; each once. */
export function missingSources(
  refs: readonly BenchmarkRef[],
  benchmarks: readonly Benchmark[],
): readonly SourceNeed[] {
  const needs = refs.flatMap((ref) => {
    const need = needOf(ref, benchmarks);
    return need?.need === 'required' && given(ref, need) === '' ? [need] : [];
  });
  return needs.filter((need, index) => needs.findIndex(({ setting }) => setting === need.setting) === index);
}

/** @throws UserError that names the setting, when a source is missing. */
export function requireSources(refs: readonly BenchmarkRef[], benchmarks: readonly Benchmark[]): void {
  const missing = missingSources(refs, benchmarks);
  if (missing.length === 0) return;
  const what = missing.map((need) => need.what).join(' and ');
  const settings = missing.map(({ setting }) => `"${setting}"`).join(' and ');
  throw new UserError(
    `${what} does not come with Guestbench. Say where it is in the setting guestbench.sources under ${settings}: ` +
      'local: and a folder or tarball of this computer, the URL of a repository, or a path on the guests.',
  );
}

/** What is wrong with a source, in a sentence; undefined: nothing. */
export function sourceProblem(
  value: string,
  { parameter, setting }: SourceNeed,
  benchmarks: readonly Benchmark[],
): string | undefined {
  const benchmark = benchmarks.find(({ source }) => source?.setting === setting);
  const read = benchmark?.parameters.safeParse({ [parameter]: value });
  if (read === undefined || read.success) return undefined;
  return read.error.issues.find(({ path }) => path[0] === parameter)?.message;
}

/** Asks a person about files and folders of this computer, by their whole paths; rejects when they may not be sent. */
export type ConfirmPaths = (paths: readonly string[]) => Promise<void>;

/**
 * Reads every source of this computer once, and gives the benchmarks with its identity in the place of its path, as
 * an experiment file may hold it. Of a plan that was recorded so, the sources are those of the setting, as far as
 * they are still the same. What the setting does not name itself is confirmed before it is read, with all links
 * followed, and what was confirmed is what is read.
 * @throws UserError when one is not there, cannot be read or holds nothing.
 */
export async function openSources(
  refs: readonly BenchmarkRef[],
  benchmarks: readonly Benchmark[],
  configured: ConfiguredSources,
  confirm: ConfirmPaths,
  signal?: AbortSignal,
): Promise<{ readonly refs: readonly BenchmarkRef[]; readonly sources: LocalSources }> {
  const resolved = await resolvedPaths(refs, benchmarks, configured);
  const foreign = [...new Set(resolved.values())];
  if (foreign.length > 0) await confirm(foreign);
  const sources = new Map<string, UploadSource>();
  const opened = new Map<string, string>();
  const open = async (place: string): Promise<string> => {
    const known = opened.get(place);
    if (known !== undefined) return known;
    const source = await openSource(place, signal, resolved.get(place));
    const identity = identityOf(source);
    sources.set(identity, source);
    opened.set(place, identity);
    return identity;
  };
  const recorded: BenchmarkRef[] = [];
  for (const ref of refs) {
    const need = needOf(ref, benchmarks);
    const value = need ? given(ref, need) : '';
    if (!need || !isUpload(value)) recorded.push(ref);
    else if (value.startsWith('local:')) recorded.push(withParameter(ref, need.parameter, await open(value)));
    else {
      recorded.push(ref);
      const now = configured[need.setting] ?? '';
      // Without it the guests are asked for what they still have.
      if (now.startsWith('local:')) await open(now).catch(() => undefined);
    }
  }
  return { refs: recorded, sources };
}

/** The paths behind what the setting of this computer does not name for that benchmark, by their places. */
async function resolvedPaths(
  refs: readonly BenchmarkRef[],
  benchmarks: readonly Benchmark[],
  configured: ConfiguredSources,
): Promise<ReadonlyMap<string, string>> {
  const resolved = new Map<string, string>();
  for (const ref of refs) {
    const need = needOf(ref, benchmarks);
    const place = need ? given(ref, need) : '';
    if (!need || !place.startsWith('local:') || configured[need.setting] === place) continue;
    const path = localPath(place);
    const real = await realpath(path).catch((error: unknown) => {
      throw cannotRead(path, error);
    });
    resolved.set(place, real);
  }
  return resolved;
}

/** A lab as an experiment file may hold it: without the paths of sources on this computer. */
export function withoutLocalPaths(lab: Lab): Lab {
  const plain = (parameters: Parameters): Parameters =>
    Object.fromEntries(
      Object.entries(parameters).map(([name, value]) => [
        name,
        typeof value === 'string' && value.startsWith('local:') ? `local:${nameOf(value)}` : value,
      ]),
    );
  const suites = Object.entries(lab.suites).map(([id, entries]) => [
    id,
    entries.map((entry) =>
      entry.parameters ? { ...entry, parameters: plain(entry.parameters) } : { ...entry },
    ),
  ]);
  return { ...lab, suites: Object.fromEntries(suites) as Lab['suites'] };
}

/**
 * A file or folder of this computer, its content summed up. A folder is packed, always into the same bytes. `path`:
 * where it was found, if that is known.
 */
export async function openSource(
  place: string,
  signal?: AbortSignal,
  path = localPath(place),
): Promise<UploadSource> {
  const stats = await stat(path).catch((error: unknown) => {
    throw cannotRead(path, error);
  });
  if (!stats.isFile() && !stats.isDirectory()) throw new UserError(`${path} is neither a file nor a folder.`);
  const name = nameOf(place);
  const content = stats.isDirectory()
    ? await tarballOf(path, plainName(name))
    : { bytes: stats.size, read: (from: number) => readFileExactly(path, from, stats.size) };
  if (content.bytes === 0) throw new UserError(`${path} is empty.`);
  const sum = createHash('sha256');
  for await (const chunk of content.read(0)) {
    signal?.throwIfAborted();
    sum.update(chunk);
  }
  const sha256 = sum.digest('hex');
  const shown = stats.isDirectory() ? `${name}.tar` : name;
  return {
    name: shown,
    guestName: `${sha256.slice(0, identityDigits)}-${plainName(shown)}`,
    bytes: content.bytes,
    sha256,
    read: (from) => withoutPath(shown, content.read(from)),
  };
}

function identityOf({ guestName, sha256 }: UploadSource): string {
  return `uploaded:${guestName.slice(identityDigits + 1)}@${sha256.slice(0, identityDigits)}`;
}

/** What goes wrong during an experiment is recorded in its file, which holds no private path. */
async function* withoutPath(name: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* chunks;
  } catch (error) {
    throw new UserError(
      `${name} was changed on this computer since the experiment began, or cannot be read any more.`,
      { cause: error },
    );
  }
}

function localPath(place: string): string {
  const path = place.slice('local:'.length);
  const whole = /^~[/\\]/.test(path) ? join(homedir(), path.slice(2)) : path;
  if (!isAbsolute(whole)) throw new UserError(`${whole} is no path of this computer: name the whole path.`);
  return whole;
}

const nameOf = (place: string): string => basename(place.slice('local:'.length).replaceAll('\\', '/'));

/** Of characters that mean nothing to a shell; the end, which tells what it is, is kept. */
function plainName(name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9._+-]+/g, '_').slice(-80);
  return plain.replace(/^[.-]+/, '') || 'source';
}

function needOf(ref: BenchmarkRef, benchmarks: readonly Benchmark[]): SourceNeed | undefined {
  return benchmarks.find(({ id }) => id === (ref.benchmark ?? ref.id))?.source;
}

function given({ parameters }: BenchmarkRef, { parameter }: SourceNeed): string {
  const value = parameters?.[parameter];
  return typeof value === 'string' ? value : '';
}

function withParameter(ref: BenchmarkRef, name: string, value: string): BenchmarkRef {
  return { ...ref, parameters: { ...ref.parameters, [name]: value } };
}
