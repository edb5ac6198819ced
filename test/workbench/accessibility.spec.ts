/** axe-core on every page there is, in every theme. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExperiment } from '../../src/experiment/journal';
import type { Experiment } from '../../src/model/experiment';
import { toHtml } from '../../src/report/html';
import { reportModel } from '../../src/report/model';
import { preparationMessage } from '../../src/report/preparationProtocol';
import type { PreparationModel } from '../../src/report/preparationShape';
import { modelMessage } from '../../src/report/protocol';
import { trendMessage } from '../../src/report/trendProtocol';
import type { TrendModel } from '../../src/report/trendShape';
import { catalogue, experiment, pv, pvhvm, withLoad, workload } from '../unit/report/experiments';
import { openAll, violationsIn } from './support/axe';
import { lookOf, openPlainPage, preparePage, reportPage, trendPage, type Look } from './support/plainPage';
import { acrossRuns, trendOf } from './support/severalRuns';
import { openWorkbench, themes, type Theme, type Workbench } from './support/workbench';

let folder: string;
let workbench: Workbench;
const looks = new Map<Theme, Look>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gb-axe-'));
  workbench = await openWorkbench({ folder, viewport: { width: 1400, height: 1000 } });
  await workbench.showContainer('Guestbench');
  await workbench.view('Guests').getByRole('button', { name: 'Open a Sample Report' }).click();
  await workbench.question('Open Sample Report');
  await workbench.pick('PV and PVHVM on Xen 4.17');
  await workbench.webviewFrame().locator('h1').first().waitFor();
});

afterAll(async () => {
  await workbench?.close();
  rmSync(folder, { recursive: true, force: true });
});

function sample(name: string): Experiment {
  const read = readExperiment(readFileSync(`media/samples/${name}`, 'utf8'));
  if (read.status === 'error') throw new Error(read.error);
  return read.experiment;
}

const samples = readdirSync('media/samples').map((name) => [name, sample(name)] as const);

/** With failures, warm-ups, the load of each trial, and a workload that was set aside. */
function running(): Experiment {
  const made = withLoad(
    experiment({
      guests: [pv, pvhvm, { name: 'third', host: 'lab1' }],
      workloads: [workload('openssl', 1931, 1.2, 0.004, 6), workload('fio-randread', 42_000, 0.9, 0.02, 5)],
      notes: ['Both guests are the same machine.'],
      setAside: [{ guest: pv.name, benchmark: 'openssl', reason: 'openssl is missing' }],
    }),
    { pressure: 20, others: 40 },
  );
  const trials = made.trials.map((trial, index) =>
    index === 5
      ? { ...trial, status: 'failed' as const, reason: 'No space left on device', measurements: [] }
      : trial,
  );
  return { ...made, trials };
}

const reports = [
  ...samples.map(([name, one]) => [name, reportModel([one], {})] as const),
  [
    'several samples',
    reportModel(
      samples.map(([, one]) => one),
      {},
    ),
  ] as const,
  ['runs before and after an upgrade', reportModel(acrossRuns, { catalogue })] as const,
  ['a running experiment', reportModel([running()], { activity: 'running' })] as const,
  ['no experiment', reportModel([], {})] as const,
];

/** All that a page can hold is in one of these; the pages of the others are tested in the first theme only. */
const telling = reports.filter(([name]) => /^xen|upgrade|running/.test(name));
const reportsIn = (theme: string) => (theme === themes[0] ? reports : telling);

const preparation: PreparationModel = {
  purpose: 'run',
  headline: '1 of 2 guests is not ready for everything.',
  benchmarks: [
    { id: 'fio', title: 'Random read' },
    { id: '7zip', title: '7-Zip' },
  ],
  guests: [
    { name: 'one', packages: [], commands: [], how: '', trouble: '', activity: 'Looking …' },
    {
      name: 'two',
      packages: ['7zip'],
      commands: ['sudo apt-get install 7zip'],
      how: 'Run by ada.',
      trouble: 'The disk is full.',
      activity: '',
    },
  ],
  cells: [
    [
      { state: 'ready', word: 'Ready', text: 'fio-3.33', details: '' },
      { state: 'space', word: 'No space', text: '', details: 'only 3 KiB are free' },
    ],
    [
      { state: 'ready', word: 'Ready', text: '', details: '' },
      { state: 'missing', word: 'Missing', text: '7zip', details: '7z was not found.' },
    ],
  ],
  busy: 'no',
  installable: 1,
  withoutGuests: { without: ['two'] },
  withoutBenchmarks: { without: ['7-Zip'] },
};

const trends: readonly (readonly [string, TrendModel])[] = [
  ['a guest', trendOf({ metric: 'sqlite/seconds', subject: 'guest:deb12-pv' })],
  [
    'a pair of modes while files are read',
    {
      ...trendOf({ metric: 'sqlite/seconds', subject: 'mode:PVHVM/PV' }),
      reading: { state: 'reading', read: 37, total: 500 },
    },
  ],
];

/** The frame of the workbench that the report is in. */
async function reportFrame(): Promise<Frame> {
  return workbench.until('the frame of the report', async () => {
    for (const frame of workbench.page.frames()) {
      if ((await frame.locator('main#report h1').count()) > 0) return frame;
    }
    return undefined;
  });
}

async function withPage(opening: Promise<Page>, look: (page: Page) => Promise<void>): Promise<void> {
  const page = await opening;
  try {
    await look(page);
  } finally {
    await page.close();
  }
}

describe.each(themes)('in %s, axe-core finds nothing', (theme) => {
  it('in the report of the workbench', async () => {
    await workbench.setTheme(theme);
    const frame = await reportFrame();
    const wanted = { 'Default Light Modern': 'vscode-light', 'Default Dark Modern': 'vscode-dark' };
    const className = theme in wanted ? wanted[theme as keyof typeof wanted] : 'vscode-high-contrast';
    await frame.locator(`body.${className}`).waitFor();
    await openAll(frame);
    looks.set(theme, await lookOf(frame));
    expect(await violationsIn(frame)).toEqual([]);
  });

  it.each(reportsIn(theme))('in the report of %s', async (_, model) => {
    const look = looks.get(theme);
    if (look === undefined) throw new Error('The look of the theme was not taken.');
    const several =
      model.experiments.length > 1
        ? { files: model.experiments.map(({ label }) => ({ address: label, name: label })) }
        : undefined;
    await withPage(
      openPlainPage(workbench.browser, reportPage, look, modelMessage(model, several)),
      async (page) => {
        await openAll(page);
        expect(await violationsIn(page)).toEqual([]);
      },
    );
  });

  it.each(trends)('in the trend of %s', async (_, model) => {
    const look = looks.get(theme);
    if (look === undefined) throw new Error('The look of the theme was not taken.');
    const message = trendMessage(model, { folder: 'file:///lab' });
    await withPage(openPlainPage(workbench.browser, trendPage, look, message), async (page) => {
      await openAll(page);
      expect(await page.locator('.trend-chart .point').count()).toBeGreaterThan(5);
      expect(await violationsIn(page)).toEqual([]);
    });
  });

  it('in the table of Prepare Guests', async () => {
    const look = looks.get(theme);
    if (look === undefined) throw new Error('The look of the theme was not taken.');
    const opening = openPlainPage(workbench.browser, preparePage, look, preparationMessage(preparation));
    await withPage(opening, async (page) => {
      await openAll(page);
      expect(await violationsIn(page)).toEqual([]);
    });
  });
});

describe.each([
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['forced colours', { colorScheme: 'dark', forcedColors: 'active' }],
  ['light forced colours', { colorScheme: 'light', forcedColors: 'active' }],
] as const)('in an exported page in %s, axe-core finds nothing', (_, media) => {
  it.each(telling)('of %s', async (__, model) => {
    await withPage(workbench.browser.newPage(), async (page) => {
      await page.emulateMedia(media);
      await page.setContent(toHtml(model));
      await openAll(page);
      expect(await violationsIn(page)).toEqual([]);
    });
  });
});
