/** What a person does when files are written: name them, and look at them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Workbench } from './workbench';

/** Answers the dialog that asks for a file, once it is there. */
export async function answerFile(workbench: Workbench, folder: string, name: string): Promise<string> {
  const file = join(folder, name);
  const input = workbench.page.locator('.quick-input-widget:visible input.input').first();
  await workbench.until('the dialog', async () => (await input.inputValue()).startsWith(folder) || undefined);
  await input.fill(file);
  // The dialog looks for the file before it takes Enter.
  if (existsSync(file)) await workbench.quickPickRow(name).waitFor();
  await workbench.accept();
  return file;
}

/** What a file holds as soon as there is something in it. */
export function written(workbench: Workbench, file: string): Promise<Buffer> {
  return workbench.until(`the file ${file}`, () => {
    const bytes = existsSync(file) ? readFileSync(file) : undefined;
    return Promise.resolve(bytes && bytes.length > 0 ? bytes : undefined);
  });
}
