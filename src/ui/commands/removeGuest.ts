import * as vscode from 'vscode';
import { guestsFrom, pickGuest } from '../commandArguments';
import type { Services } from '../services';
import { showWarningMessage } from '../visible/messages';

/** Takes guests out of the lab file, after a question. Nothing on the guests themselves changes. */
export async function removeGuest(services: Services, ...args: readonly unknown[]): Promise<void> {
  await services.lab.open();
  const names = guestsFrom(args) ?? [await pickGuest(services, vscode.l10n.t('Remove Guest'))];
  const remove = vscode.l10n.t('Remove');
  const chosen = await showWarningMessage(
    vscode.l10n.t('Remove {0} from the lab file?', names.join(', ')),
    {
      modal: true,
      detail: vscode.l10n.t('Experiments already made are kept. Nothing changes on the guest itself.'),
    },
    remove,
  );
  if (chosen !== remove) throw new vscode.CancellationError();
  for (const name of names) await services.lab.removeGuest(name);
}
