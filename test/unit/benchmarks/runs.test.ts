import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { has, needs } from '../../support/needs';
import type { Parameters } from '../../../src/model/lab';
import type { TrialOutput } from '../../../src/benchmarks/benchmark';
import { benchmarkById } from '../../../src/benchmarks/catalogue';
import { parseCheck } from '../../../src/benchmarks/check';
import { unixbenchPass } from './captures';

const needsAll = (...commands: readonly string[]) =>
  needs(Object.fromEntries(commands.map((command) => [command, has(command)])));
const shells = [['/bin/sh'], ['busybox', 'sh'], ['bash', '--posix']]
  .filter(([command = '']) => has(command))
  .map((shell) => [shell.join(' '), shell] as const);

let root = '';
let work = '';
let files = '';
let bin = '';
/** The group of a run that is to be stopped, while it may live. */
let group: number | undefined;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'guestbench-run-'));
  [work, files, bin] = ['work', 'files', 'bin'].map((name) => join(root, name)) as [string, string, string];
  for (const folder of [work, files, bin]) mkdirSync(folder);
});
/** Also of a test that fails. */
const servers: ChildProcess[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.kill('SIGKILL');
  if (group !== undefined) process.kill(-group, 'SIGKILL');
  group = undefined;
  rmSync(root, { recursive: true, force: true });
});

function executable(path: string, text: string): void {
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}

const environment = () => ({
  PATH: `${bin}:${process.env['PATH'] ?? ''}:/usr/sbin`,
  GB_WORK: work,
  GB_FILES: files,
  LANG: 'de_DE.UTF-8',
});

function run(id: string, parameters: Parameters, shell: readonly string[] = ['/bin/sh']): TrialOutput {
  const [command = '', ...options] = shell;
  const script = join(root, 'script.sh');
  writeFileSync(script, benchmarkById(id)!.script('run', parameters));
  const { status, stdout, stderr } = spawnSync(command, [...options, script], {
    env: environment(),
    cwd: work,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  return { stdout, stderr, exitCode: status, signal: null, cancelled: false, files: resultFiles() };
}

const resultFiles = () =>
  new Map(readdirSync(files).map((name) => [name, readFileSync(join(files, name), 'utf8')]));

/** Starts a run in a group of its own, stops the group as soon as `begun` is printed, and waits for its end. */
async function stopped(
  id: string,
  parameters: Parameters,
  shell: readonly string[],
  begun: RegExp,
): Promise<string> {
  const [command = '', ...options] = shell;
  const script = join(root, 'script.sh');
  writeFileSync(script, benchmarkById(id)!.script('run', parameters));
  const child = spawn(command, [...options, script], { env: environment(), cwd: work, detached: true });
  group = child.pid;
  let printed = '';
  let struck = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      printed += chunk.toString('utf8');
      if (struck || !begun.test(printed)) return;
      struck = true;
      if (group !== undefined) process.kill(-group, 'SIGTERM');
    });
  }
  // 'close' comes when nobody holds its output any more: all that it started has ended.
  await once(child, 'close');
  group = undefined;
  expect(struck).toBe(true);
  return printed;
}

function check(id: string, parameters: Parameters) {
  const { stdout } = spawnSync('/bin/sh', ['-c', benchmarkById(id)!.script('check', parameters)], {
    env: environment(),
    encoding: 'utf8',
  });
  return parseCheck(stdout);
}

/** The files of a folder over HTTP, by a process of its own, as the runs block this one. */
async function served(folder: string): Promise<{ port: number; stop(): Promise<void> }> {
  const program = `
    const { createServer } = require('node:http');
    const { readFile } = require('node:fs');
    const server = createServer((request, response) => {
      readFile(process.argv[1] + request.url.split('?')[0], (error, data) => {
        response.statusCode = error ? 404 : 200;
        response.end(data);
      });
    });
    server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;
  const child = spawn(process.execPath, ['-e', program, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  servers.push(child);
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    port: Number(said.toString()),
    stop: async () => {
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}

async function refused(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const answer = await once(socket, 'connect').then(
    () => false,
    () => true,
  );
  socket.destroy();
  return answer;
}

describe.each(shells)('php under %s', needsAll('php'), (_, shell) => {
  it('gives its figures, each section once, and leaves nothing', () => {
    const output = run('php', { rounds: 2, workPercent: 1 }, shell);
    const parsed = benchmarkById('php')!.parse(output);
    expect([parsed.outcome, parsed.reason]).toEqual(['ok', undefined]);
    const sections = [...output.stdout.matchAll(/^test (\w+) median_ms=\d+\.\d{3} n=2$/gm)].map(
      ([, name]) => name,
    );
    expect(sections).toEqual(['loop', 'sieve', 'string', 'md5', 'sort', 'assoc', 'recursion', 'float']);
    expect(readdirSync(work)).toEqual([]);
    // The same work computes the same, or two guests would not have done the same.
    const answers = (text: string) => /^answers=(\w{32})$/m.exec(text)?.[1];
    expect(answers(output.stdout)).toBeDefined();
    expect(answers(run('php', { rounds: 1, workPercent: 1 }, shell).stdout)).toBe(answers(output.stdout));
  });
});

describe.each(shells)('apache under %s', needsAll('ab', 'apache2'), (_, shell) => {
  const portOf = (text: string) => Number(/ port=(\d+)/.exec(text)?.[1]);

  it('serves its page, and no server is left', async () => {
    const output = run('apache', { requests: 1000, concurrency: 4 }, shell);
    const parsed = benchmarkById('apache')!.parse(output);
    expect([parsed.outcome, parsed.reason]).toEqual(['ok', undefined]);
    expect(output.stdout).toMatch(/^Document Length: +4096 bytes$/m);
    expect(await refused(portOf(output.stdout))).toBe(true);
    expect(readdirSync(work)).toEqual([]);
  });

  it('leaves no server when it is stopped', async () => {
    const printed = await stopped('apache', { requests: 100_000_000 }, shell, / port=/);
    expect(await refused(portOf(printed))).toBe(true);
    expect(readdirSync(work)).toEqual([]);
  });

  it('leaves no server when the load fails, and ends with its status', async () => {
    executable(
      join(bin, 'ab'),
      'case "$*" in -V) echo "This is ApacheBench, Version 2.3" ;; *-q*) exit 0 ;; *) echo broken >&2; exit 22 ;; esac',
    );
    const output = run('apache', {}, shell);
    expect([output.exitCode, benchmarkById('apache')!.parse(output).metrics]).toEqual([22, []]);
    expect(await refused(portOf(output.stdout))).toBe(true);
    expect(readdirSync(work)).toEqual([]);
  });
});

describe('apache', needsAll('ab', 'apache2'), () => {
  it('says what the server said when that does not start', () => {
    executable(join(bin, 'apache2'), 'case "$1" in -f) echo "cannot do it" >&2; exit 3 ;; esac');
    const output = run('apache', {});
    expect(output.exitCode).toBe(1);
    expect(output.stderr).toMatch(/cannot do it[^]*apache2 did not start/);
    expect(readdirSync(work)).toEqual([]);
  });
});

/** A source tree that understands what is asked of the kernel's, and works a little. */
function tinyKernel(vmlinux: readonly string[]): string {
  const tree = join(root, 'linux-0.1');
  mkdirSync(tree);
  const rules = [
    'kernelversion:\n\t@echo 0.1.0',
    `tinyconfig:\n\t@printf 'CONFIG_A=y\\nCONFIG_B=y\\n' >"$(O)/.config"`,
    'defconfig:\n\t@echo "flex: not found" >&2; exit 1',
    `vmlinux:\n\t@test ! -e "$(O)/vmlinux"\n${vmlinux.map((line) => `\t@${line}`).join('\n')}`,
  ];
  writeFileSync(join(tree, 'Makefile'), `${rules.join('\n')}\n`);
  for (const tool of ['bc', 'bison', 'flex', 'xz']) executable(join(bin, tool), 'exit 0');
  executable(join(bin, 'gcc'), 'echo 12.2.0');
  const tarball = join(root, 'linux-0.1.tar');
  expect(spawnSync('tar', ['-cf', tarball, '-C', root, 'linux-0.1']).status).toBe(0);
  return tarball;
}
const works = [
  'for i in 1 2 3 4 5; do echo "  CC      file$$i.o"; head -c 4000000 /dev/urandom | cksum >/dev/null; done',
  'echo kernel >"$(O)/vmlinux"',
];

describe.each(shells)('kernel-build under %s', needsAll('make', 'perl', 'tar'), (_, shell) => {
  const kernel = benchmarkById('kernel-build')!;

  it('builds in a fresh folder each time, from sources that are unpacked once', () => {
    const source = tinyKernel(works);
    const first = run('kernel-build', { source, jobs: 1 }, shell);
    expect([kernel.parse(first).outcome, kernel.parse(first).reason]).toEqual(['ok', undefined]);
    expect(first.stdout).toMatch(/^guestbench: version=gcc 12\.2\.0$/m);
    expect(first.stdout).toMatch(/^guestbench: source=linux-0\.1\.tar sha256=[0-9a-f]{64}$/m);
    expect(first.stdout).toMatch(/^kernel=0\.1\.0 config=tinyconfig jobs=1 target=vmlinux cc=12\.2\.0$/m);
    expect(first.stdout).toMatch(/^config_y=2$/m);
    expect(first.stdout).toMatch(/^objects=5 warnings=0$/m);
    expect(first.stdout).toMatch(/\nmake_exit=0\n$/);
    const second = run('kernel-build', { source, jobs: 1, cache: 'untouched' }, shell);
    expect(kernel.parse(second).outcome).toBe('ok');
    expect([first.stdout, second.stdout].map((text) => text.includes('unpacking'))).toEqual([true, false]);
    expect(readdirSync(work)).toEqual([expect.stringMatching(/^kernel-tree-[0-9a-f]{16}$/)]);
    expect(spawnSync('/bin/sh', ['-c', kernel.script('cleanup', {})], { env: environment() }).status).toBe(0);
    expect(readdirSync(work)).toEqual([]);
  });

  it('gives no figure when the build or its configuration fails, or makes no vmlinux', () => {
    const failing = run('kernel-build', { source: tinyKernel(['echo "cc1: error: x" >&2; exit 1']) }, shell);
    expect([failing.exitCode, kernel.parse(failing).outcome]).toEqual([2, 'failed']);
    expect(failing.stderr).toContain('cc1: error');
    const source = join(root, 'linux-0.1.tar');
    const config = run('kernel-build', { source, config: 'defconfig' }, shell);
    expect([config.exitCode, kernel.parse(config).reason]).toEqual([
      4,
      expect.stringContaining('config step failed'),
    ]);
    rmSync(join(root, 'linux-0.1'), { recursive: true });
    const nothing = run('kernel-build', { source: tinyKernel(['true']) }, shell);
    expect([nothing.exitCode, kernel.parse(nothing).metrics]).toEqual([1, []]);
    expect(readdirSync(work).filter((name) => name.startsWith('kernel-objects'))).toEqual([]);
  });

  it('ends with everything it started when it is stopped', async () => {
    const source = tinyKernel(['echo building >&2; cat /dev/zero >/dev/null']);
    await stopped('kernel-build', { source }, shell, /config_y/);
    expect(readdirSync(work)).toEqual([expect.stringMatching(/^kernel-tree-/)]);
  });

  it('refuses what is no source', () => {
    const missing = run('kernel-build', { source: '/nonexistent/linux.tar.xz' }, shell);
    tinyKernel([]);
    expect(missing.exitCode).not.toBe(0);
    const other = join(root, 'other.tar');
    spawnSync('tar', ['-cf', other, '-C', root, 'bin']);
    const odd = run('kernel-build', { source: other }, shell);
    expect([odd.exitCode, odd.stderr]).toEqual([75, expect.stringContaining('not the source of a kernel')]);
  });

  it('fetches a tarball once, and only the one that is asked for', needsAll('curl'), async () => {
    const tarball = tinyKernel(works);
    const sha256 = createHash('sha256').update(readFileSync(tarball)).digest('hex');
    const site = await served(root);
    const source = `http://127.0.0.1:${site.port}/linux-0.1.tar`;
    const other = run('kernel-build', { source, sha256: 'a'.repeat(64) }, shell);
    expect([other.exitCode, other.stderr]).toEqual([75, expect.stringContaining('not what is asked for')]);
    expect(readdirSync(work)).toEqual([]);
    const first = run('kernel-build', { source, sha256, jobs: 1 }, shell);
    expect(kernel.parse(first)).toMatchObject({ outcome: 'ok' });
    await site.stop();
    // Nobody serves it any more, and it is not asked for again.
    expect(kernel.parse(run('kernel-build', { source, sha256, jobs: 1 }, shell)).outcome).toBe('ok');
    const gone = run('kernel-build', { source: source.replace('0.1', '0.2') }, shell);
    expect(kernel.parse(gone).reason).toMatch(/could not fetch http.*local:\/path/);
  });
});

describe('the check of kernel-build', needsAll('perl', 'make'), () => {
  it('asks for a source that is there', () => {
    const source = tinyKernel([]);
    executable(join(bin, 'df'), 'printf "h\\n/dev/x 1 1 99999999 1%% /\\n"');
    expect(check('kernel-build', { source })).toEqual({ state: 'ready', version: 'gcc 12.2.0' });
    expect(check('kernel-build', { source: '/nonexistent.tar' })).toMatchObject({
      state: 'problem',
      reason: expect.stringContaining('/nonexistent.tar is not on this guest') as string,
    });
  });
});

/** Not UnixBench, but what is called in its place: it writes a report that UnixBench once wrote. */
function standIn(copies: 1 | 2): string {
  const tree = join(root, 'given', 'UnixBench');
  for (const folder of ['src', 'pgms', 'testdir']) mkdirSync(join(tree, folder), { recursive: true });
  writeFileSync(join(tree, 'src', 'a.c'), 'int a;\n');
  writeFileSync(
    join(tree, 'Makefile'),
    'all:\n\t@echo building; echo "$(UB_GCC_OPTIONS)" >options\ncheck: options\nclean:\n\trm -f options\n',
  );
  writeFileSync(join(tree, 'options'), 'of the computer it was built on');
  writeFileSync(join(tree, 'report'), unixbenchPass(copies).files.get('unixbench.txt') ?? '');
  executable(
    join(tree, 'Run'),
    [
      'make -s check 2>/dev/null || make -s all || exit 1',
      'echo "called $*, options $(cat options)"',
      'echo x >testdir/sort.123',
      'case "${STAND_IN:-}" in slow) echo waiting; cat /dev/zero >/dev/null ;; bad) exit 255 ;; esac',
      'echo log >>"$UB_RESULTDIR/$UB_OUTPUT_FILE_NAME.log"',
      '[ -d "$UB_TMPDIR" ] && cp report "$UB_RESULTDIR/$UB_OUTPUT_FILE_NAME"',
    ].join('\n'),
  );
  return join(root, 'given');
}

describe.each(shells)('unixbench under %s', needsAll('make', 'perl', 'cc'), (_, shell) => {
  it('is built once, without options for the CPU, and run from its folder', () => {
    const source = standIn(1);
    const output = run('unixbench-single', { source, iterations: 1 }, shell);
    const parsed = benchmarkById('unixbench-single')!.parse(output);
    expect([parsed.outcome, parsed.reason]).toEqual(['ok', undefined]);
    expect(parsed.metrics).toContainEqual({
      id: 'unixbench.index',
      value: 1218.6,
      unit: 'index',
      better: 'higher',
    });
    expect(output.stdout).toMatch(/^called -b -i 1 -c 1, options -O3 -ffast-math -std=gnu11$/m);
    expect(output.stdout).not.toContain('native');
    expect([...output.files.keys()].toSorted()).toEqual(['unixbench.log', 'unixbench.txt']);
    expect(output.files.get('unixbench.log')).toBe('log\n');
    rmSync(source, { recursive: true });
    const again = run('unixbench-single', { source, iterations: 1 }, shell);
    expect([again.exitCode, again.stdout.includes('building')]).toEqual([0, false]);
    // What it appends to starts anew each time.
    expect(again.files.get('unixbench.log')).toBe('log\n');
    const [tree = '', ...more] = readdirSync(work);
    expect([more, readdirSync(join(work, tree, 'testdir'))]).toEqual([[], []]);
    const cleanup = benchmarkById('unixbench-single')!.script('cleanup', {});
    expect(spawnSync('/bin/sh', ['-c', cleanup], { env: environment() }).status).toBe(0);
    expect(readdirSync(work)).toEqual([]);
  });

  it('takes a tarball and some tests, and as many copies as it is told', () => {
    const source = join(root, 'given.tar');
    expect(spawnSync('tar', ['-cf', source, '-C', standIn(2), 'UnixBench']).status).toBe(0);
    const parameters = { source, copies: 2, tests: ['pipe', 'dhry2reg', 'pipe'] };
    const output = run('unixbench-parallel', parameters, shell);
    expect(output.stdout).toMatch(/^called -b -i 3 -c 2 dhry2reg pipe,/m);
    // The stand-in gave the report of all twelve all the same.
    expect(benchmarkById('unixbench-parallel')!.parse(output).reason).toMatch(/not asked for/);
  });

  it('gives no figure without its end, and leaves nothing running', async () => {
    const source = standIn(1);
    executable(join(bin, 'nproc'), 'echo 2');
    const failed = join(source, 'UnixBench', 'Run');
    const text = readFileSync(failed, 'utf8');
    writeFileSync(failed, text.replace('${STAND_IN:-}', 'bad'));
    const output = run('unixbench-single', { source }, shell);
    expect([output.exitCode, benchmarkById('unixbench-single')!.parse(output).metrics]).toEqual([255, []]);
    writeFileSync(failed, text.replace('${STAND_IN:-}', 'slow'));
    rmSync(work, { recursive: true });
    mkdirSync(work);
    await stopped('unixbench-single', { source }, shell, /waiting/);
    expect(existsSync(join(work, 'unixbench-results'))).toBe(false);
  });

  it('comes from the net, or says that it cannot', needsAll('curl', 'git'), async () => {
    expect(spawnSync('tar', ['-czf', join(root, 'given.tgz'), '-C', standIn(1), 'UnixBench']).status).toBe(0);
    const site = await served(root);
    const net = `http://127.0.0.1:${site.port}`;
    const fetched = run('unixbench-single', { source: `${net}/given.tgz` }, shell);
    expect(benchmarkById('unixbench-single')!.parse(fetched).outcome).toBe('ok');
    expect(readdirSync(work)).toEqual([expect.stringMatching(/^unixbench-tree-/)]);
    // Neither a repository nor a page, and git asks nobody for a password.
    const none = run('unixbench-single', { source: `${net}/none.git` }, shell);
    await site.stop();
    const away = run('unixbench-single', { source: `${net}/away.git` }, shell);
    for (const output of [none, away]) {
      expect(benchmarkById('unixbench-single')!.parse(output).reason).toMatch(
        /could not fetch.*local:\/path/,
      );
    }
  });

  it('refuses what is no UnixBench', () => {
    const nowhere = run('unixbench-single', { source: '/nonexistent' }, shell);
    expect([nowhere.exitCode, nowhere.stderr]).toEqual([75, expect.stringContaining('/nonexistent')]);
    const empty = run('unixbench-single', { source: bin }, shell);
    expect([empty.exitCode, empty.stderr]).toEqual([
      75,
      expect.stringContaining('expected a folder with Run'),
    ]);
    const unbuilt = run('unixbench-single', { source: standIn(1), build: 'given' }, shell);
    expect([unbuilt.exitCode, unbuilt.stderr]).toEqual([1, expect.stringContaining('not built')]);
  });
});

describe('the check of unixbench', needsAll('make', 'perl', 'cc'), () => {
  it('says what to give when no place is given, or a wrong one', () => {
    expect(check('unixbench-single', {})).toMatchObject({
      state: 'problem',
      reason: expect.stringContaining('as the parameter source') as string,
    });
    expect(check('unixbench-parallel', { source: '/nonexistent' })).toMatchObject({
      state: 'problem',
      reason: expect.stringContaining('/nonexistent') as string,
    });
    expect(check('unixbench-single', { source: standIn(1) })).toMatchObject({ state: 'ready' });
  });
});
