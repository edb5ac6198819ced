import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { localFile, nameOf, readText, uriOf, writeTo } from '../../../src/ui/addresses';
import { fileFrom, stringsOf } from '../../../src/ui/commandArguments';
import { deleteExperiment } from '../../../src/ui/commands/deleteExperiment';
import { importResults } from '../../../src/ui/commands/importResults';
import { resumeExperiment } from '../../../src/ui/commands/resumeExperiment';
import { showTrend } from '../../../src/ui/commands/showTrend';
import { ExperimentSource } from '../../../src/ui/experimentSource';
import { savePicture, writeExport } from '../../../src/ui/saveChart';
import type { Services } from '../../../src/ui/services';
import { dialogs, elsewhere, Uri } from './addressFake';

// The files of a worker share their modules; what was loaded with another fake of vscode would keep it.
vi.hoisted(() => vi.resetModules());
afterAll(() => void vi.resetModules());
vi.mock('vscode', async () => (await import('./addressFake')).fakeVscode);

const schemes = ['vscode-remote', 'vscode-vfs', 'vsls', 'git', 'memfs'];
const hyperfine = (command: string) =>
  JSON.stringify({ results: [{ command, mean: 1, stddev: 0.1, times: [0.9, 1.1], exit_codes: [0, 0] }] });
const at = (scheme: string, path: string) =>
  new Uri(scheme, 'ssh-remote+host', path) as never as Parameters<typeof nameOf>[0];

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'guestbench-address-'));
  elsewhere.clear();
  dialogs.open = [];
  dialogs.save = undefined;
  dialogs.proposed = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const services = () =>
  ({
    log: { info: () => undefined, warn: () => undefined },
    experiments: {
      folder: join(folder, 'results'),
      refresh: () => undefined,
      isRunning: () => false,
      onDidChange: () => ({ dispose: () => undefined }),
      resume: () => Promise.reject(new Error('began')),
    },
    reports: () =>
      Promise.resolve({ editor: {}, trends: { show: () => Promise.reject(new Error('shown')) } }),
  }) as unknown as Services;
const textsOf = () =>
  readdirSync(join(folder, 'results')).map((name) => readFileSync(join(folder, 'results', name), 'utf8'));

describe('names of files', () => {
  it('are paths on this computer and whole addresses elsewhere, and lead back', () => {
    expect(nameOf(uriOf('/home/a/x.guestbench'))).toBe('/home/a/x.guestbench');
    expect(uriOf('C:\\lab\\x.guestbench').scheme).toBe('file');
    for (const scheme of schemes) {
      const uri = at(scheme, '/home/a/x y.guestbench');
      expect(nameOf(uri)).not.toBe('/home/a/x y.guestbench');
      expect(uriOf(nameOf(uri))).toEqual(uri);
      expect(fileFrom([uri])).toBe(nameOf(uri));
      expect(stringsOf({ files: [uri, '/b'] }, 'files')).toEqual([nameOf(uri), '/b']);
      expect(() => localFile(nameOf(uri))).toThrow(
        /not on the computer where Guestbench runs\. Choose one there/,
      );
    }
  });

  it('reads what an editor holds of a file that was never saved', async () => {
    const uri = new Uri('untitled', '', 'Untitled-1');
    elsewhere.set(uri.toString(), new TextEncoder().encode('typed'));
    expect(await readText(uri as never, 100)).toBe('typed');
  });
});

describe.each(schemes)('an address of %s whose path is also a file here', (scheme) => {
  const decoy = () => {
    const path = join(folder, 'result.json');
    writeFileSync(path, hyperfine('the local one'));
    return path;
  };

  it('is imported from where it is: by the dialog, by address, by string', async () => {
    const uri = at(scheme, decoy());
    elsewhere.set(uri.toString(), new TextEncoder().encode(hyperfine('the remote one')));
    dialogs.open = [uri];
    await importResults(services());
    await importResults(services(), { files: [uri], label: 'b', guests: ['g'] });
    await importResults(services(), { files: [uri.toString()], label: 'c', guests: ['g'] });
    expect(textsOf()).toHaveLength(3);
    for (const text of textsOf()) {
      expect(text).toContain('the remote one');
      expect(text).not.toContain('the local one');
    }
  });

  it('is an error that names the address when it is not there, and nothing is imported', async () => {
    const uri = at(scheme, decoy());
    await expect(importResults(services(), { files: [uri], guests: ['g'] })).rejects.toThrow(
      `${uri.toString()} cannot be read`,
    );
    expect(() => textsOf()).toThrow();
  });

  it('is written where it is, never here', async () => {
    const uri = at(scheme, decoy());
    const isReadOnly = scheme === 'git' || scheme === 'vscode-vfs';
    const written = writeExport(uri, 'exported');
    if (isReadOnly) await expect(written).rejects.toThrow(`${uri.toString()} could not be written`);
    else {
      await written;
      expect(await readText(uri, 100)).toBe('exported');
    }
    dialogs.save = at('memfs', join(folder, 'chart.svg'));
    await savePicture({ name: 'overview', svg: '<svg/>' }, at(scheme, `${folder}/a.guestbench`));
    expect(dialogs.proposed[0]).toBe(at(scheme, `${folder}/a-overview.png`).toString());
    expect(elsewhere.has(at('memfs', join(folder, 'chart.svg')).toString())).toBe(true);
    expect(readdirSync(folder)).toEqual(['result.json']);
    expect(readFileSync(join(folder, 'result.json'), 'utf8')).toContain('the local one');
  });

  it('is refused where it must lie on this computer', async () => {
    const uri = at(scheme, folder);
    const refusal = /not on the computer where Guestbench runs/;
    await expect(showTrend(services(), uri)).rejects.toThrow(refusal);
    await expect(showTrend(services(), { folder: uri.toString() })).rejects.toThrow(refusal);
    await expect(resumeExperiment(services(), uri)).rejects.toThrow(refusal);
    await expect(deleteExperiment(services(), uri)).rejects.toThrow(refusal);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is a report of its own, read by its address', async () => {
    const path = decoy();
    const uri = at(scheme, path);
    const log = services().log;
    const source = new ExperimentSource(uri, services().experiments, log);
    expect(source.file).toBe(uri.toString());
    await source.load();
    expect(source.state).toMatchObject({
      status: 'problem',
      problem: expect.stringContaining('FileNotFound') as string,
    });
    elsewhere.set(uri.toString(), new TextEncoder().encode('{"type":"other"}\n'));
    await source.load();
    expect(source.state).toMatchObject({ problem: expect.stringContaining('cannot be shown') as string });
    source.dispose();
  });
});

it('writes text and bytes on this computer as before', async () => {
  await writeTo(uriOf(join(folder, 'a.txt')), 'text');
  await writeTo(uriOf(join(folder, 'b.bin')), new Uint8Array([1, 2]));
  expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('text');
  expect([...readFileSync(join(folder, 'b.bin'))]).toEqual([1, 2]);
});
