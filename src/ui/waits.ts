import * as vscode from 'vscode';
import type { Wait } from '../experiment/leases';
import { isStale, staleSeconds, type Lease } from '../ssh/lease';
import { roughDuration } from './duration';
import { visibleAccount, visibleWord } from './visibleText';

/** A guest that is waited for, and when its state was asked for. */
export type SeenWait = Wait & { readonly seenMs: number };

/** "waits for deb12-pv: in use by ann@ws1 (experiment nightly) for 12 min" */
export function waitText(guest: string, wait: Wait, ageSeconds = 0): string {
  return vscode.l10n.t('waits for {0}: {1}', guest, useText(wait, ageSeconds));
}

export function seenWaitText(guest: string, wait: SeenWait): string {
  return waitText(guest, wait, (performance.now() - wait.seenMs) / 1000);
}

/** "in use by ann@ws1 (experiment nightly) for 12 min" */
export function useText({ holder, job }: Wait, ageSeconds = 0): string {
  if (!holder)
    return vscode.l10n.t(
      'a job runs there ({0})',
      job === undefined ? vscode.l10n.t('unknown') : visibleWord(job),
    );
  const { who, label, quietSeconds, heldSeconds } = holder;
  const quiet = quietSeconds + ageSeconds;
  const duration = roughDuration(heldSeconds + ageSeconds);
  const person = who === '' ? vscode.l10n.t('another controller') : visibleAccount(who);
  const use =
    label === ''
      ? vscode.l10n.t('in use by {0} for {1}', person, duration)
      : vscode.l10n.t('in use by {0} (experiment {1}) for {2}', person, visibleWord(label), duration);
  if (holder.job !== undefined || quiet < staleSeconds / 2) return use;
  return vscode.l10n.t('{0}, no sign of life for {1}', use, roughDuration(quiet));
}

/** "deb12-pv is in use by ann@ws1 (experiment nightly) for 12 min." */
export function inUseText(guest: string, wait: Wait): string {
  return vscode.l10n.t('{0}: {1}.', guest, useText(wait));
}

/** What is lost when guests are taken from who has them, for a question. */
export function takeOverDetail(busy: readonly { readonly guest: string; readonly wait: Wait }[]): string {
  const jobs = new Set(busy.flatMap(({ wait: { job } }) => (job === undefined ? [] : [visibleWord(job)])));
  return jobs.size === 0
    ? vscode.l10n.t(
        'Taking over: no benchmark runs there at the moment, so nothing is ended. The other experiment waits until yours is over.',
      )
    : vscode.l10n.t(
        'Taking over ends what runs there ({0}): what it measured so far is lost. Ask who started it first. The other experiment waits until yours is over.',
        [...jobs].join(', '),
      );
}

/** Whether the guest changes hands by itself now: nothing is to be asked. */
export function changesHands(lease: Lease | undefined): boolean {
  return lease !== undefined && isStale(lease);
}
