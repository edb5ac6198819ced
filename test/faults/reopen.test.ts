import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { JournalWriter, readExperiment } from '../../src/experiment/journal';
import { experimentEvent, finished, output, started, text } from '../unit/experiment/sampleEvents';

const lastBytes = 64 * 1024;
/** How many cuts lie between those tried before the last 8 KiB. */
const stride = process.env['GUESTBENCH_ALL_FAULTS'] ? 1 : 8;
let folder: string;
beforeAll(() => {
  // In memory where possible: it is opened up to 65537 times.
  folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'gb-reopen-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('an experiment file cut at any byte of its last 64 KiB is gone on with from its last whole line', async () => {
  const first = experimentEvent(1);
  const [one, two, three] = first.plan.trials.map(({ id }) => id) as [string, string, string];
  const lines = [first, started(one), output(one, 'größer 😀\n'.repeat(2500)), finished(one, 1)];
  lines.push(started(two), output(two, 'x'.repeat(30_000)), finished(two, 2), started(three));
  const bytes = Buffer.from(text(...lines));
  expect(bytes.length).toBeGreaterThan(lastBytes);
  const file = join(folder, 'e.guestbench');
  const isNear = (cut: number): boolean => cut >= bytes.length - lastBytes / 8;
  for (let cut = bytes.length - lastBytes; cut <= bytes.length; cut += isNear(cut) ? 1 : stride) {
    writeFileSync(file, bytes.subarray(0, cut));
    const { writer, experiment, torn } = await JournalWriter.reopen(file);
    await writer.close();
    const wholeBytes = bytes.subarray(0, cut).lastIndexOf(0x0a) + 1;
    const isWhole = wholeBytes === cut || bytes[cut] === 0x0a;
    const kept = bytes.subarray(0, isWhole && wholeBytes < cut ? cut + 1 : wholeBytes);
    const wanted = readExperiment(kept.toString('utf8'));
    if (torn?.bytes !== (isWhole ? undefined : cut - wholeBytes)) expect.fail(`cut at ${cut}: torn`);
    if (wanted.status === 'error') expect.fail(wanted.error);
    if (experiment.trials.length !== wanted.experiment.trials.length) expect.fail(`cut at ${cut}: trials`);
    // Compared whole where lines end; in between, nothing else is left on disk.
    if (isWhole) expect(experiment).toEqual(wanted.experiment);
  }
});
