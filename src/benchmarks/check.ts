import { installWords, packageManagers, updateWords, type PackageManager } from './packageManagers';

export { packageManagers, type PackageManager } from './packageManagers';

/** Why a benchmark cannot run although its tools may be there; `other` is told by the reason alone. */
export const problemKinds = ['space', 'architecture', 'source', 'other'] as const;
export type ProblemKind = (typeof problemKinds)[number];

/** What the `check` phase of a benchmark found on a guest. */
export type CheckResult =
  | { readonly state: 'ready'; readonly version: string }
  | {
      readonly state: 'missing';
      readonly command: string;
      /** What to install with the guest's package manager; blanks between several. */
      readonly package: string;
      /** The exact command that installs it, or undefined when the guest has no known package manager. */
      readonly install: string | undefined;
    }
  | { readonly state: 'problem'; readonly kind: ProblemKind; readonly reason: string };

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

const mark = 'guestbench-check: ';

/**
 * Reads what a check script printed: lines `guestbench-check: key=value`, of which the last is `end`. Anything
 * else (a login's greeting, warnings) is passed over; an answer without its end is a problem, not a verdict.
 */
export function parseCheck(output: string): CheckResult {
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
      };
    case 'problem':
      if (field('reason') === '') break;
      return { state: 'problem', kind: problemKind(field('kind')), reason: field('reason') };
  }
  const reason = `the check answered with something unknown: state="${field('state')}"`;
  return { state: 'problem', kind: 'other', reason };
}

const problemKind = (text: string): ProblemKind => problemKinds.find((kind) => kind === text) ?? 'other';

const groupsOf = (packages: Packages): readonly PackageNames[] =>
  'apt-get' in packages ? [packages] : packages;

/**
 * Shell functions of check and install: gb_manager prints the package manager, gb_package the names of the
 * packages under it, gb_command the command that installs them (with `sudo -n` unless we are root).
 */
function packageFunctions(packages: Packages): string {
  const cases = packageManagers.map((manager) => {
    const groups = groupsOf(packages).filter((names) => names[manager].length > 0);
    return `    ${manager}) set -- ${groups.map((names) => `'${names[manager].join(' ')}'`).join(' ')} ;;`;
  });
  return [
    'gb_manager() {',
    `  for gb_m in ${packageManagers.join(' ')}; do`,
    '    if command -v "$gb_m" >/dev/null 2>&1; then echo "$gb_m"; return 0; fi',
    '  done',
    '  return 1',
    '}',
    'gb_choice() {',
    '  gb_first=$1',
    '  if [ "$#" -gt 1 ]; then',
    '    for gb_p in "$@"; do',
    '      case "$gb_manager" in',
    '        apt-get) [ -n "$(apt-cache show "$gb_p" 2>/dev/null)" ] && { echo "$gb_p"; return 0; } ;;',
    '        apk) [ -n "$(apk search -e "$gb_p" 2>/dev/null)" ] && { echo "$gb_p"; return 0; } ;;',
    '        *) break ;;',
    '      esac',
    '    done',
    '  fi',
    '  echo "$gb_first"',
    '}',
    'gb_package() {',
    '  case "$1" in',
    ...cases,
    '    *) set -- ;;',
    '  esac',
    '  gb_all=',
    '  for gb_group in "$@"; do gb_all="$gb_all${gb_all:+ }$(gb_choice $gb_group)"; done',
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

/** An install script: shows the exact command, then runs it. Needs root or a sudo that does not ask. */
export function installScript(packages: Packages): string {
  return [
    packageFunctions(packages),
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
    '# The command is made of our own words only, so splitting it at blanks is safe.',
    'gb_run() { echo "guestbench: running: $1"; $1; }',
    'gb_run "$(gb_command "$gb_manager" "$gb_package")" && exit 0',
    'gb_status=$?',
    'if [ "$gb_manager" = apt-get ]; then',
    '  # The package lists can be missing or old; only then are they fetched.',
    `  gb_run "\${gb_as}${updateWords.join(' ')}" || exit $?`,
    '  gb_package=$(gb_package apt-get)',
    '  gb_run "$(gb_command apt-get "$gb_package")"',
    '  gb_status=$?',
    'fi',
    'exit "$gb_status"',
    '',
  ].join('\n');
}
