import type { GuestRef, Trial } from '../model/experiment';

/** The lane of guests with no host named: they may well share one, so they never run side by side. */
const sharedLane = '';

/**
 * The planned trials split into one queue per host, each in the planned order: guests of one host disturb each
 * other, so a lane runs one trial at a time; lanes run side by side.
 */
export function lanesOf(
  guests: readonly GuestRef[],
  trials: readonly Trial[],
): ReadonlyMap<string, readonly Trial[]> {
  const hostOf = new Map(guests.map((guest) => [guest.name, guest.host ?? sharedLane]));
  const lanes = new Map<string, Trial[]>();
  for (const trial of trials) {
    const host = hostOf.get(trial.guest) ?? sharedLane;
    const lane = lanes.get(host);
    if (lane) lane.push(trial);
    else lanes.set(host, [trial]);
  }
  return lanes;
}
