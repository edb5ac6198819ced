/** Bundles the extension into dist/: node scripts/build.mjs [--production] */
import { buildExtension } from './lib/bundle.mjs';
import { ensureNodeModules } from './lib/install.mjs';
import { main } from './lib/problem.mjs';

await main(async () => {
  await ensureNodeModules();
  await buildExtension({ production: process.argv.includes('--production') });
});
