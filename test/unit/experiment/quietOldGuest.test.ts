import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseLook, quietScript, type Look, type LookOptions } from '../../../src/experiment/quietScript';
import { has, inPlainEnglish, isWindows, needs } from '../../support/needs';

const shells = [['dash'], ['bash', '--posix']].filter(([shell = '']) => has(shell));

/** A guest with a /proc of its own and programs that stand in for those of the machine. */
describe.each(shells)('the look at an old guest: %s', (...shell) => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'guestbench-quiet-'));
    for (const name of ['bin', 'proc', 'systemd', 'proc/1']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'proc/stat'), 'cpu  1 0 1 9 0 0 0 0\ncpu0 1 0 1 9 0 0 0 0\nprocs_running 1\n');
    writeFileSync(join(folder, 'proc/meminfo'), 'Dirty: 4 kB\nWriteback: 0 kB\n');
    writeFileSync(join(folder, 'proc/loadavg'), '0.00 0.01 0.05 1/99 1234\n');
    writeFileSync(join(folder, 'proc/locks'), '');
    program('sleep', ':');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const program = (name: string, body: string): void => {
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, 'bin', name), 0o755);
  };
  const look = (options: Partial<LookOptions> = {}): Look | undefined => {
    const script = quietScript({ seconds: 1, flush: false, ...options })
      .replaceAll('/proc/', `${folder}/proc/`)
      .replaceAll('/run/systemd/system', `${folder}/systemd`);
    // What is still written in the background is waited for.
    const { stdout, stderr } = spawnSync(shell[0] ?? '', [...shell.slice(1), '-s'], {
      input: `${script}wait\n`,
      encoding: 'utf8',
      env: { ...inPlainEnglish(), PATH: `${folder}/bin:${process.env['PATH'] ?? ''}` },
    });
    expect(stderr).toBe('');
    return parseLook(stdout);
  };

  const flushed = (body: string): string => {
    program('sync', `echo "sync $*" >>${folder}/flushed; ${body}`);
    look({ flush: true });
    return existsSync(join(folder, 'flushed')) ? readFileSync(join(folder, 'flushed'), 'utf8') : '';
  };
  const isPosix = needs({ 'a POSIX shell': !isWindows });

  it('flushes all file systems where sync knows no single one', isPosix, () => {
    expect(flushed('[ $# -eq 0 ]')).toBe('sync -f /var/tmp\nsync \n');
  });

  it('flushes only the file system of the benchmarks where sync can', isPosix, () => {
    expect(flushed(':')).toBe('sync -f /var/tmp\n');
  });

  /** systemctl of a version that refuses `refused`. */
  const systemctl = (refused: string, answers: Readonly<Record<string, string>>): void => {
    const cases = Object.entries(answers).map(
      ([verb, text]) => `*" ${verb}"*) cat <<'END'\n${text}\nEND\n;;`,
    );
    program('systemctl', `case " $*" in ${refused}) exit 1 ;;\n${cases.join('\n')}\n*) exit 1 ;;\nesac`);
  };
  const listed = `UNIT                  LOAD   ACTIVE     SUB          JOB   DESCRIPTION
cron.service          loaded active     running            Regular background programs
man-db.service        loaded activating start        start Daily man-db regeneration
* fstrim.service      loaded activating start        start Discard unused blocks
flappy.service        loaded activating auto-restart       Restarts for ever
gone.service          masked failed     failed             activating is only a word here

LOAD   = Reflects whether the unit definition was properly loaded.
ACTIVE = The high-level unit activation state, i.e. generalization of SUB.

5 units listed. Pass --all to see inactive units, too.`;

  it.each([
    ['--plain', '*--plain*'],
    ['--state', '*--state*'],
    ['--no-legend too', '*--plain*|*--state*|*--no-legend*'],
  ])('sees the services at work where systemctl refuses %s', isPosix, (_, refused) => {
    systemctl(refused, { 'is-system-running': 'running', 'list-units': listed });
    expect(look()?.tasks).toEqual(['man-db.service', 'fstrim.service']);
  });

  it('asks a systemctl that knows the options only once', isPosix, () => {
    program('systemctl', `echo "$1" >>${folder}/asked; [ "$1" != is-system-running ] || echo running`);
    expect(look()?.tasks).toEqual([]);
    expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe('is-system-running\nlist-units\n');
  });

  const jobs = ` JOB UNIT                      TYPE            STATE
  61 multi-user.target         start           waiting
  84 cloud-final.service       start           running

2 jobs listed.`;
  it.each([
    ['is still starting', 'inactive', jobs, true],
    ['has started, and starts something else', 'active', jobs, false],
    ['was sent to another target and does nothing', 'inactive', 'No jobs running.', false],
    ['only stops something', 'inactive', '  61 a.service               stop start    running', false],
  ])('is told where systemctl does not tell of the system: %s', isPosix, (_, target, list, isBooting) => {
    systemctl('*is-system-running*', {
      'is-active default.target': target,
      'list-jobs': list,
      'list-units': 'UNIT LOAD ACTIVE SUB JOB DESCRIPTION',
    });
    expect(look()?.isBooting).toBe(isBooting);
  });

  it('names programs by /proc/PID/stat where the kernel has no /proc/PID/comm', isPosix, () => {
    const names = ['dpkg', 'bash', 'apt-get', 'a) (yum', 'unattended-upgr'];
    for (const [index, name] of names.entries()) {
      const process = join(folder, 'proc', String(100 + index));
      mkdirSync(process);
      writeFileSync(join(process, 'stat'), `${100 + index} (${name}) S 1 100 100 0 -1 4194304\n`);
      writeFileSync(join(process, 'cmdline'), '/usr/bin/unattended-upgrade\0');
    }
    expect(look()?.tasks).toEqual(['dpkg', 'apt-get', 'unattended-upgrades']);
  });
});
