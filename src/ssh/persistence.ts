import { setTimeout as sleep } from 'node:timers/promises';
import { cancelled, isPassing } from './errors';
import { SshError, type Connection } from './transport';

export interface PersistenceOptions {
  /** Waits between attempts to reach the guest again; the last one repeats. */
  readonly backOffMs?: readonly number[];
  /** Called each time the guest could not be reached again and will be tried once more. */
  readonly onOutOfReach?: (error: SshError) => void;
  /** Called when something is through again after that. */
  readonly onBack?: () => void;
  readonly log?: (line: string) => void;
}

/** Does what may be repeated, over as many connections as it takes. */
export class Persistence {
  private readonly backOffMs: readonly number[];

  constructor(
    private readonly connect: () => Promise<Connection>,
    private readonly options: PersistenceOptions,
  ) {
    this.backOffMs = options.backOffMs ?? [500, 1_000, 2_000, 5_000, 10_000, 15_000];
  }

  /** Runs `work` on a connection; on a new one, after a while, when the guest was lost. */
  async persist<T>(
    giveUpMs: number,
    signal: AbortSignal | undefined,
    work: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    let since: number | undefined;
    for (let failures = 0; ; failures += 1) {
      let connected = false;
      const beganMs = performance.now();
      try {
        if (signal?.aborted === true) throw cancelled('Following a job');
        const connection = await abortable(this.connect(), signal);
        connected = true;
        if (since !== undefined) this.options.onBack?.();
        // A guest that answers nothing must not hold up whoever wants to stop.
        return await abortable(work(connection), signal);
      } catch (error) {
        if (!isPassing(error)) throw error;
        // Time out of reach counts from the last moment it was in reach. A guest that answers nothing never was.
        if (connected && error.kind === 'lost') {
          failures = 0;
          since = performance.now();
        }
        since ??= beganMs;
        if (performance.now() - since >= giveUpMs) {
          if (connected && error.kind === 'timeout') throw error;
          const said = error instanceof Error ? error.message : String(error);
          throw new SshError(
            'lost',
            `The guest was out of reach for ${Math.round(giveUpMs / 1000)} s, so it is no longer waited for. ${said}`,
            { cause: error },
          );
        }
        const wait = this.backOffMs[Math.min(failures, this.backOffMs.length - 1)] ?? 1_000;
        this.options.log?.(`${String(error)}; next attempt in ${wait} ms`);
        // One lost connection is no news; a guest that does not answer again is.
        if (failures > 0) this.options.onOutOfReach?.(error);
        await sleep(wait, undefined, signal ? { signal } : {}).catch(() => {
          throw cancelled('Following a job');
        });
      }
    }
  }
}

async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(cancelled('Following a job'));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
