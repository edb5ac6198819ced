/** Several experiments in one report, and one metric through a folder of them. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { experimentText } from '../../src/experiment/experimentText';
import type { Experiment } from '../../src/model/experiment';
import type { Facts } from '../../src/model/guest';
import { completed, experiment, facts, workload } from '../unit/report/experiments';
import { answerFile, written } from './support/saving';
import { openWorkbench, succeeds, themes, type Workbench } from './support/workbench';

let folder: string;
let results: string;
let workbench: Workbench;

interface Run {
  readonly label: string;
  readonly day: number;
  readonly effect: number;
  readonly guests?: readonly [string, string];
  readonly facts?: Partial<Facts>;
  readonly ended?: Experiment['ended'];
}

const names = ['deb12-pv', 'deb12-pvhvm'] as const;

/** Workloads that no catalogue knows, so that their only metric is the main one. */
const titles: Readonly<Record<string, string>> = { openssl: 'Signatures', sqlite: 'Inserts' };

function asOwn(one: Experiment): Experiment {
  const own = <T extends { readonly benchmark: string }>(trial: T): T => ({
    ...trial,
    benchmark: `own-${trial.benchmark}`,
  });
  const benchmarks = one.plan.benchmarks.map(({ id }) => ({ id: `own-${id}`, title: titles[id] ?? id }));
  return {
    ...one,
    plan: { ...one.plan, benchmarks, trials: one.plan.trials.map(own) },
    trials: one.trials.map((record) => ({ ...record, trial: own(record.trial) })),
  };
}

/** An experiment of two guests on a day of November, as a file of the results folder. */
function write({ label, day, effect, guests = names, facts: own, ended }: Run): string {
  const [pv, pvhvm] = guests;
  const one = experiment({
    label,
    guests: [
      { name: pv, host: 'lab1', facts: facts('PV', { machineId: pv, ...own }) },
      { name: pvhvm, host: 'lab1', facts: facts('PVHVM', { machineId: pvhvm, ...own }) },
    ],
    workloads: [
      workload('openssl', 1931, 1, 0.004, 6, [pv, pvhvm]),
      workload('sqlite', 44, effect, 0.01, 6, [pv, pvhvm]),
    ],
    ...(ended === undefined ? {} : { ended }),
  });
  const startedAt = new Date(Date.UTC(2026, 10, day, 20)).toISOString();
  const file = join(results, `2026-11-0${day}-200000-${label.replaceAll(' ', '-')}.guestbench`);
  writeFileSync(file, experimentText({ ...asOwn(one), id: label, startedAt }));
  return file;
}

let before: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gb-across-'));
  results = join(folder, 'guestbench-results');
  mkdirSync(results);
  before = write({ label: 'before upgrade', day: 1, effect: 1.1, ended: completed });
  write({
    label: 'after upgrade',
    day: 3,
    effect: 1.3,
    ended: completed,
    facts: { kernel: '6.1.0-31-amd64' },
  });
  write({ label: 'other lab', day: 5, effect: 1.2, ended: completed, guests: ['alpine-a', 'alpine-b'] });
  workbench = await openWorkbench({ folder, viewport: { width: 1500, height: 1000 } });
});

afterAll(async () => {
  await workbench?.screenshot('across-last').catch(() => undefined);
  await workbench?.close();
  rmSync(folder, { recursive: true, force: true });
});

const row = (label: string) => workbench.treeRow('Experiments', label);

/** Chooses rows of the tree as a person does, the last one with the menu, until the report has this title. */
async function compare(title: string, ...labels: readonly string[]): Promise<void> {
  // The report that the first click opens may take the focus from the second, or from the menu, which closes it.
  await workbench.until(`the tab ${title}`, async () => {
    for (const [index, label] of labels.entries())
      await row(label).click({ modifiers: index === 0 ? [] : ['Control'] });
    const chosen = await Promise.all(labels.map((label) => row(label).getAttribute('aria-selected')));
    if (!chosen.every((is) => is === 'true')) return false;
    await workbench.contextMenu(row(labels.at(-1) ?? ''), 'Compare Experiments...');
    const tab = workbench.page.locator('.tab', { hasText: title });
    return succeeds(tab.waitFor({ timeout: 5000 }));
  });
}

describe('several experiments', () => {
  it('are compared from the tree in one report, metric by metric', async () => {
    await workbench.showContainer('Guestbench');
    await row('before upgrade').waitFor();
    const title = 'before upgrade and after upgrade';
    await compare(title, 'before upgrade', 'after upgrade');
    expect(await workbench.tabs()).toContain(title);
    const page = workbench.webviewFrame();
    await page.locator('.across-chart').waitFor();
    expect(await page.locator('.files li').count()).toBe(2);
    const chart = await page.locator('.across-chart').textContent();
    for (const label of ['before upgrade', 'after upgrade']) expect(chart).toContain(label);
    expect(await page.locator('.across-chart .mark').count()).toBeGreaterThanOrEqual(4);
    expect(await page.locator('.across table').first().innerText()).toContain('Signatures');
    for (const theme of themes) {
      await workbench.setTheme(theme);
      await workbench.screenshot(`across-${theme.replaceAll(' ', '-')}`);
    }
    await workbench.setTheme('Default Dark Modern');
    await page.getByRole('button', { name: 'Save chart of the experiments as a picture' }).click();
    const file = await answerFile(workbench, results, 'across.png');
    expect((await written(workbench, file)).readUInt32BE(16)).toBe(2 * 920);
  });

  it('name the file that is gone, and show it again when it is back', async () => {
    const text = readFileSync(before);
    const page = workbench.webviewFrame();
    rmSync(before);
    await page.locator('.files .missing').waitFor();
    expect(await page.locator('.files .missing').innerText()).toMatch(
      /Not shown: 2026-11-01-200000-before-upgrade\.guestbench.*moved or deleted/,
    );
    writeFileSync(before, text);
    await page.locator('.files .missing').waitFor({ state: 'detached' });
    expect(await page.locator('.files li').count()).toBe(2);
  });

  it('are there again after the window was reloaded', async () => {
    await workbench.reload();
    const page = workbench.webviewFrame();
    await page.locator('.across-chart').waitFor();
    expect(await page.locator('.files').innerText()).toContain('after upgrade');
    await workbench.page.keyboard.press('Control+F4');
  });

  it('say why one of them cannot be followed', async () => {
    await workbench.showContainer('Guestbench');
    await row('other lab').waitFor();
    await workbench.palette('Guestbench: Compare Experiments...');
    await workbench.question('Compare Experiments');
    await workbench.pickMany(['before upgrade', 'after upgrade', 'other lab']);
    const page = workbench.webviewFrame();
    await page.locator('.files li').nth(2).waitFor();
    // As modes all three can be followed; these guests are in two of them only.
    await page.locator('#pick-across').selectOption({ label: 'deb12-pvhvm against deb12-pv (by guest)' });
    await workbench.until('the reason', async () =>
      /other lab/.test(await page.locator('.across .remarks').innerText()),
    );
    await workbench.screenshot('across-three');
    await workbench.palette('Guestbench: Export Report...');
    await workbench.question('Export Report');
    await workbench.pick('PNG');
    const png = await written(workbench, await answerFile(workbench, results, 'three.png'));
    expect(png.readUInt32BE(16)).toBe(2 * 920);
    await workbench.palette('Guestbench: Export Report...');
    await workbench.question('Export Report');
    await workbench.pick('HTML');
    const file = await answerFile(workbench, results, 'three.html');
    const html = (await written(workbench, file)).toString();
    expect(html).toMatch(
      /<h2>[^\n]*deb12-pvhvm[^\n]* against [^\n]*deb12-pv[^\n]*, experiment by experiment<\/h2>/,
    );
  });
});

describe('a trend', () => {
  it('shows the points of a metric and opens the report behind one', async () => {
    await workbench.clickViewAction('Experiments', 'Show Trend');
    await workbench.until('the tab', async () =>
      (await workbench.tabs()).some((tab) => tab.startsWith('Trend')),
    );
    const page = workbench.webviewFrame();
    await page.locator('.trend-chart .point').first().waitFor();
    await page.locator('#pick-metric').selectOption('own-sqlite/seconds');
    await page.locator('#pick-subject').selectOption('guest:deb12-pv');
    await workbench.until(
      'its points',
      async () => (await page.locator('.trend-chart .point').count()) === 2,
    );
    expect(await page.locator('.trend-chart').textContent()).toContain(
      'kernel 6.1.0-28-amd64 → 6.1.0-31-amd64',
    );
    expect(await page.locator('.left-out').innerText()).toContain('deb12-pv is not in it');
    for (const theme of themes) {
      await workbench.setTheme(theme);
      await workbench.screenshot(`trend-${theme.replaceAll(' ', '-')}`);
    }
    await page.getByRole('button', { name: 'Save chart of the trend as a picture' }).click();
    const file = await answerFile(workbench, results, 'trend.svg');
    expect((await written(workbench, file)).toString()).toMatch(
      /^<\?xml [^>]*\?>\n<svg [^]*kernel 6\.1\.0-28/,
    );
    await page.locator('.trend-chart .point').first().focus();
    await workbench.page.keyboard.press('Enter');
    await workbench.until('the report', async () =>
      (await workbench.tabs()).some((tab) => tab.includes('before-upgrade')),
    );
    expect(workbench.pageErrors).toEqual([]);
  });
});

it('an interrupted experiment of another computer goes to the trash, and nothing is given back for it', async () => {
  await workbench.showContainer('Guestbench');
  const marks = () =>
    readdirSync(join(workbench.server.profile, 'data'), { recursive: true, encoding: 'utf8' }).filter(
      (path) => /leftLeases.cut short$/.test(path),
    );
  const file = write({ label: 'cut short', day: 7, effect: 1 });
  const copy = join(dirname(file), 'a-copy.guestbench');
  copyFileSync(file, copy);
  const rows = workbench.treeRows('Experiments').filter({ hasText: 'cut short' });
  await workbench.until('both rows', async () => (await rows.count()) === 2);
  await workbench.contextMenu(rows.first(), 'Delete Experiment...');
  await workbench.answerDialog(/Delete .*\.guestbench\?/, 'Delete');
  await workbench.until('one row', async () => (await rows.count()) === 1);
  expect([existsSync(file), existsSync(copy)].filter(Boolean)).toHaveLength(1);
  expect(marks()).toEqual([]);
  await workbench.contextMenu(rows.first(), 'Delete Experiment...');
  await workbench.answerDialog(/Delete .*\.guestbench\?/, 'Delete');
  await rows.first().waitFor({ state: 'detached' });
  expect([existsSync(file), existsSync(copy)]).toEqual([false, false]);
  expect(marks()).toEqual([]);
});
