import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { UserError } from '../model/userError';
import { isPassing } from '../ssh/errors';
import { sh } from '../ssh/shellText';
import { SshError, type Connection, type ExecResult } from '../ssh/transport';

const run = promisify(execFile);

/** How a guest is reached. `booting`: by a new connection, and nobody is asked anything. */
export type Reach = (how?: 'booting') => Promise<Connection>;

/** Sets the words that reboot a guest: as root, or through what makes one root without a question. */
const choose = sh`PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; LC_ALL=C; export PATH LC_ALL
if command -v reboot >/dev/null 2>&1; then set -- reboot; else set -- shutdown -r now; fi
if [ "$(id -u)" -eq 0 ]; then :
elif sudo -n true >/dev/null 2>&1 || sudo -n -l "$@" >/dev/null 2>&1; then set -- sudo -n "$@"
elif doas -n true >/dev/null 2>&1; then set -- doas -n "$@"
else set --; fi
`;

/** In a function, so that it is read whole before anything in it can take the rest of standard input. */
const inFunction = (body: string): string =>
  `guestbench_reboot() {\n${choose}${body}}\nguestbench_reboot </dev/null\n`;

const bootIdScript = sh`printf 'GBR boot=%s\n' "$(cat /proc/sys/kernel/random/boot_id 2>/dev/null ||
  sysctl -n kern.boottime 2>/dev/null | tr -dc 0-9)"
`;
const inspectScript =
  inFunction(`echo "GBR may=$#"
case $(cat /proc/xen/capabilities 2>/dev/null) in *control_d*) echo 'GBR dom0=1' ;; esac
`) + bootIdScript;
const rebootScript = inFunction('"$@" 2>&1\necho "GBR code=$?"\n');

const requestTimeoutMs = 60_000;
/** A guest that is going down may take a request and never answer it. */
const answerTimeoutMs = 20_000;
/** Waits between looks for the guest; the last one repeats. */
const backOffMs = [1_000, 2_000, 3_000, 5_000];
/** Services may take 90 s to be stopped; a guest that is up on its old boot after that did not take the request. */
const askAgainMs = 180_000;
/** While it starts, a guest may refuse people who are not root. After that, refused is refused. */
const refusedTooLongMs = 120_000;

/** What has to be known of a guest before it is rebooted. */
export interface Inspection {
  readonly bootId: string;
  /** Whether the account may reboot it without being asked for a password. */
  readonly mayReboot: boolean;
  readonly isDom0: boolean;
}

/** Asks a guest whether it can be rebooted. @throws SshError when it does not tell its boot id, or cannot be asked. */
export async function inspect(connection: Connection, signal?: AbortSignal): Promise<Inspection> {
  const result = await ask(connection, inspectScript, requestTimeoutMs, signal);
  return {
    bootId: bootIdIn(connection, result),
    mayReboot: Number(valueIn(result, 'may')) > 0,
    isDom0: valueIn(result, 'dom0') === '1',
  };
}

/** The id of the boot this computer is on; undefined: not known, or none that a guest could have. */
export async function ownBootId(): Promise<string | undefined> {
  try {
    const { stdout } = await run('/bin/sh', ['-c', bootIdScript]);
    return /^GBR boot=(\S+)$/m.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

/** Why a guest is not to be rebooted, as sentences for people; undefined: it may be. */
export function whyNotReboot(
  guest: string,
  { bootId, mayReboot, isDom0 }: Inspection,
  ownBoot: string | undefined,
): string | undefined {
  if (bootId === ownBoot)
    return `${guest} is this very computer, so it is not rebooted. Run the experiment without reboots.`;
  if (isDom0)
    return `${guest} is the dom0 of its host, and a reboot would end every guest there. Run the experiment without reboots.`;
  if (mayReboot) return undefined;
  return (
    `${guest} cannot be rebooted between rounds: the account is not root, and neither sudo -n nor doas -n lets it run ` +
    '"reboot" without a password. Use root for it, allow that in its sudoers or doas.conf ("NOPASSWD: /sbin/reboot"), ' +
    'or run the experiment without reboots.'
  );
}

/** The id of the boot a guest is on. @throws SshError when it does not tell. */
export async function bootIdOf(connection: Connection, signal?: AbortSignal): Promise<string> {
  return bootIdIn(connection, await ask(connection, bootIdScript, answerTimeoutMs, signal));
}

function bootIdIn({ target }: Connection, result: ExecResult): string {
  const bootId = valueIn(result, 'boot');
  if (bootId !== undefined && bootId !== '') return bootId;
  throw new SshError(
    'protocol',
    `${target.name}: the guest does not tell its boot id (/proc/sys/kernel/random/boot_id), so that it was rebooted ` +
      'could not be proved.',
  );
}

export interface RebootOptions {
  readonly guest: string;
  readonly reach: Reach;
  /** The boot that is to end. */
  readonly bootId: string;
  /** It may have been asked to before: the experiment was interrupted then. */
  readonly isResumed: boolean;
  /** How long until it must answer on another boot. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

export interface Rebooted {
  readonly bootId: string;
  readonly durationMs: number;
}

/**
 * Reboots a guest and waits until it answers with another boot id. A connection that drops proves nothing.
 * @throws UserError why it was not rebooted; the signal's reason when it is aborted.
 */
export async function rebootGuest(options: RebootOptions): Promise<Rebooted> {
  const { guest, signal, limitMs } = options;
  const startedMs = performance.now();
  let askedMs = -Infinity;
  let isFirst = true;
  let refusedSinceMs: number | undefined;
  let last = 'it did not answer';
  for (let looks = 0; performance.now() - startedMs < limitMs; looks += 1) {
    signal.throwIfAborted();
    try {
      const connection = await options.reach('booting');
      const bootId = await bootIdOf(connection, signal);
      refusedSinceMs = undefined;
      if (bootId !== options.bootId) return { bootId, durationMs: Math.round(performance.now() - startedMs) };
      last = 'it still runs on the boot it had';
      if (performance.now() - askedMs > askAgainMs) {
        // A guest that is on its way down may refuse to be asked once more.
        await request(connection, guest, isFirst && !options.isResumed ? 'must' : 'may', signal);
        askedMs = performance.now();
        isFirst = false;
        looks = 0;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!mayPass(error)) throw error;
      last = error.message;
      if (isPassing(error)) refusedSinceMs = undefined;
      else refusedSinceMs ??= performance.now();
      if (refusedSinceMs !== undefined && performance.now() - refusedSinceMs > refusedTooLongMs) break;
    }
    await sleep(backOffMs[Math.min(looks, backOffMs.length - 1)], undefined, { signal });
  }
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  throw new UserError(`${guest} was not back on another boot after ${seconds} s: ${last}`);
}

/** @throws UserError when the guest says no to what it must do. */
async function request(
  connection: Connection,
  guest: string,
  how: 'must' | 'may',
  signal: AbortSignal,
): Promise<void> {
  let result: ExecResult;
  try {
    result = await ask(connection, rebootScript, requestTimeoutMs, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (mayPass(error)) return;
    throw error;
  }
  const code = valueIn(result, 'code');
  if (how === 'may' || code === undefined || code === '0') return;
  const said = result.stdout.toString('utf8').split('GBR ')[0]?.trim().slice(-300) ?? '';
  throw new UserError(
    `${guest} refused to reboot (exit code ${code})${said === '' ? '' : `: ${said}`}. ` +
      'Use root for it, or allow "reboot" through sudo without a password.',
  );
}

async function ask(
  connection: Connection,
  stdin: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<ExecResult> {
  return connection.exec('exec /bin/sh -s', { stdin, timeoutMs, ...(signal ? { signal } : {}) });
}

/** What a machine may say that is about to start, and does not say for good: its services come one by one. */
function mayPass(error: unknown): error is SshError {
  if (isPassing(error)) return true;
  return (
    error instanceof SshError &&
    (error.kind === 'authentication' || error.kind === 'no-shell' || error.kind === 'cancelled')
  );
}

/** The value in the last line `GBR key=value`. */
function valueIn({ stdout }: ExecResult, key: string): string | undefined {
  const start = `GBR ${key}=`;
  const line = stdout
    .toString('latin1')
    .split('\n')
    .findLast((text) => text.includes(start));
  return line?.slice(line.indexOf(start) + start.length).trim();
}
