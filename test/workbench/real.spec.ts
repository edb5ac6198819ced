/**
 * Whole suites with the real programs, which take minutes to hours, so it is not part of the usual run: GUESTBENCH_REAL
 * names a JSON file with `suite` (its id), `entries` (its benchmarks, unless it comes with the extension), `sources`
 * (the setting: where UnixBench, a kernel and the Phoronix Test Suite are), `guests` of the demo lab and `rounds`.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { suites } from '../../src/benchmarks/suites';
import { readExperiment } from '../../src/experiment/journal';
import { reportModel } from '../../src/report/model';
import { openDemoWorkspace, type DemoWorkspace } from './support/demo';
import { openWorkbench, themes, type Workbench } from './support/workbench';

interface Wish {
  readonly suite: string;
  readonly entries?: readonly { readonly benchmark: string; readonly as?: string }[];
  readonly sources: Readonly<Record<string, string>>;
  readonly guests: readonly string[];
  readonly rounds: number;
}

const file = process.env['GUESTBENCH_REAL'];
const limitMs = 5 * 3_600_000;

describe('a suite with the real programs', () => {
  let demo: DemoWorkspace;
  let workbench: Workbench;
  let wish: Wish;

  beforeAll(async () => {
    wish = JSON.parse(readFileSync(file ?? '', 'utf8')) as Wish;
    demo = await openDemoWorkspace();
    if (wish.entries !== undefined) {
      const suites = `,\n  "suites": ${JSON.stringify({ [wish.suite]: wish.entries })}\n}\n`;
      writeFileSync(demo.labFile, demo.lab.labText.replace(/\n\}\n$/, suites));
    }
    workbench = await openWorkbench({
      folder: demo.folder,
      env: { GUESTBENCH_KNOWN_HOSTS: demo.lab.knownHostsFile },
      settings: { 'guestbench.sources': wish.sources },
      viewport: { width: 1500, height: 940 },
    });
  });

  afterAll(async () => {
    await workbench?.screenshot('real-last').catch(() => undefined);
    await workbench?.close();
    await demo?.close();
  });

  it(
    'runs from one command, unattended, and has every row in the report',
    async () => {
      const ids =
        wish.entries?.map(({ benchmark, as }) => as ?? benchmark) ??
        suites.find(({ id }) => id === wish.suite)?.benchmarks.map(({ id }) => id) ??
        [];
      await workbench.showContainer('Guestbench');
      await workbench.until('both guests ready', async () => {
        const rows = (await workbench.treeLabels('Guests')).filter((label) => label.startsWith('demo-'));
        return rows.length === 2 && rows.every((row) => row.includes(', ready'));
      });
      await workbench.palette('Guestbench: Run Benchmarks...');
      await workbench.question('Run Benchmarks: Guests (1/4)');
      await workbench.pickMany(wish.guests);
      await workbench.question('Run Benchmarks: Workloads (2/4)');
      await workbench.pickMany([suites.find(({ id }) => id === wish.suite)?.title ?? wish.suite]);
      await workbench.question('Run Benchmarks: Length (3/4)');
      await workbench.pick('As the Suite Says');
      await workbench.question('Run Benchmarks: Rounds (4/4)');
      await workbench.pick(wish.rounds === 1 ? '1 round' : `${wish.rounds} rounds`);
      const trials = wish.guests.length * ids.length * (wish.rounds + 1);
      await workbench.terminalShows(/Completed: \d+ trials|Stopped: /, limitMs);
      const [name] = readdirSync(demo.results).filter((entry) => entry.endsWith('.guestbench'));
      const text = readFileSync(join(demo.results, name ?? ''), 'utf8');
      mkdirSync('test-results', { recursive: true });
      writeFileSync(join('test-results', `${wish.suite}.guestbench`), text);
      const read = readExperiment(text);
      if (read.status === 'error') throw new Error(read.error);
      const { trials: records } = read.experiment;
      const broken = records.filter(({ status }) => status !== 'ok');
      expect(broken.map(({ trial, reason }) => `${trial.id}: ${reason ?? ''}`)).toEqual([]);
      expect(records).toHaveLength(trials);
      const model = reportModel([read.experiment], {});
      const measured = model.metrics.filter(({ guests }) => guests.every(({ n }) => n > 0));
      expect([...new Set(measured.map(({ benchmark }) => benchmark))].sort()).toEqual([...ids].sort());
      const report = workbench.webviewFrame();
      for (const title of new Set(model.metrics.map(({ benchmarkTitle }) => benchmarkTitle))) {
        await report.getByText(title).first().waitFor();
      }
      await workbench.palette('View: Toggle Panel Visibility');
      for (const theme of themes) {
        await workbench.setTheme(theme);
        await workbench.screenshot(`real-${theme.replaceAll(' ', '-').toLowerCase()}`);
      }
    },
    limitMs,
  );
});
