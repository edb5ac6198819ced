import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parsers } from '../../../src/benchmarks/parsers';
import { readExperiment } from '../../../src/experiment/journal';
import { readExperimentFile } from '../../../src/experiment/readExperimentFile';
import { addGuest } from '../../../src/lab/labFile';
import { placeOfGuest } from '../../../src/lab/labPlaces';
import { parseLab } from '../../../src/lab/labRead';
import { LabStore } from '../../../src/lab/labStore';
import { deepestNesting, isNestedTooDeep, parseJson, tooDeepAt } from '../../../src/model/nesting';
import { UserError } from '../../../src/model/userError';
import { fromCsv, fromFioJson, fromHyperfineJson, fromJson } from '../../../src/report/importers';
import { experimentEvent, at } from '../experiment/sampleEvents';

const deep = 200_000;
const lists = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const objects = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
/** Whole and cut, of lists, of objects, and of both. */
const nests: Readonly<Record<string, string>> = {
  lists: lists(deep),
  objects: objects(deep),
  'both in turn': '[{"a":'.repeat(deep) + '1' + '}]'.repeat(deep),
  'lists that do not end': '['.repeat(deep),
  'objects that do not end': '{"a":'.repeat(deep),
};

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'gb-nested-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('brackets without an end', () => {
  for (const [kind, nest] of Object.entries(nests)) {
    it(`are a finding of the lab file with its line, not an exception: ${kind}`, async () => {
      for (const text of [
        nest,
        `{ // mine\n  "guests": ${nest} }`,
        `{\n  "$schema": "x", "unknown": ${nest}`,
      ]) {
        const read = parseLab(text, 'guestbench.lab.json');
        expect(read.status).toBe('error');
        const [problem] = read.problems ?? [];
        expect(problem?.message).toMatch(/^line [12]: lists and objects stand more than 64 deep/);
        expect(text.charAt(problem?.offset ?? -1)).toMatch(/[[{]/);
        expect(placeOfGuest(text, 'a')).toBeUndefined();
        expect(() => addGuest(text, { name: 'a', address: 'b' })).toThrow(UserError);
        const file = join(folder, 'guestbench.lab.json');
        writeFileSync(file, text);
        const store = new LabStore(file);
        await store.load();
        expect(store.problems.length).toBe(1);
        store.dispose();
      }
    });

    it(`are an error of an experiment file with its line: ${kind}`, async () => {
      const first = JSON.stringify(experimentEvent());
      const inLab = first.replace('"suites":{}', `"suites":${nest}`);
      const events = [nest, `{"at":"${at}","type":"paused","reason":"x","more":${nest}}`];
      const texts = [nest, inLab, ...events.map((event) => `${first}\n${event}\n`)];
      for (const text of [...texts, ...texts.map((one) => one.trimEnd())]) {
        const read = readExperiment(text);
        expect(read.status).toBe('error');
        const file = join(folder, 'e.guestbench');
        writeFileSync(file, text);
        expect(await readExperimentFile(file)).toEqual(read);
      }
    });

    it(`are an error of an import with a sentence: ${kind}`, () => {
      const source = (text: string) => [{ guest: 'a', name: 'file', text }];
      for (const work of [
        () => fromJson(nest),
        () => fromJson(`{"export":{"kind":"guestbench-experiment","version":1},"plan":${nest}}`),
        () => fromFioJson(source(nest)),
        () => fromFioJson(source(`{"fio version":"fio-3.33","jobs":${nest}}`)),
        () => fromHyperfineJson(source(`{"results":[{"command":"x","mean":${nest}}]}`)),
        () => fromCsv(`experiment,experiment_json\nx,"${nest.replaceAll('"', '""')}"\n`),
      ])
        expect(work).toThrow(UserError);
    });

    it(`of a guest's output are a failed trial: ${kind}`, () => {
      const output = {
        ...{ stderr: '', exitCode: 0, signal: null, cancelled: false },
        stdout: `{"fio version":"fio-3.33","jobs":${nest}}`,
        files: new Map([['out.json', nest]]),
      };
      for (const parse of Object.values(parsers)) expect(parse(output).outcome).toBe('failed');
    });
  }
});

describe('the depth of a document', () => {
  it('is counted without strings, and without going down itself', () => {
    expect(tooDeepAt(`"${'['.repeat(100)}\\"${'{'.repeat(100)}"`)).toBeUndefined();
    expect(tooDeepAt(lists(deepestNesting))).toBeUndefined();
    expect(tooDeepAt(lists(deepestNesting + 1))).toBe(deepestNesting);
    expect(tooDeepAt('[]'.repeat(1000))).toBeUndefined();
    expect(parseJson(lists(deepestNesting))).toBeInstanceOf(Array);
    expect(() => parseJson(lists(deepestNesting + 1))).toThrow(/more than 64 deep/);
  });

  it('of a value is that of its text', () => {
    for (const make of [lists, objects]) {
      expect(isNestedTooDeep(JSON.parse(make(deepestNesting)))).toBe(false);
      expect(isNestedTooDeep(JSON.parse(make(deepestNesting + 1)))).toBe(true);
    }
    expect([isNestedTooDeep('text'), isNestedTooDeep(null)]).toEqual([false, false]);
  });
});
