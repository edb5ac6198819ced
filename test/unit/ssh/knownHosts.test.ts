import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  checkHostKey,
  exactField,
  fingerprint,
  hostMatches,
  hostToken,
  isAbout,
  keyTypeOf,
  orderHostKeyAlgorithms,
  parseKnownHosts,
} from '../../../src/ssh/knownHosts';
import { dssBlob, ecdsaBlob, ed25519Blob, field, rsaBlob } from './keyBlobs';

const right = ed25519Blob('right');
const wrong = ed25519Blob('wrong');
const rsa = rsaBlob('rsa');
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

  describe('a line whose key cannot be read says nothing', () => {
    const host = '[10.0.0.1]:2222';
    const text = b64(wrong);
    const cutRsa = rsa.subarray(0, 100);
    test.each([
      ['cut within the base64', `${host} ssh-ed25519 ${text.slice(0, 41)}`],
      ['cut between two bytes', `${host} ssh-ed25519 ${text.slice(0, 40)}`],
      ['an RSA key cut', `${host} ssh-rsa ${b64(cutRsa)}`],
      ['an empty field', `${host} ssh-rsa AAAA`],
      ['nothing but zeros', `${host} ssh-rsa AAAAAAAAAAAA`],
      ['a key of SSH 1', `${host} 1024 35 1234567890123`],
      ['another type than the one inside', `${host} ssh-rsa ${text}`],
      ['the right key under another type', `${host} ssh-rsa ${b64(right)}`],
      ['a type in capitals', `${host} SSH-ED25519 ${text}`],
      ['an unknown type', `${host} ssh-new ${text}`],
      ['an unknown type inside too', `${host} ssh-new ${b64(Buffer.concat([field('ssh-new'), field('x')]))}`],
      ['a letter that base64 does not have', `${host} ssh-ed25519 ${text.slice(0, 30)}*${text.slice(31)}`],
      ['base64 of the web', `${host} ssh-ed25519 ${text.slice(0, 30)}-_${text.slice(32)}`],
      ['something behind the key', `${host} ssh-ed25519 ${b64(Buffer.concat([wrong, Buffer.from([0])]))}`],
      [
        'a point of 31 bytes',
        `${host} ssh-ed25519 ${b64(Buffer.concat([field('ssh-ed25519'), field('x'.repeat(31))]))}`,
      ],
      ['RSA of 512 bits', `${host} ssh-rsa ${b64(rsaBlob('small', 64))}`],
      ['a curve of another name', `${host} ecdsa-sha2-nistp384 ${b64(ecdsaBlob('x'))}`],
      ['a point beside the curve', `${host} ecdsa-sha2-nistp256 ${b64(offCurve())}`],
      ['two markers', `@revoked @revoked ${host} ssh-ed25519 ${text}`],
      ['an unknown marker', `@trusted ${host} ssh-ed25519 ${text}`],
      ['a marker alone', '@revoked'],
      ['a hash without its parts', `|1|${text} ssh-ed25519 ${text}`],
      ['a byte order mark', `\ufeff${host} ssh-ed25519 ${b64(right)}`],
    ])('%s', (_name, lines) => {
      expect(verdict(lines)).toBe('unknown');
      // The lines beside it count.
      expect(verdict([lines, line(host, right)].join('\n'))).toBe('known');
      expect(verdict([lines, line(host, wrong)].join('\n'))).toBe('changed');
    });

    test.each([
      ['another key', line(host, wrong)],
      ['with a comment', `${line(host, wrong)} me@here # x`],
      ['an RSA key', line(host, rsa)],
      ['an RSA key under the name of its signature', `${host} rsa-sha2-512 ${b64(rsa)}`],
      ['an ECDSA key', line(host, ecdsaBlob('x'))],
      ['an ECDSA key of another curve', line(host, ecdsaBlob('x', 'nistp384'))],
      ['a DSA key', line(host, dssBlob('x'))],
      ['indented', `  \t${line(host, wrong)}`],
    ])('while a well-formed other key is a change: %s', (_name, lines) => {
      expect(verdict(lines)).toBe('changed');
    });

    test('nor does a hash whose salt or code is malformed', () => {
      const good = hashed(host);
      const [, , salt = '', mac = ''] = good.split('|');
      expect(verdict(`${good} ssh-ed25519 ${text}`)).toBe('changed');
      for (const bad of [
        `|1|${salt}|${mac}x`,
        `|1|${salt.slice(4)}|${mac}`,
        `|1|${salt}*|${mac}`,
        `${good},${host}`,
      ])
        expect(verdict(`${bad} ssh-ed25519 ${text}`)).toBe('unknown');
    });

    test('a revocation that cannot be read revokes nothing', () => {
      expect(verdict(`@revoked ${host} ssh-ed25519 ${b64(right).slice(0, 40)}`)).toBe('unknown');
    });
  });

  test('an alias is looked up without port, in any case, and address and port are not', () => {
    const check = (text: string, alias = 'lab-guest'): string =>
      checkHostKey(parseKnownHosts(text, 'f'), { address: '10.0.0.1', port: 2222, alias }, right).verdict;
    expect(check(line('lab-guest', right))).toBe('known');
    expect(check(line('LAB-*', right), 'Lab-Guest')).toBe('known');
    expect(check(line('lab-guest', wrong))).toBe('changed');
    expect(check(line('[lab-guest]:2222', right))).toBe('unknown');
    expect(check(line('10.0.0.1,[10.0.0.1]:2222', wrong))).toBe('unknown');
  });

  test('exact names are no patterns, and every name is stored as itself', () => {
    const names = [
      '*',
      '10.0.0.?',
      '!a',
      'a,b',
      '|1|x',
      '@revoked',
      '#x',
      'a b',
      'a\nb',
      '[*]:2222',
      'plain',
    ];
    for (const name of names) {
      const store = `${exactField(name)} ssh-ed25519 ${b64(right)}\n`;
      const [entry, ...more] = parseKnownHosts(store, 'f', 'exact');
      expect(more).toEqual([]);
      expect(names.filter((other) => entry !== undefined && isAbout(entry, other))).toEqual([name]);
    }
    expect(exactField('[10.0.0.1]:2222')).toBe('[10.0.0.1]:2222');
    // Lines of a store from before names were hashed.
    const [old] = parseKnownHosts(line('*', right), 'f', 'exact');
    expect(old !== undefined && isAbout(old, '10.0.0.1')).toBe(false);
  });
});

function offCurve(): Buffer {
  const blob = ecdsaBlob('x');
  blob[blob.length - 1] = (blob.at(-1) ?? 0) ^ 1;
  return blob;
}
