import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseLab } from '../../src/lab/labFile';
import { openDemoWorkspace, type DemoWorkspace } from './support/demo';
import { openWorkbench, type Workbench } from './support/workbench';

const benchmark = 'fio random reads';
const step = `Run Benchmarks: ${benchmark} (3/4)`;
const parameterStep = (parameter: string) => `Run Benchmarks: ${benchmark}, ${parameter} (3/4)`;

let demo: DemoWorkspace;
let workbench: Workbench;

const labText = () => readFileSync(demo.labFile, 'utf8');
const suites = () => {
  const read = parseLab(labText(), 'lab.json');
  return read.status === 'ok' ? read.lab.suites : undefined;
};

beforeAll(async () => {
  demo = await openDemoWorkspace();
  workbench = await openWorkbench({
    folder: demo.folder,
    env: { GUESTBENCH_KNOWN_HOSTS: demo.lab.knownHostsFile },
  });
});

afterAll(async () => {
  await workbench?.screenshot('parameters-last').catch(() => undefined);
  await workbench?.close();
  await demo?.close();
});

describe('the editor of parameters', () => {
  it('comes with the question for the length, and shows every parameter with what it is', async () => {
    await workbench.showContainer('Guestbench');
    await workbench.palette('Guestbench: Run Benchmarks...');
    await workbench.question('Run Benchmarks: Guests (1/4)');
    await workbench.pickMany(['demo-a']);
    await workbench.question('Run Benchmarks: Workloads (2/4)');
    await workbench.pickMany([benchmark]);
    await workbench.question('Run Benchmarks: Length (3/4)');
    await workbench.pick('Choose Parameters...');
    await workbench.question(step);
    expect(await workbench.quickPickLabels()).toEqual(
      expect.arrayContaining(['Run with These Parameters', 'seconds', 'rampSeconds']),
    );
    const row = await workbench.quickPickRow('seconds').innerText();
    expect(row).toContain('30 s');
    expect(row).toContain('Measured time, after the ramp. 2 to 3600 s.');
    await workbench.screenshot('parameters-list');
  });

  it('refuses what the schema refuses, in its words', async () => {
    await workbench.pick('seconds');
    await workbench.question(parameterStep('seconds'));
    await workbench.fill('1');
    expect(await workbench.inputProblem()).toContain('seconds must be a whole number from 2 to 3600');
    await workbench.fill('2');
    await workbench.question(step);
    expect(await workbench.quickPickRow('seconds').innerText()).toContain('2 s (default 30 s)');
  });

  it('saves what was changed as a suite in the lab file, whose comments stay', async () => {
    const before = labText();
    await workbench.pick('sizeMiB');
    await workbench.question(parameterStep('sizeMiB'));
    await workbench.fill('32');
    await workbench.question(step);
    await workbench.fill('engine');
    await workbench.question(parameterStep('engine'));
    await workbench.pick('psync');
    await workbench.question(step);
    await workbench.fill('Save as a Suite');
    await workbench.question('Run Benchmarks: Save as a Suite (3/4)');
    await workbench.fill('short reads');
    await workbench.question(step);
    expect(suites()).toEqual({
      'short reads': [
        { benchmark: 'fio-randread', parameters: { seconds: 2, sizeMiB: 32, engine: 'psync' } },
      ],
    });
    const comments = before.match(/\/\/.*/g) ?? [];
    for (const comment of comments) expect(labText()).toContain(comment);
  });

  it('goes on with the run, and the suite is there for the next one', async () => {
    await workbench.fill('Run with These');
    await workbench.question('Run Benchmarks: Rounds (4/4)');
    await workbench.page.keyboard.press('Escape');
    await workbench.palette('Guestbench: Edit Suite...');
    await workbench.question('Edit Suite');
    await workbench.pick('short reads');
    await workbench.question(`Edit Suite: ${benchmark}`);
    await workbench.fill('Reset to quick');
    await workbench.until('the parameters of quick', async () =>
      (await workbench.quickPickRow('seconds').innerText()).includes('3 s (default 30 s)'),
    );
    await workbench.fill('Save "short reads"');
    await workbench.until('the suite saved', () =>
      Promise.resolve(JSON.stringify(suites()?.['short reads']).includes('"seconds":3')),
    );
    expect(workbench.pageErrors).toEqual([]);
  });
});
