import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { isRoot, needs } from '../support/needs';
import { connect } from '../../src/ssh/connection';
import { Jobs } from '../../src/ssh/jobs';
import type { Connection } from '../../src/ssh/transport';
import { upload, type UploadSource } from '../../src/ssh/upload';
import { hostKeysOf, person } from './people';
import { startSshServer, type SshServer } from './sshServer';

const sum = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

/** What was asked of it, by offset. */
interface Watched extends UploadSource {
  readonly asked: number[];
}

function sourceOf(data: Buffer, guestName: string, chunk = 256 * 1024): Watched {
  const asked: number[] = [];
  return {
    name: 'it.tar',
    guestName,
    bytes: data.length,
    sha256: sum(data),
    asked,
    // eslint-disable-next-line @typescript-eslint/require-await -- as a file is read
    read: async function* (from) {
      asked.push(from);
      for (let at = from; at < data.length; at += chunk) yield data.subarray(at, at + chunk);
    },
  };
}

describe('an upload', () => {
  let server: SshServer;
  let connection: Connection | undefined;
  const link = async (): Promise<Connection> => {
    if (connection?.isOpen !== true) {
      const hostKeys = hostKeysOf(join(server.folder, 'store'), server.knownHostsFile);
      connection = await connect(server.target(), { prompter: person(), hostKeys });
    }
    return connection;
  };
  const folder = (): string => join(`${server.prefix}-${process.getuid?.()}`, 'sources');
  beforeAll(async () => {
    server = await startSshServer();
  });
  afterEach(async () => {
    await new Jobs(link).cleanUp();
  });
  afterAll(async () => {
    connection?.close();
    await server.stop();
  });

  test('arrives whole, once, and goes with all that is ours', async () => {
    const data = randomBytes(3_000_001);
    const source = sourceOf(data, 'abc-it.tar');
    const progress: number[] = [];
    const path = await upload(link, source, { onProgress: (bytes) => progress.push(bytes) });
    expect(path).toBe(join(folder(), 'abc-it.tar'));
    expect(readFileSync(path).equals(data)).toBe(true);
    expect(statSync(path).mode & 0o77).toBe(0);
    expect([progress[0], progress.at(-1)]).toEqual([0, data.length]);
    expect(await upload(link, source)).toBe(path);
    expect([source.asked, readdirSync(folder())]).toEqual([[0], ['abc-it.tar']]);
    await new Jobs(link).cleanUp();
    expect(existsSync(path)).toBe(false);
  });

  test('goes on where a lost connection left it', async () => {
    const data = randomBytes(60 * 1024 * 1024);
    const source = sourceOf(data, 'abc-large');
    let cut = false;
    const path = await upload(link, source, {
      backOffMs: [10, 10, 10],
      onProgress: (bytes) => {
        if (cut || bytes < data.length / 2) return;
        cut = true;
        for (const pid of server.connectionPids()) process.kill(pid, 'SIGKILL');
      },
    });
    expect(sum(readFileSync(path))).toBe(source.sha256);
    expect(source.asked).toHaveLength(2);
    expect(source.asked[1]).toBeGreaterThan(0);
    expect(readdirSync(folder())).toEqual(['abc-large']);
  });

  test('replaces what is damaged there, and what does not continue it', async () => {
    const data = randomBytes(100_000);
    const source = sourceOf(data, 'abc-x');
    const path = await upload(link, source);
    writeFileSync(path, randomBytes(100_000));
    writeFileSync(`${path}.part`, randomBytes(40_000));
    expect(await upload(link, source)).toBe(path);
    expect(readFileSync(path).equals(data)).toBe(true);
    // Gone on with, found damaged at its end, and then sent from its beginning.
    expect(source.asked).toEqual([0, 40_000, 0]);
  });

  test('is refused when it is not what it should be', async () => {
    const source = { ...sourceOf(randomBytes(1000), 'abc-y'), sha256: sum(Buffer.from('else')) };
    await expect(upload(link, source)).rejects.toMatchObject({
      kind: 'protocol',
      message: 'it.tar was not uploaded. guest: it arrives damaged.',
    });
    expect(readdirSync(folder())).toEqual([]);
  });

  test('tells why its source cannot be read', async () => {
    const source = sourceOf(randomBytes(1000), 'abc-z');
    const broken: UploadSource = {
      ...source,
      // eslint-disable-next-line @typescript-eslint/require-await -- as a file is read
      read: async function* () {
        yield Buffer.from('beginning');
        throw new Error('the disk of this computer is gone');
      },
    };
    await expect(upload(link, broken)).rejects.toThrow('the disk of this computer is gone');
    expect(existsSync(join(folder(), 'abc-z'))).toBe(false);
  });

  test('ends when nobody wants it any more', async () => {
    const stop = new AbortController();
    const source = sourceOf(randomBytes(8_000_000), 'abc-stop');
    const onProgress = (bytes: number): void => {
      if (bytes > 1_000_000) stop.abort();
    };
    await expect(upload(link, source, { signal: stop.signal, onProgress })).rejects.toMatchObject({
      kind: 'cancelled',
    });
    expect(existsSync(join(folder(), 'abc-stop'))).toBe(false);
  });

  test('is refused while a benchmark runs', async () => {
    const jobs = new Jobs(link);
    await jobs.put('long', 'exec sleep 600');
    await jobs.start('long');
    await expect(upload(link, sourceOf(randomBytes(10), 'abc-busy'))).rejects.toThrow(
      /it\.tar was not uploaded\. guest: the job long is running/,
    );
    await jobs.cancel('long', 0);
  });

  test('needs a name that means nothing to a shell', async () => {
    await expect(upload(link, sourceOf(randomBytes(10), 'a;b'))).rejects.toThrow(/it\.tar was not uploaded/);
  });

  test(
    'is refused when there is no room, and leaves the disk as it was',
    needs({ root: isRoot }),
    async () => {
      const small = join(server.folder, 'small');
      mkdirSync(small);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', small]);
      const full = await startSshServer({ prefix: join(small, 'guestbench') });
      const hostKeys = hostKeysOf(join(full.folder, 'store'), full.knownHostsFile);
      const there = await connect(full.target({ name: 'deb12-pv' }), { prompter: person(), hostKeys });
      try {
        const source = sourceOf(randomBytes(4_000_000), 'abc-full', 64 * 1024);
        await expect(upload(() => Promise.resolve(there), source)).rejects.toThrow(
          /it\.tar was not uploaded\. deb12-pv: 3907 KiB are needed in .*\/sources, and \d+ KiB are free/,
        );
        // It seemed to fit, and then something else took the room.
        const late = sourceOf(randomBytes(1_200_000), 'abc-late', 64 * 1024);
        const onProgress = (bytes: number): void => {
          if (bytes === 0) writeFileSync(join(small, 'other'), randomBytes(1_500_000));
        };
        await expect(upload(() => Promise.resolve(there), late, { onProgress })).rejects.toThrow(
          /deb12-pv: it could not be written \(.*No space left on device/,
        );
        expect(readdirSync(join(small, `guestbench-${process.getuid?.()}`, 'sources'))).toEqual([]);
      } finally {
        there.close();
        await full.stop();
        execFileSync('umount', [small]);
      }
    },
  );
});
