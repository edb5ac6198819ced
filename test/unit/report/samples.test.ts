import { readFileSync, readdirSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { experimentText } from '../../../src/experiment/experimentText';
import { readExperiment } from '../../../src/experiment/readExperiment';
import type { Experiment } from '../../../src/model/experiment';
import { toMarkdown } from '../../../src/report/exporters';
import { reportModel } from '../../../src/report/model';

const folder = 'media/samples';

function sample(name: string): Experiment {
  const read = readExperiment(readFileSync(`${folder}/${name}.guestbench`, 'utf8'));
  if (read.status === 'error') throw new Error(read.error);
  return read.experiment;
}

const ratios = (e: Experiment) =>
  Object.fromEntries(
    reportModel([e], {}).metrics.map(({ benchmark, title, comparisons }) => [
      `${benchmark} ${title}`,
      Number(comparisons[0]?.speedup?.toFixed(3)),
    ]),
  );

describe('the samples', () => {
  it('are all offered by the command, small, and read back equal', () => {
    const files = readdirSync(folder);
    const command = readFileSync('src/ui/commands/openSampleReport.ts', 'utf8');
    expect(files.length).toBeGreaterThanOrEqual(3);
    for (const file of files) {
      const name = file.replace(/\.guestbench$/, '');
      expect(command).toContain(`sample: '${name}'`);
      expect(statSync(`${folder}/${file}`).size).toBeLessThan(100_000);
      const e = sample(name);
      expect(readExperiment(experimentText(e))).toEqual({ status: 'ok', experiment: e });
    }
  });

  it('give the ratios of 2013 as they were published, and nothing that was not', () => {
    const e = sample('reference-lab-2013');
    expect(ratios(e)).toEqual({
      'unixbench-single Speed': 3.05,
      'unixbench-4 Speed': 2.28,
      'kernel-build Speed': 1.15,
      '7zip Speed': 1,
      'openssl Speed': 1,
      'php Speed': 1.05,
      'fio-randread Speed': 1.16,
      'fio-randread Latency': 1.163,
      'fio-randwrite Speed': 1.05,
      'fio-randwrite Latency': 1.042,
      'sqlite Speed': 1.15,
      'apache Speed': 1.14,
    });
    expect(e.imported?.statement).toBe('published figures, no raw data, no interval');
    const model = reportModel([e], {});
    expect(model.headline).toMatch(
      /^PVHVM is given as 1\.00 to 3\.05 times as fast as PV .*Published figures, no raw data, no interval\.$/,
    );
    // "5 % faster at most" is no figure above 1.
    expect(model.headline).toContain('(above 1 in 7 of 10 workloads, even in 2, only a limit in 1)');
    const most = model.metrics.find(({ key }) => key === 'fio-randwrite/fio-randwrite.ratio')?.comparisons[0];
    expect(most).toMatchObject({ speedup: 1.05, bound: 'most', word: 'at most' });
    expect(most?.sentence).toMatch(/^PVHVM is given as at most 1\.05 times as fast as PV/);
    expect(toMarkdown(model)).toContain('≤ 1.050 | ≤ +5.0 %');
    for (const { comparisons } of model.metrics)
      expect(comparisons[0]).toMatchObject({ interval: null, verdict: 'untested' });
    expect(toMarkdown(model)).not.toMatch(/95 % interval|p \(Holm\)/);
  });

  it('give the ratios of 2016', () => {
    expect(ratios(sample('reference-lab-2016'))).toEqual({
      'kernel-build Speed': 1.16,
      '7zip Speed': 1.06,
      'openssl Speed': 1,
      'php Speed': 1.04,
      'apache Speed': 1.41,
    });
  });

  it('warn that the figures of the emulated host say nothing of real hardware', () => {
    const model = reportModel([sample('xen-4.17-emulated')], {});
    expect(model.guests.map(({ mode }) => mode)).toEqual(['PV', 'PVHVM']);
    expect(model.notes.join(' ')).toContain('say nothing of real hardware');
    expect(model.status).toMatchObject({ state: 'completed', finished: 12, failed: 0 });
    expect(model.pairs[0]?.imported).toBeUndefined();
    expect(model.metrics[0]?.comparisons[0]?.interval).not.toBeNull();
  });
});
