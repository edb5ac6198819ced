import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  checkHostKey,
  fingerprint,
  hostMatches,
  hostToken,
  keyTypeOf,
  orderHostKeyAlgorithms,
  parseKnownHosts,
} from '../../../src/ssh/knownHosts';

function blob(type: string, content: string): Buffer {
  const part = (text: string): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    return Buffer.concat([length, Buffer.from(text)]);
  };
  return Buffer.concat([part(type), part(content)]);
}

const right = blob('ssh-ed25519', 'right');
const wrong = blob('ssh-ed25519', 'wrong');
const rsa = blob('ssh-rsa', 'rsa');
const b64 = (key: Buffer): string => key.toString('base64');
const line = (hosts: string, key: Buffer): string => `${hosts} ${keyTypeOf(key)} ${b64(key)}`;
const hashed = (token: string): string => {
  const salt = randomBytes(20);
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(token).digest('base64')}`;
};
const verdict = (text: string, port = 2222, key = right, address = '10.0.0.1'): string =>
  checkHostKey(parseKnownHosts(text, 'f'), { address, port, ip: '10.9.9.9' }, key).verdict;

describe('known_hosts', () => {
  test.each([
    ['host and port', line('[10.0.0.1]:2222', right), 'known'],
    ['a list', line('foo,[10.0.0.1]:2222,bar', right), 'known'],
    [
      'tabs, comments, carriage returns',
      `# x\r\n[10.0.0.1]:2222\tssh-ed25519\t${b64(right)}\tme@here\r\n`,
      'known',
    ],
    ['hashed', line(hashed('[10.0.0.1]:2222'), right), 'known'],
    ['hashed, another host', line(hashed('[10.0.0.2]:2222'), right), 'unknown'],
    ['a hash of another kind', line('|2|AAAA|BBBB', right), 'unknown'],
    ['half a hash', line('|1|AAAA', right), 'unknown'],
    ['a wildcard', line('[10.0.0.*]:2222', right), 'known'],
    ['one character', line('[10.0.0.?]:2222', right), 'known'],
    ['a star', line('*', right), 'known'],
    ['a negation', line('*,![10.0.0.1]:2222,!10.0.0.1', right), 'unknown'],
    ['a negation first', line('![10.0.0.1]:2222,!10.0.0.1,*', right), 'unknown'],
    // As OpenSSH, which then looks for the host without its port.
    ['a negation of the port only', line('*,![10.0.0.1]:2222', right), 'known'],
    ['only a negation', line('![10.0.0.2]:2222', right), 'unknown'],
    ['another port', line('[10.0.0.1]:2223', right), 'unknown'],
    ['another key', line('[10.0.0.1]:2222', wrong), 'changed'],
    ['a key of another type only', line('[10.0.0.1]:2222', rsa), 'changed'],
    [
      'several keys, one right',
      [line('[10.0.0.1]:2222', wrong), line('[10.0.0.1]:2222', right)].join('\n'),
      'known',
    ],
    ['no port', line('10.0.0.1', right), 'known'],
    ['no port, another key', line('10.0.0.1', wrong), 'unknown'],
    [
      'no port right, with port wrong',
      [line('10.0.0.1', right), line('[10.0.0.1]:2222', wrong)].join('\n'),
      'changed',
    ],
    ['revoked and listed', [line('@revoked *', right), line('[10.0.0.1]:2222', right)].join('\n'), 'revoked'],
    ['revoked without port', line('@revoked 10.0.0.1', right), 'revoked'],
    ['revoked by address', line('@revoked [10.9.9.9]:2222', right), 'revoked'],
    ['another one revoked', [line('@revoked *', wrong), line('[10.0.0.1]:2222', right)].join('\n'), 'known'],
    ['the address alone', line('[10.9.9.9]:2222', right), 'unknown'],
    ['a certificate authority', line('@cert-authority *', right), 'unknown'],
    ['an unknown marker', line('@new *', right), 'unknown'],
    ['a line cut short', '[10.0.0.1]:2222 ssh-ed25519', 'unknown'],
    ['nothing', '', 'unknown'],
  ])('%s', (_name, text, expected) => {
    expect(verdict(text)).toBe(expected);
  });

  test('port 22 has no brackets, and case does not matter', () => {
    expect(hostToken('Host.Example', 22)).toBe('host.example');
    expect(verdict(line('host.example', right), 22, right, 'HOST.example')).toBe('known');
    expect(verdict(line('HOST.example', right), 22, right, 'host.example')).toBe('known');
    expect(verdict(line('host.example', wrong), 22, right, 'host.example')).toBe('changed');
  });

  test('a changed verdict tells where every known key stands', () => {
    const entries = parseKnownHosts(`\n${line('a', wrong)}\n${line('a', rsa)}\n`, 'file');
    const result = checkHostKey(entries, { address: 'a', port: 22 }, right);
    expect(result.verdict === 'changed' && result.known.map((entry) => [entry.line, entry.keyType])).toEqual([
      [2, 'ssh-ed25519'],
      [3, 'ssh-rsa'],
    ]);
  });

  test('known types are asked for first', () => {
    const names = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512', 'rsa-sha2-256'] as const;
    const order = (text: string): string[] =>
      orderHostKeyAlgorithms(parseKnownHosts(text, 'f'), { address: 'a', port: 2222 }, names);
    expect(order('')).toEqual(names);
    expect(order(line('[a]:2222', rsa))).toEqual([
      'rsa-sha2-512',
      'rsa-sha2-256',
      'ssh-ed25519',
      'ecdsa-sha2-nistp256',
    ]);
    expect(order(line('a', rsa))[0]).toBe('rsa-sha2-512');
    expect(order([line('a', rsa), line('[a]:2222', right)].join('\n'))[0]).toBe('ssh-ed25519');
    expect(order(line('@revoked a', rsa))).toEqual(names);
  });

  test('malformed keys have no type, and no pattern takes long', () => {
    expect(keyTypeOf(Buffer.from([0, 0]))).toBe('');
    expect(keyTypeOf(Buffer.from([255, 255, 255, 255, 1]))).toBe('');
    expect(hostMatches(`${'*a'.repeat(50)}b`, 'a'.repeat(200))).toBe(false);
    expect(hostMatches('a*c', 'abcc')).toBe(true);
    expect(hostMatches('a*', 'a')).toBe(true);
  });

  test('fingerprints are those of OpenSSH', () => {
    const key = Buffer.from('AAAAC3NzaC1lZDI1NTE5AAAAIJDD7m0wr5nG0Cs9u0nW0hYb0dXl8bCq7C5i5g1CkP2g', 'base64');
    expect(fingerprint(key)).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
  });
});
