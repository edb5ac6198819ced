/** axe-core's verdict on a document. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Frame, Page } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** Opens everything that can be opened, so that it is looked at too. */
export async function openAll(target: Page | Frame): Promise<void> {
  for (let pass = 0; pass < 3; pass++) {
    await target.evaluate(`for (const details of document.querySelectorAll('details')) details.open = true`);
    await target.waitForTimeout(150);
  }
}

/** What axe-core finds wrong, a line for each; by all its rules. */
export async function violationsIn(target: Page | Frame): Promise<readonly string[]> {
  await target.evaluate(source);
  const found = await target.evaluate<readonly Violation[]>(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)`,
  );
  return found.flatMap(({ id, nodes }) =>
    nodes
      .slice(0, 3)
      .map(({ html, failureSummary = '' }) => `${id}: ${html.slice(0, 200)} ${failureSummary.slice(0, 300)}`),
  );
}
