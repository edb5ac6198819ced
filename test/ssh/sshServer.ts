import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as dial, createServer, type AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fingerprint } from '../../src/ssh/knownHosts';
import type { Target } from '../../src/ssh/transport';

export interface SshServerOptions {
  /** Types of the host keys, in the order of the configuration. Default: ed25519. */
  readonly hostKeyTypes?: readonly ('ed25519' | 'ecdsa' | 'rsa')[];
  /** More lines of sshd_config; the first of a keyword wins, and these come before the defaults. */
  readonly config?: readonly string[];
  /** Public keys let in besides the client key, as lines of authorized_keys. */
  readonly authorizedKeys?: readonly string[];
  /** Printed by the login shell before each command, without a line break at its end. */
  readonly noise?: string;
  /** Where the controller keeps its files; default: a folder of this server, removed with it. */
  readonly prefix?: string;
}

export interface SshServer {
  readonly port: number;
  /** The account that is let in: the one the tests run as. */
  readonly user: string;
  /** `SHA256:…` of the first host key. */
  readonly hostKeyFingerprint: string;
  /** Private key that is let in. */
  readonly clientKeyFile: string;
  /** A line for known_hosts with the first host key. */
  readonly knownHostsLine: string;
  /** Known hosts lines of all host keys. */
  readonly knownHostsLines: readonly string[];
  /** A file with the lines of all host keys. */
  readonly knownHostsFile: string;
  /** A folder of its own for the test's files. */
  readonly folder: string;
  /** Start of the paths the controller uses: `<prefix>-<uid>`. */
  readonly prefix: string;
  readonly pid: number;
  /** Process ids of the server's processes for open connections. */
  connectionPids(): number[];
  target(changes?: Partial<Target>): Target;
  stop(): Promise<void>;
  /** Starts it once more after it was killed: the same keys, port and folder. */
  again(): Promise<SshServer>;
}

const sshd = '/usr/sbin/sshd';
export const hasSshd = existsSync(sshd);

/** Makes a key pair; returns the private key's path. */
export function makeKey(
  folder: string,
  name: string,
  options: readonly string[] = ['-t', 'ed25519'],
  passphrase = '',
): string {
  const file = join(folder, name);
  execFileSync('ssh-keygen', ['-q', ...options, '-N', passphrase, '-C', name, '-f', file]);
  return file;
}

export const publicKeyOf = (file: string): string => readFileSync(`${file}.pub`, 'utf8').trim();

/** A real OpenSSH server on 127.0.0.1 and a free port, with keys and configuration of its own. */
export async function startSshServer(options: SshServerOptions = {}): Promise<SshServer> {
  const folder = mkdtempSync(join(tmpdir(), 'gb-sshd-'));
  const user = userInfo().username;
  const uid = process.getuid?.() ?? 0;
  // The privilege separation folder, which the service would make.
  if (uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const hostKeys = (options.hostKeyTypes ?? ['ed25519']).map((type) =>
    makeKey(folder, `host_${type}`, ['-t', type]),
  );
  const clientKeyFile = makeKey(folder, 'client');
  const authorized = join(folder, 'authorized_keys');
  writeFileSync(authorized, [publicKeyOf(clientKeyFile), ...(options.authorizedKeys ?? []), ''].join('\n'));
  const prefix = options.prefix ?? join(folder, 'guestbench');
  const configFile = join(folder, 'sshd_config');
  const loginShell = join(folder, 'login.sh');
  writeFileSync(loginShell, `printf %s '${options.noise ?? ''}'\nexec /bin/sh -c "$SSH_ORIGINAL_COMMAND"\n`);
  let lastError: unknown;
  // The port is free when asked for, but another process may be quicker.
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const port = await freePort();
    writeFileSync(
      configFile,
      [
        ...(options.config ?? []),
        ...(options.noise === undefined ? [] : [`ForceCommand exec /bin/sh ${loginShell}`]),
        `ListenAddress 127.0.0.1:${port}`,
        ...hostKeys.map((file) => `HostKey ${file}`),
        `AuthorizedKeysFile ${authorized}`,
        `PidFile ${join(folder, 'pid')}`,
        `SetEnv GUESTBENCH_PREFIX=${prefix}`,
        'UsePAM no',
        'StrictModes no',
        'PermitRootLogin yes',
        'PasswordAuthentication no',
        'KbdInteractiveAuthentication no',
        'LogLevel ERROR',
        '',
      ].join('\n'),
    );
    const listening = await listen(configFile, port);
    if (typeof listening === 'string') {
      lastError = listening;
      continue;
    }
    // The process that served our look is not one of the tests'; when it starts again, others may be there at once.
    while (childrenOf(listening.pid).length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const lines = hostKeys.map(
      (file) => `[127.0.0.1]:${port} ${publicKeyOf(file).split(' ').slice(0, 2).join(' ')}`,
    );
    const knownHostsFile = join(folder, 'known_hosts');
    writeFileSync(knownHostsFile, `${lines.join('\n')}\n`);
    const first = lines[0] ?? '';
    const serverOf = ({ pid, exited }: Listening): SshServer => ({
      port,
      user,
      pid,
      folder,
      prefix,
      clientKeyFile,
      knownHostsFile,
      knownHostsLine: first,
      knownHostsLines: lines,
      hostKeyFingerprint: fingerprint(Buffer.from(first.split(' ')[2] ?? '', 'base64')),
      connectionPids: () => childrenOf(pid),
      target: (changes) => ({
        name: 'guest',
        address: '127.0.0.1',
        port,
        user,
        identityFiles: [clientKeyFile],
        identitiesOnly: true,
        agent: undefined,
        jumps: [],
        ...changes,
      }),
      stop: async () => {
        for (const child of childrenOf(pid)) end(child);
        end(pid);
        await exited;
        // What a job of the guest still writes may be in the way for a moment.
        rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
      },
      again: async () => {
        await exited;
        const again = await listen(configFile, port);
        if (typeof again === 'string') throw new Error(`sshd did not start again: ${again}`);
        return serverOf(again);
      },
    });
    return serverOf(listening);
  }
  rmSync(folder, { recursive: true, force: true });
  throw new Error(`sshd did not start: ${String(lastError)}`);
}

interface Listening {
  readonly pid: number;
  readonly exited: Promise<void>;
}

/** Starts sshd; what it said when it does not listen at its port. */
async function listen(configFile: string, port: number): Promise<Listening | string> {
  const process_ = spawn(sshd, ['-D', '-e', '-f', configFile], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  process_.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const exited = new Promise<void>((resolve) => process_.once('exit', () => resolve()));
  const { pid } = process_;
  if (pid === undefined) throw new Error('sshd did not start');
  if (!(await answers(port, () => process_.exitCode !== null))) return said;
  return { pid, exited };
}

/** A port nobody listens at now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function answers(port: number, ended: () => boolean): Promise<boolean> {
  for (;;) {
    if (ended()) return false;
    const open = await new Promise<boolean>((resolve) => {
      const socket = dial(port, '127.0.0.1');
      const done = (up: boolean): void => {
        socket.destroy();
        resolve(up);
      };
      socket.once('data', () => done(true));
      socket.once('error', () => done(false));
      socket.once('close', () => done(false));
    });
    if (open) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Children of a process, by Linux's own list. */
export function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function end(pid: number): void {
  if (!(pid > 1)) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}
