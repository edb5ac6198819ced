import { HostKeys } from '../../src/ssh/hostKeys';
import type { Prompter } from '../../src/ssh/transport';

/** A person who answers as told and remembers what was asked. */
export interface Person extends Prompter {
  readonly log: string[];
}

export interface Answers {
  readonly trust?: boolean;
  /** By kind and attempt; undefined = cancelled. */
  readonly secret?: (
    kind: 'password' | 'passphrase',
    attempt: number,
  ) => string | undefined | Promise<string | undefined>;
  readonly answers?: (prompts: readonly string[]) => readonly string[] | undefined;
}

export function person(answers: Answers = {}): Person {
  const log: string[] = [];
  return {
    log,
    confirmHostKey: (question) => {
      log.push(`confirm ${question.keyType} ${question.fingerprint}`);
      return Promise.resolve(answers.trust === true);
    },
    reportChangedHostKey: (changed) => {
      log.push(`changed ${changed.fingerprint} known ${changed.known.map((key) => key.fingerprint).join()}`);
      return Promise.resolve();
    },
    secret: async (question) => {
      log.push(`${question.kind} ${question.attempt}`);
      return answers.secret?.(question.kind, question.attempt);
    },
    answers: (_target, title, instructions, prompts) => {
      log.push(
        [
          'answers',
          title,
          instructions,
          ...prompts.map((each) => `${each.prompt}${each.echo ? '+' : '-'}`),
        ].join('|'),
      );
      return Promise.resolve(answers.answers?.(prompts.map((each) => each.prompt)));
    },
    secretOutcome: (question, outcome) => log.push(`${question.kind} ${question.attempt} ${outcome}`),
  };
}

/** Host keys read from the files given only. */
export function hostKeysOf(store: string, ...known: string[]): HostKeys {
  return new HostKeys({ store, known });
}
