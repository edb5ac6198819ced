import { describe, expect, it } from 'vitest';
import { catalogue } from '../../../src/benchmarks/catalogue';
import { labFindings } from '../../../src/benchmarks/labFindings';
import { benchmarksOf } from '../../../src/benchmarks/own';
import { newLabText, parseLab } from '../../../src/lab/labFile';

type Json = Record<string, unknown>;

const metric = (changes: Json = {}): Json => ({
  id: 'rate',
  unit: 'MB/s',
  better: 'higher',
  read: { regex: 'rate=(.*)' },
  ...changes,
});
const benchmark = (changes: Json = {}): Json => ({
  id: 'mine',
  command: 'true',
  metrics: [metric()],
  ...changes,
});
const read = (changes: Json): Json => benchmark({ metrics: [metric({ read: changes })] });
const without = (value: Json, key: string): Json =>
  Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));

/** Each value on a line of its own; the first benchmark begins on line 3. */
const textOf = (lab: Json) => JSON.stringify(lab, null, 1);
const messages = (lab: Json) =>
  (parseLab(textOf(lab), 'lab.json', labFindings).problems ?? []).map(({ message }) => message);
const messagesOf = (...benchmarks: readonly Json[]) => messages({ benchmarks });

describe("a person's own benchmarks in the lab file", () => {
  it('are read, with every field', () => {
    const full = benchmark({
      title: 'Mine',
      description: 'What it measures.',
      kind: 'disk',
      command: ['set -e', 'true'],
      prepare: 'true',
      cleanup: ['true'],
      needs: ['fio', '/usr/bin/env', 'g++'],
      packages: ['fio', 'g++'],
      estimateSeconds: 5,
      timeoutSeconds: 60,
      metrics: [
        metric({ primary: true, title: 'Rate', factor: 0.001 }),
        metric({ id: 'j', read: { jsonPointer: '/a~1b/0', file: 'out.json' } }),
        metric({ id: 'c', better: 'none', read: { csvColumn: 2, row: 'mean', separator: '\t' } }),
        metric({ id: 't', unit: 's', better: 'lower', read: { elapsed: true } }),
      ],
    });
    expect(messagesOf(full)).toEqual([]);
    expect(messages({})).toEqual([]);
    expect(parseLab(newLabText(), 'lab.json', labFindings)).toMatchObject({ status: 'ok' });
  });

  it.each<[string, Json, string]>([
    [
      'no id',
      without(benchmark(), 'id'),
      'line 3: benchmarks[0] needs "id": at most 64 letters, digits and . _ -',
    ],
    [
      'a bad id',
      benchmark({ id: 'my bench' }),
      'line 4: benchmarks[0].id must be at most 64 letters, digits and . _ -, and begin with a letter or digit, not "my bench"',
    ],
    ['no command', without(benchmark(), 'command'), 'benchmarks[0] needs "command": shell commands'],
    [
      'an empty command',
      benchmark({ command: ' \n' }),
      'line 5: benchmarks[0].command must be shell commands: a text that is not empty, or a list of lines: [ "…", "…" ], not " \\n"',
    ],
    ['a command that is a number', benchmark({ command: 5 }), 'benchmarks[0].command must be shell commands'],
    ['a NUL', benchmark({ command: 'a\0b' }), 'benchmarks[0].command must be shell commands'],
    [
      'an unknown key',
      benchmark({ comand: 'x' }),
      'benchmarks[0] has an unknown key "comand"; did you mean "command"?',
    ],
    ['a synonym', benchmark({ setup: 'x' }), 'unknown key "setup"; did you mean "prepare"?'],
    ['a secret', benchmark({ password: 'x' }), 'benchmarks[0] must not hold "password"'],
    [
      'a bad kind',
      benchmark({ kind: 'net' }),
      'benchmarks[0].kind must be "cpu", "memory", "disk", "web" or "system", not "net"',
    ],
    [
      'a bad time',
      benchmark({ timeoutSeconds: 0.5 }),
      'benchmarks[0].timeoutSeconds must be a whole number of seconds from 1 to 604800, not 0.5',
    ],
    [
      'shell in needs',
      benchmark({ needs: ['a;b'] }),
      'benchmarks[0].needs[0] must be a command\'s name: letters, digits and _ . / + -, not "a;b"',
    ],
    [
      'an option as a package',
      benchmark({ packages: ['-y'] }),
      'benchmarks[0].packages[0] must be a package\'s name: letters, digits and . _ + -, not "-y"',
    ],
    [
      'no metrics',
      without(benchmark(), 'metrics'),
      'benchmarks[0] needs "metrics": a list of at least one metric',
    ],
    [
      'an empty list of metrics',
      benchmark({ metrics: [] }),
      'benchmarks[0].metrics must be a list of at least one metric',
    ],
    [
      'metrics that are never better',
      benchmark({ metrics: [metric({ better: 'none' })] }),
      'benchmarks[0].metrics needs at least one metric with "better": "higher" or "lower"',
    ],
    [
      'two primary metrics',
      benchmark({ metrics: [metric({ primary: true }), metric({ id: 'b', primary: true })] }),
      'benchmarks[0].metrics has more than one metric with "primary": true; only one is tested',
    ],
    [
      'a primary that is not compared',
      benchmark({ metrics: [metric(), metric({ id: 'b', primary: true, better: 'none' })] }),
      'has a primary metric with "better": "none"',
    ],
    [
      'no unit',
      benchmark({ metrics: [without(metric(), 'unit')] }),
      'benchmarks[0].metrics[0] needs "unit": a text of one line, at most 30 characters, such as "MB/s"',
    ],
    [
      'a bad direction',
      benchmark({ metrics: [metric({ better: 'up' })] }),
      'benchmarks[0].metrics[0].better must be "higher", "lower" or "none", not "up"',
    ],
    [
      'an unknown key of a metric',
      benchmark({ metrics: [metric({ direction: 'up' })] }),
      'benchmarks[0].metrics[0] has an unknown key "direction"; did you mean "better"?',
    ],
    [
      'a factor of nought',
      benchmark({ metrics: [metric({ factor: 0 })] }),
      'benchmarks[0].metrics[0].factor must be a number above 0, not 0',
    ],
    [
      'no way of reading',
      read({}),
      'benchmarks[0].metrics[0].read needs exactly one of "regex", "jsonPointer", "csvColumn", "elapsed"',
    ],
    ['two ways of reading', read({ regex: 'a', elapsed: true }), 'read needs exactly one of "regex"'],
    [
      'what does not belong together',
      read({ jsonPointer: '/a', take: 'last' }),
      'benchmarks[0].metrics[0].read has "take", which means nothing beside "jsonPointer"; beside it can stand: "file"',
    ],
    [
      'elapsed of a file',
      read({ elapsed: true, file: 'a' }),
      'has "file", which means nothing beside "elapsed"; beside it can stand: nothing',
    ],
    ['elapsed: false', read({ elapsed: false }), 'read.elapsed must be true, not false'],
    [
      'an unknown key of read',
      read({ regexp: 'a' }),
      'read has an unknown key "regexp"; did you mean "regex"?',
    ],
    [
      'a bad JSON pointer',
      read({ jsonPointer: 'a.b' }),
      'read.jsonPointer must be a JSON pointer: "" or a text such as "/jobs/0/read/iops" (~0 for ~, ~1 for /), not "a.b"',
    ],
    [
      'a bad column',
      read({ csvColumn: 0 }),
      "read.csvColumn must be a column's name in the header, or its number from 1, not 0",
    ],
    ['a long separator', read({ csvColumn: 1, separator: ', ' }), 'read.separator must be one character'],
    [
      'a folder in the file',
      read({ regex: 'a', file: '../a' }),
      "read.file must be a file's name without a folder",
    ],
    [
      'a bad choice',
      read({ regex: 'a', take: 'median' }),
      'read.take must be "first", "last" or "mean", not "median"',
    ],
  ])('refuses %s', (_, entry, message) => {
    const found = messagesOf(entry);
    expect(found.join('\n')).toContain(message);
    expect(parseLab(textOf({ benchmarks: [entry] }), 'lab.json').status).toBe('error');
  });

  it.each<[string, readonly Json[], string]>([
    [
      'the id of one that is built in',
      [benchmark({ id: 'php' })],
      'line 4: benchmarks[0].id is the id of a benchmark that comes with Guestbench; choose another, such as "my-php"',
    ],
    [
      'an id twice',
      [benchmark(), benchmark()],
      'benchmarks[1].id is already the id of benchmarks[0]; each needs its own',
    ],
    [
      'a metric twice',
      [benchmark({ metrics: [metric(), metric()] })],
      'benchmarks[0].metrics[1].id is already the id of metrics[0]; each needs its own',
    ],
    [
      'a broken expression',
      [read({ regex: 'a(b' })],
      'line 12: benchmarks[0].metrics[0].read.regex is not a regular expression that can be used: missing closing )',
    ],
    [
      'a look-ahead',
      [read({ regex: 'a(?=b)' })],
      'looking ahead or behind and references back to a group are not supported',
    ],
    [
      'a group that is not there',
      [read({ regex: 'a', group: 1 })],
      'read.group has no group 1 in its expression; it has none: put the figure into ( )',
    ],
    [
      'a name that is not there',
      [read({ regex: '(?<n>a)', group: 'm' })],
      'read.group has no group "m" in its expression; it has 1 (named: n)',
    ],
  ])('leaves out a benchmark with %s, and keeps the rest of the lab', (_, benchmarks, message) => {
    const lab = {
      guests: [{ name: 'g', address: 'a' }],
      benchmarks: [...benchmarks, benchmark({ id: 'other' })],
    };
    const result = parseLab(textOf(lab), 'lab.json', labFindings);
    expect(messagesOf(...benchmarks).join('\n')).toContain(message);
    expect(result.problems?.every(({ isOfEntry }) => isOfEntry)).toBe(true);
    if (result.status !== 'ok') throw new Error('the lab is not used');
    expect(result.lab.guests).toHaveLength(1);
    const own = benchmarksOf(result.lab).slice(catalogue.length);
    expect(own.map(({ id }) => id)).toEqual(benchmarks.length === 2 ? ['mine', 'other'] : ['other']);
  });

  it.each<[string, Json[], string]>([
    [
      'an unknown benchmark',
      [{ benchmark: 'fio-randraed' }],
      'line 21: suites.mine[0].benchmark is "fio-randraed", and there is no such benchmark; did you mean "fio-randread"?',
    ],
    ['one that is nothing like any', [{ benchmark: 'quake' }], 'there is "openssl", "7zip"'],
    ['a near miss of an own one', [{ benchmark: 'mime' }], 'did you mean "mine"?'],
    [
      'a wrong parameter',
      [{ benchmark: 'php', parameters: { rounds: 0 } }],
      'line 23: suites.mine[0].parameters.rounds must be a whole number from 1 to 1000 (PHP)',
    ],
    [
      'an unknown parameter',
      [{ benchmark: 'php', parameters: { round: 3 } }],
      'suites.mine[0].parameters does not know round; known: rounds, workPercent (PHP)',
    ],
    [
      'a parameter of an own one',
      [{ benchmark: 'mine', parameters: { a: 1 } }],
      'has no parameters: its command says it all (mine)',
    ],
    [
      'the same twice',
      [{ benchmark: 'php' }, { benchmark: 'php' }],
      'suites.mine[1] has the same name as entry [0] of this suite; give it a name of its own with "as"',
    ],
  ])('tells of a suite with %s', (_, entries, message) => {
    expect(messages({ benchmarks: [benchmark()], suites: { mine: entries } }).join('\n')).toContain(message);
  });

  it('lets suites name own benchmarks, more than once under other names', () => {
    const entries = [{ benchmark: 'mine' }, { benchmark: 'mine', as: 'again' }, { benchmark: 'php' }];
    expect(messages({ benchmarks: [benchmark()], suites: { mine: entries } })).toEqual([]);
  });
});
