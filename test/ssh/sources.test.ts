import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defineBenchmark } from '../../src/benchmarks/define';
import { parameterObject, place } from '../../src/benchmarks/parameters';
import { planRounds } from '../../src/experiment/plan';
import { ExperimentRunner } from '../../src/experiment/runner';
import { openSources } from '../../src/experiment/sources';
import { connect } from '../../src/ssh/connection';
import type { Connection } from '../../src/ssh/transport';
import { hostKeysOf, person } from './people';
import { startSshServer, type SshServer } from './sshServer';

/** Measures nothing but what has arrived: the number of bytes of a file of its source. */
const counting = defineBenchmark({
  id: 'counting',
  title: 'Counting',
  description: 'Counts the bytes of a file.',
  kind: 'system',
  metrics: [{ id: 'counting.bytes', title: 'Bytes', unit: 'B', better: 'higher', primary: true }],
  parameters: parameterObject({ source: place([''], [], '') }),
  presets: { quick: {}, standard: {}, thorough: {} },
  source: { parameter: 'source', setting: 'counting', what: 'a folder to count', need: 'required' },
  estimateSeconds: () => 1,
  timeoutSeconds: () => 60,
  scripts: {
    check: () => 'exit 0\n',
    install: () => 'exit 0\n',
    run: ({ source }) => `cd "$GB_WORK" && tar -xf '${source}' && cat */'a file’s “name”' | wc -c\n`,
    cleanup: () => 'exit 0\n',
  },
  parse: ({ stdout, exitCode, stderr }) =>
    exitCode === 0
      ? {
          outcome: 'ok',
          metrics: [
            { id: 'counting.bytes', value: Number(stdout.split('\n')[0]), unit: 'B', better: 'higher' },
          ],
        }
      : { outcome: 'failed', metrics: [], reason: stderr },
});

let root = '';
let server: SshServer;
let connection: Connection;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'gb-private-'));
  server = await startSshServer();
  const hostKeys = hostKeysOf(join(server.folder, 'store'), server.knownHostsFile);
  connection = await connect(server.target(), { prompter: person(), hostKeys });
});
afterAll(async () => {
  connection.close();
  await server.stop();
  rmSync(root, { recursive: true, force: true });
});

async function run(source: string, given?: (file: string) => void) {
  const file = join(root, 'e.guestbench');
  rmSync(file, { force: true });
  const { refs, sources } = await openSources(
    [{ id: 'counting', parameters: { source: `local:${source}` } }],
    [counting],
    {},
    () => Promise.resolve(),
  );
  given?.(source);
  const guests = [{ name: 'one' }];
  const uploads: string[] = [];
  const notices: string[] = [];
  const suites = { mine: [{ benchmark: 'counting', parameters: { source: `local:${source}` } }] };
  const summary = await new ExperimentRunner({
    file,
    id: 'e1',
    label: 'test',
    version: '0.0.0',
    seed: 1,
    plan: {
      guests,
      benchmarks: [...refs],
      rounds: 2,
      trials: planRounds(1, guests, refs, 2),
      statistics: { plan: 'anystop', alpha: 0.05, margin: 0.02, maxBlocks: 20 },
    },
    lab: { hosts: [], guests: [], suites, benchmarks: [] },
    notes: [],
    catalogue: [counting],
    sources,
    connect: () => Promise.resolve(connection),
    listener: {
      onUpload: ({ guest, name, sentBytes, totalBytes }) => {
        if (sentBytes === totalBytes) uploads.push(`${name} to ${guest}`);
      },
      // What others take of this machine's CPU is not what is tested.
      onNotice: (text) => text.includes('(steal)') || notices.push(text),
    },
  }).run();
  return { summary, uploads, notices, text: readFileSync(file, 'utf8') };
}

test('a folder of this computer reaches a guest once, before the first trial, and nothing of it stays', async () => {
  const folder = join(root, "Ann's sources");
  mkdirSync(folder);
  writeFileSync(join(folder, 'a file’s “name”'), 'x'.repeat(12_345));
  const { summary, uploads, notices, text } = await run(folder);
  expect([summary.ok, summary.failed, notices]).toEqual([3, 0, []]);
  expect(uploads).toEqual(["Ann's sources.tar to one"]);
  expect(text).toMatch(/"source":"uploaded:Ann_s_sources\.tar@[0-9a-f]{16}"/);
  expect(text).toContain('"source":"local:Ann\'s sources"');
  expect([text.includes(root), text.includes('"value":12345')]).toEqual([false, true]);
  expect(readdirSync(server.folder).filter((name) => name.startsWith('guestbench'))).toEqual([]);
});

test('a source that goes away fails its trials with what it is called, not where it was', async () => {
  const file = join(root, 'x.tar');
  writeFileSync(file, 'x'.repeat(100_000));
  const { summary, notices, text } = await run(file, (path) => rmSync(path));
  expect([summary.ok, summary.reason]).toEqual([0, 'failed']);
  expect(notices[0]).toMatch(/^x\.tar was changed on this computer/);
  expect([text.includes('x.tar was changed on this computer'), text.includes(root)]).toEqual([true, false]);
});
