import * as vscode from 'vscode';
import { UserError } from '../../model/userError';
import { fileFrom, valueOf } from '../commandArguments';
import { requireTrust } from '../guestService';
import type { Services } from '../services';
import { inUseText, seenWaitText, takeOverDetail, type SeenWait } from '../waits';
import { showWarningMessage } from '../visible/messages';
import { showQuickPick } from '../visible/questions';
import { paragraphs } from '../visibleText';

type Waiting = vscode.QuickPickItem & {
  readonly file: string;
  readonly guest: string;
  readonly wait: SeenWait;
};

/**
 * Takes a guest that a running experiment waits for from whoever has it, after a question that says what is lost.
 * `{ file?, guest? }` narrows the choice; the question is asked always.
 */
export async function takeOverGuest(services: Services, ...args: readonly unknown[]): Promise<void> {
  requireTrust();
  const file = fileFrom(args);
  const guest = valueOf(args[0], 'guest');
  const waiting = services.experiments
    .runningNow()
    .flatMap(({ file: of, label, waits }) =>
      [...waits].map(([name, wait]): Waiting => ({
        ...{ file: of, guest: name, wait, label: name, description: label },
        detail: seenWaitText(name, wait),
      })),
    )
    .filter((each) => (file === undefined || each.file === file) && (guest ?? each.guest) === each.guest);
  const [only] = waiting;
  if (!only) throw new UserError(vscode.l10n.t('No experiment waits for a guest that somebody else uses.'));
  const title = vscode.l10n.t('Take Over Guest');
  const chosen = waiting.length === 1 ? only : await showQuickPick(waiting, { title, ignoreFocusOut: true });
  if (!chosen) throw new vscode.CancellationError();
  await confirmTakeOver(chosen.guest, chosen.wait);
  await services.experiments.takeOver(chosen.file, chosen.guest, chosen.wait.job);
}

async function confirmTakeOver(guest: string, wait: SeenWait): Promise<void> {
  // The first button that does not close the dialog is the one that Enter presses; Escape presses VS Code's Cancel.
  const keep = { title: vscode.l10n.t('Keep Waiting') };
  const take = {
    title: wait.job === undefined ? vscode.l10n.t('Take Over') : vscode.l10n.t('End It and Take Over'),
  };
  const question = vscode.l10n.t('Take {0} over?', guest);
  const detail = paragraphs([inUseText(guest, wait), takeOverDetail([{ guest, wait }])]);
  const chosen = await showWarningMessage(question, { modal: true, detail }, keep, take);
  if (chosen !== take) throw new vscode.CancellationError();
}
