import fs from 'node:fs';
import path from 'node:path';
import { passedOnce } from './counts.mjs';
import { root } from './paths.mjs';

/** Reports of vitest in which the named tests are looked for. */
const reports = ['unit', 'ssh', 'workbench', 'faults-single'];

function resultsIn(folder) {
  return reports
    .map((name) => path.join(folder, `${name}.json`))
    .filter((file) => fs.existsSync(file))
    .flatMap((file) => JSON.parse(fs.readFileSync(file, 'utf8')).testResults)
    .flatMap(({ name, assertionResults }) =>
      assertionResults.map((test) => ({ ...test, file: path.relative(root, name).replaceAll('\\', '/') })),
    );
}

/** The tests and groups of tests that a document names: `Test: FILE "TITLE"`. */
export function namedTests(markdown) {
  return [...markdown.matchAll(/^ +Test: (\S+) "([^"\n]+)"$/gm)].map(([, file, title]) => ({ file, title }));
}

/** The named tests of which no result says that they passed, or were skipped for a reason. */
export function notRun(named, results) {
  return named.filter(
    ({ file, title }) =>
      !results.some(
        (test) =>
          test.file === file &&
          (test.title === title || test.ancestorTitles.includes(title)) &&
          (test.status === 'passed' || typeof test.meta?.skipped === 'string'),
      ),
  );
}

/** Whether each test behind a promise of docs/SECURITY.md ran in this run; its counts are those of a step. */
export function checkClaims(resultsFolder) {
  const document = fs.readFileSync(path.join(root, 'docs', 'SECURITY.md'), 'utf8');
  const missing = notRun(namedTests(document), resultsIn(resultsFolder));
  for (const { file, title } of missing)
    console.error(`docs/SECURITY.md names a test that did not run and pass: ${file} "${title}"`);
  return missing.length === 0 ? passedOnce : { ...passedOnce, passed: 0, failed: missing.length };
}
