/** Results leave and come back: charts as pictures, the report as a file, the data as JSON. */
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
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExperiment } from '../../src/experiment/journal';
import type { Experiment } from '../../src/model/experiment';
import { reportModel } from '../../src/report/model';
import type { PictureMessage } from '../../src/report/pictureMessage';
import { readPageMessage, modelMessage } from '../../src/report/protocol';
import { readTrendPage, trendMessage } from '../../src/report/trendProtocol';
import {
  catalogue,
  completed,
  experiment as made,
  pv,
  pvhvm,
  withLoad,
  workload,
} from '../unit/report/experiments';
import { openPlainPage, plainLook, reportPage, trendPage } from './support/plainPage';
import { answerFile as answerDialog, written as contentOf } from './support/saving';
import { acrossRuns, trendOf } from './support/severalRuns';
import { openWorkbench, type Workbench } from './support/workbench';

const original = resolve('media/samples/xen-4.17-emulated.guestbench');
let folder: string;
let workbench: Workbench;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gb-exports-'));
  copyFileSync(original, join(folder, 'xen.guestbench'));
  workbench = await openWorkbench({
    folder,
    extension: 'development',
    viewport: { width: 1500, height: 1000 },
  });
  await workbench.openFile('xen.guestbench');
  await workbench.webviewFrame().locator('h1', { hasText: 'PVHVM' }).waitFor();
});

afterAll(async () => {
  await workbench?.screenshot('exports-last').catch(() => undefined);
  await workbench?.close();
  rmSync(folder, { recursive: true, force: true });
});

const answerFile = (name: string) => answerDialog(workbench, folder, name);
const written = (file: string) => contentOf(workbench, file);

function experimentIn(file: string): Experiment {
  const read = readExperiment(readFileSync(file, 'utf8'));
  if (read.status === 'error') throw new Error(read.error);
  return read.experiment;
}

describe('charts that only the page can draw', () => {
  const loaded = made({
    guests: [pv, pvhvm],
    workloads: [workload('openssl', 1931, 1.2, 0.004, 6)],
    ended: completed,
  });
  const pages = [
    ['across', reportPage, modelMessage(reportModel(acrossRuns, { catalogue })), 'after the Xen upgrade'],
    ['load', reportPage, modelMessage(reportModel([withLoad(loaded, {})], {})), 'I/O wait'],
    [
      'trend',
      trendPage,
      trendMessage(trendOf({ metric: 'sqlite/seconds', subject: 'guest:deb12-pv' }), {
        folder: 'file:///lab',
      }),
      '3.40.1 → 3.45.0',
    ],
  ] as const;

  it.each(pages)('leave as a picture that needs no style sheet: %s', async (name, source, message, text) => {
    const page = await openPlainPage(workbench.browser, source, plainLook, message);
    try {
      if (name === 'load') {
        await page.locator('details.load summary').first().click();
        await page
          .locator('details.load')
          .getByRole('button', { name: /Course of the load/ })
          .first()
          .click();
      }
      const label = { across: 'the experiments', load: /Save chart of the load of/, trend: 'the trend' }[
        name
      ];
      const wanted = typeof label === 'string' ? `Save chart of ${label} as a picture` : label;
      await page.getByRole('button', { name: wanted }).first().click();
      const find = `window.posted.find(({ type }) => type === 'savePicture')`;
      await page.waitForFunction(find);
      const posted = await page.evaluate<PictureMessage>(find);
      const read = source === trendPage ? readTrendPage(posted) : readPageMessage(posted);
      expect(read.status).toBe('ok');
      const png = Buffer.from(posted.png ?? '', 'base64');
      expect(png.subarray(1, 4).toString()).toBe('PNG');
      expect(png.readUInt32BE(16)).toBe(2 * 920);
      expect(posted.svg).toContain(text);
      expect(posted.svg).not.toMatch(/class=|var\(|color\(|vector-effect|tabindex/);
      expect(posted.svg).toMatch(/stroke="rgb\(0, 98, 177\)"/);
      mkdirSync('test-results/pictures', { recursive: true });
      writeFileSync(`test-results/pictures/saved-${name}.png`, png);
      // What the page shows is as it was.
      expect(await page.locator('.saved-box, html.printing').count()).toBe(0);
    } finally {
      await page.close();
    }
  });
});

describe('a report that changes', () => {
  it('leaves the focus to the question that a person is at', async () => {
    const page = workbench.webviewFrame();
    const file = join(folder, 'xen.guestbench');
    await page.getByRole('button', { name: 'Go to all checks of comparability' }).focus();
    await workbench.page.keyboard.press('F1');
    const palette = workbench.page.locator('.quick-input-widget:visible input.input').first();
    await palette.fill('>Guestbench');
    const ended = readFileSync(file, 'utf8').trimEnd();
    writeFileSync(file, `${ended.slice(0, ended.lastIndexOf('\n'))}\n`);
    const changed = page.locator('main', { hasText: /interrupted/i });
    await changed.waitFor();
    await workbench.page.keyboard.type(': Stop');
    expect(await palette.inputValue()).toBe('>Guestbench: Stop');
    await workbench.page.keyboard.press('Escape');
    copyFileSync(original, file);
    await changed.waitFor({ state: 'detached' });
  });
});

describe('results that leave', () => {
  it('are pictures of a chart: PNG at twice the size, or SVG', async () => {
    const save = workbench
      .webviewFrame()
      .getByRole('button', { name: 'Save chart of the overview as a picture' });
    await save.click();
    const png = await written(await answerFile('overview.png'));
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(png.readUInt32BE(16)).toBe(2 * 920);
    await save.click();
    const svg = (await written(await answerFile('overview.svg'))).toString();
    expect(svg).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n<svg [^>]*role="img"/);
    expect(svg).toContain('>slower</text>');
    const metric = workbench.webviewFrame().locator('.workload button.save').first();
    await metric.scrollIntoViewIfNeeded();
    await workbench.screenshot('exports-chart');
    await metric.click();
    const trials = await written(await answerFile('trials.png'));
    expect(trials.readUInt32BE(16)).toBe(2 * 920);
    expect(workbench.pageErrors).toEqual([]);
  });

  it.each([
    ['HTML', 'xen.html', /^<!DOCTYPE html>[^]*PVHVM is 0\.52 times as fast/],
    ['PNG', 'command.png', /^.PNG/],
  ])('are a whole report as %s', async (label, name, content) => {
    await workbench.palette('Guestbench: Export Report...');
    await workbench.question('Export Report');
    await workbench.pick(label);
    expect((await written(await answerFile(name))).toString('latin1')).toMatch(content);
  });

  it('come back as JSON with nothing lost', async () => {
    await workbench.palette('Guestbench: Export Report...');
    await workbench.question('Export Report');
    await workbench.pick('JSON');
    const json = await answerFile('xen.guestbench.json');
    await written(json);
    await workbench.palette('Guestbench: Import Results...');
    await workbench.question('Import Results');
    await answerFile('xen.guestbench.json');
    await workbench.question('Import Results: Label');
    await workbench.fill('Back again');
    const results = join(folder, 'guestbench-results');
    const name = await workbench.until('the experiment', () =>
      Promise.resolve(
        existsSync(results) ? readdirSync(results).find((one) => one.includes('Back-again')) : undefined,
      ),
    );
    const [before, after] = [experimentIn(original), experimentIn(join(results, name))];
    expect(after).toEqual({ ...before, label: 'Back again', copied: true });
    expect(workbench.pageErrors).toEqual([]);
  });
});
