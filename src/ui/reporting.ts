import * as vscode from 'vscode';
import type { UserError } from '../model/userError';
import type { SshError } from '../ssh/transport';
import { messageOf, type Log } from './log';
import { showErrorMessage } from './visible/messages';

/**
 * By their names: the entry point and the app are bundles of their own, each with its own copy of these classes.
 */
function isForPeople(error: unknown): error is UserError | SshError {
  return error instanceof Error && (error.name === 'UserError' || error.name === 'SshError');
}

/** True for what a person did on purpose: no message, only a line in the log. */
export function isCancellation(error: unknown): boolean {
  return (
    error instanceof vscode.CancellationError ||
    (isForPeople(error) && error.name === 'SshError' && error.kind === 'cancelled')
  );
}

/**
 * Tells a person that what they asked for failed. Errors written for people are shown as they are; anything else
 * is a defect: logged with its stack, shown as one line with a way to the log.
 */
export async function reportFailure(log: Log, what: string, error: unknown): Promise<void> {
  if (isCancellation(error)) {
    log.info(`${what}: cancelled`);
    return;
  }
  const showLog = vscode.l10n.t('Show Log');
  const forPeople = isForPeople(error);
  if (forPeople) log.warn(`${what}: ${messageOf(error)}`);
  else log.error(`${what}: ${stackOf(error)}`);
  const message = forPeople
    ? messageOf(error)
    : vscode.l10n.t('{0} failed unexpectedly: {1}', what, messageOf(error));
  const chosen = await showErrorMessage(message, showLog);
  if (chosen === showLog) log.show();
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
