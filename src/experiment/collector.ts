import { appendFileSync, writeFileSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { UserError } from '../model/userError';

/** What a parser gets to see at most, per stream: the first and the last half of this. */
const parsedChars = 8 * 1024 * 1024;
/** Longer output than this also goes whole into a file of its own beside the experiment file. */
const inFileBytes = 1024 * 1024;

/**
 * Collects one stream of a trial: the text for the parser (bounded) and, once it is too long for the experiment
 * file, the whole of it in a sibling file.
 */
export class OutputCollector {
  private readonly decoder = new StringDecoder('utf8');
  private head = '';
  private tail = '';
  private pending: Buffer[] | undefined = [];
  private bytes = 0;
  private isCut = false;
  /** Why the whole of the stream could not be kept. */
  failure: UserError | undefined;

  /** @param wholeFile where the whole goes if it does not fit into the experiment file. */
  constructor(private readonly wholeFile: string) {}

  get byteCount(): number {
    return this.bytes;
  }

  /** The sibling file, if the stream needed one. */
  get wholeIn(): string | undefined {
    return this.pending ? undefined : this.wholeFile;
  }

  /** @throws UserError when the file beside cannot be written. */
  add(chunk: Buffer): void {
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
    this.keep(this.decoder.write(chunk));
  }

  private write(chunk: Buffer): void {
    if (!this.pending) {
      appendFileSync(this.wholeFile, chunk);
      return;
    }
    this.pending.push(chunk);
    if (this.bytes <= inFileBytes) return;
    // In place of what a controller that was killed had collected of it.
    writeFileSync(this.wholeFile, Buffer.concat(this.pending), { mode: 0o600 });
    this.pending = undefined;
  }

  /** The text collected; of very long output its first and last part. */
  text(): string {
    this.keep(this.decoder.end());
    // A line of its own where the middle is missing, so that no figure is glued together from two halves.
    return this.isCut ? `${this.head}\n[output left out here]\n${this.tail}` : this.head + this.tail;
  }

  private keep(text: string): void {
    const half = parsedChars / 2;
    const room = half - this.head.length;
    if (room > 0) {
      this.head += text.slice(0, room);
      if (text.length <= room) return;
      text = text.slice(room);
    }
    this.tail += text;
    // Cut seldom: slicing at every chunk would copy the tail each time.
    if (this.tail.length > 2 * half) {
      this.tail = this.tail.slice(-half);
      this.isCut = true;
    }
  }
}
