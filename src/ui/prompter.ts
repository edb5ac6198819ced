import * as vscode from 'vscode';
import { Disposable } from '../model/disposable';
import { accountOf, fromKept, secretKey, SecretMemory, toKeep } from '../ssh/secretMemory';
import type { ChangedHostKey, HostKeyQuestion, Prompter, SecretQuestion, Target } from '../ssh/transport';
import type { Log } from './log';
import { visibleAccount, visibleAddress, visibleQuote } from './visibleText';
import { showErrorMessage, showInformationMessage } from './visible/messages';
import { showInputBox } from './visible/questions';

/** Asks through VS Code's own dialogs, one question at a time. */
export class VscodePrompter extends Disposable implements Prompter {
  /**
   * For work that nobody asked for (a background look): never asks, but uses what a person chose to have remembered,
   * so that what needs an answer fails quietly.
   */
  readonly silent: Prompter = {
    confirmHostKey: () => Promise.resolve(false),
    reportChangedHostKey: () => Promise.resolve(),
    secret: (question) => this.remembered(question),
    answers: () => Promise.resolve(undefined),
    secretOutcome: (question, outcome) => this.secretOutcome(question, outcome),
  };
  private queue: Promise<unknown> = Promise.resolve();
  private readonly memory = new SecretMemory();
  /** What a person typed, until it is known to be right: only that is offered to be kept. */
  private readonly typed = new Map<string, string>();

  constructor(
    private readonly secrets: vscode.SecretStorage,
    private readonly log: Log,
  ) {
    super();
    this.register({ dispose: () => this.memory.clear() });
  }

  confirmHostKey(question: HostKeyQuestion, signal?: AbortSignal): Promise<boolean> {
    return this.inTurn(signal, false, async () => {
      const trust = vscode.l10n.t('Trust This Key');
      const chosen = await showInformationMessage(
        vscode.l10n.t('Is this {0}?', question.target.name),
        {
          modal: true,
          detail: [
            vscode.l10n.t('First contact with {0}.', accountText(question.target)),
            '',
            vscode.l10n.t('It presents the {0} key', question.keyType),
            question.fingerprint,
            '',
            vscode.l10n.t('Compare this with what `ssh-keygen -lf` prints on the guest.'),
            ...(question.notes ?? []).flatMap((note) => ['', note]),
          ],
        },
        trust,
      );
      if (chosen === trust)
        this.log.info(`Host key of ${accountOf(question.target)} trusted: ${question.fingerprint}`);
      return chosen === trust;
    });
  }

  reportChangedHostKey(changed: ChangedHostKey, signal?: AbortSignal): Promise<void> {
    return this.inTurn(signal, undefined, async () => {
      const known = changed.known.flatMap((key) => [`${key.keyType} ${key.fingerprint}`, `(${key.where})`]);
      await showErrorMessage(vscode.l10n.t('The host key of {0} has changed.', changed.target.name), {
        modal: true,
        detail: [
          vscode.l10n.t('{0} was not connected.', accountText(changed.target)),
          '',
          vscode.l10n.t('Known:'),
          ...known,
          '',
          vscode.l10n.t('Presented now:'),
          `${changed.keyType} ${changed.fingerprint}`,
          '',
          vscode.l10n.t(
            'A rebuilt guest has a new key; so has somebody in between. When you know that it is right, forget the old key ("Forget Host Key and Saved Secrets", or remove it from known_hosts) and connect again.',
          ),
        ],
      });
    });
  }

  secret(question: SecretQuestion, signal?: AbortSignal): Promise<string | undefined> {
    return this.inTurn(signal, undefined, async (token) => {
      const known = await this.remembered(question);
      if (known !== undefined) return known;
      const value = await showInputBox(
        {
          title: question.target.name,
          prompt:
            question.kind === 'password'
              ? vscode.l10n.t('Password of {0}', accountText(question.target))
              : vscode.l10n.t('Passphrase of {0}', question.file ?? ''),
          placeHolder: question.attempt > 1 ? vscode.l10n.t('That was not right. Try again.') : '',
          password: true,
          ignoreFocusOut: true,
        },
        token,
      );
      if (value === undefined) return undefined;
      this.typed.set(secretKey(question), value);
      this.memory.give(question, value);
      return value;
    });
  }

  answers(
    target: Target,
    title: string,
    instructions: string,
    prompts: readonly { readonly prompt: string; readonly echo: boolean }[],
    signal?: AbortSignal,
  ): Promise<readonly string[] | undefined> {
    return this.inTurn(signal, undefined, async (token) => {
      const answers: string[] = [];
      for (const { prompt, echo } of prompts) {
        const answer = await showInputBox(
          {
            title: serverTitle(target, title),
            prompt: [...linesOf(instructions), ...linesOf(prompt)],
            password: !echo,
            ignoreFocusOut: true,
          },
          token,
        );
        if (answer === undefined) return undefined;
        answers.push(answer);
      }
      return answers;
    });
  }

  secretOutcome(question: SecretQuestion, outcome: 'right' | 'wrong'): void {
    const key = secretKey(question);
    const tried = this.memory.settle(question, outcome);
    if (outcome === 'wrong') {
      void this.forgetWrong(question, tried);
      return;
    }
    const isTyped = this.typed.get(key) === tried;
    this.typed.delete(key);
    if (isTyped && tried !== undefined) void this.offerToKeep(question, key, tried);
  }

  /** Forgets everything kept for a machine. */
  async forget(target: Target): Promise<void> {
    await this.secrets.delete(`password:${accountOf(target)}`);
    for (const file of target.identityFiles) {
      this.memory.forget(`passphrase:${file}`);
      await this.secrets.delete(`passphrase:${file}`);
    }
  }

  /** Typed before in this window, or kept by a person's choice; never what this machine has just refused. */
  private async remembered(question: SecretQuestion): Promise<string | undefined> {
    const kept =
      question.attempt === 1 ? fromKept(question, await this.secrets.get(secretKey(question))) : undefined;
    const known = this.memory.recall(question) ?? kept;
    if (known !== undefined) this.memory.give(question, known);
    return known;
  }

  /** What is kept goes only when it is what was tried: a right one may have been kept meanwhile. */
  private async forgetWrong(question: SecretQuestion, tried: string | undefined): Promise<void> {
    const key = secretKey(question);
    const kept = fromKept(question, await this.secrets.get(key));
    if (kept !== undefined && kept === tried) await this.secrets.delete(key);
  }

  private async offerToKeep(question: SecretQuestion, key: string, value: string): Promise<void> {
    const kept = toKeep(question, value);
    if (kept === undefined) return;
    const keep = vscode.l10n.t('Remember');
    const chosen = await showInformationMessage(
      question.kind === 'password'
        ? vscode.l10n.t(
            "Remember the password of {0} in the system's secret storage?",
            accountText(question.target),
          )
        : vscode.l10n.t(
            "Remember the passphrase of {0} in the system's secret storage?",
            question.file ?? '',
          ),
      keep,
      vscode.l10n.t('Not Now'),
    );
    if (chosen === keep) await this.secrets.store(key, kept);
  }

  /**
   * Asks when the questions before are answered. With the signal an open input box closes, a question whose turn has
   * not come is never asked, and `none` is the answer; a dialog stays open, but nobody waits for it.
   */
  private inTurn<T>(
    signal: AbortSignal | undefined,
    none: T,
    ask: (token: vscode.CancellationToken) => Promise<T>,
  ): Promise<T> {
    const source = new vscode.CancellationTokenSource();
    let takeBack = (): void => undefined;
    const takenBack = new Promise<T>((resolve) => {
      takeBack = () => {
        source.cancel();
        resolve(none);
      };
    });
    const start = (): Promise<T> =>
      signal?.aborted === true ? Promise.resolve(none) : Promise.race([ask(source.token), takenBack]);
    signal?.addEventListener('abort', takeBack, { once: true });
    const turn = this.queue.then(start, start).finally(() => {
      signal?.removeEventListener('abort', takeBack);
      source.dispose();
    });
    this.queue = turn.catch(() => undefined);
    return Promise.race([turn, takenBack]);
  }
}

/** The account and the machine in one line, whatever an account may be called. */
const accountText = ({ user, address, port }: Target): string =>
  `${visibleAccount(user)}@${visibleAddress(address)}:${port}`;

/** Says whose words the question is in: a server can ask for anything. */
function serverTitle({ name }: Target, title: string): string {
  return title === ''
    ? vscode.l10n.t('Question from {0}', name)
    : vscode.l10n.t('Question from {0}: {1}', name, visibleQuote(title));
}

const linesOf = (text: string): readonly string[] =>
  text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '');
