import fs from 'node:fs';
import { checkClaims } from './claims.mjs';
import { closingLine, sumOf } from './counts.mjs';
import { aptLine, ensureDebianPackages, missingDebianPackages } from './debian.mjs';
import { ensureNodeModules } from './install.mjs';
import { withOutputTo } from './output.mjs';
import { Problem } from './problem.mjs';
import { endRunning } from './run.mjs';
import { allSteps, resultsFolder, steps } from './testSteps.mjs';

/** How often a run says what it is doing while no step ends. */
const heartbeatMs = 60_000;
const graceMs = 15_000;

const failure = { passed: 0, failed: 1, skipped: 0, reasons: {} };
const packagesOf = ({ needs = [], wants = [] }) => [...needs, ...wants];
const secondsSince = (started) => ((performance.now() - started) / 1000).toFixed(0);

function chosen(names) {
  const known = new Map(steps.map((entry) => [entry.name, entry]));
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0)
    throw new Problem(
      `There is no step ${unknown.join(', ')}. The steps are: ${[...known.keys()].join(', ')}.`,
    );
  const wanted = new Set(names);
  for (const name of names) if (known.get(name).after) wanted.add(known.get(name).after);
  return steps.filter(({ name }) => wanted.has(name));
}

/**
 * Installs what the steps need; returns the steps that can run. With `installedOnly` nothing is installed from Debian:
 * steps that cannot do without a missing package are left out, and the run says so.
 */
async function prepare(selected, { installedOnly }) {
  await ensureNodeModules();
  const packages = [...new Set(selected.flatMap(packagesOf))];
  if (!installedOnly) {
    if (packages.length > 0) await ensureDebianPackages(packages, 'npm test -- --installed-only');
    return { possible: selected, notes: [] };
  }
  const missing = new Set(missingDebianPackages(packages) ?? []);
  const lacks = (names = []) => names.filter((name) => missing.has(name));
  const possible = selected.filter(({ needs }) => lacks(needs).length === 0);
  const left = selected.filter((entry) => !possible.includes(entry));
  const notes = left.map(({ title, needs }) => `Left out: ${title}, which needs ${lacks(needs).join(', ')}.`);
  if (missing.size > 0) notes.push(`To run everything: ${aptLine([...missing])}`);
  return { possible, notes };
}

/** Runs one step; whatever goes wrong in it counts as one failure. Its output is printed whole at its end. */
async function runStep({ title, run: body }, options, isAlone) {
  const started = performance.now();
  const chunks = [];
  const attempt = async () => {
    try {
      return await body(options);
    } catch (error) {
      console.error(`${title}: ${error instanceof Problem ? error.message : (error.stack ?? error)}`);
      return failure;
    }
  };
  console.log(isAlone ? `\n── ${title} ──` : `▸ ${title}`);
  const counts = await (isAlone ? attempt() : withOutputTo((text) => chunks.push(text), attempt));
  if (!isAlone) console.log(`\n── ${title} ──\n${chunks.join('').trimEnd()}`);
  console.log(`── ${title}: ${counts.failed > 0 ? 'FAILED' : 'ok'} (${secondsSince(started)} s)`);
  return counts;
}

/** Runs the queues side by side, and the steps of each in order; a step whose base failed is not run. */
async function runQueues(selected, options, onCounts) {
  const queues = [...new Set(selected.map(({ queue }) => queue))];
  const isAlone = queues.length === 1;
  const broken = new Set();
  const running = new Map();
  const heartbeat = setInterval(() => {
    const texts = [...running].map(([title, since]) => `${title} (${secondsSince(since)} s)`);
    if (!isAlone && texts.length > 0) console.log(`… ${texts.join(', ')}`);
  }, heartbeatMs);
  await Promise.all(
    queues.map(async (queue) => {
      for (const entry of selected.filter((each) => each.queue === queue)) {
        if (options.signal.aborted) return;
        if (entry.after && broken.has(entry.after)) {
          console.error(`${entry.title}: not run, as the step "${entry.after}" failed.`);
          broken.add(entry.name);
          onCounts(failure);
          continue;
        }
        running.set(entry.title, performance.now());
        const counts = await runStep(entry, options, isAlone);
        running.delete(entry.title);
        if (counts.failed > 0) broken.add(entry.name);
        onCounts(counts);
      }
    }),
  );
  clearInterval(heartbeat);
}

/**
 * Runs the named steps, goes on after a failure, and ends with one line that counts all tests.
 * `limitMs`: after so long everything is ended, which counts as a failure. `shuffle`: the seed of a random order.
 */
export async function runSteps(names, { limitMs, installedOnly = false, shuffle } = {}) {
  const selected = chosen(names);
  const all = [];
  const notes = [];
  const finish = () => {
    const total = sumOf(all);
    for (const [reason, number] of Object.entries(total.reasons))
      console.log(`Skipped: ${number}, ${reason}`);
    for (const note of notes) console.log(note);
    console.log(`\n${closingLine(total)}`);
    process.exitCode = total.failed > 0 ? 1 : 0;
  };
  const aborting = new AbortController();
  const timers = [];
  const onLimit = () => {
    aborting.abort();
    all.push(failure);
    console.error(`\nThe run took longer than ${limitMs / 60_000} minutes and is being ended.`);
    endRunning('SIGTERM');
    // Normally the steps that were ended return, and with them the run; this is for one that does not.
    timers.push(
      setTimeout(() => {
        endRunning('SIGKILL');
        finish();
        process.exit();
      }, graceMs),
    );
  };
  if (limitMs !== undefined) timers.push(setTimeout(onLimit, limitMs));
  fs.rmSync(resultsFolder, { recursive: true, force: true });
  fs.mkdirSync(resultsFolder, { recursive: true });
  const started = performance.now();
  try {
    const { possible, notes: left } = await prepare(selected, { installedOnly });
    notes.push(...left);
    if (possible.length === 0) throw new Problem('No step can run with what is installed.');
    if (shuffle !== undefined) console.log(`In random order: --shuffle=${shuffle}`);
    const options = { shuffle, signal: aborting.signal };
    await runQueues(possible, options, (counts) => {
      if (!aborting.signal.aborted) all.push(counts);
    });
    const isWhole = allSteps.every((name) => possible.some((entry) => entry.name === name));
    if (isWhole && !aborting.signal.aborted) all.push(checkClaims(resultsFolder));
  } catch (error) {
    console.error(error instanceof Problem ? `\n${error.message}` : error);
    all.push(failure);
  }
  for (const timer of timers) clearTimeout(timer);
  console.log(`\nThe run took ${secondsSince(started)} s.`);
  finish();
}
