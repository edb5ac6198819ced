import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const document = readFileSync('docs/SECURITY.md', 'utf8');
const readme = readFileSync('README.md', 'utf8');

interface Claim {
  readonly text: string;
  readonly tests: readonly { readonly file: string; readonly title: string }[];
}

const plainText = (text: string): string => text.replaceAll(/[*_`]/g, '').replaceAll(/\s+/g, ' ').trim();

/** The list items of some Markdown, each with the tests that it names: `Test: FILE "TITLE"`. */
function claimsOf(markdown: string): readonly Claim[] {
  return markdown
    .split(/^- /m)
    .slice(1)
    .map((item): Claim => {
      const [own = ''] = item.split(/\n(?=\n|#)/);
      const tests = [...own.matchAll(/^ +Test: (\S+) "([^"\n]+)"$/gm)];
      return {
        text: plainText(own.replaceAll(/^ +Test: .*$/gm, '')),
        tests: tests.map(([, file = '', title = '']) => ({ file, title })),
      };
    });
}

const sectionOf = (markdown: string, heading: string): string =>
  (markdown.split(`## ${heading}\n`)[1] ?? '').split(/^## /m)[0] ?? '';

/** Whether the file has a test or a group of tests with exactly that title. */
function hasTest(file: string, title: string): boolean {
  const literal = title.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  const quoted = [`'${literal}'`, `"${title}"`, `\`${title}\``];
  const source = readFileSync(file, 'utf8');
  return quoted.some((text) =>
    source
      .split(text)
      .slice(0, -1)
      .some((before) => /\b(?:it|test|describe)\b[^;{}]*\(\s*$/.test(before)),
  );
}

describe('docs/SECURITY.md', () => {
  const claims = claimsOf(document).filter(({ tests }) => tests.length > 0);

  it('names tests that exist', () => {
    const named = claims.flatMap(({ tests }) => tests);
    expect(named.length).toBeGreaterThan(30);
    const missing = named.filter(({ file, title }) => !existsSync(file) || !hasTest(file, title));
    expect(missing).toEqual([]);
  });

  it('writes every line about a test so that it is read', () => {
    const lines = document.split('\n').filter((line) => /\bTest:/.test(line));
    expect(lines.length).toBe(claims.reduce((sum, { tests }) => sum + tests.length, 0));
  });

  it('has a test behind every promise of opening, resuming, the network, guests and secrets', () => {
    for (const heading of [
      "What opening somebody else's file does",
      "What resuming somebody else's experiment does",
      'The network, and who may sign in',
      'On a guest',
      'Where each secret and each personal detail is kept',
    ]) {
      const found = claimsOf(sectionOf(document, heading));
      expect(found.length, heading).toBeGreaterThan(0);
      expect(found.filter(({ tests }) => tests.length === 0)).toEqual([]);
    }
  });

  it('is what the README says', () => {
    const section = sectionOf(readme, 'Security');
    expect(section).toContain('(docs/SECURITY.md)');
    expect(section).toContain('(SECURITY.md)');
    const said = plainText(document);
    for (const text of [
      'The host key is verified before any authentication',
      'A changed key is refused, with both fingerprints.',
      'In an untrusted workspace nothing connects and nothing runs; reports, comparisons and exports work.',
      'An experiment that this computer did not start is resumed only after a question that shows what it would do, and whose default is Do Not Resume.',
      'Only ordinary files of a known size are read',
    ]) {
      expect(plainText(section)).toContain(text);
      expect(said).toContain(text);
    }
  });

  it('says how to report a weakness, and what is served', () => {
    const how = readFileSync('SECURITY.md', 'utf8');
    expect(how).toContain('private security advisories');
    expect(how).toMatch(/newest release +\| yes/);
    expect(how).toContain('(docs/SECURITY.md)');
  });
});
