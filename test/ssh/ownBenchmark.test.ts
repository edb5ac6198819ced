import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labFindings } from '../../src/benchmarks/labFindings';
import { benchmarksOf } from '../../src/benchmarks/own';
import { readExperiment } from '../../src/experiment/journal';
import { planRounds } from '../../src/experiment/plan';
import { checkGuest, resolveBenchmarks } from '../../src/experiment/prepare';
import { ExperimentRunner } from '../../src/experiment/runner';
import { tryOut } from '../../src/experiment/tryOut';
import { parseLab } from '../../src/lab/labFile';
import type { Lab } from '../../src/model/lab';
import { reportModel } from '../../src/report/model';
import { connect } from '../../src/ssh/connection';
import { Jobs } from '../../src/ssh/jobs';
import type { Connection } from '../../src/ssh/transport';
import { hostKeysOf, person } from './people';
import { startSshServer, type SshServer } from './sshServer';

const text = `{
  "guests": [{ "name": "guest", "address": "127.0.0.1" }],
  "benchmarks": [{
    "id": "count",
    "title": "Counting",
    // The quotes, the exit and the variable that is not set are what a person may write.
    "prepare": "echo prepared >>made",
    "command": ["echo \\"it's $nowhere\\"", "sleep 0.05", "wc -l <made | sed 's/^ */lines=/'", "cp made \\"$GB_FILES/made.txt\\"", "exit 0"],
    "metrics": [
      { "id": "time", "unit": "ms", "better": "lower", "read": { "elapsed": true }, "factor": 1000 },
      { "id": "lines", "unit": "lines", "better": "none", "read": { "regex": "^lines=(\\\\d+)$" } },
      { "id": "word", "unit": "words", "better": "none", "read": { "regex": "^(prepared)$", "file": "made.txt" } }
    ]
  }]
}`;

function lab(change = (source: string) => source): Lab {
  const read = parseLab(change(text), 'lab.json', labFindings);
  if (read.status === 'error') throw new Error(read.problems[0]?.message);
  return read.lab;
}
/** Without the metric that is no number. */
const good = lab((source) => source.replace(/,\s*\{ "id": "word".*\n/, '\n'));

describe('a benchmark of the lab file on a guest', () => {
  let server: SshServer;
  let connection: Connection;
  beforeAll(async () => {
    server = await startSshServer();
    const hostKeys = hostKeysOf(join(server.folder, 'store'), server.knownHostsFile);
    connection = await connect(server.target(), { prompter: person(), hostKeys });
  });
  afterAll(async () => {
    connection.close();
    await server.stop();
  });
  const reach = () => Promise.resolve(connection);
  const leftOvers = () => {
    const parent = join(server.prefix, '..');
    return readdirSync(parent).filter((name) => name.startsWith('guestbench-'));
  };

  it('is checked, runs in an experiment, and the file reads with its own definitions', async () => {
    const guests = [{ name: 'guest' }];
    const refs = [{ id: 'count' }, { id: 'again', benchmark: 'count', title: 'Counting again' }];
    const catalogue = benchmarksOf(good);
    const checks = await checkGuest(connection, resolveBenchmarks(refs, catalogue));
    expect([...checks.values()].map(({ state }) => state)).toEqual(['ready', 'ready']);
    const file = join(server.folder, 'own.guestbench');
    const runner = new ExperimentRunner({
      file,
      id: 'own1',
      label: 'own',
      version: '0.0.0',
      seed: 7,
      plan: {
        guests,
        benchmarks: refs,
        rounds: 1,
        trials: planRounds(7, guests, refs, 1),
        statistics: { plan: 'anystop', alpha: 0.05, margin: 0.02, maxBlocks: 20 },
      },
      lab: good,
      notes: [],
      catalogue,
      connect: reach,
      listener: {},
    });
    expect(await runner.run()).toMatchObject({ reason: 'completed', ok: 4, failed: 0 });
    const read = readExperiment(readFileSync(file, 'utf8'));
    if (read.status !== 'ok') throw new Error(read.error);
    for (const { status, measurements } of read.experiment.trials) {
      expect(status).toBe('ok');
      // Prepared once for all four trials.
      expect(measurements).toMatchObject([
        { id: 'time', unit: 'ms' },
        { id: 'lines', value: 1 },
      ]);
      expect(measurements[0]?.value).toBeGreaterThan(0);
    }
    const metrics = reportModel([read.experiment], {}).metrics;
    expect(metrics.map(({ key, benchmarkTitle, primary }) => [key, benchmarkTitle, primary])).toEqual([
      ['count/time', 'Counting', true],
      ['count/lines', 'Counting', false],
      ['again/time', 'Counting again', true],
      ['again/lines', 'Counting again', false],
    ]);
    expect(leftOvers()).toEqual([]);
  });

  const options = (from: Lab, signal = new AbortController().signal) => {
    const [planned] = resolveBenchmarks([{ id: 'count' }], benchmarksOf(from));
    const notices: string[] = [];
    const printed: string[] = [];
    return {
      notices,
      printed,
      all: {
        guest: 'guest',
        planned: planned!,
        jobs: new Jobs(reach),
        connect: reach,
        onOutput: (_: string, chunk: Buffer) => void printed.push(chunk.toString()),
        onNotice: (notice: string) => void notices.push(notice),
        signal,
      },
    };
  };

  it('is tried: output, verdict and reason, and nothing is left', async () => {
    const ok = options(good);
    const end = await tryOut(ok.all);
    expect(end).toMatchObject({ outcome: 'ok', exitCode: 0 });
    expect(end.output?.files.get('made.txt')).toBe('prepared\n');
    expect(ok.printed.join('')).toContain("it's \nlines=1\n");
    expect([ok.notices, leftOvers()]).toEqual([[], []]);

    // A secondary figure that cannot be read is left out with its reason; the others stay.
    const partly = await tryOut(options(lab()).all);
    expect(partly).toMatchObject({ outcome: 'ok', exitCode: 0 });
    expect(partly.measurements.map(({ id }) => id)).toEqual(['time', 'lines']);
    expect(JSON.stringify(partly.failed)).toContain(
      'line 1 of made.txt: expected a number such as 1234.5, found',
    );
    expect(leftOvers()).toEqual([]);
  });

  it('is stopped while it is tried, and leaves nothing', async () => {
    const mark = join(server.folder, 'began');
    const slow = lab((source) => source.replace('sleep 0.05', `touch '${mark}'; sleep 1000`));
    const abort = new AbortController();
    const { all, notices } = options(slow, abort.signal);
    const trying = tryOut(all);
    while (!existsSync(mark)) await new Promise((resolve) => setTimeout(resolve, 20));
    abort.abort();
    expect(await trying).toMatchObject({ outcome: 'cancelled', measurements: [] });
    expect([notices, leftOvers()]).toEqual([[], []]);
  });
});
