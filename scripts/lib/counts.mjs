import { Problem } from './problem.mjs';

/**
 * The counts of a step: { passed, failed, skipped } are numbers of tests; `reasons` maps each reason for skipping to
 * the number of tests skipped for it.
 */
export const passedOnce = { passed: 1, failed: 0, skipped: 0, reasons: {} };

function countReasons(skipped) {
  const reasons = {};
  for (const reason of skipped) reasons[reason] = (reasons[reason] ?? 0) + 1;
  return reasons;
}

/**
 * The counts of vitest's JSON report; undefined if there is none. A file that could not be loaded counts as one
 * failure, and so does each test that is skipped without a reason (test/support/needs.ts gives the reasons).
 */
export function countVitest(report) {
  if (report === undefined) return undefined;
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const skipped = tests.filter(({ status }) => !['passed', 'failed'].includes(status));
  const silent = skipped.filter(({ meta }) => typeof meta?.skipped !== 'string');
  for (const { fullName } of silent) console.error(`Skipped without a reason: ${fullName}`);
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length + silent.length,
    skipped: skipped.length - silent.length,
    reasons: countReasons(skipped.filter((test) => !silent.includes(test)).map(({ meta }) => meta.skipped)),
  };
}

/** What a step's own results and its exit code come to: a crash and a step without any test both count as a failure. */
export function judge(name, code, counts) {
  if (counts === undefined) throw new Problem(`${name}: ended with code ${code} and left no results.`);
  if (counts.passed + counts.failed + counts.skipped === 0) throw new Problem(`${name}: no test was run.`);
  if (code === 0 || counts.failed > 0) return counts;
  console.error(`${name}: ended with code ${code} although no test failed.`);
  return { ...counts, failed: 1 };
}

/** The sum of the counts of several steps. */
export function sumOf(list) {
  const total = { passed: 0, failed: 0, skipped: 0, reasons: {} };
  for (const { passed, failed, skipped, reasons = {} } of list) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
    for (const [reason, number] of Object.entries(reasons))
      total.reasons[reason] = (total.reasons[reason] ?? 0) + number;
  }
  return total;
}

/** The last line of a run: "12 passed, 0 failed", with ", 3 skipped" where tests were skipped. */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
