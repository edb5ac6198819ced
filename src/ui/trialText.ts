import { terminalDecoder } from './terminalText';

/** A terminal keeps only so many lines; a flood is cut here, the file keeps it whole. */
const maxChars = 400_000;

/** What one running trial shows in the terminal. */
export class TrialText {
  private readonly decoders = new Map<string, (chunk: Buffer) => string>();
  /** The end of each stream that is no whole line yet. */
  private readonly unfinished = new Map<string, string>();
  private shown = 0;

  /** @param prefix stands before each line, where trials of several hosts are shown together; '': as it comes. */
  constructor(private readonly prefix: string) {}

  /** True from the moment it has printed more than is shown. */
  get isCut(): boolean {
    return this.shown > maxChars;
  }

  /** The text to show for a chunk; '' for none yet. */
  add(stream: 'stdout' | 'stderr', chunk: Buffer): string {
    if (this.isCut) return '';
    const decode = this.decoders.get(stream) ?? terminalDecoder();
    this.decoders.set(stream, decode);
    const text = decode(chunk);
    const shown = this.prefix === '' ? text : this.wholeLines(stream, text);
    this.shown += shown.length;
    return shown;
  }

  /** What is left when the trial has ended. */
  rest(): string {
    const lines = [...this.unfinished.values()].filter((line) => line !== '');
    this.unfinished.clear();
    return lines.map((line) => `${this.prefix}${line}\r\n`).join('');
  }

  private wholeLines(stream: string, text: string): string {
    const lines = `${this.unfinished.get(stream) ?? ''}${text}`.split('\r\n');
    this.unfinished.set(stream, lines.pop() ?? '');
    return lines.map((line) => `${this.prefix}${line}\r\n`).join('');
  }
}
