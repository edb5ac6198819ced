import * as vscode from 'vscode';
import { trySudoPassword } from '../experiment/installing';
import { UserError } from '../model/userError';
import type { Installable } from './preparation';
import type { Services } from './services';
import { visibleAccount } from './visibleText';
import { showInformationMessage } from './visible/messages';
import { showInputBox } from './visible/questions';

const attempts = 3;

/**
 * The passwords of sudo for the guests that need one, asked for before anything is installed. They are kept in this
 * map only, for one installation; a guest whose password was not given or is refused has none, with the reason.
 */
export interface SudoPasswords {
  readonly passwords: ReadonlyMap<string, string>;
  readonly refusals: ReadonlyMap<string, string>;
}

/** Throws CancellationError when the person does not give a password. */
export async function askSudoPasswords(
  services: Services,
  guests: readonly Installable[],
): Promise<SudoPasswords> {
  const passwords = new Map<string, string>();
  const refusals = new Map<string, string>();
  const asking = guests.filter(({ plan }) => plan.privilege === 'sudo-password');
  for (const [index, { name, user }] of asking.entries()) {
    if (passwords.has(name) || refusals.has(name)) continue;
    try {
      const password = await askUntilRight(services, name, user);
      passwords.set(name, password);
      const alike = asking
        .slice(index + 1)
        .filter((other) => other.user === user && !passwords.has(other.name));
      for (const other of await shareWith(name, user, alike))
        if (await isRight(services, other, password)) passwords.set(other, password);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      refusals.set(name, error.message);
    }
  }
  return { passwords, refusals };
}

/** @throws UserError when sudo refuses for good; CancellationError. */
async function askUntilRight(services: Services, name: string, user: string): Promise<string> {
  const connection = await services.guests.connect(name, 'ask');
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const password = await showInputBox({
      title: name,
      prompt: vscode.l10n.t(
        'Password of {0} for sudo on {1}. It is passed to sudo only, and not kept.',
        visibleAccount(user),
        name,
      ),
      placeHolder: attempt > 1 ? vscode.l10n.t('That was not right. Try again.') : '',
      password: true,
      ignoreFocusOut: true,
    });
    if (password === undefined) throw new vscode.CancellationError();
    const verdict = await trySudoPassword(connection, password);
    if (verdict.verdict === 'right') return password;
    if (verdict.verdict === 'refused') {
      throw new UserError(
        vscode.l10n.t(
          'sudo does not let {0} install packages ({1}). Run the command as root.',
          visibleAccount(user),
          verdict.said,
        ),
      );
    }
  }
  throw new UserError(
    vscode.l10n.t('The password of {0} was wrong {1} times.', visibleAccount(user), attempts),
  );
}

/** The guests among `alike` that the person wants the same password tried on. */
async function shareWith(
  name: string,
  user: string,
  alike: readonly Installable[],
): Promise<readonly string[]> {
  if (alike.length === 0) return [];
  const names = alike.map((guest) => guest.name);
  const use = vscode.l10n.t('Use It There Too');
  const chosen = await showInformationMessage(
    vscode.l10n.t('Use the same password on the other guests?'),
    {
      modal: true,
      detail: vscode.l10n.t(
        'sudo on {0} took it for {1}. It would be tried once for the account of the same name on: {2}.',
        name,
        visibleAccount(user),
        names.join(', '),
      ),
    },
    use,
    vscode.l10n.t('Ask for Each'),
  );
  return chosen === use ? names : [];
}

async function isRight(services: Services, name: string, password: string): Promise<boolean> {
  const connection = await services.guests.connect(name, 'ask');
  return (await trySudoPassword(connection, password)).verdict === 'right';
}
