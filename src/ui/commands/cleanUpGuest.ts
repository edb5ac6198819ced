import * as vscode from 'vscode';
import { Jobs, type Removed } from '../../ssh/jobs';
import type { Lease } from '../../ssh/lease';
import { UserError } from '../../model/userError';
import { guestsFrom, pickGuest } from '../commandArguments';
import { requireTrust } from '../guestService';
import type { Services } from '../services';
import { visibleWord } from '../visibleText';
import { changesHands, useText } from '../waits';
import { showInformationMessage, showWarningMessage } from '../visible/messages';

/**
 * Removes everything of ours from a guest (left-over jobs with their results, work files, uploads, stale locks, the
 * controller script) and says what that was. Asks first when something runs there or somebody keeps the guest.
 */
export async function cleanUpGuest(services: Services, ...args: readonly unknown[]): Promise<void> {
  requireTrust();
  await services.lab.open();
  const names = guestsFrom(args) ?? [await pickGuest(services, vscode.l10n.t('Clean Up Guest'))];
  const said: string[] = [];
  for (const name of names) {
    if (services.guests.activity(name) !== undefined) {
      throw new UserError(vscode.l10n.t('{0} is running benchmarks. Stop them before cleaning up.', name));
    }
    const jobs = new Jobs(() => services.guests.connect(name, 'ask'));
    const holder = await jobs.lease();
    if (!holder || !services.experiments.leftLeases.has(holder.id)) await confirmLoss(name, holder);
    const ended = await endLeftOvers(name, jobs);
    const text = removedText(name, ended, await jobs.cleanUp('anybodys'));
    services.log.info(text);
    said.push(text);
  }
  void showInformationMessage(said.join(' '));
}

/** Somebody keeps the guest for an experiment: what of it is there would be lost. */
async function confirmLoss(name: string, holder: Lease | undefined): Promise<void> {
  if (!holder || changesHands(holder)) return;
  const clean = vscode.l10n.t('Clean Up All the Same');
  const chosen = await showWarningMessage(
    vscode.l10n.t('{0} is kept for an experiment.', name),
    {
      modal: true,
      detail: vscode.l10n.t(
        '{0} is {1}. What that experiment has not collected yet is lost, and it runs those trials again.',
        name,
        useText({ holder, job: holder.job }),
      ),
    },
    clean,
  );
  if (chosen !== clean) throw new vscode.CancellationError();
}

/** A job that a closed window left running holds the guest; it is ended after a question. Returns how many were. */
async function endLeftOvers(name: string, jobs: Jobs): Promise<number> {
  const alive = (await jobs.list()).filter(({ state }) => state === 'running' || state === 'orphan');
  if (alive.length === 0) return 0;
  const end = vscode.l10n.t('End It');
  const chosen = await showWarningMessage(
    vscode.l10n.t('A benchmark is still running on {0}.', name),
    {
      modal: true,
      detail: vscode.l10n.t(
        'It was left by another window, or by one that was closed ({0}). Ending it loses its result.',
        alive.map(({ id }) => visibleWord(id)).join(', '),
      ),
    },
    end,
  );
  if (chosen !== end) throw new vscode.CancellationError();
  for (const { id } of alive) await jobs.cancel(id, 5);
  return alive.length;
}

function removedText(
  name: string,
  ended: number,
  { jobs, sources, processes, lock, lease }: Removed,
): string {
  const parts = [
    ...(ended > 0 ? [vscode.l10n.t('running benchmarks ended: {0}', ended)] : []),
    ...(jobs > 0 ? [vscode.l10n.t('jobs with what they left: {0}', jobs)] : []),
    ...(sources > 0 ? [vscode.l10n.t('uploaded files: {0}', sources)] : []),
    ...(processes > 0 ? [vscode.l10n.t('processes that had been left behind: {0}', processes)] : []),
    ...(lock === undefined ? [] : [vscode.l10n.t('the lock of a job that is gone ({0})', visibleWord(lock))]),
    ...(lease ? [vscode.l10n.t('a reservation ({0})', useText({ holder: lease, job: undefined }))] : []),
  ];
  return parts.length === 0
    ? vscode.l10n.t('{0}: nothing of Guestbench was left there.', name)
    : vscode.l10n.t('{0}: removed {1}. Nothing of Guestbench is left there.', name, parts.join(', '));
}
