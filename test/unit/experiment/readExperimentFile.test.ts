import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExperiment } from '../../../src/experiment/readExperiment';
import { readExperimentFile } from '../../../src/experiment/readExperimentFile';
import { finished, experimentEvent, output, started, text } from './sampleEvents';

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'guestbench-read-'));
  file = join(folder, 'one.guestbench');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const first = experimentEvent();
const [one, two] = first.plan.trials.map(({ id }) => id) as [string, string];
const whole = text(
  first,
  started(one),
  output(one, 'Zahl: 3 µs, “schnell” 🚀\nzwei\n'),
  finished(one),
  started(two),
  finished(two),
);

async function inPieces(content: string | Buffer, pieceBytes?: number) {
  writeFileSync(file, content);
  return readExperimentFile(file, pieceBytes);
}

describe('an experiment file read in pieces', () => {
  it('is what its text is, wherever the pieces end', async () => {
    const expected = readExperiment(whole);
    expect(expected.status).toBe('ok');
    for (let bytes = 1; bytes <= 300; bytes += bytes < 20 ? 1 : 37) {
      expect(await inPieces(whole, bytes), `${bytes} bytes a piece`).toEqual(expected);
    }
    expect(await inPieces(whole)).toEqual(expected);
  });

  it.each([
    ['empty', ''],
    ['blank', '\n \r\n\n'],
    ['a byte order mark alone', '\uFEFF'],
    ['a byte order mark before it', `\uFEFF${whole}`],
    ['two byte order marks', `\uFEFF\uFEFF${whole}`],
    ['other line ends', whole.replaceAll('\n', '\r\n')],
    ['no newline at its end', whole.slice(0, -1)],
    ['a torn end', whole.slice(0, -40)],
    ['a torn beginning', whole.slice(0, 100)],
    ['blank lines before it', `\n\n${whole}`],
    ['a blank line within', whole.replace('\n', '\n\n')],
    ['a blank end', `${whole}\n`],
    ['something else', '{"type":"other"}\n'],
    ['another beginning', `${whole}${whole}`],
    ['a damaged line', whole.replace('"started', '"sta\nrted')],
    ['without its first line', whole.slice(whole.indexOf('\n') + 1)],
  ])('is what its text is: %s', async (_, content) => {
    const expected = readExperiment(content);
    for (const bytes of [1, 7, 100, undefined]) expect(await inPieces(content, bytes)).toEqual(expected);
  });

  it('is what its text is after any change of bytes', async () => {
    const bytes = Buffer.from(whole);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }),
        fc.nat(bytes.length),
        fc.integer({ min: 1, max: 200 }),
        async (changes, length, pieceBytes) => {
          const changed = Buffer.from(bytes.subarray(0, length));
          for (const [place, value] of changes) if (place < length) changed[place] = value;
          expect(await inPieces(changed, pieceBytes)).toEqual(readExperiment(changed.toString('utf8')));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is closed again, and one that is not there is the error of the file system', async () => {
    const opened = () => readdirSync('/proc/self/fd').length;
    const before = opened();
    for (let turn = 0; turn < 20; turn++) {
      await inPieces(whole, 64);
      expect((await inPieces('no experiment\n'.repeat(100), 64)).status).toBe('error');
    }
    expect(opened()).toBe(before);
    await expect(readExperimentFile(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(readExperimentFile(folder)).rejects.toMatchObject({ code: 'EISDIR' });
  });
});
