/** What the person's OpenSSH configuration says of host keys decides here as it does for ssh itself. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveTarget } from '../../src/lab/sshConfig';
import { connect } from '../../src/ssh/connection';
import { HostKeys } from '../../src/ssh/hostKeys';
import { SshError } from '../../src/ssh/transport';
import { person, type Person } from './people';
import { makeKey, publicKeyOf, startSshServer, type SshServer } from './sshServer';

let folder: string;
let server: SshServer;
let other: string;
const file = (name: string): string => join(folder, name);
const key = (): string => server.knownHostsLine.split(' ').slice(1).join(' ');
const host = (): string => `[127.0.0.1]:${server.port}`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gb-rules-'));
  server = await startSshServer();
  other = publicKeyOf(makeKey(folder, 'other')).split(' ').slice(0, 2).join(' ');
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Case {
  /** Lines of the config for the host; `@` stands for the folder. */
  readonly options: readonly string[];
  /** Text of files besides `known`; K is the right key, O another one, H the host. */
  readonly files?: Readonly<Record<string, string>>;
}

const fill = (text: string): string =>
  text.replaceAll('K;', key()).replaceAll('O;', other).replaceAll('H;', host());

function prepare({ options, files = {} }: Case): string {
  for (const [name, text] of Object.entries({ known: '', ...files })) writeFileSync(file(name), fill(text));
  const config = file('config');
  const common = [
    'HostName 127.0.0.1',
    `Port ${server.port}`,
    `User ${server.user}`,
    `IdentityFile ${server.clientKeyFile}`,
    'IdentitiesOnly yes',
    'UserKnownHostsFile @/known',
    'GlobalKnownHostsFile none',
  ];
  const lines = [...options, ...common].map((line) => `  ${line.replaceAll('@/', `${folder}/`)}`);
  writeFileSync(config, ['Host guest', ...lines, ''].join('\n'));
  return config;
}

/** What ssh itself does when nobody answers: in, or why not. */
function askSsh(config: string): string {
  const { stdout, stderr } = spawnSync('ssh', ['-F', config, '-o', 'BatchMode=yes', 'guest', 'echo in'], {
    encoding: 'utf8',
  });
  if (stdout === 'in\n') return 'in';
  if (/IDENTIFICATION HAS CHANGED/.test(stderr)) return 'host-key-changed';
  if (/REVOKED HOST KEY|revoked by file|in revoked keys file/.test(stderr)) return 'host-key-revoked';
  if (/Host key verification failed/.test(stderr)) return 'host-key-unknown';
  return stderr;
}

/** What happens here; the person says no. */
async function askUs(config: string, who: Person = person(), store = file('store')): Promise<string> {
  rmSync(store, { force: true });
  const target = await resolveTarget({ name: 'guest', sshHost: 'guest' }, { configFile: config });
  try {
    const hostKeys = new HostKeys({ store, known: [] });
    (await connect(target, { prompter: who, hostKeys })).close();
    return 'in';
  } catch (error) {
    return error instanceof SshError ? error.kind : String(error);
  }
}

const cases: readonly (readonly [string, Case])[] = [
  ['known', { options: [], files: { known: 'H; K;' } }],
  ['another key', { options: [], files: { known: 'H; O;' } }],
  ['nothing', { options: [] }],
  ['an unreadable key', { options: [], files: { known: 'H; ssh-rsa AAAA' } }],
  ['an alias', { options: ['HostKeyAlias lab'], files: { known: 'lab K;\nH; O;' } }],
  ['an alias in capitals', { options: ['HostKeyAlias LAB'], files: { known: 'lab K;' } }],
  ['an alias with a port', { options: ['HostKeyAlias lab'], files: { known: '[lab]:22 K;' } }],
  ['an alias, changed', { options: ['HostKeyAlias lab'], files: { known: 'lab O;\nH; K;' } }],
  ['an alias, only the address known', { options: ['HostKeyAlias lab'], files: { known: 'H; K;' } }],
  ['two files', { options: ['UserKnownHostsFile @/a @/b'], files: { b: 'H; K;' } }],
  ['a file with a blank', { options: ['UserKnownHostsFile "@/a b" @/c'], files: { 'a b': 'H; K;' } }],
  ['tokens', { options: ['HostKeyAlias lab', 'UserKnownHostsFile @/x_%k_%h_%p_%%'] }],
  ['no file', { options: ['UserKnownHostsFile none'], files: { known: 'H; K;' } }],
  [
    'a global file',
    { options: ['UserKnownHostsFile /dev/null', 'GlobalKnownHostsFile @/a'], files: { a: 'H; K;' } },
  ],
  ['a global file, changed', { options: ['GlobalKnownHostsFile @/a'], files: { a: 'H; O;' } }],
  ['strict yes', { options: ['StrictHostKeyChecking yes'] }],
  ['strict yes, known', { options: ['StrictHostKeyChecking yes'], files: { known: 'H; K;' } }],
  ['strict ask', { options: ['StrictHostKeyChecking ask'] }],
  ['strict no', { options: ['StrictHostKeyChecking no'] }],
  ['strict off', { options: ['StrictHostKeyChecking off'] }],
  ['strict no, changed', { options: ['StrictHostKeyChecking no'], files: { known: 'H; O;' } }],
  ['accept-new', { options: ['StrictHostKeyChecking accept-new'] }],
  ['accept-new, changed', { options: ['StrictHostKeyChecking accept-new'], files: { known: 'H; O;' } }],
  [
    'accept-new, nothing kept',
    { options: ['StrictHostKeyChecking accept-new', 'UserKnownHostsFile /dev/null'] },
  ],
  ['revoked', { options: ['RevokedHostKeys @/a'], files: { known: 'H; K;', a: 'O;\nK; c\n' } }],
  ['another revoked', { options: ['RevokedHostKeys @/a'], files: { known: 'H; K;', a: '# x\n\nO;\n' } }],
  ['an empty list', { options: ['RevokedHostKeys @/a'], files: { known: 'H; K;', a: '' } }],
  [
    'junk in the list',
    { options: ['RevokedHostKeys @/a'], files: { known: 'H; K;', a: 'some words here\n' } },
  ],
  ['no list', { options: ['RevokedHostKeys @/missing'], files: { known: 'H; K;' } }],
  ['a list called none', { options: ['RevokedHostKeys none'], files: { known: 'H; K;' } }],
  [
    'revoked, strict no',
    { options: ['RevokedHostKeys @/a', 'StrictHostKeyChecking no'], files: { known: 'H; K;', a: 'K;\n' } },
  ],
  ['marked as revoked', { options: [], files: { known: '@revoked H; K;\nH; K;' } }],
  ['the address by CheckHostIP', { options: ['CheckHostIP yes'], files: { known: 'H; K;' } }],
];

describe.runIf(existsSync('/usr/bin/ssh'))('as ssh itself', () => {
  test.each(cases)('%s', async (name, given) => {
    const config = prepare(given);
    if (name === 'tokens') writeFileSync(file(`x_lab_127.0.0.1_${server.port}_%`), fill('lab K;'));
    const ours = await askUs(config);
    // Last, as it writes down the keys it accepts.
    expect(ours).toBe(askSsh(config));
  });

  test.each(['sha1', 'sha256', 'explicit'])('a binary revocation list by %s', async (form) => {
    writeFileSync(file('host.pub'), `${key()}\n`);
    writeFileSync(file('spec'), `${form === 'explicit' ? 'key' : form}: ${key()}\n`);
    execFileSync('ssh-keygen', ['-q', '-k', '-f', file('krl'), file('spec')]);
    const config = prepare({ options: ['RevokedHostKeys @/krl'], files: { known: 'H; K;' } });
    expect([await askUs(config), askSsh(config)]).toEqual(['host-key-revoked', 'host-key-revoked']);
    writeFileSync(file('spec'), `${form === 'explicit' ? 'key' : form}: ${other}\n`);
    execFileSync('ssh-keygen', ['-q', '-k', '-f', file('krl'), file('spec')]);
    expect([await askUs(config), askSsh(config)]).toEqual(['in', 'in']);
  });

  test('a revocation list that is cut anywhere refuses every key', async () => {
    writeFileSync(file('spec'), `key: ${other}\nsha1: ${other}\n`);
    execFileSync('ssh-keygen', ['-q', '-k', '-f', file('whole'), file('spec')]);
    const whole = readFileSync(file('whole'));
    const config = prepare({ options: ['RevokedHostKeys @/krl'], files: { known: 'H; K;' } });
    for (const length of [5, 20, 43, whole.length - 20, whole.length - 1]) {
      writeFileSync(file('krl'), whole.subarray(0, length));
      expect([length, await askUs(config), askSsh(config)]).toEqual([
        length,
        'host-key-revoked',
        'host-key-revoked',
      ]);
    }
  });
});

test('a new key is kept under the alias, and only by those who want it kept', async () => {
  const store = file('own');
  const config = prepare({ options: ['HostKeyAlias Lab,*', 'StrictHostKeyChecking accept-new'] });
  expect(await askUs(config, person(), store)).toBe('in');
  const [field = '', ...rest] = readFileSync(store, 'utf8').trim().split(' ');
  expect([field.slice(0, 3), rest.join(' ')]).toEqual(['|1|', key()]);
  const forgetful = prepare({
    options: ['StrictHostKeyChecking accept-new', 'UserKnownHostsFile /dev/null'],
  });
  expect(await askUs(forgetful, person(), store)).toBe('in');
  expect(existsSync(store)).toBe(false);
});

test('a changed key that the configuration lets pass gets no password', async () => {
  const passwords = await startSshServer({
    config: ['PasswordAuthentication yes', 'PubkeyAuthentication no'],
  });
  const config = prepare({ options: [`Port ${passwords.port}`, 'StrictHostKeyChecking no'] });
  writeFileSync(file('known'), `[127.0.0.1]:${passwords.port} ${other}\n`);
  const who = person({ secret: () => 'secret' });
  expect(await askUs(config, who)).toBe('authentication');
  expect(who.log).toEqual([]);
  await passwords.stop();
});

test('a command for known hosts is told and never run, and BatchMode asks nobody', async () => {
  const notes: (readonly string[] | undefined)[] = [];
  const who: Person = {
    ...person(),
    confirmHostKey: ({ notes: told }) => Promise.resolve(notes.push(told) < 0),
  };
  const config = prepare({ options: [`KnownHostsCommand /usr/bin/touch @/ran`] });
  expect(await askUs(config, who)).toBe('host-key-unknown');
  expect(notes).toEqual([[expect.stringContaining('names a KnownHostsCommand') as string]]);
  expect(existsSync(file('ran'))).toBe(false);
  const batch = prepare({ options: ['BatchMode yes'] });
  expect(await askUs(batch, who)).toBe('host-key-unknown');
  expect(notes).toHaveLength(1);
});

test('HostKeyAlgorithms decide which key is shown, or say that none is left', async () => {
  const two = await startSshServer({ hostKeyTypes: ['ed25519', 'rsa'] });
  const rsa = two.knownHostsLines[1] ?? '';
  const config = prepare({ options: [`Port ${two.port}`, 'HostKeyAlgorithms -ssh-ed25519'] });
  writeFileSync(file('known'), `${rsa}\n`);
  const who = person({ trust: false });
  expect(await askUs(config, who)).toBe('authentication');
  const none = prepare({ options: ['HostKeyAlgorithms ssh-ed25519-cert-v01@openssh.com'] });
  expect(await askUs(none, who)).toBe('algorithms');
  expect(who.log).toEqual([]);
  await two.stop();
});

test('the options hold for a guest that is named by its address, too', async () => {
  const config = file('address');
  writeFileSync(
    config,
    'Host 10.0.0.*\n  StrictHostKeyChecking yes\n  PasswordAuthentication no\n  User nobody\n',
  );
  const guest = { name: 'x', user: 'root' };
  expect(await resolveTarget({ ...guest, address: '10.0.0.1' }, { configFile: config })).toMatchObject({
    user: 'root',
    hostKeys: { strict: 'yes' },
    signIn: { methods: ['publickey', 'keyboard-interactive'] },
  });
  const elsewhere = await resolveTarget({ ...guest, address: '10.0.1.1' }, { configFile: config });
  expect([elsewhere.hostKeys, elsewhere.signIn]).toEqual([undefined, undefined]);
});
