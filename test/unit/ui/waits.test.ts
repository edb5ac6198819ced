import { describe, expect, it, vi } from 'vitest';
import type { Lease } from '../../../src/ssh/lease';
import { changesHands, inUseText, takeOverDetail, useText, waitText } from '../../../src/ui/waits';

vi.mock('vscode', () => ({
  l10n: {
    t: (text: string, ...values: readonly unknown[]) =>
      text.replaceAll(/\{(\d)\}/g, (_, index: string) => String(values[Number(index)])),
  },
}));

const lease = (changes: Partial<Lease> = {}): Lease => ({
  id: 'x1',
  who: 'ann@ws1',
  label: 'nightly',
  heldSeconds: 720,
  quietSeconds: 5,
  job: undefined,
  ...changes,
});

describe('who has a guest', () => {
  it('is named with the experiment and the time, which goes on', () => {
    const wait = { holder: lease(), job: undefined };
    const text = 'waits for deb12-pv: in use by ann@ws1 (experiment nightly) for 12 min';
    expect(waitText('deb12-pv', wait)).toBe(text);
    expect(waitText('deb12-pv', wait, 120)).toContain('for 14 min');
  });

  it('is said to be silent when nothing runs and nothing was heard for long', () => {
    const quiet = useText({ holder: lease({ quietSeconds: 420 }), job: undefined });
    expect(quiet).toBe('in use by ann@ws1 (experiment nightly) for 12 min, no sign of life for 7 min');
    const running = lease({ quietSeconds: 4200, job: 'x1.r01' });
    expect(useText({ holder: running, job: 'x1.r01' })).not.toContain('sign of life');
  });

  it('is what little is known', () => {
    expect(useText({ holder: undefined, job: 'try-1' })).toBe('a job runs there (try-1)');
    expect(useText({ holder: lease({ who: '', label: '' }), job: undefined })).toBe(
      'in use by another controller for 12 min',
    );
  });

  it('shows what others wrote as text, not as icons', () => {
    const odd = lease({ who: '$(flame)@x', label: '$(bug)' });
    expect(useText({ holder: odd, job: undefined })).not.toContain('$(');
  });

  it('loses something only while a job runs', () => {
    const wait = { holder: lease(), job: undefined };
    const running = { holder: lease(), job: 'x1.r01' };
    expect(takeOverDetail([{ guest: 'a', wait }])).toMatch(/nothing is ended/);
    // Guests that are one machine show one job.
    const both = [wait, running, running].map((each, n) => ({ guest: `g${n}`, wait: each }));
    expect(takeOverDetail(both)).toMatch(/ends what runs there \(x1\.r01\)/);
    expect(inUseText('a', wait)).toBe('a: in use by ann@ws1 (experiment nightly) for 12 min.');
  });

  it('gives the guest up after ten silent minutes without a job', () => {
    expect(changesHands(lease({ quietSeconds: 599 }))).toBe(false);
    expect(changesHands(lease({ quietSeconds: 600 }))).toBe(true);
    expect(changesHands(lease({ quietSeconds: 9000, job: 'x1.r01' }))).toBe(false);
    expect(changesHands(undefined)).toBe(false);
  });
});
