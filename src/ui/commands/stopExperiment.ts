import * as vscode from 'vscode';
import { UserError } from '../../model/userError';
import { fileFrom, valueOf } from '../commandArguments';
import type { Services } from '../services';

/** Stops a running experiment, at once or after its current trial. `{ file?, how? }` skips the questions. */
export async function stopExperiment(services: Services, ...args: readonly unknown[]): Promise<void> {
  const running = services.experiments.runningNow();
  const named = fileFrom(args);
  const [only] = running;
  if (!only) throw new UserError(vscode.l10n.t('No experiment is running.'));
  const file = named ?? (running.length === 1 ? only.file : await pickRunning(running));
  const how = valueOf(args[0], 'how');
  services.experiments.stop(file, how === 'now' || how === 'after-trial' ? how : await askHow());
}

async function pickRunning(running: readonly { file: string; label: string }[]): Promise<string> {
  const picked = await vscode.window.showQuickPick(
    running.map(({ file, label }) => ({ label, file })),
    { title: vscode.l10n.t('Stop Experiment') },
  );
  if (!picked) throw new vscode.CancellationError();
  return picked.file;
}

async function askHow(): Promise<'now' | 'after-trial'> {
  const now = vscode.l10n.t('Stop Now');
  const after = vscode.l10n.t('After This Trial');
  const chosen = await vscode.window.showInformationMessage(
    vscode.l10n.t('Stop the experiment?'),
    {
      modal: true,
      detail: vscode.l10n.t(
        'What has been measured stays in the file and stays valid. Stopping now ends the running trial on its guest.',
      ),
    },
    after,
    now,
  );
  if (chosen === undefined) throw new vscode.CancellationError();
  return chosen === now ? 'now' : 'after-trial';
}
