import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCheck, problemKinds } from '../../../src/benchmarks/check';

const lines = (...fields: readonly string[]) =>
  fields.map((field) => `guestbench-check: ${field}\n`).join('');

describe('parseCheck', () => {
  it('reads the three answers, whatever stands around them', () => {
    expect(parseCheck(`Welcome\n${lines('state=ready', 'version=fio-3.33', 'end')}bye\n`)).toEqual({
      state: 'ready',
      version: 'fio-3.33',
    });
    expect(
      parseCheck(
        lines('state=missing', 'command=7z', 'package=7zip', 'install=apk add 7zip', 'end').replaceAll(
          '\n',
          '\r\n',
        ),
      ),
    ).toEqual({ state: 'missing', command: '7z', package: '7zip', install: 'apk add 7zip' });
    expect(parseCheck(lines('state=missing', 'command=7z', 'package=7zip', 'end'))).toMatchObject({
      install: undefined,
    });
    expect(parseCheck(lines('state=problem', 'kind=space', 'reason=no space', 'end'))).toEqual({
      state: 'problem',
      kind: 'space',
      reason: 'no space',
    });
  });

  it('takes no answer that did not come to its end', () => {
    expect(parseCheck('')).toMatchObject({
      state: 'problem',
      reason: expect.stringContaining('end') as string,
    });
    expect(parseCheck(`sh: cannot fork\n${lines('state=ready', 'version=1')}`)).toEqual({
      state: 'problem',
      kind: 'other',
      reason: 'the check did not come to its end; its last line: "sh: cannot fork"',
    });
  });

  it('calls an answer it does not know a problem', () => {
    for (const fields of [
      ['state=ready', 'end'],
      ['state=missing', 'command=7z', 'end'],
      ['state=problem', 'end'],
      ['state=other', 'end'],
      ['end'],
    ]) {
      expect(parseCheck(lines(...fields)).state).toBe('problem');
    }
  });

  it('knows the kinds of problem, and takes any other word for one that its reason tells', () => {
    for (const kind of problemKinds)
      expect(parseCheck(lines('state=problem', `kind=${kind}`, 'reason=x', 'end'))).toMatchObject({ kind });
    for (const fields of [['kind=moon'], ['kind='], []])
      expect(parseCheck(lines('state=problem', ...fields, 'reason=x', 'end'))).toEqual({
        state: 'problem',
        kind: 'other',
        reason: 'x',
      });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom('end', 'state=ready', 'version=1'))),
        (fields) => {
          expect(['ready', 'missing', 'problem']).toContain(parseCheck(lines(...fields)).state);
        },
      ),
      { seed: 7 },
    );
  });
});
