import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Where downloaded and generated things live between runs; GUESTBENCH_CACHE overrides. */
export function cacheFolder() {
  if (process.env.GUESTBENCH_CACHE) return path.resolve(process.env.GUESTBENCH_CACHE);
  return path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'guestbench');
}

/** A temporary folder's parent short enough for the unix sockets VS Code makes below it (108 bytes in all). */
export function shortTemp() {
  return os.tmpdir().length < 25 ? os.tmpdir() : '/tmp';
}
