import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

interface Pair {
  readonly inner: Socket;
  readonly outer: Socket;
  /** Nothing passes any more, and nobody is told: the other side is as good as switched off. */
  isDead: boolean;
}

/** Stands between the controller and a guest, and can do to their connections what networks do. */
export class Proxy {
  private readonly pairs = new Set<Pair>();
  private holding: Promise<void> | undefined;
  delayMs = 0;

  private constructor(
    private readonly server: Server,
    private readonly upstream: () => number,
  ) {
    server.on('connection', (outer) => this.add(outer));
  }

  static async start(upstream: () => number): Promise<Proxy> {
    const server = createServer({ pauseOnConnect: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Proxy(server, upstream);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.pairs.size;
  }

  /** Connections end at once, on both sides. */
  cut(): void {
    for (const pair of this.pairs) end(pair);
  }

  /** Nothing passes until it is released; then what was sent meanwhile arrives. */
  hold(): () => void {
    let release = (): void => undefined;
    this.holding = new Promise((resolve) => (release = resolve));
    return () => {
      this.holding = undefined;
      release();
    };
  }

  /** Nothing of the connections there are now ever passes again; the guest sees them end. New ones are fine. */
  abandon(): void {
    for (const pair of this.pairs) {
      pair.isDead = true;
      pair.inner.destroy();
    }
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private add(outer: Socket): void {
    const inner = connect(this.upstream(), '127.0.0.1');
    const pair: Pair = { inner, outer, isDead: false };
    this.pairs.add(pair);
    void this.pass(pair, outer, inner);
    void this.pass(pair, inner, outer);
    outer.once('close', () => {
      this.pairs.delete(pair);
      inner.destroy();
    });
    inner.once('close', () => {
      if (!pair.isDead) outer.destroy();
    });
  }

  private async pass(pair: Pair, from: Socket, to: Socket): Promise<void> {
    from.setNoDelay(true);
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
        await this.holding;
        if (pair.isDead) continue;
        if (!to.write(chunk)) await drained(to);
      }
      if (!pair.isDead) to.end();
    } catch {
      // The other direction, or its end, tells.
    }
  }
}

function end({ inner, outer }: Pair): void {
  inner.destroy();
  outer.destroy();
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
    if (socket.destroyed) done();
  });
}
