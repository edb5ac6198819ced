import * as vscode from 'vscode';
import type { ExperimentSummary } from '../../experiment/runner';
import { localFile } from '../addresses';
import { requireTrust } from '../guestService';
import { pickExperiment } from '../commandArguments';
import type { Services } from '../services';

/** Goes on with an experiment that was interrupted or stopped: `{ file }` skips the question. */
export async function resumeExperiment(
  services: Services,
  ...args: readonly unknown[]
): Promise<ExperimentSummary> {
  requireTrust();
  const title = vscode.l10n.t('Resume Experiment');
  const file = await pickExperiment(services, args, title, ({ state }) => canResume.has(state));
  return services.experiments.resume(localFile(file));
}

const canResume: ReadonlySet<string> = new Set(['interrupted', 'stopped', 'failed']);
