import * as vscode from 'vscode';
import { guestsFrom, pickGuest } from '../commandArguments';
import { requireTrust } from '../guestService';
import type { Services } from '../services';
import { ShellTerminal } from '../shellTerminal';
import { createTerminal } from '../visible/places';

/** Opens a shell on a guest, over the connection that everything else uses too. */
export async function connectGuest(services: Services, ...args: readonly unknown[]): Promise<void> {
  requireTrust();
  await services.lab.open();
  const names = guestsFrom(args) ?? [await pickGuest(services, vscode.l10n.t('Open Shell'))];
  for (const name of names) {
    services.lab.guest(name);
    const pty = new ShellTerminal(name, () => services.guests.connect(name, 'ask'));
    createTerminal({ name, pty, iconPath: new vscode.ThemeIcon('terminal'), isTransient: true }).show();
  }
}
