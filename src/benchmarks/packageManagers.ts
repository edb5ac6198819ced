export const packageManagers = ['apt-get', 'dnf', 'yum', 'zypper', 'apk'] as const;
export type PackageManager = (typeof packageManagers)[number];

/** How long a package manager waits for another process that holds its lock (unattended-upgrades), in seconds. */
export const lockWaitSeconds = 120;

const commands: Readonly<Record<PackageManager, readonly string[]>> = {
  'apt-get': [
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    'install',
    '-y',
    '--no-install-recommends',
    '-o',
    `DPkg::Lock::Timeout=${lockWaitSeconds}`,
  ],
  // These two wait for the lock by themselves.
  dnf: ['dnf', '-y', 'install'],
  yum: ['yum', '-y', 'install'],
  // Gives up at once: whoever runs it tries again.
  zypper: ['zypper', '--non-interactive', 'install', '--no-recommends'],
  apk: ['apk', '--wait', `${lockWaitSeconds}`, 'add'],
};

/** The words of the command that installs what is named behind them. */
export function installWords(manager: PackageManager): readonly string[] {
  return commands[manager];
}

/** Fetches the package lists of apt; the other managers do so by themselves. */
export const updateWords: readonly string[] = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', 'update'];
