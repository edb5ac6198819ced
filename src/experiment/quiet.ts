import type { BusyCause, EventOf, QuietView } from '../model/experiment';
import { cpuShares } from '../ssh/cpuShares';
import type { Connection } from '../ssh/transport';
import { parseLook, quietScript, type Look, type LookOptions } from './quietScript';

/** From these on a guest is not quiet. */
export interface QuietLimits {
  /** Work, in CPUs: one that is idle takes a few hundredths for its own upkeep. */
  readonly cpus: number;
  /** CPUs that wait for a disk. */
  readonly waitingCpus: number;
  readonly unwrittenBytes: number;
}

const usualLimits: QuietLimits = { cpus: 0.2, waitingCpus: 0.2, unwrittenBytes: 16 * 2 ** 20 };

/** How long the first look takes. After a boot services start with pauses, before a round every second counts. */
const firstLookSeconds: Readonly<Record<EventOf<'quiet'>['when'], number>> = {
  start: 2,
  resume: 2,
  reboot: 5,
  round: 1,
};
/** While it is waited for: seldom enough to take less than a hundredth of one CPU. */
const laterLookSeconds = 5;
/**
 * Upkeep, write-back and booting end by themselves and are waited for as long as there is time. Other work may go on
 * for ever, so it gets this share of it.
 */
const shareForOtherWork = 0.1;
const lookTimeoutMs = 60_000;

export interface QuietOptions {
  readonly when: EventOf<'quiet'>['when'];
  readonly connect: () => Promise<Connection>;
  /** How long it may take at most. */
  readonly limitMs: number;
  /** It is not quiet: what is in the way, and how long that is waited for at most; once. */
  readonly onWaiting: (because: readonly BusyCause[], atMostMs: number) => void;
  readonly signal: AbortSignal;
  readonly limits?: QuietLimits;
}

export interface QuietEnd {
  readonly state: 'quiet' | 'busy';
  readonly waitedMs: number;
  /** What was in the way when it was last not quiet. */
  readonly because: readonly BusyCause[];
  readonly seen: QuietView;
}

/**
 * Looks at a guest until it is quiet or the time for that is over. A quiet one costs one round trip and a second or
 * two. Undefined: the guest does not tell. @throws what connecting and asking throw, also when `signal` is aborted.
 */
export async function waitUntilQuiet(options: QuietOptions): Promise<QuietEnd | undefined> {
  const { limitMs, limits = usualLimits } = options;
  const startedMs = performance.now();
  let because: readonly BusyCause[] = [];
  let otherSinceMs: number | undefined;
  for (let looks = 0; ; looks += 1) {
    const seconds = looks === 0 ? firstLookSeconds[options.when] : laterLookSeconds;
    const flush = because.some(({ kind }) => kind === 'write-back');
    const look = await lookAt(options, { seconds, flush });
    if (look === undefined) return undefined;
    const seen = viewOf(look);
    const causes = causesOf(look, seen, limits);
    const nowMs = performance.now();
    const waitedMs = Math.round(nowMs - startedMs);
    if (causes.length === 0) return { state: 'quiet', waitedMs, because, seen };
    because = causes;
    otherSinceMs = causes.every(({ kind }) => isOtherWork(kind)) ? (otherSinceMs ?? nowMs) : undefined;
    const isOtherTooLong = otherSinceMs !== undefined && nowMs - otherSinceMs >= shareForOtherWork * limitMs;
    if (waitedMs >= limitMs || isOtherTooLong) return { state: 'busy', waitedMs, because, seen };
    if (looks === 0)
      options.onWaiting(causes, otherSinceMs === undefined ? limitMs : shareForOtherWork * limitMs);
  }
}

async function lookAt({ connect, signal }: QuietOptions, how: LookOptions): Promise<Look | undefined> {
  const connection = await connect();
  const timeoutMs = lookTimeoutMs + how.seconds * 1000;
  const result = await connection.exec('exec /bin/sh -s', { stdin: quietScript(how), timeoutMs, signal });
  return parseLook(result.stdout.toString('latin1'));
}

function isOtherWork(kind: BusyCause['kind']): boolean {
  return kind === 'cpu' || kind === 'disk';
}

function viewOf({ before, after, runnable, unwrittenBytes, load }: Look): QuietView {
  const shares = cpuShares(before, after);
  const rounded = (value = 0): number => Number(value.toFixed(1));
  return {
    cpuPercent: rounded(shares && shares.userPercent + shares.systemPercent),
    iowaitPercent: rounded(shares?.iowaitPercent),
    stealPercent: rounded(shares?.stealPercent),
    ...(runnable === undefined ? {} : { runnable }),
    ...(unwrittenBytes === undefined ? {} : { unwrittenBytes }),
    ...(load === undefined ? {} : { load }),
  };
}

/** What keeps a guest from being quiet; empty: it is. The load averages lag by a minute and decide nothing. */
export function causesOf(look: Look, seen: QuietView, limits: QuietLimits = usualLimits): BusyCause[] {
  const causes: BusyCause[] = [];
  const { cpuPercent, iowaitPercent, unwrittenBytes = 0 } = seen;
  if (look.isBooting) causes.push({ kind: 'boot', what: 'it is still starting' });
  if (look.tasks.length > 0) causes.push({ kind: 'tasks', what: `at work: ${look.tasks.join(', ')}` });
  if (unwrittenBytes > limits.unwrittenBytes) {
    const mebibytes = Math.round(unwrittenBytes / 2 ** 20);
    causes.push({ kind: 'write-back', what: `${mebibytes} MiB still to be written to disk` });
  }
  if ((cpuPercent / 100) * look.cpus > limits.cpus)
    causes.push({ kind: 'cpu', what: `${cpuPercent} % of its CPU time in use` });
  if ((iowaitPercent / 100) * look.cpus > limits.waitingCpus)
    causes.push({ kind: 'disk', what: `${iowaitPercent} % of its CPU time waiting for a disk` });
  return causes;
}

/** The causes in one phrase. */
export function causesText(because: readonly BusyCause[]): string {
  return because.map(({ what }) => what).join('; ');
}
