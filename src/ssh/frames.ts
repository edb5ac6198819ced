import { ByteQueue } from './byteQueue';
import { SshError } from './transport';

/** A part of what a follower sends. */
export type Frame =
  | { readonly kind: 'out' | 'err'; readonly chunk: Buffer }
  /** So many bytes of a stream are passed over: they are on the guest. */
  | { readonly kind: 'skip'; readonly stream: 'out' | 'err'; readonly bytes: number }
  /** What was left for afterwards, whole. */
  | { readonly kind: 'load'; readonly content: Buffer }
  | { readonly kind: 'file'; readonly name: string; readonly content: Buffer }
  | { readonly kind: 'end'; readonly fields: ReadonlyMap<string, string> };

const opening = Buffer.from('GB1 follow 1\n');
/** Noise of a login shell before the opening, and the longest line of a frame. */
const maxNoise = 1024 * 1024;
const maxLine = 4096;
/** What a guest sends whole, without being asked for it, is less. */
const maxWhole = 4 * 1024 * 1024;

const lineForms = {
  data: /^GB1 (out|err) (\d{1,15})$/,
  skip: /^GB1 skip (out|err) (\d{1,15})$/,
  whole: /^GB1 (?:load (\d{1,8})|file (\d{1,8}) ([A-Za-z0-9._+-]{1,255}))$/,
};

/**
 * Takes a follower's standard output apart: noise, `GB1 follow 1`, then lines `GB1 out N` or `GB1 err N` each with
 * N raw bytes after it (controllerFollow.ts tells the others), at last `GB1 end key=value …`. Bytes of streams are
 * handed on as they come, also of unfinished frames.
 */
export class FrameReader {
  private readonly held = new ByteQueue();
  /** So much of what is held was searched before, in vain. */
  private searched = 0;
  private opened = false;
  private stream: 'out' | 'err' = 'out';
  private left = 0;
  /** The frame whose content is still to come, whole. */
  private awaited: { readonly bytes: number; readonly frame: (content: Buffer) => Frame } | undefined;

  constructor(private readonly onFrame: (frame: Frame) => void) {}

  /** Whether the guest has begun to answer. */
  get isOpen(): boolean {
    return this.opened;
  }

  /** Throws an SshError when what arrives is not the protocol. */
  add(chunk: Buffer): void {
    let rest = chunk;
    // Most of a large stream is handed on without a copy.
    if (this.left > 0 && this.held.length === 0) {
      const part = chunk.subarray(0, this.left);
      rest = chunk.subarray(part.length);
      this.handOn(part);
    }
    if (rest.length === 0) return;
    this.held.add(rest);
    while (this.step());
  }

  private step(): boolean {
    if (!this.opened) return this.open();
    if (this.awaited) return this.whole(this.awaited);
    if (this.held.length === 0) return false;
    if (this.left > 0) {
      this.handOn(this.held.take(Math.min(this.left, this.held.length)));
      return true;
    }
    return this.line();
  }

  private handOn(chunk: Buffer): void {
    this.left -= chunk.length;
    this.onFrame({ kind: this.stream, chunk });
  }

  /** Where the next `wanted` begins; -1: not there yet. What was searched once is not searched again. */
  private find(wanted: Buffer | number, length: number): number {
    const at = this.held.indexOf(wanted, this.searched);
    this.searched = at < 0 ? Math.max(0, this.held.length - length + 1) : 0;
    return at;
  }

  private open(): boolean {
    const at = this.find(opening, opening.length);
    if (at < 0) {
      if (this.held.length > maxNoise) throw new SshError('protocol', 'The guest did not start to answer.');
      return false;
    }
    this.held.skip(at + opening.length);
    this.opened = true;
    return true;
  }

  private whole({ bytes, frame }: { bytes: number; frame: (content: Buffer) => Frame }): boolean {
    if (this.held.length < bytes) return false;
    this.awaited = undefined;
    this.onFrame(frame(this.held.take(bytes)));
    return true;
  }

  private line(): boolean {
    const end = this.find(10, 1);
    if (end > maxLine || (end < 0 && this.held.length > maxLine))
      throw new SshError('protocol', 'The guest sent an endless line.');
    if (end < 0) return false;
    const text = this.held.view(0, end).toString('latin1');
    this.held.skip(end + 1);
    const data = lineForms.data.exec(text);
    const skip = lineForms.skip.exec(text);
    const whole = lineForms.whole.exec(text);
    if (data) {
      this.stream = data[1] === 'err' ? 'err' : 'out';
      this.left = Number(data[2]);
    } else if (skip) {
      this.onFrame({ kind: 'skip', stream: skip[1] === 'err' ? 'err' : 'out', bytes: Number(skip[2]) });
    } else if (whole) {
      this.awaited = wholeFrame(whole);
    } else if (text.startsWith('GB1 end ')) {
      this.onFrame({ kind: 'end', fields: parseFields(text.slice(8)) });
    } else throw new SshError('protocol', `The guest sent "${text.slice(0, 60)}" where a frame was due.`);
    return true;
  }
}

function wholeFrame([, load, size, name]: RegExpExecArray): {
  bytes: number;
  frame: (content: Buffer) => Frame;
} {
  const bytes = Number(load ?? size);
  if (bytes > maxWhole) throw new SshError('protocol', `The guest sent ${bytes} bytes nobody asked for.`);
  return {
    bytes,
    frame: (content) => (name === undefined ? { kind: 'load', content } : { kind: 'file', name, content }),
  };
}

/** `key=value key=value …`; values without blanks. */
export function parseFields(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const word of text.trim().split(/\s+/)) {
    const at = word.indexOf('=');
    if (at > 0) fields.set(word.slice(0, at), word.slice(at + 1));
  }
  return fields;
}

/** Lines about several thousand jobs; what comes behind is not read. */
const longestAnswer = 1024 * 1024;

/** The lines of an answer, whatever the login shell printed before the first. Of more than 1 MiB the first is read. */
export function parseAnswer(output: Buffer): Map<string, string>[] {
  const text = output.toString('utf8', 0, longestAnswer);
  const start = text.indexOf('GB1 ');
  if (start < 0) return [];
  return text
    .slice(start)
    .split('\n')
    .filter((line) => line.startsWith('GB1 '))
    .map((line) => parseFields(line.slice(4)));
}
