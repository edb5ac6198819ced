import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './paths.mjs';

/** Bundles a TypeScript file of test/bench and loads it. */
export async function loadBench(file) {
  const { build } = await import('esbuild');
  // Beside the packages, so that they are found; those are not bundled.
  const outfile = path.join(
    root,
    'node_modules/.cache/guestbench-bench',
    `${path.basename(file, '.ts')}.mjs`,
  );
  await build({
    absWorkingDir: root,
    entryPoints: [path.join(root, 'test/bench', file)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  });
  return import(pathToFileURL(outfile).href);
}
