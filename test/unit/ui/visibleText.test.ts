import { describe, expect, it } from 'vitest';
import { plainForTerminal, terminalDecoder } from '../../../src/ui/terminalText';
import { visibleItem, visibleLabel, visibleLine, visibleRow, visibleText } from '../../../src/ui/visibleText';
import { hostileTexts } from '../report/hostile';

const texts = Object.values(hostileTexts);
const unseen =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

describe('hostile text in rows, questions and terminals', () => {
  it('is visible, in one line, and not endless', () => {
    for (const text of texts) {
      expect(visibleText(text)).not.toMatch(unseen);
      expect(visibleLine(text)).not.toMatch(unseen);
      expect(visibleLine(text)).not.toContain('\n');
      expect(visibleLine(text).length).toBeLessThan(600);
    }
    expect(visibleText('a\r\nb\u202ec')).toBe('a\nb\ufffdc');
  });

  it('makes no icon of a name', () => {
    expect(visibleLabel('$(trash) x')).toBe('\\$(trash) x');
    expect(visibleItem({ label: '$(a)', description: '\u202eb', detail: '$(c)' })).toEqual({
      label: '\\$(a)',
      description: '\ufffdb',
      detail: '\\$(c)',
    });
  });

  it('is made visible in all texts of a row', () => {
    const row = {
      label: 'a\u202e',
      description: 'b\u200b',
      tooltip: 'c\n\u0000',
      accessibilityInformation: { label: '\ufeffd' },
    };
    expect(visibleRow(row)).toEqual({
      label: 'a\ufffd',
      description: 'b\ufffd',
      tooltip: 'c\n\ufffd',
      accessibilityInformation: { label: '\ufffdd' },
    });
    expect(visibleRow({ description: true })).toEqual({ description: true });
  });

  it('sends no control sequence to a terminal', () => {
    for (const text of texts) expect(plainForTerminal(text)).not.toMatch(unseen);
    const decode = terminalDecoder();
    const shown = texts.map((text) => decode(Buffer.from(text))).join('');
    expect(shown).not.toMatch(unseen);
    expect(shown).toContain('␛]52;c;ZXZpbA==␇');
  });
});
