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
    const jobs = new Jobs(() => services.guests.connect(name, 'ask'));
    await endLeftOvers(name, jobs);
    await jobs.cleanUp();
    services.log.info(`${name}: cleaned up`);
  }
  vscode.window.setStatusBarMessage(
    vscode.l10n.t('$(check) Nothing of Guestbench is left on {0}', names.join(', ')),
    5000,
  );
}

/** A job that a closed window left running holds the guest; it is ended after a question. */
async function endLeftOvers(name: string, jobs: Jobs): Promise<void> {
  const alive = (await jobs.list()).filter(({ state }) => state === 'running' || state === 'orphan');
  if (alive.length === 0) return;
  const end = vscode.l10n.t('End It');
  const chosen = await vscode.window.showWarningMessage(
    vscode.l10n.t('A benchmark is still running on {0}.', name),
    {
      modal: true,
      detail: vscode.l10n.t(
        'It was left by another window, or by one that was closed ({0}). Ending it loses its result.',
        alive.map(({ id }) => id).join(', '),
      ),
    },
    end,
  );
  if (chosen !== end) throw new vscode.CancellationError();
  for (const { id } of alive) await jobs.cancel(id, 5);
}
