import * as vscode from 'vscode';
import { Disposable } from '../model/disposable';
import { StringDecoder } from 'node:string_decoder';
import type { Connection, Shell } from '../ssh/transport';
import { messageOf } from './log';
import { dim, ownLine, plainForTerminal, plainInLine, red } from './terminalText';

/** Ends what a guest may have left: another screen, a hidden cursor, colours, a region that scrolls. */
const reset = '\u001b[?1049l\u001b[!p\u001b[0m\r\n';

/**
 * An interactive shell on a guest in a VS Code terminal, over the guest's shared connection. Between our first line and
 * our last it is a terminal of that guest, which may print there what it likes.
 */
export class ShellTerminal extends Disposable implements vscode.Pseudoterminal {
  private readonly writeEmitter = this.register(new vscode.EventEmitter<string>());
  private readonly closeEmitter = this.register(new vscode.EventEmitter<number>());
  readonly onDidWrite = this.writeEmitter.event;
  readonly onDidClose = this.closeEmitter.event;
  private readonly decoder = new StringDecoder('utf8');
  private shell: Shell | undefined;
  private size = { columns: 80, rows: 24 };

  constructor(
    private readonly guest: string,
    private readonly connect: () => Promise<Connection>,
  ) {
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
      this.say(
        dim(vscode.l10n.t('Shell on {0}. All that follows comes from there.', plainInLine(this.guest))),
      );
      shell.onData((chunk) => this.writeEmitter.fire(this.decoder.write(chunk)));
      shell.onClose((code) => {
        if (this.isDisposed) return;
        if (code === null) this.say(red(vscode.l10n.t('The connection ended.')), reset);
        this.closeEmitter.fire(code ?? 1);
      });
    } catch (error) {
      this.say(red(plainForTerminal(messageOf(error))), this.shell === undefined ? '' : reset);
    }
  }

  private say(text: string, before = ''): void {
    this.writeEmitter.fire(`${before}${ownLine(text)}\r\n`);
  }
}
