/** Before there is any lab: sample reports, and results of other tools. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExperiment } from '../../src/experiment/journal';
import { placeInOutput } from '../../src/report/trialOutput';
import { openWorkbench, type Workbench } from './support/workbench';

let folder: string;
let workbench: Workbench;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gb-samples-'));
  mkdirSync(join(folder, 'found'));
  copyFileSync(resolve('test/fixtures/imports/phoronix-merged.xml'), join(folder, 'found', 'composite.xml'));
  workbench = await openWorkbench({ folder, viewport: { width: 1500, height: 1000 } });
});

afterAll(async () => {
  await workbench?.screenshot('samples-last').catch(() => undefined);
  await workbench?.close();
  rmSync(folder, { recursive: true, force: true });
});

const headline = async () => workbench.webviewFrame().locator('h1').first().innerText();

describe('without a lab', () => {
  it('offers the samples in the view, and shows the published figures without interval or verdict', async () => {
    await workbench.showContainer('Guestbench');
    await workbench.view('Guests').getByRole('button', { name: 'Open a Sample Report' }).click();
    await workbench.question('Open Sample Report');
    const offered = await workbench.quickPickLabels();
    for (const label of ['PV and PVHVM on Xen 4.17', 'Reference lab 2013', 'Reference lab 2016'])
      expect(offered).toContain(label);
    await workbench.pick('Reference lab 2013');
    await workbench.until('the report', async () => (await headline()).includes('no raw data, no interval'));
    const report = workbench.webviewFrame();
    const row = report.locator('.overview tbody tr', { hasText: 'UnixBench, one copy' });
    const cells = await row.locator('th, td').allInnerTexts();
    expect(cells.slice(1, 3)).toEqual(['3.050', '+205 %']);
    expect(await report.locator('.overview').innerText()).not.toMatch(/95 %|p \(Holm\)/);
    await workbench.screenshot('sample-2013-dark');
    await workbench.setTheme('Default Light Modern');
    await workbench.screenshot('sample-2013-light');
    await report.locator('.workloads h2').scrollIntoViewIfNeeded();
    await workbench.screenshot('sample-2013-workloads');
    await report.locator('.about').scrollIntoViewIfNeeded();
    await workbench.screenshot('sample-2013-about');
  });

  it('opens the output of a trial at the line its figure came from', async () => {
    await workbench.palette('Guestbench: Open Sample Report...');
    await workbench.question('Open Sample Report');
    await workbench.pick('PV and PVHVM on Xen 4.17');
    await workbench.until('the report', async () => (await headline()).includes('PVHVM'));
    const report = workbench.webviewFrame();
    const fold = report.locator('.workload .metric > details').first();
    await fold.locator('summary').click();
    const button = fold.getByRole('button', { name: /^Output of / }).nth(4);
    const [, trial] = /^Output of (\S+) on /.exec((await button.getAttribute('aria-label')) ?? '') ?? [];
    await button.click();
    const read = readExperiment(readFileSync(resolve('media/samples/xen-4.17-emulated.guestbench'), 'utf8'));
    if (read.status === 'error') throw new Error(read.error);
    const records = read.experiment.trials.filter((record) => record.trial.id === trial);
    const place = placeInOutput(records, { id: 'openssl.rsa4096.sign', title: 'RSA 4096 sign' });
    if (place === undefined) throw new Error(`no place in the output of ${String(trial)}`);
    const { line, start, end } = place;
    const chosen = `Ln ${line}, Col ${end + 1} (${end - start} selected)`;
    await workbench.until(
      `"${chosen}" in the status bar`,
      async () => (await workbench.page.locator('.statusbar').innerText()).includes(chosen) || undefined,
    );
    await workbench.screenshot('sample-output');
  });

  it('imports a result file of the Phoronix Test Suite into an experiment file', async () => {
    await workbench.palette('Guestbench: Import Results...');
    await workbench.question('Import Results');
    const input = workbench.page.locator('.quick-input-widget:visible input.input').first();
    await workbench.until(
      'the folder',
      async () => (await input.inputValue()).startsWith(folder) || undefined,
    );
    await input.fill(join(folder, 'found', 'composite.xml'));
    await workbench.quickPickRow('composite.xml').waitFor();
    await workbench.accept();
    await workbench.question('Import Results: Label');
    await workbench.fill('From elsewhere');
    const results = join(folder, 'guestbench-results');
    const name = await workbench.until('the file', () =>
      Promise.resolve(
        readdirSync(folder).includes('guestbench-results') ? readdirSync(results)[0] : undefined,
      ),
    );
    expect(name).toMatch(/^\d{4}-\d\d-\d\d-\d{6}-From-elsewhere\.guestbench$/);
    const read = readExperiment(readFileSync(join(results, name), 'utf8'));
    if (read.status === 'error') throw new Error(read.error);
    expect(read.experiment.imported).toEqual({ from: 'phoronix', source: 'composite.xml' });
    expect(read.experiment.plan.guests.map((guest) => guest.name)).toEqual(['PV', 'PV (2)']);
    const rows = await workbench.until('its row', async () => {
      const labels = await workbench.treeLabels('Experiments');
      return labels.some((label) => label.startsWith('From elsewhere')) ? labels : undefined;
    });
    expect(rows).toHaveLength(1);
    await workbench.screenshot('imported-light');
    expect(workbench.pageErrors).toEqual([]);
  });
});
