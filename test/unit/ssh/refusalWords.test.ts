import { describe, expect, test } from 'vitest';
import { cancelled, CutWhileSigningIn, dialError, handshakeError, timedOut } from '../../../src/ssh/errors';
import type { SshError, Target } from '../../../src/ssh/transport';

const target: Target = {
  name: 'deb12',
  address: '10.0.0.9',
  port: 2222,
  user: 'root',
  identityFiles: [],
  identitiesOnly: true,
  agent: undefined,
  jumps: [],
};
const coded = (code: string | number, message = String(code)): Error =>
  Object.assign(new Error(message), { code });

/** Each refusal with the words that tell what happened and what to do. */
const refusals: readonly (readonly [string, SshError, RegExp])[] = [
  [
    'no server',
    dialError(target, coded('ECONNREFUSED')),
    /nothing is listening on port 2222.*Check that the guest/,
  ],
  [
    'no such name',
    dialError(target, coded('ENOTFOUND')),
    /name 10\.0\.0\.9 was not found.*Check its spelling/,
  ],
  ['no route', dialError(target, coded('EHOSTUNREACH')), /no way to.*Check the network/],
  ['no answer', dialError(target, coded('ETIMEDOUT')), /no answer from.*Check that the guest runs/],
  ['dropped', dialError(target, coded('ECONNRESET')), /dropped the connection.*Wait half a minute/],
  ['anything else', dialError(target, coded('EWHATEVER')), /cannot be reached.*Check the address/],
  ['too slow', timedOut(target, 15_000), /did not answer within 15 s.*Check that the guest runs/],
  ['cut while signing in', new CutWhileSigningIn(target), /ended while the server looked.*log says why/],
  ['closed', handshakeError(target, [], true), /closed the connection while signing in.*log says why/],
  [
    'nothing in common',
    handshakeError(target, [new Error('Handshake failed: no matching key exchange algorithm')], true),
    /no key exchange algorithm in common.*Allow a customary one/,
  ],
  [
    'too many keys',
    handshakeError(target, [coded(2, 'Too many authentication failures')], true),
    /too many keys or passwords.*Name the right key/,
  ],
  [
    'another protocol',
    handshakeError(target, [new Error('Invalid identification string')], false),
    /does not speak SSH.*Check the port/,
  ],
  [
    'its own words, verified',
    handshakeError(target, [coded(12, 'Too many users')], true),
    /ended the connection \(reason 12\) and said: "Too many users"/,
  ],
  [
    'its own words, not verified',
    handshakeError(target, [coded(12, 'Too many users')], false),
    /before its host key was verified\. Its words are unverified: "Too many users"/,
  ],
];

describe('each refusal has a sentence of its own', () => {
  test.each(refusals)('%s', (_name, error, words) => {
    expect(error.message).toMatch(words);
    expect(error.message).toMatch(/^deb12: .*10\.0\.0\.9.*[."]\.?$/);
    expect(error.message).not.toMatch(/undefined|\[object|!/);
  });

  test('no two are the same', () => {
    const messages = refusals.map(([, error]) => error.message);
    expect(new Set(messages).size).toBe(messages.length);
    expect(cancelled('Connecting to deb12').message).toBe('Connecting to deb12 was cancelled.');
  });

  test('before a key is verified nobody is taken at their word', () => {
    for (const said of ['Too many authentication failures', 'no matching cipher', 'lost before handshake'])
      expect(handshakeError(target, [coded(2, said)], false)).toMatchObject({
        kind: 'protocol',
        message: expect.stringContaining('unverified') as string,
      });
  });
});
