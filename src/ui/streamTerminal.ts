import * as vscode from 'vscode';
import { Disposable } from '../model/disposable';
import { terminalHint } from './terminalHint';
import { bold, cyan, dim, ownLine, plainForTerminal, plainInLine, yellow } from './terminalText';
import { amountText, TrialText } from './trialText';
import { createTerminal } from './visible/places';

/** What Ctrl+C sends. */
export const interruptKey = '\u0003';

/** A read-only terminal for the output of something that is not an experiment. */
export class StreamTerminal extends Disposable implements vscode.Pseudoterminal {
  private readonly writeEmitter = this.register(new vscode.EventEmitter<string>());
  readonly onDidWrite = this.writeEmitter.event;
  private readonly text = new TrialText({
    skippedLine: (bytes) => yellow(vscode.l10n.t('… {0} skipped here', amountText(bytes))),
  });
  private readonly terminal: vscode.Terminal;
  private buffered: string | undefined = '';
  private atLineStart = true;

  constructor(
    name: string,
    /** Hears the keys that are typed, and Ctrl+C when the terminal is closed. */
    private readonly onInput: (keys: string) => void = () => undefined,
  ) {
    super();
    this.terminal = createTerminal({ name, pty: this, isTransient: true });
    this.own(dim(terminalHint()));
  }

  open(): void {
    const text = this.buffered ?? '';
    this.buffered = undefined;
    if (text !== '') this.writeEmitter.fire(text);
  }

  close(): void {
    this.onInput(interruptKey);
    this.dispose();
  }

  handleInput(keys: string): void {
    this.onInput(keys);
  }

  show(): void {
    this.terminal.show(true);
  }

  heading(text: string): void {
    this.own('', cyan(`━━ ${bold(plainInLine(text))}`));
  }

  line(text: string): void {
    this.own('', plainForTerminal(text));
  }

  /** Lines that are safe for a terminal already, and may be coloured. */
  lines(texts: readonly string[]): void {
    this.own(...texts);
  }

  output(chunk: Buffer): void {
    this.write(this.text.add('stdout', chunk));
  }

  private own(...lines: readonly string[]): void {
    this.text.interrupt();
    const shown = lines.map((line) => (line === '' ? '' : ownLine(line)));
    this.write(`${this.atLineStart ? '' : '\r\n'}${shown.join('\r\n')}\r\n`);
  }

  private write(text: string): void {
    if (text === '') return;
    this.atLineStart = text.endsWith('\n');
    if (this.buffered === undefined) this.writeEmitter.fire(text);
    else this.buffered += text;
  }
}
