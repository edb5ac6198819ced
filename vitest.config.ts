import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const unitTests = readdirSync('test/unit', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => `test/unit/${file.replaceAll('\\', '/')}`);
/** Files that replace modules: what they replace must not reach other files. */
const mocked = unitTests.filter((file) => readFileSync(file, 'utf8').includes('vi.mock('));

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          exclude: mocked,
          testTimeout: 60_000,
          // Loading the sources once for all files takes half of the time that loading them for each file takes.
          isolate: false,
          maxWorkers: 2,
        },
      },
      { test: { name: 'unit-mocked', include: mocked, testTimeout: 60_000, maxWorkers: 2 } },
      {
        test: {
          name: 'ssh',
          include: ['test/ssh/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'workbench',
          include: ['test/workbench/**/*.spec.ts'],
          // Hours long, and only where a file says what to run.
          exclude: process.env['GUESTBENCH_REAL'] === undefined ? ['test/workbench/real.spec.ts'] : [],
          // Only what hangs runs into it: the trials of a spec take minutes on a busy machine.
          testTimeout: 900_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: [
        'src/model/**',
        'src/benchmarks/**',
        'src/statistics/**',
        'src/report/**',
        'src/probe/**',
        'src/lab/**',
        'src/experiment/**',
      ],
      reporter: ['text-summary', 'json-summary'],
    },
  },
});
