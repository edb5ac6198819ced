import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import ssh2 from 'ssh2';
import { connect } from '../../src/ssh/connection';
import { readKeyFile } from '../../src/ssh/keyFiles';
import type { Connection, Target } from '../../src/ssh/transport';
import { hostKeysOf, person, type Answers, type Person } from './people';
import { startPasswordServer, type PasswordServer, type PasswordServerOptions } from './passwordServer';
import { makeKey, publicKeyOf, startSshServer, type SshServer } from './sshServer';

const pass = 'correct horse';

describe('keys', () => {
  let folder: string;
  let server: SshServer;
  let agent: ChildProcess | undefined;
  const logged: string[] = [];
  const socket = (): string => join(folder, 'agent.sock');

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gb-keys-'));
    const made = [
      makeKey(folder, 'ed25519'),
      makeKey(folder, 'rsa', ['-t', 'rsa', '-b', '2048']),
      makeKey(folder, 'ecdsa', ['-t', 'ecdsa', '-b', '384']),
      makeKey(folder, 'pem', ['-t', 'rsa', '-b', '2048', '-m', 'PEM']),
      makeKey(folder, 'locked', ['-t', 'ed25519'], pass),
      makeKey(folder, 'locked-pem', ['-t', 'rsa', '-b', '2048', '-m', 'PEM'], pass),
      makeKey(folder, 'chacha', ['-t', 'ed25519', '-Z', 'chacha20-poly1305@openssh.com'], pass),
      makeKey(folder, 'in-agent'),
    ];
    const converted: string[] = [];
    for (const [name, type] of [
      ['pkcs8-rsa', 'rsa'],
      ['pkcs8-ec', 'ec'],
      ['pkcs8-ed25519', 'ed25519'],
      ['pkcs8-locked', 'ed25519'],
    ] as const) {
      const { privateKey } =
        type === 'rsa'
          ? generateKeyPairSync('rsa', { modulusLength: 2048 })
          : type === 'ec'
            ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
            : generateKeyPairSync('ed25519');
      const options = name === 'pkcs8-locked' ? { cipher: 'aes-256-cbc', passphrase: pass } : {};
      const file = join(folder, name);
      writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem', ...options }), { mode: 0o600 });
      const key = await readKeyFile(ssh2, file);
      const parsed = key.state === 'ready' ? key.key : key.state === 'locked' ? key.unlock(pass) : undefined;
      if (!parsed || parsed instanceof Error) throw new Error(`${name}: ${key.state}`);
      converted.push(`${parsed.type} ${parsed.getPublicSSH().toString('base64')}`);
    }
    makeKey(folder, 'stranger');
    for (let i = 0; i < 7; i += 1) makeKey(folder, `other${i}`);
    server = await startSshServer({ authorizedKeys: [...made.map(publicKeyOf), ...converted] });
    agent = spawn('ssh-agent', ['-D', '-a', socket()], { stdio: 'ignore' });
    while (!existsSync(socket())) await new Promise((resolve) => setTimeout(resolve, 10));
    const env = { ...process.env, SSH_AUTH_SOCK: socket() };
    for (let i = 0; i < 7; i += 1)
      execFileSync('ssh-add', ['-q', join(folder, `other${i}`)], { env, stdio: 'ignore' });
    execFileSync('ssh-add', ['-q', join(folder, 'in-agent')], { env, stdio: 'ignore' });
  });
  afterAll(async () => {
    agent?.kill();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const signIn = async (
    changes: Partial<Target>,
    answers: Answers = {},
  ): Promise<{ connection: Connection; who: Person }> => {
    const who = person(answers);
    const connection = await connect(server.target(changes), {
      prompter: who,
      hostKeys: hostKeysOf(join(server.folder, 'store'), server.knownHostsFile),
      log: (line) => logged.push(line),
    });
    connection.close();
    return { connection, who };
  };
  const files = (...names: string[]): Partial<Target> => ({
    identityFiles: names.map((name) => join(folder, name)),
  });

  test.each(['ed25519', 'rsa', 'ecdsa', 'pem', 'pkcs8-rsa', 'pkcs8-ec', 'pkcs8-ed25519'])(
    '%s',
    async (name) => {
      const { who } = await signIn(files(name));
      expect(who.log).toEqual([]);
    },
  );

  test.each(['locked', 'locked-pem', 'pkcs8-locked'])(
    '%s: the passphrase is asked until it is right',
    async (name) => {
      const { who } = await signIn(files(name), {
        secret: (_kind, attempt) => (attempt === 1 ? 'wrong' : pass),
      });
      expect(who.log).toEqual(['passphrase 1', 'passphrase 1 wrong', 'passphrase 2', 'passphrase 2 right']);
    },
  );

  test('a passphrase that stays wrong is an error of the key', async () => {
    const attempt = signIn(files('locked'), { secret: () => 'wrong' });
    await expect(attempt).rejects.toMatchObject({
      message: expect.stringContaining('wrong each time') as string,
    });
  });

  test('a passphrase not given is a cancellation, unless another key does', async () => {
    await expect(signIn(files('locked'))).rejects.toMatchObject({ kind: 'cancelled' });
    const { who } = await signIn(files('locked', 'ed25519'));
    expect(who.log).toEqual(['passphrase 1']);
  });

  test('the passphrase of a key the server does not take is never asked', async () => {
    makeKey(folder, 'locked-stranger', ['-t', 'ed25519'], pass);
    const { who } = await signIn(files('locked-stranger', 'ed25519'));
    expect(who.log).toEqual([]);
  });

  test('keys that cannot be used do not stop the others', async () => {
    writeFileSync(join(folder, 'ppk3'), 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n');
    writeFileSync(join(folder, 'rubbish'), 'hello\n');
    await signIn(files('missing', 'ppk3', 'chacha', 'rubbish', 'ed25519'), { secret: () => pass });
    const text = logged.join('\n');
    expect(text).toMatch(/no key file .*missing/);
    expect(text).toMatch(/ppk3 cannot be used: .*puttygen/);
    expect(text).toMatch(/rubbish cannot be used/);
  });

  test.each([
    ['ppk3', /puttygen/],
    ['chacha', /ssh-keygen -p/],
    ['missing', /no key file/],
  ])('%s alone is an error of the key', async (name, message) => {
    writeFileSync(join(folder, 'ppk3'), 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n');
    await expect(signIn(files(name), { secret: () => pass })).rejects.toMatchObject({
      kind: 'key',
      message: expect.stringMatching(message) as string,
    });
  });

  test('a key that is not let in: what was tried and what is offered', async () => {
    await expect(signIn(files('stranger'))).rejects.toMatchObject({
      kind: 'authentication',
      message: expect.stringMatching(/Tried: key .*stranger\. The server offers: publickey\./) as string,
    });
  });

  test('the agent signs; a named key of it comes before its others', async () => {
    const { who } = await signIn({ ...files('in-agent'), agent: socket(), identitiesOnly: false });
    expect(who.log).toEqual([]);
    rmSync(join(folder, 'in-agent'));
    await signIn({ ...files('in-agent'), agent: socket(), identitiesOnly: true });
  });

  test('too many keys of the agent: the message says what helps', async () => {
    await expect(signIn({ identityFiles: [], agent: socket(), identitiesOnly: false })).rejects.toMatchObject(
      { kind: 'authentication', message: expect.stringContaining('IdentitiesOnly') as string },
    );
  });

  test('an agent that is not there is skipped', async () => {
    await signIn({ ...files('ed25519'), agent: join(folder, 'no.sock') });
    expect(logged.join()).toContain('agent gives no keys');
  });

  test('no secret reaches the log', () => {
    expect(logged.join()).not.toContain(pass);
  });
});

describe('passwords and questions', () => {
  const withServer = async (
    options: PasswordServerOptions,
    answers: Answers,
    check: (result: {
      who: Person;
      server: PasswordServer;
      connecting: Promise<Connection>;
    }) => Promise<void>,
    changes: Partial<Target> = {},
  ): Promise<void> => {
    const server = await startPasswordServer(options);
    const folder = mkdtempSync(join(tmpdir(), 'gb-pw-'));
    try {
      writeFileSync(join(folder, 'known'), `${server.knownHostsLine}\n`);
      const who = person(answers);
      const target: Target = {
        name: 'guest',
        address: '127.0.0.1',
        port: server.port,
        user: 'me',
        identityFiles: [],
        identitiesOnly: true,
        agent: undefined,
        jumps: [],
        ...changes,
      };
      const hostKeys = hostKeysOf(join(folder, 'store'), join(folder, 'known'));
      const connecting = connect(target, { prompter: who, hostKeys, readyTimeoutMs: 5000 });
      connecting.catch(() => undefined);
      await check({ who, server, connecting });
      (await connecting.catch(() => undefined))?.close();
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  };
  const password: PasswordServerOptions = {
    methods: ['password'],
    authenticate: (context) =>
      context.method === 'password' && context.password === pass ? 'accept' : 'refuse',
  };

  test('a password is asked for, and told to be right', () =>
    withServer(password, { secret: () => pass }, async ({ who, connecting, server }) => {
      const connection = await connecting;
      expect((await connection.exec('hello')).stdout.toString()).toBe('hello');
      expect(who.log).toEqual(['password 1', 'password 1 right']);
      expect(server.tried).toEqual(['none', 'password']);
    }));

  test('a wrong one is asked again on the same connection', () =>
    withServer(
      password,
      { secret: (_kind, attempt) => (attempt === 3 ? pass : 'x') },
      async ({ who, connecting, server }) => {
        await connecting;
        expect(who.log).toEqual([
          'password 1',
          'password 1 wrong',
          'password 2',
          'password 2 wrong',
          'password 3',
          'password 3 right',
        ]);
        expect(server.connections()).toBe(1);
      },
    ));

  test('three wrong ones are enough', () =>
    withServer(password, { secret: () => 'x' }, async ({ who, connecting, server }) => {
      await expect(connecting).rejects.toMatchObject({
        kind: 'authentication',
        message: expect.stringContaining('Tried: password. The server offers: password.') as string,
      });
      expect(who.log.filter((line) => line.endsWith('wrong'))).toHaveLength(3);
      expect(server.connections()).toBe(1);
    }));

  test('no answer is a cancellation', () =>
    withServer(password, {}, async ({ connecting, server }) => {
      await expect(connecting).rejects.toMatchObject({ kind: 'cancelled' });
      expect(server.tried).toEqual(['none']);
    }));

  test('questions show the texts of the server, and whether the answer may be seen', () =>
    withServer(
      {
        methods: ['keyboard-interactive'],
        authenticate: (context) => {
          if (context.method !== 'keyboard-interactive') return 'refuse';
          context.prompt(
            [
              { prompt: 'Name: ', echo: true },
              { prompt: 'Token: ', echo: false },
            ],
            'Title',
            'Instructions',
            (answers) => {
              if (answers.join() === 'a,b') context.accept();
              else context.reject(['keyboard-interactive']);
            },
          );
          return 'pending';
        },
      },
      { answers: (prompts) => prompts.map((prompt) => (prompt === 'Name: ' ? 'a' : 'b')) },
      async ({ who, connecting }) => {
        await connecting;
        expect(who.log).toEqual(['answers|Title|Instructions|Name: +|Token: -']);
      },
    ));

  test('a server that only pretends to ask is asked for the password method', () =>
    withServer(
      { ...password, methods: ['keyboard-interactive', 'password'] },
      { secret: () => pass },
      async ({ who, connecting, server }) => {
        await connecting;
        expect(who.log).toEqual(['password 1', 'password 1 right']);
        expect(server.tried).toEqual(['none', 'keyboard-interactive', 'password']);
      },
    ));

  test('answers not given are a cancellation', () =>
    withServer(
      {
        methods: ['keyboard-interactive'],
        authenticate: (context) => {
          if (context.method === 'keyboard-interactive')
            context.prompt([{ prompt: 'Code: ', echo: false }], () =>
              context.reject(['keyboard-interactive']),
            );
          return 'pending';
        },
      },
      {},
      async ({ who, connecting }) => {
        await expect(connecting).rejects.toMatchObject({ kind: 'cancelled' });
        expect(who.log).toHaveLength(1);
      },
    ));

  test('a key and then a code, as two factors', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gb-2fa-'));
    const file = makeKey(folder, 'key');
    try {
      await withServer(
        {
          methods: ['publickey'],
          methodsAfterPartial: ['keyboard-interactive'],
          authenticate: (context) => {
            if (context.method === 'publickey') {
              // Without a signature it is only the question whether the key would do.
              if (context.signature) return 'partial';
              context.accept();
              return 'pending';
            }
            if (context.method === 'keyboard-interactive')
              context.prompt([{ prompt: 'Code: ', echo: true }], () => context.accept());
            return 'pending';
          },
        },
        { answers: () => ['123456'] },
        async ({ who, connecting, server }) => {
          await connecting;
          expect(who.log).toEqual(['answers|||Code: +']);
          expect(server.tried).toEqual(['none', 'publickey', 'publickey', 'keyboard-interactive']);
        },
        { identityFiles: [file] },
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('a question is taken back when nobody waits for the connection any more', async () => {
    const server = await startPasswordServer(password);
    const folder = mkdtempSync(join(tmpdir(), 'gb-pw-'));
    try {
      writeFileSync(join(folder, 'known'), `${server.knownHostsLine}\n`);
      const stop = new AbortController();
      let wasTakenBack = false;
      const asked: Person = {
        ...person(),
        secret: (_question, signal) =>
          new Promise((resolve) => {
            signal?.addEventListener('abort', () => {
              wasTakenBack = true;
              resolve(undefined);
            });
            stop.abort();
          }),
      };
      const connecting = connect(
        {
          name: 'guest',
          address: '127.0.0.1',
          port: server.port,
          user: 'me',
          identityFiles: [],
          identitiesOnly: true,
          agent: undefined,
          jumps: [],
        },
        {
          prompter: asked,
          hostKeys: hostKeysOf(join(folder, 'store'), join(folder, 'known')),
          signal: stop.signal,
        },
      );
      await expect(connecting).rejects.toMatchObject({ kind: 'cancelled' });
      expect(wasTakenBack).toBe(true);
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('the time limit does not run while a person thinks', async () => {
    const server = await startPasswordServer(password);
    const folder = mkdtempSync(join(tmpdir(), 'gb-pw-'));
    try {
      writeFileSync(join(folder, 'known'), `${server.knownHostsLine}\n`);
      let think = (): void => undefined;
      const thought = new Promise<void>((resolve) => (think = resolve));
      const limit = 1500;
      const who = person({
        secret: async () => {
          setTimeout(think, 2 * limit);
          await thought;
          return pass;
        },
      });
      const connection = await connect(
        {
          name: 'guest',
          address: '127.0.0.1',
          port: server.port,
          user: 'me',
          identityFiles: [],
          identitiesOnly: true,
          agent: undefined,
          jumps: [],
        },
        {
          prompter: who,
          hostKeys: hostKeysOf(join(folder, 's'), join(folder, 'known')),
          readyTimeoutMs: limit,
        },
      );
      expect(connection.isOpen).toBe(true);
      connection.close();
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
