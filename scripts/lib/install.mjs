import fs from 'node:fs';
import path from 'node:path';
import { cacheFolder, root } from './paths.mjs';
import { mustRun, step } from './run.mjs';
import { withLock } from './lock.mjs';

function packagesOf(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/**
 * Does node_modules hold what the lockfile asks for? npm writes node_modules/.package-lock.json as the last act of an
 * install, so it is the stamp; optional packages may be missing (they are for other platforms).
 */
function nodeModulesAreCurrent() {
  const wanted = packagesOf(path.join(root, 'package-lock.json'));
  const installed = packagesOf(path.join(root, 'node_modules', '.package-lock.json'));
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(
    ([name, entry]) =>
      name === '' ||
      entry.optional === true ||
      entry.devOptional === true ||
      (installed[name]?.version === entry.version && fs.existsSync(path.join(root, name, 'package.json'))),
  );
}

/** Installs node_modules exactly as the lockfile says, without running any package's script. */
export async function ensureNodeModules() {
  if (nodeModulesAreCurrent()) return;
  await withLock(path.join(cacheFolder(), 'npm-ci.lock'), async () => {
    if (nodeModulesAreCurrent()) return;
    await step('npm ci', () => mustRun('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']));
  });
}

/** A program that a package in node_modules provides. */
export function nodeModuleBin(name) {
  return path.join(root, 'node_modules', '.bin', name);
}
