import * as vscode from 'vscode';
import { uriOf } from '../addresses';
import { pickExperiment } from '../commandArguments';
import type { Services } from '../services';

/** Opens an experiment as a report; asks which one if it is not given. */
export async function openReport(services: Services, ...args: readonly unknown[]): Promise<void> {
  const file = await pickExperiment(services, args, vscode.l10n.t('Open Report'));
  await vscode.commands.executeCommand('vscode.openWith', uriOf(file), 'guestbench.report');
  services.experiments.showTerminal(file);
}
