import * as vscode from 'vscode';
import type { RestActivity } from '../experiment/roundStart';

/** What a guest goes through before a round, for people. */
export function activityText(activity: RestActivity): string {
  return activity === 'rebooting' ? vscode.l10n.t('rebooting') : vscode.l10n.t('waiting until it is quiet');
}
