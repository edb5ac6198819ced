import { peerText } from '../model/plainText';
import { setTimeout as sleep } from 'node:timers/promises';
import { installController } from './controllerInstall';
import { cancelled, isPassing } from './errors';
import { parseAnswer } from './frames';
import { programRefusals } from './jobRefusals';
import { numberOf } from './jobEnd';
import { SshError, type Connection, type ExecOptions, type ExecResult } from './transport';

/** Something of this computer that guests are to have. */
export interface UploadSource {
  /** What people call it. */
  readonly name: string;
  /** What it is called on the guests: letters, digits, and `. _ + -`; another name for each content. */
  readonly guestName: string;
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
  /** Its bytes from an offset on. May be asked for again after a failure. */
  read(from: number): AsyncIterable<Uint8Array>;
}

export interface UploadOptions {
  readonly signal?: AbortSignal;
  /** Bytes that are on their way or there. */
  readonly onProgress?: (bytes: number) => void;
  /** How often in a row it is tried again after a lost connection when nothing more arrives. Default 6. */
  readonly attempts?: number;
  /** Waits before these attempts; the last one repeats. */
  readonly backOffMs?: readonly number[];
}

/** A guest that takes nothing for so long is given up. */
const stallMs = 120_000;
/** Reading a large file once, to compare its sum, on a slow disk. */
const lookMs = 15 * 60_000;

/**
 * Brings a file to the guest unless it is there, and gives its path there. What a lost connection left is gone on
 * with; under its name stands only what is whole. Rejects with an SshError that names the guest and the file.
 */
export async function upload(
  connect: () => Promise<Connection>,
  source: UploadSource,
  options: UploadOptions = {},
): Promise<string> {
  const waits = options.backOffMs ?? [500, 1_000, 2_000, 5_000, 10_000, 15_000];
  const attempts = options.attempts ?? 6;
  let reached = 0;
  let sent = 0;
  for (let failures = 0; ;) {
    try {
      const connection = await connect();
      if (options.signal?.aborted === true) throw cancelled('An upload');
      const there = await look(connection, source, options.signal);
      if (there.isWhole) return there.path;
      if (sent >= 2) throw new SshError('protocol', `${connection.target.name}: it arrives damaged.`);
      if (there.bytes > reached) failures = 0;
      reached = there.bytes;
      requireRoom(connection, source, there);
      await send(connection, source, there.bytes, options);
      sent += 1;
    } catch (error) {
      if (!isPassing(error) || failures >= attempts) throw named(source, error);
      const wait = waits[Math.min(failures, waits.length - 1)];
      failures += 1;
      await sleep(wait, undefined, options.signal ? { signal: options.signal } : {}).catch(() => {
        throw cancelled('An upload');
      });
    }
  }
}

interface There {
  readonly path: string;
  readonly isWhole: boolean;
  /** Of an upload that was cut. */
  readonly bytes: number;
  readonly freeKibibytes: number | undefined;
}

async function look(
  connection: Connection,
  { guestName, bytes, sha256 }: UploadSource,
  signal: AbortSignal | undefined,
): Promise<There> {
  const result = await ask(connection, ['source', guestName, bytes, sha256], {
    timeoutMs: lookMs,
    ...(signal ? { signal } : {}),
  });
  const [answer] = parseAnswer(result.stdout);
  const path = answer?.get('path');
  if (answer === undefined || path === undefined) throw refused(connection, result);
  return {
    path,
    isWhole: answer.get('whole') === '1',
    bytes: numberOf(answer.get('at')) ?? 0,
    freeKibibytes: numberOf(answer.get('free')),
  };
}

function requireRoom(connection: Connection, source: UploadSource, there: There): void {
  const needed = Math.ceil((source.bytes - there.bytes) / 1024);
  if (there.freeKibibytes === undefined || there.freeKibibytes > needed) return;
  throw new SshError(
    'protocol',
    `${connection.target.name}: ${needed} KiB are needed in ${there.path.replace(/\/[^/]*$/, '')}, and ` +
      `${there.freeKibibytes} KiB are free.`,
  );
}

async function send(
  connection: Connection,
  source: UploadSource,
  from: number,
  { signal, onProgress }: UploadOptions,
): Promise<void> {
  const stalled = new AbortController();
  const watch = setTimeout(() => stalled.abort(), stallMs);
  let at = from;
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    onProgress?.(at);
    for await (const chunk of source.read(from)) {
      yield chunk;
      watch.refresh();
      at += chunk.length;
      onProgress?.(at);
    }
  };
  try {
    const result = await ask(connection, ['take', source.guestName, from], {
      stdin: { [Symbol.asyncIterator]: chunks },
      timeoutMs: Infinity,
      signal: signal ? AbortSignal.any([signal, stalled.signal]) : stalled.signal,
    });
    const [answer] = parseAnswer(result.stdout);
    // Ended by another attempt to send the same, or with the machine.
    if (result.code === null || answer?.get('error') === 'cut')
      throw new SshError('lost', `${connection.target.name}: the upload was cut.`);
    if (result.code === 0) return;
    const error = refused(connection, result);
    // What it could not take whole must not fill its disk.
    if (answer?.has('taking') === true) await ask(connection, ['drop', source.guestName]);
    throw error;
  } catch (error) {
    if (!stalled.signal.aborted || signal?.aborted === true) throw error;
    const { name } = connection.target;
    throw new SshError('timeout', `${name}: the guest took nothing for ${stallMs / 1000} s.`);
  } finally {
    clearTimeout(watch);
  }
}

/** All words are plain: they mean the same to every login shell. */
async function ask(
  connection: Connection,
  words: readonly (string | number)[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  const path = await installController(connection, options.signal);
  return connection.exec(`exec /bin/sh ${path} ${words.join(' ')}`, options);
}

function refused(connection: Connection, result: ExecResult): SshError {
  const { name } = connection.target;
  const answer = parseAnswer(result.stdout)[0];
  const error = answer?.get('error');
  if (error === 'running')
    return new SshError(
      'protocol',
      `${name}: the job ${peerText(answer?.get('id') ?? '?', 80)} is running, and an upload would disturb it. Wait for its end.`,
    );
  if (error === 'nosum')
    return new SshError(
      'protocol',
      `${name}: neither sha256sum nor openssl is there to check what arrives. Install coreutils or openssl.`,
    );
  const lacks = error === undefined ? undefined : programRefusals.get(error);
  if (lacks !== undefined) return new SshError('protocol', `${name}: ${lacks}`);
  const said = peerText(result.stderr.toString('utf8').trim());
  const why = said || peerText(error ?? '', 40) || `exit code ${result.code ?? result.signal}`;
  return new SshError('protocol', `${name}: it could not be written (${why}).`);
}

function named(source: UploadSource, error: unknown): unknown {
  if (!(error instanceof SshError) || error.kind === 'cancelled') return error;
  return new SshError(error.kind, `${source.name} was not uploaded. ${error.message}`, { cause: error });
}
