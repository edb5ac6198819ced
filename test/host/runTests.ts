/**
 * Runs the bundled tests in VS Code's extension host, with the demo lab's SSH servers up.
 *
 * GUESTBENCH_VSCODE names the VS Code: unset, the one served from the npm registry; an executable's path; or a version
 * ("stable", "1.105.0") that is downloaded.
 * The tests find in their environment GUESTBENCH_LAB_FILE (also the workspace's guestbench.lab.json) and
 * GUESTBENCH_KNOWN_HOSTS and GUESTBENCH_LAB_PREFIX (marks the lab's processes), and write their results to GUESTBENCH_RESULTS.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runTests, TestRunFailedError } from '@vscode/test-electron';
import { startDemoLab } from '../../scripts/lib/demoLab.mjs';

const root = process.cwd();

function whichVscode(): { vscodeExecutablePath: string } | { version: string } {
  const wanted = process.env['GUESTBENCH_VSCODE'];
  if (wanted === undefined || wanted === '')
    return { vscodeExecutablePath: resolve(root, 'scripts/vscodeShim.mjs') };
  return /^(stable|insiders|\d+\.\d+\.\d+)$/.test(wanted)
    ? { version: wanted }
    : { vscodeExecutablePath: wanted };
}

const scratch = mkdtempSync(join(tmpdir(), 'gb-host-'));
const lab = await startDemoLab(join(scratch, 'lab'));
let code = 1;
try {
  const workspace = join(scratch, 'workspace');
  mkdirSync(workspace);
  const labFile = join(workspace, 'guestbench.lab.json');
  writeFileSync(labFile, lab.labText);
  // The demo's guests are this machine, which VS Code itself keeps busy.
  mkdirSync(join(workspace, '.vscode'));
  writeFileSync(join(workspace, '.vscode/settings.json'), '{ "guestbench.quietSeconds": 0 }');
  code = await runTests({
    ...whichVscode(),
    extensionDevelopmentPath: root,
    extensionTestsPath: resolve(root, 'out/host/index.js'),
    launchArgs: [
      workspace,
      '--disable-workspace-trust',
      '--disable-extensions',
      `--user-data-dir=${join(scratch, 'data')}`,
    ],
    extensionTestsEnv: {
      GUESTBENCH_LAB_FILE: labFile,
      GUESTBENCH_KNOWN_HOSTS: lab.knownHostsFile,
      GUESTBENCH_LAB_PREFIX: lab.prefix,
      GUESTBENCH_RESULTS: process.env['GUESTBENCH_RESULTS'],
    },
  });
} catch (error) {
  // The tests have told their failures themselves; what else goes wrong is told here.
  if (!(error instanceof TestRunFailedError)) process.stderr.write(`${String(error)}\n`);
} finally {
  await lab.stop();
  rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = code;
