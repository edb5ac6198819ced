import * as vscode from 'vscode';
import { UserError } from '../model/userError';
import type { GuestState } from './guestService';
import type { Services } from './services';
import { showWarningMessage } from './visible/messages';
import { paragraphs } from './visibleText';

interface Failure {
  readonly name: string;
  readonly state: Extract<GuestState, { kind: 'error' }>;
}

/**
 * Reaches every guest before a run: its trials' headings and comparison need the modes. An `attended` run may go on
 * without those that cannot be reached, or try again. Gives the guests it goes on with, in their order.
 * @throws UserError when the run is unattended; CancellationError when a person did not want to sign in or to go on.
 */
export async function reachGuests(
  services: Services,
  guests: readonly string[],
  person: 'attended' | 'unattended',
): Promise<readonly string[]> {
  for (;;) {
    await services.guests.refresh(
      guests.filter((name) => services.guests.state(name).kind !== 'ready'),
      'ask',
    );
    const failures = guests.flatMap((name): Failure[] => {
      const state = services.guests.state(name);
      return state.kind === 'error' ? [{ name, state }] : [];
    });
    if (failures.length === 0) return guests;
    if (failures.every(({ state }) => state.error === 'cancelled')) throw new vscode.CancellationError();
    const reasons = failures.map(({ state }) => state.message);
    if (person === 'unattended') {
      throw new UserError(
        vscode.l10n.t('Not started; not every guest can be reached. {0}', reasons.join(' ')),
      );
    }
    const failed = failures.map(({ name }) => name);
    const others = guests.filter((name) => !failed.includes(name));
    if ((await askHow(failed, reasons, others)) === 'without') return others;
  }
}

/** Throws CancellationError when the person does neither. */
async function askHow(
  failed: readonly string[],
  reasons: readonly string[],
  others: readonly string[],
): Promise<'without' | 'again'> {
  const names = failed.join(', ');
  const without =
    failed.length === 1
      ? vscode.l10n.t('Run Without {0}', names)
      : vscode.l10n.t('Run Without These {0}', failed.length);
  const again = vscode.l10n.t('Try Again');
  const chosen = await showWarningMessage(
    vscode.l10n.t('Not reached: {0}', names),
    {
      modal: true,
      detail: paragraphs([
        ...reasons,
        ...(others.length > 0 ? [vscode.l10n.t('Reached: {0}', others.join(', '))] : []),
      ]),
    },
    again,
    ...(others.length > 0 ? [without] : []),
  );
  if (chosen === again) return 'again';
  if (chosen === without) return 'without';
  throw new vscode.CancellationError();
}
