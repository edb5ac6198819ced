/**
 * Simulates experiments whose truth is known through the product's own planning, stopping and verdicts
 * (docs/STATISTICS.md, "Checking it"): node scripts/benchDecisions.mjs [--replicates N] [--scenarios A,B] [--seed N]
 */
import { parseArgs } from 'node:util';
import { loadBench } from './lib/bundleBench.mjs';
import { ensureNodeModules } from './lib/install.mjs';
import { main, Problem } from './lib/problem.mjs';

/** Fewer show nothing, and the spread of their runs, on which a bound rests, is known too badly. */
const fewestReplicates = 100;

function wholeNumber(name, text, fallback, least) {
  if (text === undefined) return fallback;
  if (!/^\d{1,9}$/.test(text) || Number(text) < least) {
    throw new Problem(`--${name} takes a whole number from ${least} on, not "${text}".`);
  }
  return Number(text);
}

function parsed(options) {
  try {
    return parseArgs({ options });
  } catch (error) {
    throw new Problem(error.message);
  }
}

function optionsOf({ defaultOptions, scenarioIds }) {
  const text = { type: 'string' };
  const { values } = parsed({ replicates: text, scenarios: text, seed: text });
  const scenarios = values.scenarios?.split(',') ?? defaultOptions.scenarios;
  const unknown = scenarios.filter((id) => !scenarioIds.includes(id));
  if (unknown.length > 0) {
    throw new Problem(`There is no scenario ${unknown.join(', ')}. There are ${scenarioIds.join(', ')}.`);
  }
  return {
    scenarios,
    replicates: wholeNumber('replicates', values.replicates, defaultOptions.replicates, fewestReplicates),
    seed: wholeNumber('seed', values.seed, defaultOptions.seed, 0),
  };
}

await main(async () => {
  await ensureNodeModules();
  const bench = await loadBench('decisions.ts');
  const lines = bench.report(optionsOf(bench));
  let line = lines.next();
  for (; line.done !== true; line = lines.next()) process.stdout.write(`${line.value}\n`);
  if (!line.value) throw new Problem('A bound is broken; see NOT OK above.');
});
