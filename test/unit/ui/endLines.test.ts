import { describe, expect, it, vi } from 'vitest';
import { endLines } from '../../../src/ui/endLines';
import { completed, experiment, facts } from '../report/experiments';

vi.mock('vscode', () => ({
  l10n: {
    t: (text: string, ...values: unknown[]) =>
      text.replace(/\{(\d)\}/g, (_, at: string) => String(values[Number(at)])),
  },
}));

describe('the last lines of an experiment', () => {
  const summary = { id: 'e', file: '/r/e.guestbench', label: 'e', ok: 3, failed: 1, planned: 8 } as const;
  const e = experiment({
    guests: [{ name: 'pv\u001b[2J', host: 'lab1', facts: facts('PV') }],
    workloads: [],
    ended: completed,
  });

  it('tell how it ended and where it is', () => {
    const lines = (reason: 'completed' | 'stopped' | 'failed' | 'left') =>
      endLines({ ...summary, reason }, e).join('\n');
    expect(lines('completed')).toContain('Completed: 4 trials, 1 failed.');
    expect(lines('stopped')).toContain('Stopped: 3 of 8 trials measured');
    expect(lines('left')).toContain('Resume goes on with it');
    expect(lines('failed')).toContain('No trial succeeded');
    expect(lines('failed')).toContain('/r/e.guestbench');
  });

  it('show control characters of names as pictures', () => {
    const [, headline = ''] = endLines({ ...summary, reason: 'completed' }, e);
    expect(headline).toContain('pv␛[2J');
    expect(headline).not.toContain('\u001b');
  });
});
