import type { Host } from '../model/lab';
import type { Connection } from '../ssh/transport';
import type { GuestService } from './guestService';

/** To dom0. A person is asked once for each host, at the start: what is lost later comes back by itself or not. */
export function hostConnector(guests: GuestService): (host: Host) => Promise<Connection> {
  const asked = new Set<string>();
  return async ({ name, address, port, user = 'root' }) => {
    const asking = asked.has(name) ? 'silent' : 'ask';
    asked.add(name);
    const target = await guests.target({ name, address, port, user });
    return guests.connectTo(target, asking);
  };
}
