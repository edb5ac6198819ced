import { guestsFrom } from '../commandArguments';
import { requireTrust } from '../guestService';
import type { Services } from '../services';
import { withProgress } from '../visible/messages';

/** Asks guests (all, or those named) again what they are. */
export async function refreshGuests(services: Services, ...args: readonly unknown[]): Promise<void> {
  requireTrust();
  await services.lab.open();
  const names = guestsFrom(args);
  await withProgress({ location: { viewId: 'guestbench.guests' } }, () =>
    services.guests.refresh(names, 'ask'),
  );
}
