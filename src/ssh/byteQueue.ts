const smallest = 4096;

/** Bytes that arrive in pieces and are taken from the front. The time is linear in the bytes, however small the pieces. */
export class ByteQueue {
  private memory = Buffer.alloc(0);
  private from = 0;
  private to = 0;

  get length(): number {
    return this.to - this.from;
  }

  add(chunk: Uint8Array): void {
    this.makeRoom(chunk.length);
    this.memory.set(chunk, this.to);
    this.to += chunk.length;
  }

  /** The bytes that wait, from `start` on. They are valid until the next `add`. */
  view(start = 0, end = this.length): Buffer {
    return this.memory.subarray(this.from + start, Math.min(this.from + end, this.to));
  }

  /** Counts from the front; -1: not there. */
  indexOf(wanted: number | Buffer, start = 0): number {
    return this.view().indexOf(wanted, start);
  }

  /** A copy of the first bytes, which are removed. */
  take(bytes: number): Buffer {
    const taken = Buffer.from(this.view(0, bytes));
    this.skip(bytes);
    return taken;
  }

  skip(bytes: number): void {
    this.from += bytes;
    if (this.from >= this.to) this.from = this.to = 0;
  }

  private makeRoom(bytes: number): void {
    const { length } = this;
    if (this.to + bytes <= this.memory.length) return;
    // Moving to the front pays only when at least half of the memory becomes free.
    if (length + bytes <= this.memory.length / 2) {
      this.memory.copyWithin(0, this.from, this.to);
    } else {
      const larger = Buffer.alloc(Math.max(smallest, 2 * (length + bytes)));
      this.view().copy(larger);
      this.memory = larger;
    }
    this.from = 0;
    this.to = length;
  }
}
