import { describe, expect, it } from 'vitest';
import { parseAnswer } from '../../../src/ssh/frames';
import { isStale, leaseLine, leaseOf, leaseWords, thisController } from '../../../src/ssh/lease';

const told = (who: string, label: string, more = ''): ReturnType<typeof leaseOf> =>
  leaseOf(
    parseAnswer(Buffer.from(`GB1 held=0 lease=x1 who=${who} label=${label} since=90 quiet=7 ${more}\n`))[0],
  );

describe('the words of a lease', () => {
  it('are plain to every shell, and come back as they were', () => {
    for (const label of ['nightly', 'größer & "öfter"; rm -rf ~ %1 !!', '', '→ 漢字 🙂']) {
      const line = leaseLine({ id: 'x1', who: 'ann@ws1', label });
      expect(line).toMatch(/^\.[A-Za-z0-9_-]+ \.[A-Za-z0-9_-]*\n$/);
      const [who = '', word = ''] = line.trimEnd().split(' ');
      expect(told(who, word, 'job=x1.r01')).toEqual({
        ...{ id: 'x1', who: 'ann@ws1', label, heldSeconds: 90, quietSeconds: 7, job: 'x1.r01' },
      });
    }
  });

  it('are cut where they would be too long for a line', () => {
    const [, word = ''] = leaseLine({ id: 'x1', who: 'a', label: '漢'.repeat(500) })
      .trimEnd()
      .split(' ');
    expect(word.length).toBeLessThan(250);
    expect(told('.YQ', word)?.label).toBe('漢'.repeat(60));
  });

  it('that go into arguments, where every account reads them, are the id and a number', () => {
    expect(leaseWords({ id: 'x1', who: 'ann@ws1', label: 'nightly' })).toEqual(['x1', '600']);
  });

  it('lose what could change a line, whoever wrote them', () => {
    const evil = `.${Buffer.from('a\u001b[2J\n\u202Eb\u0000').toString('base64url')}`;
    expect(told(evil, '.%%%')).toMatchObject({ who: 'a[2Jb', label: '', job: undefined });
  });

  it('say nothing where nobody has the guest', () => {
    expect(leaseOf(parseAnswer(Buffer.from('GB1 held=0\n'))[0])).toBeUndefined();
    expect(leaseOf(undefined)).toBeUndefined();
  });

  it('name the account and the computer, without its domain', () => {
    expect(thisController()).toMatch(/^[^@]+@[^@.]+$/);
  });
});

describe('a lease', () => {
  it('is stale when nothing runs and nothing was heard for ten minutes', () => {
    const lease = told('.YQ', '.YQ');
    if (!lease) throw new Error('no lease');
    expect(isStale({ ...lease, quietSeconds: 599 })).toBe(false);
    expect(isStale({ ...lease, quietSeconds: 600 })).toBe(true);
    expect(isStale({ ...lease, quietSeconds: 6000, job: 'x' })).toBe(false);
  });
});
