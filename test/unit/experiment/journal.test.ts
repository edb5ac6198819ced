import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JournalWriter, readExperiment, type JournalFile } from '../../../src/experiment/journal';
import type { ExperimentEvent } from '../../../src/model/experiment';
import { UserError } from '../../../src/model/userError';
import { experimentEvent, finished, sampleEvents, started, text } from './sampleEvents';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'guestbench-journal-'));
  file = path.join(folder, 'a.guestbench');
});
afterEach(() => rm(folder, { recursive: true }));

const content = (): Promise<string> => readFile(file, 'utf8');
const first = experimentEvent();
const [one, two] = first.plan.trials.map(({ id }) => id) as [string, string];

type Fault = 'short write' | 'no space' | 'half a line' | 'no sync' | 'no truncate' | 'nothing written';

/** A real file that fails as told: each name in `faults` once, when its turn comes. */
async function failingFile(faults: Fault[]): Promise<JournalFile & { calls: string[] }> {
  const handle = await open(file, 'wx');
  const fail = (code: string): Error => Object.assign(new Error(code), { code });
  const due = (fault: Fault): boolean => {
    const index = faults.indexOf(fault);
    if (index >= 0) faults.splice(index, 1);
    return index >= 0;
  };
  const calls: string[] = [];
  const fake = {
    calls,
    write: async (bytes: Uint8Array, offset: number, length: number, position: number) => {
      calls.push('write');
      if (due('no space')) throw fail('ENOSPC');
      if (due('nothing written')) return { bytesWritten: 0, buffer: bytes };
      if (due('half a line')) {
        await handle.write(bytes, offset, Math.floor(length / 2), position);
        throw fail('EIO');
      }
      return handle.write(bytes, offset, due('short write') ? Math.ceil(length / 3) : length, position);
    },
    sync: async () => {
      calls.push('sync');
      if (due('no sync')) throw fail('EIO');
      await handle.sync();
    },
    truncate: async (size: number) => {
      if (due('no truncate')) throw fail('EIO');
      await handle.truncate(size);
    },
    stat: () => handle.stat(),
    close: () => handle.close(),
  };
  return fake as unknown as JournalFile & { calls: string[] };
}

describe('JournalWriter', () => {
  it('writes what readExperiment reads', async () => {
    const writer = await JournalWriter.create(file);
    const events = sampleEvents();
    for (const event of events) await writer.append(event);
    await writer.close();
    expect(await content()).toBe(text(...events));
    expect(readExperiment(await content())).toMatchObject({ status: 'ok' });
  });

  it('keeps the order of calls that do not wait for each other', async () => {
    const writer = await JournalWriter.create(file);
    const events = sampleEvents();
    await Promise.all(events.map((event) => writer.append(event)));
    await writer.close();
    expect(await content()).toBe(text(...events));
  });

  it('has the event on disk when append resolves: written, then synced', async () => {
    const handle = await failingFile(['short write']);
    const writer = new JournalWriter(file, handle, 0);
    await writer.append(first);
    expect(handle.calls).toEqual(['write', 'write', 'sync']);
    expect(await content()).toBe(text(first));
    await writer.close();
  });

  it('never overwrites a file', async () => {
    await writeFile(file, 'precious');
    await expect(JournalWriter.create(file)).rejects.toThrow(UserError);
    await expect(JournalWriter.create(file)).rejects.toThrow(
      /Cannot create .*a\.guestbench: it exists already/,
    );
    expect(await content()).toBe('precious');
  });

  it('says why a file cannot be created', async () => {
    await expect(JournalWriter.create(path.join(folder, 'none', 'b'))).rejects.toThrow(
      /folder or the file does not exist/,
    );
  });

  it.each<[Fault[], RegExp]>([
    [['no space'], /a\.guestbench: the disk is full/],
    [['half a line'], /the disk reported an error/],
    [['half a line', 'no truncate'], /the disk reported an error/],
    [['no sync'], /the disk reported an error/],
    [['nothing written'], /nothing more could be written/],
  ])('after %j rejects, and the next line is whole', async (faults, message) => {
    const pending: Fault[] = [];
    const writer = new JournalWriter(file, await failingFile(pending), 0);
    await writer.append(first);
    pending.push(...faults);
    const failure = writer.append(started(one));
    const next = writer.append(started(two));
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toThrow(UserError);
    await next;
    await writer.append(finished(two, 5));
    await writer.close();
    expect(await content()).toBe(text(first, started(two), finished(two, 5)));
  });

  it('keeps its hands off a file that another program changed', async () => {
    const writer = await JournalWriter.create(file);
    await writer.append(first);
    await writeFile(file, `${text(first)}{"other":1}\n`);
    await expect(writer.append(started(one))).rejects.toThrow(/another program changed it/);
    expect(await content()).toBe(`${text(first)}{"other":1}\n`);
    await writer.close();
  });

  it('refuses what could not be read again', async () => {
    const writer = await JournalWriter.create(file);
    await writer.append(first);
    await expect(writer.append(finished(one, NaN))).rejects.toThrow(/unreadable/);
    await expect(writer.append({ type: 'party' } as unknown as ExperimentEvent)).rejects.toThrow(
      /unreadable/,
    );
    await writer.close();
    expect(await content()).toBe(text(first));
  });

  it('closes once, after what is on its way, and takes nothing afterwards', async () => {
    const writer = await JournalWriter.create(file);
    const late = writer.append(first);
    writer.dispose();
    writer.dispose();
    await writer.close();
    await late;
    expect(writer.isDisposed).toBe(true);
    await expect(writer.append(started(one))).rejects.toThrow(/is closed/);
    expect(await content()).toBe(text(first));
  });
});

describe('a journal opened again', () => {
  const whole = text(first, started(one), finished(one, 3));

  it('goes on at its end', async () => {
    await writeFile(file, whole);
    const { writer, experiment, ...rest } = await JournalWriter.reopen(file);
    expect(experiment.trials).toHaveLength(1);
    expect(rest).toEqual({});
    await writer.append(started(two));
    await writer.close();
    expect(await content()).toBe(whole + text(started(two)));
  });

  it('cuts a torn tail off first, and reports it', async () => {
    const tail = text(started(two)).slice(0, -9);
    await writeFile(file, whole + tail);
    const { writer, torn } = await JournalWriter.reopen(file);
    expect(torn).toEqual({ line: 4, bytes: tail.length });
    expect(await content()).toBe(whole);
    await writer.append(started(two));
    await writer.close();
    expect(await content()).toBe(whole + text(started(two)));
  });

  it('keeps a last line that lacks nothing but its newline', async () => {
    await writeFile(file, whole.trimEnd());
    const { writer, experiment, torn } = await JournalWriter.reopen(file);
    expect(torn).toBeUndefined();
    expect(experiment.trials[0]).toMatchObject({ status: 'ok' });
    await writer.append(started(two));
    await writer.close();
    expect(await content()).toBe(whole + text(started(two)));
  });

  it('refuses a file that is none, and leaves it as it is', async () => {
    await writeFile(file, '{"name":"package"}');
    await expect(JournalWriter.reopen(file)).rejects.toThrow(
      /Cannot go on with .*no experiment of Guestbench/,
    );
    expect(await content()).toBe('{"name":"package"}');
    await expect(JournalWriter.reopen(path.join(folder, 'none'))).rejects.toThrow(
      /Cannot open .*does not exist/,
    );
  });
});
