import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { presets, type Phase } from '../../../src/benchmarks/benchmark';
import { benchmarkById, catalogue } from '../../../src/benchmarks/catalogue';
import { noManagerExitCode, noPrivilegeExitCode, parseCheck } from '../../../src/benchmarks/check';
import { has, inPlainEnglish, needs } from '../../support/needs';

const phases: readonly Phase[] = ['check', 'install', 'run', 'cleanup'];
const shells = [['/bin/sh'], ['busybox', 'sh'], ['bash', '--posix']].filter(([command = '']) => has(command));

let root = '';
beforeAll(() => {
  // A blank in the path: whatever is not quoted breaks.
  root = mkdtempSync(join(tmpdir(), 'guest bench-'));
  for (const folder of ['work', 'files', 'empty']) mkdirSync(join(root, folder));
});
beforeEach(() => {
  const work = join(root, 'work');
  for (const name of readdirSync(work)) rmSync(join(work, name), { recursive: true });
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

/** A folder with commands of that name, each a small shell script. */
function commands(scripts: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(root, 'bin '));
  for (const [name, text] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

function run(script: string, path: string, shell: readonly string[] = ['/bin/sh']) {
  const [command = '', ...options] = shell;
  const file = join(root, 'script.sh');
  writeFileSync(file, script);
  const { status, stdout, stderr } = spawnSync(command, [...options, file], {
    env: { PATH: path, GB_WORK: join(root, 'work'), GB_FILES: join(root, 'files'), LC_ALL: 'C' },
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const named = catalogue.map((benchmark) => [benchmark.id, benchmark] as const);

describe.each(named)('the scripts of %s', (id, benchmark) => {
  it.each(shells.map((shell) => [shell.join(' '), shell] as const))(
    'are right for %s',
    (_, [command = '', ...options]) => {
      for (const phase of phases) {
        for (const preset of presets) {
          const input = benchmark.script(phase, benchmark.presets[preset]);
          const { status, stderr } = spawnSync(command, [...options, '-n'], {
            input,
            encoding: 'utf8',
            env: inPlainEnglish(),
          });
          expect([phase, preset, status, stderr]).toEqual([phase, preset, 0, '']);
        }
      }
    },
  );

  it('say that the tool is missing, and what installs it', () => {
    const script = benchmark.script('check', {});
    const path = commands({ 'apt-get': 'exit 0', 'apt-cache': 'echo "Package: $2"', id: 'echo 1000' });
    const { status, stdout } = run(script, path);
    const result = parseCheck(stdout);
    expect([status, result.state]).toEqual([0, 'missing']);
    if (result.state !== 'missing') return;
    expect(result.install).toBe(
      `sudo -n env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=120 ${result.package}`,
    );

    const bare = run(script, join(root, 'empty'));
    const unknown = parseCheck(bare.stdout);
    expect([bare.status, unknown.state]).toEqual([0, 'missing']);
    expect(unknown).toMatchObject({ package: result.package, install: undefined });
  });

  it('end a run without the tool with 127, and the parser says so', () => {
    const { status, stdout, stderr } = run(benchmark.script('run', {}), join(root, 'empty'));
    expect(status).toBe(127);
    const parsed = benchmark.parse({
      stdout,
      stderr,
      exitCode: status,
      signal: null,
      cancelled: false,
      files: new Map(),
    });
    expect(parsed.metrics).toEqual([]);
    expect(parsed.reason).toMatch(/exit code 127: command not found: \w+/);
  });

  it('install nothing without the right to, and say which command would', () => {
    const script = benchmark.script('install', {});
    const denied = run(script, commands({ dnf: 'echo never', id: 'echo 1000', sudo: 'exit 1' }));
    expect(denied.status).toBe(noPrivilegeExitCode);
    expect(denied.stderr).toMatch(/neither root nor allowed to use sudo[^]*dnf -y install \w/);
    expect(denied.stdout).not.toContain('never');

    const alien = run(script, commands({ id: 'echo 0' }));
    expect(alien.status).toBe(noManagerExitCode);
    expect(alien.stderr).toMatch(/no known package manager/);
  });

  it('show the command they install with, and end with its status', () => {
    const script = benchmark.script('install', {});
    for (const [manager, line] of [
      ['dnf', 'dnf -y install '],
      ['yum', 'yum -y install '],
      ['zypper', 'zypper --non-interactive install --no-recommends '],
      ['apk', 'apk --wait 120 add '],
    ] as const) {
      const { status, stdout } = run(script, commands({ [manager]: 'echo "did $*"; exit 9', id: 'echo 0' }));
      expect(stdout).toContain(`guestbench: running: ${line}`);
      expect(stdout).toContain(`did ${line.slice(manager.length + 1)}`);
      expect(status).toBe(9);
    }
    const fetching = commands({
      'apt-get':
        'echo "did $* $DEBIAN_FRONTEND"; case "$1" in install) [ -f "$GB_WORK/lists" ] ;; update) : >"$GB_WORK/lists" ;; esac',
      env: 'export "$1"; shift; exec "$@"',
      id: 'echo 0',
    });
    const { status, stdout } = run(script, fetching);
    rmSync(join(root, 'work', 'lists'), { force: true });
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /did install -y [^]*did update [^]*did install -y --no-install-recommends \S[^\n]* noninteractive/,
    );
  });

  it(`${id} leaves nothing behind after cleanup, and cleanup never leaves its folder`, () => {
    const work = join(root, 'work');
    for (const name of ['fio-64m.dat', 'fio-64m.dat.new', 'copy-1.db', 'inserts.sql', 'mine.txt']) {
      writeFileSync(join(work, name), '');
    }
    expect(run(benchmark.script('cleanup', {}), process.env['PATH'] ?? '').status).toBe(0);
    const left = readdirSync(work);
    expect(left).toContain('mine.txt');
    if (id === 'sqlite') expect(left.filter((name) => /^copy|^inserts/.test(name))).toEqual([]);
    if (id.startsWith('fio')) expect(left.filter((name) => name.startsWith('fio'))).toEqual([]);
    for (const name of left) rmSync(join(work, name));
    const homeless = spawnSync('/bin/sh', ['-c', benchmark.script('cleanup', {})], {
      env: { PATH: '/bin:/usr/bin' },
    });
    expect(homeless.status).toBe(0);
  });
});

describe('a run', () => {
  const path = () => process.env['PATH'] ?? '';
  const over = (fake: Readonly<Record<string, string>>) => `${commands(fake)}:${path()}`;
  const script = (id: string) => benchmarkById(id)!.script('run', benchmarkById(id)!.presets.quick);

  it('ends with the status of the tool', () => {
    const version =
      'case "$1" in --version|version|"") echo "7-Zip 1.0 : x"; exit 0 ;; --enghelp*) exit 0 ;; esac';
    expect(run(script('openssl'), over({ openssl: `${version}; exit 5` })).status).toBe(5);
    expect(run(script('7zip'), over({ '7z': `${version}; exit 8` })).status).toBe(8);
    expect(run(script('fio-randread'), over({ fio: `${version}; exit 6` })).status).toBe(6);
    expect(run(script('sqlite'), over({ sqlite3: `${version}; exit 13` })).status).toBe(13);
  });

  it('of fio refuses a disk without room for twice the file', () => {
    const full = over({
      fio: 'case "$1" in --version) echo fio-3.33 ;; --enghelp*) exit 0 ;; *) exit 9 ;; esac',
      df: 'echo "Filesystem 1024-blocks Used Available Capacity Mounted"; echo "/dev/x 100 60 40 60% /"',
    });
    const { status, stdout, stderr } = run(script('fio-randwrite'), full);
    expect([status, stderr]).toEqual([
      75,
      expect.stringMatching(/no space left: 40 KiB are free in .*131072 KiB/),
    ]);
    const output = {
      stdout,
      stderr,
      exitCode: status,
      signal: null,
      cancelled: false,
      files: new Map<string, string>(),
    };
    expect(benchmarkById('fio-randwrite')!.parse(output).reason).toContain('40 KiB are free');
    const check = run(benchmarkById('fio-randwrite')!.script('check', { sizeMiB: 64 }), full);
    expect(parseCheck(check.stdout)).toMatchObject({
      state: 'problem',
      reason: expect.stringContaining('40 KiB') as string,
    });
  });

  it('of fio takes psync, with a queue of one, where libaio cannot be loaded', () => {
    const fake = over({
      fio: 'case "$1" in --version) echo fio-3.33 ;; --enghelp*) exit 1 ;; --name=layout) : >"fio-64m.dat.new" ;; *) echo "asked $*" ;; esac',
    });
    const { status, stdout } = run(script('fio-randread'), fake);
    expect(status).toBe(0);
    expect(stdout).toContain('guestbench: engine=psync iodepth=1');
    expect(stdout).toMatch(/asked .*--ioengine=psync --iodepth=1 /);
  });

  const layouts = () => readdirSync(join(root, 'work')).filter((name) => name.startsWith('fio'));
  const fioOf = (version: string, more = '') => {
    for (const name of layouts()) rmSync(join(root, 'work', name));
    return over({
      fio: `case "$1" in --version) echo ${version} ;; --enghelp=io_uring) ${more || 'echo "IO engine io_uring not found"'} ;; --enghelp*) echo libaio ;; --name=layout) : >"fio-64m.dat.new" ;; *) echo "asked $*" ;; esac`,
    });
  };

  it.each(shells.map((shell) => [shell.join(' '), shell] as const))(
    'of fio under %s lays nothing out where the version writes no JSON, and its check says so',
    (_, shell) => {
      for (const version of ['fio-2.0.8', '"fio 1.59"', 'fio-2.0.9', 'fio-1.99.13']) {
        const { status, stdout, stderr } = run(script('fio-randread'), fioOf(version), shell);
        expect([status, stderr]).toEqual([
          75,
          expect.stringMatching(/fio [12][\d.]+ is too old: it writes no JSON, which 2\.0\.10 and later do/),
        ]);
        expect(stdout).not.toMatch(/laying out|asked/);
        expect(layouts()).toEqual([]);
        for (const device of ['', '/dev/xvdb']) {
          const check = benchmarkById('fio-randread')!.script('check', { device });
          expect(parseCheck(run(check, fioOf(version), shell).stdout)).toMatchObject({
            state: 'problem',
            reason: expect.stringContaining('is too old') as string,
          });
        }
      }
    },
  );

  it('of fio takes every version that writes JSON, with options it knows', () => {
    for (const version of ['fio-2.0.10', 'fio-2.0.13', 'fio-2.1.3', 'fio-2.2.10', 'fio-2.10', 'fio-3.16']) {
      const { status, stdout } = run(script('fio-randread'), fioOf(version));
      expect([version, status]).toEqual([version, 0]);
      const isNew = !/2\.0\.1[0-4]/.test(version);
      expect(stdout.includes(' --eta-newline=1')).toBe(isNew);
      expect(
        parseCheck(
          run(benchmarkById('fio-randread')!.script('check', { sizeMiB: 16 }), fioOf(version)).stdout,
        ),
      ).toEqual({
        state: 'ready',
        version,
      });
    }
    for (const version of ['fio-3.33-12-gdeadbee', 'fio-development']) {
      expect(run(script('fio-randread'), fioOf(version)).stdout).toContain(' --eta-newline=1');
    }
  });

  it('of fio names an engine that this fio does not have before it lays anything out', () => {
    const uring = { ...benchmarkById('fio-randread')!.presets.quick, engine: 'io_uring' };
    const ask = (phase: 'run' | 'check') => benchmarkById('fio-randread')!.script(phase, uring);
    // Old versions say it with status 0.
    for (const answer of ['', 'echo "fio: engine io_uring not loadable"; exit 1']) {
      const { status, stdout, stderr } = run(ask('run'), fioOf('fio-3.12', answer));
      expect([status, stderr]).toEqual([75, expect.stringContaining('fio 3.12 has no engine io_uring')]);
      expect(stdout).not.toContain('laying out');
      expect(parseCheck(run(ask('check'), fioOf('fio-3.12', answer)).stdout)).toMatchObject({
        state: 'problem',
        reason: expect.stringContaining('choose the engine auto') as string,
      });
    }
    expect(run(ask('run'), fioOf('fio-3.33', 'echo hipri')).stdout).toContain('--ioengine=io_uring');
  });

  it.each(shells.map((shell) => [shell.join(' '), shell] as const))(
    'of sqlite under %s gives its figures, and leaves no database',
    needs({ sqlite3: has('sqlite3') }),
    (_, shell) => {
      const sqlite = benchmarkById('sqlite')!;
      const { status, stdout, stderr } = run(
        sqlite.script('run', { inserts: 100, copies: 2 }),
        path(),
        shell,
      );
      const output = {
        stdout,
        stderr,
        exitCode: status,
        signal: null,
        cancelled: false,
        files: new Map<string, string>(),
      };
      const parsed = sqlite.parse(output);
      expect([parsed.outcome, parsed.reason, stderr]).toEqual(['ok', undefined, '']);
      expect(parsed.metrics.map(({ id }) => id).toSorted()).toEqual(
        sqlite.metrics.map(({ id }) => id).toSorted(),
      );
      expect(readdirSync(join(root, 'work')).filter((name) => /\.db|\.sql/.test(name))).toEqual([]);
    },
  );
});
