import * as vscode from 'vscode';
import { guestsFrom, pickGuest } from '../commandArguments';
import { requireTrust } from '../guestService';
import type { Services } from '../services';
import { showStatus } from '../visible/messages';

/** Forgets the host key that Guestbench stored for a guest and the secrets kept for it. */
export async function forgetGuest(services: Services, ...args: readonly unknown[]): Promise<void> {
  requireTrust();
  await services.lab.open();
  const names = guestsFrom(args) ?? [
    await pickGuest(services, vscode.l10n.t('Forget Host Key and Saved Secrets')),
  ];
  for (const name of names) {
    const target = await services.guests.target(services.lab.guest(name));
    await services.hostKeys.forget(target);
    await services.prompter.forget(target);
    services.pool.forget(target);
    services.log.info(`${name}: host key and secrets forgotten`);
  }
  showStatus('check', vscode.l10n.t('Forgotten: {0}', names.join(', ')), 4000);
}
