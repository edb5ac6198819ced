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

const refreshing: Readonly<Record<PackageManager, readonly string[]>> = {
  'apt-get': updateWords,
  dnf: ['dnf', '-y', '--refresh', 'makecache'],
  yum: ['yum', '-y', 'clean', 'expire-cache'],
  zypper: ['zypper', '--non-interactive', 'refresh'],
  apk: ['apk', '--wait', `${lockWaitSeconds}`, 'update'],
};

/** The words of the command that fetches the package lists anew when they turned out to be old. */
export function refreshWords(manager: PackageManager): readonly string[] {
  return refreshing[manager];
}

/** The manager that a command calls; undefined: none that is known. Paths count by their last part. */
export function managerOf(words: readonly string[]): PackageManager | undefined {
  const names = words.map((word) => word.slice(word.lastIndexOf('/') + 1));
  return packageManagers.find((manager) => names.includes(manager));
}

/** Where packages are that a distribution's first archives do not have, as the end of "It may be in ...". */
export const furtherArchives: Readonly<Record<PackageManager, string>> = {
  'apt-get': "the distribution's further components (universe on Ubuntu) or its backports",
  dnf: 'EPEL (the package epel-release)',
  yum: 'EPEL (the package epel-release)',
  zypper: 'PackageHub or the Open Build Service',
  apk: "Alpine's community repository",
};
