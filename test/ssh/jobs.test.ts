import { readdirSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/ssh/connection';
import { Jobs, type JobEnd, type JobsOptions } from '../../src/ssh/jobs';
import type { Connection } from '../../src/ssh/transport';
import { hostKeysOf, person } from './people';
import { startSshServer, type SshServer } from './sshServer';

/** Keeps one connection and opens a new one when it is gone, as the pool does. */
function reconnecting(server: SshServer): {
  connect: () => Promise<Connection>;
  current: () => Connection | undefined;
} {
  const hostKeys = hostKeysOf(join(server.folder, 'store'), server.knownHostsFile);
  let current: Connection | undefined;
  return {
    current: () => current,
    connect: async () => {
      if (current?.isOpen !== true)
        current = await connect(server.target(), { prompter: person(), hostKeys });
      return current;
    },
  };
}

const quick: JobsOptions = { backOffMs: [20] };

/** Live processes whose environment or arguments hold the text. */
function processesWith(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, 'latin1');
        return command.replaceAll('\0', ' ').includes(text);
      } catch {
        return false;
      }
    });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('jobs', () => {
  let server: SshServer;
  let link: ReturnType<typeof reconnecting>;
  let jobs: Jobs;
  beforeAll(async () => {
    server = await startSshServer();
    link = reconnecting(server);
    jobs = new Jobs(link.connect, quick);
  });
  afterEach(async () => {
    for (const job of await jobs.list()) {
      if (job.state === 'running' || job.state === 'orphan') await jobs.cancel(job.id, 0);
      await jobs.remove(job.id);
    }
  });
  afterAll(async () => {
    link.current()?.close();
    await server.stop();
  });

  const collect = async (id: string, pollSeconds = 1): Promise<{ end: JobEnd; out: string; err: string }> => {
    let out = '';
    let err = '';
    const end = await jobs.follow(id, {
      pollSeconds,
      onStdout: (chunk) => (out += chunk.toString('latin1')),
      onStderr: (chunk) => (err += chunk.toString('latin1')),
    });
    return { end, out, err };
  };

  test('live from put to remove', async () => {
    await jobs.put(
      'life',
      'echo out; echo err >&2; echo "$LC_ALL $LANG $HOME" ; pwd; echo kept > "$GB_WORK/kept"; printf result > "$GB_FILES/a.txt"; : > "$GB_FILES/empty"; i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; exit 42\n',
    );
    expect(await jobs.status('life')).toEqual({
      state: 'preparing',
      stdoutBytes: 0,
      stderrBytes: 0,
      end: undefined,
    });
    expect(await jobs.start('life')).toMatchObject({ fresh: true });
    const { end, out, err } = await collect('life');
    const work = `${server.prefix}-${process.getuid?.()}/work`;
    // The account's home as the system knows it: a test may run with another HOME.
    expect(out).toBe(`out\nC C ${userInfo().homedir}\n${work}\n`);
    expect(err).toBe('err\n');
    expect(end).toMatchObject({
      state: 'done',
      exitCode: 42,
      signal: null,
      cancelled: false,
      stdoutBytes: out.length,
      stderrBytes: 4,
    });
    if (end.state !== 'done') throw new Error('not done');
    expect(end.durationMs).toBeGreaterThanOrEqual(0);
    const cpu = end.cpu ?? {
      userPercent: 0,
      systemPercent: 0,
      iowaitPercent: 0,
      stealPercent: 0,
      idlePercent: 0,
    };
    expect(Object.values(cpu).reduce((sum, value) => sum + value, 0)).toBeCloseTo(100);
    const samples = await jobs.load('life');
    for (const { userPercent, systemPercent, availableBytes = 0 } of samples) {
      expect(userPercent + systemPercent).toBeLessThanOrEqual(100.001);
      expect(availableBytes).toBeGreaterThan(2 ** 20);
    }
    expect(await jobs.status('life')).toEqual({
      state: 'done',
      stdoutBytes: out.length,
      stderrBytes: 4,
      end,
    });
    expect((await jobs.files('life')).sort((a, b) => a.name.localeCompare(b.name))).toEqual([
      { name: 'a.txt', size: 6 },
      { name: 'empty', size: 0 },
    ]);
    expect((await jobs.fetchFile('life', 'a.txt')).toString()).toBe('result');
    expect((await jobs.fetchFile('life', 'a.txt', 2)).toString()).toBe('sult');
    expect((await jobs.fetchFile('life', 'empty')).length).toBe(0);
    await expect(jobs.fetchFile('life', 'none.txt')).rejects.toMatchObject({ kind: 'protocol' });
    await expect(jobs.fetchFile('life', '../exit')).rejects.toMatchObject({ kind: 'protocol' });
    // Put again by a controller that does not know that it did so before: it stays as it is.
    await jobs.put('life', 'true\n');
    expect(await jobs.start('life')).toMatchObject({ state: 'done', fresh: false });
    await jobs.remove('life');
    expect(await jobs.list()).toEqual([]);
    expect((await jobs.follow('life').catch((error: unknown) => error)) as Error).toMatchObject({
      kind: 'protocol',
    });
    expect(readFileSync(join(work, 'kept'), 'utf8')).toBe('kept\n');
  });

  test('run once, however often they are started', async () => {
    await jobs.put('once', 'echo ran >> "$GB_WORK/once"\n');
    const starts = await Promise.all(Array.from({ length: 5 }, () => jobs.start('once')));
    expect(starts.filter((start) => start.fresh)).toHaveLength(1);
    await collect('once');
    expect(await jobs.start('once')).toMatchObject({ state: 'done', fresh: false });
    expect(readFileSync(`${server.prefix}-${process.getuid?.()}/work/once`, 'utf8')).toBe('ran\n');
  });

  test('report their end at once, however seldom output is looked for', async () => {
    await jobs.put('soon', 'echo one; while [ ! -e "$GB_WORK/go" ]; do sleep 0.02; done; echo two\n');
    await jobs.start('soon');
    const events: string[] = [];
    // Were the end noticed only by looking, this would outlast the test.
    const followed = collect('soon', 100_000).then(({ end, out }) => events.push(`${end.state} ${out}`));
    events.push('go');
    await (await link.connect()).exec(`: > ${server.prefix}-${process.getuid?.()}/work/go`);
    await followed;
    expect(events).toEqual(['go', 'done one\ntwo\n']);
  });

  test('are lost when the runner and all of theirs are killed, and that is noticed at once too', async () => {
    await jobs.put('killed', 'echo $PPID $$; exec sleep 3\n');
    await jobs.start('killed');
    const ended = await jobs.follow('killed', {
      pollSeconds: 1,
      onStdout: (chunk) => {
        for (const pid of chunk.toString().trim().split(' ').map(Number)) process.kill(pid, 'SIGKILL');
      },
    });
    expect(ended).toEqual({ state: 'lost' });
  });

  test('tell the signal that ended them', async () => {
    await jobs.put('signal', 'kill -s SEGV $$\n');
    await jobs.start('signal');
    expect((await collect('signal')).end).toMatchObject({
      exitCode: null,
      signal: 'SIGSEGV',
      cancelled: false,
    });
  });

  test('wait for nobody: a second one finds the guest busy', async () => {
    await jobs.put('first', 'exec sleep 30\n');
    await jobs.put('second', 'echo never\n');
    expect((await jobs.start('first')).state).toBe('running');
    expect(await jobs.start('second')).toEqual({ state: 'busy', fresh: true, by: 'first' });
    expect((await collect('second')).end).toEqual({ state: 'busy', by: 'first' });
    await expect(jobs.remove('first')).rejects.toThrow(/first is running/);
    await expect(jobs.cleanUp()).rejects.toThrow(/first is running/);
    const following = collect('first', 1000);
    expect(await jobs.cancel('first', 5)).toEqual({ state: 'done', left: 0 });
    expect((await following).end).toMatchObject({
      state: 'done',
      exitCode: null,
      signal: 'SIGTERM',
      cancelled: true,
    });
  });

  test('leave no process when cancelled: neither deaf ones nor those that left group or session', async () => {
    await jobs.put(
      'tree',
      [
        'trap "" TERM',
        'sleep 31.25 &',
        '(trap : TERM; while :; do sleep 32.25; done) &',
        'setsid sleep 33.25 &',
        'if command -v bash >/dev/null; then bash -c "set -m; sleep 34.25 & wait" & fi',
        'echo up',
        'while :; do sleep 35.25; done',
        '',
      ].join('\n'),
    );
    await jobs.start('tree');
    await until(() => processesWith('sleep 35.25').length > 0 && processesWith('sleep 33.25').length > 0);
    expect(await jobs.cancel('tree', 1)).toEqual({ state: 'done', left: 0 });
    for (const seconds of [31, 32, 33, 34, 35]) expect(processesWith(`sleep ${seconds}.25`)).toEqual([]);
    expect((await collect('tree')).end).toMatchObject({ state: 'done', signal: 'SIGKILL', cancelled: true });
    expect(await jobs.cancel('tree', 1)).toMatchObject({ state: 'done', left: 0 });
  });

  test('follow leaves no process behind when it is stopped, and starts again where it was', async () => {
    await jobs.put('resumed', 'echo one; while [ ! -e "$GB_WORK/resume" ]; do sleep 0.02; done; echo two\n');
    await jobs.start('resumed');
    const stop = new AbortController();
    let first = '';
    const following = jobs.follow('resumed', {
      pollSeconds: 1000,
      signal: stop.signal,
      onStdout: (chunk) => {
        first += chunk.toString();
        stop.abort();
      },
    });
    await expect(following).rejects.toMatchObject({ kind: 'cancelled' });
    await until(
      () => processesWith('follow resumed').length === 0 && processesWith('sleep 1000').length === 0,
    );
    expect(first).toBe('one\n');
    await (await link.connect()).exec(`: > ${server.prefix}-${process.getuid?.()}/work/resume`);
    let rest = '';
    await jobs.follow('resumed', {
      offsets: { stdout: first.length, stderr: 0 },
      onStdout: (chunk) => (rest += chunk.toString()),
    });
    expect(rest).toBe('two\n');
  });

  test('hand on each byte once over connections cut in every way', async () => {
    const lines = 4000;
    await jobs.put(
      'cut',
      `i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo "$i some output \u00e9 $((i*7919))"; [ $((i%100)) -eq 0 ] && { echo "e$i" >&2; sleep 0.05; }; done; head -c 3000000 /dev/zero; printf end; exit 3\n`,
    );
    // The answer to the first start is lost.
    const connection = await link.connect();
    void connection.exec(`exec /bin/sh ${server.prefix}-ctl-none.sh`).catch(() => undefined);
    const starting = jobs.start('cut');
    connection.close();
    await starting;
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let cuts = 0;
    let sinceCut = 0;
    const end = await jobs.follow('cut', {
      pollSeconds: 1,
      onStdout: (chunk) => {
        out.push(Buffer.from(chunk));
        sinceCut += chunk.length;
        if (cuts >= 6 || sinceCut < 5000) return;
        sinceCut = 0;
        cuts += 1;
        if (cuts % 2 === 0) link.current()?.close();
        else for (const pid of server.connectionPids()) process.kill(pid, 'SIGKILL');
      },
      onStderr: (chunk) => err.push(Buffer.from(chunk)),
    });
    let expected = '';
    let errors = '';
    for (let i = 1; i <= lines; i += 1) {
      expected += `${i} some output \u00e9 ${i * 7919}\n`;
      if (i % 100 === 0) errors += `e${i}\n`;
    }
    const whole = Buffer.concat([Buffer.from(expected), Buffer.alloc(3_000_000), Buffer.from('end')]);
    expect(end).toMatchObject({
      state: 'done',
      exitCode: 3,
      stdoutBytes: whole.length,
      stderrBytes: errors.length,
    });
    expect(Buffer.concat(out).equals(whole)).toBe(true);
    expect(Buffer.concat(err).toString()).toBe(errors);
    expect(cuts).toBeGreaterThan(2);
    await until(() => processesWith('follow cut').length === 0);
  });

  test('clean up leaves nothing, and the next job starts from nothing', async () => {
    await jobs.put('last', 'true\n');
    await jobs.start('last');
    await collect('last');
    await jobs.cleanUp();
    expect(readdirSync(server.folder).filter((name) => name.startsWith('guestbench'))).toEqual([]);
    await jobs.cleanUp();
    await jobs.put('again', 'echo again\n');
    await jobs.start('again');
    expect((await collect('again')).out).toBe('again\n');
  });

  test('are put on the guest again when the controller was tidied away', async () => {
    await (await link.connect()).exec(`rm -f ${server.prefix}-ctl-*`);
    await jobs.put('tidy', 'echo tidy\n');
    await jobs.start('tidy');
    expect((await collect('tidy')).out).toBe('tidy\n');
  });

  test('refuse names that are none', async () => {
    for (const id of ['', '../x', '-x', '.x', 'a b', 'a;b', 'x'.repeat(65)])
      await expect(jobs.start(id)).rejects.toMatchObject({ kind: 'protocol' });
    await expect(jobs.start('unknown')).rejects.toThrow(/no script/);
  });
});

describe('jobs on difficult servers', () => {
  test('work behind a login shell that talks, and with one session only', async () => {
    const server = await startSshServer({
      noise: 'Welcome! Line one\nunfinished',
      config: ['MaxSessions 1'],
    });
    const link = reconnecting(server);
    try {
      const jobs = new Jobs(link.connect, quick);
      await jobs.put('noisy', 'echo hello; echo bad >&2; exec sleep 30\n');
      await jobs.start('noisy');
      let out = '';
      let cancelling: Promise<unknown> | undefined;
      const end = await jobs.follow('noisy', {
        pollSeconds: 1000,
        onStdout: (chunk) => {
          out += chunk.toString();
          // The follower has the only session: it steps aside.
          cancelling ??= jobs.cancel('noisy', 5);
        },
      });
      expect(out).toBe('hello\n');
      expect(end).toMatchObject({ state: 'done', cancelled: true, signal: 'SIGTERM' });
      expect(await cancelling).toEqual({ state: 'done', left: 0 });
    } finally {
      link.current()?.close();
      await server.stop();
    }
  });

  test('say so when the account runs no commands', async () => {
    const server = await startSshServer({
      config: ['ForceCommand echo "This account is not available."; exit 1'],
    });
    const link = reconnecting(server);
    try {
      await expect(new Jobs(link.connect, quick).list()).rejects.toMatchObject({
        kind: 'no-shell',
        message: expect.stringContaining('This account is not available.') as string,
      });
    } finally {
      link.current()?.close();
      await server.stop();
    }
  });

  test('following gives up in the end when the guest does not come back', async () => {
    const server = await startSshServer();
    const link = reconnecting(server);
    let stopped = false;
    try {
      const jobs = new Jobs(link.connect, { ...quick, giveUpMs: 200 });
      await jobs.put('gone', 'echo up; exec sleep 2\n');
      await jobs.start('gone');
      const following = jobs.follow('gone', {
        onStdout: () => {
          stopped = true;
          void server.stop();
        },
      });
      await expect(following).rejects.toMatchObject({
        kind: 'lost',
        message: expect.stringContaining('out of reach') as string,
      });
    } finally {
      if (!stopped) await server.stop();
    }
  });
});
