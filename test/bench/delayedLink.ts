import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to a server on this machine on which everything takes its time, and any amount may be on the way. */
export class DelayedLink {
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async start(port: number, eachWayMs: number): Promise<DelayedLink> {
    const server = createServer();
    const link = new DelayedLink(server);
    server.on('connection', (outer) => {
      const inner = connect(port, '127.0.0.1');
      link.pass(outer, inner, eachWayMs);
      link.pass(inner, outer, eachWayMs);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return link;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private pass(from: Socket, to: Socket, delayMs: number): void {
    this.sockets.add(from.setNoDelay(true));
    from.on('data', (chunk) => setTimeout(() => to.write(chunk), delayMs));
    from.on('end', () => setTimeout(() => to.end(), delayMs));
    from.on('error', () => to.destroy());
    from.on('close', () => this.sockets.delete(from));
  }
}
