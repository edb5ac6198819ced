import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isWindows, needs } from '../../support/needs';
import { listAliases, resolveTarget, type SshEnvironment } from '../../../src/lab/sshConfig';
import { UserError } from '../../../src/model/userError';

const hasClient = spawnSync('ssh', ['-V'], { stdio: 'ignore' }).status === 0;

let home = '';
const ssh = (...parts: readonly string[]) => join(home, '.ssh', ...parts);
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'guestbench-home-'));
  mkdirSync(ssh());
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const config = (text: string) => writeFileSync(ssh('config'), text);
const environment = (more: SshEnvironment = {}): SshEnvironment => ({
  home,
  user: 'me',
  platform: 'linux',
  variables: { PATH: process.env['PATH'], SSH_AUTH_SOCK: '/run/agent' },
  labFolder: join(home, 'labs'),
  configFile: ssh('config'),
  ...more,
});

describe('a guest with an address', () => {
  it('takes the usual defaults', async () => {
    writeFileSync(ssh('id_rsa'), '');
    writeFileSync(ssh('id_ed25519'), '');
    expect(await resolveTarget({ name: 'a', address: '10.0.0.1' }, environment())).toEqual({
      name: 'a',
      address: '10.0.0.1',
      port: 22,
      user: 'me',
      identityFiles: [ssh('id_ed25519'), ssh('id_rsa')],
      identitiesOnly: false,
      agent: '/run/agent',
      jumps: [],
    });
  });

  it('takes its own fields, and key paths from home or the lab file', async () => {
    const guest = { name: 'a', address: 'h', port: 2222, user: 'root' };
    const near = await resolveTarget({ ...guest, identityFile: 'keys/lab' }, environment());
    expect(near).toMatchObject({
      port: 2222,
      user: 'root',
      identityFiles: [join(home, 'labs/keys/lab')],
      identitiesOnly: true,
    });
    const far = await resolveTarget({ ...guest, identityFile: '~/k' }, environment());
    expect(far.identityFiles).toEqual([join(home, 'k')]);
  });

  it('finds the agent of Windows, or none', async () => {
    const guest = { name: 'a', address: 'h' };
    const windows = await resolveTarget(guest, environment({ platform: 'win32', variables: {} }));
    expect(windows.agent).toBe('\\\\.\\pipe\\openssh-ssh-agent');
    expect(
      (await resolveTarget(guest, environment({ variables: { SSH_AUTH_SOCK: '' } }))).agent,
    ).toBeUndefined();
  });

  it('has a default for everything', async () => {
    const target = await resolveTarget({ name: 'a', address: 'h' });
    expect(target).toMatchObject({ address: 'h', port: 22 });
    expect(target.user).not.toBe('');
  });
});

const ways: readonly (readonly [string, SshEnvironment])[] = [
  ...(hasClient ? [['ssh -G', {}] as const] : []),
  ['our own reading', { sshCommand: undefined }],
  ['no client where one was expected', { sshCommand: '/nonexistent/ssh' }],
];

describe.each(ways)('an alias, by %s', (_way, way) => {
  const resolve = (sshHost: string, more: object = {}) =>
    resolveTarget({ name: 'guest', sshHost, ...more }, environment(way));

  it('gives address, user, port, keys with their tokens', async () => {
    config(`
Host deb12 other
  HostName %h.example.org
  User joe
  Port 2200
  IdentityFile ~/.ssh/%r@%h-%p-%n
  IdentityFile "%d/with blank"
  IdentitiesOnly yes
Host *
  User nobody
`);
    expect(await resolve('deb12')).toEqual({
      name: 'guest',
      address: 'deb12.example.org',
      port: 2200,
      user: 'joe',
      identityFiles: [ssh('joe@deb12.example.org-2200-deb12'), join(home, 'with blank')],
      identitiesOnly: true,
      agent: '/run/agent',
      jumps: [],
    });
  });

  it('lets the lab file go before', async () => {
    config('Host a\n  HostName far\n  User joe\n  Port 2200\n  IdentityFile ~/x\n');
    const target = await resolve('a', { address: 'near', user: 'root', port: 22, identityFile: '~/mine' });
    expect(target).toMatchObject({
      address: 'near',
      user: 'root',
      port: 22,
      identityFiles: [join(home, 'mine')],
    });
  });

  it('expands variables and the words of IdentityAgent', async () => {
    config(
      'Host none\n  IdentityAgent none\nHost path\n  IdentityAgent ~/agent.sock\nHost sock\n  IdentityAgent SSH_AUTH_SOCK\n' +
        'Host local\n  IdentityFile ~/%l.%u.%%\n',
    );
    expect((await resolve('none')).agent).toBeUndefined();
    // ssh -G has put in the home folder of the account that runs it.
    expect((await resolve('path')).agent).toMatch(/^\/.+\/agent\.sock$/);
    expect((await resolve('sock')).agent).toBe('/run/agent');
    expect((await resolve('local')).identityFiles).toEqual([join(home, `${hostname()}.me.%`)]);
  });

  it('follows ProxyJump: nearest first, each with its own config', async () => {
    config(`
Host target
  ProxyJump door,joe@inner:2222
Host door
  HostName door.example.org
  ProxyJump gate
Host gate
  User guard
Host inner
  HostName 10.9.9.9
  ProxyJump nowhere
`);
    const { jumps } = await resolve('target');
    expect(jumps.map(({ name, address, port, user }) => [name, address, port, user])).toEqual([
      ['gate', 'gate', 22, 'guard'],
      ['door', 'door.example.org', 22, jumps[1]?.user],
      ['inner', '10.9.9.9', 2222, 'joe'],
    ]);
    expect(jumps.every((jump) => jump.jumps.length === 0)).toBe(true);
  });

  it('reads the forms of a jump', async () => {
    config(
      'Host a\n  ProxyJump [fd00::1]:2222\nHost b\n  ProxyJump ssh://joe@h:23\nHost c\n  ProxyJump none\n',
    );
    expect((await resolve('a')).jumps).toMatchObject([{ address: 'fd00::1', port: 2222 }]);
    expect((await resolve('b')).jumps).toMatchObject([{ address: 'h', port: 23, user: 'joe' }]);
    expect((await resolve('c')).jumps).toEqual([]);
  });

  it('refuses circles and proxy commands, in words', async () => {
    config('Host a\n  ProxyJump b\nHost b\n  ProxyJump a\nHost p\n  ProxyCommand nc %h %p\n');
    await expect(resolve('a')).rejects.toThrow(/in a circle: a → b → a/);
    await expect(resolve('p')).rejects.toThrow(/ProxyCommand \(nc/);
    await expect(resolve('p')).rejects.toBeInstanceOf(UserError);
  });

  it("takes ssh's defaults only where they exist", async () => {
    config('Host a\n  User x\n');
    writeFileSync(ssh('id_ecdsa'), '');
    writeFileSync(ssh('id_ed25519_sk'), '');
    expect((await resolve('a')).identityFiles).toEqual([ssh('id_ecdsa')]);
  });

  it('an alias that no config knows is a host name', async () => {
    config('');
    expect(await resolve('plain.example.org')).toMatchObject({
      address: 'plain.example.org',
      port: 22,
      jumps: [],
    });
  });
});

describe('what a config may not do', () => {
  it.each(['-oProxyCommand=x', 'a;reboot', 'a b', '$(x)', '`x`', "a'b"])(
    'refuses the alias %j',
    async (sshHost) => {
      await expect(resolveTarget({ name: 'x', sshHost }, environment())).rejects.toThrow(
        /cannot be an alias/,
      );
    },
  );

  it('refuses a user that would reach a shell', async () => {
    const guest = { name: 'x', sshHost: 'a', user: '$(x);y' };
    await expect(resolveTarget(guest, environment())).rejects.toThrow(/cannot be a user name/);
  });

  it.each(['a -x b', '$HOME', '`id`', '$(id)', 'a;b', 'a|b', 'a\nb', '-a', 'a\\', "a'b", 'a"b', 'a{b}'])(
    'refuses the user %j of an address, an alias or a jump',
    async (user) => {
      config('Match exec "touch ran-%r"\nHost a\n  StrictHostKeyChecking yes\n');
      for (const guest of [{ address: 'h' }, { sshHost: 'a' }])
        await expect(resolveTarget({ name: 'x', user, ...guest }, environment())).rejects.toThrow(
          /cannot be a user name/,
        );
    },
  );

  it.each(['$HOME', 'a -x b', '`id`', 'a;b', '-v', 'a b', 'a\tb', 'a>b'])(
    'refuses the address %j',
    async (address) => {
      await expect(resolveTarget({ name: 'x', address }, environment())).rejects.toThrow(
        /cannot be an address/,
      );
    },
  );

  it('lets names pass that OpenSSH lets pass', async () => {
    const named = await resolveTarget(
      { name: 'x', address: 'fe80::1%eth0', user: 'Ada Smith' },
      environment(),
    );
    expect(named).toMatchObject({ address: 'fe80::1%eth0', user: 'Ada Smith' });
  });

  it('never runs Match exec when it reads the config itself', async () => {
    const proof = join(home, 'ran');
    config(`Match exec "touch ${proof}"\n  User evil\nHost a\n  User good\n`);
    const target = await resolveTarget({ name: 'x', sshHost: 'a' }, environment({ sshCommand: undefined }));
    expect(target.user).toBe('good');
    expect(spawnSync('test', ['-e', proof]).status).not.toBe(0);
  });

  it('reads the config itself when the client fails', needs({ 'a POSIX shell': !isWindows }), async () => {
    const client = join(home, 'ssh');
    writeFileSync(client, '#!/bin/sh\nexit 255\n');
    chmodSync(client, 0o755);
    config('Host a\n  User good\n');
    const target = await resolveTarget({ name: 'x', sshHost: 'a' }, environment({ sshCommand: client }));
    expect(target.user).toBe('good');
  });

  it('ends with its signal', async () => {
    config('Host a\n');
    const signal = AbortSignal.abort();
    await expect(resolveTarget({ name: 'x', sshHost: 'a' }, environment({ signal }))).rejects.toThrow(
      /abort/i,
    );
  });
});

describe('listAliases', () => {
  it('lists aliases in order, without patterns, through Include', async () => {
    mkdirSync(ssh('conf.d'));
    config(`
# Host commented
Host one "two" !not *.pattern  # and a word
  HostName x
host=three
Include conf.d/*.conf ~/.ssh/more missing
Host one last
Include config
`);
    writeFileSync(ssh('conf.d', 'b.conf'), 'Host beta\n');
    writeFileSync(ssh('conf.d', 'a.conf'), 'Host alpha\r\n\tUser x\r\n');
    writeFileSync(ssh('conf.d', 'skip.txt'), 'Host skipped\n');
    writeFileSync(ssh('more'), 'Host more?\nHost extra\n');
    expect(await listAliases(ssh('config'), home)).toEqual([
      'one',
      'two',
      'three',
      'alpha',
      'beta',
      'extra',
      'last',
    ]);
  });

  it('bounds the depth, and takes a missing file for an empty one', async () => {
    for (let n = 0; n < 30; n++) writeFileSync(ssh(`c${n}`), `Host h${n}\nInclude c${n + 1}\n`);
    expect(await listAliases(ssh('c0'), home)).toHaveLength(16);
    expect(await listAliases(ssh('nothing'), home)).toEqual([]);
  });

  it('an included file does not swallow what stands behind it', async () => {
    config('Include inner\nUser outer\nHost a\n  Port 2200\n  Include inner2\n  HostName h\n');
    writeFileSync(ssh('inner'), 'Host other\n  User inner\n');
    writeFileSync(ssh('inner2'), 'Host b\n  Port 1\n');
    const target = await resolveTarget({ name: 'x', sshHost: 'a' }, environment({ sshCommand: undefined }));
    expect(target).toMatchObject({ user: 'outer', port: 2200, address: 'h' });
  });
});
