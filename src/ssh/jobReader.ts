import type { JobEnd } from './jobEnd';
import { refused } from './jobRefusals';
import type { JobStream } from './jobStream';
import type { ExecOptions, ExecResult } from './transport';

export interface JobReaderOptions {
  /** Of the guest. */
  readonly name: string;
  readonly stream: JobStream;
  readonly signal: AbortSignal;
  /** Starts the follower on a channel. */
  readonly open: (channel: ExecOptions) => Promise<ExecResult>;
  /** The guest has begun to answer. */
  readonly onOpen: () => void;
}

/** Reads what one follower sends, until the job has ended: that is not waited for, its channel closes by itself. */
export function readJob({ name, stream, signal, open, onOpen }: JobReaderOptions): Promise<JobEnd> {
  return new Promise((resolve, reject) => {
    const broken = new AbortController();
    let isOpen = false;
    const add = (chunk: Buffer): void => {
      if (stream.end() || broken.signal.aborted || signal.aborted) return;
      try {
        stream.add(chunk);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
        broken.abort();
        return;
      }
      if (!isOpen && stream.isOpen) {
        isOpen = true;
        onOpen();
      }
      const end = stream.end();
      if (end) resolve(end);
    };
    const channel: ExecOptions = {
      // Its life is that of the job; a dead connection is noticed by its keep-alive.
      timeoutMs: Infinity,
      holdStdin: true,
      discardStdout: true,
      signal: AbortSignal.any([signal, broken.signal]),
      onStdout: add,
    };
    open(channel).then((result) => {
      const end = stream.end();
      if (end) resolve(end);
      else reject(refused(name, result));
    }, reject);
  });
}
