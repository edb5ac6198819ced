import * as vscode from 'vscode';
import { Disposable } from '../model/disposable';
import { cyan, plainForTerminal, yellow } from './terminalText';
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

  constructor(
    name: string,
    /** Hears the keys that are typed, and Ctrl+C when the terminal is closed. */
    private readonly onInput: (keys: string) => void = () => undefined,
  ) {
    super();
    this.terminal = createTerminal({ name, pty: this, isTransient: true });
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
    this.write(`\r\n${cyan(`━━ ${plainForTerminal(text)}`)}\r\n`);
  }

  line(text: string): void {
    this.write(`\r\n${plainForTerminal(text)}\r\n`);
  }

  /** Lines that are safe for a terminal already, and may be coloured. */
  lines(texts: readonly string[]): void {
    this.write(texts.map((text) => `${text}\r\n`).join(''));
  }

  output(chunk: Buffer): void {
    this.write(this.text.add('stdout', chunk));
  }

  private write(text: string): void {
    if (this.buffered === undefined) this.writeEmitter.fire(text);
    else this.buffered += text;
  }
}
