import { describe, expect, it } from 'vitest';
import { TrialText } from '../../../src/ui/trialText';

const bytes = (text: string): Buffer => Buffer.from(text);

describe('what a trial shows', () => {
  it('comes through as it is where nothing else is shown', () => {
    const text = new TrialText('');
    expect(text.add('stdout', bytes('1 2'))).toBe('1 2');
    expect(text.add('stdout', bytes(' 3\n'))).toBe(' 3\r\n');
    expect(text.rest()).toBe('');
  });

  it('comes in whole lines with their guest where hosts work side by side', () => {
    const text = new TrialText('a | ');
    expect(text.add('stdout', bytes('one\ntw'))).toBe('a | one\r\n');
    expect(text.add('stderr', bytes('warning'))).toBe('');
    expect(text.add('stdout', bytes('o\n'))).toBe('a | two\r\n');
    expect(text.rest()).toBe('a | warning\r\n');
    expect(text.rest()).toBe('');
  });

  it('keeps a character that is cut between two chunks whole', () => {
    const text = new TrialText('');
    const euro = bytes('€');
    expect(text.add('stdout', euro.subarray(0, 1)) + text.add('stdout', euro.subarray(1))).toBe('€');
  });

  it('ends with a flood', () => {
    const text = new TrialText('');
    const flood = bytes('x'.repeat(500_000));
    expect(text.add('stdout', flood)).toHaveLength(500_000);
    expect(text.isCut).toBe(true);
    expect(text.add('stdout', bytes('more'))).toBe('');
  });
});
