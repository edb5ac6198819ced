/** Beginning of every run script: the same locale everywhere, our own folder, nothing unset. */
export const preamble = [
  'set -u',
  'LC_ALL=C; LANG=C; export LC_ALL LANG',
  ': "${GB_WORK:?is not set}" "${GB_FILES:?is not set}"',
  'cd "$GB_WORK" || exit 1',
].join('\n');

/** Sets gb_tool to the first of `commands` that there is; ends the run with 127 as a shell would without any. */
export function findTool(commands: readonly string[]): string {
  return [
    'gb_tool=',
    `for gb_c in ${commands.join(' ')}; do`,
    '  if command -v "$gb_c" >/dev/null 2>&1; then gb_tool=$gb_c; break; fi',
    'done',
    'if [ -z "$gb_tool" ]; then',
    `  echo "guestbench: ${commands[0] ?? ''}: command not found" >&2`,
    '  exit 127',
    'fi',
  ].join('\n');
}

/** Sets gb_cpus: `count`, or every CPU when it is 0. */
export function cpuCount(count: number): string {
  if (count > 0) return `gb_cpus=${count}`;
  return 'gb_cpus=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)';
}

/** Ends the script, with the reason, unless `$GB_WORK` has that many KiB free. */
export function needsSpace(kibibytes: number, fail: (reason: string) => string): string {
  return [
    'gb_free=$(df -Pk "$GB_WORK" 2>/dev/null | awk \'NR == 2 { print $4 }\')',
    `if [ -n "$gb_free" ] && [ "$gb_free" -lt ${kibibytes} ]; then`,
    `  ${fail(`no space left: \${gb_free} KiB are free in $GB_WORK, and ${kibibytes} KiB are needed`)}`,
    'fi',
  ].join('\n');
}

/** Says on stdout what the measured folder lies on when that is no disk of the guest's own. */
export const warnAboutFilesystem = [
  'gb_fs=$(stat -f -c %T "$GB_WORK" 2>/dev/null || echo unknown)',
  'case "$gb_fs" in',
  '  tmpfs | ramfs | overlayfs | UNKNOWN*)',
  '    echo "guestbench: warning: $GB_WORK is on $gb_fs, which may not be a disk of this guest" ;;',
  'esac',
].join('\n');

/** Exit status of a run that was refused because something it needs is not there (as EX_TEMPFAIL). */
export const refusedExitCode = 75;

/** Where programs of the administrator are, which is not in everybody's PATH. */
export const withSbin = 'PATH=${PATH:-}:/usr/local/sbin:/usr/sbin:/sbin; export PATH';

/** Ends the run with 127 unless there is one command of each list. */
export function needsTools(groups: readonly (readonly string[])[]): string {
  return groups.map(findTool).join('\n');
}

/**
 * However the script ends, what it started ends before it, and `last` is run once. A run that is stopped ends at
 * once, for its commands run in the background (`inBackground`); a shell would wait for them otherwise.
 */
export function endingWith(last: string): string {
  return [
    'gb_child=',
    'gb_stop() {',
    '  [ -n "$1" ] || return 0',
    '  kill "$1" 2>/dev/null',
    '  wait "$1" 2>/dev/null',
    '  return 0',
    '}',
    'gb_end() {',
    '  gb_code=$?',
    "  trap '' INT TERM HUP",
    '  trap - EXIT',
    '  gb_stop "$gb_child"',
    `  ${last.replaceAll('\n', '\n  ')}`,
    '  exit "$gb_code"',
    '}',
    'trap gb_end EXIT',
    "trap 'exit 130' INT; trap 'exit 143' TERM; trap 'exit 129' HUP",
  ].join('\n');
}

/** Runs a command under `endingWith` and leaves its status in gb_status. */
export function inBackground(command: string): string {
  return `${command} &\ngb_child=$!\nwait "$gb_child"; gb_status=$?\ngb_child=`;
}
