import { spawn } from 'node:child_process';
import { randomUUID, timingSafeEqual } from 'node:crypto';
import os from 'node:os';
import ssh2 from 'ssh2';
import { markName, processesOf, signalAll } from './processes.mjs';

function endGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // already gone
  }
}

/** Runs a command in a real shell and connects it with a channel, exit code or signal included. */
function serve(channel, args, { children, mark, variables }) {
  const shell = os.userInfo().shell || '/bin/sh';
  const child = spawn(shell, args, {
    cwd: os.homedir(),
    // A group of its own, so that a signal or a hang-up reaches everything the command started.
    detached: true,
    env: { ...process.env, SHELL: shell, [markName]: mark, ...variables },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  children.add(child);
  child.stdin.on('error', () => undefined);
  channel.pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  child.once('error', (error) => {
    children.delete(child);
    channel.stderr.write(`${error.message}\n`);
    channel.exit(127);
    channel.end();
  });
  child.once('close', (code, signal) => {
    children.delete(child);
    if (signal) channel.exit(signal.replace(/^SIG/, ''), false, '');
    else channel.exit(code ?? 255);
    channel.end();
  });
  channel.once('close', () => endGroup(child, 'SIGHUP'));
  return child;
}

function serveSession(session, context) {
  let child;
  const start = (accept, args) => (child = serve(accept(), args, context));
  session.on('pty', (accept) => accept?.());
  session.on('window-change', (accept) => accept?.());
  session.on('env', (accept) => accept?.());
  session.on('exec', (accept, _reject, { command }) => start(accept, ['-c', command]));
  session.on('shell', (accept) => start(accept, ['-l']));
  session.on('signal', (accept, _reject, { name }) => {
    if (child) endGroup(child, `SIG${name}`);
    accept?.();
  });
}

function sameKey(offered, expected) {
  return offered.length === expected.length && timingSafeEqual(offered, expected);
}

/**
 * Where OpenSSH's server is missing: a small one in this process. It lets in one user with one key and runs commands in
 * a real shell; it has no terminals (no pty), no forwarding and no file transfer.
 */
export async function startDemoSshServer({ port, user, hostPrivateKey, clientPublicKey, variables }) {
  const authorized = ssh2.utils.parseKey(clientPublicKey);
  const context = { children: new Set(), mark: randomUUID(), variables };
  const clients = new Set();
  const server = new ssh2.Server({ hostKeys: [hostPrivateKey] }, (client) => {
    clients.add(client);
    client.on('close', () => clients.delete(client));
    client.on('error', () => undefined);
    client.on('authentication', (attempt) => {
      const accepted =
        attempt.method === 'publickey' &&
        attempt.username === user &&
        attempt.key.algo === authorized.type &&
        sameKey(attempt.key.data, authorized.getPublicSSH()) &&
        (!attempt.signature || authorized.verify(attempt.blob, attempt.signature, attempt.hashAlgo) === true);
      if (accepted) attempt.accept();
      else attempt.reject(['publickey']);
    });
    client.on('session', (accept) => serveSession(accept(), context));
  });
  const listen = (wanted) =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(wanted, '127.0.0.1', () => {
        server.off('error', reject);
        resolve(server.address().port);
      });
    });
  const bound = await listen(port).catch(() => listen(0));
  return {
    port: bound,
    async stop() {
      for (const child of context.children) endGroup(child, 'SIGKILL');
      signalAll(processesOf(context.mark), 'SIGKILL');
      for (const client of clients) client.end();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
