/** An exported report in a browser that can reach nothing: it shows all, runs nothing and asks for nothing. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../../scripts/lib/browser.mjs';
import { readExperiment } from '../../src/experiment/journal';
import type { Experiment } from '../../src/model/experiment';
import { forestPicture } from '../../src/report/charts/forest';
import { trialsPicture } from '../../src/report/charts/trials';
import { toHtml } from '../../src/report/exporters';
import { reportModel } from '../../src/report/model';

const pictures = resolve('test-results', 'pictures');
let folder: string;
let browser: Browser;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gb-exported-'));
  mkdirSync(pictures, { recursive: true });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

function sample(): Experiment {
  const read = readExperiment(readFileSync(resolve('media/samples/xen-4.17-emulated.guestbench'), 'utf8'));
  if (read.status === 'error') throw new Error(read.error);
  return read.experiment;
}

interface Opened {
  readonly page: Page;
  /** What the console, the policy and the network had to say against the page. */
  readonly complaints: string[];
}

async function open(html: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const file = join(folder, 'report.html');
  writeFileSync(file, html);
  const context = await browser.newContext({
    offline: true,
    viewport: { width: 1200, height: 900 },
    ...options,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`));
  page.on('request', (request) => {
    if (request.url() !== pathToFileURL(file).href) complaints.push(`request: ${request.url()}`);
  });
  await page.addInitScript(
    `document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
      console.error('policy: ' + violatedDirective + ' ' + blockedURI))`,
  );
  await page.goto(pathToFileURL(file).href);
  return { page, complaints };
}

/** Whether anything sticks out of the window sideways. */
const isTooWide = (page: Page): Promise<boolean> =>
  page.evaluate<boolean>('document.documentElement.scrollWidth > document.documentElement.clientWidth');

/** A property as the browser has computed it. */
const styleOf = (page: Page, selector: string, property: string): Promise<string> =>
  page.evaluate<string>(`getComputedStyle(document.querySelector('${selector}')).${property}`);

describe('an exported report', () => {
  const model = reportModel([sample()], {});
  const html = toHtml(model);

  it('shows headline, chart and tables with the network off, and nothing complains', async () => {
    const { page, complaints } = await open(html);
    expect(await page.locator('h1').innerText()).toBe(model.headline);
    expect(await page.locator('#overview tbody').innerText()).toContain('OpenSSL');
    expect(await page.locator('svg text', { hasText: 'slower' }).first().isVisible()).toBe(true);
    expect(await styleOf(page, 'h1', 'lineHeight')).not.toBe('normal');
    await page.locator('summary', { hasText: 'Every trial' }).click();
    expect(await page.locator('details[open] tbody tr').count()).toBeGreaterThan(4);
    await page.keyboard.press('Home');
    expect(await isTooWide(page)).toBe(false);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('is reached by keyboard: first the way past the contents, then what scrolls and folds', async () => {
    const { page } = await open(html);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the results');
    const reached = new Set<string>();
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press('Tab');
      reached.add(
        await page.evaluate<string>('document.activeElement.className || document.activeElement.localName'),
      );
    }
    expect([...reached]).toEqual(expect.arrayContaining(['scroll', 'summary']));
    await page.context().close();
  });

  it.each<[string, BrowserContextOptions]>([
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['forced-dark', { colorScheme: 'dark', forcedColors: 'active' }],
    ['narrow', { viewport: { width: 360, height: 800 } }],
    ['wide', { viewport: { width: 2200, height: 1200 } }],
  ])('fits and can be read: %s', async (name, options) => {
    const { page, complaints } = await open(html, options);
    expect(await isTooWide(page)).toBe(false);
    expect(await styleOf(page, 'body', 'color')).not.toBe(await styleOf(page, 'body', 'backgroundColor'));
    expect(await styleOf(page, 'svg polygon', 'fill')).toBe(await styleOf(page, '.verdict.slower', 'color'));
    await page.screenshot({ path: join(pictures, `exported-${name}.png`), fullPage: true });
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('prints on white, whatever the screen is', async () => {
    const { page } = await open(html, { colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await styleOf(page, 'body', 'backgroundColor')).toBe('rgb(255, 255, 255)');
    expect(await page.locator('.skip').isVisible()).toBe(false);
    await page.screenshot({ path: join(pictures, 'exported-print.png'), fullPage: true });
    await page.context().close();
  });

  it('shows what means harm as text, to a real parser too', async () => {
    const evil =
      '</title></style></svg><script>document.title="owned"</script><img src="http://x/" onerror="alert(1)">';
    const e = sample();
    const rename = (name: string) => `${name}${evil}`;
    const hostile: Experiment = {
      ...e,
      label: evil,
      notes: [evil],
      plan: {
        ...e.plan,
        guests: e.plan.guests.map((guest) => ({ ...guest, name: rename(guest.name) })),
        trials: e.plan.trials.map((trial) => ({ ...trial, guest: rename(trial.guest) })),
      },
      facts: e.facts.map((record) => ({ ...record, guest: rename(record.guest) })),
      trials: e.trials.map((record) => ({
        ...record,
        trial: { ...record.trial, guest: rename(record.trial.guest) },
      })),
    };
    const { page, complaints } = await open(toHtml(reportModel([hostile], {})));
    expect(await page.title()).toBe(`${evil}: Guestbench`);
    expect(await page.locator('header bdi').first().textContent()).toBe(evil);
    expect(await page.locator('script, img').count()).toBe(0);
    expect(await page.locator('svg').count()).toBeGreaterThan(1);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('has charts that are whole pictures when they stand alone', async () => {
    const forest = forestPicture(model, model.candidate!)!;
    const trials = trialsPicture(
      model,
      model.metrics.find(({ primary }) => primary)!,
      model.candidate,
    )!;
    const page = await browser.newPage({ viewport: { width: 1000, height: 800 } });
    for (const [name, { svg, width, height }] of Object.entries({ forest, trials })) {
      await page.setContent(`<img src="data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}">`);
      const image = page.locator('img');
      const size = await page.evaluate<number[]>(
        "(async () => { const image = document.querySelector('img'); await image.decode(); return [image.naturalWidth, image.naturalHeight]; })()",
      );
      expect(size).toEqual([width, Math.round(height)]);
      await image.screenshot({ path: join(pictures, `exported-${name}.png`) });
    }
    await page.close();
  });
});
