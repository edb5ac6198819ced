/** Jobs that print more than is worth seeing: what is collected is whole, what is shown is little. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/ssh/connection';
import { Jobs } from '../../src/ssh/jobs';
import type { Connection } from '../../src/ssh/transport';
import { hostKeysOf, person } from './people';
import { startSshServer, type SshServer } from './sshServer';

const lookBytes = 64 * 1024;
const endBytes = 1024 * 1024;

describe('a job that floods', () => {
  let server: SshServer;
  let open: Connection | undefined;
  let jobs: Jobs;
  beforeAll(async () => {
    server = await startSshServer();
    const hostKeys = hostKeysOf(join(server.folder, 'store'), server.knownHostsFile);
    jobs = new Jobs(
      async () => {
        if (open?.isOpen !== true) open = await connect(server.target(), { prompter: person(), hostKeys });
        return open;
      },
      { backOffMs: [20] },
    );
  });
  afterEach(() => jobs.cleanUp());
  afterAll(async () => {
    open?.close();
    await server.stop();
  });

  /** Runs a job and keeps what is collected apart from what is shown. */
  const watch = async (id: string, script: string, onShown: (bytes: number) => void = () => undefined) => {
    await jobs.put(id, script);
    await jobs.start(id);
    const digest = { stdout: createHash('sha256'), stderr: createHash('sha256') };
    const counts = { collected: 0, shown: 0, skipped: 0, collectedAtEnd: 0 };
    const chunks: number[] = [];
    const end = await jobs.follow(id, {
      pollSeconds: 1,
      onStdout: (chunk) => {
        counts.collected += chunk.length;
        digest.stdout.update(chunk);
      },
      onStderr: (chunk) => {
        counts.collected += chunk.length;
        digest.stderr.update(chunk);
      },
      live: {
        onChunk: (_, chunk) => {
          counts.shown += chunk.length;
          chunks.push(chunk.length);
          onShown(counts.shown);
        },
        onSkip: (_, bytes) => (counts.skipped += bytes),
      },
      onEnd: () => (counts.collectedAtEnd = counts.collected),
    });
    return { end, counts, stdout: digest.stdout.digest('hex'), stderr: digest.stderr.digest('hex') };
  };
  const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

  test('is shown in part while it runs, and collected whole after its end', async () => {
    const line = 'x'.repeat(99);
    const printed = `${line}\n`.repeat(100_000);
    const script = [
      `yes ${line} | head -n 50000`,
      'sleep 2.5',
      `yes ${line} | head -n 50000; yes error | head -n 40000 >&2`,
      'sleep 2.5',
      'echo last',
      '',
    ].join('\n');
    const { end, counts, stdout, stderr } = await watch('halves', script);
    const total = printed.length + 240_000 + 5;
    expect(end).toMatchObject({ state: 'done', stdoutBytes: printed.length + 5, stderrBytes: 240_000 });
    expect(stdout).toBe(sha256(`${printed}last\n`));
    expect(stderr).toBe(sha256('error\n'.repeat(40_000)));
    expect(counts.collected).toBe(total);
    expect(counts.shown + counts.skipped).toBe(total);
    // Two looks find much of standard output, one of standard error.
    expect(counts.shown).toBeLessThan(total / 10);
    expect(counts.skipped).toBeGreaterThan(9_000_000);
    expect(counts.collectedAtEnd).toBeLessThan(counts.collected);
  });

  test('that ends before anybody looked is sent at once, as far as it is not very much', async () => {
    const small = await watch('small', `yes ${'y'.repeat(99)} | head -c ${endBytes - 100}`);
    expect(small.counts).toMatchObject({ collected: endBytes - 100, skipped: 0 });
    const large = await watch('large', `yes ${'y'.repeat(99)} | head -c ${3 * endBytes}`);
    expect(large.counts.collected).toBe(3 * endBytes);
    expect(large.counts.shown).toBeLessThanOrEqual(endBytes + 2 * lookBytes);
    expect(large.counts.shown + large.counts.skipped).toBe(3 * endBytes);
  });

  test('is collected whole over connections that are lost, while it runs and after', async () => {
    let cuts = 0;
    const cut = (): void => {
      if (cuts++ < 4) open?.close();
    };
    const { end, counts, stdout } = await watch(
      'cut',
      'for i in 1 2 3 4; do seq 1 400000; sleep 0.7; done; seq 1 900000',
      cut,
    );
    const part = Array.from({ length: 900_000 }, (_, i) => `${i + 1}\n`);
    const whole = part.slice(0, 400_000).join('').repeat(4) + part.join('');
    expect(end).toMatchObject({ state: 'done', stdoutBytes: whole.length });
    expect(counts.collected).toBe(whole.length);
    expect(stdout).toBe(sha256(whole));
    expect(cuts).toBeGreaterThan(2);
  });
});

describe('a job that is prepared', () => {
  const withServer = async (
    config: readonly string[],
    work: (jobs: Jobs, server: SshServer, connection: Connection) => Promise<void>,
  ): Promise<void> => {
    const server = await startSshServer({ config });
    const hostKeys = hostKeysOf(join(server.folder, 'store'), server.knownHostsFile);
    const connection = await connect(server.target(), { prompter: person(), hostKeys });
    try {
      await work(new Jobs(() => Promise.resolve(connection), { backOffMs: [20] }), server, connection);
    } finally {
      connection.close();
      await server.stop();
    }
  };
  const follow = async (jobs: Jobs, id: string): Promise<string> => {
    let out = '';
    const end = await jobs.follow(id, {
      onStdout: (chunk) => (out += chunk.toString()),
      live: { onChunk: () => undefined, onSkip: () => undefined },
    });
    if (end.state !== 'done') return end.state;
    return `${out}${end.exitCode} ${[...(end.results?.files?.keys() ?? [])].join()}`;
  };
  /** Until it waits on the guest, nothing tells that here: so it is tried again. */
  const startPrepared = async (jobs: Jobs, id: string, script: string, remove: readonly string[] = []) => {
    for (;;) {
      jobs.prepare(id, script);
      await new Promise((resolve) => setTimeout(resolve, 50));
      const started = await jobs.startPrepared(id, remove);
      if (started) return started;
    }
  };

  test('starts at the word while it was put before, takes away the last one, and ends with its results', async () => {
    await withServer([], async (jobs) => {
      await jobs.put('first', 'sleep 1; echo one\n');
      await jobs.start('first');
      const script = 'echo two; echo r >"$GB_FILES/r.txt"; exit 3\n';
      jobs.prepare('second', script);
      expect(await follow(jobs, 'first')).toBe('one\n0 ');
      expect((await jobs.list()).map(({ id }) => id).sort()).toEqual(['first', 'second']);
      expect(await startPrepared(jobs, 'second', script, ['first'])).toMatchObject({ fresh: true });
      expect(await follow(jobs, 'second')).toBe('two\n3 r.txt');
      expect(await jobs.start('second')).toMatchObject({ state: 'done', fresh: false });
      expect((await jobs.list()).map(({ id }) => id)).toEqual(['second']);
      await jobs.cleanUp();
    });
  });

  test('runs once, whoever else starts it, and not at all when nobody wants it', async () => {
    await withServer([], async (jobs, server) => {
      const log = join(server.folder, 'log');
      jobs.prepare('once', `echo ran >>${log}\n`);
      while ((await jobs.status('once')).state !== 'preparing') await new Promise((r) => setTimeout(r, 20));
      expect(await jobs.start('once')).toMatchObject({ fresh: true });
      await follow(jobs, 'once');
      const started = await jobs.startPrepared('once', []);
      expect(started?.fresh ?? false).toBe(false);
      jobs.prepare('never', `echo ran >>${log}\n`);
      while ((await jobs.status('never')).state !== 'preparing') await new Promise((r) => setTimeout(r, 20));
      jobs.dropPrepared();
      await jobs.cleanUp();
      expect(readFileSync(log, 'utf8')).toBe('ran\n');
    });
  });

  test('gives way where the server allows one session only', async () => {
    await withServer(['MaxSessions 1'], async (jobs) => {
      await jobs.put('first', 'echo up; exec sleep 30\n');
      await jobs.start('first');
      const following = follow(jobs, 'first');
      jobs.prepare('second', 'echo two\n');
      expect(await jobs.cancel('first', 5)).toEqual({ state: 'done', left: 0 });
      expect(await following).toMatch(/^up\n(null|143)/);
      const started = await jobs.startPrepared('second', []);
      if (!started) {
        await jobs.put('second', 'echo two\n');
        await jobs.start('second');
      }
      expect(await follow(jobs, 'second')).toBe('two\n0 ');
      await jobs.cleanUp();
    });
  });

  test('that is lost with its connection can be started as ever', async () => {
    await withServer([], async (jobs, _, connection) => {
      jobs.prepare('gone', 'echo never\n');
      while ((await jobs.status('gone')).state !== 'preparing') await new Promise((r) => setTimeout(r, 20));
      connection.close();
      expect(await jobs.startPrepared('gone', [])).toBeUndefined();
    });
  });
});
