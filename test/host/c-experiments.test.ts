import * as assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { ExperimentSummary } from '../../src/experiment/runner';
import { api, experimentIn, until, workspaceFolder } from './support';

/** Processes on this machine that run in a folder of ours or from our controller. */
function processesOfOurs(): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
        // Of this lab: other ones may run on this machine.
        const isOurs = environment.includes(`GUESTBENCH_PREFIX=${process.env['GUESTBENCH_LAB_PREFIX']}\0`);
        return isOurs && (/guestbench\S*-ctl-/.test(command) || /(^|\0)GB_WORK=/.test(environment))
          ? [`${pid} ${command}`]
          : [];
      } catch {
        return [];
      }
    });
}

describe('experiments', () => {
  it('run trials in balanced order and keep every measurement', async function () {
    this.timeout(180_000);
    const summary = await (
      await api()
    ).run({
      guests: ['demo-a', 'demo-b'],
      benchmarks: [{ id: 'openssl', parameters: { seconds: 1 } }],
      rounds: 2,
      label: 'two rounds',
      seed: 7,
    });
    assert.equal(summary.reason, 'completed');
    assert.equal(summary.ok, 6);
    assert.equal(path.dirname(summary.file), path.join(workspaceFolder(), 'guestbench-results'));
    const experiment = experimentIn(summary.file);
    assert.deepEqual(
      experiment.trials.map((record) => record.trial.id),
      experiment.plan.trials.map((trial) => trial.id),
    );
    for (const record of experiment.trials) {
      assert.equal(record.status, 'ok');
      assert.ok(record.measurements.some((m) => m.id === 'openssl.rsa4096.sign' && m.value > 0));
      assert.ok((record.cpu?.idlePercent ?? -1) >= 0);
      assert.match(record.stdout, /rsa/);
    }
    assert.deepEqual(experiment.facts.map((f) => `${f.guest} ${f.when}`).sort(), [
      'demo-a end',
      'demo-a start',
      'demo-b end',
      'demo-b start',
    ]);
    assert.match(experiment.notes.join(' '), /one and the same machine/);
    assert.equal(experiment.ended?.reason, 'completed');
    const listed = await (await api()).experiments.list();
    assert.deepEqual(
      listed.map(({ label, state }) => `${label} ${state}`),
      ['two rounds completed'],
    );
  });

  it('end on their guest when stopped in the middle of a trial, and keep what was measured', async function () {
    this.timeout(180_000);
    const { run, experiments } = await api();
    let finished: ExperimentSummary | undefined;
    const running = run({
      guests: ['demo-a', 'demo-b'],
      benchmarks: [{ id: 'openssl', parameters: { seconds: 1 } }],
      rounds: 5,
      label: 'to be stopped',
    }).then((summary) => (finished = summary));
    await until(
      'one trial finished and the next one running',
      async () => {
        const entry = (await experiments.list()).find(({ label }) => label === 'to be stopped');
        if (!entry || entry.ok < 1) return false;
        return (
          experimentIn(entry.file).trials.some(({ status }) => status === 'running') &&
          processesOfOurs().length > 0
        );
      },
      120_000,
    );
    assert.equal(finished, undefined);
    await vscode.commands.executeCommand('guestbench.stopExperiment', { how: 'now' });
    const summary = await running;
    assert.equal(summary.reason, 'stopped');
    const experiment = experimentIn(summary.file);
    assert.equal(experiment.ended?.reason, 'stopped');
    assert.equal(experiment.trials.at(-1)?.status, 'cancelled');
    assert.equal(experiment.trials.filter(({ status }) => status === 'ok').length, summary.ok);
    assert.ok(summary.ok >= 1);
    await until('no process of ours is left', () => processesOfOurs().length === 0, 10_000).catch(() =>
      assert.fail(`left: ${processesOfOurs().join('\n')}`),
    );
  });

  it('refuse what does not fit, with a reason, and make no file', async () => {
    const { run, experiments } = await api();
    const before = (await experiments.list()).length;
    const options = { guests: ['demo-a'], benchmarks: [{ id: 'openssl' }], rounds: 1 };
    await assert.rejects(run({ ...options, guests: ['nobody'] }), /no guest "nobody"/);
    await assert.rejects(run({ ...options, benchmarks: [{ id: 'nonsense' }] }), /no benchmark "nonsense"/);
    await assert.rejects(run({ ...options, rounds: 0 }), /whole number from 1/);
    await assert.rejects(
      run({ ...options, benchmarks: [{ id: 'openssl', parameters: { seconds: 'many' } }] }),
      /parameter seconds/,
    );
    assert.equal((await experiments.list()).length, before);
  });

  it('open as a report', async () => {
    const [entry] = await (await api()).experiments.list();
    assert.ok(entry);
    await vscode.commands.executeCommand('guestbench.openReport', { file: entry.file });
    await until('the report is in front', () => {
      const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
      return input instanceof vscode.TabInputCustom && input.viewType === 'guestbench.report';
    });
  });

  it('are exported as Markdown, CSV and JSON', async () => {
    const entry = (await (await api()).experiments.list()).find(({ label }) => label === 'two rounds');
    assert.ok(entry);
    for (const format of ['markdown', 'csv', 'json']) {
      const to = path.join(workspaceFolder(), `export.${format}`);
      await vscode.commands.executeCommand('guestbench.exportReport', { file: entry.file, format, to });
      assert.match(readFileSync(to, 'utf8'), /demo-a/);
    }
  });
});
