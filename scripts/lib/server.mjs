import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { startGuarded } from './guarded.mjs';
import { shortTemp } from './paths.mjs';
import { Problem } from './problem.mjs';
import { mustRun } from './run.mjs';

/** A quiet workbench: nothing pops up, nothing asks, terminal rows are readable as text. */
export const quietSettings = {
  // The demo's guests are this machine, which VS Code itself keeps busy.
  'guestbench.quietSeconds': 0,
  'terminal.integrated.gpuAcceleration': 'off',
  'terminal.integrated.shellIntegration.enabled': false,
  'workbench.startupEditor': 'none',
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'telemetry.telemetryLevel': 'off',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'chat.disableAIFeatures': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'git.enabled': false,
};

/** A private environment: no marketplace, no state of a person's own VS Code, sockets in the short profile folder. */
function serverEnvironment(profile, extra) {
  // Inherited from a VS Code terminal these would redirect the server to the person's own window.
  const inherited = Object.entries(process.env).filter(([name]) => !/^(VSCODE_|ELECTRON_)/.test(name));
  return {
    ...Object.fromEntries(inherited),
    EXTENSIONS_GALLERY: '{}',
    XDG_RUNTIME_DIR: profile,
    XDG_CONFIG_HOME: path.join(profile, 'config'),
    XDG_DATA_HOME: path.join(profile, 'share'),
    ...extra,
  };
}

function profileArguments(profile) {
  fs.mkdirSync(path.join(profile, 'data', 'User'), { recursive: true });
  fs.writeFileSync(path.join(profile, 'config.yaml'), '');
  return [
    ['--config', path.join(profile, 'config.yaml')],
    ['--user-data-dir', path.join(profile, 'data')],
    ['--extensions-dir', path.join(profile, 'extensions')],
  ].flat();
}

/** A fresh private profile in a path short enough for VS Code's sockets. */
export function makeProfile() {
  return fs.mkdtempSync(path.join(shortTemp(), 'gb-'));
}

/** Installs a .vsix into a profile. */
export async function installExtension(host, profile, vsix) {
  await mustRun(host.node, [host.entry, ...profileArguments(profile), '--install-extension', vsix], {
    env: serverEnvironment(profile, {}),
    quiet: true,
  });
}

function isFree(port) {
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** The first free loopback port from `first` on. */
export async function freePortFrom(first) {
  for (let port = first; port < first + 100 && port < 65536; port++) if (await isFree(port)) return port;
  throw new Problem(`No free port from ${first} on.`);
}

/**
 * Starts VS Code's server on 127.0.0.1 with a private profile.
 * `development` makes the page accept `url({ extension, tests })`; notification toasts then never show.
 */
export async function startServer(
  host,
  {
    port = 0,
    profile,
    settings = {},
    env = {},
    development = false,
    trustEveryFolder = true,
    log = false,
  } = {},
) {
  const folder = profile ?? makeProfile();
  const flags = profileArguments(folder);
  // Settings of the machine alone are read from a file of their own.
  for (const kind of ['User', 'Machine']) {
    fs.mkdirSync(path.join(folder, 'data', kind), { recursive: true });
    fs.writeFileSync(
      path.join(folder, 'data', kind, 'settings.json'),
      JSON.stringify({ ...quietSettings, ...settings }, undefined, 2),
    );
  }
  const removeProfile = () => {
    if (profile === undefined) fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const server = await startGuarded(
    host.node,
    [
      host.entry,
      ...flags,
      ...['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`],
      ...['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'],
      ...['--disable-proxy', '--ignore-last-opened'],
      ...(trustEveryFolder ? ['--disable-workspace-trust'] : []),
      ...(development ? ['--vscode-option', 'enable-smoke-test-driver'] : []),
    ],
    {
      env: serverEnvironment(folder, env),
      ready: (output) => /listening on http:\/\/[\d.]+:(\d+)/.exec(output)?.[1],
      log,
    },
  ).catch((error) => {
    removeProfile();
    throw error;
  });
  const boundPort = Number(server.value);
  const authority = `localhost:${boundPort}`;
  return {
    port: boundPort,
    origin: `http://${authority}`,
    profile: folder,
    exited: server.exited,
    output: server.output,
    url({ folder: opened, extension, tests } = {}) {
      const remote = (file) => `vscode-remote://${authority}${file}`;
      const payload = [
        ...(extension ? [['extensionDevelopmentPath', remote(extension)]] : []),
        ...(tests ? [['extensionTestsPath', remote(tests)]] : []),
      ];
      const query = new URLSearchParams();
      if (opened) query.set('folder', opened);
      if (payload.length > 0) query.set('payload', JSON.stringify([...payload, ['skipWelcome', 'true']]));
      return `http://${authority}/?${query.toString()}`;
    },
    async stop() {
      await server.stop();
      removeProfile();
    },
  };
}
