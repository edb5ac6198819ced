/**
 * Damages the outputs of every tool in 100 000 ways (or as many as given) and prints what the parsers made of them:
 * node scripts/properties.mjs [inputs per parser]
 */
import fs from 'node:fs';
import path from 'node:path';
import { ensureNodeModules, nodeModuleBin } from './lib/install.mjs';
import { root } from './lib/paths.mjs';
import { main, Problem } from './lib/problem.mjs';
import { plainEnvironment, run } from './lib/run.mjs';

const runs = process.argv[2] ?? '100000';
const report = path.join(root, 'test-results', 'properties.json');
const test = 'test/unit/benchmarks/property.test.ts';

await main(async () => {
  if (!/^[1-9]\d{0,6}$/.test(runs)) throw new Problem(`"${runs}" is not a number of inputs.`);
  await ensureNodeModules();
  fs.rmSync(report, { force: true });
  const env = plainEnvironment({ GUESTBENCH_PROPERTY_RUNS: runs, GUESTBENCH_PROPERTY_REPORT: report });
  const { code } = await run(nodeModuleBin('vitest'), ['run', '--project', 'unit', test], { env });
  if (!fs.existsSync(report)) throw new Problem('The tests left no report.');
  const rows = Object.entries(JSON.parse(fs.readFileSync(report, 'utf8')));
  console.table(
    Object.fromEntries(
      rows.map(([tool, { inputs, wrong, worstMs, worstMsPerMb }]) => [
        tool,
        { inputs, wrong, 'worst ms': worstMs, 'worst ms per MiB': Number(worstMsPerMb.toFixed(1)) },
      ]),
    ),
  );
  if (code !== 0) throw new Problem('A property does not hold; see above.');
});
