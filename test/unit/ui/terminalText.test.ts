import { describe, expect, it } from 'vitest';
import { plainForTerminal, terminalDecoder } from '../../../src/ui/terminalText';

describe('text of a guest in the terminal', () => {
  it('breaks lines as a terminal needs it, whatever the guest uses', () => {
    expect(plainForTerminal('a\nb\r\nc\rd')).toBe('a\r\nb\r\nc\r\nd');
  });

  it('cannot move the cursor, set a title, ring or reorder', () => {
    const shown = plainForTerminal('\u001b]0;title\u0007\u001b[2J\u0000x\u202eevil\u009b31m\u007f');
    expect(shown).toBe('␛]0;title␇␛[2J␀x\ufffdevil\ufffd31m\ufffd');
    expect(shown).not.toMatch(/[\u0000-\u0009\u000b\u000c\u000e-\u001f]/);
  });

  it('keeps tabs, and characters that are cut between chunks', () => {
    const decode = terminalDecoder();
    const bytes = Buffer.from('1\tµs\n');
    expect([...bytes].map((byte) => decode(Buffer.from([byte]))).join('')).toBe('1\tµs\r\n');
  });
});
