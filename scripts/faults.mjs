/**
 * Faults that are really done to a guest, its network and the controller on real SSH servers: single ones, and at
 * random over long experiments, with a count of what was lost:
 * node scripts/faults.mjs [--faults N] [--seed N] [--minutes N] [--short] [--single | --random] [--verbose]
 */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { countVitest, sumOf } from './lib/counts.mjs';
import { ensureDebianPackages } from './lib/debian.mjs';
import { ensureNodeModules, nodeModuleBin } from './lib/install.mjs';
import { root } from './lib/paths.mjs';
import { main, Problem } from './lib/problem.mjs';
import { plainEnvironment, run } from './lib/run.mjs';
import { faultPackages, windowPackages } from './lib/testSteps.mjs';
import { packageExtension } from './lib/vsix.mjs';

const results = path.join(root, 'test-results');

function number(name, text) {
  if (text === undefined || /^\d{1,9}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new Problem(`--${name} ${text} is not a whole number.`);
}

/** The harness and its controller, each one file beside the packages so that these are found. */
async function bundles() {
  const { build } = await import('esbuild');
  const outdir = path.join(root, `node_modules/.cache/guestbench-faults-${process.pid}`);
  process.once('exit', () => fs.rmSync(outdir, { recursive: true, force: true }));
  await build({
    absWorkingDir: root,
    entryPoints: ['test/faults/main.ts', 'test/faults/controller.ts'],
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  });
  return { harness: path.join(outdir, 'main.mjs'), program: path.join(outdir, 'controller.mjs') };
}

/** Where commands, leases, sessions, interrupted experiments and reboots are tried on real servers. */
const onServers = ['controller', 'exec', 'experiment', 'jobs', 'lease', 'reboot'].map(
  (name) => `test/ssh/${name}.test.ts`,
);

/** Runs test files; `env` is added to the environment. */
async function testFiles(name, args, env = {}) {
  const file = path.join(results, `faults-${name}.json`);
  fs.rmSync(file, { force: true });
  const { code } = await run(
    nodeModuleBin('vitest'),
    ['run', ...args, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
    { env: plainEnvironment(env) },
  );
  const counts = fs.existsSync(file) ? countVitest(JSON.parse(fs.readFileSync(file, 'utf8'))) : undefined;
  if (counts === undefined)
    throw new Problem(`The single faults ended with code ${code} and left no results.`);
  return counts;
}

/** The single faults. The short form leaves out the slow ones, and those that other steps of `npm test` run. */
async function singleFaults(isShort) {
  if (isShort) return testFiles('single', ['--project', 'faults']);
  const everything = { GUESTBENCH_ALL_FAULTS: '1' };
  const guests = await testFiles(
    'single',
    ['--project', 'faults', '--project', 'ssh', 'test/faults', ...onServers],
    everything,
  );
  await packageExtension();
  const window = await testFiles('window', ['--project', 'workbench', 'test/workbench/resume.spec.ts']);
  return sumOf([guests, window]);
}

/** Faults at random: each that leaves no complaint counts as passed. */
async function randomFaults({ seed, faults, minutes, isVerbose }) {
  const { harness, program } = await bundles();
  const { runFaults } = await import(harness);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());
  console.log(`Seed ${seed}: up to ${faults} faults in ${minutes} minutes`);
  const lines = [];
  const log = (line) => {
    lines.push(line);
    if (isVerbose) console.log(line);
  };
  const limitMs = minutes * 60_000;
  const report = await runFaults({ program, seed, faults, limitMs, signal: stop.signal, log });
  console.table(Object.fromEntries([...report.injected].sort(([a], [b]) => a.localeCompare(b))));
  console.table(report.table);
  for (const what of report.impossible) console.log(`Not possible on this machine: ${what}`);
  if (report.complaints.length > 0 && !isVerbose) console.log(lines.join('\n'));
  for (const complaint of report.complaints) console.error(`✗ ${complaint}`);
  return { passed: report.table['faults injected'], failed: report.complaints.length };
}

await main(async () => {
  const flag = { type: 'boolean', default: false };
  const { values } = parseArgs({
    options: {
      ...{ faults: { type: 'string' }, seed: { type: 'string' }, minutes: { type: 'string' } },
      ...{ short: flag, single: flag, random: flag, verbose: flag },
    },
  });
  const faults = number('faults', values.faults) ?? (values.short ? 25 : 500);
  const minutes = number('minutes', values.minutes) ?? (values.short ? 1.5 : 240);
  const seed = number('seed', values.seed) ?? Math.floor(Math.random() * 1_000_000);
  await ensureNodeModules();
  await ensureDebianPackages(
    values.short || values.random ? faultPackages : [...faultPackages, ...windowPackages],
  );
  fs.mkdirSync(results, { recursive: true });
  // Side by side: both wait most of the time.
  const [single, random] = await Promise.all([
    values.random ? sumOf([]) : singleFaults(values.short),
    values.single
      ? { passed: 0, failed: 0 }
      : randomFaults({ seed, faults, minutes, isVerbose: values.verbose }),
  ]);
  const counts = sumOf([single, { ...random, skipped: 0 }]);
  fs.writeFileSync(path.join(results, 'faults.json'), JSON.stringify({ seed, ...counts }));
  const seeded = values.single ? '' : `; the seed was ${seed}`;
  if (counts.failed > 0) throw new Problem(`${counts.failed} failed${seeded}.`);
});
