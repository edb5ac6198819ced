import { describe, expect, it } from 'vitest';
import { amountText, TrialText } from '../../../src/ui/trialText';

const bytes = (text: string): Buffer => Buffer.from(text);
const skippedLine = (skipped: number): string => `<${skipped} skipped>`;
/** Without the colour of the mark before our own lines. */
const bare = (text: string): string => text.replaceAll(/\u001b\[\d+m/g, '');

describe('what a trial shows', () => {
  it('comes through indented where nothing else is shown', () => {
    const text = new TrialText({ skippedLine });
    expect(text.add('stdout', bytes('1 2'))).toBe('  1 2');
    expect(text.add('stdout', bytes(' 3\n'))).toBe(' 3\r\n');
    expect(text.rest()).toBe('');
  });

  it('comes in whole lines with their guest where hosts work side by side', () => {
    const text = new TrialText({ prefix: 'a | ', skippedLine });
    expect(text.add('stdout', bytes('one\ntw'))).toBe('  a | one\r\n');
    expect(text.add('stderr', bytes('warning'))).toBe('');
    expect(text.add('stdout', bytes('o\n'))).toBe('  a | two\r\n');
    expect(text.rest()).toBe('  a | warning\r\n');
    expect(text.rest()).toBe('');
  });

  it('keeps a character that is cut between two chunks whole', () => {
    const text = new TrialText({ skippedLine });
    const euro = bytes('€');
    expect(text.add('stdout', euro.subarray(0, 1)) + text.add('stdout', euro.subarray(1))).toBe('  €');
  });

  it('is the newest of a flood, from the start of a line, and says how much is missing', () => {
    const text = new TrialText({ skippedLine, nowMs: () => 0 });
    const line = `${'x'.repeat(999)}\n`;
    const shown = text.add('stdout', bytes(line.repeat(1000)));
    const [note = '', ...lines] = bare(shown).split('\r\n');
    const missing = Number(/^▌ <(\d+) skipped>$/.exec(note)?.[1]);
    expect(missing).toBe(1_000_000 - 1000 * (lines.length - 1));
    expect(shown.length).toBeLessThan(300_000);
    expect(lines.slice(0, -1).every((each) => each.length === 1001)).toBe(true);
  });

  it('goes on after a flood, when there is time again, and says once what was skipped meanwhile', () => {
    let nowMs = 0;
    const text = new TrialText({ skippedLine, nowMs: () => nowMs });
    text.add('stdout', bytes('x'.repeat(1_000_000)));
    expect(text.add('stdout', bytes('y'.repeat(5000)))).toBe('');
    expect(text.add('stderr', bytes('z'.repeat(3000)))).toBe('');
    nowMs += 1000;
    expect(bare(text.add('stdout', bytes('later\n')))).toBe('\r\n▌ <8000 skipped>\r\n  later\r\n');
    expect(text.add('stdout', bytes('and later\n'))).toBe('  and later\r\n');
  });

  it('says what was passed over on the guest, also when nothing follows', () => {
    const text = new TrialText({ prefix: 'a | ', skippedLine });
    expect(text.add('stdout', bytes('half a li'))).toBe('');
    text.skip('stdout', 312_000_000);
    text.skip('stderr', 1);
    expect(bare(text.rest())).toBe('▌ a | <312000001 skipped>\r\n');
  });

  it('does no more work for a million lines than for those that are shown', () => {
    const text = new TrialText({ prefix: 'a | ', skippedLine, nowMs: () => 0 });
    let shown = 0;
    for (let n = 0; n < 1000; n += 1)
      shown += text.add('stdout', bytes('another line\n'.repeat(1000))).length;
    expect(shown).toBeLessThan(450_000);
    expect(bare(text.rest())).toMatch(/^▌ a \| <12\d{6} skipped>\r\n$/);
  });
});

it('amounts are told in three digits at most', () => {
  const amounts = [0, 999, 1000, 99_960, 999_600, 312_400_000, 1_000_000_006];
  expect(amounts.map(amountText)).toEqual(['0 B', '999 B', '1.0 kB', '100 kB', '1.0 MB', '312 MB', '1.0 GB']);
});
