import { describe, expect, it } from 'vitest';
import { plainForTerminal, terminalDecoder } from '../../../src/ui/terminalText';
import {
  paragraphs,
  visibleAccount,
  visibleAddress,
  visibleItem,
  visibleLabel,
  visibleLine,
  visibleLines,
  visibleMarkdown,
  visibleMessage,
  visibleRow,
  visibleText,
  visibleWord,
} from '../../../src/ui/visibleText';
import { hostileTexts, unseen } from '../../hostileStrings';

const texts = Object.values(hostileTexts);

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

  it('keeps what people write: accents, other scripts, emoji', () => {
    for (const text of ['gäste-1', 'e\u0301', '客人', 'ضيف', '✈\ufe0f 1', '🖥\ufe0f', '𝒙'])
      expect(visibleLine(text)).toBe(text);
  });

  it('adds no line to those we write', () => {
    const lines = visibleLines(['First contact with', ...texts, 'end']).split('\n');
    expect(lines).toHaveLength(texts.length + 2);
    expect(visibleLines(hostileTexts['forged'] ?? '')).not.toContain('\n');
    expect(paragraphs(['a', ['b', 'c'], 'd'])).toEqual(['a', '', 'b', 'c', '', 'd']);
  });

  it('is cut where it is long, between two characters', () => {
    expect(visibleLine('x'.repeat(500))).toBe('x'.repeat(500));
    expect(visibleLine(`${'x'.repeat(499)}💥y`)).toBe(`${'x'.repeat(499)}…`);
    expect(visibleLines('y'.repeat(3000))).toHaveLength(2001);
    expect(visibleLines(Array.from({ length: 400 }, () => 'z')).split('\n')).toHaveLength(301);
  });

  it('is no link in a message', () => {
    const links = /\[[^\]]+\]\([^)\s]+[^)]*\)/;
    for (const text of texts) expect(visibleMessage(text)).not.toMatch(links);
    expect(visibleMessage('[a](command:b)')).toBe('[a] (command:b)');
    expect(visibleMessage('[a]\u200b(command:b)')).toBe('[a]\ufffd(command:b)');
  });

  it('has no character in Markdown that could mean something there', () => {
    for (const text of texts) expect(visibleMarkdown(text)).toMatch(/^(?:[\p{L}\p{N}\p{M} ]|&#\d+;)*$/u);
    expect(visibleMarkdown('a*b')).toBe('a&#42;b');
  });

  it('is quoted where the name of an account is no name that systems allow', () => {
    for (const name of ['root', 'ann', 'ann_b-2.c', 'nobody@ws1', 'ann@ws1.lab', 'svc$', 'ann@[fd00::1]'])
      expect(visibleAccount(name)).toBe(name);
    expect(visibleAccount('ann\n\nSHA256:abc')).toBe('"ann SHA256:abc"');
    expect(visibleAccount('a" (checked), "b')).toBe(`"a' (checked), 'b"`);
    expect(visibleAccount('-oProxyCommand=x')).toBe('"-oProxyCommand=x"');
    expect(visibleAccount('x'.repeat(200)).length).toBeLessThan(110);
    for (const text of texts) {
      expect(visibleAccount(text)).toMatch(/^(?:"[^"\n]*"|[\w$]+)$/);
      expect(visibleWord(text)).toMatch(/^(?:"[^"\n]*"|[\w$]+)$/);
      expect(visibleAddress(text)).toMatch(/^(?:"[^"\n]*"|[\w$]+)$/);
    }
    expect(visibleWord('nightly 2: a/b')).toBe('nightly 2: a/b');
    expect(visibleWord('a) for 1 s. Trusted (b')).toBe('"a) for 1 s. Trusted (b"');
    expect(visibleAddress('fd00::1%eth0')).toBe('fd00::1%eth0');
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
