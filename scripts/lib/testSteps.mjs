import fs from 'node:fs';
import path from 'node:path';
import { buildExtension, buildHostTests } from './bundle.mjs';
import { countVitest, judge, passedOnce } from './counts.mjs';
import { nodeModuleBin } from './install.mjs';
import { root } from './paths.mjs';
import { mustRun, plainEnvironment, run } from './run.mjs';
import { packageExtension } from './vsix.mjs';

/** Where steps leave their results and pictures. */
export const resultsFolder = path.join(root, 'test-results');

const compilers = ['g++', 'make', 'python3'];
const servers = ['openssh-server'];
/** What the benchmarks run: the real programs. */
const programs = [
  'fio',
  '7zip',
  'sqlite3',
  'openssl',
  'php-cli',
  'php-xml',
  'apache2',
  'apache2-utils',
  'wrk',
];
/** What a kernel and UnixBench are built and fetched with. */
const builders = ['gcc', 'make', 'perl', 'bc', 'bison', 'flex', 'curl', 'git', 'xz-utils', 'libc6-dev'];
/** Shells that a guest may have; dash and bash are everywhere. */
const shells = ['busybox-static', 'ksh93u+m'];
/** What disks, accounts and processes of the tests are made and looked at with. */
const systemTools = ['sudo', 'procps', 'e2fsprogs', 'fdisk', 'dmsetup', 'mount', 'iproute2'];
/** Other distributions' package managers, and what makes an archive for them. */
const packageManagers = ['dnf', 'zypper', 'rpm', 'createrepo-c'];
const browser = ['chromium', 'fonts-liberation'];

/** What the faults are done with, login shells among it. */
export const faultPackages = ['openssh-server', 'e2fsprogs', 'libfaketime', 'tcsh', 'fish', 'procps'];
/** What tests in a real VS Code need. */
export const windowPackages = [
  ...servers,
  ...browser,
  ...compilers,
  ...programs,
  ...builders,
  ...shells,
  'sudo',
];

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Scenarios of several tests keep their order; `shuffle` then changes the order of the files only. */
function vitest(projects, order = 'tests') {
  const [name] = projects;
  return async ({ shuffle }) => {
    const file = path.join(resultsFolder, `${name}.json`);
    const shuffled =
      shuffle === undefined
        ? []
        : [
            `--sequence.shuffle.files=true`,
            `--sequence.shuffle.tests=${order === 'tests'}`,
            `--sequence.seed=${shuffle}`,
          ];
    const { code } = await run(nodeModuleBin('vitest'), [
      ...['run', ...projects.flatMap((project) => ['--project', project]), ...shuffled],
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
    ]);
    return judge(name, code, countVitest(readJson(file)));
  };
}

function command(...commands) {
  return async () => {
    for (const [program, ...args] of commands) await mustRun(nodeModuleBin(program), args);
    return passedOnce;
  };
}

async function faults() {
  const file = path.join(resultsFolder, 'faults.json');
  const script = path.join(root, 'scripts', 'faults.mjs');
  const { code } = await run(process.execPath, [script, '--short']);
  return judge('faults', code, readJson(file));
}

async function hostTests() {
  const file = path.join(resultsFolder, 'host.json');
  const runner = await buildHostTests();
  const { code } = await run(process.execPath, [runner], {
    env: plainEnvironment({ GUESTBENCH_RESULTS: file }),
  });
  return judge('host', code, readJson(file)?.counts);
}

/**
 * The steps of `npm test`. Steps of one `queue` run one after the other, the queues side by side: static checks use the
 * processors while tests of the other queues wait. `needs` names the Debian packages a step cannot do without, `wants`
 * those without which it skips tests, `after` the step whose work it builds on.
 */
export const steps = [
  {
    name: 'package',
    title: 'Build and package within budgets',
    queue: 'window',
    run: async () => {
      await packageExtension();
      return passedOnce;
    },
  },
  {
    name: 'workbench',
    title: 'Tests in the workbench',
    queue: 'window',
    after: 'package',
    needs: [...servers, ...browser],
    wants: windowPackages,
    run: vitest(['workbench'], 'files'),
  },
  {
    name: 'host',
    title: 'Tests in the extension host',
    queue: 'window',
    after: 'package',
    needs: [...servers, ...browser],
    wants: windowPackages,
    run: hostTests,
  },
  { name: 'format', title: 'Format', queue: 'checks', run: command(['prettier', '--check', '.']) },
  {
    name: 'types',
    title: 'Types',
    queue: 'checks',
    run: command(['tsc', '-p', '.'], ['tsc', '-p', 'webview']),
  },
  { name: 'lint', title: 'Lint', queue: 'checks', run: command(['eslint', '.', '--max-warnings', '0']) },
  {
    name: 'unit',
    title: 'Unit tests',
    queue: 'checks',
    wants: [...programs, ...builders, ...shells],
    run: vitest(['unit', 'unit-mocked']),
  },
  {
    name: 'ssh',
    title: 'Tests against real SSH servers',
    queue: 'servers',
    needs: servers,
    wants: [...programs, ...builders, ...shells, ...systemTools, ...packageManagers],
    run: vitest(['ssh'], 'files'),
  },
  { name: 'faults', title: 'Faults', queue: 'servers', needs: servers, wants: faultPackages, run: faults },
  {
    name: 'build',
    title: 'Build within budgets',
    queue: 'checks',
    run: async () => {
      await buildExtension({ production: true });
      return passedOnce;
    },
  },
];

/** All that `npm test` runs: packaging builds, so `build` alone is not among them. */
export const allSteps = steps.map(({ name }) => name).filter((name) => name !== 'build');
