import { inBackground } from './shell';

/** Seconds after which a server that does not answer is given up. */
const connectSeconds = 20;
/** A connection that brings almost nothing for so long is given up. */
const stallSeconds = 60;

const cannotFetch =
  'echo "guestbench: failed: could not fetch $gb_url: check its address and this guest\'s way there, or give a copy of your own computer (local:/path), which is uploaded" >&2';

/** Fetches `$gb_url` into the file `$gb_into`, whole or not at all; ends the run when that fails. Under `endingWith`. */
export const fetchFile = [
  'echo "guestbench: fetching $gb_url"',
  'rm -f "$gb_into.new"',
  'if command -v curl >/dev/null 2>&1; then',
  inBackground(
    `curl -fsSL --connect-timeout ${connectSeconds} --speed-limit 1000 --speed-time ${stallSeconds} -o "$gb_into.new" "$gb_url"`,
  ),
  'elif command -v wget >/dev/null 2>&1; then',
  '# That of BusyBox knows no limits.',
  'gb_limits=',
  `if wget --version >/dev/null 2>&1; then gb_limits='-T ${connectSeconds} -t 2'; fi`,
  inBackground('wget -q $gb_limits -O "$gb_into.new" "$gb_url"'),
  'else',
  'echo "guestbench: curl: command not found, nor wget" >&2; exit 127',
  'fi',
  `if [ "$gb_status" -ne 0 ]; then rm -f "$gb_into.new"; ${cannotFetch}; exit "$gb_status"; fi`,
  'mv "$gb_into.new" "$gb_into" || exit $?',
].join('\n');

/**
 * Clones the repository at `$gb_url` into the new folder `$gb_into`; ends the run when that fails. Never asks for a
 * password or a host key. git itself waits for minutes for a server that does not answer, so curl looks first.
 */
export const cloneRepository = [
  'echo "guestbench: cloning $gb_url"',
  'GIT_TERMINAL_PROMPT=0 GIT_ASKPASS=true SSH_ASKPASS=true',
  `GIT_SSH_COMMAND='ssh -o BatchMode=yes -o ConnectTimeout=${connectSeconds}'`,
  'export GIT_TERMINAL_PROMPT GIT_ASKPASS SSH_ASKPASS GIT_SSH_COMMAND',
  'gb_status=0',
  'case "$gb_url" in http*)',
  'if command -v curl >/dev/null 2>&1; then',
  inBackground(
    `curl -sS -o /dev/null --connect-timeout ${connectSeconds} --max-time ${stallSeconds} "$gb_url"`,
  ),
  '# Only that it cannot be reached counts: pages and permissions are the business of git.',
  'case "$gb_status" in 5 | 6 | 7 | 28) ;; *) gb_status=0 ;; esac',
  'fi ;;',
  'esac',
  'if [ "$gb_status" -eq 0 ]; then',
  inBackground(
    `git -c http.lowSpeedLimit=1000 -c http.lowSpeedTime=${stallSeconds} clone -q --depth 1 -- "$gb_url" "$gb_into"`,
  ),
  'fi',
  `if [ "$gb_status" -ne 0 ]; then ${cannotFetch}; exit "$gb_status"; fi`,
].join('\n');

/** Unpacks the file `$gb_given` into the folder `$gb_into`; the status is in gb_status. Under `endingWith`. */
export const unpackTarball = [
  '# Not every tar of BusyBox sees by itself how a file is packed.',
  'case "$gb_given" in',
  ...[
    ['*.gz | *.tgz', 'gzip'],
    ['*.bz2 | *.tbz | *.tbz2', 'bzip2'],
    ['*.xz | *.txz', 'xz'],
    ['*.zst', 'zstd'],
  ].map(
    ([names, tool]) => `${names})\n${inBackground(`${tool} -dc <"$gb_given" | tar -xf - -C "$gb_into"`)} ;;`,
  ),
  `*)\n${inBackground('tar -xf "$gb_given" -C "$gb_into"')} ;;`,
  'esac',
].join('\n');
