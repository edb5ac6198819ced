import type { SecretQuestion, Target } from './transport';

/** What an account on a machine is called in messages, and what its password is kept under. */
export const accountOf = (target: Target): string => `${target.user}@${target.address}:${target.port}`;

/** Secrets are kept per account and machine, and per key file. */
export function secretKey(question: SecretQuestion): string {
  return question.kind === 'passphrase' && question.file !== undefined
    ? `passphrase:${question.file}`
    : `password:${accountOf(question.target)}`;
}

/**
 * A secret as it is kept in storage. A password is bound to the host key of the machine it was right for; undefined: it
 * cannot be bound, and is not kept. A passphrase never leaves this computer, and is kept as it is.
 */
export function toKeep(question: SecretQuestion, secret: string): string | undefined {
  if (question.kind === 'passphrase') return secret;
  return question.hostKey === undefined ? undefined : JSON.stringify({ hostKey: question.hostKey, secret });
}

/** The secret for this question; undefined when it was kept for another host key, or not bound to any. */
export function fromKept(question: SecretQuestion, kept: string | undefined): string | undefined {
  if (kept === undefined || question.kind === 'passphrase') return kept;
  let bound: unknown;
  try {
    bound = JSON.parse(kept);
  } catch {
    return undefined;
  }
  if (typeof bound !== 'object' || bound === null || question.hostKey === undefined) return undefined;
  const { hostKey, secret } = bound as { readonly hostKey?: unknown; readonly secret?: unknown };
  return hostKey === question.hostKey && typeof secret === 'string' ? secret : undefined;
}

/**
 * Passphrases of key files, in memory only, so that one key for many guests is asked about once. Guests may ask at
 * the same time, before it is known whether the first answer was right: each is given what it has not tried yet.
 */
export class SecretMemory {
  private readonly passphrases = new Map<string, string>();
  /** The last secret handed to a machine, until it is told how that went. */
  private readonly given = new Map<string, string>();

  /** A passphrase that this machine has not been given before; undefined: a person is to be asked. */
  recall(question: SecretQuestion): string | undefined {
    const known = this.passphrases.get(secretKey(question));
    if (known === undefined || (question.attempt > 1 && known === this.given.get(handOf(question))))
      return undefined;
    return known;
  }

  /** Notes what a machine is given now; a passphrase is offered to the next machines from here on. */
  give(question: SecretQuestion, value: string): void {
    this.given.set(handOf(question), value);
    if (question.kind === 'passphrase') this.passphrases.set(secretKey(question), value);
  }

  /** Notes how it went and gives what was tried; a wrong passphrase is forgotten, unless a newer one took its place. */
  settle(question: SecretQuestion, outcome: 'right' | 'wrong'): string | undefined {
    const hand = handOf(question);
    const value = this.given.get(hand);
    const key = secretKey(question);
    if (outcome === 'wrong' && this.passphrases.get(key) === value) this.passphrases.delete(key);
    if (outcome === 'right') this.given.delete(hand);
    return value;
  }

  forget(key: string): void {
    this.passphrases.delete(key);
  }

  clear(): void {
    this.passphrases.clear();
    this.given.clear();
  }
}

const handOf = (question: SecretQuestion): string => `${secretKey(question)}\n${accountOf(question.target)}`;
