/**
 * On a real Xen host, when there is one: GUESTBENCH_XENLAB names a JSON file with its machines (name, expected_mode,
 * host, port, user, key) and its known_hosts. Not part of the usual run: without the variable it is skipped.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../support/needs';
import { readExperiment } from '../../src/experiment/journal';
import { reportModel } from '../../src/report/model';
import { openWorkbench, themes, type Workbench } from './support/workbench';

interface Machine {
  readonly name: string;
  readonly expected_mode: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly key: string;
}
interface XenLab {
  readonly known_hosts: string;
  readonly machines: readonly Machine[];
}

const labJson = process.env['GUESTBENCH_XENLAB'];
const rounds = 5;

describe('a real Xen host', needs({ 'a real Xen host (GUESTBENCH_XENLAB)': labJson !== undefined }), () => {
  let scratch: string;
  let folder: string;
  let workbench: Workbench;
  let guests: readonly Machine[];

  beforeAll(async () => {
    const lab = JSON.parse(readFileSync(labJson ?? '', 'utf8')) as XenLab;
    guests = lab.machines.filter((machine) => machine.expected_mode !== 'dom0');
    scratch = mkdtempSync(join(tmpdir(), 'gb-xen-'));
    folder = join(scratch, 'xen-lab');
    mkdirSync(folder);
    const file = {
      hosts: [{ name: 'xen-4.17', kind: 'xl' }],
      guests: guests.map((machine) => ({
        name: `debian-${machine.name}`,
        host: 'xen-4.17',
        address: machine.host,
        port: machine.port,
        user: machine.user,
        identityFile: machine.key,
        mode: machine.expected_mode,
      })),
    };
    writeFileSync(join(folder, 'guestbench.lab.json'), JSON.stringify(file, undefined, 2));
    workbench = await openWorkbench({
      folder,
      env: { GUESTBENCH_KNOWN_HOSTS: lab.known_hosts },
      settings: { 'guestbench.connectTimeoutSeconds': 180 },
      viewport: { width: 1500, height: 940 },
    });
  });

  afterAll(async () => {
    await workbench?.screenshot('xen-last').catch(() => undefined);
    await workbench?.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  it('shows each guest in the mode probed from inside', async () => {
    await workbench.showContainer('Guestbench');
    await workbench.widenSideBar(400);
    const labels = await workbench.until(
      'all guests ready',
      async () => {
        const rows = (await workbench.treeLabels('Guests')).filter((label) => label.startsWith('debian-'));
        return rows.length === guests.length && rows.every((row) => row.includes(', ready'))
          ? rows
          : undefined;
      },
      240_000,
    );
    const found = labels.map((label) => label.split(', ').slice(0, 2).join(' '));
    expect([...found].sort()).toEqual(
      guests.map(({ name, expected_mode: mode }) => `debian-${name} ${mode}`).sort(),
    );
    await workbench.screenshot('xen-guests');
  });

  it('runs PV against PVHVM to its report', async () => {
    await workbench.palette('Guestbench: Run Benchmarks...');
    await workbench.question('Run Benchmarks: Guests (1/4)');
    await workbench.pickMany(['debian-pv', 'debian-pvhvm']);
    await workbench.question('Run Benchmarks: Workloads (2/4)');
    await workbench.pickMany(['OpenSSL']);
    await workbench.question('Run Benchmarks: Length (3/4)');
    await workbench.pick('standard');
    await workbench.question('Run Benchmarks: Rounds (4/4)');
    await workbench.pick(`${rounds} rounds`);
    await workbench.terminalShows(/Completed: 12 trials, 0 failed\./, 1_500_000);
    const results = join(folder, 'guestbench-results');
    const [name] = readdirSync(results).filter((file) => file.endsWith('.guestbench'));
    const read = readExperiment(readFileSync(join(results, name ?? ''), 'utf8'));
    if (read.status === 'error') throw new Error(read.error);
    const model = reportModel([read.experiment], {});
    expect(model.guests.map(({ mode }) => mode)).toEqual(['PV', 'PVHVM']);
    expect(model.baseline).toBe('debian-pv');
    const report = workbench.webviewFrame();
    await workbench.until('the final report', async () =>
      (await report.locator('h1').first().innerText()).includes(model.headline.slice(0, 40)),
    );
    mkdirSync('test-results', { recursive: true });
    writeFileSync(join('test-results', 'xen.guestbench'), readFileSync(join(results, name ?? '')));
    for (const theme of themes) {
      await workbench.setTheme(theme);
      await workbench.screenshot(`xen-${theme.replaceAll(' ', '-').toLowerCase()}`);
    }
    await workbench.setTheme('Default Dark Modern');
    await workbench.palette('View: Toggle Panel Visibility');
    await workbench.screenshot('xen-report');
  }, 1_600_000);
});
