import { expect, it } from 'vitest';
import { isSamePlace } from '../../../src/lab/samePlace';
import type { Target } from '../../../src/ssh/transport';

const at = (address: string, port = 22, more: Partial<Target> = {}): Target => ({
  name: address,
  address,
  port,
  user: 'root',
  identityFiles: [],
  identitiesOnly: false,
  agent: undefined,
  jumps: [],
  ...more,
});

it('one port of one machine by one way is the same place, whoever signs in', () => {
  expect(isSamePlace(at('Host'), at('host', 22, { user: 'ada', identityFiles: ['/k'] }))).toBe(true);
  expect(isSamePlace(at('host'), at('host', 2222))).toBe(false);
  expect(isSamePlace(at('10.0.0.1'), at('10.0.0.1', 22, { jumps: [at('gate')] }))).toBe(false);
  expect(isSamePlace(at('a', 22, { jumps: [at('g')] }), at('a', 22, { jumps: [at('G')] }))).toBe(true);
});
