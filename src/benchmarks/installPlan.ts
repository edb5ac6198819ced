import { longestAnswer } from './answers';
import { isPackageName } from './archive';
import type { CheckResult, MissingCheck } from './check';
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

/** All that a guest lacks and can have, in one command. */
export interface InstallPlan {
  readonly packages: readonly string[];
  /** Further names of packages that have some, for when the first cannot be had. */
  readonly otherNames?: ReadonlyMap<string, readonly string[]>;
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
  for (const line of output.slice(0, longestAnswer).split(/\r?\n/)) {
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

/**
 * One command for all that is missing and can be had, each package once. undefined: nothing is missing, or the
 * archives have nothing of it.
 */
export function installPlan(system: GuestSystem, checks: Iterable<CheckResult>): InstallPlan | undefined {
  const groups = [...checks].flatMap((check) => (check.state === 'missing' ? groupsOf(check) : []));
  const otherNames = new Map<string, readonly string[]>();
  for (const [name = '', ...others] of groups) {
    const known = otherNames.get(name) ?? [];
    otherNames.set(name, [...known, ...others.filter((other) => !known.includes(other))]);
  }
  const packages = [...otherNames.keys()];
  if (packages.length === 0) return undefined;
  const { manager, privilege, lists } = system;
  return {
    packages,
    otherNames: new Map([...otherNames].filter(([, others]) => others.length > 0)),
    privilege,
    install: manager && [...installWords(manager), ...packages],
    update: manager === 'apt-get' && lists === 'missing' ? updateWords : undefined,
  };
}

/** What to install for a check, without what the archives do not have: each package under its names. */
function groupsOf({ wanted, package: text, absent = [] }: MissingCheck): readonly (readonly string[])[] {
  const names = text.split(/\s+/).filter(isPackageName);
  const isAbsent = (name: string): boolean => absent.some((group) => group.includes(name));
  const chosen = names.filter((name) => !isAbsent(name));
  return chosen.map((name) => {
    const group = wanted?.find((candidates) => candidates.includes(name)) ?? [];
    return [name, ...group.filter((other) => other !== name && isPackageName(other))];
  });
}

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
export type InstallTrouble =
  /** The archives cannot be reached. */
  | 'offline'
  /** An archive no longer has what the package lists name, or has moved. */
  | 'stale'
  | 'locked'
  | 'space'
  | 'read-only'
  | 'unknown-package'
  /** Something else that a package needs cannot be had, or contradicts what is installed or held back. */
  | 'dependencies'
  /** An earlier installation was cut off midway and has to be finished first. */
  | 'interrupted'
  /** The lists are too old or from the future: the clock of the guest, or an archive that nobody keeps up. */
  | 'clock'
  /** A signature or a certificate does not pass. */
  | 'untrusted'
  | 'other';

/**
 * What the package managers say, in the C locale; the first that matches counts. Several lines of one output may
 * match: a full disk or a lost network also makes packages unknown, and an untrusted archive reads like a lost one.
 */
const signs: readonly (readonly [InstallTrouble, RegExp])[] = [
  [
    'space',
    /no space left on device|disk quota exceeded|(?:enough|not enough|too little|insufficient)(?: free)?(?: disk)? space|(?:needs|at least) \d+\s*\S* (?:more )?(?:space|inodes)(?: needed)? on|more (?:space|inodes) needed on|disk requirements:|partition .*(?:too full|free blocks)|curl error \(23\)|failed writing (?:received data|body)/i,
  ],
  ['read-only', /read-only file ?system|mounted read-only|\(30: read-only/i],
  [
    'interrupted',
    /dpkg was interrupted|dpkg --configure -a|unfinished transactions|yum-complete-transaction|rpmdb open failed|rpmdb: .*(?:panic|damaged)|database disk image is malformed/i,
  ],
  [
    'locked',
    /could not get lock|unable to (?:acquire|lock)|is another process using it|system management is locked|unable to lock database|(?:waiting|failed|unable) (?:for|to (?:obtain|acquire|get))[^\n]*\block\b|existing lock \S+: another copy|can't create transaction lock|could not lock database/i,
  ],
  [
    'clock',
    /not valid yet|is not yet valid|release file [^\n]*expired|is expired \(invalid since|certificate has expired|repomd[^\n]*(?:too old|expired)|does not have a valid date|created in the future/i,
  ],
  [
    'untrusted',
    /no_pubkey|checking of packages via gpg|is unsigned|expkeysig|keyexpired|is not signed|no longer signed|not available as gpg|couldn't be verified|could ?n.t be authenticated|cannot be authenticated|unauthenticated packages|gpg check failed|gpg key retrieval failed|signature verification failed|signature could not be|public key (?:for|is not)|untrusted signature|is unknown trust|invalid or corrupted package|bad signature|openpgp check|curl error \((?:51|58|60|77|82)\)|ssl certificate problem|certificate verif(?:y|ication) failed|peer's? certificate|peer certificate/i,
  ],
  [
    'offline',
    /temporary failure (?:resolving|in name resolution)|could ?n.t (?:resolve|connect)|could not (?:resolve|connect to)|cannot initiate the connection|connection (?:timed out|failed|refused|reset)|connect timed out|operation (?:timed out|too slow)|timeout was reached|network is unreachable|network unreachable|no route to host|name does not resolve|name or service not known|temporary error \(try again later\)|network error|dns lookup error|dns: transient error|curl error \((?:5|6|7|18|28|35|52|55|56)\)|failed to connect to/i,
  ],
  [
    'stale',
    /\b404 +not found|(?:error:?|code:?|curl error \(22\)[^\n]*) ?40[34]\b|returned error: 4\d\d|40[34] -|hash sum mismatch|checksum (?:doesn't match|mismatch|error)|digest mismatch|file has unexpected size|(?:does not|no longer) ha(?:ve|s) a release file|remote server returned error|bad archive mirror|not found on medium|repository type can't be determined|can't provide [^\n]*repomd|no more mirrors to try|downloaded [^\n]*no match|intended package checksum/i,
  ],
  [
    'offline',
    /failed to download metadata|cannot download repomd|cannot find a valid baseurl|cannot retrieve (?:repository metadata|metalink)|cannot prepare internal mirrorlist|valid metadata not found|failed to retrieve new repository metadata|download \(curl\) error|curl error|errors? during download|failed to (?:synchronize|update) (?:all|any|core|extra) ?databases|failed retrieving file/i,
  ],
  [
    'unknown-package',
    /unable to locate package|has no installation candidate|couldn't find any package by|no match for argument|unable to find a match|no package \S+ available|no provider of|no such package|not found in package names|target not found|nothing to do.*no package/i,
  ],
  [
    'dependencies',
    /unmet dependencies|held broken packages|you have held|broken packages|fix-broken|nothing provides|conflicting requests|package \S+ requires|requires: |is required by|conflicts? with|file conflicts|could not satisfy dependencies|unable to satisfy dependency|dependency problems|choose from above solutions|problem: |required by:|masked in|breaks: |modular filtering|unresolvable package conflicts/i,
  ],
  ['unknown-package', /unable to select packages/i],
];

/** Lines of a manager that waits for another one: it may have gone on afterwards, and failed for another reason. */
const waiting =
  /^.*(?:waiting for (?:cache lock|repository lock|process with pid)|another app is currently holding).*$/gim;

/** Lines of sudo and doas themselves: a host without its own name in /etc/hosts is not an archive out of reach. */
const ofPrivilege = /^(?:sudo|doas): .*$/gim;

/** Reads the output of a package manager that failed, in the C locale. */
export function troubleOf(output: string): InstallTrouble {
  const managers = shortened(output).replaceAll(ofPrivilege, '');
  const said = managers.replaceAll(waiting, '');
  const found = signs.find(([, sign]) => sign.test(said));
  return found?.[0] ?? (said === managers ? 'other' : 'locked');
}

/** Longer outputs of package managers are read at both ends, and longer lines at their beginning. */
const mostSaid = 256 * 1024;

function shortened(output: string): string {
  const half = mostSaid / 2;
  const ends = output.length > mostSaid ? `${output.slice(0, half)}\n${output.slice(-half)}` : output;
  return ends.replaceAll(/^(.{1000}).+$/gm, '$1');
}

/** Packages that a package manager passed over although it ended well (yum does). */
export function passedOver(output: string): readonly string[] {
  return [...output.matchAll(/^no package (\S+) available/gim)].flatMap(([, name]) =>
    name === undefined ? [] : [name.replace(/\.$/, '')],
  );
}
