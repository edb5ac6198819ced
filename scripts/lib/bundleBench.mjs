import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { withoutNatives } from './bundle.mjs';
import { root } from './paths.mjs';

/** Scripts know the repository's folder by their own place, so they stay where they are. */
const scriptsApart = {
  name: 'scripts-apart',
  setup(build) {
    build.onResolve({ filter: /\/scripts\/lib\/[^/]+\.mjs$/ }, ({ path: wanted, resolveDir }) => ({
      path: pathToFileURL(path.resolve(resolveDir, wanted)).href,
      external: true,
    }));
  },
};

/** Bundles a TypeScript file of test/bench and loads it, with ssh2 as the extension has it. */
export async function loadBench(file) {
  const { build } = await import('esbuild');
  // Beside the packages, so that they are found; those are not bundled.
  const folder = path.join(root, 'node_modules/.cache/guestbench-bench');
  const outfile = path.join(folder, `${path.basename(file, '.ts')}.mjs`);
  const common = { absWorkingDir: root, bundle: true, platform: 'node', logLevel: 'warning' };
  await build({
    ...common,
    entryPoints: ['ssh2'],
    outfile: path.join(folder, 'ssh2.cjs'),
    format: 'cjs',
    plugins: [withoutNatives],
  });
  await build({
    ...common,
    entryPoints: [path.join(root, 'test/bench', file)],
    outfile,
    format: 'esm',
    packages: 'external',
    plugins: [scriptsApart],
    alias: { ssh2: './ssh2.cjs' },
    external: ['./ssh2.cjs'],
  });
  return import(pathToFileURL(outfile).href);
}
