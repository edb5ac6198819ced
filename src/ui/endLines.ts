import * as vscode from 'vscode';
import type { ExperimentSummary } from '../experiment/runner';
import type { Experiment } from '../model/experiment';
import { headlineOf } from './headline';
import { bold, dim, plainForTerminal } from './terminalText';

/** The last lines of an experiment's terminal: how it ended, what was found, and where it is. */
export function endLines(summary: ExperimentSummary, experiment: Experiment): string[] {
  return [
    bold(endText(summary)),
    plainForTerminal(headlineOf(experiment)),
    dim(plainForTerminal(summary.file)),
  ];
}

function endText({ reason, ok, failed, planned }: ExperimentSummary): string {
  switch (reason) {
    case 'completed':
      return vscode.l10n.t('Completed: {0} trials, {1} failed.', ok + failed, failed);
    case 'stopped':
      return vscode.l10n.t('Stopped: {0} of {1} trials measured; the file holds them all.', ok, planned);
    case 'left':
      return vscode.l10n.t('Left running on the guests; Resume goes on with it.');
    case 'failed':
      return vscode.l10n.t('No trial succeeded; see the reasons above.');
  }
}
