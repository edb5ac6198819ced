import { spawnSync } from 'node:child_process';
import type { TestContext, TestOptions } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** Why a test is skipped; the summary of `npm test` counts the tests for each reason. */
    skipped?: string;
  }
}

/**
 * Options of a test or a suite that is skipped, with the reason, unless everything it needs is there:
 * `describe('php', needs({ php: has('php') }), () => …)`. Keys name what is needed; values tell whether it is there.
 */
export function needs(what: Readonly<Record<string, boolean>>): TestOptions {
  const missing = Object.entries(what)
    .filter(([, isThere]) => !isThere)
    .map(([name]) => name);
  if (missing.length === 0) return {};
  return { skip: true, meta: { skipped: `needs ${missing.join(' and ')}` } };
}

/** Skips the test that runs now, with the reason for the summary. */
export function skipFor({ task, skip }: Pick<TestContext, 'task' | 'skip'>, what: string): never {
  task.meta.skipped = `needs ${what}`;
  return skip(`needs ${what}`);
}

/** Whether all these commands are in the path. */
export function has(...commands: readonly string[]): boolean {
  return commands.every((command) => spawnSync('/bin/sh', ['-c', `command -v ${command}`]).status === 0);
}

/**
 * The environment for programs whose messages a test reads: bash warns on standard error when the machine lacks the
 * locale that the environment names, and other programs translate their messages.
 */
export const inPlainEnglish = (): NodeJS.ProcessEnv => ({ ...process.env, LC_ALL: 'C' });

export const isRoot = process.getuid?.() === 0;
export const isLinux = process.platform === 'linux';
export const isWindows = process.platform === 'win32';
