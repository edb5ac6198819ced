import { describe, expect, it } from 'vitest';
import { newLabText, parseLab, setSuite } from '../../../src/lab/labFile';
import { UserError } from '../../../src/model/userError';

const suitesOf = (text: string) => {
  const read = parseLab(text, 'lab.json');
  if (read.status === 'error') throw new Error(read.problems.map(({ message }) => message).join('\n'));
  return read.lab.suites;
};
const reads = { benchmark: 'fio-randread', parameters: { seconds: 2, sizeMiB: 32 } };

describe('writing a suite', () => {
  it('adds it to the first lab file, a line per benchmark, and leaves all else as it is', () => {
    const text = setSuite(newLabText(), 'mine', [reads, { benchmark: 'php' }]);
    expect(text).toBe(
      newLabText().replace(
        '"suites": {}',
        [
          '"suites": {',
          '    "mine": [',
          '      { "benchmark": "fio-randread", "parameters": { "seconds": 2, "sizeMiB": 32 } },',
          '      { "benchmark": "php" }',
          '    ]',
          '  }',
        ].join('\n'),
      ),
    );
    expect(suitesOf(text)).toEqual({ mine: [reads, { benchmark: 'php' }] });
    expect(suitesOf(setSuite('', 'mine', [reads]))).toEqual({ mine: [reads] });
    expect(suitesOf(setSuite('{}', 'mine', [reads]))).toEqual({ mine: [reads] });
  });

  it('adds it behind the others and their comments', () => {
    const text = '{\n\t"suites": {\n\t\t"a": [{ "benchmark": "php" }] // short\n\t\t// the end\n\t}\n}\n';
    expect(setSuite(text, 'b', [reads])).toBe(
      [
        '{',
        '\t"suites": {',
        '\t\t"a": [{ "benchmark": "php" }], // short',
        '\t\t// the end',
        '\t\t"b": [',
        '\t\t\t{ "benchmark": "fio-randread", "parameters": { "seconds": 2, "sizeMiB": 32 } }',
        '\t\t]',
        '\t}',
        '}',
        '',
      ].join('\n'),
    );
    const oneRow = '{ "suites": { "a": [{ "benchmark": "php" }] } }';
    expect(suitesOf(setSuite(oneRow, 'b', [reads]))).toEqual({ a: [{ benchmark: 'php' }], b: [reads] });
  });

  const written = `{
  "suites": {
    "mine": [
      // the slow one
      { "benchmark": "fio-randread", "parameters": { "seconds": 60 } }, // a minute
      {
        "benchmark": "php", // an interpreter
        "parameters": {
          // more than usual
          "rounds": 20
        }
      }
    ],
    "other": [{ "benchmark": "openssl" }]
  }
}
`;

  it('changes the parameters of one that there is, and keeps its comments', () => {
    const changed = [reads, { benchmark: 'php', parameters: { rounds: 30, workPercent: 50 } }];
    const text = setSuite(written, 'mine', changed);
    expect(suitesOf(text)).toEqual({ mine: changed, other: [{ benchmark: 'openssl' }] });
    for (const comment of ['// the slow one', '// a minute', '// an interpreter', '// more than usual'])
      expect(text).toContain(comment);
    expect(text).toContain(
      '{ "benchmark": "fio-randread", "parameters": { "seconds": 2, "sizeMiB": 32 } }, // a minute',
    );
    const same = setSuite(written, 'mine', [
      { benchmark: 'fio-randread', parameters: { seconds: 60 } },
      { benchmark: 'php', parameters: { rounds: 20 } },
    ]);
    expect(same).toBe(written);
    const fewer = setSuite(written, 'mine', [{ benchmark: 'fio-randread' }, { benchmark: 'php' }]);
    expect(fewer).toContain('{ "benchmark": "fio-randread" }, // a minute');
    expect(suitesOf(fewer)['mine']?.[1]?.parameters ?? {}).toEqual({});
  });

  it('writes one anew that has other benchmarks now', () => {
    const text = setSuite(written, 'mine', [{ benchmark: 'sqlite', as: 'durable' }]);
    expect(suitesOf(text)).toEqual({
      mine: [{ benchmark: 'sqlite', as: 'durable' }],
      other: [{ benchmark: 'openssl' }],
    });
  });

  it('writes nothing into a broken file, and nothing that would break one', () => {
    expect(() => setSuite('{ "suites": [', 'mine', [reads])).toThrow(UserError);
    expect(() => setSuite('{}', 'mine', [{ benchmark: 'php', as: ' blank' }])).toThrow(UserError);
  });
});
