/** Builds and packages the extension as guestbench-<version>.vsix: node scripts/package.mjs */
import { ensureNodeModules } from './lib/install.mjs';
import { main } from './lib/problem.mjs';
import { packageExtension } from './lib/vsix.mjs';

await main(async () => {
  await ensureNodeModules();
  console.log(await packageExtension());
});
