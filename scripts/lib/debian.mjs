import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { say } from './output.mjs';
import { Problem } from './problem.mjs';
import { mustRun, plainEnvironment, step } from './run.mjs';

const policyFile = '/usr/sbin/policy-rc.d';

/** The packages of the list that are not installed; undefined where this is no Debian. */
export function missingDebianPackages(names) {
  const asked = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\\n', ...names], {
    encoding: 'utf8',
  });
  if (asked.error) return undefined;
  const installed = new Set(
    asked.stdout
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  return names.filter((name) => !installed.has(name));
}

/** The one line a person types to install packages. */
export function aptLine(names) {
  return `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${names.join(' ')}`;
}

/** While `body` runs, installed services (openssh-server) are not started. */
async function withoutStartingServices(body) {
  if (fs.existsSync(policyFile)) return body();
  fs.writeFileSync(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const restore = () => fs.rmSync(policyFile, { force: true });
  process.once('exit', restore);
  try {
    return await body();
  } finally {
    process.off('exit', restore);
    restore();
  }
}

/**
 * Installs missing Debian packages when run as root; otherwise fails with the line to type, and with `otherwise`, the
 * command that does without them.
 */
export async function ensureDebianPackages(names, otherwise) {
  const missing = missingDebianPackages(names);
  if (missing === undefined) {
    say(`  This is not Debian: the programs of these packages must be there: ${names.join(' ')}`);
    return;
  }
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) {
    throw new Problem(
      `Debian packages are missing, and only root can install them. Install them and try again:\n  ${aptLine(missing)}` +
        (otherwise === undefined ? '' : `\nOr run what is possible without them: ${otherwise}`),
    );
  }
  const env = plainEnvironment({ DEBIAN_FRONTEND: 'noninteractive' });
  const lock = ['-o', 'DPkg::Lock::Timeout=300'];
  await step(`apt-get install ${missing.join(' ')}`, () =>
    withoutStartingServices(async () => {
      await mustRun('apt-get', [...lock, '-q', 'update'], { env, quiet: true });
      await mustRun('apt-get', [...lock, '-q', '-y', '--no-install-recommends', 'install', ...missing], {
        env,
        quiet: true,
      });
    }),
  );
}
