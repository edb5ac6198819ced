import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../scripts/lib/browser.mjs';
import { median } from './figures';
import { largeExperiment, manyMetrics, manyRounds, type LargeExperiment } from './largeExperiment';
import type { HostAnswer, HostOrder, Opened } from './reportHost';
import { servePage, type ServedPage } from './reportPage';

/** Of these the middle one counts: the machine does other things too. */
const repeats = 3;
const longestTaskMs = 100;

/** An experiment of 100 000 measurements: from its file to the page's first complete paint, then the page in use. */
export async function* bench(): AsyncGenerator<string> {
  const folder = await mkdtemp(join(tmpdir(), 'guestbench-report-'));
  await buildParts(folder);
  const browser = await launchBrowser();
  const host = fork(join(folder, 'reportHost.cjs'), { execArgv: ['--expose-gc'] });
  const ask: Ask = async (order) => {
    const answer = once(host, 'message');
    host.send(order);
    const [told] = (await answer) as [HostAnswer];
    return told;
  };
  let page: ServedPage | undefined;
  try {
    const messages = await ask({ do: 'serve' });
    if (messages.of !== 'serve') throw new Error('The host does not listen.');
    page = await servePage(folder, messages.url);
    const bed: TestBed = { browser, ask, url: page.url };
    for (const [name, recipe] of [
      ['many rounds', manyRounds],
      ['many metrics', manyMetrics],
    ] as const) {
      const file = join(folder, 'large.guestbench');
      await write(file, recipe);
      for await (const line of measure(file, bed)) yield `${name}: ${line}`;
    }
  } finally {
    host.kill();
    await page?.close();
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
}

type Ask = (order: HostOrder) => Promise<HostAnswer>;

interface TestBed {
  readonly browser: Browser;
  /** Of the process that stands for the extension host. */
  readonly ask: Ask;
  readonly url: string;
}

/** The page as it is shipped, and the process that stands for the extension host. */
async function buildParts(folder: string): Promise<void> {
  const common = { bundle: true, outdir: folder, logLevel: 'warning' } as const;
  await build({
    ...common,
    entryPoints: ['webview/main.ts', 'webview/report.css'],
    entryNames: 'webview',
    minify: true,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  await build({
    ...common,
    entryPoints: ['test/bench/reportHost.ts'],
    outExtension: { '.js': '.cjs' },
    platform: 'node',
    format: 'cjs',
  });
}

async function* measure(file: string, bed: TestBed): AsyncGenerator<string> {
  const alone: number[] = [];
  const opened: number[] = [];
  const stages: Stages[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const parsed = await bed.ask({ do: 'parse', file });
    alone.push(parsed.of === 'parse' ? parsed.ms : NaN);
    const shown = await openReport(file, bed);
    opened.push(shown.paintedMs);
    stages.push(shown.stages);
    if (repeat === repeats - 1) yield* inUse(shown.page);
    await shown.page.close();
  }
  const [parsedMs, paintedMs] = [median(alone), median(opened)];
  const allowedMs = 1.5 * parsedMs + 1000;
  const { measurements } = stages[0] ?? { measurements: 0 };
  yield (
    `${measurements} measurements, ${((await stat(file)).size / 1e6).toFixed(0)} MB; ` +
    `reading and parsing alone ${parsedMs.toFixed(0)} ms, file to first complete paint ${paintedMs.toFixed(0)} ms = ` +
    `${(paintedMs / allowedMs).toFixed(2)} of the ${allowedMs.toFixed(0)} ms allowed (1.5 times + 1 s)`
  );
  yield `medians of the stages: ${(['read', 'made', 'painted', 'whole'] as const)
    .map((stage) => `${stage} ${median(stages.map((one) => one[stage])).toFixed(0)} ms`)
    .join(', ')}`;
}

interface Stages {
  readonly measurements: number;
  readonly read: number;
  /** The model, ready to be sent. */
  readonly made: number;
  /** From there, or from when the page was ready, to the paint. */
  readonly painted: number;
  /** From there until all workloads are there, also those far down. */
  readonly whole: number;
}

interface Shown {
  readonly page: Page;
  readonly paintedMs: number;
  readonly stages: Stages;
}

async function openReport(file: string, { browser, ask, url }: TestBed): Promise<Shown> {
  const startedMs = Date.now();
  // As in the product: the page is put up, and the file is read while it starts.
  const [page] = await Promise.all([startPage(browser, url), ask({ do: 'open', file })]);
  const paintedMs = Number(await page.evaluate(completePaint));
  const wholeMs = Number(await page.evaluate(wholePaint));
  const told = await ask({ do: 'tell' });
  if (told.of !== 'tell') throw new Error('The host does not tell how it went.');
  return {
    page,
    paintedMs: paintedMs - startedMs,
    stages: stagesOf(told.opened, { startedMs, paintedMs, wholeMs }),
  };
}

function stagesOf(
  { measurements, read, made, ready }: Opened,
  { startedMs, paintedMs, wholeMs }: Record<'startedMs' | 'paintedMs' | 'wholeMs', number>,
): Stages {
  return {
    measurements,
    read: read - startedMs,
    made: made - read,
    painted: paintedMs - Math.max(made, ready),
    whole: wholeMs - paintedMs,
  };
}

async function startPage(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  page.on('pageerror', (error) => process.stderr.write(`${error.message}\n`));
  await page.goto(url);
  return page;
}

/** In the page: the headline, the first chart and the workloads, of which each has its figures that passes `shown`. */
const paint = (shown: string) => `new Promise((resolve) => {
  const look = () => {
    const workloads = [...document.querySelectorAll('.workload')];
    const done =
      (document.querySelector('h1')?.textContent ?? '') !== '' &&
      document.querySelector('.overview canvas, .overview svg') !== null &&
      workloads.length === ${manyRounds.metrics.length} &&
      workloads.filter(${shown}).every((one) => one.querySelector('h3') && one.querySelector('td'));
    if (!done) return;
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => resolve(Date.now())));
  };
  // Not frame by frame: the page has nothing to do until its model arrives, and is not to be kept busy.
  const watch = new MutationObserver(look);
  watch.observe(document, { subtree: true, childList: true, characterData: true });
  look();
})`;

/** Resolves to the time when all that fits the window has been drawn. */
const completePaint = paint('(one) => one.getBoundingClientRect().top < innerHeight');
/** The same for the whole page, however far down. */
const wholePaint = paint('() => true');

/** The longest task while a person does each of these; below 50 ms a browser reports none. */
async function* inUse(page: Page): AsyncGenerator<string> {
  const uses: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['scrolling', () => scrollThrough(page)],
    ['showing all metrics', () => page.locator('#all-metrics').click()],
    ['scrolling with all metrics', () => scrollThrough(page)],
    ['choosing a candidate', () => chooseOther(page, 'candidate')],
    ['choosing a baseline', () => chooseOther(page, 'baseline')],
    ['opening the trials of a metric', () => openFirst(page, '.metric details')],
    ['opening the metrics of a workload', () => openFirst(page, 'details.more:not(.load)')],
    ['opening the load of a workload', () => openFirst(page, 'details.load')],
    ['scrolling with all that open', () => scrollThrough(page)],
  ];
  let worst = 0;
  for (const [name, use] of uses) {
    await page.evaluate('window.longTasks.length = 0');
    await use();
    while ((await page.evaluate('window.answersAwaited')) !== 0) await page.waitForTimeout(20);
    await page.waitForTimeout(300);
    const longest = Math.max(0, ...(await page.evaluate<number[]>('window.longTasks')));
    worst = Math.max(worst, longest);
    yield `longest task while ${name}: ${longest === 0 ? 'below 50' : longest.toFixed(0)} ms`;
  }
  yield `longest task of all: ${(worst / longestTaskMs).toFixed(2)} of the ${longestTaskMs} ms allowed`;
}

async function scrollThrough(page: Page): Promise<void> {
  await page.mouse.move(600, 500);
  const height = Number(await page.evaluate('document.documentElement.scrollHeight'));
  await page.evaluate('window.scrollTo(0, 0)');
  for (let y = 0; y < Math.min(height, 40_000); y += 600) {
    await page.mouse.wheel(0, 600);
    await page.waitForTimeout(30);
  }
  await page.evaluate('window.scrollTo(0, document.documentElement.scrollHeight)');
  await page.waitForTimeout(200);
}

async function chooseOther(page: Page, role: 'baseline' | 'candidate'): Promise<void> {
  const options = await page.locator(`#pick-${role} option`).all();
  const values = await Promise.all(options.map((option) => option.getAttribute('value')));
  const chosen = [
    await page.locator('#pick-baseline').inputValue(),
    await page.locator('#pick-candidate').inputValue(),
  ];
  const other = values.findLast((value) => value !== null && !chosen.includes(value)) ?? null;
  if (other === null) throw new Error(`There is nothing else to choose as ${role}.`);
  await page.locator(`#pick-${role}`).selectOption(other);
}

async function openFirst(page: Page, selector: string): Promise<void> {
  const details = page.locator(selector).filter({ visible: true }).first();
  await details.locator('> summary').click();
}

async function write(file: string, recipe: LargeExperiment): Promise<void> {
  const handle = await open(file, 'w');
  try {
    for (const line of largeExperiment(recipe)) await handle.write(line);
  } finally {
    await handle.close();
  }
}
