import { ByteQueue } from './byteQueue';
import { parseFields } from './frames';
import type { ExecOptions, ExecResult } from './transport';

const readyLine = Buffer.from('GB1 ready=1\n');
/** Noise of a login shell before the first answer, and the answers themselves. */
const maxHead = 1024 * 1024;
/** What may come of a follower before somebody listens to it. */
const maxEarly = 4 * 1024 * 1024;

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
  private readonly head = new ByteQueue();
  /** So much of the head was searched before, in vain. */
  private searched = 0;
  private readonly early = new ByteQueue();
  private onStdout: ((chunk: Buffer) => void) | undefined;

  /**
   * @param input what is sent at once: the line of its lease, where it has one, and its script.
   * @param run the controller's `run` for this job, whose standard input is held open.
   */
  constructor(
    readonly id: string,
    input: string,
    run: (options: ExecOptions) => Promise<ExecResult>,
  ) {
    this.result = run({
      stdin: this.input(input),
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
    if (this.early.length > 0) options.onStdout?.(this.early.take(this.early.length));
    return this.result.finally(() => signal?.removeEventListener('abort', discard));
  }

  /** Nobody wants it: what waits on the guest ends. */
  discard(): void {
    this.over.abort();
    this.sayWord('');
  }

  private async *input(first: string): AsyncGenerator<Uint8Array> {
    yield Buffer.from(first);
    yield Buffer.from(`${await this.word}\n`);
  }

  private receive(chunk: Buffer): void {
    if (this.state === 'gone') return;
    if (this.state === 'started') {
      if (this.onStdout) this.onStdout(chunk);
      else if (this.early.length + chunk.length > maxEarly) this.refuse();
      else this.early.add(chunk);
      return;
    }
    this.head.add(chunk);
    if (this.head.length > maxHead) {
      this.refuse();
      return;
    }
    if (this.state === 'coming') {
      const at = this.find(readyLine, readyLine.length);
      if (at >= 0) {
        this.head.skip(at + readyLine.length);
        this.state = 'waiting';
      }
    }
    if (this.state !== 'starting') return;
    const end = this.find(10, 1);
    if (end < 0) return;
    this.state = 'started';
    const answer = this.head.take(end + 1).toString('latin1');
    // What comes after the answer is the follower's.
    const rest = this.head.take(this.head.length);
    if (rest.length > 0) this.receive(rest);
    this.onAnswer(parseFields(answer.slice('GB1 '.length)));
  }

  private find(wanted: Buffer | number, length: number): number {
    const at = this.head.indexOf(wanted, this.searched);
    this.searched = at < 0 ? Math.max(0, this.head.length - length + 1) : 0;
    return at;
  }

  /** The guest sends what no controller sends: it is not listened to any more. */
  private refuse(): void {
    this.state = 'gone';
    this.head.take(this.head.length);
    this.early.take(this.early.length);
    this.discard();
  }
}
