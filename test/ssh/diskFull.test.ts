/** A guest whose disk is full is no fault of the benchmark that meets it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isRoot, needs } from '../support/needs';
import { readExperiment } from '../../src/experiment/journal';
import { planRounds } from '../../src/experiment/plan';
import { ExperimentRunner } from '../../src/experiment/runner';
import { ConnectionPool } from '../../src/ssh/pool';
import { counting } from './counting';
import { hostKeysOf, person } from './people';
import { startSshServer, type SshServer } from './sshServer';

/** Fills the disk in its first four starts, which it counts in a file elsewhere. */
const greedy = (log: string) =>
  counting(
    'greedy',
    () =>
      `echo x >>'${log}'\nif [ $(wc -l <'${log}') -le 4 ]; then cat /dev/zero >"$GB_WORK/big"; exit 1; fi\necho count 1\n`,
    'rm -f "$GB_WORK/big"\n',
  );

// Only root may mount a small disk.
describe('a full disk on a guest', needs({ root: isRoot }), () => {
  let server: SshServer;
  let folder: string;
  let disk: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gb-full-'));
    disk = join(folder, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'none', disk]);
    server = await startSshServer({ prefix: join(disk, 'guestbench') });
  });
  afterAll(async () => {
    await server.stop();
    execFileSync('umount', ['-l', disk]);
    rmSync(folder, { recursive: true, force: true });
  });

  test('counts as a loss, is cleared of what we left, and sets no benchmark aside', async () => {
    const guests = [{ name: 'guest', host: 'h' }];
    const refs = [{ id: 'greedy', parameters: {} }];
    const pool = new ConnectionPool({ hostKeys: hostKeysOf(join(folder, 'store'), server.knownHostsFile) });
    const log = join(folder, 'starts');
    writeFileSync(log, '');
    const file = join(folder, 'e.guestbench');
    const summary = await new ExperimentRunner({
      ...{ file, id: 'full1', label: 'full', version: '0.0.0', seed: 1, notes: [] },
      plan: {
        guests,
        benchmarks: refs,
        rounds: 3,
        trials: planRounds(1, guests, refs, 3),
        statistics: { plan: 'anystop', alpha: 0.05, margin: 0.02, maxBlocks: 20 },
      },
      lab: { hosts: [], guests: [], suites: {}, benchmarks: [] },
      catalogue: [greedy(log)],
      connect: () => pool.get(server.target(), { prompter: person() }),
      listener: {},
    }).run();
    pool.dispose();
    // Three losses are the most for one trial; the next one loses once more, then all is well.
    expect(summary).toMatchObject({ reason: 'completed', ok: 3, failed: 1 });
    const read = readExperiment(readFileSync(file, 'utf8'));
    if (read.status === 'error') throw new Error(read.error);
    const { trials, setAside } = read.experiment;
    expect(trials.map(({ status }) => status)).toEqual(['lost', 'lost', 'lost', 'lost', 'ok', 'ok', 'ok']);
    expect(trials[0]?.reason).toMatch(/disk was full.*exit code 1/);
    expect(setAside).toEqual([]);
  });
});
