/** Two controllers, each a process of its own, and one guest behind a real OpenSSH server. */
import { spawn, type ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readExperiment } from '../../src/experiment/journal';
import { thisController } from '../../src/ssh/lease';
import type { LeaseEvent, LeaseOrder } from './leaseController';
import { startSshServer, type SshServer } from './sshServer';

/** A controller process and what it told. */
class Controller {
  readonly events: LeaseEvent[] = [];
  private readonly child: ChildProcess;
  private readonly closed: Promise<void>;
  private isOver = false;
  private heard = (): void => undefined;

  constructor(program: string, order: LeaseOrder) {
    this.child = spawn(process.execPath, [program, JSON.stringify(order)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const { stdout } = this.child;
    if (!stdout) throw new Error('The controller has no output.');
    createInterface({ input: stdout }).on('line', (line) => {
      this.events.push(JSON.parse(line) as LeaseEvent);
      this.heard();
    });
    this.closed = new Promise((resolve) =>
      this.child.once('close', () => {
        this.isOver = true;
        this.heard();
        resolve();
      }),
    );
  }

  say(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  /** The first event that fits, told already or to come. */
  async until<T extends LeaseEvent['type']>(
    type: T,
    fits: (event: Extract<LeaseEvent, { type: T }>) => boolean = () => true,
  ): Promise<Extract<LeaseEvent, { type: T }>> {
    for (;;) {
      const found = this.events.find(
        (event): event is Extract<LeaseEvent, { type: T }> =>
          event.type === type && fits(event as Extract<LeaseEvent, { type: T }>),
      );
      if (found) return found;
      if (this.isOver)
        throw new Error(`It ended without "${type}": ${JSON.stringify(this.events.slice(-5))}`);
      await new Promise<void>((resolve) => (this.heard = resolve));
    }
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.closed;
  }
}

describe('two controllers on one guest', () => {
  let server: SshServer;
  let folder: string;
  let program: string;
  let running: Controller[] = [];

  beforeAll(async () => {
    const made = mkdtempSync(join(tmpdir(), 'gb-lease-program-'));
    program = join(made, 'controller.cjs');
    await build({
      entryPoints: [join(import.meta.dirname, 'leaseController.ts')],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      external: ['cpu-features', '*.node'],
      logLevel: 'error',
    });
  });
  beforeEach(async () => {
    server = await startSshServer();
    folder = mkdtempSync(join(tmpdir(), 'gb-lease-'));
  });
  afterEach(async () => {
    for (const controller of running) await controller.kill();
    running = [];
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  afterAll(() => rmSync(join(program, '..'), { recursive: true, force: true }));

  const begin = (id: string, changes: Partial<LeaseOrder> = {}): Controller => {
    const controller = new Controller(program, {
      target: server.target(),
      storeFile: join(server.folder, `store-${id}`),
      knownHostsFile: server.knownHostsFile,
      file: join(folder, `${id}.guestbench`),
      log: join(folder, 'starts'),
      id,
      label: `the ${id} one`,
      tenths: 6,
      rounds: 1,
      times: { busyWaitMs: 100 },
      leftLeases: join(folder, 'left'),
      ...changes,
    });
    running.push(controller);
    return controller;
  };
  const starts = (): string[] => readFileSync(join(folder, 'starts'), 'utf8').trim().split('\n');
  const base = (): string => `${server.prefix}-${process.getuid?.() ?? 0}`;
  const outcomes = (id: string): string[] => {
    const read = readExperiment(readFileSync(join(folder, `${id}.guestbench`), 'utf8'));
    if (read.status === 'error') throw new Error(read.error);
    return read.experiment.trials.map(({ status }) => status);
  };

  test('the second waits, knowing for whom, until the first is through with all its trials', async () => {
    const first = begin('ann1', { tenths: 20, rounds: 2 });
    await first.until('output');
    const second = begin('bob1');
    const { wait } = await second.until('wait', ({ wait: { job } }) => job !== undefined);
    expect(wait.holder).toMatchObject({ id: 'ann1', who: thisController(), label: 'the ann1 one' });
    expect(wait.job).toMatch(/^ann1\./);
    expect(await second.until('summary')).toMatchObject({ reason: 'completed', ok: 2 });
    expect(await first.until('summary')).toMatchObject({ reason: 'completed', ok: 3 });
    expect(second.events.some(({ type }) => type === 'free')).toBe(true);
    // Not one trial of the second between two of the first.
    expect(starts().map((line) => line.slice(1, 5))).toEqual(['ann1', 'ann1', 'ann1', 'bob1', 'bob1']);
    expect(existsSync(base())).toBe(false);
  });

  test('what a killed controller left is taken over once its job has ended and it is stale', async () => {
    const first = begin('ann1', { tenths: 80, rounds: 3 });
    await first.until('output');
    await first.kill();
    const second = begin('bob1', { times: { busyWaitMs: 100, staleSeconds: 4 } });
    // Its job is alive still: nothing is taken, however long its controller is silent.
    const busy = await second.until('wait', ({ wait }) => wait.job !== undefined);
    expect(busy.wait.job).toMatch(/^ann1\./);
    expect(await second.until('summary')).toMatchObject({ reason: 'completed', ok: 2 });
    const before = second.events.filter((event) => event.type === 'wait').map(({ wait }) => wait.holder?.id);
    expect(new Set(before)).toEqual(new Set(['ann1']));
    // Its trial came to its end, and waits for whoever resumes that experiment.
    expect(starts().map((line) => line.slice(1, 5))).toEqual(['ann1', 'bob1', 'bob1']);
    const job = starts()[0]?.slice(1, -1) ?? '';
    expect(readFileSync(join(base(), 'runs', job, 'out'), 'utf8')).toMatch(/count 80\n$/);
    expect(existsSync(join(base(), 'lease'))).toBe(false);
  });

  test('a running job is ended for another experiment only by its name', async () => {
    const first = begin('ann1', { tenths: 300, rounds: 1 });
    await first.until('output');
    const second = begin('bob1');
    const { job = '' } = (await second.until('wait', ({ wait }) => wait.job !== undefined)).wait;
    second.say('');
    expect((await second.until('error')).text).toContain(job);
    expect(starts()).toHaveLength(1);
    second.say(job);
    expect(await second.until('summary')).toMatchObject({ reason: 'completed', ok: 2 });
    // The first is not over: it waits for its turn, its trial counts as stopped, not as failed.
    expect((await first.until('end')).outcome).toBe('cancelled');
    expect((await first.until('wait')).wait.holder).toMatchObject({ id: 'bob1', label: 'the bob1 one' });
    // What it has no use for any more does not stay there meanwhile.
    expect(readdirSync(join(base(), 'runs'))).not.toContain(job);
    await first.until('free');
    await first.kill();
    expect(outcomes('ann1')).toEqual(['cancelled', 'running']);
    expect(starts().map((line) => line.slice(1, 5))).toEqual(['ann1', 'bob1', 'bob1', 'ann1']);
  });

  test('what an experiment that has ended could not give back holds up nobody on the same computer', async () => {
    const first = begin('ann1', { tenths: 20 });
    await first.until('output');
    for (const pid of [server.pid, ...server.connectionPids()]) process.kill(pid, 'SIGKILL');
    await first.until('away');
    first.say('!give up');
    expect(await first.until('summary')).toMatchObject({ reason: 'stopped' });
    server = await server.again();
    expect(readlinkSync(join(base(), 'lease'))).toMatch(/^ann1:/);
    // Another computer knows nothing of its end, and waits; but not when it is to stop.
    const other = begin('eve1', { leftLeases: join(folder, 'left elsewhere') });
    const { wait } = await other.until('wait', ({ wait: { job } }) => job === undefined);
    expect(wait.holder).toMatchObject({ id: 'ann1' });
    other.say('!stop');
    expect(await other.until('summary')).toMatchObject({ reason: 'stopped', ok: 0 });
    // Nor does one who was killed while it took a lease away.
    symlinkSync('lease:999999:1:another-boot', join(base(), 'lease.brk'));
    const second = begin('bob1');
    expect(await second.until('summary')).toMatchObject({ reason: 'completed', ok: 2 });
    expect((await second.until('notice')).text).toContain('still kept for the ann1 one');
    expect(starts().map((line) => line.slice(1, 5))).toEqual(['ann1', 'bob1', 'bob1']);
    // What the first left there went with the second's own.
    expect(existsSync(base())).toBe(false);
  });
});
