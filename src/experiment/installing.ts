import { peerText } from '../model/plainText';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockWaitSeconds, managerOf, refreshWords, updateWords } from '../benchmarks/packageManagers';
import {
  passedOver,
  shownCommand,
  troubleOf,
  type InstallPlan,
  type InstallTrouble,
  type Privilege,
} from '../benchmarks/installPlan';
import { quoteCommand } from '../ssh/quote';
import type { Connection } from '../ssh/transport';

/** A guest on a slow line may load for long; a package manager that hangs still ends. */
const installTimeoutMs = 30 * 60_000;
const lockPauseMs = 5_000;

/**
 * Runs its arguments with nothing on standard input and passes their output on. When nobody takes the output any
 * more (the window was closed, the installation cancelled) it goes nowhere and the command still comes to its
 * end: a package manager that is cut off midway leaves packages half installed. One line, and no quote in it:
 * every login shell carries it unchanged.
 */
const relay =
  'LC_ALL=C; export LC_ALL; exec 4>&1; gb_status=$( { { "$@" </dev/null 2>&1 3>&- 4>&-; echo $? >&3; } | { cat >&4; cat >/dev/null; }; } 3>&1 ); exit $gb_status';

/** -k: neither takes a password that sudo remembers, nor lets it remember this one. */
const sudoWithPassword = ['sudo', '-k', '-S', '-p', ''];

const becoming: Readonly<Record<Exclude<Privilege, 'none'>, readonly string[]>> = {
  root: [],
  sudo: ['sudo', '-n'],
  'sudo-password': sudoWithPassword,
  doas: ['doas', '-n'],
};

/** What sudo says to a password. */
export type SudoVerdict =
  | { readonly verdict: 'right' }
  | { readonly verdict: 'wrong' }
  /** The password may be right, but this account cannot become root with it; `said` is sudo's own line. */
  | { readonly verdict: 'refused'; readonly said: string };

/** Asks sudo whether the password is right, and leaves no trace of it: it goes through standard input only. */
export async function trySudoPassword(
  connection: Connection,
  password: string,
  signal?: AbortSignal,
): Promise<SudoVerdict> {
  const command = quoteCommand(['exec', 'env', 'LC_ALL=C', ...sudoWithPassword, '-v']);
  const result = await connection.exec(command, {
    stdin: `${password}\n`,
    ...(signal ? { signal } : {}),
  });
  if (result.code === 0) return { verdict: 'right' };
  return sudoVerdict(result.stderr.toString('utf8'));
}

/** Reads why sudo refused. */
function sudoVerdict(stderr: string): SudoVerdict {
  const lines = stderr.split(/\r?\n/).filter((line) => line.trim() !== '');
  const refused = lines.find((line) =>
    /may not run sudo|not in the sudoers|is not allowed|must have a tty|terminal is required|expired/i.test(
      line,
    ),
  );
  if (refused !== undefined) return { verdict: 'refused', said: peerText(refused.trim()) };
  const isWrong = /incorrect (?:password|authentication)|try again|no password was provided|failed/i;
  if (lines.some((line) => isWrong.test(line))) return { verdict: 'wrong' };
  return { verdict: 'refused', said: peerText(lines.at(-1)?.trim() ?? 'sudo said nothing') };
}

export interface InstallOptions {
  readonly plan: InstallPlan;
  /** For sudo that asks. */
  readonly password?: string;
  /** Says each command before it runs, as it was shown. */
  readonly onCommand: (shown: string) => void;
  readonly onOutput: (chunk: Buffer) => void;
  /** Another process has the package manager's lock: it is waited for. */
  readonly onLocked: () => void;
  /** What to install now that the package lists were fetched; undefined: nothing, or the person does not agree. */
  readonly planAnew: () => Promise<InstallPlan | undefined>;
  /** Stops waiting and begins no further command; the one that runs comes to its end on the guest. */
  readonly signal?: AbortSignal;
}

/** A package that could not be installed while others were. */
export interface LeftOut {
  readonly name: string;
  readonly trouble: InstallTrouble;
}

export type InstallOutcome =
  /** `missed`: it ended well, and said that not all could be fetched. */
  | { readonly state: 'done'; readonly missed?: InstallTrouble }
  /** Some packages were installed, and these were not. */
  | { readonly state: 'partly'; readonly left: readonly LeftOut[] }
  | { readonly state: 'dropped' }
  | { readonly state: 'failed'; readonly trouble: InstallTrouble; readonly code: number | null };

/** Troubles that lie with a package and not with the guest or its archives: the other packages are tried alone. */
const isOfOnePackage: ReadonlySet<InstallTrouble> = new Set([
  'unknown-package',
  'dependencies',
  'stale',
  'untrusted',
  'other',
]);

/**
 * Installs what a plan names with one command. Package lists are fetched where they are missing, or turn out to be
 * old. Where one package cannot be had, the others are installed one by one, each under the first of its names that
 * works, so that none keeps another away.
 */
export async function installPackages(
  connection: Connection,
  options: InstallOptions,
): Promise<InstallOutcome> {
  const { plan } = options;
  if (plan.update) return afterUpdate(connection, options, plan, updateWords);
  const first = await runWaiting(connection, plan.install, options, plan.privilege);
  const manager = managerOf(plan.install ?? []);
  if (first.state !== 'failed' || manager === undefined) return oneByOne(connection, options, plan, first);
  const isOld =
    first.trouble === 'stale' ||
    (first.trouble === 'unknown-package' && (manager === 'apt-get' || manager === 'apk'));
  if (isOld) return afterUpdate(connection, options, plan, refreshWords(manager));
  return oneByOne(connection, options, plan, first);
}

async function afterUpdate(
  connection: Connection,
  options: InstallOptions,
  before: InstallPlan,
  words: readonly string[],
): Promise<InstallOutcome> {
  const update = await runWaiting(connection, words, options, before.privilege);
  if (update.state === 'failed' && !isOfOnePackage.has(update.trouble)) return update;
  const plan = await options.planAnew();
  if (!plan) return { state: 'dropped' };
  const install = await runWaiting(connection, plan.install, options, before.privilege);
  const missed = missedBy(update);
  const isUnfetched = install.state === 'failed' && install.trouble === 'unknown-package';
  const outcome = isUnfetched && missed ? { ...install, trouble: missed } : install;
  return oneByOne(connection, options, { ...plan, privilege: before.privilege }, outcome);
}

/** What an update of the package lists did not get, from whichever archive. */
function missedBy(update: InstallOutcome): InstallTrouble | undefined {
  if (update.state === 'failed') return update.trouble;
  return update.state === 'done' ? update.missed : undefined;
}

/** After a failure that lies with one of several packages, or with a name of the only one. */
async function oneByOne(
  connection: Connection,
  options: InstallOptions,
  plan: InstallPlan,
  before: InstallOutcome,
): Promise<InstallOutcome> {
  const { install, packages, otherNames, privilege } = plan;
  const isPartly = before.state === 'partly';
  const isFailed = before.state === 'failed' && isOfOnePackage.has(before.trouble);
  if (install === undefined || (!isPartly && !isFailed)) return before;
  const words = install.slice(0, install.length - packages.length);
  const lacking = isPartly ? before.left.map(({ name }) => name) : packages;
  const attempts = lacking.map((name) => {
    const others = otherNames?.get(name) ?? [];
    // The name itself was tried where it was the only one, or the others were installed without it.
    const names = isPartly || packages.length === 1 ? others : [name, ...others];
    return { name, names };
  });
  const left: LeftOut[] = [];
  for (const { name, names } of attempts) {
    const outcome = await firstThatWorks(connection, options, words, names, privilege);
    if (outcome === undefined) left.push({ name, trouble: isFailed ? before.trouble : 'unknown-package' });
    if (outcome?.state !== 'failed') continue;
    // What goes wrong with the guest itself goes wrong with every package.
    if (!isOfOnePackage.has(outcome.trouble)) return outcome;
    left.push({ name, trouble: outcome.trouble });
  }
  if (left.length === 0) return { state: 'done' };
  return left.length === packages.length ? before : { state: 'partly', left };
}

/** Tries the names of one package in their order; the failure of the first is told. undefined: no name to try. */
async function firstThatWorks(
  connection: Connection,
  options: InstallOptions,
  words: readonly string[],
  names: readonly string[],
  privilege: Privilege,
): Promise<InstallOutcome | undefined> {
  let failure: InstallOutcome | undefined;
  for (const name of names) {
    const outcome = await runWaiting(connection, [...words, name], options, privilege);
    if (outcome.state === 'done') return outcome;
    failure ??= outcome;
  }
  return failure;
}

/** Runs one command as root; again while another process holds the lock, for managers that do not wait. */
async function runWaiting(
  connection: Connection,
  words: readonly string[] | undefined,
  options: InstallOptions,
  privilege: Privilege,
): Promise<InstallOutcome> {
  if (!words) return { state: 'failed', trouble: 'other', code: null };
  options.onCommand(shownCommand(words, privilege));
  for (let waitedMs = 0; ; waitedMs += lockPauseMs) {
    const startedMs = performance.now();
    const outcome = await runAsRoot(connection, words, options, privilege);
    // One that has waited by itself is not asked again.
    const patience = lockWaitSeconds * 1000 - waitedMs - (performance.now() - startedMs);
    if (outcome.state !== 'failed' || outcome.trouble !== 'locked' || patience <= 0) return outcome;
    options.onLocked();
    await sleep(lockPauseMs, undefined, { signal: options.signal });
  }
}

async function runAsRoot(
  connection: Connection,
  words: readonly string[],
  { password, onOutput, signal }: InstallOptions,
  privilege: Privilege,
): Promise<InstallOutcome> {
  if (privilege === 'none') return { state: 'failed', trouble: 'other', code: null };
  const command = ['exec', 'env', 'LC_ALL=C', ...becoming[privilege], '/bin/sh', '-c', relay, 'sh', ...words];
  const result = await connection.exec(quoteCommand(command), {
    ...(privilege === 'sudo-password' ? { stdin: `${password ?? ''}\n` } : {}),
    timeoutMs: installTimeoutMs,
    onStdout: onOutput,
    onStderr: onOutput,
    ...(signal ? { signal } : {}),
  });
  const said = Buffer.concat([result.stdout, result.stderr]).toString('utf8');
  if (result.code !== 0) return { state: 'failed', trouble: troubleOf(said), code: result.code };
  const left = passedOver(said).filter((name) => words.includes(name));
  if (left.length > 0) return notAll(left, words);
  // apt-get update ends well although it fetched nothing, or not all.
  const isPartial = /^W: (?:failed to fetch|some index files failed)/im.test(said);
  return { state: 'done', ...(isPartial ? { missed: troubleOf(said) } : {}) };
}

/** For a manager that installs what it knows, passes over the rest, and ends well. */
function notAll(left: readonly string[], words: readonly string[]): InstallOutcome {
  const asked = words.slice(words.indexOf('install') + 1);
  if (asked.every((name) => left.includes(name)))
    return { state: 'failed', trouble: 'unknown-package', code: 0 };
  return { state: 'partly', left: left.map((name) => ({ name, trouble: 'unknown-package' })) };
}
