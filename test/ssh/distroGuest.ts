import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isRoot } from '../support/needs';
import type { Target } from '../../src/ssh/transport';
import { namespaces } from './machine';
import { freePort, hasSshd, makeKey, publicKeyOf } from './sshServer';

const everyManager = [
  'apt-get',
  'apt',
  'aptitude',
  'apt-cache',
  'dpkg',
  'dnf',
  'yum',
  'zypper',
  'apk',
  'pacman',
];

/** Puts a filesystem of its own over this machine's, where nothing that is written reaches the machine. */
const overlay = (box: string): readonly string[] => [
  `mount -t tmpfs -o mode=755 tmpfs '${box}'`,
  `mkdir '${box}/up' '${box}/work' '${box}/root'`,
  `mount -t overlay overlay -o 'lowerdir=/,upperdir=${box}/up,workdir=${box}/work' '${box}/root'`,
];

function canOverlay(): boolean {
  if (!isRoot || namespaces === undefined) return false;
  const box = mkdtempSync(join(tmpdir(), 'gb-overlay-'));
  const { status } = spawnSync('unshare', [...namespaces, '/bin/sh', '-ec', overlay(box).join('\n')]);
  rmSync(box, { recursive: true, force: true });
  return status === 0;
}

export const distroGuestNeeds = { sshd: hasSshd, root: isRoot, 'mounts of overlayfs': canOverlay() };

export interface DistroGuestOptions {
  /** The only package manager that the guest has. */
  readonly manager: 'dnf' | 'zypper';
  /** Configuration files of the guest by their path below /etc. */
  readonly etc: Readonly<Record<string, string>>;
  /** Programs of this machine that the guest does not have. */
  readonly without: readonly string[];
}

/**
 * A guest with one package manager: this machine's files under an overlay in namespaces of its own, with its own
 * OpenSSH server on the loopback. Everything of it is gone when its first process is, also when the tests are killed:
 * the mounts are in its namespace, and it ends itself once nobody holds its standard input. /opt has three MiB.
 */
export class DistroGuest {
  private constructor(
    readonly folder: string,
    readonly target: Target,
    private readonly process: ChildProcess,
  ) {}

  get knownHosts(): string {
    return join(this.folder, 'known_hosts');
  }

  static async start({ manager, etc, without }: DistroGuestOptions): Promise<DistroGuest> {
    const folder = mkdtempSync(join(tmpdir(), 'gb-distro-'));
    const [box, files] = [join(folder, 'box'), join(folder, 'etc')];
    mkdirSync(box);
    const port = await freePort();
    const [host, client] = ['host', 'client'].map((name) => makeKey(folder, name)) as [string, string];
    const hostKey = publicKeyOf(host).split(' ').slice(0, 2).join(' ');
    writeFileSync(join(folder, 'known_hosts'), `[127.0.0.1]:${port} ${hostKey}\n`);
    const config = [
      `ListenAddress 127.0.0.1:${port}`,
      'HostKey /etc/gb-guest/host',
      'AuthorizedKeysFile /etc/gb-guest/authorized_keys',
      'PidFile none',
      'SetEnv GUESTBENCH_PREFIX=/var/tmp/gb-guest',
      'UsePAM no',
      'StrictModes no',
      'PermitRootLogin yes',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
    ];
    const all = {
      ...etc,
      'os-release': `ID=${manager}\nNAME="A guest with ${manager}"\n`,
      // Debian's rpm keeps its database elsewhere, which the other managers do not know.
      'rpm/macros': '%_dbpath /var/lib/rpm\n',
      'gb-guest/sshd_config': `${config.join('\n')}\n`,
      'gb-guest/authorized_keys': `${publicKeyOf(client)}\n`,
    };
    for (const [path, text] of Object.entries(all)) {
      mkdirSync(dirname(join(files, path)), { recursive: true });
      writeFileSync(join(files, path), text);
    }
    const gone = [...everyManager.filter((name) => name !== manager), ...without];
    const script = [
      'set -e',
      'exec 3<&0 </dev/null',
      ...overlay(box),
      `cd '${box}/root'`,
      'mount -t proc proc proc; mount -t tmpfs -o mode=755 tmpfs run; mount -t tmpfs -o size=3m tmpfs opt',
      'mount -t tmpfs -o mode=755 tmpfs dev',
      'for d in null zero full random urandom tty; do : >dev/$d; mount --bind /dev/$d dev/$d; done',
      'ln -s /proc/self/fd dev/fd; mkdir run/sshd',
      `for p in ${gone.join(' ')}; do rm -f usr/bin/$p usr/sbin/$p usr/local/bin/$p; done`,
      'rm -rf etc/yum.repos.d etc/zypp/repos.d etc/os-release var/lib/rpm var/cache/dnf var/cache/zypp; mkdir -p var/lib/rpm',
      `cp -R '${files}/.' etc/; cp '${host}' etc/gb-guest/host; chmod 600 etc/gb-guest/host`,
      '(cat <&3 >/dev/null; kill -s TERM 1) &',
      'exec 3<&-',
      'exec chroot . /usr/sbin/sshd -D -e -f /etc/gb-guest/sshd_config',
    ];
    const words = [...(namespaces ?? []), '--kill-child', '/bin/sh', '-c', script.join('\n')];
    const process_ = spawn('unshare', words, { stdio: ['pipe', 'ignore', 'pipe'] });
    let said = '';
    await new Promise<void>((resolve, reject) => {
      process_.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes('listening on')) resolve();
      });
      process_.once('exit', () => reject(new Error(`The guest did not start: ${said}`)));
    });
    const target: Target = {
      name: manager,
      address: '127.0.0.1',
      port,
      user: 'root',
      identityFiles: [client],
      identitiesOnly: true,
      agent: undefined,
      jumps: [],
    };
    return new DistroGuest(folder, target, process_);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill('SIGKILL');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
