import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRoot, needs } from '../support/needs';
import type { Target } from '../../src/ssh/transport';
import { childrenOf, freePort, hasSshd, makeKey, publicKeyOf } from './sshServer';

/** Namespaces of processes and mounts can be made here. */
const ownNamespaces = ['--mount', '--pid', '--fork', '--mount-proc'];
/**
 * In a chroot whose root is no mount point, `unshare` cannot make all mounts private; there they are left as they are,
 * which is harmless where they are private already.
 */
export const namespaces = [ownNamespaces, ['--propagation', 'unchanged', ...ownNamespaces]].find(
  (words) => spawnSync('unshare', [...words, 'true']).status === 0,
);
export const needsMachines = needs({
  sshd: hasSshd,
  root: isRoot,
  'namespaces of processes and mounts': namespaces !== undefined,
});

/** Between the end of one boot and the beginning of the next. */
const downMs = 1_500;

/**
 * A machine that can be rebooted: a real OpenSSH server in namespaces of its own, whose process ids, boot id and
 * `reboot` command are its own too. `reboot` ends every process of it; after a while it starts anew.
 */
export class Machine {
  readonly folder = mkdtempSync(join(tmpdir(), 'gb-machine-'));
  readonly prefix = join(this.folder, 'guestbench');
  /** Ids of the boots so far, the first one included. */
  readonly boots: string[] = [];
  private port = 0;
  private process: ChildProcess | undefined;
  private isEnding = false;
  private readonly clientKey = makeKey(this.folder, 'client');
  private readonly hostKey = makeKey(this.folder, 'host');

  static async start(): Promise<Machine> {
    const machine = new Machine();
    machine.port = await freePort();
    machine.install();
    await machine.boot();
    return machine;
  }

  /** The file of known hosts with its key. */
  get knownHosts(): string {
    return join(this.folder, 'known_hosts');
  }

  get target(): Target {
    return {
      name: 'machine',
      address: '127.0.0.1',
      port: this.port,
      user: userInfo().username,
      identityFiles: [this.clientKey],
      identitiesOnly: true,
      agent: undefined,
      jumps: [],
    };
  }

  /** How often `reboot` was run on it. */
  get requests(): number {
    const file = join(this.folder, 'requests');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0;
  }

  /** What its `reboot` does from now on. `deaf`: it says yes and does nothing; `forbidden`: it says no. */
  onReboot(how: 'reboots' | 'deaf' | 'forbidden'): void {
    const note = `echo asked >>'${this.folder}/requests'`;
    const act = {
      // The first process takes all others with it.
      reboots: `touch '${this.folder}/again'; kill -s TERM 1`,
      deaf: 'exit 0',
      forbidden: 'echo "Operation not permitted" >&2; exit 1',
    }[how];
    const file = join(this.folder, 'bin/reboot');
    writeFileSync(file, `#!/bin/sh\n${note}\n${act}\n`);
    chmodSync(file, 0o755);
  }

  /** A program of this name in its path that sleeps. */
  installSleeper(name: string): void {
    writeFileSync(join(this.folder, 'bin', name), readFileSync('/bin/sleep'), { mode: 0o755 });
  }

  /** Resolves when a process of this name is there. */
  async shows(name: string): Promise<void> {
    const { pid } = this.process ?? {};
    const isThere = (): boolean =>
      readdirSync('/proc').some(
        (entry) => /^\d+$/.test(entry) && nameOf(entry) === name && isIn(entry, pid ?? 0),
      );
    while (!isThere()) await sleep(10);
  }

  /** Runs a command on it beside everything else, until it is ended. */
  run(command: string): { end(): Promise<void> } {
    const words = ['-t', String(this.firstPid()), '-p', '-m', '-r', 'setsid', '/bin/sh', '-c', command];
    const env = { ...process.env, PATH: `${this.folder}/bin:${process.env['PATH'] ?? ''}` };
    const inside = spawn('nsenter', words, { stdio: 'ignore', env, detached: true });
    const ended = new Promise<void>((resolve) => inside.once('exit', () => resolve()));
    return {
      end: async () => {
        // The session was made inside, so its processes are found as children.
        for (const pid of descendants(inside.pid ?? 0)) end(pid);
        await ended;
      },
    };
  }

  async stop(): Promise<void> {
    this.isEnding = true;
    const ended = new Promise((resolve) => this.process?.once('exit', resolve));
    if (this.process?.exitCode === null && this.process.signalCode === null) {
      this.process.kill('SIGKILL');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private install(): void {
    mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    // Other accounts are let in, too.
    chmodSync(this.folder, 0o755);
    mkdirSync(join(this.folder, 'bin'));
    this.onReboot('reboots');
    const authorized = join(this.folder, 'authorized_keys');
    writeFileSync(authorized, `${publicKeyOf(this.clientKey)}\n`);
    const hostKey = publicKeyOf(this.hostKey).split(' ').slice(0, 2).join(' ');
    writeFileSync(this.knownHosts, `[127.0.0.1]:${this.port} ${hostKey}\n`);
    const lines = [
      `ListenAddress 127.0.0.1:${this.port}`,
      `HostKey ${this.hostKey}`,
      `AuthorizedKeysFile ${authorized}`,
      `PidFile ${join(this.folder, 'pid')}`,
      `SetEnv GUESTBENCH_PREFIX=${this.prefix} PATH=${join(this.folder, 'bin')}:/usr/bin:/bin`,
      'UsePAM no',
      'StrictModes no',
      'PermitRootLogin yes',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'LogLevel ERROR',
    ];
    writeFileSync(join(this.folder, 'sshd_config'), `${lines.join('\n')}\n`);
    const script = [
      `mount --bind '${this.folder}/boot_id' /proc/sys/kernel/random/boot_id`,
      `exec /usr/sbin/sshd -D -e -f '${this.folder}/sshd_config'`,
    ];
    writeFileSync(join(this.folder, 'init'), `${script.join('\n')}\n`);
  }

  private async boot(): Promise<void> {
    const id = randomUUID();
    this.boots.push(id);
    writeFileSync(join(this.folder, 'boot_id'), `${id}\n`);
    const pidFile = join(this.folder, 'pid');
    rmSync(pidFile, { force: true });
    const words = [...(namespaces ?? []), '--kill-child', '/bin/sh', `${this.folder}/init`];
    const process_ = spawn('unshare', words, { stdio: 'ignore' });
    this.process = process_;
    process_.once('exit', () => void this.wentDown());
    // Written once it listens.
    while (process_.exitCode === null && process_.signalCode === null && !existsSync(pidFile))
      await sleep(20);
  }

  private async wentDown(): Promise<void> {
    const again = join(this.folder, 'again');
    if (this.isEnding || !existsSync(again)) return;
    rmSync(again);
    await sleep(downMs);
    if (!this.isEnding) await this.boot();
  }

  private firstPid(): number {
    const { pid } = this.process ?? {};
    if (pid === undefined) throw new Error('The machine is down.');
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
  }
}

function descendants(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [...descendants(child), child]);
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

function nameOf(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Whether it belongs to the machine whose outermost process has the number `outer`. */
function isIn(pid: string, outer: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`) === readlinkSync(`/proc/${outer}/ns/pid_for_children`);
  } catch {
    return false;
  }
}
