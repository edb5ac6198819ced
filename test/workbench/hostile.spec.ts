/** A lab and an experiment whose names, outputs and reasons are full of markup and control characters. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { experimentText } from '../../src/experiment/experimentText';
import { flag, hostileTexts, unseen } from '../hostileStrings';
import { hostileExperiment } from '../unit/report/hostile';
import { openWorkbench, type Workbench } from './support/workbench';

/** A lab's names hold no control characters and at most 100 others. */
const names = ['html', 'markdown', 'reordering', 'invisible', 'icon', 'formula'].map((kind) =>
  (hostileTexts[kind] ?? '').replaceAll('\n', ' ').slice(0, 90).trimEnd(),
);

let folder: string;
let workbench: Workbench;
const dialogs: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gb-hostile-'));
  const guests = names.map((name) => ({ name, host: name, address: '127.0.0.1', port: 9 }));
  writeFileSync(
    join(folder, 'guestbench.lab.json'),
    JSON.stringify({ hosts: names.map((name) => ({ name })), guests }),
  );
  mkdirSync(join(folder, 'guestbench-results'));
  writeFileSync(
    join(folder, 'guestbench-results', 'hostile.guestbench'),
    experimentText(hostileExperiment()),
  );
  workbench = await openWorkbench({ folder, viewport: { width: 1500, height: 1000 } });
  workbench.page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
});

afterAll(async () => {
  await workbench?.screenshot('hostile-last').catch(() => undefined);
  await workbench?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Whether any script of these texts ran, in any frame. */
async function hasRun(): Promise<boolean> {
  const frames = await Promise.all(
    workbench.page.frames().map((frame) => frame.evaluate(`'${flag}' in window`).catch(() => false)),
  );
  return frames.includes(true);
}

describe('hostile text in the workbench', () => {
  it('stands in the trees as text, all of it visible', async () => {
    await workbench.showContainer('Guestbench');
    const labels = await workbench.until('all guests', async () => {
      const found = await workbench.treeLabels('Guests');
      return found.filter((label) => /unreachable|refused|error/.test(label)).length >= 2 ? found : undefined;
    });
    const shown = labels.join('\n');
    expect(shown).toContain('<img src=x onerror=');
    expect(shown).toContain('$(trash)');
    expect(shown).not.toMatch(unseen);
    const results = await workbench.until('the experiment', async () => {
      const found = await workbench.treeLabels('Experiments');
      return found.length > 0 ? found : undefined;
    });
    expect(results.join('\n')).toContain('<img src=x onerror=');
    expect(results.join('\n')).not.toMatch(unseen);
    for (const view of ['Guests', 'Experiments'])
      expect(await workbench.view(view).locator('.monaco-list img, .monaco-list script').count()).toBe(0);
  });

  it('stands in a quick pick as text', async () => {
    await workbench.palette('Guestbench: Run Benchmarks...');
    await workbench.question('Run Benchmarks: Guests (1/4)');
    const offered = (await workbench.quickPickLabels()).join('\n');
    expect(offered).toContain('<img src=x onerror=');
    expect(offered).toContain('$(trash)');
    expect(offered).not.toMatch(unseen);
    await workbench.page.keyboard.press('Escape');
  });

  it('stands in the report as text, and nothing of it was run', async () => {
    await workbench.openFile('hostile.guestbench');
    const report = workbench.webviewFrame();
    await report.locator('main#report h1').first().waitFor();
    const text = await report.locator('main#report').innerText();
    expect(text).toContain('<img src=x onerror=');
    expect(text).not.toMatch(unseen);
    expect(await report.locator('main#report').locator('img, script, style, iframe, a[href]').count()).toBe(
      0,
    );
    await workbench.screenshot('hostile-report');
    expect(await hasRun()).toBe(false);
    expect(dialogs).toEqual([]);
  });
});
