import * as vscode from 'vscode';
import type { ChangedHostKey, HostKeyQuestion, Prompter, SecretQuestion, Target } from '../ssh/transport';
import type { Log } from './log';
import { withoutLinks } from './reporting';

const where = (target: Target): string => `${target.user}@${target.address}:${target.port}`;

/** Secrets are kept per account and machine, and per key file. */
function secretKey(question: SecretQuestion): string {
  return question.kind === 'passphrase' && question.file !== undefined
    ? `passphrase:${question.file}`
    : `password:${where(question.target)}`;
}

/** Asks through VS Code's own dialogs, one question at a time. */
export class VscodePrompter implements Prompter {
  private queue: Promise<unknown> = Promise.resolve();
  private readonly offered = new Map<string, string>();

  constructor(
    private readonly secrets: vscode.SecretStorage,
    private readonly log: Log,
  ) {}

  confirmHostKey(question: HostKeyQuestion): Promise<boolean> {
    return this.inTurn(async () => {
      const trust = vscode.l10n.t('Trust This Key');
      const chosen = await vscode.window.showInformationMessage(
        vscode.l10n.t('Is this {0}?', question.target.name),
        {
          modal: true,
          detail: vscode.l10n.t(
            'First contact with {0}.\n\nIt presents the {1} key\n{2}\n\nCompare this with what `ssh-keygen -lf` prints on the guest.',
            where(question.target),
            question.keyType,
            question.fingerprint,
          ),
        },
        trust,
      );
      if (chosen === trust)
        this.log.info(`Host key of ${where(question.target)} trusted: ${question.fingerprint}`);
      return chosen === trust;
    });
  }

  reportChangedHostKey(changed: ChangedHostKey): Promise<void> {
    return this.inTurn(async () => {
      const known = changed.known
        .map((key) => `${key.keyType} ${key.fingerprint}\n(${key.where})`)
        .join('\n');
      await vscode.window.showErrorMessage(
        vscode.l10n.t('The host key of {0} has changed.', changed.target.name),
        {
          modal: true,
          detail: vscode.l10n.t(
            '{0} was not connected.\n\nKnown:\n{1}\n\nPresented now:\n{2} {3}\n\nA rebuilt guest has a new key; so has somebody in between. When you know that it is right, forget the old key ("Forget Host Key and Saved Secrets", or remove it from known_hosts) and connect again.',
            where(changed.target),
            known,
            changed.keyType,
            changed.fingerprint,
          ),
        },
      );
    });
  }

  secret(question: SecretQuestion): Promise<string | undefined> {
    return this.inTurn(async () => {
      const key = secretKey(question);
      if (question.attempt === 1) {
        const kept = await this.secrets.get(key);
        if (kept !== undefined) return kept;
      }
      const value = await vscode.window.showInputBox({
        title: question.target.name,
        prompt:
          question.kind === 'password'
            ? vscode.l10n.t('Password of {0}', where(question.target))
            : vscode.l10n.t('Passphrase of {0}', question.file ?? ''),
        placeHolder: question.attempt > 1 ? vscode.l10n.t('That was not right. Try again.') : '',
        password: true,
        ignoreFocusOut: true,
      });
      if (value !== undefined) this.offered.set(key, value);
      return value;
    });
  }

  answers(
    target: Target,
    title: string,
    instructions: string,
    prompts: readonly { readonly prompt: string; readonly echo: boolean }[],
  ): Promise<readonly string[] | undefined> {
    return this.inTurn(async () => {
      const answers: string[] = [];
      for (const { prompt, echo } of prompts) {
        const answer = await vscode.window.showInputBox({
          title: withoutLinks([target.name, title].filter(Boolean).join(': ')),
          prompt: withoutLinks([instructions, prompt].filter(Boolean).join('\n')),
          password: !echo,
          ignoreFocusOut: true,
        });
        if (answer === undefined) return undefined;
        answers.push(answer);
      }
      return answers;
    });
  }

  secretOutcome(question: SecretQuestion, outcome: 'right' | 'wrong'): void {
    const key = secretKey(question);
    const value = this.offered.get(key);
    this.offered.delete(key);
    if (outcome === 'wrong') {
      void this.secrets.delete(key);
      return;
    }
    if (value !== undefined) void this.offerToKeep(question, key, value);
  }

  /** Forgets everything kept for a machine. */
  async forget(target: Target): Promise<void> {
    await this.secrets.delete(`password:${where(target)}`);
    for (const file of target.identityFiles) await this.secrets.delete(`passphrase:${file}`);
  }

  private async offerToKeep(question: SecretQuestion, key: string, value: string): Promise<void> {
    const keep = vscode.l10n.t('Remember');
    const chosen = await vscode.window.showInformationMessage(
      question.kind === 'password'
        ? vscode.l10n.t(
            "Remember the password of {0} in the system's secret storage?",
            where(question.target),
          )
        : vscode.l10n.t(
            "Remember the passphrase of {0} in the system's secret storage?",
            question.file ?? '',
          ),
      keep,
      vscode.l10n.t('Not Now'),
    );
    if (chosen === keep) await this.secrets.store(key, value);
  }

  private inTurn<T>(ask: () => Promise<T>): Promise<T> {
    const turn = this.queue.then(ask, ask);
    this.queue = turn.catch(() => undefined);
    return turn;
  }
}

/** For work that nobody asked for (background refresh): never asks, so what needs an answer fails quietly. */
export const silentPrompter: Prompter = {
  confirmHostKey: () => Promise.resolve(false),
  reportChangedHostKey: () => Promise.resolve(),
  secret: () => Promise.resolve(undefined),
  answers: () => Promise.resolve(undefined),
  secretOutcome: () => undefined,
};
