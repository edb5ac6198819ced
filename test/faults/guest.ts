import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf, freePort, makeKey, publicKeyOf } from '../ssh/sshServer';
import { Proxy } from './proxy';

const sshd = '/usr/sbin/sshd';

/** What is known of a job by its folder on the guest. */
export interface JobFolder {
  readonly id: string;
  readonly isStarted: boolean;
  readonly isEnded: boolean;
}

/** A guest: a real OpenSSH server behind a proxy, with a small disk of its own for what we keep there. */
export class Guest {
  /** Where each run of a benchmark is noted. */
  readonly truthFile: string;
  readonly clientKeyFile: string;
  private readonly hostKeyFile: string;
  private readonly diskFolder: string;
  private server: ChildProcess | undefined;
  private port = 0;
  private proxy: Proxy | undefined;

  /** @param hasDisk whether its disk is one of its own (a tmpfs) that can be filled. */
  private constructor(
    readonly name: string,
    private readonly folder: string,
    readonly hasDisk: boolean,
  ) {
    this.truthFile = join(folder, 'truth');
    this.diskFolder = join(folder, 'disk');
    mkdirSync(this.diskFolder, { recursive: true });
    this.hostKeyFile = makeKey(folder, 'host');
    this.clientKeyFile = makeKey(folder, 'client');
    appendFileSync(this.truthFile, '');
    if (hasDisk) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', this.diskFolder]);
  }

  static async start(name: string, folder: string, hasDisk: boolean): Promise<Guest> {
    const guest = new Guest(name, folder, hasDisk);
    await guest.startServer();
    guest.proxy = await Proxy.start(() => guest.port);
    return guest;
  }

  get network(): Proxy {
    if (!this.proxy) throw new Error(`${this.name} has no network yet.`);
    return this.proxy;
  }

  get prefix(): string {
    return join(this.diskFolder, 'guestbench');
  }

  get base(): string {
    return `${this.prefix}-${userInfo().uid}`;
  }

  get knownHostsLine(): string {
    const key = publicKeyOf(this.hostKeyFile).split(' ').slice(0, 2).join(' ');
    return `[127.0.0.1]:${this.network.port} ${key}`;
  }

  async startServer(): Promise<void> {
    const uid = userInfo().uid;
    if (uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    for (;;) {
      this.port = await freePort();
      const config = join(this.folder, 'sshd_config');
      const authorized = join(this.folder, 'authorized_keys');
      writeFileSync(authorized, `${publicKeyOf(this.clientKeyFile)}\n`);
      const lines = [
        `ListenAddress 127.0.0.1:${this.port}`,
        `HostKey ${this.hostKeyFile}`,
        `AuthorizedKeysFile ${authorized}`,
        `PidFile ${join(this.folder, 'pid')}`,
        // A home of its own: what is killed here must not hurt the person's, where login shells keep things.
        `SetEnv HOME=${this.folder} GUESTBENCH_PREFIX=${this.prefix} GB_TRUTH=${this.truthFile}`,
        'UsePAM no',
        'StrictModes no',
        'PermitRootLogin yes',
        'PasswordAuthentication no',
        'KbdInteractiveAuthentication no',
        'MaxStartups 100',
        'LogLevel ERROR',
      ];
      writeFileSync(config, `${lines.join('\n')}\n`);
      const pidFile = join(this.folder, 'pid');
      rmSync(pidFile, { force: true });
      const server = spawn(sshd, ['-D', '-e', '-f', config], { stdio: 'ignore' });
      this.server = server;
      // Written once it listens.
      while (server.exitCode === null && !existsSync(pidFile)) await sleep(10);
      if (server.exitCode === null) return;
    }
  }

  async stopServer(): Promise<void> {
    const { server } = this;
    if (!server) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    this.signalConnections('SIGKILL');
    server.kill('SIGKILL');
    await ended;
    this.server = undefined;
  }

  /** The server's processes for open connections. */
  get connectionPids(): readonly number[] {
    return this.server?.pid === undefined ? [] : childrenOf(this.server.pid);
  }

  signalConnections(signal: NodeJS.Signals, pids = this.connectionPids): void {
    for (const pid of pids) signalOne(pid, signal);
  }

  /** Processes that came out of a session on this guest. */
  get processes(): readonly number[] {
    const mark = `GB_TRUTH=${this.truthFile}\0`;
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry) && isMarked(entry, mark))
      .map(Number);
  }

  get jobs(): readonly JobFolder[] {
    const runs = join(this.base, 'runs');
    return namesIn(runs).map((id) => ({
      id,
      isStarted: existsSync(join(runs, id, 'started')),
      isEnded: sizeOf(join(runs, id, 'exit')) > 0,
    }));
  }

  get isBusy(): boolean {
    try {
      return readlinkSync(join(this.base, 'lock')) !== '';
    } catch {
      return false;
    }
  }

  /** What we have there. */
  get files(): readonly string[] {
    return namesIn(this.diskFolder).filter((name) => name.startsWith(basename(this.prefix)));
  }

  /** Kills everything of ours, as the end of a machine would. Returns the jobs that had not ended. */
  async reboot(): Promise<readonly string[]> {
    await this.stopServer();
    // What is stopped forks no more.
    await this.signalAll('SIGSTOP');
    const running = this.jobs.filter(({ isStarted, isEnded }) => isStarted && !isEnded).map(({ id }) => id);
    while (this.processes.length > 0) {
      await this.signalAll('SIGKILL');
      await sleep(20);
    }
    return running;
  }

  /** Removes our files, unless a job has been started and is not collected yet. */
  async tidyUp(): Promise<boolean> {
    await this.signalAll('SIGSTOP');
    try {
      if (this.jobs.some(({ isStarted }) => isStarted)) return false;
      for (const name of this.files) rmSync(join(this.diskFolder, name), { recursive: true, force: true });
      return true;
    } finally {
      await this.signalAll('SIGCONT');
    }
  }

  /** Id of the experiment it is kept for now. */
  get keptFor(): string | undefined {
    try {
      return readlinkSync(join(this.base, 'lease')).split(':')[0];
    } catch {
      return undefined;
    }
  }

  removeController(): void {
    for (const name of this.files)
      if (name.includes('-ctl-')) rmSync(join(this.diskFolder, name), { force: true });
  }

  /** Leaves no byte free. */
  fillDisk(): () => void {
    return fill(join(this.diskFolder, 'filler'));
  }

  async end(): Promise<void> {
    await this.stopServer();
    await this.proxy?.stop();
    for (const pid of this.processes) signalOne(pid, 'SIGKILL');
    if (this.hasDisk) execFileSync('umount', ['-l', this.diskFolder]);
  }

  private async signalAll(signal: NodeJS.Signals): Promise<void> {
    let known = 0;
    for (;;) {
      const { processes } = this;
      for (const pid of processes) signalOne(pid, signal);
      if (processes.length <= known) return;
      known = processes.length;
      await sleep(5);
    }
  }
}

/** Fills the disk a file is on by that file; returns what removes it. */
export function fill(file: string): () => void {
  const handle = openSync(file, 'w');
  for (const size of [2 ** 20, 4096, 1]) {
    const zeros = Buffer.alloc(size);
    try {
      for (;;) writeSync(handle, zeros);
    } catch {
      // Full, for pieces of this size.
    }
  }
  closeSync(handle);
  return () => rmSync(file, { force: true });
}

function isMarked(pid: string, mark: string): boolean {
  try {
    if (!readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark)) return false;
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

function signalOne(pid: number, signal: NodeJS.Signals): void {
  if (!(pid > 1)) return;
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}
