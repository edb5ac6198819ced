import * as vscode from 'vscode';
import { uriOf } from '../addresses';
import { pickExperiment } from '../commandArguments';
import type { Services } from '../services';

/** Opens an experiment file as what it is: lines of JSON. */
export async function openAsText(services: Services, ...args: readonly unknown[]): Promise<void> {
  const file = await pickExperiment(services, args, vscode.l10n.t('Open Experiment as Text'));
  await vscode.commands.executeCommand('vscode.openWith', uriOf(file), 'default');
}
