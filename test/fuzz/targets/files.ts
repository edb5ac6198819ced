// Files that a person opens, imports or keeps, and what page and host tell each other.
import { createRequire } from 'node:module';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { experimentText } from '../../../src/experiment/experimentText';
import { readExperiment } from '../../../src/experiment/readExperiment';
import { benchmarksOf } from '../../../src/benchmarks/own';
import { labFindings } from '../../../src/benchmarks/labFindings';
import { hopOf } from '../../../src/lab/proxyJump';
import { resolveTarget } from '../../../src/lab/sshConfig';
import { configLine } from '../../../src/lab/sshConfigFile';
import { parseLab } from '../../../src/lab/labFile';
import type { Experiment } from '../../../src/model/experiment';
import { UserError } from '../../../src/model/userError';
import { toCsv, toHtml, toJson, toMarkdown, toPhoronixXml } from '../../../src/report/exporters';
import { readHostMessage, readRasterRequest } from '../../../src/report/hostMessage';
import {
  formatOf,
  fromCsv,
  fromFioJson,
  fromHyperfineJson,
  fromJson,
  fromPhoronixXml,
  fromUnixbenchReport,
} from '../../../src/report/importers';
import { reportModel } from '../../../src/report/model';
import { readPreparationMessage } from '../../../src/report/preparationMessage';
import { readPreparationPage } from '../../../src/report/preparationProtocol';
import { modelMessage, protocolVersion, readPageMessage } from '../../../src/report/protocol';
import { readTrendMessage } from '../../../src/report/trendMessage';
import { readTrendPage, trendPlaceSchema } from '../../../src/report/trendProtocol';
import { keyFileOf, type Ssh2 } from '../../../src/ssh/keyFiles';
import {
  checkHostKey,
  fingerprint,
  keyTypeOf,
  orderHostKeyAlgorithms,
  parseKnownHosts,
} from '../../../src/ssh/knownHosts';
import { fixtureText } from '../fixture';
import { corpusOf } from '../corpus';
import { declared, must, type Target } from '../target';
import { catalogue, experiment, facts } from '../../unit/report/experiments';

const small: Experiment = experiment({
  label: 'PV and PVHVM',
  guests: [
    { name: 'deb12-pv', facts: facts('PV') },
    { name: 'deb12-pvhvm', facts: facts('PVHVM') },
  ],
  workloads: [
    {
      benchmark: 'openssl',
      blocks: 3,
      metrics: [
        {
          id: 'sign',
          unit: 'signatures/s',
          better: 'higher',
          values: { 'deb12-pv': [10, 11, 'failed'], 'deb12-pvhvm': [12, 13, 12] },
        },
      ],
    },
  ],
});

/** What would act in a browser or an editor, were it not escaped. */
const live =
  /<(?:script|iframe|object|embed|img|link|base|form)\b|<[^<>]{0,400}\son[a-z]{3,20}\s*=|href=javascript/i;

function mustBeInert(what: string, text: string): void {
  const found = live.exec(text);
  must(found === null || text[found.index - 1] === '\\', `${what} holds ${JSON.stringify(found?.[0])}`);
}

/** Every document that can be made of an experiment. */
function exportAll(made: Experiment): void {
  const model = reportModel([made], { catalogue });
  // What stands in quotes is an attribute's value: quotes inside it are escaped.
  mustBeInert('HTML', toHtml(model).replace(/="(?!javascript)[^"<>]*"/g, '=x'));
  mustBeInert('Markdown', toMarkdown(model));
  const xml = declared([UserError], () => toPhoronixXml(made)) ?? '';
  must(
    !/<(?![A-Za-z/?!])/.test(xml) && !/<(?:script|img|svg|b|a)\b/.test(xml),
    'XML with elements that are not ours',
  );
  toCsv(made);
  toJson(made);
  modelMessage(model);
}

const source = (text: string): { guest: string; name: string; text: string } => ({
  guest: 'g',
  name: 'file',
  text,
});
const imported = (read: (text: string) => Experiment) => (input: string) => {
  formatOf(input);
  const made = declared([UserError], () => read(input));
  if (made) exportAll(made);
};

const knownHosts =
  '# lab\n10.0.0.1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ\n[10.0.0.2]:2222,lab* ecdsa-sha2-nistp256 AAAAE2Vj\n' +
  '@revoked * ssh-rsa AAAAB3NzaC1yc2E=\n|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ssh-rsa AAAA1\n';
const sshConfig =
  'Include ~/.ssh/more\nHost lab* !lab3\n  User root\n  HostName="10.0.0.1"\n  ProxyJump a@b:22,c # near\n\tPort 2222\nMatch host x exec "true"\n';
const targetConfig =
  'Host lab1\n  ProxyJump b:22,c\n  IdentityFile ~/.ssh/%h\n  IdentityAgent none\nHost b\n  HostName %h.example\n' +
  '  StrictHostKeyChecking yes\n  UserKnownHostsFile ~/a "/b c"\nHost *\n  HostKeyAlgorithms +ssh-rsa\n';
let home: string | undefined;

/** A folder of its own for the configs that are made; gone with the process. */
function ownHome(): string {
  if (home !== undefined) return home;
  const made = mkdtempSync(join(tmpdir(), 'gb-fuzz-'));
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  return (home = made);
}

/** Resolves a guest by a config, without a client. */
async function resolveIn(config: string): Promise<void> {
  const folder = ownHome();
  const configFile = join(folder, 'config');
  // Included files are those of this machine.
  writeFileSync(configFile, config.replaceAll(/include/gi, 'port'));
  try {
    const { address, jumps } = await resolveTarget(
      { name: 'lab1', sshHost: 'lab1' },
      { configFile, home: folder, user: 'me', platform: 'linux', variables: {}, sshCommand: undefined },
    );
    must(address !== '' && jumps.length <= 100, 'a way that leads nowhere');
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    must(error.message.length < 5000, 'an error without end');
  }
}

const labText =
  '{ // a lab\n "hosts": [{ "name": "lab1", "kind": "xl", "address": "10.0.0.2", "user": "root" }],\n' +
  ' "guests": [{ "name": "pv", "host": "lab1", "address": "10.0.0.11", "port": 22, "mode": "PV" }],\n' +
  ' "benchmarks": [{ "id": "own", "command": "true", "metrics": [{ "id": "s", "unit": "s", "better": "lower", "read": { "regex": "t=(.*)" } }] }],\n' +
  ' "suites": { "n": [{ "benchmark": "own" }] }, }';

const pageMessages = [
  { type: 'ready', version: protocolVersion },
  { type: 'choose', baseline: 'a', candidate: 'b', by: 'mode' },
  { type: 'openOutput', trial: 't1', experiment: 0, metric: 'x' },
  { type: 'savePicture', name: 'chart', svg: '<svg ></svg>', png: 'AAAA' },
  { type: 'raster', request: 1, png: 'AAAA==' },
  {
    type: 'trend',
    version: 1,
    model: { metrics: [], subjects: [], lines: [], leftOut: [], notes: [] },
    keep: {},
  },
  { type: 'preparation', version: 1, model: { benchmarks: [], guests: [], cells: [] } },
  { type: 'rasterise', request: 1, svg: '<svg/>', width: 1, height: 2 },
].map((message) => JSON.stringify(message));

const ssh2 = createRequire(import.meta.url)('ssh2') as Ssh2;
const keyPair = generateKeyPairSync('ed25519');
const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
const keys = [
  keyPair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
  rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEJKo6 me@here\n',
  'PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nComment: a\nPublic-Lines: 1\nAAAAB3NzaC1yc2E=\n',
  '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n-----END OPENSSH PRIVATE KEY-----\n',
];

const exported = toJson(small);
const csvText = toCsv(small);
const xmlText = toPhoronixXml(small);

export const fileTargets: readonly Target[] = [
  {
    name: 'experiment',
    seeds: [experimentText(small), ...corpusOf('experiment')],
    words: ['{"at":', '"type":"output"', '"trial":', '"measurements":[', '\n'],
    weight: 0.05,
    read: (input) => {
      const read = readExperiment(input);
      if (read.status === 'ok') exportAll(read.experiment);
      else must(read.error.length < 5000, 'an error without end');
    },
  },
  {
    name: 'experiment-hostile',
    seeds: [
      '<script>alert(1)</script>',
      '"><img src=x onerror=alert(1)>',
      '](command:x)',
      '`<b>`',
      '\\',
      ...corpusOf('experiment-hostile'),
    ],
    words: ['<svg onload=x>', '<!--', '-->', '&lt;', '\\<', '`', '|', '\n# ', '<a href="javascript:x">'],
    weight: 0.004,
    pumpLength: 0,
    read: (input) => exportAll(filledWith(input.slice(0, 300))),
  },
  {
    name: 'import-json',
    seeds: [exported, ...corpusOf('import-json')],
    words: ['"trials":[', '"value":'],
    weight: 0.1,
    read: imported(fromJson),
  },
  {
    name: 'import-csv',
    seeds: [csvText, ...corpusOf('import-csv')],
    words: ['"', '""', ',', 'null'],
    weight: 0.03,
    read: imported(fromCsv),
  },
  {
    name: 'import-phoronix',
    seeds: [
      xmlText,
      fixtureText('imports', 'phoronix-merged.xml').slice(0, 6000),
      ...corpusOf('import-phoronix'),
    ],
    words: ['<Result>', '</Result>', '<Value>', '<RawString>', '<JSON>{"', '<![CDATA[', '<'],
    weight: 0.05,
    read: imported(fromPhoronixXml),
  },
  {
    name: 'import-hyperfine',
    seeds: ['hyperfine.json', 'hyperfine-failed.json', 'hyperfine-parameters.json']
      .map((name) => fixtureText('imports', name).slice(0, 4000))
      .concat(corpusOf('import-hyperfine')),
    words: ['"results":[', '"times":[', '"command":'],
    weight: 0.06,
    read: imported((text) => fromHyperfineJson([source(text), source(text)])),
  },
  {
    name: 'import-fio',
    seeds: [
      fixtureText('outputs', 'fio', 'ok-catalogue-fio-randread', 'out.json').slice(0, 6000),
      ...corpusOf('import-fio'),
    ],
    words: ['"jobs":[', '"iops":'],
    weight: 0.3,
    read: imported((text) => fromFioJson([source(text)])),
  },
  {
    name: 'import-unixbench',
    seeds: [
      '   BYTE UNIX Benchmarks (Version 5.1.3)\n------------\nSystem Benchmarks Index Score   1234.5\n',
      ...corpusOf('import-unixbench'),
    ],
    words: ['Benchmark Run: ', 'running 1 parallel copy'],
    weight: 0.3,
    read: imported((text) => fromUnixbenchReport([source(text)])),
  },
  {
    name: 'lab',
    most: 1024 * 1024,
    seeds: [labText, fixtureText('own', 'lab.json').slice(0, 5000), ...corpusOf('lab')],
    words: ['"guests":[', '{"name":"a"}', '//', '/*', '*/', '"benchmarks"'],
    weight: 0.08,
    read: (input) => {
      const read = parseLab(input, 'guestbench.lab.json', labFindings);
      const problems = read.problems ?? [];
      must(problems.length <= 60, `${problems.length} problems`);
      for (const { message } of problems) must(message.length < 3000, 'a problem without end');
      if (read.status === 'ok') benchmarksOf(read.lab);
    },
  },
  {
    name: 'known-hosts',
    seeds: [knownHosts, ...corpusOf('known-hosts')],
    words: ['*', '?', '!', '|1|', '@revoked ', ','],
    read: (input) => {
      const entries = parseKnownHosts(input, 'known_hosts');
      const host = { address: '10.0.0.1', port: 2222, ip: '10.0.0.1' };
      const key = Buffer.from(input.slice(0, 80), 'latin1');
      checkHostKey(entries, host, key);
      keyTypeOf(key);
      fingerprint(key);
      orderHostKeyAlgorithms(entries, host, ['ssh-ed25519', 'ssh-rsa']);
    },
  },
  {
    name: 'ssh-config',
    most: 1024 * 1024,
    seeds: [sshConfig, ...corpusOf('ssh-config')],
    words: ['Host ', '=', '"', "'", '#', 'ProxyJump ', '@'],
    weight: 2,
    read: (input) => void input.split(/\r?\n/).map(configLine),
  },
  {
    name: 'proxy-jump',
    most: 1024 * 1024,
    seeds: ['me@lab1:22,[fe80::1]:2222,ssh://b@c:1/', 'a,b,c', ...corpusOf('proxy-jump')],
    words: ['@', ':', '[', ']', ',', 'ssh://', '::'],
    read: (input) => {
      for (const part of input.split(',')) {
        const hop = hopOf(part);
        if (hop) must(hop.host !== '' && (hop.port ?? 0) < 100_000, 'a hop that leads nowhere');
      }
      hopOf(input);
    },
  },
  {
    name: 'resolve-target',
    seeds: [sshConfig.replace(/^Include.*\n/, ''), targetConfig, ...corpusOf('resolve-target')],
    words: ['Host ', '=', '"', '#', 'ProxyJump ', '@', '%h', '%%', '${HOME}', 'Match ', 'none'],
    weight: 0.02,
    most: 1024 * 1024,
    // Three machines, each of which the whole file is read for.
    mostMs: 3000,
    pumpLength: 64 * 1024,
    read: (input) => resolveIn(input),
  },
  {
    name: 'key-file',
    most: 1024 * 1024,
    seeds: [...keys, ...corpusOf('key-file')],
    words: ['-----BEGIN ', 'PRIVATE KEY-----', '-----END ', 'DEK-Info: '],
    weight: 0.06,
    read: (input) => {
      const key = keyFileOf(ssh2, '/home/me/key', Buffer.from(input, 'latin1'));
      if (key.state === 'unusable') must(key.error.message.length < 3000, 'an error without end');
    },
  },
  {
    name: 'messages',
    seeds: [...pageMessages, ...corpusOf('messages')],
    words: ['"type":', '"version":1', '"model":{', '[]', 'null'],
    weight: 2,
    read: (input) => {
      let data: unknown = input;
      try {
        data = JSON.parse(input);
      } catch {
        // Then it comes as a text.
      }
      for (const read of [readPageMessage, readTrendPage, readPreparationPage]) {
        const { status } = read(data);
        must(status === 'ok' || status === 'dropped', 'neither taken nor dropped');
      }
      readHostMessage(data, protocolVersion);
      readRasterRequest(data);
      readTrendMessage(data, 1);
      readPreparationMessage(data, 1);
      trendPlaceSchema.safeParse(data);
    },
  },
];

/** The small experiment, with one text in every place that can come from outside. */
function filledWith(text: string): Experiment {
  const guests = ['a', 'b'].map((letter, index) => ({
    name: `${letter}${text}`,
    host: text,
    facts: facts(index === 0 ? 'PV' : 'PVHVM', {
      kernel: text,
      hostname: text,
      distribution: text,
      cpuModel: text,
      rootDisk: text,
      mitigations: { [text]: text },
      mode: { mode: index === 0 ? 'PV' : 'PVHVM', confidence: 'certain', because: [text] },
    }),
  }));
  const [baseline = '', candidate = ''] = guests.map(({ name }) => name);
  const values = { [baseline]: [1, 1.1, 'failed' as const], [candidate]: [2, 2.1, 2.05] };
  const made = experiment({
    label: text,
    guests,
    workloads: [
      { benchmark: text, blocks: 3, metrics: [{ id: text, unit: text, better: 'higher', values }] },
    ],
    notes: [text],
    setAside: [{ guest: baseline, benchmark: text, reason: text }],
    ended: { at: '2026-11-22T23:00:00.000Z', reason: 'stopped', message: text },
  });
  const trials = made.trials.map((trial) => ({
    ...trial,
    stdout: text,
    stderr: text,
    measurements: trial.measurements.map((one) => ({ ...one, title: text })),
    ...(trial.reason === undefined ? {} : { reason: text }),
    ...(trial.status === 'ok' ? { failed: [{ test: text, error: text }] } : {}),
  }));
  const benchmarks = made.plan.benchmarks.map((ref) => ({ ...ref, title: text, parameters: { x: text } }));
  return { ...made, trials, plan: { ...made.plan, benchmarks } };
}
