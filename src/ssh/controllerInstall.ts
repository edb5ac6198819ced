import { createHash } from 'node:crypto';
import { controllerScript } from './controller';
import { parseAnswer } from './frames';
import { SshError, type Connection, type ExecResult } from './transport';

const digest = createHash('sha256').update(controllerScript).digest('hex').slice(0, 12);
const endMark = `GUESTBENCH_END_${digest}`;

/**
 * Puts the controller on the guest unless it is there, and gives its path. Named after its content, so a newer
 * version never overwrites one in use. The script goes through standard input: no login shell's quoting touches it.
 */
export async function installController(connection: Connection, signal?: AbortSignal): Promise<string> {
  const account = connection.target.user.replace(/[^A-Za-z0-9._-]/g, '_');
  const size = Buffer.byteLength(controllerScript);
  const script = `umask 077
LC_ALL=C; export LC_ALL
f=\${GUESTBENCH_PREFIX:-/var/tmp/guestbench}-ctl-${account}-${digest}.sh
mine() { [ -f "$f" ] && [ ! -L "$f" ] && set -- $(ls -ln "$f") && [ "$3" = "$(id -u)" ] && [ "$5" = ${size} ]; }
if ! mine; then
  # Anybody may write beside it: a new file under a name nobody can know, and never through a link of theirs.
  t=$(mktemp "$f.XXXXXX" 2>/dev/null) || { t=$f.$$; set -C; }
  cat >"$t" <<'${endMark}'
${controllerScript}${endMark}
  set +C
  [ "$(($(wc -c <"$t")))" -eq ${size} ] || { rm -f "$t"; echo "GB1 error=cut"; exit 1; }
  if [ ! -L "$f" ] && [ ! -d "$f" ]; then mv -fT "$t" "$f" 2>/dev/null || mv -f "$t" "$f"; fi
  rm -f "$t"
fi
if mine; then echo "GB1 controller=$f"; else echo "GB1 error=owner"; fi
`;
  const result = await connection.exec('exec /bin/sh -s', { stdin: script, ...(signal ? { signal } : {}) });
  const [answer] = parseAnswer(result.stdout);
  const path = answer?.get('controller');
  if (path !== undefined && /^\/[A-Za-z0-9._/-]+$/.test(path)) return path;
  if (!answer) throw noShell(connection, result);
  const { name } = connection.target;
  if (answer.get('error') === 'owner')
    throw new SshError(
      'protocol',
      `${name}: a file of another user stands where the controller script belongs (guestbench-ctl-${account}-${digest}.sh in /var/tmp). Remove it, then try again.`,
    );
  // A full disk does not stay full for good.
  throw new SshError(
    'unreachable',
    `${name}: the controller script could not be written. Check that /var/tmp exists and has room.`,
  );
}

/** The error for an account that logs in but runs nothing (nologin, git-shell, a forced command). */
export function noShell(connection: Connection, result: ExecResult): SshError {
  const said = [result.stderr, result.stdout]
    .map((output) => output.toString('utf8').replace(/\s+/g, ' ').trim().slice(0, 200))
    .find((text) => text !== '');
  return new SshError(
    'no-shell',
    `${connection.target.name}: ${connection.target.user} may log in, but cannot run commands` +
      `${said === undefined ? '' : ` (the guest says: ${said})`}. Use an account with a login shell.`,
  );
}
