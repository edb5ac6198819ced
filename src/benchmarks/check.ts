import { longestAnswer } from './answers';
import { archiveFunctions } from './archive';
import { installWords, packageManagers, updateWords, type PackageManager } from './packageManagers';

export { packageManagers, type PackageManager } from './packageManagers';

/** Why a benchmark cannot run although its tools may be there; `other` is told by the reason alone. */
export const problemKinds = ['space', 'architecture', 'source', 'other'] as const;
export type ProblemKind = (typeof problemKinds)[number];

/** What the `check` phase of a benchmark found on a guest. */
export type CheckResult =
  | { readonly state: 'ready'; readonly version: string }
  | MissingCheck
  | { readonly state: 'problem'; readonly kind: ProblemKind; readonly reason: string };

/** A tool that was not found. */
export interface MissingCheck {
  readonly state: 'missing';
  readonly command: string;
  /** What to install with the guest's package manager; blanks between several. */
  readonly package: string;
  /** The exact command that installs it, or undefined when the guest has no known package manager. */
  readonly install: string | undefined;
  /** The names that each needed package may have, the preferred one first; absent: as `package` says. */
  readonly wanted?: readonly (readonly string[])[];
  /** Needed packages that the guest's archives were asked for and have under none of their names. */
  readonly absent?: readonly (readonly string[])[];
  /** Where packages are that those archives lack, as the end of "It may be in ...". */
  readonly elsewhere?: string;
}

/** Names per manager, the preferred one first; the first that the manager knows is installed. None: not needed. */
export type PackageNames = Readonly<Record<PackageManager, readonly string[]>>;

/** One package, or several that are all needed. */
export type Packages = PackageNames | readonly PackageNames[];

/** The same name everywhere. */
export const samePackage = (name: string): PackageNames => ({
  'apt-get': [name],
  dnf: [name],
  yum: [name],
  zypper: [name],
  apk: [name],
});

/** Exit status of `install` when packages may not be installed: neither root nor `sudo -n`. */
export const noPrivilegeExitCode = 77;
/** Exit status of `install` when the guest has none of the known package managers. */
export const noManagerExitCode = 78;
/** Exit status of `install` when all that the archives have is installed, and they do not have everything. */
export const notAllExitCode = 79;

const mark = 'guestbench-check: ';

/**
 * Reads what a check script printed: lines `guestbench-check: key=value`, of which the last is `end`. Anything
 * else (a login's greeting, warnings) is passed over; an answer without its end is a problem, not a verdict.
 */
export function parseCheck(output: string): CheckResult {
  if (output.length > longestAnswer) {
    const most = `${longestAnswer / 1024} KiB`;
    return {
      state: 'problem',
      kind: 'other',
      reason: `the check printed more than the ${most} that are read`,
    };
  }
  const lines = output.split(/\r?\n/);
  const fields = new Map<string, string>();
  let ended = false;
  for (const line of lines) {
    if (!line.startsWith(mark)) continue;
    const text = line.slice(mark.length);
    if (text === 'end') ended = true;
    const equals = text.indexOf('=');
    if (equals > 0) fields.set(text.slice(0, equals), text.slice(equals + 1).trim());
  }
  if (!ended) {
    const last = lines.findLast((line) => line.trim() !== '' && !line.startsWith(mark))?.trim();
    const said = last === undefined ? 'it printed nothing else' : `its last line: "${last.slice(0, 200)}"`;
    return { state: 'problem', kind: 'other', reason: `the check did not come to its end; ${said}` };
  }
  const field = (name: string): string => fields.get(name) ?? '';
  switch (field('state')) {
    case 'ready':
      if (field('version') === '') break;
      return { state: 'ready', version: field('version') };
    case 'missing':
      if (field('command') === '' || field('package') === '') break;
      return {
        state: 'missing',
        command: field('command'),
        package: field('package'),
        install: field('install') || undefined,
        ...(field('wanted') === '' ? {} : { wanted: groupsIn(field('wanted')) }),
      };
    case 'problem':
      if (field('reason') === '') break;
      return { state: 'problem', kind: problemKind(field('kind')), reason: field('reason') };
  }
  const reason = `the check answered with something unknown: state="${field('state')}"`;
  return { state: 'problem', kind: 'other', reason };
}

/** `7zip|p7zip perl` is two packages, the first under either name. */
const groupsIn = (text: string): readonly (readonly string[])[] =>
  text.split(/\s+/).map((group) => group.split('|').filter((name) => name !== ''));

const problemKind = (text: string): ProblemKind => problemKinds.find((kind) => kind === text) ?? 'other';

const groupsOf = (packages: Packages): readonly PackageNames[] =>
  'apt-get' in packages ? [packages] : packages;

/**
 * Shell functions of check and install: gb_manager prints the package manager, gb_groups the packages under it with
 * their alternatives (`7zip|p7zip perl`), gb_package one name of each, and gb_command the command that installs
 * them (with `sudo -n` unless we are root).
 */
function packageFunctions(packages: Packages): string {
  const cases = packageManagers.map((manager) => {
    const groups = groupsOf(packages).filter((names) => names[manager].length > 0);
    return `    ${manager}) echo '${groups.map((names) => names[manager].join('|')).join(' ')}' ;;`;
  });
  return [
    'gb_manager() {',
    `  for gb_m in ${packageManagers.join(' ')}; do`,
    '    if command -v "$gb_m" >/dev/null 2>&1; then echo "$gb_m"; return 0; fi',
    '  done',
    '  return 1',
    '}',
    'gb_names() { (IFS="| "; for gb_n in $1; do echo "$gb_n"; done); }',
    'gb_choice() {',
    '  case "$1" in',
    '    *"|"*)',
    '      for gb_p in $(gb_names "$1"); do',
    '        case "$gb_manager" in',
    '          apt-get) [ -n "$(apt-cache show "$gb_p" 2>/dev/null)" ] && { echo "$gb_p"; return 0; } ;;',
    '          apk) [ -n "$(apk search -e "$gb_p" 2>/dev/null)" ] && { echo "$gb_p"; return 0; } ;;',
    '          *) break ;;',
    '        esac',
    '      done ;;',
    '  esac',
    '  echo "${1%%|*}"',
    '}',
    'gb_groups() {',
    '  case "$1" in',
    ...cases,
    '  esac',
    '}',
    'gb_package() {',
    '  gb_all=',
    '  for gb_group in $(gb_groups "$1"); do gb_all="$gb_all${gb_all:+ }$(gb_choice "$gb_group")"; done',
    '  echo "$gb_all"',
    '}',
    'gb_command() {',
    '  case "$1" in',
    ...packageManagers.map(
      (manager) => `    ${manager}) echo "\${gb_as}${installWords(manager).join(' ')} $2" ;;`,
    ),
    '  esac',
    '}',
    'gb_manager=$(gb_manager) || gb_manager=',
    'gb_as="sudo -n "',
    'if [ "$(id -u)" = 0 ]; then gb_as=; fi',
  ].join('\n');
}

export interface CheckPlan {
  /** Commands of which one is enough. */
  readonly commands: readonly string[];
  /** Further commands that must be there: one of each list. */
  readonly also?: readonly (readonly string[])[];
  readonly packages: Packages;
  /** Shell text that prints the version; `$gb_tool` is the command that was found. */
  readonly version: string;
  /** Shell text run when the tool is there; it may call `gb_problem "why" [kind]`, which ends the check. */
  readonly further?: string;
}

/** A check script: prints its verdict for `parseCheck` and always exits with 0. */
export function checkScript({ commands, also = [], packages, version, further }: CheckPlan): string {
  return [
    packageFunctions(packages),
    `gb_say() { printf '${mark}%s\\n' "$1"; }`,
    'gb_problem() { gb_say state=problem; gb_say "kind=${2:-other}"; gb_say "reason=$1"; gb_say end; exit 0; }',
    'gb_missing() {',
    '  gb_package=$(gb_package "${gb_manager:-apt-get}")',
    '  gb_say state=missing',
    '  gb_say "command=$1"',
    '  gb_say "package=$gb_package"',
    '  gb_say "wanted=$(gb_groups "${gb_manager:-apt-get}")"',
    '  if [ -n "$gb_manager" ]; then gb_say "install=$(gb_command "$gb_manager" "$gb_package")"; fi',
    '  gb_say end',
    '  exit 0',
    '}',
    'gb_find() {',
    '  for gb_tool in "$@"; do',
    '    if command -v "$gb_tool" >/dev/null 2>&1; then return 0; fi',
    '  done',
    '  gb_missing "$1"',
    '}',
    ...also.map((alternatives) => `gb_find ${alternatives.join(' ')}`),
    `gb_find ${commands.join(' ')}`,
    `gb_version=$(${version})`,
    'if [ -z "$gb_version" ]; then gb_problem "$gb_tool is there but did not tell its version"; fi',
    ...(further === undefined ? [] : [further]),
    'gb_say state=ready',
    'gb_say "version=$gb_version"',
    'gb_say end',
    'exit 0',
    '',
  ].join('\n');
}

/**
 * An install script: shows the exact command, then runs it. What the archives do not have is left out, and when the
 * command fails all the same, each package is installed by itself under the first of its names that works: one that
 * cannot be had never keeps another away. Needs root or a sudo that does not ask.
 */
export function installScript(packages: Packages): string {
  return [
    packageFunctions(packages),
    archiveFunctions,
    'gb_groups=$(gb_groups "${gb_manager:-apt-get}")',
    'gb_package=$(gb_package "${gb_manager:-apt-get}")',
    'if [ -z "$gb_manager" ]; then',
    `  echo "guestbench: no known package manager (${packageManagers.join(', ')}): install $gb_package by hand" >&2`,
    `  exit ${noManagerExitCode}`,
    'fi',
    'if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then',
    '  echo "guestbench: cannot install $gb_package: neither root nor allowed to use sudo without a password" >&2',
    '  echo "guestbench: as root, run: $(gb_command "$gb_manager" "$gb_package")" >&2',
    `  exit ${noPrivilegeExitCode}`,
    'fi',
    '# Sets gb_package to what the archives have, or may have, and gb_absent to what they do not.',
    'gb_choose() {',
    '  gb_ask_archive $(gb_names "$gb_groups")',
    '  gb_package= gb_absent=',
    '  for gb_group in $gb_groups; do',
    '    gb_chosen=',
    '    for gb_n in $(gb_names "$gb_group"); do',
    '      if gb_is_in "$gb_n" "$gb_installed"; then gb_chosen=-; break; fi',
    '      if gb_is_in "$gb_n" "$gb_offered"; then gb_chosen=$gb_n; break; fi',
    '    done',
    '    if [ -z "$gb_chosen" ] && [ "$gb_known" = yes ]; then gb_absent="$gb_absent $gb_group"; continue; fi',
    '    case "$gb_chosen" in -) ;; *) gb_package="$gb_package${gb_package:+ }${gb_chosen:-${gb_group%%|*}}" ;; esac',
    '  done',
    '}',
    '# The command is made of our own words only, so splitting it at blanks is safe.',
    'gb_run() { echo "guestbench: running: $1"; $1; }',
    'gb_try() { [ -z "$gb_package" ] || gb_run "$(gb_command "$gb_manager" "$gb_package")"; }',
    'gb_end() {',
    '  if [ -n "$gb_absent" ]; then',
    '    echo "guestbench: not in the package archives of this guest:$gb_absent" >&2',
    `    [ "$1" -ne 0 ] || exit ${notAllExitCode}`,
    '  fi',
    '  exit "$1"',
    '}',
    'gb_choose',
    'gb_try; gb_status=$?',
    'if [ "$gb_manager" = apt-get ]; then',
    '  # The package lists can be missing or old; only then are they fetched.',
    '  if [ "$gb_status" -ne 0 ] || [ -n "$gb_absent" ]; then',
    `    gb_run "\${gb_as}${updateWords.join(' ')}" || gb_status=$?`,
    '    gb_choose',
    '    gb_try; gb_status=$?',
    '  fi',
    'fi',
    'if [ "$gb_status" -eq 0 ]; then gb_end 0; fi',
    'gb_left=0',
    'for gb_group in $gb_groups; do',
    '  if gb_is_in "$gb_group" "$gb_absent "; then continue; fi',
    '  gb_one=1',
    '  for gb_n in $(gb_names "$gb_group"); do',
    '    if gb_is_in "$gb_n" "$gb_installed" || gb_run "$(gb_command "$gb_manager" "$gb_n")"; then gb_one=0; break; fi',
    '  done',
    '  if [ "$gb_one" -ne 0 ]; then echo "guestbench: could not install $gb_group" >&2; gb_left=$gb_status; fi',
    'done',
    'gb_end "$gb_left"',
    '',
  ].join('\n');
}
