import fs from 'node:fs';
import path from 'node:path';
import { Problem } from './problem.mjs';
import { root } from './paths.mjs';

/** What each bundle may weigh, minified, in bytes. */
const budgets = [
  { files: ['extension.js', 'app.js'], title: 'extension.js + app.js', limit: 720_000 },
  { files: ['webview.js'], title: 'webview.js', limit: 220_000 },
  { files: ['exchange.js'], title: 'exchange.js', limit: 150_000 },
  { files: ['prepare.js'], title: 'prepare.js', limit: 20_000 },
  { files: ['trend.js'], title: 'trend.js', limit: 20_000 },
];

/**
 * Loads `specifier` at run time from a file of its own beside the bundle, and only where it is awaited:
 * a plain import would put it on the way to activation.
 */
function loadedLater(filter, file) {
  return {
    name: `loaded-later:${file}`,
    setup(build) {
      build.onResolve({ filter }, ({ kind, path: specifier, importer }) => {
        if (kind === 'entry-point') return undefined;
        if (kind === 'dynamic-import') return { path: `./${file}`, external: true };
        return {
          errors: [{ text: `${importer}: load "${specifier}" with await import(), never at activation` }],
        };
      });
    },
  };
}

/** The same for a package that is called without waiting: its file is read when the first of `names` is used. */
function loadedAtUse(specifier, file, names) {
  const getters = names.map((name) => `get ${name}() { return require('./${file}').${name}; }`);
  const contents = `module.exports = { ${getters.join(', ')} };`;
  return {
    name: `loaded-at-use:${file}`,
    setup(build) {
      const namespace = `at-use:${file}`;
      build.onResolve({ filter: new RegExp(`^${specifier}$`) }, () => ({ path: specifier, namespace }));
      build.onResolve({ filter: /^\.\//, namespace }, ({ path: place }) => ({ path: place, external: true }));
      build.onLoad({ filter: /.*/, namespace }, () => ({ contents }));
    },
  };
}

/** ssh2's optional native parts: absent, so it takes its JavaScript path and one .vsix serves every platform. */
const withoutNatives = {
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

function bundles(folder, production) {
  const common = {
    absWorkingDir: root,
    bundle: true,
    minify: production,
    sourcemap: production ? false : 'linked',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    color: process.stdout.isTTY === true,
  };
  const host = {
    ...common,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // jsonc-parser's CommonJS build hides its imports from the bundler; its ES modules do not.
    mainFields: ['module', 'main'],
    external: ['vscode'],
    // import() becomes require(): modules loaded by Node's own import() do not see the host's 'vscode' everywhere.
    supported: { 'dynamic-import': false },
  };
  const page = { ...common, platform: 'browser', target: 'es2022', format: 'iife' };
  const define = { 'process.env.NODE_ENV': '"production"' };
  return [
    {
      ...host,
      entryPoints: ['src/extension.ts'],
      outfile: path.join(folder, 'extension.js'),
      plugins: [loadedLater(/^\.\/ui\/app(\.js)?$/, 'app.js'), loadedLater(/^ssh2$/, 'ssh2.js')],
    },
    {
      ...host,
      entryPoints: ['src/ui/app.ts'],
      outfile: path.join(folder, 'app.js'),
      plugins: [
        loadedLater(/^ssh2$/, 'ssh2.js'),
        loadedLater(/\/report\/exchange$/, 'exchange.js'),
        loadedAtUse('re2js', 're2js.js', ['RE2JS']),
      ],
    },
    { ...host, entryPoints: ['src/report/exchange.ts'], outfile: path.join(folder, 'exchange.js') },
    { ...host, entryPoints: ['re2js'], outfile: path.join(folder, 're2js.js') },
    { ...host, entryPoints: ['ssh2'], outfile: path.join(folder, 'ssh2.js'), plugins: [withoutNatives] },
    { ...page, define, entryPoints: ['webview/main.ts'], outfile: path.join(folder, 'webview.js') },
    { ...page, entryPoints: ['webview/report.css'], outfile: path.join(folder, 'webview.css') },
    { ...page, define, entryPoints: ['webview/prepare.ts'], outfile: path.join(folder, 'prepare.js') },
    { ...page, entryPoints: ['webview/prepare.css'], outfile: path.join(folder, 'prepare.css') },
    { ...page, define, entryPoints: ['webview/trend.ts'], outfile: path.join(folder, 'trend.js') },
    { ...page, entryPoints: ['webview/trend.css'], outfile: path.join(folder, 'trend.css') },
  ];
}

/** The licences of the packages whose code is in the bundles, as each of them asks. */
function thirdPartyLicences(metafiles) {
  const inputs = metafiles.flatMap(({ inputs: files }) => Object.keys(files));
  const packages = new Set(
    inputs
      .map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0])
      .filter((folder) => folder !== undefined),
  );
  return [...packages].sort().map((folder) => {
    const { name, version, license } = JSON.parse(
      fs.readFileSync(path.join(root, folder, 'package.json'), 'utf8'),
    );
    const file = fs.readdirSync(path.join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? fs.readFileSync(path.join(root, folder, file), 'utf8').trim() : '';
    return `${name} ${version} (${license ?? 'see below'})\n\n${text}\n`;
  });
}

function checkBudgets(folder) {
  const over = [];
  for (const { files, title, limit } of budgets) {
    const size = files.reduce((sum, file) => sum + fs.statSync(path.join(folder, file)).size, 0);
    console.log(`  ${title}: ${kilobytes(size)} of ${kilobytes(limit)}`);
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
  const plans = bundles(folder, production);
  const missing = plans
    .flatMap(({ entryPoints }) => entryPoints)
    .filter((entry) => entry.includes('/') && !fs.existsSync(path.join(root, entry)));
  if (missing.length > 0) throw new Problem(`Nothing to build: ${missing.join(', ')} missing.`);
  fs.rmSync(folder, { recursive: true, force: true });
  const results = await Promise.all(plans.map((plan) => build(plan))).catch((error) => {
    // esbuild has already shown its errors.
    throw new Problem(`The build failed: ${error.message.split('\n')[0]}`);
  });
  const licences = thirdPartyLicences(results.map(({ metafile }) => metafile));
  fs.writeFileSync(path.join(folder, 'THIRD-PARTY.txt'), licences.join(`\n${'-'.repeat(80)}\n\n`));
  for (const file of fs.readdirSync(folder).filter((entry) => !entry.endsWith('.map')))
    console.log(`  dist/${file}: ${kilobytes(fs.statSync(path.join(folder, file)).size)}`);
  if (production) checkBudgets(folder);
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
