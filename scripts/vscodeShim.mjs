#!/usr/bin/env node
/**
 * A stand-in for the VS Code executable where no desktop VS Code can be had: it takes the command line that
 * @vscode/test-electron gives to VS Code, runs the same test entry point in the extension host of VS Code's server,
 * with a headless Chromium as the window, and exits with its code.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { format } from 'node:util';
import { launchBrowser } from './lib/browser.mjs';
import { Problem } from './lib/problem.mjs';
import { startServer } from './lib/server.mjs';
import { ensureVscodeHost, hostVersions } from './lib/vscodeHost.mjs';

const limitMs = Number(process.env.GUESTBENCH_HOST_LIMIT_MS ?? 10 * 60_000);
const exitCodes = { pageCrashed: 70, serverEnded: 71, notStarted: 72, timeout: 124, interrupted: 130 };
// What the workbench says about the absence of a network, a marketplace and an account.
const noise = [
  /^(Resolv|Creating a socket|\[reconnection-grace|Updating additional builtin|\[Service Worker\]|\[AgentHost)/,
  /^(\[AccountPolicy|Timed out waiting for authentication provider|Ignoring fetching additional builtin)/,
  /^(Creation of workbench contribution|\[ChatModelSelection\]|InstantiationService has been disposed)/,
  /^(\[DefaultAccount\]|\[chat-stt\]|\[ExtensionHostStarter)/,
];

const argv = process.argv.slice(2);
const option = (name) => argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);

function withJsEnding(file) {
  return /\.[cm]?js$/.test(file) ? file : `${file}.js`;
}

async function runInHost({ extension, tests, folder }) {
  const host = await ensureVscodeHost();
  const server = await startServer(host, { development: true, log: process.env.GUESTBENCH_DEBUG === '1' });
  let browser;
  let timer;
  try {
    browser = await launchBrowser();
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    const code = new Promise((resolve) => {
      void server.exited.then(() => resolve(exitCodes.serverEnded));
      page.once('crash', () => resolve(exitCodes.pageCrashed));
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
        process.once(signal, () => resolve(exitCodes.interrupted));
      timer = setTimeout(() => {
        console.error(`The tests did not end within ${limitMs / 1000} s.`);
        resolve(exitCodes.timeout);
      }, limitMs);
      void page.exposeFunction('codeAutomationExit', resolve);
    });
    await page.exposeFunction('codeAutomationLog', (type, args) => {
      const line = format(...args);
      if (process.env.GUESTBENCH_DEBUG !== '1' && noise.some((pattern) => pattern.test(line))) return;
      if (type === 'error') console.error(line);
      else console.log(line);
    });
    await page.goto(server.url({ folder, extension, tests }));
    return await code;
  } finally {
    clearTimeout(timer);
    await browser?.close().catch(() => undefined);
    await server.stop();
  }
}

if (argv.includes('--version')) {
  console.log(`${hostVersions.vscode}\nguestbench-vscode-shim\n${process.arch}`);
} else {
  const extension = option('extensionDevelopmentPath');
  const tests = option('extensionTestsPath');
  const opened = argv.find((arg) => !arg.startsWith('-'));
  const scratch = opened === undefined ? fs.mkdtempSync(path.join(os.tmpdir(), 'gb-folder-')) : undefined;
  try {
    process.exitCode = await runInHost({
      extension: extension && path.resolve(extension),
      tests: tests && withJsEnding(path.resolve(tests)),
      folder: path.resolve(scratch ?? opened),
    });
  } catch (error) {
    console.error(error instanceof Problem ? error.message : error);
    process.exitCode = exitCodes.notStarted;
  } finally {
    if (scratch) fs.rmSync(scratch, { recursive: true, force: true });
  }
  process.exit();
}
