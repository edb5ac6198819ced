import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** After so long nobody needs to know any more: the guests themselves say that the lease is stale. */
const forgottenMs = 30 * 24 * 3_600_000;

/**
 * Experiments of this computer that have ended without giving back all their guests, as some were out of reach: what
 * is still kept for them there is kept for nobody. A folder of empty files named by the experiments' ids, so that
 * several windows may write at once.
 */
export class LeftLeases {
  constructor(private readonly folder: string) {}

  /** The experiment has ended, and some guest may still be kept for it. `id` may be anything that a file said. */
  add(id: string): void {
    if (id === '' || id !== basename(id)) return;
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      this.forgetOld();
      writeFileSync(join(this.folder, id), '', { mode: 0o600 });
    } catch {
      // Then the next experiment waits until the lease is stale, or its person takes the guest over.
    }
  }

  /** It goes on: what is kept for it counts again. */
  remove(id: string): void {
    if (this.has(id)) rmSync(join(this.folder, id), { force: true });
  }

  /** `id` may be anything that a guest said. */
  has(id: string): boolean {
    try {
      return readdirSync(this.folder).includes(id);
    } catch {
      return false;
    }
  }

  private forgetOld(): void {
    for (const name of readdirSync(this.folder)) {
      const file = join(this.folder, name);
      if (Date.now() - statSync(file).mtimeMs > forgottenMs) rmSync(file, { force: true });
    }
  }
}
