/** Runs what is measured rather than asserted: node scripts/bench.mjs [NAME …]. Each test/bench/NAME.bench.ts prints its figures. */
import fs from 'node:fs';
import path from 'node:path';
import { loadBench } from './lib/bundleBench.mjs';
import { ensureNodeModules } from './lib/install.mjs';
import { root } from './lib/paths.mjs';
import { main, Problem } from './lib/problem.mjs';

await main(async () => {
  await ensureNodeModules();
  const wanted = process.argv.slice(2);
  const folder = path.join(root, 'test/bench');
  const names = fs
    .readdirSync(folder)
    .filter((file) => file.endsWith('.bench.ts'))
    .map((file) => path.basename(file, '.bench.ts'))
    .filter((name) => wanted.length === 0 || wanted.includes(name))
    .sort();
  if (names.length === 0) throw new Problem(`No such bench. There are those of ${folder}.`);
  for (const name of names) {
    const { bench } = await loadBench(`${name}.bench.ts`);
    for await (const line of bench()) process.stdout.write(`${name}: ${line}\n`);
  }
});
