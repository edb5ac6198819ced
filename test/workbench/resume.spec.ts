import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExperiment } from '../../src/experiment/journal';
import type { Experiment } from '../../src/model/experiment';
import { openDemoWorkspace, type DemoWorkspace } from './support/demo';
import { openWorkbench, type Workbench } from './support/workbench';

let demo: DemoWorkspace;
let workbench: Workbench;

async function rowsContain(view: string, text: RegExp): Promise<string> {
  return workbench.until(`a row ${text}`, async () =>
    (await workbench.treeLabels(view)).find((label) => text.test(label)),
  );
}

function experimentOnDisk(): Experiment {
  const name = readdirSync(demo.results).find((file) => file.endsWith('.guestbench'));
  const read = readExperiment(readFileSync(join(demo.results, name ?? ''), 'utf8'));
  if (read.status === 'error') throw new Error(`line ${read.line}: ${read.error}`);
  return read.experiment;
}

beforeAll(async () => {
  demo = await openDemoWorkspace();
  workbench = await openWorkbench({
    folder: demo.folder,
    env: { GUESTBENCH_KNOWN_HOSTS: demo.lab.knownHostsFile },
  });
  await workbench.showContainer('Guestbench');
  await rowsContain('Guests', /^demo-b.*ready/);
});

afterAll(async () => {
  await workbench?.screenshot('resume-last').catch(() => undefined);
  await workbench?.close();
  await demo?.close();
});

describe('an experiment that is interrupted in the middle of a trial', () => {
  const isInterrupted = async (picture: string): Promise<void> => {
    await workbench.reload();
    await workbench.showContainer('Guestbench');
    await rowsContain('Experiments', /interrupted/);
    await workbench.screenshot(picture);
    expect(experimentOnDisk().ended).toBeUndefined();
  };

  it('is left as it is by a window that is reloaded, and says so', async () => {
    await workbench.palette('Guestbench: Run Benchmarks...');
    await workbench.question('Run Benchmarks: Guests (1/4)');
    await workbench.pickMany(['demo-a', 'demo-b']);
    await workbench.question('Run Benchmarks: Workloads (2/4)');
    await workbench.pickMany(['OpenSSL']);
    await workbench.question('Run Benchmarks: Length (3/4)');
    await workbench.pick('quick');
    await workbench.question('Run Benchmarks: Rounds (4/4)');
    await workbench.pick('1 round');
    await workbench.terminalShows(/trial 2 of 4[\s\S]*\n {2}\+/, 300_000);
    await isInterrupted('interrupted');
  });

  it('is left as it is by an extension host that is killed after Resume', async () => {
    await workbench.palette('Guestbench: Resume Experiment');
    await workbench.terminalShows(/trial 3 of 4[\s\S]*\n {2}\+/, 300_000);
    expect(workbench.killExtensionHosts()).toBeGreaterThan(0);
    await isInterrupted('killed');
  });

  it('goes on with Resume: each trial once, the running ones taken up again', async () => {
    await workbench.palette('Guestbench: Resume Experiment');
    await workbench.terminalShows(/Completed: 4 trials, 0 failed\./, 240_000);
    const { trials, plan, ended } = experimentOnDisk();
    expect(ended?.reason).toBe('completed');
    expect(trials.map(({ trial, attempt, status }) => [trial.id, attempt, status])).toEqual(
      plan.trials.map(({ id }) => [id, 1, 'ok']),
    );
    await rowsContain('Experiments', /4 trials/);
  });
});
