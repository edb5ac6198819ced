/** What guests, their disks, clocks and login shells can do to a job: each really done, on a real server. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isRoot, needs } from '../support/needs';
import { connect } from '../../src/ssh/connection';
import { Jobs, type JobEnd, type JobsOptions } from '../../src/ssh/jobs';
import { ConnectionPool } from '../../src/ssh/pool';
import type { Connection } from '../../src/ssh/transport';
import { hostKeysOf, person } from '../ssh/people';
import { startSshServer, type SshServer, type SshServerOptions } from '../ssh/sshServer';
import { fill } from './guest';
import { Proxy } from './proxy';

const fakeTime = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
/** Registered by `npm run test:faults` only: it takes minutes. */
const longTest = process.env['GUESTBENCH_ALL_FAULTS'] === undefined ? () => undefined : test;
const quick: JobsOptions = { backOffMs: [50], giveUpMs: Infinity, requestGiveUpMs: Infinity };

/** What has to be undone after a test, the last first. */
let undo: (() => Promise<void> | void)[] = [];
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gb-fault-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
});
afterEach(async () => {
  for (const step of undo.reverse()) await step();
  undo = [];
});

async function serve(options: SshServerOptions): Promise<SshServer> {
  const server = await startSshServer(options);
  undo.push(() => server.stop());
  return server;
}

/** `port`: of a proxy in between. */
async function connectTo(server: SshServer, port = server.port): Promise<Connection> {
  const known = join(server.folder, `known-${port}`);
  writeFileSync(known, server.knownHostsLine.replace(/:\d+/, `:${port}`));
  const hostKeys = hostKeysOf(join(server.folder, 'store'), known);
  const connection = await connect(server.target({ port }), { prompter: person(), hostKeys });
  undo.push(() => connection.close());
  return connection;
}

async function jobsOn(server: SshServer, options: JobsOptions = {}): Promise<Jobs> {
  const connection = await connectTo(server);
  return new Jobs(() => Promise.resolve(connection), { ...quick, ...options });
}

async function collect(jobs: Jobs, id: string): Promise<{ end: JobEnd; out: string }> {
  const out: Buffer[] = [];
  const end = await jobs.follow(id, { pollSeconds: 1, onStdout: (chunk) => out.push(Buffer.from(chunk)) });
  return { end, out: Buffer.concat(out).toString('latin1') };
}

async function runOn(jobs: Jobs, id: string, script: string): Promise<{ end: JobEnd; out: string }> {
  await jobs.put(id, script);
  await jobs.start(id);
  return collect(jobs, id);
}

function mount(name: string, options: string): string {
  const point = join(folder, name);
  mkdirSync(point);
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', point]);
  undo.push(() => void execFileSync('umount', ['-l', point]));
  return point;
}

function isRunning(argument: string): boolean {
  return readdirSync('/proc').some((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(`\0${argument}\0`);
    } catch {
      return false;
    }
  });
}

/** What the files of a folder hold. */
function bytesUnder(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

function printedBy(command: string, onChunk: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.on('data', onChunk);
    child.once('error', reject);
    child.once('close', () => resolve());
  });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('a command', () => {
  test('that closes its output and leaves processes behind ends with its shell, and they end with it', async () => {
    const server = await serve({});
    const jobs = await jobsOn(server);
    const script = [
      'echo begun',
      '(setsid sleep 871.25 >/dev/null 2>&1 &)',
      '(trap "" TERM HUP; exec sleep 872.25) &',
      'exec >&- 2>&-',
      'sleep 0.3',
      'exit 7',
      '',
    ].join('\n');
    const { end, out } = await runOn(jobs, 'daemons', script);
    expect(out).toBe('begun\n');
    expect(end).toMatchObject({ state: 'done', exitCode: 7, cancelled: false });
    await until(() => !isRunning('871.25') && !isRunning('872.25'));
    await jobs.cleanUp();
  });

  longTest(
    'that prints 1 GB is collected to its last byte, and little of it is shown meanwhile',
    async () => {
      const server = await serve({});
      const jobs = await jobsOn(server);
      const command = 'seq 1 200000000 | head -c 1000000000; echo; echo over';
      await jobs.put('flood', `${command}\n`);
      await jobs.start('flood');
      const digest = createHash('sha256');
      let [bytes, shown, skipped, onGuest] = [0, 0, 0, 0];
      const end = await jobs.follow('flood', {
        onStdout: (chunk) => {
          bytes += chunk.length;
          digest.update(chunk);
        },
        live: {
          onChunk: (_, chunk) => (shown += chunk.length),
          onSkip: (_, more) => (skipped += more),
        },
        onEnd: () => (onGuest = bytesUnder(`${server.prefix}-${process.getuid?.()}`)),
      });
      const expected = createHash('sha256');
      await printedBy(command, (chunk) => expected.update(chunk));
      expect(end).toMatchObject({ state: 'done', exitCode: 0, stdoutBytes: 1_000_000_006 });
      expect(bytes).toBe(1_000_000_006);
      expect(digest.digest('hex')).toBe(expected.digest('hex'));
      expect(shown + skipped).toBe(bytes);
      expect(shown).toBeLessThan(20_000_000);
      // The guest holds it once, and nothing of it afterwards.
      expect(onGuest).toBeLessThan(1_001_000_000);
      await jobs.remove('flood');
      expect(bytesUnder(`${server.prefix}-${process.getuid?.()}`)).toBeLessThan(1_000_000);
      await jobs.cleanUp();
    },
  );
});

describe("a guest's disk", needs({ root: isRoot }), () => {
  test('that is full makes a job wait, which is told, until there is room', async () => {
    const disk = mount('disk', 'size=2m');
    const server = await serve({ prefix: join(disk, 'guestbench') });
    const empty = fill(join(disk, 'filler'));
    const told: string[] = [];
    const jobs = await jobsOn(server, {
      onOutOfReach: ({ message }) => {
        told.push(message);
        empty();
      },
    });
    expect((await runOn(jobs, 'patient', 'echo done\n')).out).toBe('done\n');
    expect(told[0]).toMatch(/has room/);
    const refill = fill(join(disk, 'filler'));
    told.length = 0;
    const again = await jobsOn(server, {
      onOutOfReach: ({ message }) => {
        told.push(message);
        refill();
      },
    });
    expect((await runOn(again, 'patient2', 'echo done\n')).out).toBe('done\n');
    expect(told[0]).toMatch(/no room for a job under \/var\/tmp/);
  });

  test('that a benchmark fills leaves room for how it ended', async () => {
    const disk = mount('disk', 'size=2m');
    const server = await serve({ prefix: join(disk, 'guestbench') });
    const jobs = await jobsOn(server);
    const { end } = await runOn(jobs, 'filler', 'cat /dev/zero >"$GB_WORK/big"; exit 5\n');
    expect(end).toMatchObject({ state: 'done', exitCode: 5, isDiskFull: true });
    await jobs.cleanUp();
    expect(readdirSync(disk)).toEqual([]);
  });

  test('may forbid to run programs, and the home may be read-only', async () => {
    const disk = mount('disk', 'size=4m,noexec');
    const home = mount('home', 'size=1m');
    execFileSync('mount', ['-o', 'remount,ro', home]);
    const server = await serve({
      prefix: join(disk, 'guestbench'),
      config: [`SetEnv HOME=${home} TMPDIR=${disk} GUESTBENCH_PREFIX=${join(disk, 'guestbench')}`],
    });
    const jobs = await jobsOn(server);
    const { end, out } = await runOn(jobs, 'strict', 'touch "$HOME/x" 2>/dev/null || echo read-only\n');
    expect(end).toMatchObject({ state: 'done', exitCode: 0 });
    expect(out).toBe('read-only\n');
    await jobs.cleanUp();
  });
});

describe('a login shell', () => {
  const shells = [
    { shell: '/bin/bash', file: '.bashrc', line: 'echo "Welcome, ! \\"$USER\\""; printf half' },
    { shell: '/bin/tcsh', file: '.tcshrc', line: 'echo "Welcome"; printf half' },
    { shell: '/usr/bin/fish', file: '.config/fish/config.fish', line: 'echo Welcome; printf half' },
  ].filter(({ shell }) => existsSync(shell));
  test.each(shells)(
    'that is $shell and talks at each start changes nothing',
    async ({ shell, file, line }) => {
      mkdirSync(join(folder, '.config/fish'), { recursive: true });
      writeFileSync(join(folder, file), `${line}\n`);
      const prefix = join(folder, 'guestbench');
      const server = await serve({
        prefix,
        config: [
          `SetEnv HOME=${folder} GUESTBENCH_PREFIX=${prefix}`,
          'MaxSessions 1',
          `ForceCommand exec ${shell} -c "$SSH_ORIGINAL_COMMAND"`,
        ],
      });
      const jobs = await jobsOn(server);
      const { end, out } = await runOn(jobs, 'polite', 'echo "a  b" \'$HOME !\'; exit 3\n');
      expect(end).toMatchObject({ state: 'done', exitCode: 3 });
      expect(out).toBe('a  b $HOME !\n');
      await jobs.cleanUp();
    },
  );
});

test(
  "a guest's clock may jump by hours while a job runs",
  needs({ libfaketime: existsSync(fakeTime) }),
  async () => {
    const clock = join(folder, 'clock');
    writeFileSync(clock, '+0h');
    const prefix = join(folder, 'guestbench');
    const server = await serve({
      prefix,
      config: [
        `SetEnv GUESTBENCH_PREFIX=${prefix} LD_PRELOAD=${fakeTime} FAKETIME_TIMESTAMP_FILE=${clock} FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1`,
      ],
    });
    const jobs = await jobsOn(server);
    await jobs.put('jumpy', 'date +%s; while [ ! -e "$GB_WORK/go" ]; do sleep 0.05; done; date +%s\n');
    await jobs.start('jumpy');
    let out = '';
    const end = await jobs.follow('jumpy', {
      pollSeconds: 1,
      onStdout: (chunk) => {
        out += chunk.toString();
        writeFileSync(clock, '-7h');
        writeFileSync(join(`${prefix}-${process.getuid?.()}`, 'work/go'), '');
      },
    });
    const [before = 0, after = 0] = out.trim().split('\n').map(Number);
    expect(before - after).toBeGreaterThan(6 * 3600);
    expect(end).toMatchObject({ state: 'done', exitCode: 0, cancelled: false });
    if (end.state === 'done') expect(end.durationMs).toBeLessThan(3_600_000);
    await jobs.cleanUp();
  },
);

/** Ends a server with all its connections, and starts it again after a while. */
async function isAwayFor(ms: number, server: SshServer): Promise<void> {
  for (const pid of [...server.connectionPids(), server.pid]) process.kill(pid, 'SIGKILL');
  await sleep(ms);
  const again = await server.again();
  undo.push(() => again.stop());
}

describe('a network', () => {
  test('that falls silent makes requests try again, not fail, though the connection seems to live', async () => {
    const server = await serve({});
    const proxy = await Proxy.start(() => server.port);
    undo.push(() => proxy.stop());
    const real = await connectTo(server, proxy.port);
    let release: (() => void) | undefined;
    // The product's own limit is a minute.
    const impatient = {
      target: real.target,
      isOpen: true,
      exec: (command: string, options = {}) =>
        real.exec(command, { ...options, timeoutMs: release ? 200 : 60_000 }),
    } as Connection;
    let tries = 0;
    const jobs = new Jobs(() => Promise.resolve(impatient), {
      ...quick,
      onOutOfReach: () => {
        tries += 1;
        if (tries < 3) return;
        release?.();
        release = undefined;
      },
    });
    await jobs.put('patient', 'true\n');
    release = proxy.hold();
    expect(await jobs.status('patient')).toMatchObject({ state: 'preparing' });
    expect(tries).toBe(3);
    await jobs.cleanUp();
  });

  longTest('that has no server for a minute in the middle of output loses no byte of it', async () => {
    const server = await serve({});
    const pool = new ConnectionPool({ hostKeys: hostKeysOf(join(folder, 'store'), server.knownHostsFile) });
    undo.push(() => pool.dispose());
    const jobs = new Jobs(() => pool.get(server.target(), { prompter: person() }), quick);
    await jobs.put('long', 'for i in $(seq 70); do echo $i; sleep 1; done\n');
    await jobs.start('long');
    let out = '';
    let away: Promise<void> | undefined;
    const end = await jobs.follow('long', {
      pollSeconds: 1,
      onStdout: (chunk) => {
        out += chunk.toString();
        away ??= isAwayFor(60_000, server);
      },
    });
    await away;
    expect(end).toMatchObject({ state: 'done', exitCode: 0 });
    expect(out.trim().split('\n').map(Number)).toEqual(Array.from({ length: 70 }, (_, index) => index + 1));
    await jobs.cleanUp();
  });

  test('that drops a connection while it signs in is no refusal of the key', async () => {
    const server = await serve({});
    const known = join(folder, 'known');
    const proxy = await Proxy.start(() => server.port);
    undo.push(() => proxy.stop());
    writeFileSync(known, server.knownHostsLine.replace(/:\d+/, `:${proxy.port}`));
    const pool = new ConnectionPool({ hostKeys: hostKeysOf(join(folder, 'store'), known) });
    undo.push(() => pool.dispose());
    // Slow enough to be cut at every stage.
    proxy.delayMs = 30;
    const errors: unknown[] = [];
    for (let cutAfterMs = 0; cutAfterMs < 900; cutAfterMs += 30) {
      const timer = setTimeout(() => proxy.cut(), cutAfterMs);
      const target = server.target({ port: proxy.port });
      await pool.get(target, { prompter: person() }).catch((error: unknown) => errors.push(error));
      clearTimeout(timer);
      pool.forget(target);
    }
    expect(errors.length).toBeGreaterThan(3);
    for (const error of errors) expect(error).toMatchObject({ kind: 'lost' });
  });
});
