import {
  closeSync,
  existsSync,
  mkdtempSync,
  mkdirSync,
  lstatSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ssh2 from 'ssh2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OutputCollector } from '../../../src/experiment/collector';
import { lockFile, lockHolder } from '../../../src/experiment/fileLock';
import { JournalWriter } from '../../../src/experiment/journal';
import { readExperimentFile } from '../../../src/experiment/readExperimentFile';
import { importBytes, sizeText } from '../../../src/files/limits';
import { readWhole } from '../../../src/files/reading';
import { beside, createAnew, createFile, openToReplace } from '../../../src/files/writing';
import { LabStore } from '../../../src/lab/labStore';
import { readKeyFile } from '../../../src/ssh/keyFiles';
import { experimentEvent } from '../experiment/sampleEvents';
import { odd } from './odd';

let folder: string;
let file: string;
/** A file of the person's, outside everything that Guestbench writes. */
let precious: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gb-odd-'));
  file = join(folder, 'a.guestbench');
  precious = join(folder, 'precious');
  writeFileSync(precious, 'precious');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const line = (event: object): string => `${JSON.stringify(event)}\n`;

describe('reading what is no ordinary file', () => {
  for (const { kind, said, make } of odd) {
    it(`is refused with a sentence: ${kind}`, async () => {
      const takeAway = await make(file);
      try {
        await expect(readExperimentFile(file)).rejects.toThrow(said);
        await expect(readWhole(file, importBytes)).rejects.toThrow(said);
        const lab = new LabStore(file);
        await lab.load();
        expect(lab.problems.map(({ message }) => message)).toEqual([expect.stringMatching(said)]);
        lab.dispose();
        const key = await readKeyFile(ssh2, file);
        expect(key.state === 'unusable' ? key.error.message : key.state).toMatch(said);
      } finally {
        takeAway();
      }
    });

    it(`is not gone on with, nor taken for a lock: ${kind}`, async () => {
      const takeAway = await make(file);
      const lock = await make(`${file}.lock`);
      try {
        expect(lockHolder(file)).toBeUndefined();
        await expect(JournalWriter.reopen(file)).rejects.toThrow(/cannot be read|is a link/);
      } finally {
        takeAway();
        lock();
      }
    });
  }

  it('takes an ordinary file through a link, which a person may have made', async () => {
    const real = join(folder, 'real');
    writeFileSync(real, line(experimentEvent()));
    symlinkSync(real, file);
    expect((await readExperimentFile(file)).status).toBe('ok');
  });

  it('ends at a line without an end, long before its file does', async () => {
    writeFileSync(file, line(experimentEvent()));
    truncateSync(file, 300 * 1024 * 1024);
    const read = await readExperimentFile(file);
    expect(read).toMatchObject({
      status: 'error',
      line: 2,
      error: expect.stringMatching(/longer than 64 MiB/) as string,
    });
  });

  it('tells sizes in round figures', () => {
    expect([12, 2048, 1536 * 1024, 512 * 1024 * 1024, 10 * 1024 ** 3].map(sizeText)).toEqual([
      '12 bytes',
      '2 KiB',
      '1.5 MiB',
      '512 MiB',
      '10 GiB',
    ]);
  });
});

describe('writing beside an experiment', () => {
  const isUntouched = (): void => expect(readFileSync(precious, 'utf8')).toBe('precious');

  it('does not follow a link in the place of an output', () => {
    const whole = `${file}.r00-x-a.stdout.txt`;
    symlinkSync(precious, whole);
    const collector = new OutputCollector(whole);
    collector.add(Buffer.alloc(1024 * 1024 + 1, 'x'));
    isUntouched();
    // Put there while the trial runs.
    rmSync(whole);
    symlinkSync(precious, whole);
    collector.add(Buffer.from('more'));
    collector.close();
    isUntouched();
    expect(() => collector.add(Buffer.from('y'))).toThrow(/it was closed already/);
  });

  it('does not follow a link in the place of the lock, nor of the one that renews it', () => {
    for (const name of [`${file}.lock`, `${file}.lock.new`]) symlinkSync(precious, name);
    const lock = lockFile(file);
    isUntouched();
    expect(lstatSync(`${file}.lock`).isFile()).toBe(true);
    expect(lockHolder(file)).toMatchObject({ pid: process.pid });
    lock.dispose();
    expect(existsSync(`${file}.lock`)).toBe(false);
    isUntouched();
  });

  it('does not create an experiment through a link, nor go on with one', async () => {
    symlinkSync(join(folder, 'new'), file);
    await expect(JournalWriter.create(file)).rejects.toThrow(/exists already/);
    expect(existsSync(join(folder, 'new'))).toBe(false);
    rmSync(file);
    writeFileSync(join(folder, 'real'), line(experimentEvent()));
    symlinkSync(join(folder, 'real'), file);
    await expect(JournalWriter.reopen(file)).rejects.toThrow(
      /is a link to .*real, and nothing is written through/,
    );
  });

  it('stops at a folder in the place of a file', () => {
    mkdirSync(`${file}.lock`);
    expect(() => lockFile(file)).toThrow();
    expect(() => createAnew(`${file}.lock`)).toThrow();
  });

  it('stays in the folder, whatever an id says', () => {
    expect(beside(file, 'r00-x-a.stdout.txt')).toBe(`${file}.r00-x-a.stdout.txt`);
    for (const ending of ['/../../evil', '../evil', 'a/b', 'a\\b', 'x\0y', '/'])
      expect(() => beside(file, ending), ending).toThrow(/cannot be the end of a file's name/);
  });

  it('creates what is new only, and replaces what is in the way without following it', () => {
    symlinkSync(precious, file);
    expect(() => createFile(file)).toThrow(/EEXIST/);
    closeSync(createAnew(file));
    expect(lstatSync(file).isFile()).toBe(true);
    expect(lstatSync(file).mode & 0o077).toBe(0);
    isUntouched();
  });

  it('exports to ordinary files only', async () => {
    const target = join(folder, 'report.html');
    symlinkSync(precious, target);
    await expect(openToReplace(target)).rejects.toThrow(/is a link, and nothing is written through links/);
    isUntouched();
    for (const { make, kind } of odd.filter((one) => /folder|pipe/.test(one.kind))) {
      const other = join(folder, kind);
      const takeAway = await make(other);
      await expect(openToReplace(other), kind).rejects.toThrow(/not an ordinary file/);
      takeAway();
    }
    rmSync(target);
    for (const text of ['a longer text', 'short']) {
      const handle = await openToReplace(target);
      await handle.writeFile(text);
      await handle.close();
      expect(readFileSync(target, 'utf8')).toBe(text);
    }
  });
});
