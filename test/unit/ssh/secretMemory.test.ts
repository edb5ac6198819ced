import { describe, expect, it } from 'vitest';
import { SecretMemory } from '../../../src/ssh/secretMemory';
import type { SecretQuestion, Target } from '../../../src/ssh/transport';

const target = (address: string): Target => ({
  name: address,
  address,
  port: 22,
  user: 'ada',
  identityFiles: [],
  identitiesOnly: false,
  agent: undefined,
  jumps: [],
});
const passphrase = (address: string, attempt = 1, file = '/keys/lab'): SecretQuestion => ({
  kind: 'passphrase',
  target: target(address),
  file,
  attempt,
});

describe('SecretMemory', () => {
  it('gives the passphrase of one key to every guest, and of no other key', () => {
    const memory = new SecretMemory();
    expect(memory.recall(passphrase('a'))).toBeUndefined();
    memory.give(passphrase('a'), 'right');
    expect(memory.recall(passphrase('b'))).toBe('right');
    expect(memory.recall(passphrase('b', 1, '/keys/other'))).toBeUndefined();
    expect(memory.settle(passphrase('a'), 'right')).toBe('right');
    expect(memory.recall(passphrase('c'))).toBe('right');
  });

  it('forgets a wrong one, and offers a guest what another was given meanwhile', () => {
    const memory = new SecretMemory();
    memory.give(passphrase('a'), 'wrong');
    const forB = memory.recall(passphrase('b'));
    expect(forB).toBe('wrong');
    memory.give(passphrase('b'), 'wrong');
    expect(memory.settle(passphrase('a'), 'wrong')).toBe('wrong');
    expect(memory.recall(passphrase('a', 2))).toBeUndefined();
    memory.give(passphrase('a', 2), 'right');
    // b learns only now that its first one was wrong: that does not cost the right one.
    memory.settle(passphrase('b'), 'wrong');
    expect(memory.recall(passphrase('b', 2))).toBe('right');
  });

  it('never gives a guest the same wrong one twice', () => {
    const memory = new SecretMemory();
    memory.give(passphrase('a'), 'wrong');
    expect(memory.recall(passphrase('a', 2))).toBeUndefined();
  });

  it('keeps no password, and nothing once it is cleared or told to forget', () => {
    const memory = new SecretMemory();
    const password: SecretQuestion = { kind: 'password', target: target('a'), attempt: 1 };
    memory.give(password, 'secret');
    expect(memory.recall(password)).toBeUndefined();
    expect(memory.settle(password, 'right')).toBe('secret');
    memory.give(passphrase('a'), 'x');
    memory.forget('passphrase:/keys/lab');
    expect(memory.recall(passphrase('b'))).toBeUndefined();
    memory.give(passphrase('a'), 'x');
    memory.clear();
    expect([memory.recall(passphrase('b')), memory.settle(passphrase('a'), 'right')]).toEqual([
      undefined,
      undefined,
    ]);
  });
});
