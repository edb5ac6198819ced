/** A folder that a stranger made: its lab file, its experiments and what lies beside them all want to act. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planRounds } from '../../src/experiment/plan';
import type { EventOf } from '../../src/model/experiment';
import { openDemoWorkspace, type DemoWorkspace } from './support/demo';
import { openWorkbench, type Workbench } from './support/workbench';

let demo: DemoWorkspace;
let workbench: Workbench;
/** Made by the stranger's command: the demo guests are this machine. */
let mark: string;
/** A file of the person's that links of the stranger lead to. */
let precious: string;

const guests = [{ name: 'demo-a' }];
const benchmarks = [{ id: 'nice' }];
const question = 'Resume an experiment that this computer did not start?';

/** Looks interrupted, on a guest of a name that the lab has; prints so much that a file beside is written. */
function strangersExperiment(): EventOf<'experiment'> {
  return {
    at: '2026-11-22T12:00:00+01:00',
    type: 'experiment',
    format: 1,
    guestbench: '0.1.0',
    id: 'e1',
    label: 'From a stranger',
    seed: 7,
    plan: {
      ...{ guests, benchmarks, rounds: 1, trials: planRounds(7, guests, benchmarks, 1) },
      statistics: { plan: 'anystop', alpha: 0.05, margin: 0.02, maxBlocks: 20 },
    },
    lab: {
      hosts: [],
      guests: [{ name: 'demo-a', address: '192.0.2.7', user: 'root' }],
      suites: {},
      benchmarks: [
        {
          id: 'nice',
          command: `touch '${mark}'; yes | head -c 1500000`,
          metrics: [{ id: 's', unit: 's', better: 'lower', read: { elapsed: true } }],
        },
      ],
    },
  };
}

beforeAll(async () => {
  demo = await openDemoWorkspace();
  mark = join(demo.folder, 'acted');
  precious = join(demo.folder, '..', 'precious');
  writeFileSync(precious, 'precious');
  mkdirSync(demo.results);
  const at = (name: string): string => join(demo.results, name);
  const first = strangersExperiment();
  writeFileSync(at('stranger.guestbench'), `${JSON.stringify(first)}\n`);
  symlinkSync(precious, at('stranger.guestbench.lock.new'));
  for (const { id } of first.plan.trials) symlinkSync(precious, at(`stranger.guestbench.${id}.stdout.txt`));
  symlinkSync('/dev/zero', at('endless.guestbench'));
  symlinkSync('/nowhere/at/all', at('nowhere.guestbench'));
  execFileSync('mkfifo', [at('pipe.guestbench')]);
  mkdirSync(at('folder.guestbench'));
  writeFileSync(at('long.guestbench'), '');
  truncateSync(at('long.guestbench'), 10 * 1024 ** 3);
  writeFileSync(at('deep.guestbench'), `${JSON.stringify(first)}\n${'['.repeat(500_000)}\n`);
  workbench = await openWorkbench({
    folder: demo.folder,
    env: { GUESTBENCH_KNOWN_HOSTS: demo.lab.knownHostsFile },
    settings: { 'guestbench.resume': 'automatically' },
  });
  await workbench.showContainer('Guestbench');
});

afterAll(async () => {
  await workbench?.screenshot('stranger-last').catch(() => undefined);
  await workbench?.close();
  await demo?.close();
});

/** What the stranger's files may not have done. */
function nothingHappened(): void {
  expect(existsSync(mark)).toBe(false);
  expect(readFileSync(precious, 'utf8')).toBe('precious');
  expect(readdirSync(demo.results).filter((name) => name.endsWith('.lock'))).toEqual([]);
}

describe('a folder from a stranger', () => {
  it('is listed with a reason for each file that is none, and nothing in it acts', async () => {
    const rows = await workbench.until('all rows', async () => {
      const found = await workbench.treeLabels('Experiments');
      return found.length === 7 ? found.join('\n') : undefined;
    });
    expect(rows).toMatch(/From a stranger.*interrupted/);
    for (const name of ['endless', 'nowhere', 'pipe', 'folder', 'long', 'deep'])
      expect(rows).toMatch(new RegExp(`${name}.*(?:unreadable|cannot be read)`));
    await workbench.until('the guests', async () =>
      (await workbench.treeLabels('Guests')).find((label) => /^demo-a.*ready/.test(label)),
    );
    expect(await workbench.page.locator('.monaco-dialog-box').count()).toBe(0);
    nothingHappened();
  });

  it('opens as a report, and nothing of it acts', async () => {
    await workbench.openFile('stranger.guestbench');
    await workbench.webviewFrame().locator('main#report h1').first().waitFor();
    nothingHappened();
  });

  it('is resumed neither by Enter nor by Escape, and shows what it would do', async () => {
    for (const key of ['Enter', 'Escape']) {
      await workbench.palette('Guestbench: Resume Experiment');
      const dialog = await workbench.dialog(question);
      const text = await dialog.innerText();
      expect(text).toContain(`touch '${mark}'`);
      expect(text).toContain('demo-a was root@192.0.2.7 when it was recorded');
      await workbench.screenshot('stranger-question');
      await workbench.page.keyboard.press(key);
      await dialog.waitFor({ state: 'hidden' });
    }
    await workbench.palette('Guestbench: Resume Experiment');
    await workbench.answerDialog(question, 'Show All');
    await workbench.until('the text', async () =>
      (await workbench.page.locator('.editor-instance .view-lines').first().innerText()).includes('acted'),
    );
    nothingHappened();
  });

  it('runs after a deliberate yes, once, and still overwrites nothing through its links', async () => {
    // The text is in front, so it is asked which one is meant.
    await workbench.palette('Guestbench: Resume Experiment');
    await workbench.pick('From a stranger');
    await workbench.answerDialog(question, 'Resume Foreign Experiment');
    await workbench.terminalShows(/Completed: 2 trials, 0 failed\./, 120_000);
    expect(existsSync(mark)).toBe(true);
    expect(readFileSync(precious, 'utf8')).toBe('precious');
    const outputs = readdirSync(demo.results).filter((name) => name.endsWith('.stdout.txt'));
    expect(outputs.length).toBe(2);
    for (const name of outputs) {
      expect(lstatSync(join(demo.results, name)).isFile()).toBe(true);
      expect(lstatSync(join(demo.results, name)).size).toBeGreaterThan(1_400_000);
    }
  });

  it('makes a finding of a lab file without end, not a silence', async () => {
    writeFileSync(demo.labFile, `{ "guests": ${'['.repeat(500_000)} }`);
    const rows = await workbench.until('the finding', async () =>
      (await workbench.treeLabels('Guests')).find((label) => /more than 64 deep/.test(label)),
    );
    expect(rows).toContain('guestbench.lab.json:1');
  });
});
