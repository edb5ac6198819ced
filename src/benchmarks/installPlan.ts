import type { CheckResult } from './check';
import { installWords, packageManagers, updateWords, type PackageManager } from './packageManagers';

/**
 * How an account becomes root: it is root, sudo does not ask, sudo asks for the account's password, doas does not
 * ask, or in no way that works without a terminal.
 */
const privileges = ['root', 'sudo', 'sudo-password', 'doas', 'none'] as const;
export type Privilege = (typeof privileges)[number];

/** What a guest has to install packages with. */
export interface GuestSystem {
  readonly user: string;
  readonly manager: PackageManager | undefined;
  readonly privilege: Privilege;
  /** The package lists of apt; the other managers fetch theirs by themselves. */
  readonly lists: 'there' | 'missing';
}

/** All that a guest lacks, in one command. */
export interface InstallPlan {
  readonly packages: readonly string[];
  readonly privilege: Privilege;
  /** Without what makes it run as root; undefined: the guest has no package manager that we know. */
  readonly install: readonly string[] | undefined;
  /** Run before it; undefined: not needed. */
  readonly update: readonly string[] | undefined;
}

const mark = 'guestbench-system: ';

/** Prints what `parseSystem` reads. Asks sudo nothing that could be answered with a question. */
export const systemScript = [
  `gb_say() { printf '${mark}%s\\n' "$1"; }`,
  'gb_has() { command -v "$1" >/dev/null 2>&1; }',
  'gb_say "user=$(id -un 2>/dev/null || id -u)"',
  `for gb_m in ${packageManagers.join(' ')}; do`,
  '  if gb_has "$gb_m"; then gb_say "manager=$gb_m"; break; fi',
  'done',
  'if [ "$(id -u)" = 0 ]; then gb_say privilege=root',
  'elif gb_has sudo && sudo -n true >/dev/null 2>&1; then gb_say privilege=sudo',
  'elif gb_has doas && doas -n true >/dev/null 2>&1; then gb_say privilege=doas',
  'elif gb_has sudo; then gb_say privilege=sudo-password',
  'else gb_say privilege=none',
  'fi',
  'set -- /var/lib/apt/lists/*_Packages*',
  'if [ -e "$1" ]; then gb_say lists=there; else gb_say lists=missing; fi',
  'gb_say end',
  '',
].join('\n');

/** Reads what `systemScript` printed; what it does not say is taken for absent. */
export function parseSystem(output: string): GuestSystem {
  const fields = new Map<string, string>();
  for (const line of output.split(/\r?\n/)) {
    const text = line.startsWith(mark) ? line.slice(mark.length) : '';
    const equals = text.indexOf('=');
    if (equals > 0) fields.set(text.slice(0, equals), text.slice(equals + 1).trim());
  }
  return {
    user: fields.get('user') ?? '',
    manager: packageManagers.find((manager) => manager === fields.get('manager')),
    privilege: privileges.find((privilege) => privilege === fields.get('privilege')) ?? 'none',
    lists: fields.get('lists') === 'missing' ? 'missing' : 'there',
  };
}

/** One command for all that is missing, each package once; undefined: no package is missing. */
export function installPlan(system: GuestSystem, checks: Iterable<CheckResult>): InstallPlan | undefined {
  const names = [...checks].flatMap((check) =>
    check.state === 'missing' ? check.package.split(/\s+/).filter(isPackageName) : [],
  );
  const packages = [...new Set(names)];
  if (packages.length === 0) return undefined;
  const { manager, privilege, lists } = system;
  return {
    packages,
    privilege,
    install: manager && [...installWords(manager), ...packages],
    update: manager === 'apt-get' && lists === 'missing' ? updateWords : undefined,
  };
}

/** No option and nothing for a shell, whatever a guest answers. */
const isPackageName = (word: string): boolean => /^[A-Za-z0-9][\w.+:@~-]*$/.test(word);

/** A command as it is run, and as a person would type it: a password is typed, or given on standard input. */
export function shownCommand(words: readonly string[], privilege: Privilege): string {
  return [...prefixes[privilege], ...words].join(' ');
}

const prefixes: Readonly<Record<Privilege, readonly string[]>> = {
  root: [],
  sudo: ['sudo', '-n'],
  'sudo-password': ['sudo'],
  doas: ['doas', '-n'],
  none: [],
};

/** The commands of a plan, in their order. */
export function shownCommands({ update, install, privilege }: InstallPlan): readonly string[] {
  return [update, install].flatMap((words) => (words ? [shownCommand(words, privilege)] : []));
}

/** Why an installation failed, as far as its output tells. */
export type InstallTrouble = 'offline' | 'stale' | 'locked' | 'space' | 'unknown-package' | 'other';

const signs: readonly (readonly [InstallTrouble, RegExp])[] = [
  ['space', /no space left on device|enough free space|needs \d+\S* (?:more )?space on/i],
  [
    'locked',
    /could not get lock|unable to (?:acquire|lock)|is another process using it|system management is locked|unable to lock database/i,
  ],
  [
    'offline',
    /temporary failure resolving|could not resolve|could not connect to|cannot initiate the connection|connection timed out|connection failed|network is unreachable|no route to host|failed to download metadata|cannot download repomd|cannot find a valid baseurl|curl error|name does not resolve|temporary error \(try again later\)|network error|dns lookup error|download \(curl\) error/i,
  ],
  ['stale', /\b404\b|hash sum mismatch|file has unexpected size/i],
  [
    'unknown-package',
    /unable to locate package|has no installation candidate|no match for argument|no package \S+ available|no provider of|unable to select packages|not found in package names/i,
  ],
];

/** Reads the output of a package manager that failed, in the C locale. */
export function troubleOf(output: string): InstallTrouble {
  return signs.find(([, sign]) => sign.test(output))?.[0] ?? 'other';
}
