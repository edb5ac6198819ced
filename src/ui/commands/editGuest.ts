import { guestsFrom, pickGuest } from '../commandArguments';
import * as vscode from 'vscode';
import type { Services } from '../services';

/** Opens the lab file at a guest. */
export async function editGuest(services: Services, ...args: readonly unknown[]): Promise<void> {
  await services.lab.open();
  const name = guestsFrom(args)?.[0] ?? (await pickGuest(services, vscode.l10n.t('Edit Guest')));
  await services.lab.show(await services.lab.placeOf(name));
}
