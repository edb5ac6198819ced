import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { catalogue } from '../../../src/benchmarks/catalogue';
import {
  fillSources,
  missingSources,
  openSource,
  openSources,
  requireSources,
  withoutLocalPaths,
} from '../../../src/experiment/sources';
import { Uploads } from '../../../src/experiment/uploads';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gb-sources-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const single = { id: 'unixbench-single' };
const twice = { id: 'again', benchmark: 'unixbench-parallel', parameters: { copies: 2 } };
const sqlite = { id: 'sqlite' };
const agreed = (): Promise<void> => Promise.resolve();
const refused = (paths: readonly string[]): Promise<void> =>
  Promise.reject(new Error(`asked: ${paths.join()}`));

describe('the sources of benchmarks', () => {
  it('are those of the setting where a benchmark names none', () => {
    const given = { ...single, parameters: { source: '/opt/UnixBench' } };
    const refs = fillSources([given, twice, sqlite, { id: 'kernel-build' }], catalogue, {
      unixbench: 'local:/home/ann/UnixBench',
      kernel: '',
      another: 'x',
    });
    expect(refs).toEqual([
      given,
      { ...twice, parameters: { copies: 2, source: 'local:/home/ann/UnixBench' } },
      sqlite,
      { id: 'kernel-build' },
    ]);
    expect(() => fillSources([single], catalogue, { unixbench: 'UnixBench' })).toThrow(
      /^The setting guestbench\.sources, unixbench: must be/,
    );
  });

  it('are asked for once each, and only where they are needed', () => {
    const refs = [single, twice, sqlite, { id: 'kernel-build' }];
    expect(missingSources(refs, catalogue).map(({ setting }) => setting)).toEqual(['unixbench']);
    expect(() => requireSources(refs, catalogue)).toThrow(/guestbench\.sources under "unixbench"/);
    const filled = fillSources(refs, catalogue, { unixbench: '/opt/x' });
    expect(missingSources(filled, catalogue)).toEqual([]);
    expect(() => requireSources(filled, catalogue)).not.toThrow();
  });

  it('are recorded by name and content, not by path', async () => {
    const folder = join(root, 'Unix Bench “6”');
    mkdirSync(folder);
    writeFileSync(join(folder, 'Run'), 'x');
    const kernel = join(root, 'linux.tar.xz');
    writeFileSync(kernel, 'tarball');
    const refs = [
      { ...single, parameters: { source: `local:${folder}` } },
      { ...twice, parameters: { source: `local:${folder}` } },
      { id: 'kernel-build', parameters: { source: `local:${kernel}` } },
      sqlite,
    ];
    const { refs: recorded, sources } = await openSources(refs, catalogue, {}, agreed);
    const [first, second, third, last] = recorded.map((ref) =>
      'parameters' in ref ? ref.parameters?.['source'] : undefined,
    );
    expect(first).toMatch(/^uploaded:Unix_Bench_6_\.tar@[0-9a-f]{16}$/);
    expect([second, last, sources.size]).toEqual([first, undefined, 2]);
    // By sha256sum.
    expect(third).toBe('uploaded:linux.tar.xz@db4b4d0d1cb480bf');
    expect(JSON.stringify(recorded)).not.toContain(root);
    expect(sources.get(String(first))).toMatchObject({ name: 'Unix Bench “6”.tar' });
    for (const ref of recorded) {
      const benchmark = catalogue.find(({ id }) => id === (ref.benchmark ?? ref.id));
      expect(benchmark?.parameters.safeParse(ref.parameters ?? {}).success).toBe(true);
    }
    // An experiment that is taken up again finds them by the setting.
    const again = await openSources(recorded, catalogue, { unixbench: `local:${folder}` }, refused);
    expect([again.refs, [...again.sources.keys()]]).toEqual([recorded, [first]]);
    writeFileSync(join(folder, 'Run'), 'y');
    const changed = await openSources(recorded, catalogue, { unixbench: `local:${folder}` }, refused);
    expect(changed.sources.has(String(first))).toBe(false);
  });

  it('that the setting of this computer does not name are confirmed first, by their whole paths behind links', async () => {
    const key = join(root, 'id_ed25519');
    writeFileSync(key, 'a private key');
    const link = join(root, 'linux.tar');
    symlinkSync(key, link);
    const refs = [{ id: 'kernel-build', parameters: { source: `local:${link}` } }];
    for (const configured of [{}, { kernel: `local:${key}` }, { unixbench: `local:${link}` }]) {
      const asked: string[] = [];
      const opening = openSources(refs, catalogue, configured, (paths) => {
        asked.push(...paths);
        return Promise.reject(new Error('no'));
      });
      await expect(opening).rejects.toThrow('no');
      expect(asked).toEqual([realpathSync(key)]);
    }
    const own = await openSources(refs, catalogue, { kernel: `local:${link}` }, refused);
    expect(own.sources.size).toBe(1);
  });

  it('are read where they were when they were confirmed, wherever a link leads by then', async () => {
    const [good, secret, link] = [join(root, 'good.tar'), join(root, 'secret'), join(root, 'linux.tar')];
    writeFileSync(good, 'good');
    writeFileSync(secret, 'secret!');
    symlinkSync(good, link);
    const refs = [{ id: 'kernel-build', parameters: { source: `local:${link}` } }];
    const { sources } = await openSources(refs, catalogue, {}, () => {
      rmSync(link);
      symlinkSync(secret, link);
      return Promise.resolve();
    });
    expect([...sources.values()].map(({ bytes }) => bytes)).toEqual([4]);
  });

  it('tell what cannot be used, by its path', async () => {
    writeFileSync(join(root, 'empty'), '');
    await expect(openSource(`local:${root}/empty`)).rejects.toThrow(/empty is empty/);
    expect((await openSource(`local:${root}`)).name).toMatch(/\.tar$/);
    await expect(openSource('local:/dev/null')).rejects.toThrow('/dev/null is neither a file nor a folder');
    await expect(openSource('local:~/no such thing')).rejects.toThrow(join(homedir(), 'no such thing'));
    await expect(openSource(`local:${root}/away`)).rejects.toThrow(`no file or folder ${root}/away on this`);
  });

  it('name no private path when they change during an experiment', async () => {
    const file = join(root, 'x.tar');
    writeFileSync(file, 'a'.repeat(1000));
    const source = await openSource(`local:${file}`);
    truncateSync(file, 10);
    const read = async (): Promise<void> => {
      for await (const chunk of source.read(0)) expect(chunk.length).toBeGreaterThan(0);
    };
    await expect(read()).rejects.toThrow(/^x\.tar was changed on this computer/);
  });

  it('stand in no lab of an experiment file by their path', () => {
    const lab = {
      hosts: [],
      guests: [],
      suites: {
        mine: [{ benchmark: 'kernel-build', parameters: { source: `local:${root}/linux.tar`, jobs: 2 } }],
      },
    };
    expect(withoutLocalPaths(lab)).toEqual({
      hosts: [],
      guests: [],
      suites: { mine: [{ benchmark: 'kernel-build', parameters: { source: 'local:linux.tar', jobs: 2 } }] },
    });
  });

  it('are asked for again when the experiment was begun with others', async () => {
    const uploads = new Uploads({
      sources: new Map(),
      connect: () => Promise.reject(new Error('nobody asks a guest')),
      onProgress: () => undefined,
    });
    const benchmark = catalogue.find(({ id }) => id === single.id)!;
    const placed = (source: string) => uploads.placed('deb12-pv', { benchmark, parameters: { source } });
    await expect(placed('uploaded:UnixBench.tar@0123456789abcdef')).rejects.toThrow(
      /^deb12-pv: UnixBench\.tar@0123456789abcdef is to be uploaded, but/,
    );
    expect(await placed('/opt/x')).toEqual({ source: '/opt/x' });
  });
});
