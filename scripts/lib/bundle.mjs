import fs from 'node:fs';
import path from 'node:path';
import { buildHost, loadedWith } from './hostBundle.mjs';
import { say } from './output.mjs';
import { Problem } from './problem.mjs';
import { root } from './paths.mjs';
import { bundledPackages, checkLicences, noticesOf, sbomOf } from './thirdParty.mjs';

/** What a bundle may weigh, minified, in bytes, with all that is loaded together with it. */
const budgets = { extension: 20_000, app: 320_000, webview: 260_000, prepare: 30_000, trend: 40_000 };
/** And all bundles of the host's side, without the packages that have their own. */
const hostBudget = 1_200_000;

/** ssh2's optional native parts: absent, so it takes its JavaScript path and one .vsix serves every platform. */
export const withoutNatives = {
  name: 'without-natives',
  setup(build) {
    build.onResolve({ filter: /\.node$|^cpu-features$/ }, ({ path: specifier }) => ({
      path: specifier,
      namespace: 'absent',
    }));
    build.onLoad({ filter: /.*/, namespace: 'absent' }, ({ path: specifier }) => ({
      contents: `throw new Error(${JSON.stringify(`${specifier} is not part of this build`)});`,
    }));
  },
};

const commonOptions = (production) => ({
  absWorkingDir: root,
  bundle: true,
  minify: production,
  sourcemap: production ? false : 'linked',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  color: process.stdout.isTTY === true,
});

const hostOptions = { platform: 'node', target: 'node20' };

/** Packages of the host's side that are loaded at their first use. */
function packageBundles(folder, common) {
  const host = { ...common, ...hostOptions, format: 'cjs' };
  return [
    { ...host, entryPoints: ['re2js'], outfile: path.join(folder, 're2js.js') },
    { ...host, entryPoints: ['ssh2'], outfile: path.join(folder, 'ssh2.js'), plugins: [withoutNatives] },
  ];
}

function pageBundles(folder, common) {
  const page = { ...common, platform: 'browser', target: 'es2022', format: 'iife' };
  const define = { 'process.env.NODE_ENV': '"production"' };
  return [
    { ...page, define, entryPoints: ['webview/main.ts'], outfile: path.join(folder, 'webview.js') },
    { ...page, entryPoints: ['webview/report.css'], outfile: path.join(folder, 'webview.css') },
    { ...page, define, entryPoints: ['webview/prepare.ts'], outfile: path.join(folder, 'prepare.js') },
    { ...page, entryPoints: ['webview/prepare.css'], outfile: path.join(folder, 'prepare.css') },
    { ...page, define, entryPoints: ['webview/trend.ts'], outfile: path.join(folder, 'trend.js') },
    { ...page, entryPoints: ['webview/trend.css'], outfile: path.join(folder, 'trend.css') },
  ];
}

function checkBudgets(folder, hostFile) {
  const host = Object.keys(hostFile.outputs).map((file) => path.basename(file));
  const weighed = [
    ...Object.entries(budgets).map(([name, limit]) => ({
      title: `${name}.js and what is loaded with it`,
      files: host.includes(`${name}.js`) ? loadedWith(hostFile, name) : [`${name}.js`],
      limit,
    })),
    { title: 'the whole host', files: host, limit: hostBudget },
  ];
  const over = [];
  for (const { files, title, limit } of weighed) {
    const size = files.reduce((sum, file) => sum + fs.statSync(path.join(folder, file)).size, 0);
    say(`  ${title}: ${kilobytes(size)} of ${kilobytes(limit)}`);
    if (size > limit) over.push(`${title} is ${kilobytes(size)}, over its budget of ${kilobytes(limit)}.`);
  }
  if (over.length > 0) throw new Problem(over.join('\n'));
}

/** Bytes for people. */
export function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} KB`;
}

/** Bundles the extension and its page into dist/; a production build is minified and held to its budgets. */
export async function buildExtension({ production }) {
  const { build } = await import('esbuild');
  const folder = path.join(root, 'dist');
  const common = commonOptions(production);
  fs.rmSync(folder, { recursive: true, force: true });
  const plans = [...packageBundles(folder, common), ...pageBundles(folder, common)];
  const [hostFile, ...others] = await Promise.all([
    buildHost(folder, { ...common, ...hostOptions }),
    ...plans.map(async (plan) => (await build(plan)).metafile),
  ]).catch((error) => {
    // esbuild has already shown its errors.
    throw new Problem(`The build failed: ${error.message.split('\n')[0]}`);
  });
  const packages = bundledPackages([hostFile, ...others]);
  checkLicences(packages);
  const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  fs.writeFileSync(path.join(folder, 'THIRD-PARTY-NOTICES.txt'), noticesOf(packages));
  fs.writeFileSync(path.join(folder, 'sbom.cdx.json'), sbomOf(packages, manifest));
  for (const file of fs.readdirSync(folder).filter((entry) => !entry.endsWith('.map')))
    say(`  dist/${file}: ${kilobytes(fs.statSync(path.join(folder, file)).size)}`);
  if (production) checkBudgets(folder, hostFile);
}

/** Bundles the tests of the extension host, one file each, and their runner into out/host/. */
export async function buildHostTests() {
  const { build } = await import('esbuild');
  const folder = path.join(root, 'out', 'host');
  const tests = fs
    .readdirSync(path.join(root, 'test', 'host'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => path.join('test', 'host', file));
  fs.rmSync(folder, { recursive: true, force: true });
  const common = {
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    sourcemap: 'inline',
    outbase: 'test/host',
    outdir: folder,
    logLevel: 'warning',
  };
  await Promise.all([
    build({
      ...common,
      entryPoints: ['test/host/index.ts', ...tests],
      format: 'cjs',
      target: 'node20',
      mainFields: ['module', 'main'],
      external: ['vscode', 'mocha'],
      plugins: [withoutNatives],
    }),
    build({
      ...common,
      entryPoints: ['test/host/runTests.ts'],
      format: 'esm',
      outExtension: { '.js': '.mjs' },
      target: 'node20',
      packages: 'external',
      external: ['*.mjs'],
    }),
  ]);
  return path.join(folder, 'runTests.mjs');
}
