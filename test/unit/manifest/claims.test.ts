import { describe, expect, it } from 'vitest';
import { namedTests, notRun } from '../../../scripts/lib/claims.mjs';

const named = namedTests('- A promise.\n  Test: test/a.test.ts "holds"\n  Test: test/b.test.ts "a group"\n');
const result = (file: string, title: string, more: object = {}) => ({
  ...{ file, title, ancestorTitles: ['a group'], status: 'passed', meta: {} },
  ...more,
});

describe('the promises of a document', () => {
  it('are read from its lines about tests', () => {
    expect(named).toEqual([
      { file: 'test/a.test.ts', title: 'holds' },
      { file: 'test/b.test.ts', title: 'a group' },
    ]);
  });

  it('are kept when the test, or one of the group, passed or was skipped for a reason', () => {
    const skipped = { status: 'skipped', meta: { skipped: 'needs root' } };
    expect(notRun(named, [result('test/a.test.ts', 'holds'), result('test/b.test.ts', 'x')])).toEqual([]);
    expect(notRun(named.slice(0, 1), [result('test/a.test.ts', 'holds', skipped)])).toEqual([]);
  });

  it('are not kept when it failed, was left out, or passed in another file', () => {
    for (const results of [
      [],
      [result('test/b.test.ts', 'holds')],
      [result('test/a.test.ts', 'holds', { status: 'failed' })],
      [result('test/a.test.ts', 'holds', { status: 'skipped' })],
    ])
      expect(notRun(named.slice(0, 1), results)).toEqual(named.slice(0, 1));
  });
});
