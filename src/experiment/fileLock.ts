import { closeSync, renameSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { hostname, uptime } from 'node:os';
import * as z from 'zod/mini';
import { lockFileBytes } from '../files/limits';
import { readShort } from '../files/reading';
import { createAnew, createFile } from '../files/writing';
import type { Disposes } from '../model/disposable';
import { UserError } from '../model/userError';

const beatMs = 20_000;
/** Nobody has it who was not heard of for so long: the computer sleeps, or the file lies on a share. */
const staleSeconds = 120;

const holderSchema = z.object({
  pid: z.int(),
  host: z.string(),
  since: z.string(),
  /** When it was last heard of, since the start of its computer: nobody can set that clock. */
  uptimeSeconds: z.optional(z.number()),
});
export type LockHolder = z.infer<typeof holderSchema>;

/** Locks of this process; any other with its number was left behind. */
const held = new Set<string>();

const lockOf = (file: string): string => `${file}.lock`;

/** Who writes to the experiment file now, in this window or another one; undefined: nobody. */
export function lockHolder(file: string): LockHolder | undefined {
  const lock = lockOf(file);
  const holder = readLock(lock);
  if (!holder) return undefined;
  if (isThisProcess(holder)) return held.has(lock) ? holder : undefined;
  if (holder.host === hostname() && !isAlive(holder.pid)) return undefined;
  const age = silentSeconds(lock, holder);
  return age !== undefined && age < staleSeconds ? holder : undefined;
}

/** How long the holder was not heard of; undefined: not since the computer was started, or the lock is gone. */
function silentSeconds(lock: string, { host, uptimeSeconds }: LockHolder): number | undefined {
  if (host === hostname() && uptimeSeconds !== undefined) {
    const seconds = uptime() - uptimeSeconds;
    // Both are rounded.
    return seconds < -1 ? undefined : seconds;
  }
  try {
    return (Date.now() - statSync(lock).mtimeMs) / 1000;
  } catch {
    return undefined;
  }
}

/**
 * Takes an experiment file for this process, until it is disposed of. A lock left by a process that is gone is taken
 * over. @throws UserError when another one has it.
 */
export function lockFile(file: string): Disposes {
  const lock = lockOf(file);
  const since = new Date().toISOString();
  try {
    write(createFile(lock), since);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    const holder = lockHolder(file);
    if (holder) {
      throw new UserError(
        `${file} is being run by another window (process ${holder.pid} on ${holder.host}, since ${holder.since}). ` +
          'Go on there, or close that window first.',
      );
    }
    replace(lock, since);
  }
  held.add(lock);
  const beat = setInterval(() => renew(lock, since), beatMs);
  beat.unref();
  return {
    dispose: () => {
      clearInterval(beat);
      if (held.delete(lock)) remove(lock);
    },
  };
}

/** What stands in the lock of this process. */
function sign(since: string): string {
  return JSON.stringify({ pid: process.pid, host: hostname(), since, uptimeSeconds: uptime() });
}

function readLock(lock: string): LockHolder | undefined {
  try {
    const holder = holderSchema.safeParse(JSON.parse(readShort(lock, lockFileBytes)));
    return holder.success ? holder.data : undefined;
  } catch {
    return undefined;
  }
}

function isOurs(lock: string): boolean {
  const holder = readLock(lock);
  return holder !== undefined && isThisProcess(holder);
}

/** As a whole, so that nobody reads half of it; a link of that name goes, and its target stays as it is. */
function replace(lock: string, since: string): void {
  write(createAnew(`${lock}.new`), since);
  renameSync(`${lock}.new`, lock);
}

function write(descriptor: number, since: string): void {
  try {
    writeSync(descriptor, sign(since));
  } finally {
    closeSync(descriptor);
  }
}

function renew(lock: string, since: string): void {
  try {
    if (!isOurs(lock)) return;
    replace(lock, since);
  } catch {
    // Its folder cannot be written to now. The file's own length still shows when two write.
  }
}

function remove(lock: string): void {
  try {
    if (isOurs(lock)) unlinkSync(lock);
  } catch {
    // Gone, or its folder cannot be written to any more: it counts for nothing without its process.
  }
}

function isThisProcess({ pid, host }: LockHolder): boolean {
  return pid === process.pid && host === hostname();
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
