import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isRoot, isWindows, needs } from '../../support/needs';
import { LabStore } from '../../../src/lab/labStore';

const lab = (...names: readonly string[]) =>
  JSON.stringify({ guests: names.map((name) => ({ name, address: '10.0.0.1' })) });
const namesIn = (store: LabStore) => store.lab.guests.map((guest) => guest.name);

describe('LabStore', () => {
  let folder = '';
  let file = '';
  let store: LabStore;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'guestbench-lab-'));
    file = join(folder, 'guestbench.lab.json');
    store = new LabStore(file, { debounceMs: 5 });
  });
  afterEach(() => {
    store.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Resolves when the store tells of a state that fits. */
  const until = (fits: () => boolean) =>
    new Promise<void>((resolve) => {
      const listening = store.onDidChange(() => {
        if (!fits()) return;
        listening.dispose();
        resolve();
      });
    });

  it('starts empty, and tells of the first reading of a file that is not there', async () => {
    let told = 0;
    store.onDidChange(() => told++);
    expect(namesIn(store)).toEqual([]);
    await store.load();
    expect(store).toMatchObject({ problems: [], exists: false });
    await store.load();
    expect(told).toBe(1);
  });

  it('checks entries only of a lab that names benchmarks, and tells what it found beside the lab', async () => {
    let loads = 0;
    const checked = new LabStore(file, {
      loadEntryCheck: () => {
        loads += 1;
        return Promise.resolve(({ suites }) =>
          Object.keys(suites).map((name) => ({ path: ['suites', name], text: 'is not good' })),
        );
      },
    });
    writeFileSync(file, lab('a'));
    await checked.load();
    expect({ loads, problems: checked.problems }).toEqual({ loads: 0, problems: [] });
    writeFileSync(file, '{ "guests": [{ "name": "a", "address": "::1" }],\n"suites": { "mine": [] } }');
    await checked.load();
    checked.dispose();
    expect(loads).toBe(1);
    expect(namesIn(checked)).toEqual(['a']);
    expect(checked.problems).toMatchObject([
      { line: 2, isOfEntry: true, message: /suites\.mine is not good/ },
    ]);
  });

  it('follows the file: made, replaced, broken, mended, deleted', async () => {
    await store.load();
    const made = until(() => namesIn(store).join() === 'a');
    writeFileSync(file, lab('a'));
    await made;

    const replaced = until(() => namesIn(store).join() === 'a,b');
    writeFileSync(`${file}.new`, lab('a', 'b'));
    renameSync(`${file}.new`, file);
    await replaced;

    const broken = until(() => store.problems.length > 0);
    writeFileSync(file, '{ "guests": [');
    await broken;
    expect(namesIn(store)).toEqual(['a', 'b']);
    expect(store.problems[0]?.message).toMatch(/^line 1: /);

    const mended = until(() => store.problems.length === 0 && namesIn(store).join() === 'c');
    writeFileSync(file, lab('c'));
    await mended;

    const gone = until(() => !store.exists && namesIn(store).length === 0);
    unlinkSync(file);
    await gone;
  });

  it('waits for a folder that is not there yet', async () => {
    store.dispose();
    const deep = join(folder, 'one', 'two', 'lab.json');
    store = new LabStore(deep, { debounceMs: 5 });
    await store.load();
    const found = until(() => namesIn(store).join() === 'deep');
    mkdirSync(join(folder, 'one', 'two'), { recursive: true });
    writeFileSync(deep, lab('deep'));
    await found;
    const changed = until(() => namesIn(store).join() === 'again');
    writeFileSync(deep, lab('again'));
    await changed;
  });

  it('tells nothing when nothing changed', async () => {
    writeFileSync(file, lab('a'));
    await store.load();
    let told = 0;
    store.onDidChange(() => told++);
    writeFileSync(file, `// the same\n${lab('a')}`);
    await store.load();
    expect(told).toBe(0);
  });

  it('makes a problem of a file that cannot be read, and keeps the last good lab', async () => {
    writeFileSync(file, lab('a'));
    await store.load();
    unlinkSync(file);
    mkdirSync(file);
    await store.load();
    expect(store.problems).toMatchObject([
      { line: 1, column: 1, message: expect.stringContaining('it is a folder') as string },
    ]);
    expect(namesIn(store)).toEqual(['a']);
  });

  it('says when the account may not read it', needs({ 'POSIX permissions': !isWindows }), async () => {
    writeFileSync(file, lab('a'));
    chmodSync(file, 0);
    // Root may read everything, so it is somebody else for a moment.
    if (isRoot) process.seteuid?.(65534);
    try {
      await store.load();
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
    expect(store.problems[0]?.message).toContain('may not read');
  });

  it('keeps the later of two readings at once', async () => {
    writeFileSync(file, lab('a'));
    await Promise.all([store.load(), store.load(), store.load()]);
    expect(namesIn(store)).toEqual(['a']);
  });

  it('is silent after its end, which may come twice', async () => {
    let told = 0;
    store.onDidChange(() => told++);
    writeFileSync(file, lab('a'));
    const loading = store.load();
    store.dispose();
    store.dispose();
    await loading;
    await store.load();
    store.onDidChange(() => told++).dispose();
    expect(told).toBe(0);
    expect(store.isDisposed).toBe(true);
    expect(Object.values(store).some((value) => value instanceof Object && 'handle' in value)).toBe(false);
  });
});
