import type { Browser } from 'playwright-core';
/** A headless Chromium: Debian's, or the one GUESTBENCH_CHROMIUM names. */
export function launchBrowser(): Promise<Browser>;
