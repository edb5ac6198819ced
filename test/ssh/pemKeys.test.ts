/** Private keys as OpenSSL and others write them sign in at a real server, as they do with ssh itself. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/ssh/connection';
import { field } from '../unit/ssh/keyBlobs';
import { hostKeysOf, person, type Answers, type Person } from './people';
import { makeKey, publicKeyOf, startSshServer, type SshServer } from './sshServer';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const pass = 'correct horse';
let folder: string;
let server: SshServer;
const file = (name: string): string => join(folder, name);
const openssl = (...words: readonly string[]): string =>
  execFileSync('openssl', words, { encoding: 'utf8', cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
const write = (name: string, text: string | Buffer): void => writeFileSync(file(name), text, { mode: 0o600 });
const text = (name: string): string => readFileSync(file(name), 'utf8');

/** The line of authorized_keys for a key in PEM. */
function authorized(name: string): string {
  const key = createPublicKey(text(name));
  if (key.asymmetricKeyType === 'ed25519') {
    const point = Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
    return `ssh-ed25519 ${Buffer.concat([field('ssh-ed25519'), field(point)]).toString('base64')}`;
  }
  write('public', key.export({ type: 'spki', format: 'pem' }));
  return execFileSync('ssh-keygen', ['-i', '-m', 'PKCS8', '-f', file('public')], { encoding: 'utf8' }).trim();
}

const attributes = 'Bag Attributes\n    localKeyID: 01 02 \nKey Attributes: <No Attributes>\n';

function makePlain(): void {
  openssl('ecparam', '-name', 'prime256v1', '-genkey', '-out', 'ec-parameters-before');
  openssl(
    'ecparam',
    '-name',
    'secp384r1',
    '-genkey',
    '-noout',
    '-param_enc',
    'explicit',
    '-out',
    'ec-explicit',
  );
  openssl('ecparam', '-name', 'secp521r1', '-genkey', '-param_enc', 'explicit', '-out', 'ec-both');
  openssl('pkcs8', '-topk8', '-nocrypt', '-in', 'ec-explicit', '-out', 'ec-explicit-pkcs8');
  openssl('ec', '-in', 'ec-parameters-before', '-no_public', '-out', 'ec-no-public');
  openssl('ec', '-in', 'ec-parameters-before', '-conv_form', 'compressed', '-out', 'ec-compressed');
  openssl('genrsa', '-traditional', '-out', 'rsa', '2048');
  openssl('pkcs8', '-topk8', '-nocrypt', '-in', 'rsa', '-out', 'rsa-pkcs8');
  openssl('genpkey', '-algorithm', 'ed25519', '-out', 'ed25519');
  openssl('req', '-x509', '-new', '-key', 'rsa', '-subj', '/CN=x', '-days', '2', '-out', 'certificate');
  write('bag', attributes + text('rsa'));
  write('bag-pkcs8', attributes + text('certificate') + attributes + text('rsa-pkcs8'));
  write('crlf', text('rsa-pkcs8').replaceAll('\n', '\r\n'));
  write('crlf-ec', text('ec-parameters-before').replaceAll('\n', '\r\n'));
  write('bom', `\ufeff${text('rsa')}`);
  write('utf-16', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text('ed25519'), 'utf16le')]));
  write('around', `my key, 2019\n\n${text('rsa')}\n\n-- \nend of mail\n`);
  write('no-last-line-feed', text('ec-both').trimEnd());
  write('openssh-crlf', text('openssh').replaceAll('\n', '\r\n'));
  write('openssh-around', `\ufeffnote\n${text('openssh')}\nmore\n`);
}

const traditional = ['aes128', 'aes192', 'aes256', 'des3', 'camellia256'];
function makeLocked(): void {
  for (const cipher of traditional)
    openssl(
      'rsa',
      '-traditional',
      '-in',
      'rsa',
      `-${cipher}`,
      '-passout',
      `pass:${pass}`,
      '-out',
      `rsa-${cipher}`,
    );
  openssl('ec', '-in', 'ec-explicit', '-aes256', '-passout', `pass:${pass}`, '-out', 'ec-aes256');
  const pkcs8 = ['pkcs8', '-topk8', '-passout', `pass:${pass}`];
  openssl(...pkcs8, '-in', 'rsa', '-v2', 'aes-256-cbc', '-out', 'pkcs8-aes256');
  openssl(...pkcs8, '-in', 'rsa', '-v2', 'des3', '-out', 'pkcs8-des3');
  openssl(...pkcs8, '-in', 'rsa', '-scrypt', '-out', 'pkcs8-scrypt');
  openssl(...pkcs8, '-in', 'rsa', '-v1', 'PBE-SHA1-3DES', '-out', 'pkcs8-pbe');
  openssl(...pkcs8, '-in', 'ed25519', '-v2', 'aes-128-cbc', '-out', 'pkcs8-ed25519');
  openssl(...pkcs8, '-in', 'ec-explicit', '-v2', 'aes-256-cbc', '-out', 'pkcs8-ec');
  write('locked-bag-crlf', `${attributes}${text('pkcs8-aes256')}`.replaceAll('\n', '\r\n'));
}

describe.runIf(hasOpenssl)('keys in PEM', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gb-pem-'));
    makeKey(folder, 'openssh');
    makePlain();
    makeLocked();
    const keys = ['ec-parameters-before', 'ec-explicit', 'ec-both', 'rsa', 'ed25519'].map(authorized);
    server = await startSshServer({ authorizedKeys: [...keys, publicKeyOf(file('openssh'))] });
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const signIn = async (name: string, answers: Answers = {}): Promise<Person> => {
    const who = person(answers);
    const connection = await connect(server.target({ identityFiles: [file(name)] }), {
      prompter: who,
      hostKeys: hostKeysOf(join(server.folder, 'store'), server.knownHostsFile),
    });
    expect((await connection.exec('echo in')).stdout.toString()).toBe('in\n');
    connection.close();
    return who;
  };

  test.each([
    ...[
      'ec-parameters-before',
      'ec-explicit',
      'ec-both',
      'ec-explicit-pkcs8',
      'ec-no-public',
      'ec-compressed',
    ],
    ...['rsa', 'rsa-pkcs8', 'ed25519', 'bag', 'bag-pkcs8', 'crlf', 'crlf-ec', 'bom', 'utf-16', 'around'],
    ...['no-last-line-feed', 'openssh-crlf', 'openssh-around'],
  ])('%s', async (name) => {
    expect((await signIn(name)).log).toEqual([]);
  });

  test.each([
    ...traditional.map((cipher) => `rsa-${cipher}`),
    ...['ec-aes256', 'pkcs8-aes256', 'pkcs8-des3', 'pkcs8-scrypt', 'pkcs8-pbe', 'pkcs8-ed25519', 'pkcs8-ec'],
    'locked-bag-crlf',
  ])('%s: a wrong passphrase is wrong, the right one signs in', async (name) => {
    const who = await signIn(name, { secret: (_kind, attempt) => (attempt === 1 ? 'wrong' : pass) });
    expect(who.log).toEqual(['passphrase 1', 'passphrase 1 wrong', 'passphrase 2', 'passphrase 2 right']);
  });

  test.each(['ec-parameters-before', 'ec-explicit', 'bag', 'rsa-pkcs8', 'around'])(
    'ssh itself takes %s, too',
    (name) => {
      const options = [
        '-F',
        'none',
        '-o',
        'BatchMode=yes',
        '-o',
        `UserKnownHostsFile=${server.knownHostsFile}`,
      ];
      const where = ['-i', file(name), '-o', 'IdentitiesOnly=yes', '-p', String(server.port)];
      const words = [...options, ...where, `${server.user}@127.0.0.1`, 'echo in'];
      expect(spawnSync('ssh', words, { encoding: 'utf8', env: { PATH: process.env['PATH'] } }).stdout).toBe(
        'in\n',
      );
    },
  );

  const refusals: readonly (readonly [string, () => string | Buffer, RegExp])[] = [
    [
      'a DSA key',
      () => `-----BEGIN DSA PRIVATE KEY-----\nAAAA\n-----END DSA PRIVATE KEY-----\n`,
      /DSA keys are/,
    ],
    [
      'a DSA key of OpenSSH',
      () => {
        makeKey(folder, 'dsa', ['-t', 'dsa']);
        return readFileSync(file('dsa'));
      },
      /DSA keys are refused by OpenSSH/,
    ],
    [
      'a key for key exchange',
      () => openssl('genpkey', '-algorithm', 'x25519'),
      /type x25519 are not used with SSH/,
    ],
    [
      'a curve that SSH does not have',
      () => openssl('ecparam', '-name', 'secp256k1', '-genkey', '-noout'),
      /curve secp256k1 is not used with SSH/,
    ],
    ['a cut key', () => text('rsa').slice(0, 700), /its last line is missing/],
    ['a key with a line missing', () => text('rsa').replace(/\n[^\n]+\n[^\n]+\n/, '\n'), /is damaged/],
    [
      'an encrypted key with a line missing',
      () => text('pkcs8-aes256').replace(/\n[^\n]+\n/, '\n'),
      /is damaged/,
    ],
    ['no key', () => 'hello\n', /not a private key of a known format/],
    ['a certificate alone', () => text('certificate'), /not a private key of a known format/],
  ];
  test.each(refusals)('%s is refused with its reason, without a question', async (name, content, why) => {
    write('refused', content());
    const who = person({ secret: () => pass });
    const attempt = connect(server.target({ identityFiles: [file('refused')] }), {
      prompter: who,
      hostKeys: hostKeysOf(join(server.folder, 'store'), server.knownHostsFile),
    });
    await expect(attempt, name).rejects.toMatchObject({
      kind: 'key',
      message: expect.stringMatching(why) as string,
    });
    expect(who.log).toEqual([]);
  });

  test('an encrypted key that no passphrase opens is told apart from a wrong passphrase', async () => {
    const lines = text('rsa-aes256').split('\n');
    lines.splice(-5, 1);
    write('hollow', lines.join('\n'));
    await expect(signIn('hollow', { secret: () => pass })).rejects.toMatchObject({
      kind: 'key',
      message: expect.stringContaining('damaged') as string,
    });
    await expect(signIn('rsa-aes256', { secret: () => 'wrong' })).rejects.toMatchObject({
      kind: 'key',
      message: expect.stringContaining('was wrong each time') as string,
    });
  });
});
