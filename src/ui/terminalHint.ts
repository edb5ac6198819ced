import * as vscode from 'vscode';

/** What the mark before our lines means, for the top of a terminal. */
export const terminalHint = (): string =>
  vscode.l10n.t('Lines with this mark are from Guestbench, all others are printed by the guests.');
