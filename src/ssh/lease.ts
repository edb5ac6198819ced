import { hostname, userInfo } from 'node:os';
import { numberOf } from './jobEnd';

/** A guest whose lease shows no sign of life for so long, while no job of it runs, may be taken over. */
export const staleSeconds = 600;
/** How often a controller shows one on a guest where nothing of it runs. Far below the other: it may miss some. */
export const beatSeconds = 120;
/** Longer names are cut: all stand in one line of what people read. */
const maxLetters = 60;

/** For which experiment a controller keeps a guest. Whoever uses the same account there can read it; of others, the id alone. */
export interface LeaseOwner {
  /** The experiment's; its jobs are called `<id>.…`. */
  readonly id: string;
  /** `user@computer` */
  readonly who: string;
  /** The experiment's label. */
  readonly label: string;
  /** Instead of `staleSeconds`. */
  readonly staleSeconds?: number;
}

/** What a guest tells of who has it. Durations are by its own clock. */
export interface Lease {
  readonly id: string;
  /** `user@computer`; empty when not told. */
  readonly who: string;
  readonly label: string;
  readonly heldSeconds: number;
  /** Since the last sign of life. */
  readonly quietSeconds: number;
  /** The job that runs there now, whoever it belongs to. */
  readonly job: string | undefined;
}

/** Whether it may be taken over without ending anything: nothing runs, and nothing was heard for long. */
export function isStale({ job, quietSeconds }: Lease, limit = staleSeconds): boolean {
  return job === undefined && quietSeconds >= limit;
}

/** The account's and the computer's short name: what two people need to find each other, and no more. */
export function thisController(): string {
  const computer = hostname().split('.')[0] ?? '';
  try {
    return `${userInfo().username}@${computer}`;
  } catch {
    // An account without a name.
    return `?@${computer}`;
  }
}

/** What the controller script is given of an owner as arguments, which every account of a guest can list. */
export function leaseWords({ id, staleSeconds: limit = staleSeconds }: LeaseOwner): string[] {
  return [id, String(Math.ceil(limit))];
}

/** The line that comes first on its standard input then: who it is and for what, which others there cannot read. */
export function leaseLine({ who, label }: LeaseOwner): string {
  return `${encoded(who)} ${encoded(label)}\n`;
}

/** The lease told by the fields of an answer; undefined when nobody has one. */
export function leaseOf(fields: ReadonlyMap<string, string> | undefined): Lease | undefined {
  const id = fields?.get('lease') ?? '';
  if (fields === undefined || id === '') return undefined;
  const job = fields.get('job') ?? '';
  return {
    id,
    who: decoded(fields.get('who')),
    label: decoded(fields.get('label')),
    heldSeconds: numberOf(fields.get('since')) ?? 0,
    quietSeconds: numberOf(fields.get('quiet')) ?? 0,
    job: job === '' ? undefined : job,
  };
}

function encoded(text: string): string {
  const short = Array.from(text).slice(0, maxLetters).join('');
  // A word that is empty would be none, and one that begins with a dash an option.
  return `.${Buffer.from(short, 'utf8').toString('base64url')}`;
}

/** Anybody may have written it: no control characters, no marks that turn the line around. */
function decoded(word = ''): string {
  const text = Buffer.from(word.replace(/^\./, ''), 'base64url').toString('utf8');
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\uFFFD]/gu, '');
  return Array.from(plain).slice(0, maxLetters).join('');
}
