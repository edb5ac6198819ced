import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { experimentText } from '../../../src/experiment/experimentText';
import { TrendReader } from '../../../src/ui/trendReader';
import { completed, experiment, pv, pvhvm, workload } from '../report/experiments';

const words = {
  tooLong: (bytes: number) => `${bytes} bytes`,
  unreadable: (error: unknown) => String(error),
};
const workloads = [workload('sqlite', 44, 1.1, 0.01, 4)];

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gb-trend-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(label: string): string {
  const file = join(folder, `${label}.guestbench`);
  const one = { ...experiment({ label, guests: [pv, pvhvm], workloads, ended: completed }), id: label };
  writeFileSync(file, experimentText(one));
  return file;
}

async function read(reader: TrendReader, signal = new AbortController().signal): Promise<string[]> {
  const progress: string[] = [];
  await reader.read((done, total) => progress.push(`${done}/${total}`), signal);
  return progress;
}

describe('reading the experiments of a folder', () => {
  it('reads all of them in turn, and names those that cannot be read', async () => {
    write('b');
    write('a');
    writeFileSync(join(folder, 'broken.guestbench'), '{"type":');
    writeFileSync(join(folder, 'notes.txt'), 'no experiment');
    const reader = new TrendReader(folder, words);
    expect(await read(reader)).toEqual(['1/3', '2/3', '3/3']);
    expect(reader.entries.map(({ label }) => label)).toEqual(['a', 'b']);
    expect(reader.unread).toEqual([
      expect.objectContaining({ label: 'broken', reason: expect.stringContaining('not JSON') as string }),
    ]);
  });

  it('keeps what has not changed, reads again what has, and forgets what is gone', async () => {
    const [a, b] = [write('a'), write('b')];
    const reader = new TrendReader(folder, words);
    await read(reader);
    const [first, second] = reader.entries;
    write('a');
    utimesSync(a, 1_000_000, 1_000_000);
    await read(reader);
    expect(reader.entries[0]).not.toBe(first);
    expect(reader.entries[1]).toBe(second);
    rmSync(b);
    await read(reader);
    expect(reader.entries).toHaveLength(1);
    expect([reader.has(a), reader.has(b)]).toEqual([true, false]);
  });

  it('begins no other file once it is cancelled, and goes on later', async () => {
    for (const label of ['a', 'b', 'c']) write(label);
    const stop = new AbortController();
    const reader = new TrendReader(folder, words);
    await reader.read((done) => {
      if (done === 2) stop.abort();
    }, stop.signal);
    expect(reader.entries.map(({ label }) => label)).toEqual(['a', 'b']);
    await read(reader);
    expect(reader.entries).toHaveLength(3);
  });

  it('fails when there is no folder', async () => {
    await expect(read(new TrendReader(join(folder, 'none'), words))).rejects.toThrow('ENOENT');
  });
});
