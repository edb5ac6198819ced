import * as vscode from 'vscode';
import { Jobs } from '../../ssh/jobs';
import { UserError } from '../../model/userError';
import { guestsFrom, pickGuest } from '../commandArguments';
import { requireTrust } from '../guestService';
import type { Services } from '../services';

/** Removes everything of ours from a guest: left-over jobs, work files, the controller script. */
export async function cleanUpGuest(services: Services, ...args: readonly unknown[]): Promise<void> {
  requireTrust();
  await services.lab.open();
  const names = guestsFrom(args) ?? [await pickGuest(services, vscode.l10n.t('Clean Up Guest'))];
  for (const name of names) {
    if (services.guests.activity(name) !== undefined) {
      throw new UserError(vscode.l10n.t('{0} is running benchmarks. Stop them before cleaning up.', name));
    }
    await new Jobs(() => services.guests.connect(name, 'ask')).cleanUp();
    services.log.info(`${name}: cleaned up`);
  }
  vscode.window.setStatusBarMessage(
    vscode.l10n.t('$(check) Nothing of Guestbench is left on {0}', names.join(', ')),
    5000,
  );
}
