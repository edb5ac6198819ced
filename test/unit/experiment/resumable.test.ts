import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { catalogue } from '../../../src/benchmarks/catalogue';
import { JournalWriter } from '../../../src/experiment/journal';
import { contentOf, readExperimentWhole } from '../../../src/experiment/readExperimentFile';
import { withOwnPaths } from '../../../src/experiment/resumable';
import { rememberStart, StartedExperiments } from '../../../src/experiment/startedExperiments';
import type { RunnerOptions } from '../../../src/experiment/runner';
import { experimentEvent, started } from './sampleEvents';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gb-resumable-'));
  file = join(folder, 'e.guestbench');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a recorded plan', () => {
  const key = 'local:~/.ssh/id_ed25519';
  const refs = [
    { id: 'kernel-build', parameters: { source: key, config: 'tinyconfig' } },
    { id: 'again', benchmark: 'unixbench-single', parameters: { source: key } },
    { id: 'sqlite' },
    { id: 'fio', benchmark: 'fio-randread', parameters: { device: key } },
    { id: 'unixbench-single', parameters: { source: 'uploaded:x.tar@0123456789abcdef' } },
  ];

  it('names no file of this computer as a source: its own setting does', () => {
    const own = withOwnPaths(refs, catalogue, { unixbench: 'local:/opt/ub', kernel: '/usr/src/linux.tar' });
    expect(JSON.stringify(own)).not.toContain('id_ed25519');
    expect(own.map(({ parameters }) => parameters)).toEqual([
      { source: '/usr/src/linux.tar', config: 'tinyconfig' },
      { source: 'local:/opt/ub' },
      undefined,
      {},
      { source: 'uploaded:x.tar@0123456789abcdef' },
    ]);
  });

  it('is not run without the source it needs', () => {
    expect(() => withOwnPaths(refs, catalogue, {})).toThrow(/guestbench\.sources under "unixbench"/);
    expect(withOwnPaths(refs.slice(0, 1), catalogue, {})).toEqual([
      { id: 'kernel-build', parameters: { config: 'tinyconfig' } },
    ]);
  });
});

describe('the content of an experiment file', () => {
  it('is that of its first line, whatever follows and however the file is cut', async () => {
    const first = JSON.stringify(experimentEvent());
    for (const text of [
      first,
      `${first}\n`,
      `${first}\n${JSON.stringify(started('r00-openssl-pv'))}\n{"at"`,
    ]) {
      writeFileSync(file, text);
      for (const pieceBytes of [7, 1 << 20])
        expect((await readExperimentWhole(file, pieceBytes)).content).toBe(contentOf(first));
    }
  });

  it('is remembered as it will stand in the file, before it is written', async () => {
    const memory = new StartedExperiments(join(folder, 'started'));
    const options = { id: 'e1', started: memory, listener: {} } as unknown as RunnerOptions;
    rememberStart(options, experimentEvent());
    const writer = await JournalWriter.create(file);
    await writer.append(experimentEvent());
    await writer.close();
    expect(memory.knows('e1', (await readExperimentWhole(file)).content ?? '')).toBe(true);
  });

  it('that cannot be remembered is said, and the experiment runs', () => {
    writeFileSync(join(folder, 'started'), 'a file in its place');
    const notices: string[] = [];
    const listener = { onNotice: (text: string) => notices.push(text) };
    const started = new StartedExperiments(join(folder, 'started'));
    rememberStart({ id: 'e1', started, listener } as unknown as RunnerOptions, experimentEvent());
    expect(notices).toEqual([expect.stringContaining('will have to be confirmed when it is resumed')]);
  });

  it('that was changed after somebody agreed to it is not gone on with', async () => {
    const first = JSON.stringify(experimentEvent());
    writeFileSync(file, `${first}\n`);
    await expect(JournalWriter.reopen(file, contentOf('what was shown'))).rejects.toThrow(
      /was changed since/,
    );
    expect(readFileSync(file, 'utf8')).toBe(`${first}\n`);
    appendFileSync(file, `${JSON.stringify(started('r00-openssl-pv'))}\n`);
    const { writer } = await JournalWriter.reopen(file, contentOf(first));
    await writer.close();
  });
});
