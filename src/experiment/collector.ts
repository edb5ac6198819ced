import { closeSync, writeSync } from 'node:fs';
import { createAnew } from '../files/writing';
import { UserError } from '../model/userError';
import { ByteQueue } from '../ssh/byteQueue';
import { SshError } from '../ssh/transport';

/** What a parser gets to see at most, per stream: so much of its beginning, and of its end. */
const halfBytes = 1024 * 1024;
/** Longer output than this also goes whole into a file of its own beside the experiment file. */
const inFileBytes = 1024 * 1024;
/** What is kept of one stream on disk. A benchmark that prints more is broken, or its guest wants to fill this disk. */
const mostBytes = 1024 * 1024 * 1024;
/** A line of its own where the middle is missing, so that no figure is glued together from two halves. */
const leftOut = Buffer.from('\n[output left out here]\n');

/**
 * Collects one stream of a trial: the text for the parser (bounded) and, once it is too long for the experiment
 * file, the whole of it in a sibling file. However much comes, no more than the parser's part is held in memory.
 */
export class OutputCollector {
  private readonly head = new ByteQueue();
  /** What came after the head. */
  private tail: LastBytes | undefined;
  private bytes = 0;
  private isWhole = true;
  /** Of the sibling file: what another program puts in its place meanwhile is not written to. */
  private descriptor: number | undefined;
  private decoded: string | undefined;
  /** Why the whole of the stream could not be kept. */
  failure: UserError | undefined;

  /** @param wholeFile where the whole goes if it does not fit into the experiment file. */
  constructor(
    private readonly wholeFile: string,
    private readonly limit = mostBytes,
  ) {}

  get byteCount(): number {
    return this.bytes;
  }

  /** The sibling file, if the stream needed one. */
  get wholeIn(): string | undefined {
    return this.isWhole ? undefined : this.wholeFile;
  }

  /** @throws UserError when the file beside cannot be written, SshError when there is more than any benchmark prints. */
  add(chunk: Buffer): void {
    if (this.bytes + chunk.length > this.limit) {
      const most = `${Math.ceil(this.limit / 2 ** 20)} MiB`;
      throw new SshError('protocol', `It printed more than ${most}, so it was ended. Make it print less.`);
    }
    this.bytes += chunk.length;
    try {
      this.write(chunk);
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      this.failure = new UserError(
        `Cannot write the output file ${this.wholeFile}: ${said}. Make room for it, or make its folder writable.`,
        { cause: error },
      );
      throw this.failure;
    }
    this.decoded = undefined;
    this.keep(chunk);
  }

  private write(chunk: Buffer): void {
    if (!this.isWhole) {
      if (this.descriptor === undefined) throw new Error('it was closed already');
      writeAll(this.descriptor, chunk);
    } else if (this.bytes > inFileBytes) {
      // In place of what a controller that was killed had collected of it. So far, all there is is in the head.
      this.descriptor = createAnew(this.wholeFile);
      this.isWhole = false;
      for (const part of [this.head.view(), chunk]) writeAll(this.descriptor, part);
    }
  }

  /** Nothing more comes. */
  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  /** The text collected; of very long output its first and last part. */
  text(): string {
    this.decoded ??= this.decode();
    return this.decoded;
  }

  private decode(): string {
    const tail = this.tail?.parts() ?? [];
    const kept = this.head.length + tail.reduce((sum, part) => sum + part.length, 0);
    const all = [this.head.view(), ...(kept === this.bytes ? [] : [leftOut]), ...tail];
    return Buffer.concat(all).toString('utf8');
  }

  private keep(chunk: Buffer): void {
    const first = chunk.subarray(0, Math.max(0, halfBytes - this.head.length));
    this.head.add(first);
    if (first.length === chunk.length) return;
    this.tail ??= new LastBytes(halfBytes);
    this.tail.add(chunk.subarray(first.length));
  }
}

function writeAll(descriptor: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done);
}

/** The last bytes of a stream, in always the same memory. */
class LastBytes {
  private readonly memory: Buffer;
  private at = 0;
  private isFull = false;

  constructor(private readonly size: number) {
    this.memory = Buffer.alloc(size);
  }

  add(chunk: Buffer): void {
    const last = chunk.subarray(Math.max(0, chunk.length - this.size));
    const copied = last.copy(this.memory, this.at);
    last.copy(this.memory, 0, copied);
    this.isFull ||= this.at + last.length >= this.size;
    this.at = (this.at + last.length) % this.size;
  }

  /** In their order. */
  parts(): Buffer[] {
    const newest = this.memory.subarray(0, this.at);
    return this.isFull ? [this.memory.subarray(this.at), newest] : [newest];
  }
}
