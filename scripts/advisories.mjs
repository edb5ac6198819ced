/** Known advisories for the packages that are shipped: node scripts/advisories.mjs */
import { spawnSync } from 'node:child_process';
import { root } from './lib/paths.mjs';
import { main, Problem } from './lib/problem.mjs';

await main(() => {
  const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { cwd: root, encoding: 'utf8' });
  let found;
  try {
    found = JSON.parse(stdout).metadata.vulnerabilities;
  } catch {
    throw new Problem(
      'The registry gave no advisories, so nothing is known of them. Try again with a registry that does.',
    );
  }
  console.log(found);
  if (found.total > 0)
    throw new Problem('There are advisories: run "npm audit --omit=dev" and update what it names.');
});
