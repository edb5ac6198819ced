import { generateKeyPairSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import ssh2, { type AuthContext, type Connection as ServerConnection } from 'ssh2';
import { fingerprint } from '../../src/ssh/knownHosts';

export interface PasswordServerOptions {
  /** Decides on each attempt; methods it does not accept are refused with `methods` as those left. */
  readonly authenticate: (
    context: AuthContext,
    attempt: number,
  ) => 'accept' | 'refuse' | 'partial' | 'pending';
  readonly methods: readonly ('password' | 'keyboard-interactive' | 'publickey')[];
  /** Left after a partial success. */
  readonly methodsAfterPartial?: readonly ('password' | 'keyboard-interactive' | 'publickey')[];
}

export interface PasswordServer {
  readonly port: number;
  readonly hostKeyFingerprint: string;
  readonly knownHostsLine: string;
  /** Methods the client tried, in order. */
  readonly tried: string[];
  /** Connections accepted so far. */
  readonly connections: () => number;
  stop(): Promise<void>;
}

/** A server in this process, for passwords: OpenSSH checks only those of real accounts. Commands echo. */
export async function startPasswordServer(options: PasswordServerOptions): Promise<PasswordServer> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const key = ssh2.utils.parseKey(pem);
  if (key instanceof Error || Array.isArray(key)) throw new Error('no key');
  const open = new Set<ServerConnection>();
  const tried: string[] = [];
  let connections = 0;
  const server = new ssh2.Server({ hostKeys: [pem] }, (client) => {
    connections += 1;
    open.add(client);
    let attempts = 0;
    let left = options.methods;
    client.on('error', () => undefined);
    client.on('close', () => open.delete(client));
    client.on('authentication', (context) => {
      tried.push(context.method);
      if (context.method === 'none') {
        context.reject([...left]);
        return;
      }
      attempts += 1;
      switch (options.authenticate(context, attempts)) {
        case 'accept':
          context.accept();
          break;
        case 'partial':
          left = options.methodsAfterPartial ?? left;
          context.reject([...left], true);
          break;
        case 'refuse':
          context.reject([...left]);
          break;
        case 'pending':
          break;
      }
    });
    client.on('ready', () => {
      client.on('session', (accept) => {
        accept().on('exec', (acceptExec, _reject, info) => {
          const channel = acceptExec();
          channel.write(info.command);
          channel.exit(0);
          channel.end();
        });
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    tried,
    connections: () => connections,
    hostKeyFingerprint: fingerprint(key.getPublicSSH()),
    knownHostsLine: `[127.0.0.1]:${port} ssh-rsa ${key.getPublicSSH().toString('base64')}`,
    stop: async () => {
      for (const client of open) client.end();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
