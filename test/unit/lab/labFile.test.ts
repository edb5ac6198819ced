import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addGuest, newLabText, parseLab, removeGuest, updateGuest } from '../../../src/lab/labFile';
import type { Guest, Lab } from '../../../src/model/lab';
import { UserError } from '../../../src/model/userError';

function labOf(text: string): Lab {
  const read = parseLab(text, 'lab.json');
  if (read.status === 'error') throw new Error(read.problems.map((problem) => problem.message).join('\n'));
  return read.lab;
}

function problemsOf(text: string) {
  const read = parseLab(text, 'lab.json');
  return read.status === 'error' ? read.problems : [];
}

/** The problem's place, as the text that stands there. */
const at = (text: string, offset: number) => text.slice(offset, offset + 12);

const names = (text: string) => labOf(text).guests.map((guest) => guest.name);

const written = `// My lab
{
  "hosts": [{ "name": "lab1", "kind": "xl" }], // the one in the cellar
  "guests": [
    // the old one
    { "name": "pv", "host": "lab1", "address": "10.0.0.11" }, // to be retired
    /* the new one */
    { "name": "pvh", "sshHost": "pvh-alias" } // fast
    // { "name": "off", "address": "x" }
  ],
  "suites": { "nightly": [{ "benchmark": "fio-randread", "parameters": { "seconds": 60 } }] },
}
`;

describe('parseLab', () => {
  it('reads comments and trailing commas', () => {
    const lab = labOf(written);
    expect(lab.guests.map((guest) => guest.name)).toEqual(['pv', 'pvh']);
    expect(lab.suites['nightly']).toEqual([{ benchmark: 'fio-randread', parameters: { seconds: 60 } }]);
  });

  it.each(['', ' \n', '// only a comment\n', '\uFEFF', '{}'])('takes %j for an empty lab', (text) => {
    expect(labOf(text)).toEqual({ hosts: [], guests: [], suites: {} });
  });

  it('points at a wrong value, in words', () => {
    const text =
      '{\n  "guests": [\n    { "name": "a", "address": "x" },\n    { "name": "b", "address": "x", "port": "22a" }\n  ]\n}';
    const [problem] = problemsOf(text);
    expect(problem?.message).toBe('line 4: guests[1].port must be a whole number from 1 to 65535, not "22a"');
    expect(problem).toMatchObject({ line: 4, column: 44 });
    expect(at(text, problem?.offset ?? 0)).toMatch(/^"22a"/);
  });

  it.each([
    [
      '{ "guests": [{ "name": "a", "adress": "x", "sshHost": "s" }] }',
      /guests\[0\] has an unknown key "adress"; did you mean "address"\?/,
      '"adress"',
    ],
    [
      '{ "guests": [{ "name": "a", "hostname": "x", "sshHost": "s" }] }',
      /did you mean "address"/,
      '"hostname"',
    ],
    [
      '{ "guests": [{ "name": "a", "address": "x", "identityfile": "k" }] }',
      /did you mean "identityFile"/,
      '"identityfi',
    ],
    ['{ "guest": [] }', /the lab file has an unknown key "guest"; did you mean "guests"/, '"guest"'],
    [
      '{ "guests": [{ "name": "a", "address": "x", "colour": 1 }] }',
      /unknown key "colour"; it can hold "name", "host"/,
      '"colour"',
    ],
    [
      '{ "guests": [{ "name": "a", "address": "x", "password": "hunter2" }] }',
      /holds no secrets/,
      '"password"',
    ],
    ['{ "guests": [{ "name": "a" }] }', /guests\[0\] needs "address" .* or "sshHost"/, '{ "name"'],
    ['{ "guests": [{ "address": "x" }] }', /guests\[0\] needs "name": a name/, '{ "address"'],
    [
      '{ "guests": [{ "name": "a", "address": "x", "mode": "pv" }] }',
      /mode must be "PV", "HVM", "PVHVM" or "PVH", not "pv"/,
      '"pv"',
    ],
    [
      '{ "guests": [{ "name": "a", "address": "-oProxyCommand=x" }] }',
      /address must be a host name/,
      '"-oProxy',
    ],
    [
      '{ "guests": [{ "name": "a", "address": "x", "port": 0 }] }',
      /port must be a whole number from 1 to 65535, not 0/,
      '0',
    ],
    ['{ "guests": [{ "name": "a", "address": "x", "port": 1.5 }] }', /not 1\.5/, '1.5'],
    [
      '{ "guests": [{ "name": "a", "address": "x", "tags": ["t", 3] }] }',
      /guests\[0\]\.tags\[1\] must be a text, not 3/,
      '3',
    ],
    ['{ "guests": ["a"] }', /guests\[0\] must be an object.*not "a"/, '"a"'],
    ['{ "guests": {} }', /guests must be a list of guests.*not an object/, '{}'],
    ['{ "hosts": [{ "name": "h", "kind": "esxi" }] }', /hosts\[0\]\.kind must be "xl"/, '"esxi"'],
    [
      '{ "hosts": [{ "name": "h" }, { "name": "h" }] }',
      /hosts\[1\]\.name "h" is already the name of hosts\[0\]/,
      '"h"',
    ],
    [
      '{ "guests": [{ "name": "a", "address": "x" }, { "name": "a", "address": "y" }] }',
      /guests\[1\]\.name "a" is already/,
      '"a", "addre',
    ],
    [
      '{ "guests": [{ "name": "a", "address": "x", "host": "h" }] }',
      /guests\[0\]\.host "h" is not among "hosts" \(there is none yet\)/,
      '"h"',
    ],
    [
      '{ "suites": { "my own": [{ "benchmark": 3 }] } }',
      /suites\["my own"\]\[0\]\.benchmark must be a benchmark's id, not 3/,
      '3',
    ],
    [
      '{ "suites": { "s": [{ "benchmark": "b", "parameters": { "x": null } }] } }',
      /must be a text, a number, true, false/,
      'null',
    ],
    ['{ "suites": { "s": {} } }', /suites\.s must be a list of benchmarks/, '{}'],
    ['{ "suites": { "s": [3] } }', /suites\.s\[0\] must be an object: \{ "benchmark"/, '3'],
    ['{ "guests": [], "guests": [] }', /the key "guests" stands here a second time/, '"guests"'],
    ['[]', /lab\.json must be an object/, '[]'],
    ['{ "guests": [', /bracket \] is missing/, ''],
    ['{ "guests" [] }', /a colon is expected/, '[]'],
    ['{ guests: [] }', /this word means nothing|double quotes/, 'guests'],
  ])('%s', (text, message, place) => {
    const problems = problemsOf(text);
    expect(problems[0]?.message).toMatch(message);
    expect(problems[0]?.message).toMatch(/^line 1: /);
    expect(at(text, problems[0]?.offset ?? -1)).toContain(place);
    expect(problems.map((problem) => problem.message).join()).not.toContain('hunter2');
  });

  it('points at the second of two equal names, wherever lines end', () => {
    for (const eol of ['\n', '\r\n', '\r']) {
      const text = [
        '{',
        '"guests": [',
        '{ "name": "a", "address": "x" },',
        ' { "name": "a", "address": "y" }]',
        '}',
      ].join(eol);
      expect(problemsOf(text)).toMatchObject([{ line: 4, column: 12 }]);
    }
  });

  it('tells every problem, in the order of the file', () => {
    const text =
      '{ "guests": [{ "name": 3, "address": "x" }, { "name": "b", "address": "x", "port": "y", "ip": 1 }] }';
    const problems = problemsOf(text);
    expect(problems).toHaveLength(3);
    expect(problems.map((problem) => problem.offset)).toEqual(
      problems.map((problem) => problem.offset).sort((a, b) => a - b),
    );
  });

  it('never throws, and every problem lies in the text', () => {
    const json = fc.json().map((text) => `{ "guests": [${text}], "hosts": ${text}, "suites": ${text} }`);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          json,
          fc.nat(written.length).map((end) => written.slice(0, end)),
        ),
        (text) => {
          for (const problem of problemsOf(text)) {
            expect(problem.offset).toBeLessThanOrEqual(text.length);
            expect(problem.line).toBeGreaterThan(0);
            expect(problem.column).toBeGreaterThan(0);
          }
        },
      ),
    );
  });
});

describe('edits', () => {
  const guest: Guest = { name: 'new', address: '10.0.0.9', port: 2222, tags: ['a', 'b'] };
  const comments = (text: string) =>
    [...text.matchAll(/\/\/[^\n]*|\/\*.*?\*\//g)].map(([comment]) => comment);

  it('adds a guest behind the others, comments where they were', () => {
    const text = addGuest(written, guest);
    expect(names(text)).toEqual(['pv', 'pvh', 'new']);
    expect(comments(text)).toEqual(comments(written));
    expect(text).toContain('{ "name": "pvh", "sshHost": "pvh-alias" }, // fast\n');
    expect(text).toContain(
      '\n    { "name": "new", "address": "10.0.0.9", "port": 2222, "tags": ["a", "b"] }\n  ],',
    );
  });

  it.each([
    ['{}', '{'],
    ['', '// The guests'],
    ['{ "guests": [] }', '{ "guests": ['],
    ['{\n\t"guests": [ // none yet\n\t]\n}', '{\n\t"guests": [ // none yet\n\t\t{ "name"'],
    [
      '{ "guests": [{ "name": "a", "address": "x" }] }',
      '{ "guests": [{ "name": "a", "address": "x" }, { "name"',
    ],
    [
      '{\n  "guests": [\n    { "name": "a", "address": "x" },\n  ],\n}',
      '{\n  "guests": [\n    { "name": "a", "address": "x" },\n    { "name"',
    ],
    [
      '{\r\n  "guests": [\r\n    { "name": "a", "address": "x" }\r\n  ]\r\n}',
      '{\r\n  "guests": [\r\n    { "name": "a", "address": "x" },\r\n    { "name"',
    ],
    [
      '{\n  "guests": [\n    {\n      "name": "a",\n      "address": "x"\n    }\n  ]\n}',
      '{\n  "guests": [\n    {\n      "name": "a",\n      "address": "x"\n    },\n    { "name"',
    ],
  ])('adds to %j', (text, start) => {
    const edited = addGuest(text, guest);
    expect(edited.startsWith(start)).toBe(true);
    expect(labOf(edited).guests.at(-1)).toEqual(guest);
    expect(/[^\r]\n/.test(edited)).toBe(!text.includes('\r\n') && edited.includes('\n'));
  });

  it('writes down a host that is new', () => {
    const text = addGuest(newLabText(), { name: 'a', address: 'x', host: 'cellar' });
    expect(labOf(text).hosts).toEqual([{ name: 'cellar' }]);
    expect(labOf(addGuest(text, { name: 'b', address: 'y', host: 'cellar' })).hosts).toHaveLength(1);
  });

  it('removes a guest with the comment on its line, and no other', () => {
    const first = removeGuest(written, 'pv');
    expect(names(first)).toEqual(['pvh']);
    expect(comments(first)).toEqual(comments(written).filter((comment) => !comment.includes('retired')));
    const last = removeGuest(written, 'pvh');
    expect(names(last)).toEqual(['pv']);
    expect(last).toContain('"address": "10.0.0.11" } // to be retired\n');
    expect(comments(last)).toEqual(comments(written).filter((comment) => !comment.includes('fast')));
    expect(names(removeGuest(first, 'pvh'))).toEqual([]);
  });

  it('removes from a list in one line', () => {
    const text = '{ "guests": [{ "name": "a", "address": "x" }, { "name": "b", "address": "x" }] }';
    expect(removeGuest(text, 'a')).toBe('{ "guests": [{ "name": "b", "address": "x" }] }');
    expect(removeGuest(text, 'b')).toBe('{ "guests": [{ "name": "a", "address": "x" }] }');
  });

  it('changes fields and keeps what is around them', () => {
    const text = updateGuest(written, 'pv', { address: '10.0.0.99', port: 2200, host: undefined });
    expect(text).toContain('    { "name": "pv", "address": "10.0.0.99", "port": 2200 }, // to be retired\n');
    expect(comments(text)).toEqual(comments(written));
    const many = '{\n  "guests": [\n    {\n      "name": "a", // mine\n      "address": "x"\n    }\n  ]\n}\n';
    const changed = updateGuest(many, 'a', { name: 'z', user: 'root' });
    expect(changed).toContain('"name": "z", // mine\n');
    expect(labOf(changed).guests).toEqual([{ name: 'z', address: 'x', user: 'root' }]);
  });

  it.each([
    [() => addGuest(written, { name: 'pv', address: 'x' }), /already a guest called "pv"/],
    [
      () => addGuest('{ "guests": [', { name: 'a', address: 'x' }),
      /mistake that must be mended first: line 1/,
    ],
    [() => addGuest(written, { name: 'a' }), /needs "address"/],
    [() => removeGuest(written, 'nobody'), /no guest called "nobody"/],
    [() => updateGuest(written, 'nobody', {}), /no guest called "nobody"/],
    [() => updateGuest(written, 'pv', { name: 'pvh' }), /already a guest called "pvh"/],
    [() => updateGuest(written, 'pv', { address: undefined }), /needs "address"/],
  ])('refuses what would break the lab (%#)', (edit, message) => {
    expect(edit).toThrow(UserError);
    expect(edit).toThrow(message);
  });

  it('adding and removing gives the same guests, for any layout', () => {
    const layout = fc.constantFrom(
      written,
      newLabText(),
      newLabText('./schema.json'),
      '{}',
      '{"guests":[]}',
      '{ "guests": [\n], }',
    );
    const name = fc.stringMatching(/^[a-z"\\/{},é-]{1,8}$/);
    fc.assert(
      fc.property(layout, fc.uniqueArray(name, { maxLength: 5 }), (start, added) => {
        const before = names(start);
        const fresh = added.filter((item) => !before.includes(item));
        let text = start;
        for (const item of fresh) text = addGuest(text, { name: item, address: 'x' });
        expect(names(text)).toEqual([...before, ...fresh]);
        for (const item of fresh) text = removeGuest(text, item);
        expect(names(text)).toEqual(before);
        expect(comments(text)).toEqual(comments(start));
      }),
    );
  });

  it('starts with a file that is a lab and explains itself', () => {
    expect(labOf(newLabText())).toEqual({ hosts: [], guests: [], suites: {} });
    expect(labOf(newLabText('./s.json')).$schema).toBe('./s.json');
  });
});
