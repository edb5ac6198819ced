import * as vscode from 'vscode';
import type { AgreedJob, Wait } from '../experiment/leases';
import { Jobs } from '../ssh/jobs';
import type { Services } from './services';
import { changesHands, inUseText, takeOverDetail } from './waits';
import { showWarningMessage } from './visible/messages';

/**
 * Before an experiment begins: asks what to do about guests that somebody else uses. Returns those to be taken over,
 * with the job that may be ended for it; the others are waited for.
 */
export async function askBusyGuests(
  services: Services,
  guests: readonly string[],
): Promise<ReadonlyMap<string, AgreedJob>> {
  const found = await Promise.all(
    guests.map(async (guest) => ({ guest, wait: await useOf(services, guest) })),
  );
  const busy = found.flatMap(({ guest, wait }) => (wait ? [{ guest, wait }] : []));
  if (busy.length === 0) return new Map();
  const wait = vscode.l10n.t('Wait');
  const isAnyRunning = busy.some(({ wait: { job } }) => job !== undefined);
  const take = isAnyRunning ? vscode.l10n.t('End It and Take Over') : vscode.l10n.t('Take Over');
  const names = busy.map(({ guest }) => guest).join(', ');
  const chosen = await showWarningMessage(
    vscode.l10n.t('{0}: in use by somebody else. Wait, or take over?', names),
    {
      modal: true,
      detail: [
        ...busy.map(({ guest, wait: use }) => inUseText(guest, use)),
        '',
        vscode.l10n.t('Waiting: your experiment goes on by itself as soon as they are free.'),
        '',
        takeOverDetail(busy),
      ],
    },
    wait,
    take,
  );
  if (chosen === undefined) throw new vscode.CancellationError();
  return new Map(chosen === take ? busy.map(({ guest, wait: { job } }) => [guest, job]) : []);
}

/** Undefined: the guest is free, or cannot be asked now; the run itself then tells. */
async function useOf(services: Services, guest: string): Promise<Wait | undefined> {
  const jobs = new Jobs(() => services.guests.connect(guest, 'ask'), { requestGiveUpMs: 0, endGiveUpMs: 0 });
  try {
    const holder = await jobs.lease();
    const running = (await jobs.list()).find(({ state }) => state === 'running' || state === 'orphan');
    if (changesHands(holder) || (!holder && !running)) return undefined;
    // Ours, and over: it is taken over without a question.
    if (holder && !running && services.experiments.leftLeases.has(holder.id)) return undefined;
    return { holder, job: running?.id };
  } catch {
    return undefined;
  }
}
