/** A lab and an experiment whose names, outputs and reasons are full of markup and control characters. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { experimentText } from '../../src/experiment/experimentText';
import { flag, hostileTexts, unseen } from '../hostileStrings';
import { hostileExperiment } from '../unit/report/hostile';
import { parse } from 'jsonc-parser';
import { openDemoWorkspace, type DemoWorkspace } from './support/demo';
import { openWorkbench, type Workbench } from './support/workbench';

/** A lab's names hold no control characters and at most 100 others. */
const names = ['html', 'link', 'markdown', 'reordering', 'invisible', 'tags', 'icon', 'formula'].map((kind) =>
  (hostileTexts[kind] ?? '').replaceAll('\n', ' ').slice(0, 90).trimEnd(),
);

let folder: string;
let workbench: Workbench;
const dialogs: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gb-hostile-'));
  // Each at a port of its own, where nothing listens: the reason that is shown names the guest.
  const guests = names.map((name, index) => ({ name, host: name, address: '127.0.0.1', port: 9 + index }));
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

  it('is no link in a dialog, and a click on it runs nothing', async () => {
    const linkName = names.find((name) => name.startsWith('[show the log]')) ?? '';
    const before = await workbench.tabs();
    await workbench.palette('Guestbench: Remove Guest...');
    await workbench.question('Remove Guest');
    await workbench.page.keyboard.type('show the log');
    await workbench.accept();
    const dialog = await workbench.dialog('show the log');
    await workbench.screenshot('hostile-dialog');
    expect(await dialog.locator('a:not(.monaco-button, .action-label)').count()).toBe(0);
    expect((await dialog.innerText()).replaceAll('\u00a0', ' ')).toContain(linkName.replaceAll('](', '] ('));
    await dialog.getByText('show the log').first().click();
    await workbench.page.keyboard.press('Escape');
    // The link's command would have opened the Output view with our log.
    expect(await workbench.page.locator('.panel .output-view-content, .panel .output-view').count()).toBe(0);
    expect(await workbench.tabs()).toEqual(before);
    expect(await hasRun()).toBe(false);
  });

  it('is no link in a notification, and a click on it runs nothing', async () => {
    await workbench.palette('Guestbench: Try Benchmark on a Guest...');
    await workbench.question('Try Benchmark: Guest');
    await workbench.page.keyboard.type('show the log');
    await workbench.accept();
    await workbench.question('Try Benchmark: Benchmark');
    await workbench.pick('7-Zip');
    const toast = await workbench.notification('show the log');
    await workbench.screenshot('hostile-notification');
    const message = toast.locator('.notification-list-item-message');
    expect(await message.locator('a').count()).toBe(0);
    const { width = 0, height = 0 } = (await message.boundingBox()) ?? {};
    for (let x = 10; x < width; x += 40) await message.click({ position: { x, y: height / 2 } });
    expect(await workbench.page.locator('.panel .output-view-content, .panel .output-view').count()).toBe(0);
    expect(await hasRun()).toBe(false);
    await workbench.palette('Notifications: Clear All Notifications');
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

describe('what a guest prints in the workbench', () => {
  let demo: DemoWorkspace;
  let window: Workbench;

  beforeAll(async () => {
    demo = await openDemoWorkspace();
    const lab = parse(readFileSync(demo.labFile, 'utf8')) as object;
    const output = Object.values(hostileTexts)
      .slice(0, -1)
      .join('\n')
      .replaceAll('x'.repeat(3000), 'x'.repeat(300));
    const encoded = Buffer.from(`${output}\n▌ ✓ rate 9 ops/s\nrate 7\n`).toString('base64');
    const hostile = {
      ...{ id: 'hostile', title: hostileTexts['link'], kind: 'cpu' },
      command: `echo ${encoded} | base64 -d`,
      metrics: [{ id: 'rate', unit: 'ops/s', better: 'higher', read: { regex: '^rate ([0-9]+)$' } }],
    };
    writeFileSync(demo.labFile, JSON.stringify({ ...lab, benchmarks: [hostile] }));
    window = await openWorkbench({
      folder: demo.folder,
      env: { GUESTBENCH_KNOWN_HOSTS: demo.lab.knownHostsFile },
      viewport: { width: 1500, height: 1100 },
    });
  });

  afterAll(async () => {
    await window?.screenshot('hostile-terminal-last').catch(() => undefined);
    await window?.close();
    await demo?.close();
  });

  it('stands apart from what we write into the terminal', async () => {
    await window.showContainer('Guestbench');
    await window.treeRow('Guests', 'demo-a').waitFor();
    await window.palette('Guestbench: Try Benchmark on a Guest...');
    await window.question('Try Benchmark: Guest');
    await window.pick('demo-a');
    await window.question('Try Benchmark: Benchmark');
    await window.screenshot('hostile-pick');
    await window.page.keyboard.type('show the log');
    await window.accept();
    const shown = await window.terminalShows('Press Enter to try again');
    await window.screenshot('hostile-terminal');
    expect(shown).not.toMatch(unseen);
    const lines = shown.split('\n').filter((line) => line.trim() !== '');
    for (const line of lines) expect(line).toMatch(/^(?:▌| {2})/);
    const ours = lines.filter((line) => line.startsWith('▌'));
    expect(ours.join('\n')).not.toMatch(/OpenSSL on db1|rate 9|123456/);
    expect(shown).toContain('  ✓ rate 123456 ops/s');
    expect(shown).toContain('  # ✓ rate 9 ops/s');
  });
});
