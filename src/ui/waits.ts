import * as vscode from 'vscode';
import type { Wait } from '../experiment/leases';
import { isStale, staleSeconds, type Lease } from '../ssh/lease';
import { roughDuration } from './duration';

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
  if (!holder) return vscode.l10n.t('a job runs there ({0})', plain(job ?? vscode.l10n.t('unknown')));
  const { who, label, quietSeconds, heldSeconds } = holder;
  const quiet = quietSeconds + ageSeconds;
  const duration = roughDuration(heldSeconds + ageSeconds);
  const person = who === '' ? vscode.l10n.t('another controller') : plain(who);
  const use =
    label === ''
      ? vscode.l10n.t('in use by {0} for {1}', person, duration)
      : vscode.l10n.t('in use by {0} (experiment {1}) for {2}', person, plain(label), duration);
  if (holder.job !== undefined || quiet < staleSeconds / 2) return use;
  return vscode.l10n.t('{0}, no sign of life for {1}', use, roughDuration(quiet));
}

/** What is lost when the guest is taken from its holder, for a question. */
export function takeOverDetail(guest: string, wait: Wait): string {
  if (wait.job !== undefined) {
    return vscode.l10n.t(
      'A benchmark runs on {0} now ({1}). It is ended, and what it measured so far is lost. Ask who started it first.',
      guest,
      plain(wait.job),
    );
  }
  return vscode.l10n.t(
    'No benchmark runs on {0} at the moment, so nothing is ended. The other experiment waits there until yours is over.',
    guest,
  );
}

/** Whether the guest changes hands by itself now: nothing is to be asked. */
export function changesHands(lease: Lease | undefined): boolean {
  return lease !== undefined && isStale(lease);
}

/** Others chose these words: an icon's name in them stays text. */
function plain(text: string): string {
  return text.replaceAll('$(', '$ (');
}
