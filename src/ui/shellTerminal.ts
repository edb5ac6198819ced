import * as vscode from 'vscode';
import { Disposable } from '../model/disposable';
import { StringDecoder } from 'node:string_decoder';
import type { Connection, Shell } from '../ssh/transport';
import { messageOf } from './log';

/** An interactive shell on a guest in a VS Code terminal, over the guest's shared connection. */
export class ShellTerminal extends Disposable implements vscode.Pseudoterminal {
  private readonly writeEmitter = this.register(new vscode.EventEmitter<string>());
  private readonly closeEmitter = this.register(new vscode.EventEmitter<number>());
  readonly onDidWrite = this.writeEmitter.event;
  readonly onDidClose = this.closeEmitter.event;
  private readonly decoder = new StringDecoder('utf8');
  private shell: Shell | undefined;
  private size = { columns: 80, rows: 24 };

  constructor(private readonly connect: () => Promise<Connection>) {
    super();
  }

  open(size: vscode.TerminalDimensions | undefined): void {
    if (size) this.size = size;
    void this.start();
  }

  close(): void {
    this.shell?.close();
    this.dispose();
  }

  handleInput(data: string): void {
    this.shell?.write(data);
  }

  setDimensions(size: vscode.TerminalDimensions): void {
    this.size = size;
    this.shell?.resize(size.columns, size.rows);
  }

  private async start(): Promise<void> {
    try {
      const shell = await (await this.connect()).shell(this.size.columns, this.size.rows);
      if (this.isDisposed) {
        shell.close();
        return;
      }
      this.shell = shell;
      shell.onData((chunk) => this.writeEmitter.fire(this.decoder.write(chunk)));
      shell.onClose((code) => {
        if (this.isDisposed) return;
        if (code === null) this.writeEmitter.fire(`\r\n${vscode.l10n.t('The connection ended.')}\r\n`);
        this.closeEmitter.fire(code ?? 1);
      });
    } catch (error) {
      this.writeEmitter.fire(`\r\n${messageOf(error).replaceAll('\n', '\r\n')}\r\n`);
    }
  }
}
