import * as vscode from 'vscode';
import { Disposable } from '../model/disposable';
import { cyan, plainForTerminal, terminalDecoder } from './terminalText';

/** A read-only terminal for the output of something that is not an experiment. */
export class StreamTerminal extends Disposable implements vscode.Pseudoterminal {
  private readonly writeEmitter = this.register(new vscode.EventEmitter<string>());
  readonly onDidWrite = this.writeEmitter.event;
  private readonly decode = terminalDecoder();
  private readonly terminal: vscode.Terminal;
  private buffered: string | undefined = '';

  constructor(name: string) {
    super();
    this.terminal = vscode.window.createTerminal({ name, pty: this, isTransient: true });
  }

  open(): void {
    const text = this.buffered ?? '';
    this.buffered = undefined;
    if (text !== '') this.writeEmitter.fire(text);
  }

  close(): void {
    this.dispose();
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

  output(chunk: Buffer): void {
    this.write(this.decode(chunk));
  }

  private write(text: string): void {
    if (this.buffered === undefined) this.writeEmitter.fire(text);
    else this.buffered += text;
  }
}
