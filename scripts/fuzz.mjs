/**
 * Feeds every reader of foreign bytes damaged inputs, on two processes:
 * node scripts/fuzz.mjs [--seed N] [--inputs N] [--target NAME,…] [--minutes N] [--from N] [--long]
 * --inputs is the number for all targets together. The same seed makes the same inputs; --from begins at an input.
 * Of 4000 inputs one is long and measured (the rule stands in test/fuzz/fuzz.ts); with --long, each is.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { withSourceFolders } from './lib/bundleFuzz.mjs';
import { ensureNodeModules } from './lib/install.mjs';
import { root } from './lib/paths.mjs';
import { main, Problem } from './lib/problem.mjs';
import { plainEnvironment } from './lib/run.mjs';

const processes = 2;
const usualInputs = 200_000;
/** One input of so many is long. */
const usualPumpEvery = 4000;
/** A reader that takes longer for one input, or for a block of small ones, hangs. */
const hangMs = 120_000;

function number(name, text, otherwise) {
  if (text === undefined) return otherwise;
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new Problem(`--${name} ${text} is not a whole number.`);
}

async function bundle() {
  const { build } = await import('esbuild');
  const outdir = path.join(root, `node_modules/.cache/guestbench-fuzz-${process.pid}`);
  process.once('exit', () => fs.rmSync(outdir, { recursive: true, force: true }));
  await build({
    absWorkingDir: root,
    entryPoints: ['test/fuzz/worker.ts', 'test/fuzz/targets/all.ts'],
    outbase: 'test/fuzz',
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
    plugins: [withSourceFolders],
  });
  return outdir;
}

/** How many inputs each target gets. */
function shares(targets, inputs) {
  const weights = targets.reduce((sum, { weight = 1 }) => sum + weight, 0);
  return targets.map(
    ({ name, weight = 1 }) => `${name}=${Math.max(1, Math.round((inputs * weight) / weights))}`,
  );
}

/** Runs one process to its end; what it was at when it went silent is a failure. */
function work(file, words, onDone) {
  return new Promise((resolve) => {
    const failures = [];
    let at = { at: 'its start', index: 0 };
    const child = spawn(process.execPath, ['--max-old-space-size=2048', file, ...words.map(String)], {
      env: plainEnvironment({}),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk) => (said = `${said}${chunk}`.slice(-2000)));
    const hang = setTimeout(() => {
      failures.push({
        target: at.at,
        index: at.index,
        what: `did not come to an end within ${hangMs / 1000} s`,
        input: '',
      });
      child.kill('SIGKILL');
    }, hangMs);
    createInterface({ input: child.stdout }).on('line', (line) => {
      hang.refresh();
      const message = JSON.parse(line);
      if (message.tally) onDone(message.target, message.tally);
      else at = message;
    });
    child.on('close', (code) => {
      clearTimeout(hang);
      if (code !== 0 && failures.length === 0)
        failures.push({
          target: at.at,
          index: at.index,
          what: `the process ended with code ${code}: ${said}`,
          input: '',
        });
      resolve(failures);
    });
  });
}

await main(async () => {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      inputs: { type: 'string' },
      target: { type: 'string' },
      minutes: { type: 'string' },
      from: { type: 'string' },
      long: { type: 'boolean' },
    },
  });
  await ensureNodeModules();
  const seed = number('seed', values.seed, 1);
  const from = number('from', values.from, 0);
  const minutes = number('minutes', values.minutes, 0);
  const inputs = number('inputs', values.inputs, minutes > 0 ? 1_000_000_000 : usualInputs);
  const pumpEvery = values.long ? 1 : usualPumpEvery;
  const folder = await bundle();
  const { targets } = await import(path.join(folder, 'targets', 'all.mjs'));
  const names = values.target?.split(',');
  const chosen = targets.filter(({ name }) => names === undefined || names.includes(name));
  const unknown = names?.filter((name) => !targets.some((target) => target.name === name)) ?? [];
  if (unknown.length > 0)
    throw new Problem(
      `Unknown: ${unknown.join(', ')}. Targets: ${targets.map(({ name }) => name).join(', ')}.`,
    );
  const sums = new Map();
  const beganMs = Date.now();
  const add = (name, tally) => {
    const sum = sums.get(name) ?? {
      inputs: 0,
      wallMs: 0,
      worstMsPerMib: 0,
      worstIndex: 0,
      worstGrowth: 0,
      failures: [],
    };
    sum.inputs += tally.inputs;
    sum.wallMs += tally.wallMs;
    if (tally.worstMsPerMib > sum.worstMsPerMib) {
      sum.worstMsPerMib = tally.worstMsPerMib;
      sum.worstIndex = tally.worstIndex;
    }
    sum.worstGrowth = Math.max(sum.worstGrowth, tally.worstGrowth);
    sum.failures.push(...tally.failures);
    sums.set(name, sum);
  };
  // With a limit of time, in rounds that give each target its part of it.
  const rounds = minutes > 0 ? Infinity : 1;
  const perRound = minutes > 0 ? Math.min(inputs, 400_000) : inputs;
  const until = minutes > 0 ? beganMs + minutes * 60_000 : 0;
  const broken = [];
  for (let round = 0; round < rounds && (until === 0 || Date.now() < until) && broken.length === 0; round++) {
    const share = shares(chosen, perRound);
    const start = from + round * perRound;
    const words = (worker) => [seed, start + worker, processes, until, pumpEvery, ...share];
    const ends = await Promise.all(
      Array.from({ length: processes }, (_, worker) =>
        work(path.join(folder, 'worker.mjs'), words(worker), add),
      ),
    );
    broken.push(...ends.flat());
  }
  const failures = [...broken, ...[...sums.values()].flatMap((sum) => sum.failures)];
  console.table(
    Object.fromEntries(
      [...sums].map(([name, sum]) => [
        name,
        {
          inputs: sum.inputs,
          'inputs/s': Math.round((1000 * sum.inputs) / Math.max(1, sum.wallMs)),
          'worst ms/MiB': Number(sum.worstMsPerMib.toFixed(1)),
          'in input': sum.worstIndex,
          'worst MiB/MiB': Number((sum.worstGrowth / 1024 / 1024).toFixed(1)),
          failures: failures.filter(({ target }) => target === name).length,
        },
      ]),
    ),
  );
  const all = [...sums.values()];
  const total = all.reduce((sum, one) => sum + one.inputs, 0);
  const seconds = (Date.now() - beganMs) / 1000;
  console.log(
    `seed ${seed}: ${total} inputs in ${seconds.toFixed(0)} s; worst ${Math.max(0, ...all.map((one) => one.worstMsPerMib)).toFixed(1)} ms per MiB, ` +
      `${(Math.max(0, ...all.map((one) => one.worstGrowth)) / 1024 / 1024).toFixed(1)} MiB of memory per MiB; ${failures.length} failures`,
  );
  for (const { target, index, what, input } of failures.slice(0, 40)) {
    console.log(
      `\n${target} ${index} (--target ${target} --seed ${seed} --from ${index} --inputs 1${values.long ? ' --long' : ''}): ${what}`,
    );
    console.log(`  ${JSON.stringify(input).slice(0, 600)}`);
  }
  if (failures.length > 0)
    throw new Problem('A property does not hold; see above. Keep its input in test/fuzz/corpus.');
});
