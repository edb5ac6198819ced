/** A folder that a stranger made: its lab file, its experiments and what lies beside them all want to act. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join, parse as parsePath } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'jsonc-parser';
import { readExperiment } from '../../src/experiment/journal';
import type { Experiment } from '../../src/model/experiment';
import type { Guest, Lab } from '../../src/model/lab';
import { toJson } from '../../src/report/json';
import { flag, unseen } from '../hostileStrings';
import { has, needs } from '../support/needs';
import { openDemoWorkspace, type DemoWorkspace } from './support/demo';
import { ownBenchmark, strangersExperiment, strangersResult, texts } from './support/strangersFiles';
import { openWorkbench, type Workbench } from './support/workbench';

let demo: DemoWorkspace;
let workbench: Workbench;
/** Made by the stranger's command: the demo guests are this machine. */
let mark: string;
/** A file of the person's that links of the stranger lead to. */
let precious: string;

const question = 'Resume an experiment that this computer did not start?';

function readResult(text: string): Experiment {
  const read = readExperiment(text);
  if (read.status === 'error') throw new Error(read.error);
  return read.experiment;
}

beforeAll(async () => {
  demo = await openDemoWorkspace();
  mark = join(demo.folder, 'acted');
  precious = join(demo.folder, '..', 'precious');
  writeFileSync(precious, 'precious');
  mkdirSync(demo.results);
  const at = (name: string): string => join(demo.results, name);
  const first = strangersExperiment(mark);
  writeFileSync(at('stranger.guestbench'), `${JSON.stringify(first)}\n`);
  symlinkSync(precious, at('stranger.guestbench.lock.new'));
  for (const { id } of first.plan.trials) symlinkSync(precious, at(`stranger.guestbench.${id}.stdout.txt`));
  symlinkSync('/dev/zero', at('endless.guestbench'));
  symlinkSync('/nowhere/at/all', at('nowhere.guestbench'));
  execFileSync('mkfifo', [at('pipe.guestbench')]);
  mkdirSync(at('folder.guestbench'));
  writeFileSync(at('long.guestbench'), '');
  truncateSync(at('long.guestbench'), 10 * 1024 ** 3);
  writeFileSync(at('deep.guestbench'), `${JSON.stringify(first)}\n${'['.repeat(500_000)}\n`);
  const found = join(demo.folder, 'found');
  mkdirSync(found);
  writeFileSync(join(found, 'composite.xml'), strangersResult());
  writeFileSync(join(found, 'exported.json'), toJson(readResult(`${JSON.stringify(first)}\n`)));
  symlinkSync('/dev/zero', join(found, 'endless.xml'));
  workbench = await openWorkbench({
    folder: demo.folder,
    env: { GUESTBENCH_KNOWN_HOSTS: demo.lab.knownHostsFile },
    settings: { 'guestbench.resume': 'automatically' },
  });
  await workbench.showContainer('Guestbench');
});

afterAll(async () => {
  await workbench?.screenshot('stranger-last').catch(() => undefined);
  await workbench?.close();
  await demo?.close();
});

/** What the stranger's files may not have done. */
function nothingHappened(): void {
  expect(existsSync(mark)).toBe(false);
  expect(readFileSync(precious, 'utf8')).toBe('precious');
  expect(readdirSync(demo.results).filter((name) => name.endsWith('.lock'))).toEqual([]);
  expect(workbench.pageErrors).toEqual([]);
}

/** Whether a script of the stranger's texts ran, in any frame. */
async function hasRun(): Promise<boolean> {
  const frames = await Promise.all(
    workbench.page.frames().map((frame) => frame.evaluate(`'${flag}' in window`).catch(() => false)),
  );
  return frames.includes(true);
}

async function importFile(name: string, label?: string): Promise<void> {
  await workbench.palette('Guestbench: Import Results...');
  await workbench.question('Import Results');
  const input = workbench.page.locator('.quick-input-widget:visible input.input').first();
  await workbench.until('the folder', async () => (await input.inputValue()).startsWith(demo.folder));
  await input.fill(join(demo.folder, 'found', name));
  // Only what the dialog has looked up can be accepted.
  await workbench.quickPickRow(name).waitFor();
  await workbench.accept();
  if (label === undefined) return;
  await workbench.question('Import Results: Label');
  await workbench.fill(label);
}

/** The experiment of that label that was imported, once it is written. */
async function imported(label: string): Promise<Experiment> {
  const name = await workbench.until(`the file of ${label}`, () =>
    Promise.resolve(readdirSync(demo.results).find((one) => one.endsWith(`-${label}.guestbench`))),
  );
  await workbench.page.locator('.tab', { hasText: name }).first().waitFor();
  return readResult(readFileSync(join(demo.results, name), 'utf8'));
}

async function rowOf(view: string, text: RegExp): Promise<string> {
  return workbench.until(`a row ${text}`, async () =>
    (await workbench.treeLabels(view)).find((label) => text.test(label)),
  );
}

describe('a folder from a stranger', () => {
  it('is listed with a reason for each file that is none, and nothing in it acts', async () => {
    const rows = await workbench.until('all rows', async () => {
      const found = await workbench.treeLabels('Experiments');
      return found.length === 7 ? found.join('\n') : undefined;
    });
    expect(rows).toMatch(/From a stranger.*interrupted/);
    for (const name of ['endless', 'nowhere', 'pipe', 'folder', 'long', 'deep'])
      expect(rows).toMatch(new RegExp(`${name}.*(?:unreadable|cannot be read)`));
    await workbench.until('the guests', async () =>
      (await workbench.treeLabels('Guests')).find((label) => /^demo-a.*ready/.test(label)),
    );
    expect(await workbench.page.locator('.monaco-dialog-box').count()).toBe(0);
    nothingHappened();
  });

  it('opens as a report, and nothing of it acts', async () => {
    await workbench.openFile('stranger.guestbench');
    await workbench.webviewFrame().locator('main#report h1').first().waitFor();
    nothingHappened();
  });

  it('is resumed neither by Enter nor by Escape, and shows what it would do', async () => {
    for (const key of ['Enter', 'Escape']) {
      await workbench.palette('Guestbench: Resume Experiment');
      const dialog = await workbench.dialog(question);
      const text = await dialog.innerText();
      expect(text).toContain(`touch '${mark}'`);
      expect(text).toContain('demo-a was root@192.0.2.7 when it was recorded');
      await workbench.screenshot('stranger-question');
      await workbench.page.keyboard.press(key);
      await dialog.waitFor({ state: 'hidden' });
    }
    await workbench.palette('Guestbench: Resume Experiment');
    await workbench.answerDialog(question, 'Show All');
    await workbench.until('the text', async () =>
      (await workbench.page.locator('.editor-instance .view-lines').first().innerText()).includes('acted'),
    );
    nothingHappened();
  });

  it('is imported as text: a result of another tool', async () => {
    await importFile('composite.xml', 'Theirs');
    expect((await imported('Theirs')).imported?.source).toBe('composite.xml');
    const report = workbench.webviewFrame();
    const text = await workbench.until('the report', async () => {
      const shown = await report.locator('main#report').innerText();
      return shown.includes(texts.icon) ? shown : undefined;
    });
    expect(text).toContain(texts.link);
    expect(text).toContain(texts.markup);
    expect(text).not.toMatch(unseen);
    expect(await report.locator('main#report').locator('img, script, a[href]').count()).toBe(0);
    expect(await rowOf('Experiments', /^Theirs/)).not.toMatch(unseen);
    expect(await hasRun()).toBe(false);
    await workbench.screenshot('stranger-imported');
    nothingHappened();
  });

  it('is imported as a copy that is never resumed: an export of Guestbench', async () => {
    await importFile('exported.json', 'Copied');
    const experiment = await imported('Copied');
    expect(experiment.copied).toBe(true);
    expect(experiment.ended?.reason).toBe('stopped');
    expect(experiment.lab.benchmarks?.[0]?.command).toContain('touch');
    await workbench.palette('Guestbench: Resume Experiment');
    await workbench.notification(
      'This is a copy that was imported: only the experiment itself can be resumed.',
    );
    expect(await workbench.page.locator('.monaco-dialog-box').count()).toBe(0);
    nothingHappened();
    await workbench.palette('Notifications: Clear All Notifications');
  });

  it('is refused with a sentence where a link leads to what has no end', async () => {
    const before = readdirSync(demo.results);
    await importFile('endless.xml');
    await workbench.notification(/endless\.xml cannot be read: it is a device, not an ordinary file\./);
    expect(readdirSync(demo.results)).toEqual(before);
    nothingHappened();
    await workbench.palette('Notifications: Clear All Notifications');
    // No report is in front any more.
    await workbench.openFile('guestbench.lab.json');
  });

  it('runs after a deliberate yes, once, and still overwrites nothing through its links', async () => {
    // The text is in front, so it is asked which one is meant.
    await workbench.palette('Guestbench: Resume Experiment');
    await workbench.pick('From a stranger');
    await workbench.answerDialog(question, 'Resume Foreign Experiment');
    await workbench.terminalShows(/Completed: 2 trials, 0 failed\./, 120_000);
    expect(existsSync(mark)).toBe(true);
    expect(readFileSync(precious, 'utf8')).toBe('precious');
    const outputs = readdirSync(demo.results)
      .filter((name) => name.endsWith('.stdout.txt'))
      .map((name) => lstatSync(join(demo.results, name)));
    expect(outputs.filter((one) => !one.isFile())).toEqual([]);
    // A trial that a busy machine interrupts is done once more, with an output of its own.
    expect(outputs.filter(({ size }) => size > 1_400_000).length).toBeGreaterThanOrEqual(2);
  });
});

describe('a lab file from a stranger', () => {
  const upload = 'Upload from this computer to the guests?';
  const names = [`${texts.link} ${texts.icon}`, `${texts.icon} ${texts.markup}`] as const;

  function writeLab(change: (demoA: Guest) => Partial<Lab>): void {
    const lab = parse(demo.lab.labText) as Lab & { readonly guests: readonly [Guest] };
    writeFileSync(demo.labFile, JSON.stringify({ ...lab, ...change(lab.guests[0]) }));
  }

  /** All that a guest has of Guestbench's. */
  const onGuest = (): string => {
    const { dir, base } = parsePath(demo.lab.prefix);
    const folders = readdirSync(dir, { withFileTypes: true }).filter(
      (entry) => entry.isDirectory() && entry.name.startsWith(`${base}-`),
    );
    return folders
      .flatMap(({ name }) => readdirSync(join(dir, name), { recursive: true, encoding: 'utf8' }))
      .join('\n');
  };

  beforeAll(() => rmSync(mark, { force: true }));

  it('signs in as nobody whose name a shell would act on, and shows all of it as text', async () => {
    writeLab((demoA) => ({
      guests: [
        { ...demoA, name: names[0], user: 'a -x b' },
        { ...demoA, name: names[1], user: `$(touch ${mark})` },
      ],
    }));
    await rowOf('Guests', /"a -x b" cannot be a user name/);
    await rowOf('Guests', /"\$\(touch .*acted\)" cannot be a user name/);
    const rows = (await workbench.treeLabels('Guests')).join('\n');
    for (const name of names) expect(rows).toContain(name);
    expect(await workbench.view('Guests').locator('.monaco-list').locator('img, a[href]').count()).toBe(0);
    await workbench.screenshot('stranger-guests');
    expect(await hasRun()).toBe(false);
    nothingHappened();
  });

  it('makes a finding of a file of this computer that its own benchmark is to be given', async () => {
    writeLab(() => ({
      benchmarks: [ownBenchmark(mark)],
      suites: { given: [{ benchmark: 'nice', parameters: { source: `local:${precious}` } }] },
    }));
    expect(await rowOf('Guests', /suites\.given\[0\]\.parameters/)).toContain('guestbench.lab.json:1');
    await rowOf('Guests', /^demo-a.*ready/);
    nothingHappened();
  });

  it(
    'uploads neither by Enter nor by Escape what its suite names, but after a deliberate yes',
    needs({ perl: has('perl'), make: has('make') }),
    async () => {
      const link = join(demo.folder, 'theirs.tar');
      symlinkSync(precious, link);
      const source = `local:${link}`;
      writeLab(() => ({
        suites: { theirs: [{ benchmark: 'unixbench-single', parameters: { source, build: 'given' } }] },
      }));
      await rowOf('Guests', /^demo-a.*ready/);
      const before = readdirSync(demo.results);
      const run = async (): Promise<void> => {
        await workbench.palette('Guestbench: Run Benchmarks...');
        await workbench.question('Run Benchmarks: Guests (1/4)');
        await workbench.pickMany(['demo-a']);
        await workbench.question('Run Benchmarks: Workloads (2/4)');
        await workbench.pickMany(['theirs']);
        await workbench.question('Run Benchmarks: Length (3/4)');
        await workbench.accept();
        await workbench.question('Run Benchmarks: Rounds (4/4)');
        await workbench.pick('1 round');
      };
      for (const key of ['Enter', 'Escape']) {
        await run();
        const dialog = await workbench.dialog(upload);
        // What would be sent is what the link leads to.
        expect((await dialog.innerText()).split('\n')).toContain(precious);
        await workbench.screenshot('stranger-upload');
        await workbench.page.keyboard.press(key);
        await dialog.waitFor({ state: 'hidden' });
        expect(readdirSync(demo.results)).toEqual(before);
        expect(onGuest()).not.toContain('theirs.tar');
        nothingHappened();
      }
      await run();
      await workbench.answerDialog(upload, 'Upload');
      await workbench.until('the upload', () => Promise.resolve(onGuest().includes('theirs.tar')), 60_000);
      // What was sent is nothing that could be unpacked: the run ends by itself.
      await workbench.until(
        'the end of the run',
        () => {
          const made = readdirSync(demo.results).find(
            (name) => name.endsWith('.guestbench') && !before.includes(name),
          );
          return Promise.resolve(made && readResult(readFileSync(join(demo.results, made), 'utf8')).ended);
        },
        120_000,
      );
    },
  );

  it('makes a finding of a lab file without end, not a silence', async () => {
    writeFileSync(demo.labFile, `{ "guests": ${'['.repeat(500_000)} }`);
    const rows = await workbench.until('the finding', async () =>
      (await workbench.treeLabels('Guests')).find((label) => /more than 64 deep/.test(label)),
    );
    expect(rows).toContain('guestbench.lab.json:1');
  });
});
