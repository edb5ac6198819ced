/**
 * All tests, or the named kinds: node scripts/test.mjs [format lint types unit ssh faults package host workbench]
 * Installs what is missing, ends with "N passed, N failed" and the matching exit code.
 */
import { main } from './lib/problem.mjs';
import { allSteps, runSteps } from './lib/testSteps.mjs';

const limitMs = 60 * 60_000;

await main(async () => {
  const named = process.argv.slice(2).filter((name) => name !== '--');
  await runSteps(named.length > 0 ? named : allSteps, { limitMs });
});
