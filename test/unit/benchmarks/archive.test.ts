import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archiveScript, parseArchive, withArchive, type Archive } from '../../../src/benchmarks/archive';
import { benchmarkById } from '../../../src/benchmarks/catalogue';
import { notAllExitCode, parseCheck, type MissingCheck } from '../../../src/benchmarks/check';
import { installPlan, type GuestSystem } from '../../../src/benchmarks/installPlan';
import type { PackageManager } from '../../../src/benchmarks/packageManagers';

let root = '';
beforeAll(() => (root = mkdtempSync(join(tmpdir(), 'gb archive-'))));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Runs a script in a PATH that holds these commands and the plainest tools, and nothing else. */
function run(script: string, commands: Readonly<Record<string, string>>) {
  const path = mkdtempSync(join(root, 'bin '));
  for (const tool of ['sed', 'head', 'grep', 'timeout', 'true', 'env', 'cat', 'rm']) {
    const { stdout } = spawnSync('/bin/sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' });
    if (stdout.startsWith('/')) symlinkSync(stdout.trim(), join(path, tool));
  }
  for (const [name, text] of Object.entries({ id: 'echo 0', ...commands })) {
    writeFileSync(join(path, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(path, name), 0o755);
  }
  return spawnSync('/bin/sh', ['-c', script], { env: { PATH: path, BIN: path }, encoding: 'utf8' });
}

/** The lines below `case "$x" in` of a shell, one for each word that is answered. */
const answers = (entries: Readonly<Record<string, string>>): string =>
  Object.entries(entries)
    .map(([word, text]) => `${word}) ${text} ;;`)
    .join('\n');

/** Each manager with an archive that has `seven` and `other`, of which `other` is installed, as it says so itself. */
const managers: Readonly<Record<PackageManager, Readonly<Record<string, string>>>> = {
  'apt-get': {
    'apt-get': 'exit 0',
    'apt-cache': [
      'if [ "$1" = showpkg ]; then printf "Package: %s\\nReverse Provides: \\n" "$2"; [ "$2" = virtual ] && echo "mawk 1.3 (= )"; exit 0; fi',
      'shift',
      '[ "$#" -gt 0 ] || { printf "Package files:\\n 100 /var/lib/dpkg/status\\n 500 http://archive.invalid/debian x/main amd64 Packages\\n"; exit 0; }',
      'for p in "$@"; do case "$p" in',
      answers({
        seven: 'printf "seven:\\n  Installed: (none)\\n  Candidate: 26.02-1\\n  Version table:\\n"',
        other: 'printf "other:\\n  Installed: 1.0\\n  Candidate: 1.0\\n  Version table:\\n"',
        'virtual | pure':
          'printf "%s:\\n  Installed: (none)\\n  Candidate: (none)\\n  Version table:\\n" "$p"',
      }),
      'esac; done',
    ].join('\n'),
    'dpkg-query': 'eval "p=\\${$#}"; [ "$p" = other ] && echo "install ok installed"',
  },
  dnf: {
    dnf: 'case "$*" in "-C "*) exit 1 ;; esac; echo "Last metadata expiration check: 0:00:32 ago."; printf "seven seven = 1\\nseven(x86-64) = 1 \\nprovider virtual\\nprovider = 1 \\nother other = 1.0 \\n"',
    rpm: 'case "$*" in *other*) exit 0 ;; *) exit 1 ;; esac',
  },
  yum: {
    yum: 'printf "Installed Packages\\nother.x86_64    1.0-1    @base\\nAvailable Packages\\nseven.noarch\\n                1:2.0-1.el7    epel\\nvirtual.i686   1-1  base\\n"',
    rpm: 'case "$*" in *other*) exit 0 ;; *) exit 1 ;; esac',
  },
  zypper: {
    zypper:
      'case "$*" in *--provides*virtual*) echo "  | provider | x | package"; exit 0 ;; *--provides*) echo "No matching items found."; exit 104 ;; esac; printf "Loading repository data...\\n\\nS | Name | Summary | Type\\n--+------+--------+-----\\n  | seven | A | package\\ni+ | other | B | package\\n"',
    rpm: 'case "$*" in *other*) exit 0 ;; *) exit 1 ;; esac',
  },
  apk: {
    apk: 'case "$*" in *"-e seven"*) [ "$1" = search ] && echo seven-26.02-r0 || exit 1 ;; "search -e virtual") echo virtual-1.0-r0 ;; *"-e other") echo other-1.0-r0 ;; "info "*) exit 1 ;; esac',
  },
};
const asked = ['seven', 'other', 'virtual', 'nope'];

describe.each(Object.entries(managers))('the archive of %s', (manager, commands) => {
  it('is asked which names it has, what is installed, and what others provide', () => {
    const { stdout, stderr } = run(archiveScript(asked), commands);
    const archive = parseArchive(stdout);
    expect([archive.isKnown, [...archive.offered].toSorted(), [...archive.installed], stderr]).toEqual([
      true,
      ['other', 'seven', 'virtual'],
      ['other'],
      '',
    ]);
  });

  it('is not known where it cannot be asked', () => {
    const broken: Readonly<Record<string, string>> = {
      'apt-get': 'exit 0',
      'apt-cache':
        '[ "$#" -gt 1 ] || printf "Package files:\\n 100 /var/lib/dpkg/status\\n     release a=now\\n"',
      dnf: 'printf "Errors during downloading metadata for repository x:\\n  - Curl error (6)\\nIgnoring repositories: x\\n" >&2',
      yum: 'echo "Cannot find a valid baseurl for repo: base/7/x86_64" >&2; exit 1',
      zypper:
        'printf "Warning: Skipping repository x because of the above error.\\nNo matching items found.\\n"; exit 104',
      apk: 'echo "WARNING: opening /lib/apk: No such file or directory" >&2',
    };
    const tool = manager === 'apt-get' ? 'apt-cache' : manager;
    const changed = { ...commands, [tool]: broken[tool] ?? '' };
    const archive = parseArchive(run(archiveScript(asked), changed).stdout);
    expect([archive.isKnown, [...archive.offered]]).toEqual([false, []]);
    const gone = parseArchive(run(archiveScript(asked), { ...commands, [tool]: 'exit 9' }).stdout);
    expect([gone.isKnown, [...gone.offered]]).toEqual([false, []]);
  });
});

describe('an archive without a name of a package', () => {
  const check = (wanted: readonly (readonly string[])[]): MissingCheck => ({
    state: 'missing',
    command: '7z',
    package: wanted.map(([name = '']) => name).join(' '),
    install: 'sudo -n x',
    wanted,
  });
  const archive = (offered: readonly string[], changes: Partial<Archive> = {}): Archive => ({
    isKnown: true,
    offered: new Set(offered),
    installed: new Set(),
    ...changes,
  });
  const system: GuestSystem = { user: 'root', manager: 'apt-get', privilege: 'root', lists: 'there' };
  const planned = (checks: readonly MissingCheck[]) => installPlan(system, checks);

  it('installs what can be had under the name it has there, and nothing that is installed', () => {
    const seven = withArchive(
      check([['7zip', 'p7zip-full', 'p7zip']]),
      archive(['p7zip-full', 'p7zip']),
      'apt-get',
    );
    expect([seven.package, seven.absent, seven.install]).toEqual([
      'p7zip-full',
      undefined,
      expect.stringMatching(/^sudo -n env .* p7zip-full$/) as string,
    ]);
    const web = withArchive(
      check([['apache2-bin'], ['wrk']]),
      archive(['apache2-bin'], { installed: new Set(['apache2-bin']) }),
      'dnf',
    );
    expect([web.package, web.absent, web.install, web.elsewhere]).toEqual([
      'wrk',
      [['wrk']],
      undefined,
      expect.stringContaining('EPEL') as string,
    ]);
    expect(planned([web])).toBeUndefined();
    const plan = planned([seven, web, withArchive(check([['fio']]), archive(['fio']), 'apt-get')]);
    expect([plan?.packages, plan?.otherNames]).toEqual([
      ['p7zip-full', 'fio'],
      new Map([['p7zip-full', ['p7zip']]]),
    ]);
  });

  it('keeps every name where it could not be asked, and what it said where all is installed', () => {
    const unknown = archive([], { isKnown: false });
    const kept = withArchive(check([['7zip', 'p7zip']]), unknown, 'dnf');
    expect([kept.package, kept.absent, planned([kept])?.otherNames]).toEqual([
      '7zip',
      undefined,
      new Map([['7zip', ['p7zip']]]),
    ]);
    const all = check([['php-cli']]);
    expect(withArchive(all, archive(['php-cli'], { installed: new Set(['php-cli']) }), 'apt-get')).toEqual(
      all,
    );
    // Perl's modules are in Perl itself there.
    const old = archive(['perl'], { installed: new Set(['perl']) });
    expect(
      withArchive(
        check([['perl-IO', 'perl'], ['make']]),
        { ...old, offered: new Set(['perl', 'make']) },
        'yum',
      ),
    ).toMatchObject({
      package: 'make',
      wanted: [['make']],
    });
  });
});

describe('the names of packages', () => {
  it.each(['7zip', 'php', 'apache', 'kernel-build', 'unixbench-single', 'sqlite', 'fio-randread'])(
    'of %s are told with all their alternatives',
    (id) => {
      const { stdout } = run(benchmarkById(id)!.script('check', {}), { dnf: 'exit 0' });
      const check = parseCheck(stdout);
      if (check.state !== 'missing') throw new Error(check.state);
      expect(check.wanted?.map(([name]) => name).join(' ')).toBe(check.package);
      if (id === '7zip') expect(check.wanted).toEqual([['7zip', 'p7zip']]);
    },
  );
});

describe('the install script', () => {
  const script = benchmarkById('7zip')!.script('install', {});

  it('installs under the first name that the archive has, and leaves alone what it lacks', () => {
    const wrk = benchmarkById('apache-wrk')!.script('install', {});
    const { stdout, stderr, status } = run(wrk, {
      dnf: 'case "$*" in *repoquery*) echo "httpd httpd = 2.4" ;; *) echo "did $*" ;; esac',
      rpm: 'exit 1',
    });
    expect([stdout.match(/^did .*/gm), status]).toEqual([['did -y install httpd'], notAllExitCode]);
    expect(stderr).toContain('not in the package archives of this guest: wrk');
    const seven = run(script, {
      dnf: 'case "$*" in *repoquery*) echo "p7zip p7zip = 16" ;; *) echo "did $*" ;; esac',
      rpm: 'exit 1',
    });
    expect([seven.stdout.match(/^did .*/gm), seven.status]).toEqual([['did -y install p7zip'], 0]);
  });

  it('tries each package by itself, under each of its names, where all at once fail', () => {
    const { stdout, status } = run(benchmarkById('apache-wrk')!.script('install', {}), {
      yum: 'case "$*" in *list*) exit 7 ;; "-y install httpd") echo done httpd ;; *) echo "failed $*"; exit 1 ;; esac',
      rpm: 'exit 1',
    });
    expect([stdout.includes('done httpd'), status]).toEqual([true, 1]);
    const seven = run(script, {
      zypper: 'case "$*" in *search*) exit 7 ;; *" p7zip-full") echo done ;; *) exit 104 ;; esac',
      rpm: 'exit 1',
    });
    expect([seven.stdout.includes('done'), seven.status]).toEqual([true, 0]);
  });
});
