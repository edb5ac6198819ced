/** Results leave and come back: charts as pictures, the report as a file, the data as JSON. */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExperiment } from '../../src/experiment/journal';
import type { Experiment } from '../../src/model/experiment';
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

/** Answers the dialog that asks for a file, once it is there. */
async function answerFile(name: string): Promise<string> {
  const file = join(folder, name);
  const input = workbench.page.locator('.quick-input-widget:visible input.input').first();
  await workbench.until('the dialog', async () => (await input.inputValue()).startsWith(folder) || undefined);
  await workbench.fill(file);
  return file;
}

const written = (file: string): Promise<Buffer> =>
  workbench.until(`the file ${file}`, () => {
    const bytes = existsSync(file) ? readFileSync(file) : undefined;
    return Promise.resolve(bytes && bytes.length > 0 ? bytes : undefined);
  });

function experimentIn(file: string): Experiment {
  const read = readExperiment(readFileSync(file, 'utf8'));
  if (read.status === 'error') throw new Error(read.error);
  return read.experiment;
}

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
