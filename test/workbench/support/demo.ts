import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDemoLab, type DemoLab } from '../../../scripts/lib/demoLab.mjs';

/** A workspace folder with the demo lab, as `npm start` makes it. */
export interface DemoWorkspace {
  readonly folder: string;
  readonly labFile: string;
  readonly results: string;
  readonly lab: DemoLab;
  close(): Promise<void>;
}

export async function openDemoWorkspace(): Promise<DemoWorkspace> {
  const scratch = mkdtempSync(join(tmpdir(), 'gb-wb-'));
  const lab = await startDemoLab(join(scratch, 'lab'));
  const folder = join(scratch, 'demo');
  mkdirSync(folder);
  const labFile = join(folder, 'guestbench.lab.json');
  writeFileSync(labFile, lab.labText);
  return {
    folder,
    labFile,
    results: join(folder, 'guestbench-results'),
    lab,
    close: async () => {
      await lab.stop();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}
