import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExperiment } from '../../src/experiment/journal';
import type { Experiment } from '../../src/model/experiment';
import { reportModel } from '../../src/report/model';
import { openDemoWorkspace, type DemoWorkspace } from './support/demo';
import { openWorkbench, themes, type Theme, type Workbench } from './support/workbench';

const rounds = 5;
const trials = 2 * 2 * (rounds + 1);

let demo: DemoWorkspace;
let workbench: Workbench;

const shortName: Readonly<Record<Theme, string>> = {
  'Default Light Modern': 'light',
  'Default Dark Modern': 'dark',
  'Default High Contrast': 'hc',
  'Default High Contrast Light': 'hc-light',
};

function experimentOnDisk(): Experiment {
  const [name, ...others] = readdirSync(demo.results).filter((file) => file.endsWith('.guestbench'));
  expect(others).toEqual([]);
  const read = readExperiment(readFileSync(join(demo.results, name ?? ''), 'utf8'));
  if (read.status === 'error') throw new Error(`line ${read.line}: ${read.error}`);
  return read.experiment;
}

/** What a person sees of the guests: name, mode, state, kernel. */
async function guestRows(): Promise<string[]> {
  return (await workbench.treeLabels('Guests')).filter((label) => label.startsWith('demo-'));
}

beforeAll(async () => {
  demo = await openDemoWorkspace();
  workbench = await openWorkbench({
    folder: demo.folder,
    env: { GUESTBENCH_KNOWN_HOSTS: demo.lab.knownHostsFile },
    viewport: { width: 1500, height: 940 },
  });
});

afterAll(async () => {
  await workbench?.screenshot('main-last').catch(() => undefined);
  await workbench?.close();
  await demo?.close();
});

describe('the main job, on the demo lab, from the palette to the chart', () => {
  it('lists the guests under their host with mode and state, probed on the guests', async () => {
    await workbench.showContainer('Guestbench');
    await workbench.widenSideBar(400);
    const rows = await workbench.until('both guests ready', async () => {
      const labels = await guestRows();
      return labels.length === 2 && labels.every((label) => /, ready/.test(label)) ? labels : undefined;
    });
    const mode = rows[0]?.split(', ')[1];
    expect(mode).toMatch(/^(PV|HVM|PVHVM|PVH|dom0|KVM|VMware|Hyper-V|bare metal|container|other|unknown)/);
    expect(rows[1]?.split(', ')[1]).toBe(mode);
    expect(await workbench.treeLabels('Guests')).toContain('this machine 2 guests');
    await workbench.screenshot('guests');
  });

  it('asks for guests, workloads, length and rounds, and starts', async () => {
    await workbench.palette('Guestbench: Run Benchmarks...');
    await workbench.question('Run Benchmarks: Guests (1/4)');
    await workbench.pickMany(['demo-a', 'demo-b']);
    await workbench.question('Run Benchmarks: Workloads (2/4)');
    await workbench.pickMany(['OpenSSL', '7-Zip']);
    await workbench.question('Run Benchmarks: Length (3/4)');
    await workbench.pick('quick');
    await workbench.question('Run Benchmarks: Rounds (4/4)');
    await workbench.screenshot('rounds');
    await workbench.pick('Reboot the guests before each round: no');
    await workbench.quickPickRow('Reboot the guests before each round: yes').waitFor();
    await workbench.screenshot('rounds-reboot');
    await workbench.pick('Reboot the guests before each round: yes');
    await workbench.quickPickRow('Reboot the guests before each round: no').waitFor();
    await workbench.pick(`${rounds} rounds`);
    const text = await workbench.terminalShows(/trial 1 of 24/);
    expect(text).toContain('one and the same machine');
    expect(text).toMatch(/━━ (OpenSSL|7-Zip) on demo-[ab] \(.+\) · warm-up · trial 1 of 24 · .+ left/);
  });

  it('shows the live output of the benchmarks and fills the report while it runs', async () => {
    await workbench.terminalShows(/Doing |rsa|RAM size|Compressing/, 120_000);
    const report = workbench.webviewFrame();
    await report.locator('main#report h1').first().waitFor();
    await workbench.terminalShows(/round 2 of 5/, 600_000);
    await workbench.screenshot('workbench-running');
    expect(await report.locator('main#report').innerText()).toMatch(/running/i);
    await workbench.statusBarItem(/Guestbench \d+\/24/).waitFor();
  });

  it('ends with a sentence that the data carries', async () => {
    const text = await workbench.terminalShows(/Completed: 24 trials, 0 failed\./, 800_000);
    for (const guest of ['demo-a', 'demo-b']) expect(text).toContain(`OpenSSL on ${guest}`);
    expect(text.match(/✓ /g)?.length ?? 0).toBeGreaterThan(5);
    const { headline } = reportModel([experimentOnDisk()], {});
    expect(text.replace(/\s+/g, ' ')).toContain(headline);
  });

  it('has every trial in the file, in the planned order, with its output', () => {
    const experiment = experimentOnDisk();
    expect(experiment.plan.trials).toHaveLength(trials);
    expect(experiment.plan.reboot).toBeUndefined();
    expect(experiment.trials.map((record) => record.trial.id)).toEqual(
      experiment.plan.trials.map(({ id }) => id),
    );
    for (const record of experiment.trials) {
      expect(record.status).toBe('ok');
      expect(record.measurements.length).toBeGreaterThan(0);
      expect(record.stdout.length).toBeGreaterThan(0);
    }
    expect(experiment.ended?.reason).toBe('completed');
  });

  it('shows the same numbers in the report as the file holds', async () => {
    const model = reportModel([experimentOnDisk()], {});
    const report = workbench.webviewFrame();
    await workbench.until('the final report', async () =>
      (await report.locator('h1').first().innerText()).includes(model.headline.slice(0, 40)),
    );
    const text = (await report.locator('main#report').innerText()).replace(/\s+/g, ' ');
    expect(text).toContain('one and the same machine');
    const tested = model.metrics.filter((metric) => metric.primary);
    expect(tested.map((metric) => metric.benchmark).sort()).toEqual(['7zip', 'openssl']);
    for (const metric of tested) {
      const comparison = metric.comparisons[0];
      expect(comparison?.n).toBe(rounds);
      expect(text).toContain(comparison?.sentence.replace(/\s+/g, ' '));
      // Five blocks of one and the same machine: an interval, and it is the one that is printed.
      expect(comparison?.interval?.[0]).toBeLessThan(comparison?.speedup ?? 0);
      expect(comparison?.interval?.[1]).toBeGreaterThan(comparison?.speedup ?? 0);
    }
  });

  it('has painted its charts, and they hold the data of the file', async () => {
    const report = workbench.webviewFrame();
    const charts = report.locator('canvas');
    const count = await charts.count();
    expect(count).toBeGreaterThanOrEqual(3);
    for (let i = 0; i < count; i++) {
      const chart = charts.nth(i);
      await chart.scrollIntoViewIfNeeded();
      await workbench.until(`chart ${i} painted`, () =>
        chart.evaluate((element) => {
          const canvas = element as unknown as {
            width: number;
            height: number;
            getContext(kind: '2d'): {
              getImageData(x: number, y: number, w: number, h: number): { data: Uint8ClampedArray };
            };
          };
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          let painted = 0;
          for (let at = 3; at < data.length; at += 4) if ((data[at] ?? 0) > 0) painted++;
          return painted > 500;
        }),
      );
    }
  });

  it('lists the experiment', async () => {
    await workbench.until('the experiment row', async () =>
      (await workbench.treeLabels('Experiments')).some((label) => /demo-a vs demo-b.*24 trials/.test(label)),
    );
  });

  it('looks right in light, dark and high contrast', async () => {
    const report = workbench.webviewFrame();
    await report.locator('h1').first().scrollIntoViewIfNeeded();
    for (const theme of themes) {
      await workbench.setTheme(theme);
      await workbench.screenshot(`workbench-${shortName[theme]}`);
    }
    await workbench.palette('View: Toggle Panel Visibility');
    for (const theme of themes) {
      await workbench.setTheme(theme);
      await workbench.screenshot(`report-${shortName[theme]}`);
    }
    expect(workbench.pageErrors).toEqual([]);
  });
});
