import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { parse } from 'jsonc-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExperiment } from '../../src/experiment/journal';
import type { Experiment } from '../../src/model/experiment';
import type { LeaseOrder } from '../ssh/leaseController';
import { openDemoWorkspace, type DemoWorkspace } from './support/demo';
import { openWorkbench, type Workbench } from './support/workbench';

let demo: DemoWorkspace;
let workbench: Workbench;
let scratch: string;
let other: ChildProcess | undefined;

async function rowsContain(view: string, text: RegExp, timeoutMs?: number): Promise<string> {
  return workbench.until(
    `a row ${text}`,
    async () => (await workbench.treeLabels(view)).find((label) => text.test(label)),
    timeoutMs,
  );
}

const resultFiles = (): string[] =>
  readdirSync(demo.results)
    .filter((file) => file.endsWith('.guestbench'))
    .toSorted();

function newest(): Experiment {
  const read = readExperiment(readFileSync(join(demo.results, resultFiles().at(-1) ?? ''), 'utf8'));
  if (read.status === 'error') throw new Error(`line ${read.line}: ${read.error}`);
  return read.experiment;
}

/** Somebody else's controller, whose long trial runs on demo-a when this resolves. */
async function beginOther(): Promise<ChildProcess> {
  const program = join(scratch, 'controller.cjs');
  await build({
    entryPoints: [join(import.meta.dirname, '../ssh/leaseController.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['cpu-features', '*.node'],
    logLevel: 'error',
  });
  const lab = parse(readFileSync(demo.labFile, 'utf8')) as {
    guests: { name: string; address: string; port: number; user: string; identityFile: string }[];
  };
  const guest = lab.guests.find(({ name }) => name === 'demo-a');
  if (!guest) throw new Error('There is no demo-a.');
  const { address, port, user, identityFile } = guest;
  const order: LeaseOrder = {
    target: {
      name: 'guest',
      address,
      port,
      user,
      identityFiles: [identityFile],
      identitiesOnly: true,
      jumps: [],
    },
    storeFile: join(scratch, 'store'),
    knownHostsFile: demo.lab.knownHostsFile,
    file: join(scratch, 'other.guestbench'),
    log: join(scratch, 'starts'),
    id: 'other1',
    label: 'nightly',
    tenths: 590,
    rounds: 1,
    times: {},
  };
  const child = spawn(process.execPath, [program, JSON.stringify(order)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve) => {
    if (child.stdout)
      createInterface({ input: child.stdout }).on('line', (line) => line.includes('"output"') && resolve());
  });
  return child;
}

async function runOpenSsl(rounds: string): Promise<void> {
  await workbench.palette('Guestbench: Run Benchmarks...');
  await workbench.question('Run Benchmarks: Guests (1/4)');
  await workbench.pickMany(['demo-a', 'demo-b']);
  await workbench.question('Run Benchmarks: Workloads (2/4)');
  await workbench.pickMany(['OpenSSL']);
  await workbench.question('Run Benchmarks: Length (3/4)');
  await workbench.pick('quick');
  await workbench.question('Run Benchmarks: Rounds (4/4)');
  await workbench.pick(rounds);
}

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'gb-wb-lease-'));
  demo = await openDemoWorkspace();
  workbench = await openWorkbench({
    folder: demo.folder,
    env: { GUESTBENCH_KNOWN_HOSTS: demo.lab.knownHostsFile },
    settings: { 'guestbench.resume': 'automatically' },
  });
  await workbench.showContainer('Guestbench');
  await workbench.widenSideBar(700);
  await rowsContain('Guests', /^demo-b.*ready/);
});

afterAll(async () => {
  await workbench?.screenshot('lease-last').catch(() => undefined);
  other?.kill('SIGKILL');
  await workbench?.close();
  await demo?.close();
  rmSync(scratch, { recursive: true, force: true });
});

describe('a guest that somebody else uses', () => {
  it('is asked about, waited for with a name, and taken over after a warning', async () => {
    other = await beginOther();
    await runOpenSsl('1 round');
    await workbench.dialog(/demo-a.*in use by somebody else/);
    await workbench.screenshot('lease-question');
    await workbench.answerDialog(/in use by somebody else/, 'Wait');
    await rowsContain(
      'Experiments',
      /waits for demo-[ab]: in use by \S+@\S+ \(experiment nightly\) for \d+ (s|min)/,
    );
    await workbench.terminalShows(/waits for demo-[ab]: in use by/);
    expect(await workbench.treeLabels('Experiments')).not.toContainEqual(expect.stringContaining('running'));
    for (const theme of ['Default Light Modern', 'Default High Contrast'] as const) {
      await workbench.setTheme(theme);
      await workbench.screenshot(`lease-waiting-${theme.replaceAll(' ', '-')}`);
    }
    await workbench.palette('Guestbench: Take Over Guest...');
    await workbench.dialog(/Take demo-[ab] over/);
    await workbench.screenshot('lease-take-over');
    await workbench.answerDialog(/Take demo-[ab] over/, 'End It and Take Over');
    await workbench.terminalShows(/Completed: 4 trials, 0 failed\./, 240_000);
    other.kill('SIGKILL');
    expect(newest().ended?.reason).toBe('completed');
  });
});

describe('an experiment of a window that is reloaded', () => {
  it('goes on by itself where the setting says so, and not once it was stopped', async () => {
    await runOpenSsl('5 rounds');
    await workbench.terminalShows(/trial 3 of 12/, 120_000);
    await workbench.reload();
    await workbench.showContainer('Guestbench');
    await rowsContain('Experiments', /running.*([2-9]|1[0-2]) of 12/, 60_000);
    await workbench.screenshot('resumed-by-itself');
    await workbench.palette('Guestbench: Stop Experiment');
    await workbench.answerDialog(/Stop the experiment/, 'Stop Now');
    await rowsContain('Experiments', /stopped/, 60_000);
    const { trials, ended } = newest();
    expect(ended?.reason).toBe('stopped');
    expect(new Set(trials.map(({ job }) => job)).size).toBe(trials.length);
    await workbench.reload();
    await workbench.showContainer('Guestbench');
    await rowsContain('Experiments', /stopped/);
    expect(newest().ended?.reason).toBe('stopped');
  });
});
