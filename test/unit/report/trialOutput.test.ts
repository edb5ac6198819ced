import { describe, expect, it } from 'vitest';
import type { Measurement, TrialRecord } from '../../../src/model/experiment';
import { placeInOutput, trialOutput } from '../../../src/report/trialOutput';

const rate: Measurement = { id: 'x.rate', value: 1234.5, unit: 'ops/s', better: 'higher' };

function record(change: Partial<TrialRecord>): TrialRecord {
  return {
    trial: {
      ...{ id: 'x/1/a', round: 1, block: 1, position: 0, guest: 'a', benchmark: 'x', warmup: false },
    },
    attempt: 1,
    startedAt: '2026-01-02T03:04:05Z',
    status: 'ok',
    measurements: [rate],
    exitCode: 0,
    stdout: '',
    stderr: '',
    missingBytes: 0,
    ...change,
  };
}

/** The text that the place of the figure marks. */
function marked(records: readonly TrialRecord[], id = 'x.rate', title?: string): string | undefined {
  const place = placeInOutput(records, { id, title });
  return place && trialOutput(records).split('\n')[place.line - 1]?.slice(place.start, place.end);
}

describe('trialOutput', () => {
  it('tells how the trial went before what it printed', () => {
    const text = trialOutput([
      record({ stdout: 'out\n', stderr: 'err\n', reason: 'one\ntwo', missingBytes: 7 }),
    ]);
    expect(text.split('\n')).toEqual([
      '# x on a, round 1 (x/1/a)',
      '# started 2026-01-02T03:04:05Z',
      '# ok, exit code 0',
      '# one two',
      '# x.rate = 1234.5 ops/s',
      '# 7 bytes of output are not in the experiment file',
      '',
      '# standard output',
      'out',
      '',
      '# standard error',
      'err',
      '',
    ]);
  });

  it('ends every line alike, as an editor counts them', () => {
    expect(trialOutput([record({ stdout: '10 %\r20 %\r\ndone' })])).toContain('10 %\n20 %\ndone');
  });
});

describe('placeInOutput', () => {
  it('finds the figure in what was printed, not in what is told of it', () => {
    const records = [record({ stdout: 'one\r20 %\r\nrate=1234.50 ops/s\n' })];
    expect(placeInOutput(records, { id: 'x.rate' })).toEqual({ line: 9, start: 5, end: 12 });
    expect(marked(records)).toBe('1234.50');
    expect(marked([record({ stdout: 'nothing here' })])).toBeUndefined();
  });

  it('looks into standard error when standard output does not have it', () => {
    expect(marked([record({ stdout: 'quiet', stderr: 'rate 1234.5' })])).toBe('1234.5');
  });

  it('takes the last attempt that has the metric', () => {
    const failed = record({ status: 'lost', measurements: [], stdout: 'rate 1234.5' });
    const whole = record({ attempt: 2, stdout: 'a\nrate 1234.5' });
    const place = placeInOutput([failed, whole], { id: 'x.rate' });
    const text = trialOutput([failed, whole]);
    expect(text.split('\n')[(place?.line ?? 0) - 2]).toBe('a');
    expect(placeInOutput([failed], { id: 'x.rate' })).toBeUndefined();
    expect(placeInOutput([], { id: 'x.rate' })).toBeUndefined();
    expect(placeInOutput([whole], { id: 'other' })).toBeUndefined();
  });

  it('knows the line by the title of the metric, which the measurement may bring itself', () => {
    const stdout = 'wait 1234.5\npipe 1234.5\nlast 1234.5';
    const records = [record({ stdout })];
    const lineOfTitle = (title?: string) => {
      const place = placeInOutput(records, { id: 'x.rate', title });
      return place && trialOutput(records).split('\n')[place.line - 1];
    };
    expect(lineOfTitle('Pipe throughput')).toBe('pipe 1234.5');
    expect(lineOfTitle()).toBe('last 1234.5');
    const own = [record({ stdout, measurements: [{ ...rate, title: 'Wait' }] })];
    expect(placeInOutput(own, { id: 'x.rate', title: 'Pipe throughput' })?.line).toBe(
      placeInOutput(records, { id: 'x.rate', title: 'Wait' })?.line,
    );
  });
});
