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
  const openClosed = `(() => {
    const closed = [...document.querySelectorAll('details:not([open])')];
    for (const details of closed) details.open = true;
    return closed.length;
  })()`;
  for (let pass = 0; pass < 3 && (await target.evaluate<number>(openClosed)) > 0; pass++)
    await target.waitForTimeout(150);
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
