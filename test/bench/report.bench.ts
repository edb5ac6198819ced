import { mkdtemp, open, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../scripts/lib/browser.mjs';
import { readExperiment } from '../../src/experiment/journal';
import { reportModel } from '../../src/report/model';
import { modelMessage, readPageMessage } from '../../src/report/protocol';
import { largeExperiment, manyMetrics, manyRounds, type LargeExperiment } from './largeExperiment';
import { servePage, type PageHost } from './reportPage';

/** Of these the middle one counts: the machine does other things too. */
const repeats = 3;
const longestTaskMs = 100;

/** An experiment of 100 000 measurements: from its file to the page's first complete paint, then the page in use. */
export async function* bench(): AsyncGenerator<string> {
  const folder = await mkdtemp(join(tmpdir(), 'guestbench-report-'));
  const browser = await launchBrowser();
  const host: PageHost = { answer: () => Promise.resolve(undefined) };
  const served = await servePage(folder, host);
  const bed: TestBed = { browser, host, url: served.url };
  try {
    for (const [name, recipe] of [
      ['many rounds', manyRounds],
      ['many metrics', manyMetrics],
    ] as const) {
      const file = join(folder, 'large.guestbench');
      await write(file, recipe);
      for await (const line of measure(file, bed)) yield `${name}: ${line}`;
    }
  } finally {
    await served.close();
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface TestBed {
  readonly browser: Browser;
  readonly host: PageHost;
  readonly url: string;
}

async function* measure(file: string, bed: TestBed): AsyncGenerator<string> {
  const alone: number[] = [];
  const opened: number[] = [];
  const stages: Stages[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    alone.push(await timeOf(() => parseAlone(file)));
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
  yield `medians of the stages: ${(['read', 'model', 'painted'] as const)
    .map((stage) => `${stage} ${median(stages.map((one) => one[stage])).toFixed(0)} ms`)
    .join(', ')}`;
}

/** What any program must do that has the values of the file: read it and parse its lines. */
async function parseAlone(file: string): Promise<void> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  const values = lines.flatMap((line): unknown[] => (line === '' ? [] : [JSON.parse(line)]));
  if (values.length < 100) throw new Error('The file has no lines.');
}

interface Stages {
  readonly measurements: number;
  readonly read: number;
  readonly model: number;
  /** From the message on its way to the paint. */
  readonly painted: number;
}

interface Shown {
  readonly page: Page;
  readonly paintedMs: number;
  readonly stages: Stages;
}

async function openReport(file: string, { browser, host, url }: TestBed): Promise<Shown> {
  const startedMs = Date.now();
  // The product reads while its page starts.
  const reading = readFile(file, 'utf8').then((text) => {
    const read = readExperiment(text);
    if (read.status === 'error') throw new Error(read.error);
    return { experiment: read.experiment, readMs: Date.now() };
  });
  const times = { model: 0 };
  let choice = {};
  host.answer = async (data) => {
    const read = readPageMessage(data);
    if (read.status === 'dropped') throw new Error(read.why);
    const { message } = read;
    if (message.type === 'error') throw new Error(message.message);
    if (message.type === 'choose') choice = { baseline: message.baseline, candidate: message.candidate };
    else if (message.type !== 'ready') return undefined;
    const { experiment } = await reading;
    const model = reportModel([experiment], choice);
    times.model = Date.now();
    return modelMessage(model);
  };
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  page.on('pageerror', (error) => process.stderr.write(`${error.message}\n`));
  await page.goto(url);
  const { experiment, readMs } = await reading;
  const benchmarks = experiment.plan.benchmarks.length;
  const paintedAtMs = Number(await page.evaluate(completePaint(benchmarks)));
  return {
    page,
    paintedMs: paintedAtMs - startedMs,
    stages: {
      measurements: experiment.trials.reduce((sum, { measurements }) => sum + measurements.length, 0),
      read: readMs - startedMs,
      model: times.model - readMs,
      painted: paintedAtMs - times.model,
    },
  };
}

/** In the page: resolves to the time when headline, all workloads and the first chart have been drawn. */
const completePaint = (benchmarks: number): string => `new Promise((resolve) => {
  const look = () => {
    const done =
      (document.querySelector('h1')?.textContent ?? '') !== '' &&
      document.querySelectorAll('.workload').length === ${benchmarks} &&
      document.querySelector('.overview canvas, .overview svg') !== null;
    if (done) requestAnimationFrame(() => setTimeout(() => resolve(Date.now())));
    else requestAnimationFrame(look);
  };
  look();
})`;

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

async function timeOf(work: () => Promise<void>): Promise<number> {
  const startedMs = Date.now();
  await work();
  return Date.now() - startedMs;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
