import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import * as z from 'zod/mini';
import type { Disposes } from '../model/disposable';
import { UserError } from '../model/userError';

const beatMs = 20_000;
/** Nobody has it who was not heard of for so long: the computer sleeps, or the file lies on a share. */
const staleMs = 120_000;

const holderSchema = z.object({ pid: z.int(), host: z.string(), since: z.string() });
export type LockHolder = z.infer<typeof holderSchema>;

const lockOf = (file: string): string => `${file}.lock`;

/** Who writes to the experiment file now, in this window or another one; undefined: nobody. */
export function lockHolder(file: string): LockHolder | undefined {
  try {
    const holder = holderSchema.safeParse(JSON.parse(readFileSync(lockOf(file), 'utf8')));
    if (!holder.success) return undefined;
    if (holder.data.host === hostname() && !isAlive(holder.data.pid)) return undefined;
    const isFresh = Date.now() - statSync(lockOf(file)).mtimeMs < staleMs;
    return isFresh ? holder.data : undefined;
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
  const text = JSON.stringify({ pid: process.pid, host: hostname(), since: new Date().toISOString() });
  try {
    writeFileSync(lock, text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    const holder = lockHolder(file);
    if (holder) {
      throw new UserError(
        `${file} is being run by another window (process ${holder.pid} on ${holder.host}, since ${holder.since}). ` +
          'Go on there, or close that window first.',
      );
    }
    writeFileSync(lock, text, { mode: 0o600 });
  }
  const beat = setInterval(() => touch(lock), beatMs);
  beat.unref();
  return {
    dispose: () => {
      clearInterval(beat);
      rmSync(lock, { force: true });
    },
  };
}

function touch(lock: string): void {
  try {
    utimesSync(lock, new Date(), new Date());
  } catch {
    // Somebody removed it; the file's own length still shows when two write.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
