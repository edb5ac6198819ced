import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { ControllerEvent, ControllerOrder, Order } from './protocol';

/** How a controller process came to its end. */
export type ControllerEnd =
  | { readonly how: 'summary'; readonly reason: string }
  | { readonly how: 'error'; readonly message: string }
  | { readonly how: 'killed' };

/** A running controller. */
export class ControllerProcess {
  private readonly child: ChildProcess;
  private readonly listeners = new Set<(event: ControllerEvent) => void>();
  private last: ControllerEvent | undefined;
  private said = '';
  readonly ended: Promise<ControllerEnd>;
  end: ControllerEnd | undefined;

  constructor(program: string, order: ControllerOrder) {
    this.child = spawn(process.execPath, [program, JSON.stringify(order)], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.child.stdin?.on('error', () => undefined);
    this.child.stderr?.on('data', (chunk: Buffer) => (this.said += chunk.toString()));
    const { stdout } = this.child;
    if (!stdout) throw new Error('The controller has no output.');
    const heard = new Promise((resolve) => {
      createInterface({ input: stdout })
        .on('line', (line) => this.heard(line))
        .once('close', () => resolve(undefined));
    });
    const closed = new Promise((resolve) => this.child.once('close', resolve));
    this.ended = Promise.all([heard, closed]).then(() => (this.end = this.endOf()));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  send(order: Order): void {
    this.child.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  onEvent(listener: (event: ControllerEvent) => void): { dispose(): void } {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }

  /** The next event of one of the types; undefined when it ended before, or after the time. */
  next(types: readonly ControllerEvent['type'][], limitMs: number): Promise<ControllerEvent | undefined> {
    return new Promise((resolve) => {
      const done = (event?: ControllerEvent): void => {
        clearTimeout(timer);
        listening.dispose();
        resolve(event);
      };
      const timer = setTimeout(done, limitMs);
      const listening = this.onEvent((event) => {
        if (types.includes(event.type)) done(event);
      });
      void this.ended.then(() => done());
    });
  }

  private heard(line: string): void {
    const event = JSON.parse(line) as ControllerEvent;
    this.last = event;
    for (const listener of this.listeners) listener(event);
  }

  private endOf(): ControllerEnd {
    if (this.last?.type === 'summary') return { how: 'summary', reason: this.last.reason };
    if (this.last?.type === 'error') return { how: 'error', message: this.last.message };
    return this.child.signalCode === 'SIGKILL'
      ? { how: 'killed' }
      : {
          how: 'error',
          message: `ended with code ${String(this.child.exitCode)}: ${this.said.slice(-2000)}`,
        };
  }
}
