import { GuestLines, ownLine, terminalDecoder } from './terminalText';

/** What is shown at once, and how fast more may be: a terminal keeps a thousand lines, and nobody reads faster. */
const burstBytes = 256 * 1024;
const bytesPerSecond = 64 * 1024;
/** Less of a chunk than this is not worth being shown. */
const leastBytes = 4 * 1024;

export interface TrialTextOptions {
  /** Stands before each line, where trials of several hosts are shown together. Default: as it comes. */
  readonly prefix?: string;
  /** A line that says how much is not shown here. */
  readonly skippedLine: (bytes: number) => string;
  /** Default: the clock. */
  readonly nowMs?: () => number;
}

/**
 * What one running trial shows in the terminal. Of a flood the newest is shown, and how much was skipped: so a million
 * lines cost no more than the few that are seen, and the last ones are among these.
 */
export class TrialText {
  private readonly decoders = new Map<string, (chunk: Buffer) => string>();
  /** The end of each stream that is no whole line yet. */
  private readonly unfinished = new Map<string, string>();
  private readonly prefix: string;
  private readonly nowMs: () => number;
  private allowed = burstBytes;
  private countedMs: number;
  private skipped = 0;
  private readonly lines = new GuestLines();

  constructor(private readonly options: TrialTextOptions) {
    this.prefix = options.prefix ?? '';
    this.nowMs = options.nowMs ?? (() => performance.now());
    this.countedMs = this.nowMs();
  }

  /** The text to show for a chunk; '' for none yet. */
  add(stream: 'stdout' | 'stderr', chunk: Buffer): string {
    const newest = this.newestOf(chunk);
    if (newest.length < chunk.length) this.skip(stream, chunk.length - newest.length);
    if (newest.length === 0) return '';
    const note = this.note();
    const decode = this.decoders.get(stream) ?? terminalDecoder();
    this.decoders.set(stream, decode);
    const text = decode(newest);
    return note + this.lines.indented(this.prefix === '' ? text : this.wholeLines(stream, text), this.prefix);
  }

  /** A line of ours was written since: what follows begins a new one. */
  interrupt(): void {
    this.lines.interrupt();
  }

  /** So much of a stream was passed over before it came here. */
  skip(stream: 'stdout' | 'stderr', bytes: number): void {
    this.skipped += bytes;
    // Half a character or half a line of before does not go on after the gap.
    this.decoders.delete(stream);
    this.unfinished.delete(stream);
  }

  /** What is left when the trial has ended. */
  rest(): string {
    const lines = [...this.unfinished.values()].filter((line) => line !== '');
    this.unfinished.clear();
    return this.note() + this.lines.indented(lines.map((line) => `${line}\r\n`).join(''), this.prefix);
  }

  /** The end of a chunk that may be shown now, from the beginning of a line where there is one. */
  private newestOf(chunk: Buffer): Buffer {
    const nowMs = this.nowMs();
    const since = ((nowMs - this.countedMs) / 1000) * bytesPerSecond;
    this.allowed = Math.min(burstBytes, this.allowed + since);
    this.countedMs = nowMs;
    if (chunk.length <= this.allowed) {
      this.allowed -= chunk.length;
      return chunk;
    }
    if (this.allowed < leastBytes) return chunk.subarray(chunk.length);
    const end = chunk.subarray(chunk.length - Math.floor(this.allowed));
    this.allowed = 0;
    const line = end.indexOf('\n') + 1;
    return line > 0 && line < end.length ? end.subarray(line) : end;
  }

  private note(): string {
    if (this.skipped === 0) return '';
    const line = this.options.skippedLine(this.skipped);
    this.skipped = 0;
    const end = this.lines.isAtLineStart ? '' : '\r\n';
    this.lines.interrupt();
    return `${end}${ownLine(this.prefix + line)}\r\n`;
  }

  private wholeLines(stream: string, text: string): string {
    const lines = `${this.unfinished.get(stream) ?? ''}${text}`.split('\r\n');
    this.unfinished.set(stream, lines.pop() ?? '');
    return lines.map((line) => `${line}\r\n`).join('');
  }
}

/** `312 MB`: an amount as people read it. */
export function amountText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(value < 9.95 && unit > 0 ? 1 : 0)} ${units[unit] ?? ''}`;
}
