import { readdir } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { lockHolder } from '../../experiment/fileLock';
import { UserError } from '../../model/userError';
import { localFile } from '../addresses';
import { pickExperiment } from '../commandArguments';
import type { Services } from '../services';
import { showWarningMessage } from '../visible/messages';

/** Moves an experiment file, and the outputs beside it, to the trash, after a question. */
export async function deleteExperiment(services: Services, ...args: readonly unknown[]): Promise<void> {
  const file = localFile(
    await pickExperiment(
      services,
      args,
      vscode.l10n.t('Delete Experiment'),
      ({ state }) => state !== 'running' && state !== 'elsewhere',
    ),
  );
  checkAtRest(services, file);
  const remove = vscode.l10n.t('Delete');
  const name = path.basename(file);
  const chosen = await showWarningMessage(
    vscode.l10n.t('Delete {0}?', name),
    { modal: true, detail: vscode.l10n.t('All its measurements go with it.') },
    remove,
  );
  if (chosen !== remove) throw new vscode.CancellationError();
  // It may have been resumed while the question stood there.
  checkAtRest(services, file);
  await leaveLeases(services, file);
  const folder = path.dirname(file);
  const ours = (await readdir(folder)).filter((entry) => entry === name || entry.startsWith(`${name}.`));
  for (const entry of ours) await toTrash(vscode.Uri.file(path.join(folder, entry)));
  services.experiments.refresh();
}

/** @throws UserError when it is running, here or in another window. */
function checkAtRest({ experiments }: Services, file: string): void {
  if (experiments.isRunning(file) || lockHolder(file)) {
    throw new UserError(vscode.l10n.t('This experiment is running. Stop it first.'));
  }
}

/** What guests keep for an experiment that was interrupted is kept for nobody once its file, and any copy, is gone. */
async function leaveLeases({ experiments }: Services, file: string): Promise<void> {
  try {
    const { experiment, content } = await experiments.readWhole(file);
    const { id, ended, imported } = experiment;
    if (ended !== undefined || imported !== undefined) return;
    // A file from elsewhere may bear the id of an experiment that somebody else still runs.
    if (!experiments.started.knows(id, content)) return;
    const others = (await experiments.list()).filter(
      (entry) => entry.file !== file && ['running', 'elsewhere', 'interrupted'].includes(entry.state),
    );
    for (const other of others) if ((await experiments.read(other.file)).id === id) return;
    experiments.leftLeases.add(id);
  } catch {
    // Of a file that cannot be read nobody knows whose leases they are: they become stale.
  }
}

/** Not every file system has a trash. */
async function toTrash(uri: vscode.Uri): Promise<void> {
  try {
    await vscode.workspace.fs.delete(uri, { useTrash: true });
  } catch {
    await vscode.workspace.fs.delete(uri);
  }
}
