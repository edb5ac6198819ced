import { chromium } from 'playwright-core';
import { Problem } from './problem.mjs';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A headless Chromium: Debian's, or the one GUESTBENCH_CHROMIUM names. */
export async function launchBrowser() {
  const executablePath = process.env.GUESTBENCH_CHROMIUM ?? '/usr/bin/chromium';
  try {
    return await chromium.launch({ executablePath, headless: true, args: flags });
  } catch (error) {
    throw new Problem(
      `${executablePath} could not be started (GUESTBENCH_CHROMIUM names another): ${error.message}`,
    );
  }
}
