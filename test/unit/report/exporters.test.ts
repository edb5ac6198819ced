import { describe, expect, it } from 'vitest';
import { toCsv, toJson, toMarkdown } from '../../../src/report/exporters';
import { reportModel } from '../../../src/report/model';
import { catalogue, completed, experiment, pv, pvhvm, workload } from './experiments';

const hostile = '=HYPERLINK("http://x"),<b>|`a`_[l](u)\u202e\n@all';
const decided = experiment({
  label: hostile,
  guests: [pv, pvhvm],
  workloads: [workload('openssl', 1931, 1.2, 0.004, 6), workload('fio-randread', 42_000, 0.9, 0.02, 5)],
  ended: completed,
});

describe('CSV', () => {
  const failed = {
    ...decided,
    trials: decided.trials.map((record) =>
      record.trial.id === 'openssl/1/deb12-pv'
        ? { ...record, status: 'failed' as const, measurements: [], reason: '-rf "/", no' }
        : record,
    ),
  };
  const rows = toCsv(failed).split('\r\n');

  it('has one row per measurement and one per trial without any', () => {
    const measured = failed.trials.reduce(
      (sum, { measurements }) => sum + Math.max(1, measurements.length),
      0,
    );
    expect(rows).toHaveLength(measured + 2);
    expect(rows.at(-1)).toBe('');
    expect(rows[0]).toMatch(/^experiment,guest,host,mode,benchmark,metric,unit,better,value,/);
  });

  it('keeps spreadsheets from taking text for formulas, and quotes', () => {
    const row = rows.find((line) => line.includes(',openssl/1/deb12-pv,'))!;
    expect(row.startsWith(`"'=HYPERLINK(""http://x"")`)).toBe(true);
    expect(row.endsWith(`"'-rf ""/"", no"`)).toBe(true);
  });

  it('leaves negative numbers numbers', () => {
    const negative = decided.trials.map((record) => ({
      ...record,
      measurements: record.measurements.map((one) => ({ ...one, value: -1.5 })),
    }));
    expect(toCsv({ ...decided, trials: negative })).toContain(',higher,-1.5,');
  });
});

it('gives the whole experiment as JSON', () => {
  expect(JSON.parse(toJson(decided))).toEqual({
    export: { kind: 'guestbench-experiment', version: 1 },
    ...decided,
  });
});

describe('Markdown', () => {
  const model = reportModel([decided], { catalogue });
  const text = toMarkdown(model);

  it('carries the headline, each metric and the limits', () => {
    expect(text).toContain('PVHVM is ');
    expect(text.split('\n').filter((line) => line.startsWith('| OpenSSL'))).toHaveLength(1);
    expect(text).toContain('| faster |');
    expect(text).toContain('for this boot');
    expect(text).toContain('≠ Mode');
  });

  it('lets nothing from outside become markup', () => {
    const title = text.split('\n')[0]!;
    expect(title).toBe('## =HYPERLINK("http:\u200b//x"),\\<b\\>\\|\\`a\\`\\_\\[l\\](u)\ufffd @\u200ball');
  });

  it('lists failures, what was set aside, and a single guest', () => {
    const e = {
      ...decided,
      setAside: [{ guest: 'deb12-pv', benchmark: 'openssl', reason: 'openssl | missing' }],
      trials: decided.trials.map((record, index) =>
        index === 4 ? { ...record, status: 'failed' as const, measurements: [], reason: 'broken' } : record,
      ),
    };
    const broken = toMarkdown(reportModel([e], { catalogue }));
    expect(broken).toContain('was set aside on deb12-pv: openssl \\| missing');
    expect(broken).toMatch(/block 1 \(failed\): broken/);
    const alone = experiment({ guests: [pv], workloads: [workload('openssl', 1931, 1, 0.01, 3)] });
    expect(toMarkdown(reportModel([alone], { catalogue }))).toMatch(
      /\| OpenSSL: RSA 2048 signatures \(higher is better\) \| .* signatures\/s \(n 3, CV/,
    );
    expect(toMarkdown(reportModel([], { catalogue }))).toContain('Nothing was measured');
  });
});
