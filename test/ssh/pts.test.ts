import { spawn, spawnSync } from 'node:child_process';
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
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { needs } from '../support/needs';
import type { Benchmark } from '../../src/benchmarks/benchmark';
import { parseCheck } from '../../src/benchmarks/check';
import { pts } from '../../src/benchmarks/pts';
import { readExperiment } from '../../src/experiment/journal';
import { planRounds } from '../../src/experiment/plan';
import { ExperimentRunner } from '../../src/experiment/runner';
import type { Plan } from '../../src/model/experiment';
import { connect } from '../../src/ssh/connection';
import type { Connection } from '../../src/ssh/transport';
import { hostKeysOf, person } from './people';
import { hasSshd, startSshServer } from './sshServer';

const works = (script: string) => spawnSync('/bin/sh', ['-c', script]).status === 0;
const hasPhp = works('php -r \'exit(extension_loaded("dom") && extension_loaded("simplexml") ? 0 : 1);\'');
const shells = [['/bin/sh'], ['busybox', 'sh']].filter(([command = '']) => works(`command -v ${command}`));

const personsOwn =
  '<?xml version="1.0"?>\n<a><ProxyAddress>proxy.example</ProxyAddress><UploadResults>TRUE</UploadResults></a>\n';

/**
 * Not the Phoronix Test Suite, but what is called in its place where the real one cannot be made to do a thing: it
 * keeps what it was called with, leaves a process listening, hangs, and writes a result file as the real one does.
 */
const standIn = [
  '#!/bin/sh',
  'config=$STAND_IN_ETC',
  'here=$(dirname "$0")',
  'cp "$config" "$here/settings-$1"',
  'env | grep -E "^(PTS_|NO_|FORCE_|PRESET_|TEST_RESULTS_)" | sort >"$here/env-$1"',
  'echo "$@" >>"$here/calls"',
  'tests=$(sed -n "s|.*<EnvironmentDirectory>\\(.*\\)</Env.*|\\1|p" "$config")',
  'results=$(sed -n "s|.*<ResultsDirectory>\\(.*\\)</Res.*|\\1|p" "$config")',
  'case "$1" in',
  '  batch-install) shift; for t in "$@"; do mkdir -p "$tests/$t" && : >"$tests/$t/pts-install.json"; done ;;',
  '  batch-run)',
  '    setsid sleep 1000 </dev/null >/dev/null 2>&1 &',
  '    echo "running $2"',
  '    if [ -f "$here/hang" ]; then sleep 1000; fi',
  '    mkdir -p "$results/x"',
  '    { echo "<PhoronixTestSuite><Generated><Title>$TEST_RESULTS_NAME</Title></Generated>"',
  '      echo "<Result><Identifier>local/count-1.0.0</Identifier><Title>Count</Title><Arguments>2</Arguments><Description>Load: Noisy</Description><Scale>Rounds/s</Scale><Proportion>HIB</Proportion><Data><Entry><Identifier>$TEST_RESULTS_IDENTIFIER</Identifier><Value>12.5</Value><RawString>12:13</RawString></Entry></Data></Result>"',
  '      echo "<Result><Identifier>local/other-1.0.0</Identifier><Title>Other</Title><Data><Entry><Identifier>$TEST_RESULTS_IDENTIFIER</Identifier><Value></Value><JSON>{\\"error\\":\\"No data.\\"}</JSON></Entry></Data></Result>"',
  '      echo "</PhoronixTestSuite>"; } >"$results/x/composite.xml" ;;',
  'esac',
  'exit 0',
  '',
].join('\n');

const profile = (title: string, menu: string) =>
  `<PhoronixTestSuite><TestInformation><Title>${title}</Title></TestInformation><TestProfile><SupportedPlatforms>Linux</SupportedPlatforms></TestProfile><TestSettings>${menu}</TestSettings></PhoronixTestSuite>`;
const menu =
  '<Option><DisplayName>Load</DisplayName><Identifier>load</Identifier><Menu><Entry><Name>Quiet</Name><Value>1</Value></Entry><Entry><Name>Noisy</Name><Value>2</Value></Entry></Menu></Option>';

let root = '';
let tree = '';
let etc = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gb-pts-'));
  tree = join(root, 'tree');
  etc = join(root, 'etc', 'phoronix-test-suite.xml');
  for (const folder of ['etc', 'home', 'work', 'files', 'tree/pts-core']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  writeFileSync(
    join(tree, 'pts-core', 'pts-core.php'),
    "PTS_USER_PATH_OVERRIDE\npts_define('PTS_VERSION', '10.8.6');\n",
  );
  writeFileSync(join(tree, 'phoronix-test-suite'), standIn);
  chmodSync(join(tree, 'phoronix-test-suite'), 0o755);
  for (const [name, options] of [
    ['count', menu],
    ['other', ''],
  ] as const) {
    const folder = join(tree, 'ob-cache', 'test-profiles', 'local', `${name}-1.0.0`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'test-definition.xml'), profile(name, options));
  }
  writeFileSync(etc, personsOwn);
});
afterEach(() => {
  for (const pid of ours()) process.kill(pid, 'SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

/** The benchmark with a machine's own settings file and home in the test's folder. */
const benchmark = (): Benchmark => ({
  ...pts,
  script: (phase, parameters) =>
    `HOME='${root}/home' STAND_IN_ETC='${etc}'; export HOME STAND_IN_ETC\n` +
    pts
      .script(phase, parameters)
      .replaceAll('/etc/phoronix-test-suite.xml', etc)
      // Another Phoronix Test Suite of this machine is no business of the test.
      .replaceAll('pts-core/phoronix-test-suite', 'pts-core/stand-in')
      .replaceAll('[ -w /var/lib ] && [ -w /etc ]', 'false'),
});
const parameters = () => ({
  source: tree,
  tests: 'local/count local/other',
  options: 'count.load=Noisy',
  runs: 2,
  offline: 'yes',
});

/** Live processes with this test's folder in their environment. */
function ours(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        const state = readFileSync(`/proc/${name}/stat`, 'latin1').split(') ').at(-1)?.[0];
        return (
          state !== 'Z' && readFileSync(`/proc/${name}/environ`, 'latin1').includes(`STAND_IN_ETC=${root}`)
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}

const environment = () => ({
  PATH: process.env['PATH'] ?? '',
  GB_WORK: join(root, 'work'),
  GB_FILES: join(root, 'files'),
});
function run(phase: 'check' | 'run' | 'cleanup', shell: readonly string[], more = {}) {
  const [command = '', ...options] = shell;
  const script = join(root, 'script.sh');
  writeFileSync(script, benchmark().script(phase, { ...parameters(), ...more }));
  return spawnSync(command, [...options, script], { env: environment(), encoding: 'utf8' });
}
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe.each(shells.map((shell) => [shell.join(' '), shell] as const))(
  'a Phoronix Test Suite under %s',
  needs({ 'PHP with DOM and SimpleXML': hasPhp }),
  (_, shell) => {
    it('is asked for what is in the plan, with our settings, and gets its own back', () => {
      const { status, stdout, stderr } = run('run', shell);
      expect([status, stderr]).toEqual([0, '']);
      expect(readFileSync(etc, 'utf8')).toBe(personsOwn);
      expect(readdirSync(join(root, 'etc'))).toEqual(['phoronix-test-suite.xml']);
      expect(readdirSync(join(root, 'work'))).toEqual([]);
      expect(ours()).toEqual([]);
      expect(readFileSync(join(tree, 'calls'), 'utf8')).toBe(
        'batch-install local/count-1.0.0 local/other-1.0.0\nbatch-run local/count-1.0.0 local/other-1.0.0\n',
      );
      const settings = readFileSync(join(tree, 'settings-batch-run'), 'utf8');
      for (const wanted of [
        '<UploadResults>FALSE<',
        '<AnonymousUsageReporting>FALSE<',
        '<RunAllTestCombinations>FALSE<',
        '<Configured>TRUE<',
        '<NoInternetCommunication>TRUE<',
        '<ProxyAddress>proxy.example<',
      ]) {
        expect(settings).toContain(wanted);
      }
      const environmentOfRun = readFileSync(join(tree, 'env-batch-run'), 'utf8');
      expect(environmentOfRun).toContain('PTS_IGNORE_MODULES=TRUE\n');
      expect(environmentOfRun).toContain('FORCE_TIMES_TO_RUN=2\n');
      expect(environmentOfRun).toContain('PRESET_OPTIONS=local/count.load=Noisy\n');
      expect(stdout).toContain('guestbench: option=local/count|Load|Noisy|2\n');
      // What is installed is not installed again.
      run('run', shell);
      expect(readFileSync(join(tree, 'calls'), 'utf8').match(/batch-install/g)).toHaveLength(1);
    });

    it('is not started beside another one of the same account', async () => {
      const other = spawn('/bin/sh', ['-c', 'sleep 1000; :', 'pts-core/stand-in.php'], {
        env: { ...environment(), STAND_IN_ETC: etc },
        stdio: 'ignore',
      });
      await new Promise((resolve) => other.once('spawn', resolve));
      const { status, stderr } = run('run', shell);
      expect([status, stderr]).toEqual([75, expect.stringContaining(`already running`) as string]);
      expect(stderr).toContain(`/proc/${String(other.pid)}`);
      expect(readFileSync(etc, 'utf8')).toBe(personsOwn);
    });

    it('leaves no settings of ours where there were none', () => {
      // Only a file that is there and may be written is read by an account that is not root.
      rmSync(etc);
      writeFileSync(`${etc}.guestbench-none`, '');
      writeFileSync(etc, '<ours/>');
      expect(run('cleanup', shell).status).toBe(0);
      expect(readdirSync(join(root, 'etc'))).toEqual([]);
    });

    it('gives the settings back after everything was killed, before the next run or at the clean-up', async () => {
      for (const next of ['run', 'cleanup'] as const) {
        writeFileSync(join(tree, 'hang'), '');
        const script = join(root, 'killed.sh');
        writeFileSync(script, benchmark().script('run', parameters()));
        const [command = '', ...options] = shell;
        const child = spawn(command, [...options, script], {
          env: environment(),
          detached: true,
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        let printed = '';
        child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
        await until(() => printed.includes('running local/count'));
        const ended = new Promise((resolve) => child.once('exit', resolve));
        process.kill(-(child.pid ?? Number.NaN), 'SIGKILL');
        await ended;
        expect(readFileSync(etc, 'utf8')).toContain('<Configured>TRUE<');
        expect(readFileSync(`${etc}.guestbench-saved`, 'utf8')).toBe(personsOwn);
        rmSync(join(tree, 'hang'));
        expect(run(next, shell).status).toBe(0);
        expect(readFileSync(etc, 'utf8')).toBe(personsOwn);
        expect(readdirSync(join(root, 'etc'))).toEqual(['phoronix-test-suite.xml']);
        expect(ours()).toEqual([]);
      }
    });

    it('is not started for choices that are not there or not made, and its check touches nothing', () => {
      for (const [options, why] of [
        ['count.load=noisy', /local\/count has no Load "noisy"; it has: Quiet, Noisy/],
        ['', /not given: count\.load \(Quiet, Noisy\)/],
        ['count.load=Noisy;count.size=1', /has no option "size"; it has: load/],
        ['count.load=Noisy;fio.type=x', /options are given for fio/],
      ] as const) {
        const refused = run('run', shell, { options });
        expect([refused.status, refused.stderr]).toEqual([75, expect.stringMatching(why)]);
        const checked = parseCheck(run('check', shell, { options }).stdout);
        expect(checked).toMatchObject({ state: 'problem', reason: expect.stringMatching(why) as string });
      }
      expect(parseCheck(run('check', shell).stdout)).toEqual({
        state: 'ready',
        version:
          'Phoronix Test Suite 10.8.6, to be installed at the first trial: local/count-1.0.0 local/other-1.0.0',
      });
      expect(parseCheck(run('check', shell, { tests: 'local/nothing' }).stdout)).toMatchObject({
        state: 'problem',
        reason: expect.stringContaining('knows no test or suite local/nothing') as string,
      });
      expect(existsSync(join(tree, 'calls'))).toBe(false);
      expect(readdirSync(join(root, 'home'))).toEqual([]);
      expect(readdirSync(join(root, 'etc'))).toEqual(['phoronix-test-suite.xml']);
    });
  },
);

describe(
  'a Phoronix Test Suite in an experiment',
  needs({ 'PHP with DOM and SimpleXML': hasPhp, sshd: hasSshd }),
  () => {
    const experiment = async (onOutput: (runner: ExperimentRunner, text: string) => void) => {
      const server = await startSshServer();
      const hostKeys = hostKeysOf(join(server.folder, 'store'), server.knownHostsFile);
      let connection: Promise<Connection> | undefined;
      const guests = [{ name: 'one' }];
      const benchmarks = [{ id: 'pts', parameters: parameters() }];
      const plan: Plan = {
        guests,
        benchmarks,
        rounds: 1,
        trials: planRounds(1, guests, benchmarks, 1),
        statistics: { plan: 'fixed', alpha: 0.05, margin: 0.02, maxBlocks: 1 },
      };
      const file = join(root, 'experiment.jsonl');
      const runner = new ExperimentRunner({
        file,
        id: 'x',
        label: 'x',
        version: '0',
        seed: 1,
        plan,
        lab: { hosts: [], guests: [], suites: {} },
        notes: [],
        catalogue: [benchmark()],
        connect: () => (connection ??= connect(server.target(), { prompter: person(), hostKeys })),
        listener: { onOutput: (_, __, chunk) => onOutput(runner, chunk.toString()) },
      });
      await runner.run();
      (await connection)?.close();
      await server.stop();
      const read = readExperiment(readFileSync(file, 'utf8'));
      if (read.status !== 'ok') throw new Error(read.error);
      return read.experiment;
    };

    it('gives its results as metrics and tells which test failed', async () => {
      const { trials } = await experiment(() => undefined);
      expect(trials).toHaveLength(2);
      for (const trial of trials) {
        expect(trial).toMatchObject({ status: 'ok', failed: [{ test: 'Other', error: 'No data.' }] });
        expect(trial.measurements).toEqual([
          {
            id: 'pts.noisy',
            value: 12.5,
            unit: 'Rounds/s',
            better: 'higher',
            title: 'Count: Noisy',
            primary: true,
            samples: [12, 13],
          },
        ]);
      }
      expect(readFileSync(etc, 'utf8')).toBe(personsOwn);
      expect(ours()).toEqual([]);
    });

    it('gives the settings back and leaves nothing running when it is stopped', async () => {
      writeFileSync(join(tree, 'hang'), '');
      const { trials } = await experiment((runner, text) => {
        if (text.includes('running local/count')) runner.stop('now');
      });
      expect(trials.map(({ status }) => status)).toEqual(['cancelled']);
      expect(readFileSync(etc, 'utf8')).toBe(personsOwn);
      expect(readdirSync(join(root, 'etc'))).toEqual(['phoronix-test-suite.xml']);
      expect(ours()).toEqual([]);
    });
  },
);
