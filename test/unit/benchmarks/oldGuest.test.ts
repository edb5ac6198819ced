import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { benchmarkById } from '../../../src/benchmarks/catalogue';
import { parseCheck } from '../../../src/benchmarks/check';
import type { Parameters } from '../../../src/model/lab';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gb-old-guest-'));
  for (const folder of ['bin', 'work', 'files']) mkdirSync(join(root, folder));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A tool of 2013, as far as it is asked: what came later it refuses as the old one does. */
function tool(name: string, text: string): void {
  const file = join(root, 'bin', name);
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
}

function run(id: string, phase: 'check' | 'run', parameters: Parameters = {}) {
  const { status, stdout, stderr } = spawnSync(
    '/bin/sh',
    ['-c', benchmarkById(id)!.script(phase, parameters)],
    {
      env: {
        PATH: `${join(root, 'bin')}:${process.env['PATH'] ?? ''}:/usr/sbin`,
        GB_WORK: join(root, 'work'),
        GB_FILES: join(root, 'files'),
      },
      encoding: 'utf8',
    },
  );
  return {
    exitCode: status,
    stdout,
    stderr,
    signal: null,
    cancelled: false,
    files: new Map<string, string>(),
  };
}
const check = (id: string, parameters?: Parameters) => parseCheck(run(id, 'check', parameters).stdout);

describe('OpenSSL 1.0.1', () => {
  beforeEach(() =>
    tool(
      'openssl',
      [
        'case "$1" in version) echo "OpenSSL 1.0.1e 11 Feb 2013"; exit 0 ;; esac',
        'for w in "$@"; do case "$w" in -help | -seconds | -bytes | chacha20*) printf "Error: bad option or value\\n\\nAvailable values:\\nmd2      md4      md5      rsa4096\\n\\nAvailable options:\\n-elapsed        measure time in real time instead of CPU user time.\\n-evp e          use EVP e.\\n-multi n        run n benchmarks in parallel.\\n" >&2; exit 1 ;; esac; done',
        'echo "asked $*"',
        'printf "OpenSSL 1.0.1e 11 Feb 2013\\nbuilt on: Sat Feb  1 22:14:33 UTC 2014\\n                  sign    verify    sign/s verify/s\\nrsa 4096 bits 0.009432s 0.000148s    106.0   6735.0\\n"',
      ].join('\n'),
    ),
  );

  it('signs and verifies, and the check says that it does nothing else', () => {
    expect(check('openssl')).toEqual({
      state: 'ready',
      version: 'OpenSSL 1.0.1e, RSA only: its speed command is older than that of 1.1.1',
    });
    const output = run('openssl', 'run', { seconds: 1, threads: 2 });
    expect(output.stdout).toContain('asked speed -elapsed -multi 2 rsa4096\n');
    const parsed = benchmarkById('openssl')!.parse(output);
    expect([parsed.outcome, parsed.reason]).toEqual(['ok', undefined]);
    expect(parsed.metrics.map(({ id, value }) => [id, value])).toEqual([
      ['openssl.rsa4096.sign', 106],
      ['openssl.rsa4096.verify', 6735],
    ]);
  });
});

describe('p7zip 9.20', () => {
  it('tells its version without a colon', () => {
    tool(
      '7z',
      'case "$1" in b) shift; echo "asked $*" ;; *) printf "\\n7-Zip 9.20  Copyright (c) 1999-2010 Igor Pavlov  2010-11-18\\np7zip Version 9.20 (locale=C,Utf16=off,HugeFiles=on,2 CPUs)\\n\\nUsage: 7z <command>\\n" ;; esac',
    );
    expect(check('7zip')).toEqual({ state: 'ready', version: '7-Zip 9.20' });
    const { stdout } = run('7zip', 'run', { threads: 2, dictionaryBits: 22 });
    expect(stdout).toBe('guestbench: version=7-Zip 9.20\nguestbench: threads=2\nasked 1 -mmt2 -md22\n');
  });

  it('is told apart from newer ones, which keep what they said', () => {
    for (const [line, version] of [
      ['7-Zip [64] 16.02 : Copyright (c) 1999-2016 Igor Pavlov : 2016-05-21', '7-Zip [64] 16.02'],
      ['7-Zip (a) 26.05 (x64) : Copyright (c) 1999-2026 Igor Pavlov', '7-Zip (a) 26.05 (x64)'],
    ] as const) {
      tool('7z', `printf '\\n${line}\\n'`);
      expect(check('7zip')).toEqual({ state: 'ready', version });
    }
  });
});

describe('gcc 4.7', () => {
  const gcc =
    'case "$*" in -dumpversion) echo 4.7.2 ;; *) echo "gcc: error: unrecognized command line option $1" >&2; exit 4 ;; esac';

  it('tells its whole version with the older option', () => {
    for (const name of ['make', 'bc', 'bison', 'flex', 'perl', 'tar', 'xz']) tool(name, 'exit 0');
    tool('gcc', gcc);
    tool('df', 'printf "h\\n/dev/x 1 1 99999999 1%% /\\n"');
    const source = join(root, 'linux.tar');
    writeFileSync(source, '');
    expect(check('kernel-build', { source })).toEqual({ state: 'ready', version: 'gcc 4.7.2' });
    expect(run('kernel-build', 'run', { source }).stdout).toMatch(/^guestbench: version=gcc 4\.7\.2$/m);
  });

  it('is too old for UnixBench where it does not know the language, which the check says', () => {
    for (const name of ['make', 'perl']) tool(name, 'echo "perl 5.14.2"');
    tool(
      'cc',
      'case "$*" in *gnu11*) echo "error: unrecognized command line option -std=gnu11" >&2; exit 1 ;; esac',
    );
    expect(check('unixbench-single', { source: root })).toMatchObject({
      state: 'problem',
      reason: expect.stringContaining('-std=gnu11 (gcc 4.7 or later does)') as string,
    });
    expect(check('unixbench-single', { source: root, build: 'given' })).toMatchObject({ state: 'ready' });
  });
});

describe('Apache 2.2', () => {
  /** Refuses the directives that came with 2.4, as the server does when it reads its configuration. */
  const server = (version: string) =>
    [
      'case "$1" in',
      `-v) echo "Server version: Apache/${version} (Debian)"; exit 0 ;;`,
      '-l) printf "Compiled in modules:\\n  core.c\\n  worker.c\\n  http_core.c\\n  mod_so.c\\n"; exit 0 ;;',
      'esac',
      'cp "$2" "$GB_FILES/httpd.conf"',
      'bad=$(grep -o -m 1 -e "DefaultRuntimeDir" -e "MaxRequestWorkers" "$2")',
      '[ -z "$bad" ] || { echo "Syntax error: Invalid command $bad" >&2; exit 1; }',
      'echo $$ >"$GB_WORK/apache/httpd.pid"; exec sleep 1000',
    ].join('\n');

  it('gets a configuration in its own words', () => {
    tool('ab', 'case "$*" in -V) echo "This is ApacheBench, Version 2.3 <x>" ;; *) echo "asked $*" ;; esac');
    tool('apache2', server('2.2.22'));
    const output = run('apache', 'run', { requests: 1000 });
    expect([output.exitCode, output.stderr]).toEqual([0, '']);
    const config = readFileSync(join(root, 'files', 'httpd.conf'), 'utf8');
    expect(config).toMatch(/^MaxClients 576$/m);
    expect(config).toMatch(/^LockFile ".*\/apache\/accept\.lock"$/m);
    expect(config).not.toMatch(/LoadModule mpm|\$/);
  });

  it('is told apart from 2.4', () => {
    tool('ab', 'exit 0');
    tool('apache2', server('2.4.66'));
    expect(run('apache', 'run', { requests: 1000 }).exitCode).toBe(1);
    const config = readFileSync(join(root, 'files', 'httpd.conf'), 'utf8');
    expect(config).toMatch(/^MaxRequestWorkers 576$/m);
    expect(config).toMatch(/^DefaultRuntimeDir "/m);
  });
});

describe('PHP 5.4', () => {
  it('is said to be too old before anything runs', () => {
    tool('php', 'case "$*" in *SAPI*) printf cli ;; *) printf 5.4.45 ;; esac');
    expect(check('php')).toMatchObject({
      state: 'problem',
      reason: 'php is PHP 5.4.45; the command line version of 7.4 or later is needed',
    });
  });
});
