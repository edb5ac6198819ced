import fs from 'node:fs';
import path from 'node:path';
import { buildExtension, kilobytes } from './bundle.mjs';
import { nodeModuleBin } from './install.mjs';
import { say } from './output.mjs';
import { root } from './paths.mjs';
import { Problem } from './problem.mjs';
import { mustRun } from './run.mjs';

const sizeLimit = 1_500_000;
const allowed = [
  /^dist\/(extension|app|benchmarks|commands|exchange|reports|running|ssh2|re2js)\.js$/,
  /^dist\/shared-[A-Z0-9]+\.js$/,
  /^dist\/(webview|prepare|trend)\.js$/,
  /^dist\/(webview|prepare|trend)\.css$/,
  /^dist\/THIRD-PARTY-NOTICES\.txt$/,
  /^media\/[^/].*$/,
  /^(README|CHANGELOG)\.md$/i,
  /^LICENSE(\.txt|\.md)?$/i,
  /^package\.json$/,
  /^package\.nls(\.[\w-]+)?\.json$/,
  /^l10n\/bundle\.l10n(\.[\w-]+)?\.json$/,
];

/** Where the packaged extension is. */
export function vsixPath() {
  const { name, version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  return path.join(root, `${name}-${version}.vsix`);
}

/** A production build, packaged; fails when it holds anything unexpected or is too large. */
export async function packageExtension() {
  await buildExtension({ production: true });
  const file = vsixPath();
  const vsce = nodeModuleBin('vsce');
  const listed = await mustRun(vsce, ['ls', '--no-dependencies'], { quiet: true });
  const files = listed.split('\n').filter((line) => line !== '' && fs.existsSync(path.join(root, line)));
  const unexpected = files.filter((entry) => !allowed.some((pattern) => pattern.test(entry)));
  if (unexpected.length > 0) throw new Problem(`Not meant for the package: ${unexpected.join(', ')}`);
  const missing = [
    'package.json',
    'dist/extension.js',
    'dist/app.js',
    'dist/benchmarks.js',
    'dist/commands.js',
    'dist/exchange.js',
    'dist/reports.js',
    'dist/running.js',
    'dist/re2js.js',
    'dist/ssh2.js',
    'dist/webview.js',
    'dist/webview.css',
    'dist/prepare.js',
    'dist/prepare.css',
    'dist/trend.js',
    'dist/trend.css',
    'dist/THIRD-PARTY-NOTICES.txt',
  ];
  const absent = missing.filter((entry) => !files.includes(entry));
  if (absent.length > 0) throw new Problem(`Missing in the package: ${absent.join(', ')}`);
  fs.rmSync(file, { force: true });
  await mustRun(
    vsce,
    [
      'package',
      '--no-dependencies',
      '--allow-missing-repository',
      '--no-rewrite-relative-links',
      '--out',
      file,
    ],
    {
      quiet: true,
    },
  );
  const { size } = fs.statSync(file);
  say(`  ${path.basename(file)}: ${kilobytes(size)} of ${kilobytes(sizeLimit)}, ${files.length} files`);
  if (size > sizeLimit)
    throw new Problem(`${path.basename(file)} is over its budget of ${kilobytes(sizeLimit)}.`);
  return file;
}
