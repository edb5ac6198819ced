import { longestAnswer } from './answers';
import type { CheckResult, MissingCheck } from './check';
import { furtherArchives, installWords, packageManagers, type PackageManager } from './packageManagers';

/** Names for one thing that is needed, the preferred one first. */
export type Alternatives = readonly string[];

/** What a guest's package archives and its list of installed packages say of the names that were asked. */
export interface Archive {
  /** False: the archives could not be asked (no lists, no network); a name that is not in `offered` may be there. */
  readonly isKnown: boolean;
  readonly offered: ReadonlySet<string>;
  readonly installed: ReadonlySet<string>;
}

const mark = 'guestbench-archive: ';

/** No option and nothing for a shell, whatever a guest answers. */
export const isPackageName = (word: string): boolean => /^[A-Za-z0-9][\w.+:@~-]*$/.test(word);

/** Longest time in seconds that an archive may take to answer; a manager may have to fetch its lists first. */
const archiveSeconds = 45;

/**
 * Shell functions that ask the package manager `$gb_manager`, without root and without changing anything.
 * `gb_ask_archive NAME...` sets gb_known (yes: every archive answered), gb_offered and gb_installed (names between
 * blanks). `gb_is_in NAME "$gb_offered"` is the test.
 */
export const archiveFunctions = [
  'gb_is_in() { case "$2" in *" $1 "*) return 0 ;; esac; return 1; }',
  'gb_offer() { if gb_is_in "$1" "$gb_wanted" && ! gb_is_in "$1" "$gb_offered"; then gb_offered="$gb_offered$1 "; fi; }',
  // The old timeout of BusyBox has another order of words; there the command runs without a limit.
  `gb_limited() { if timeout 1 true >/dev/null 2>&1; then timeout ${archiveSeconds} "$@" 2>&1; else "$@" 2>&1; fi; }`,
  'gb_unanswered() { case "$1" in *[Ii]gnoring*|*[Ee]rror*|*[Ww]arning*|*WARNING*|*ERROR*|*[Ff]ailed*|*annot*|*kipping*) return 0 ;; esac; return 1; }',
  'gb_ask_dnf() {',
  '  gb_list=$(IFS=,; echo "$*")',
  '  # What is in the cache of the system costs no time; only then are the lists fetched.',
  '  for gb_cache in -C ""; do',
  '    gb_said=$(gb_limited dnf $gb_cache repoquery --qf "%{name} %{provides} " --whatprovides "$gb_list") || continue',
  '    for gb_w in $gb_said; do gb_offer "$gb_w"; done',
  '    gb_unanswered "$gb_said" && continue',
  '    [ -n "$gb_cache" ] || gb_known=yes',
  '    for gb_w in "$@"; do gb_is_in "$gb_w" "$gb_offered" || continue 2; done',
  '    gb_known=yes; return 0',
  '  done',
  '}',
  'gb_ask_yum() {',
  '  gb_said=$(gb_limited yum -q list "$@"); gb_status=$?',
  '  for gb_w in $(printf "%s\\n" "$gb_said" | sed -n "s/^\\([A-Za-z0-9][A-Za-z0-9_.+-]*\\)[.][a-z0-9_]*\\( .*\\)\\{0,1\\}\\$/\\1/p"); do gb_offer "$gb_w"; done',
  '  case "$gb_said" in *"No matching Packages"*) [ "$gb_status" -eq 1 ] && gb_known=yes ;; *) [ "$gb_status" -eq 0 ] && ! gb_unanswered "$gb_said" && gb_known=yes ;; esac',
  '}',
  'gb_ask_zypper() {',
  '  gb_refresh=; [ "$(id -u)" = 0 ] || gb_refresh=--no-refresh',
  '  gb_said=$(gb_limited zypper --non-interactive $gb_refresh search --match-exact --type package "$@"); gb_status=$?',
  '  for gb_w in $(printf "%s\\n" "$gb_said" | sed -n "s/^[^|]*| *\\([^ |]*\\) *|.*| *package *\\$/\\1/p"); do gb_offer "$gb_w"; done',
  '  case "$gb_status" in 0 | 104) gb_unanswered "$gb_said" || gb_known=yes ;; esac',
  '  [ "$gb_known" = yes ] || return 0',
  '  for gb_w in "$@"; do',
  '    gb_is_in "$gb_w" "$gb_offered" && continue',
  '    if gb_said=$(gb_limited zypper --non-interactive --no-refresh search --match-exact --provides "$gb_w"); then gb_offer "$gb_w"; fi',
  '  done',
  '}',
  'gb_ask_apt() {',
  '  apt-cache policy 2>/dev/null | grep -q "Packages *\\$" && gb_known=yes',
  '  [ "$gb_known" = yes ] || return 0',
  '  for gb_w in $(apt-cache policy "$@" 2>/dev/null | sed -n "s/^\\([^ ][^ ]*\\):\$/=\\1/p; s/^ *Candidate: */@/p"); do',
  '    case "$gb_w" in',
  '      =*) gb_name=${gb_w#=} ;;',
  '      # No package itself, but the name of what others provide.',
  '      "@(none)") [ -n "$(apt-cache showpkg "$gb_name" 2>/dev/null | sed "1,/^Reverse Provides/d")" ] && gb_offer "$gb_name" ;;',
  '      @*) gb_offer "$gb_name" ;;',
  '    esac',
  '  done',
  '}',
  'gb_ask_apk() {',
  '  gb_known=yes',
  '  for gb_w in "$@"; do',
  '    gb_said=$(apk search -e "$gb_w" 2>&1) || gb_known=no',
  '    if gb_unanswered "$gb_said"; then gb_known=no; fi',
  '    case "$gb_said" in "$gb_w"-[0-9]* | *"',
  '$gb_w"-[0-9]*) gb_offer "$gb_w" ;; esac',
  '  done',
  '}',
  'gb_has_package() {',
  '  case "$gb_manager" in',
  '    apt-get) [ "$(dpkg-query -W -f "\\${Status}" "$1" 2>/dev/null)" = "install ok installed" ] ;;',
  '    apk) apk info -e "$1" >/dev/null 2>&1 ;;',
  '    *) rpm -q "$1" >/dev/null 2>&1 ;;',
  '  esac',
  '}',
  'gb_ask_archive() {',
  '  gb_known=no gb_offered=" " gb_installed=" " gb_wanted=" $* "',
  '  case "$gb_manager" in',
  '    apt-get) gb_ask_apt "$@" ;;',
  '    dnf) gb_ask_dnf "$@" ;;',
  '    yum) gb_ask_yum "$@" ;;',
  '    zypper) gb_ask_zypper "$@" ;;',
  '    apk) gb_ask_apk "$@" ;;',
  '  esac',
  '  for gb_w in "$@"; do if gb_has_package "$gb_w"; then gb_installed="$gb_installed$gb_w "; fi; done',
  '}',
].join('\n');

/** Every name that the missing packages of these checks may have, each once. */
export function namesToAsk(checks: Iterable<CheckResult>): readonly string[] {
  const names = [...checks].flatMap((check) => (check.state === 'missing' ? wantedBy(check).flat() : []));
  return [...new Set(names)];
}

/** Prints what `parseArchive` reads: which of these names the archives have, and which are installed. */
export function archiveScript(names: readonly string[]): string {
  return [
    'gb_manager=',
    `for gb_m in ${packageManagers.join(' ')}; do`,
    '  if command -v "$gb_m" >/dev/null 2>&1; then gb_manager=$gb_m; break; fi',
    'done',
    archiveFunctions,
    `gb_ask_archive ${names.filter(isPackageName).join(' ')}`,
    `printf '${mark}known=%s\\n${mark}offered=%s\\n${mark}installed=%s\\n' "$gb_known" "$gb_offered" "$gb_installed"`,
    '',
  ].join('\n');
}

/** Reads what `archiveScript` printed; an answer that is not there leaves everything unknown. */
export function parseArchive(output: string): Archive {
  const lines = output.slice(0, longestAnswer).split(/\r?\n/);
  const field = (name: string): string => {
    const start = `${mark}${name}=`;
    const line = lines.find((text) => text.startsWith(start));
    return line?.slice(start.length).trim() ?? '';
  };
  const words = (name: string): ReadonlySet<string> =>
    new Set(field(name).split(/\s+/).filter(isPackageName));
  return { isKnown: field('known') === 'yes', offered: words('offered'), installed: words('installed') };
}

/** What a check asks for, whether or not it names alternatives. */
function wantedBy({ wanted, package: names }: MissingCheck): readonly Alternatives[] {
  const groups = wanted ?? names.split(/\s+/).map((name) => [name]);
  return groups.map((group) => group.filter(isPackageName)).filter((group) => group.length > 0);
}

/**
 * Says what is to be installed for a missing tool once the guest's archives were asked: the first name of each group
 * that they have, nothing for a group whose first name that can be had is installed, and `absent` for one that they do not have under any name.
 */
export function withArchive(
  check: MissingCheck,
  archive: Archive,
  manager: PackageManager | undefined,
): MissingCheck {
  const install: Alternatives[] = [];
  const absent: Alternatives[] = [];
  for (const group of wantedBy(check)) {
    const offered = group.filter((name) => archive.offered.has(name) || archive.installed.has(name));
    if (archive.installed.has(offered[0] ?? '')) continue;
    if (offered.length > 0) install.push(offered);
    else if (archive.isKnown) absent.push(group);
    else install.push(group);
  }
  // Installed and yet not found: its package is named all the same, so that the table has something to say.
  if (install.length === 0 && absent.length === 0) return check;
  const first = ([name = '']: Alternatives): string => name;
  const command =
    manager && install.length > 0 ? [...installWords(manager), ...install.map(first)] : undefined;
  const prefix = check.install?.startsWith('sudo -n ') === true ? 'sudo -n ' : '';
  return {
    ...check,
    package: [...install, ...absent].map(first).join(' '),
    wanted: install,
    install: command && `${prefix}${command.join(' ')}`,
    ...(absent.length === 0
      ? {}
      : { absent, ...(manager === undefined ? {} : { elsewhere: furtherArchives[manager] }) }),
  };
}
