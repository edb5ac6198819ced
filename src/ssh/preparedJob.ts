import { parseFields } from './frames';
import type { ExecOptions, ExecResult } from './transport';

const readyLine = 'GB1 ready=1\n';
/** Noise of a login shell before the first answer, and the answers themselves. */
const maxHead = 1024 * 1024;

/**
 * A job whose script is on its guest and whose start waits there for one word: so it follows the one before it after
 * one way through the network. Made before it is needed, and never needed: whoever cannot use it puts and starts the
 * job as ever. The channel on which it waits is the one on which it is followed then.
 */
export class PreparedJob {
  private readonly over = new AbortController();
  private sayWord: (word: string) => void = () => undefined;
  private readonly word = new Promise<string>((resolve) => (this.sayWord = resolve));
  private onAnswer: (fields: ReadonlyMap<string, string>) => void = () => undefined;
  private readonly answer = new Promise<ReadonlyMap<string, string>>((resolve) => (this.onAnswer = resolve));
  private readonly result: Promise<ExecResult>;
  private state: 'coming' | 'waiting' | 'starting' | 'started' | 'gone' = 'coming';
  private head = '';
  private readonly early: Buffer[] = [];
  private onStdout: ((chunk: Buffer) => void) | undefined;

  /**
   * @param run the controller's `run` for this job, whose standard input is held open.
   */
  constructor(
    readonly id: string,
    script: string,
    run: (options: ExecOptions) => Promise<ExecResult>,
  ) {
    this.result = run({
      stdin: this.input(script),
      holdStdin: true,
      discardStdout: true,
      timeoutMs: Infinity,
      signal: this.over.signal,
      onStdout: (chunk) => this.receive(chunk),
    });
    const gone = (): void => {
      this.state = 'gone';
    };
    this.result.then(gone, gone);
  }

  /** It waits on the guest, or is on its way there. */
  get isOfUse(): boolean {
    return this.state === 'waiting' || this.state === 'coming';
  }

  get isStarted(): boolean {
    return this.state === 'started';
  }

  /** Starts it, after what is left of other jobs was removed. Undefined: it may or may not have been started. */
  async start(remove: readonly string[]): Promise<ReadonlyMap<string, string> | undefined> {
    if (this.state !== 'waiting') return undefined;
    this.state = 'starting';
    this.sayWord(['go', ...remove].join(' '));
    const gone = this.result.then(
      () => undefined,
      () => undefined,
    );
    return Promise.race([this.answer, gone]);
  }

  /** What the guest sends from its start on; once. */
  follow(options: Pick<ExecOptions, 'signal' | 'onStdout'>): Promise<ExecResult> {
    this.onStdout = options.onStdout;
    const { signal } = options;
    const discard = (): void => this.discard();
    if (signal?.aborted === true) discard();
    signal?.addEventListener('abort', discard, { once: true });
    for (const chunk of this.early.splice(0)) options.onStdout?.(chunk);
    return this.result.finally(() => signal?.removeEventListener('abort', discard));
  }

  /** Nobody wants it: what waits on the guest ends. */
  discard(): void {
    this.over.abort();
    this.sayWord('');
  }

  private async *input(script: string): AsyncGenerator<Uint8Array> {
    yield Buffer.from(script);
    yield Buffer.from(`${await this.word}\n`);
  }

  private receive(chunk: Buffer): void {
    if (this.state === 'started') {
      if (this.onStdout) this.onStdout(chunk);
      else this.early.push(chunk);
      return;
    }
    this.head += chunk.toString('latin1');
    if (this.head.length > maxHead) this.discard();
    if (this.state === 'coming' && this.head.includes(readyLine)) {
      this.head = this.head.slice(this.head.indexOf(readyLine) + readyLine.length);
      this.state = 'waiting';
    }
    const end = this.head.indexOf('\n');
    if (this.state !== 'starting' || end < 0) return;
    this.state = 'started';
    // What comes after the answer is the follower's.
    const rest = Buffer.from(this.head.slice(end + 1), 'latin1');
    if (rest.length > 0) this.receive(rest);
    this.onAnswer(parseFields(this.head.slice('GB1 '.length, end)));
  }
}
