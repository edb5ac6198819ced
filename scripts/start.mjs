/**
 * Opens the extension in a real VS Code with a demo lab: node scripts/start.mjs [--port N] [--no-open]
 * GUESTBENCH_VSCODE names a desktop VS Code executable; without it VS Code is served to the browser.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildExtension } from './lib/bundle.mjs';
import { ensureNodeModules } from './lib/install.mjs';
import { aptLine, ensureDebianPackages, missingDebianPackages } from './lib/debian.mjs';
import { cacheFolder, root } from './lib/paths.mjs';
import { main, Problem } from './lib/problem.mjs';
import { step } from './lib/run.mjs';
import { freePortFrom, installExtension, makeProfile, startServer } from './lib/server.mjs';
import { ensureVscodeHost } from './lib/vscodeHost.mjs';
import { packageExtension } from './lib/vsix.mjs';

const defaultPort = 8137;

const readme = `# Guestbench demo

\`guestbench.lab.json\` names two guests, **demo-a** and **demo-b**. Both are this very machine behind two SSH servers,
so a comparison of the two has one honest answer: *no difference*.

Open *Guestbench* in the activity bar, pick both guests, and run the suite *quick*.
Results are kept in \`guestbench-results/\`.
`;

function readOptions() {
  const { values } = parseArgs({
    options: { port: { type: 'string' }, 'no-open': { type: 'boolean', default: false } },
  });
  const port = values.port === undefined ? defaultPort : Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new Problem('--port takes a number from 1 to 65535.');
  return { port, open: !values['no-open'] };
}

/** What makes the demo better but is not needed for it: log output and real OpenSSH. */
async function ensureNiceToHave() {
  const packages = ['g++', 'make', 'python3', 'openssh-server'];
  const missing = missingDebianPackages(packages) ?? [];
  if (missing.length === 0) return;
  if (process.getuid?.() === 0) await ensureDebianPackages(packages);
  else console.log(`  For log output and real OpenSSH servers, also install:\n  ${aptLine(missing)}`);
}

/** The workspace that is opened. A lab file that a person edited stays, as long as it names the servers' ports. */
function writeWorkspace(folder, lab) {
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'README.md'), readme);
  const labFile = path.join(folder, 'guestbench.lab.json');
  const present = fs.existsSync(labFile) ? fs.readFileSync(labFile, 'utf8') : undefined;
  if (present !== undefined && lab.guests.every(({ port }) => present.includes(`"port": ${port}`))) return;
  if (present !== undefined) fs.renameSync(labFile, `${labFile}.old`);
  fs.writeFileSync(labFile, lab.labText);
}

function openBrowser(url) {
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  if (process.platform !== 'darwin' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return;
  const child = spawn(opener, [url], { detached: true, stdio: 'ignore' });
  child.once('error', () => undefined);
  child.unref();
}

/** Resolves when a person presses Ctrl-C, or the process is asked to end. */
function interrupted() {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, resolve);
  });
}

async function serveToBrowser({ port, open, workspace, lab, stopped, onStop }) {
  const host = await ensureVscodeHost();
  const vsix = await step('Building and packaging', packageExtension);
  const profile = makeProfile();
  onStop(() => fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
  await installExtension(host, profile, vsix);
  const server = await startServer(host, {
    port: await freePortFrom(port),
    profile,
    env: { GUESTBENCH_KNOWN_HOSTS: lab.knownHostsFile },
  });
  onStop(() => server.stop());
  const url = server.url({ folder: workspace });
  console.log(`\nOpen  ${url}`);
  console.log(
    `From another machine: ssh -L ${server.port}:localhost:${server.port} <this machine>, then the same address.`,
  );
  console.log('Ctrl-C ends everything.');
  if (open) openBrowser(url);
  const ended = await Promise.race([stopped.then(() => false), server.exited.then(() => true)]);
  if (ended) throw new Problem(`VS Code's server ended by itself.\n${server.output().slice(-2000)}`);
}

async function openDesktop({ executable, workspace, lab, stopped, onStop }) {
  await step('Building', () => buildExtension({ production: false }));
  const profile = makeProfile();
  onStop(() => fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
  const child = spawn(
    executable,
    [
      ...[`--extensionDevelopmentPath=${root}`, `--user-data-dir=${profile}`],
      ...[
        '--disable-workspace-trust',
        '--skip-welcome',
        '--skip-release-notes',
        '--wait',
        '--new-window',
        workspace,
      ],
    ],
    { stdio: 'inherit', env: { ...process.env, GUESTBENCH_KNOWN_HOSTS: lab.knownHostsFile } },
  );
  const closed = new Promise((resolve, reject) => {
    child.once('exit', resolve);
    child.once('error', (error) =>
      reject(new Problem(`${executable} could not be started: ${error.message}`)),
    );
  });
  onStop(() => child.kill());
  console.log('\nClosing the window or Ctrl-C ends everything.');
  await Promise.race([stopped, closed]);
}

await main(async () => {
  const options = readOptions();
  await ensureNodeModules();
  await ensureNiceToHave();
  const stops = [];
  const onStop = (stop) => stops.unshift(stop);
  const { startDemoLab } = await import('./lib/demoLab.mjs');
  const demo = path.join(cacheFolder(), 'demo');
  const workspace = path.join(demo, 'workspace');
  const lab = await step('Starting the demo lab', () => startDemoLab(path.join(demo, 'lab')));
  onStop(() => lab.stop());
  writeWorkspace(workspace, lab);
  for (const { name, port, server } of lab.guests) console.log(`  ${name}: 127.0.0.1:${port} (${server})`);
  const context = { ...options, workspace, lab, stopped: interrupted(), onStop };
  try {
    const executable = process.env.GUESTBENCH_VSCODE;
    await (executable ? openDesktop({ ...context, executable }) : serveToBrowser(context));
  } finally {
    for (const stop of stops) await stop();
    console.log('\nEverything has ended.');
  }
});
process.exit();
