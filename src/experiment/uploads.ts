import type { Parameters } from '../model/lab';
import { UserError } from '../model/userError';
import type { Connection } from '../ssh/transport';
import { upload, type UploadOptions } from '../ssh/upload';
import type { PlannedBenchmark } from './prepare';
import type { LocalSources } from './sources';

export interface UploadProgress {
  readonly guest: string;
  /** What is uploaded, for people. */
  readonly name: string;
  readonly sentBytes: number;
  readonly totalBytes: number;
}

export interface UploadsOptions {
  readonly sources: LocalSources;
  readonly connect: (guest: string) => Promise<Connection>;
  /** Once a percent. */
  readonly onProgress: (progress: UploadProgress) => void;
}

/** Brings the sources of one experiment to its guests, each once. */
export class Uploads {
  /** Paths on guests, by guest and identity; one that failed is tried again when it is asked for again. */
  private readonly there = new Map<string, Promise<string>>();

  /** Those of them that have arrived. */
  private readonly whole = new Set<string>();

  constructor(private readonly options: UploadsOptions) {}

  /** The benchmark's parameters as its scripts on a guest need them: with the path there of what was uploaded. */
  async placed(
    guest: string,
    { benchmark, parameters }: PlannedBenchmark,
    options: Pick<UploadOptions, 'signal' | 'attempts'> = {},
  ): Promise<Parameters> {
    const name = benchmark.source?.parameter;
    const identity = name === undefined ? undefined : parameters[name];
    if (name === undefined || typeof identity !== 'string' || !identity.startsWith('uploaded:'))
      return parameters;
    return { ...parameters, [name]: await this.path(guest, identity, options) };
  }

  /** What was brought to a guest may not be there any more: it is looked for when it is asked for again. */
  forget(guest: string): void {
    for (const key of [...this.there.keys()]) if (key.startsWith(`${guest}\n`)) this.drop(key);
  }

  /** Whether all that the benchmark needs has been brought to the guest. */
  isThere(guest: string, { benchmark, parameters }: PlannedBenchmark): boolean {
    const identity = parameters[benchmark.source?.parameter ?? ''];
    if (typeof identity !== 'string' || !identity.startsWith('uploaded:')) return true;
    return this.whole.has(`${guest}\n${identity}`);
  }

  private path(guest: string, identity: string, options: UploadOptions): Promise<string> {
    const key = `${guest}\n${identity}`;
    const known = this.there.get(key);
    if (known) return known;
    const coming = this.bring(guest, identity, options);
    this.there.set(key, coming);
    coming.then(
      () => this.whole.add(key),
      () => this.there.delete(key),
    );
    return coming;
  }

  private drop(key: string): void {
    this.there.delete(key);
    this.whole.delete(key);
  }

  private async bring(guest: string, identity: string, options: UploadOptions): Promise<string> {
    const source = this.options.sources.get(identity);
    if (!source) {
      throw new UserError(
        `${guest}: ${identity.slice('uploaded:'.length)} is to be uploaded, but it is not what the setting ` +
          'guestbench.sources names on this computer now. Name the same file or folder there again.',
      );
    }
    const { name, bytes: totalBytes } = source;
    let told: number | undefined;
    return upload(() => this.options.connect(guest), source, {
      ...options,
      onProgress: (sentBytes) => {
        const percent = Math.floor((100 * sentBytes) / totalBytes);
        if (percent === told) return;
        told = percent;
        this.options.onProgress({ guest, name, sentBytes, totalBytes });
      },
    });
  }
}
