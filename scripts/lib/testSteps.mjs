import fs from 'node:fs';
import path from 'node:path';
import { buildExtension, buildHostTests } from './bundle.mjs';
import { ensureDebianPackages } from './debian.mjs';
import { ensureNodeModules, nodeModuleBin } from './install.mjs';
import { root } from './paths.mjs';
import { Problem } from './problem.mjs';
import { endRunning, mustRun, plainEnvironment, run } from './run.mjs';
import { packageExtension } from './vsix.mjs';

const resultsFolder = path.join(root, 'test-results');
const compilers = ['g++', 'make', 'python3'];
const tools = ['openssh-server', 'busybox-static', 'fio', '7zip', 'sqlite3', 'openssl'];
/** What the faults are done with, login shells among it. */
export const faultPackages = ['openssh-server', 'e2fsprogs', 'libfaketime', 'tcsh', 'fish'];
/** What tests in a real VS Code need. */
export const windowPackages = ['chromium', 'fonts-liberation', ...compilers, ...tools];
const passedOnce = { passed: 1, failed: 0, skipped: 0 };

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** What a step's own results and its exit code come to: a crash and a step without any test both count as a failure. */
export function judge(name, code, counts) {
  if (counts === undefined) throw new Problem(`${name}: ended with code ${code} and left no results.`);
  if (counts.passed + counts.failed + counts.skipped === 0) throw new Problem(`${name}: no test was run.`);
  if (code === 0 || counts.failed > 0) return counts;
  console.error(`${name}: ended with code ${code} although no test failed.`);
  return { ...counts, failed: 1 };
}

/** Counts of vitest's JSON report; a file that could not be loaded counts as one failure. */
export function countVitest(report) {
  if (report === undefined) return undefined;
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function vitest(project) {
  return async () => {
    const file = path.join(resultsFolder, `${project}.json`);
    const { code } = await run(nodeModuleBin('vitest'), [
      ...['run', '--project', project],
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
    ]);
    return judge(project, code, countVitest(readJson(file)));
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

/** The steps of `npm test` in order; `needs` names the Debian packages, `after` the step whose work it builds on. */
const steps = [
  { name: 'format', title: 'Format', run: command(['prettier', '--check', '.']) },
  { name: 'lint', title: 'Lint', run: command(['eslint', '.', '--max-warnings', '0']) },
  { name: 'types', title: 'Types', run: command(['tsc', '-p', '.'], ['tsc', '-p', 'webview']) },
  { name: 'unit', title: 'Unit tests', run: vitest('unit') },
  {
    name: 'ssh',
    title: 'Tests against real SSH servers',
    needs: [...tools, ...compilers, 'sudo'],
    run: vitest('ssh'),
  },
  { name: 'faults', title: 'Faults', needs: faultPackages, run: faults },
  {
    name: 'build',
    title: 'Build within budgets',
    run: async () => {
      await buildExtension({ production: true });
      return passedOnce;
    },
  },
  {
    name: 'package',
    title: 'Build and package within budgets',
    run: async () => {
      await packageExtension();
      return passedOnce;
    },
  },
  {
    name: 'host',
    title: 'Tests in the extension host',
    after: 'package',
    needs: windowPackages,
    run: hostTests,
  },
  {
    name: 'workbench',
    title: 'Tests in the workbench',
    after: 'package',
    needs: windowPackages,
    run: vitest('workbench'),
  },
];

/** All that `npm test` runs: packaging builds, so `build` alone is not among them. */
export const allSteps = steps.map(({ name }) => name).filter((name) => name !== 'build');

function chosen(names) {
  const known = new Map(steps.map((entry) => [entry.name, entry]));
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new Problem(`No such step: ${unknown.join(', ')}. There are: ${[...known.keys()].join(', ')}.`);
  }
  const wanted = new Set(names);
  for (const name of names) if (known.get(name).after) wanted.add(known.get(name).after);
  return steps.filter(({ name }) => wanted.has(name));
}

function summary({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

async function prepare(selected) {
  await ensureNodeModules();
  const packages = [...new Set(selected.flatMap(({ needs }) => needs ?? []))];
  if (packages.length > 0) await ensureDebianPackages(packages);
}

/** Runs one step; whatever goes wrong in it counts as one failure. */
async function runStep({ name, title, after, run: body }, broken) {
  console.log(`\n── ${title} ──`);
  const started = performance.now();
  let counts;
  try {
    if (after && broken.has(after)) throw new Problem(`Not run: the step "${after}" failed.`);
    counts = await body();
  } catch (error) {
    console.error(error instanceof Problem ? error.message : error);
    counts = { passed: 0, failed: 1, skipped: 0 };
  }
  if (counts.failed > 0) broken.add(name);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`── ${title}: ${counts.failed > 0 ? 'FAILED' : 'ok'} (${seconds} s)`);
  return counts;
}

/** Runs the named steps in order, goes on after a failure, and ends with one line that counts them all. */
export async function runSteps(names, { limitMs } = {}) {
  const selected = chosen(names);
  const total = { passed: 0, failed: 0, skipped: 0 };
  const finish = () => {
    console.log(`\n${summary(total)}`);
    process.exitCode = total.failed > 0 ? 1 : 0;
  };
  let timedOut = false;
  const timers = [];
  const onLimit = () => {
    timedOut = true;
    total.failed += 1;
    console.error(`\nThe run took longer than ${limitMs / 60_000} minutes and is being ended.`);
    endRunning('SIGTERM');
    // Normally the step that was ended returns, and with it the run; this is for one that does not.
    timers.push(
      setTimeout(() => {
        endRunning('SIGKILL');
        finish();
        process.exit();
      }, 15_000),
    );
  };
  if (limitMs !== undefined) timers.push(setTimeout(onLimit, limitMs));
  fs.rmSync(resultsFolder, { recursive: true, force: true });
  fs.mkdirSync(resultsFolder, { recursive: true });
  try {
    await prepare(selected);
  } catch (error) {
    console.error(error instanceof Problem ? `\n${error.message}` : error);
    total.failed += 1;
  }
  const broken = new Set();
  if (total.failed === 0)
    for (const entry of selected) {
      const counts = await runStep(entry, broken);
      if (timedOut) break;
      for (const kind of Object.keys(total)) total[kind] += counts[kind];
    }
  for (const timer of timers) clearTimeout(timer);
  finish();
}
