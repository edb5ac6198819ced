/**
 * All tests, or the named steps: node scripts/test.mjs [format lint types unit ssh faults package host workbench]
 * Installs what is missing, ends with "N passed, N failed" and the matching exit code.
 *   --installed-only   installs no Debian packages: leaves out what cannot run without them, and says so
 *   --shuffle[=SEED]   runs test files, and tests that do not build on each other, in random order
 */
import { main, Problem } from './lib/problem.mjs';
import { runSteps } from './lib/runSteps.mjs';
import { allSteps } from './lib/testSteps.mjs';

const limitMs = 60 * 60_000;

function seedOf(text) {
  if (text === undefined) return Math.floor(Math.random() * 1_000_000);
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Problem(`--shuffle=${text}: the seed must be a whole number.`);
}

function readArguments(words) {
  const options = { installedOnly: false, shuffle: undefined, names: [] };
  for (const word of words) {
    const [name, value] = word.split('=');
    if (name === '--installed-only') options.installedOnly = true;
    else if (name === '--shuffle') options.shuffle = seedOf(value);
    else if (word.startsWith('-') && word !== '--') throw new Problem(`There is no option ${word}.`);
    else if (word !== '--') options.names.push(word);
  }
  return options;
}

await main(async () => {
  const { names, ...options } = readArguments(process.argv.slice(2));
  await runSteps(names.length > 0 ? names : allSteps, { limitMs, ...options });
});
