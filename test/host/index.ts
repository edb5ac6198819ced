/** Runs inside the extension host: loads every bundled *.test.js beside this file, and tells the results in a file. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'mocha';

interface Result {
  readonly title: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly durationMs?: number;
  readonly error?: string;
}

function testFiles(): string[] {
  return readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.js'))
    .sort()
    .map((file) => join(__dirname, file));
}

function writeResults(results: readonly Result[]): void {
  const file = process.env['GUESTBENCH_RESULTS'];
  if (file === undefined) return;
  const count = (state: Result['state']): number => results.filter((result) => result.state === state).length;
  const counts = { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
  writeFileSync(file, `${JSON.stringify({ counts, results }, undefined, 2)}\n`);
}

/** What VS Code calls; a rejection makes it end with exit code 1. */
export async function run(): Promise<void> {
  const { default: Mocha } = await import('mocha');
  const mocha = new Mocha({ ui: 'bdd', reporter: 'spec', color: false, timeout: 60_000, forbidOnly: true });
  for (const file of testFiles()) mocha.addFile(file);
  const results: Result[] = [];
  const add = (test: Test, state: Result['state'], error?: unknown): void => {
    results.push({
      title: test.fullTitle(),
      state,
      ...(test.duration === undefined ? {} : { durationMs: test.duration }),
      ...(error instanceof Error ? { error: error.stack ?? error.message } : {}),
    });
  };
  const failures = await new Promise<number>((resolve) => {
    mocha
      .run(resolve)
      .on('pass', (test: Test) => add(test, 'passed'))
      .on('fail', (test: Test, error: unknown) => add(test, 'failed', error))
      .on('pending', (test: Test) => add(test, 'skipped'));
  });
  writeResults(results);
  if (failures > 0) throw new Error(`${failures} failed`);
  if (results.length === 0) throw new Error('No test was run.');
}
