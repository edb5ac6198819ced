import path from 'node:path';

/**
 * The host's side, cut where something is loaded only once it is needed. What several of these bundles need lies in
 * further ones, `shared-….js`, so that nothing is loaded twice and a class is the same class everywhere.
 */
const entries = {
  extension: 'src/extension.ts',
  app: 'src/ui/app.ts',
  benchmarks: 'src/benchmarks/labFindings.ts',
  commands: 'src/ui/commands/all.ts',
  reports: 'src/ui/reports.ts',
  running: 'src/ui/experimentRun.ts',
  exchange: 'src/report/exchange.ts',
};

/** ssh2 has a bundle of its own, and only `await import()` may load it: a plain import would put it into the app. */
const sshLater = {
  name: 'ssh2-later',
  setup(build) {
    build.onResolve({ filter: /^ssh2$/ }, ({ kind, importer }) =>
      kind === 'dynamic-import'
        ? { path: './ssh2.js', external: true }
        : { errors: [{ text: `${importer}: load ssh2 with await import(), never at once` }] },
    );
  },
};

/** re2js too, but it is called without waiting: its bundle is read when `RE2JS` is first used. */
const regexAtUse = {
  name: 're2js-at-use',
  setup(build) {
    const namespace = 'at-use';
    const contents = "module.exports = { get RE2JS() { return require('./re2js.js').RE2JS; } };";
    build.onResolve({ filter: /^re2js$/ }, ({ path: specifier }) => ({ path: specifier, namespace }));
    build.onResolve({ filter: /^\.\//, namespace }, ({ path: place }) => ({ path: place, external: true }));
    build.onLoad({ filter: /.*/, namespace }, () => ({ contents }));
  },
};

/**
 * Bundles the host's side into `folder`; returns esbuild's metafile.
 *
 * Only ES modules can be split into bundles that share something, and Visual Studio Code loads CommonJS: so it is made
 * in two steps, and the second turns each file into CommonJS where it lies.
 */
export async function buildHost(folder, options) {
  const { build } = await import('esbuild');
  const { metafile } = await build({
    ...options,
    entryPoints: entries,
    outdir: folder,
    format: 'esm',
    splitting: true,
    chunkNames: 'shared-[hash]',
    // jsonc-parser's CommonJS build hides its imports from the bundler; its ES modules do not.
    mainFields: ['module', 'main'],
    external: ['vscode'],
    plugins: [sshLater, regexAtUse],
  });
  await build({
    ...options,
    bundle: false,
    entryPoints: outputsOf(metafile).map((file) => path.join(options.absWorkingDir, file)),
    outdir: folder,
    format: 'cjs',
    allowOverwrite: true,
    // import() becomes require(): modules loaded by Node's own import() do not see the host's 'vscode' everywhere.
    supported: { 'dynamic-import': false },
  });
  return metafile;
}

/** What is loaded together with the bundle `name`, itself included: names of files in dist/. */
export function loadedWith(metafile, name) {
  const outputs = new Map(outputsOf(metafile).map((file) => [path.basename(file), metafile.outputs[file]]));
  const found = new Set();
  const visit = (file) => {
    if (found.has(file) || !outputs.has(file)) return;
    found.add(file);
    for (const { path: imported, kind } of outputs.get(file).imports)
      if (kind === 'import-statement') visit(path.basename(imported));
  };
  visit(`${name}.js`);
  return [...found];
}

const outputsOf = ({ outputs }) => Object.keys(outputs).filter((file) => file.endsWith('.js'));
