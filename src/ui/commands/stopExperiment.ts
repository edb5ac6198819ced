import * as vscode from 'vscode';
import { UserError } from '../../model/userError';
import { fileFrom, valueOf } from '../commandArguments';
import type { RunningNow } from '../experimentRun';
import type { Services } from '../services';
import { showInformationMessage, showWarningMessage } from '../visible/messages';
import { showQuickPick } from '../visible/questions';

type How = 'now' | 'after-trial' | 'give-up';

/**
 * Stops a running experiment: at once, after its current trial, or (when it stops already) without waiting for guests
 * out of reach. `{ file?, how? }` skips the questions.
 */
export async function stopExperiment(services: Services, ...args: readonly unknown[]): Promise<void> {
  const running = services.experiments.runningNow();
  const named = fileFrom(args);
  const [only] = running;
  if (!only) throw new UserError(vscode.l10n.t('No experiment is running.'));
  const chosen = named === undefined ? undefined : running.find(({ file }) => file === named);
  if (named !== undefined && !chosen) {
    throw new UserError(vscode.l10n.t('This experiment is not running.'));
  }
  const experiment = chosen ?? (running.length === 1 ? only : await pickRunning(running));
  const how = howFrom(args) ?? (experiment.isStopping ? await askHarder() : await askHow());
  if (how === 'give-up') {
    services.experiments.stop(experiment.file, 'now');
    services.experiments.giveUp(experiment.file);
  } else services.experiments.stop(experiment.file, how);
}

function howFrom(args: readonly unknown[]): How | undefined {
  const how = valueOf(args[0], 'how');
  return how === 'now' || how === 'after-trial' || how === 'give-up' ? how : undefined;
}

async function pickRunning(running: readonly RunningNow[]): Promise<RunningNow> {
  const picked = await showQuickPick(
    running.map((experiment) => ({ label: experiment.label, experiment })),
    { title: vscode.l10n.t('Stop Experiment'), ignoreFocusOut: true },
  );
  if (!picked) throw new vscode.CancellationError();
  return picked.experiment;
}

async function askHow(): Promise<How> {
  const now = vscode.l10n.t('Stop Now');
  const after = vscode.l10n.t('After This Trial');
  const chosen = await showInformationMessage(
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

/** It was told to stop and has not ended: a trial runs on, or a guest is out of reach. */
async function askHarder(): Promise<How> {
  const now = vscode.l10n.t('Stop Now');
  const giveUp = vscode.l10n.t('Give Up Waiting');
  const chosen = await showWarningMessage(
    vscode.l10n.t('The experiment is being stopped already. Stop it harder?'),
    {
      modal: true,
      detail: vscode.l10n.t(
        'Stop Now ends the running trial on its guest. Give Up Waiting does so too, but does not wait for a guest that is out of reach: its trial may go on there, and its files stay until Clean Up Guest removes them.',
      ),
    },
    now,
    giveUp,
  );
  if (chosen === undefined) throw new vscode.CancellationError();
  return chosen === now ? 'now' : 'give-up';
}
