import { SshError } from './transport';

/** A part of what a follower sends. */
export type Frame =
  | { readonly kind: 'out' | 'err'; readonly chunk: Buffer }
  | { readonly kind: 'end'; readonly fields: ReadonlyMap<string, string> };

const opening = Buffer.from('GB1 follow 1\n');
/** Noise of a login shell before the opening, and the longest line of a frame. */
const maxNoise = 1024 * 1024;
const maxLine = 4096;

/**
 * Takes a follower's standard output apart: noise, `GB1 follow 1`, then lines `GB1 out N` or `GB1 err N` each with
 * N raw bytes after it, at last `GB1 end key=value …`. Bytes are handed on as they come, also of unfinished frames.
 */
export class FrameReader {
  private held: Buffer = Buffer.alloc(0);
  private opened = false;
  private stream: 'out' | 'err' = 'out';
  private left = 0;

  constructor(private readonly onFrame: (frame: Frame) => void) {}

  /** Throws an SshError when what arrives is not the protocol. */
  add(chunk: Buffer): void {
    this.held = this.held.length > 0 ? Buffer.concat([this.held, chunk]) : chunk;
    while (this.step());
  }

  private step(): boolean {
    if (!this.opened) return this.open();
    if (this.held.length === 0) return false;
    if (this.left > 0) {
      const part = this.held.subarray(0, this.left);
      this.left -= part.length;
      this.held = this.held.subarray(part.length);
      this.onFrame({ kind: this.stream, chunk: part });
      return true;
    }
    return this.line();
  }

  private open(): boolean {
    const at = this.held.indexOf(opening);
    if (at < 0) {
      if (this.held.length > maxNoise) throw new SshError('protocol', 'The guest did not start to answer.');
      return false;
    }
    this.held = this.held.subarray(at + opening.length);
    this.opened = true;
    return true;
  }

  private line(): boolean {
    const end = this.held.indexOf(10);
    if (end < 0) {
      if (this.held.length > maxLine) throw new SshError('protocol', 'The guest sent an endless line.');
      return false;
    }
    const text = this.held.toString('latin1', 0, end);
    this.held = this.held.subarray(end + 1);
    const data = /^GB1 (out|err) (\d{1,15})$/.exec(text);
    if (data) {
      this.stream = data[1] === 'err' ? 'err' : 'out';
      this.left = Number(data[2]);
    } else if (text.startsWith('GB1 end ')) {
      this.onFrame({ kind: 'end', fields: parseFields(text.slice(8)) });
    } else throw new SshError('protocol', `The guest sent "${text.slice(0, 60)}" where a frame was due.`);
    return true;
  }
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

/** The lines of an answer, whatever the login shell printed before the first. */
export function parseAnswer(output: Buffer): Map<string, string>[] {
  const text = output.toString('utf8');
  const start = text.indexOf('GB1 ');
  if (start < 0) return [];
  return text
    .slice(start)
    .split('\n')
    .filter((line) => line.startsWith('GB1 '))
    .map((line) => parseFields(line.slice(4)));
}
