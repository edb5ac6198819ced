import type { Target } from '../ssh/transport';

/** Whether two targets are the same port of the same machine, reached by the same way, as whoever one signs in. */
export function isSamePlace(a: Target, b: Target): boolean {
  return placeOf(a) === placeOf(b);
}

const placeOf = ({ jumps, ...machine }: Target): string =>
  [...jumps, machine].map(({ address, port }) => `[${address.toLowerCase()}]:${port}`).join(' > ');
