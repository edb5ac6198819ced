import { benchmarksOf } from '../benchmarks/own';
import type { BenchmarkRef, CpuUse, Experiment, TrialRecord } from '../model/experiment';
import type { Facts } from '../model/guest';
import { UserError } from '../model/userError';
import { startFacts } from './facts';
import { formatPercent } from './format';
import { metricsOf, type MetricInfo } from './metrics';

/** The longest texts that the schema of result files allows. */
const longestTitle = 126;
const longestTestTitle = 50;
const longestIdentifier = 128;

/**
 * The experiment as a `composite.xml` that the Phoronix Test Suite opens: guests are its systems, each metric is a
 * result with every compared trial's value. What has no place there is lost: warm-ups, which trials are pairs, and so
 * the intervals. @throws UserError when nothing was planned.
 */
export function toPhoronixXml(e: Experiment): string {
  const metrics = metricsOf([e], benchmarksOf(e.lab));
  if (metrics.length === 0 || e.plan.guests.length === 0)
    throw new UserError('There is nothing to export: this experiment has no guests or no workloads.');
  const names = systemNames(e);
  const trials = comparedTrials(e);
  const results = metrics.map((metric) => resultXml(e, metric, names, trials));
  const systems = e.plan.guests.map(({ name }) => systemXml(e, name, names.get(name) ?? name));
  const description =
    'Measured by Guestbench. Which trials were made side by side is not kept in this format, so no interval can be computed from it.';
  const generated = element('Generated', [
    text('Title', clip(e.label === '' ? 'Guestbench' : e.label, longestTitle)),
    text('LastModified', timeText(e.ended?.at ?? e.startedAt)),
    text('TestClient', `Guestbench ${e.guestbench}`),
    text('Description', description),
    text('Notes', e.notes.join(' ')),
    text('InternalTags', ''),
    text('ReferenceID', ''),
    text('PreSetEnvironmentVariables', ''),
  ]);
  const root = element('PhoronixTestSuite', [generated, ...systems, ...results]);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}\n`;
}

function element(name: string, children: readonly string[]): string {
  const inner = children.map((child) => child.replace(/^/gm, '  ')).join('\n');
  return `<${name}>\n${inner}\n</${name}>`;
}

/** Line breaks become blanks: the format has none inside its fields. */
function text(name: string, value: string): string {
  const safe = value
    .replace(/\s+/g, ' ')
    .trim()
    // What XML cannot hold, even escaped.
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;');
  return `<${name}>${safe}</${name}>`;
}

/** Never cuts a character in two. */
const clip = (value: string, length: number): string =>
  value.length <= length ? value : `${value.slice(0, length - 1).replace(/[\ud800-\udbff]$/, '')}…`;

/** The format's times have no zone: UTC. */
const timeText = (iso: string): string => new Date(iso).toISOString().slice(0, 19).replace('T', ' ');

/** Each guest's name with its mode; the suite strips what looks like markup from some places, but not from others. */
function systemNames(e: Experiment): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  return new Map(
    e.plan.guests.map(({ name }) => {
      const mode = startFacts(e, name)?.mode.mode ?? 'unknown';
      const plain = name.replace(/\s+/g, ' ').replace(/</g, '‹').replace(/>/g, '›').trim();
      const words = clip(plain === '' ? 'guest' : plain, longestIdentifier - 30);
      const base = mode === 'unknown' ? words : `${words} (${mode})`;
      let own = base;
      for (let copy = 2; taken.has(own); copy++) own = `${base} #${copy}`;
      taken.add(own);
      return [name, own];
    }),
  );
}

/** The last attempt of each trial that is no warm-up, in the order of the rounds. */
function comparedTrials(e: Experiment): readonly TrialRecord[] {
  const last = new Map(e.trials.map((record) => [record.trial.id, record]));
  return [...last.values()]
    .filter(({ trial }) => !trial.warmup)
    .sort((a, b) => a.trial.block - b.trial.block);
}

function systemXml(e: Experiment, guest: string, name: string): string {
  const facts = startFacts(e, guest);
  const security = Object.entries(facts?.mitigations ?? {}).map(([key, state]) => `${key}: ${state}`);
  return element('System', [
    text('Identifier', name),
    text('Hardware', hardwareOf(facts)),
    text('Software', softwareOf(facts)),
    text('User', 'guestbench'),
    text('TimeStamp', timeText(e.startedAt)),
    text('TestClientVersion', `Guestbench ${e.guestbench}`),
    text('Notes', facts === undefined ? '' : `Virtualization mode: ${facts.mode.mode}`),
    ...(security.length === 0 ? [] : [text('JSON', JSON.stringify({ security: security.join(' + ') }))]),
  ]);
}

/** "Key: value, Key: value": a comma inside a value would end it. */
function listOf(entries: readonly (readonly [string, string | undefined])[]): string {
  return entries
    .flatMap(([key, value]) =>
      value === undefined || value.trim() === '' ? [] : [`${key}: ${value.replace(/, /g, '; ')}`],
    )
    .join(', ');
}

function hardwareOf(facts: Facts | undefined): string {
  if (facts === undefined) return '';
  const { cpuModel = 'Unknown', vcpus, memoryBytes, rootDisk } = facts;
  const cores = vcpus === undefined ? '' : ` (${vcpus} Core${vcpus === 1 ? '' : 's'})`;
  return listOf([
    ['Processor', `${cpuModel}${cores}`],
    ['Memory', memoryBytes === undefined ? undefined : `${Math.round(memoryBytes / 2 ** 20)}MB`],
    ['Disk', rootDisk],
  ]);
}

function softwareOf(facts: Facts | undefined): string {
  if (facts === undefined) return '';
  const { distribution, kernel, architecture, rootFilesystem, hypervisor, hypervisorVersion, mode } = facts;
  const arch = architecture === undefined ? '' : ` (${architecture})`;
  const layer = [hypervisor, hypervisorVersion, mode.mode === 'unknown' ? undefined : mode.mode];
  return listOf([
    ['OS', distribution],
    ['Kernel', kernel === undefined ? undefined : `${kernel}${arch}`],
    ['File-System', rootFilesystem],
    ['System Layer', layer.filter((part) => part !== undefined).join(' ')],
  ]);
}

function resultXml(
  e: Experiment,
  metric: MetricInfo,
  names: ReadonlyMap<string, string>,
  trials: readonly TrialRecord[],
): string {
  const ref = e.plan.benchmarks.find(({ id }) => id === metric.benchmark);
  const own = trials.filter(({ trial }) => trial.benchmark === metric.benchmark);
  const entries = e.plan.guests.map(({ name }) =>
    entryXml(
      names.get(name) ?? name,
      metric,
      own.filter(({ trial }) => trial.guest === name),
      e.setAside.find(({ guest, benchmark }) => guest === name && benchmark === metric.benchmark)?.reason,
    ),
  );
  const failed = own.filter(({ status }) => status !== 'ok' && status !== 'running').length;
  const title = metric.benchmarkTitle.length < 2 ? `${metric.benchmarkTitle} test` : metric.benchmarkTitle;
  return element('Result', [
    text('Identifier', `guestbench/${metric.benchmark}`),
    text('Title', clip(title, longestTestTitle)),
    text('AppVersion', ''),
    text('Arguments', argumentsOf(ref)),
    text('Description', metric.title),
    text('Scale', metric.unit === '' ? 'units' : metric.unit),
    text('Proportion', { higher: 'HIB', lower: 'LIB', none: 'ABSTRACT' }[metric.better]),
    text('DisplayFormat', 'BAR_GRAPH'),
    ...annotation([
      ...(failed === 0 ? [] : [`${failed} of ${own.length} trials gave no figure.`]),
      ...e.plan.guests.flatMap(({ name }) =>
        loadText(
          names.get(name) ?? name,
          own.filter(({ trial }) => trial.guest === name),
        ),
      ),
    ]),
    element('Data', entries),
  ]);
}

const annotation = (sentences: readonly string[]): readonly string[] =>
  sentences.length === 0 ? [] : [text('Annotation', sentences.join(' '))];

/** The format has a place for sentences alone: means over the trials, in percent of the guest's CPU time. */
function loadText(name: string, trials: readonly TrialRecord[]): readonly string[] {
  const used = trials.flatMap(({ status, cpu }) => (status === 'ok' && cpu !== undefined ? [cpu] : []));
  if (used.length === 0) return [];
  const mean = (of: (cpu: CpuUse) => number): string =>
    formatPercent(used.reduce((sum, cpu) => sum + of(cpu), 0) / used.length);
  const shares = `user ${mean((cpu) => cpu.userPercent)}, system ${mean((cpu) => cpu.systemPercent)}, I/O wait ${mean((cpu) => cpu.iowaitPercent)}, steal ${mean((cpu) => cpu.stealPercent)}`;
  return [`CPU of ${name}: ${shares}.`];
}

/** What tells this workload from others of the same benchmark; never empty, so that its metrics stay together. */
function argumentsOf(ref: BenchmarkRef | undefined): string {
  const words = Object.entries(ref?.parameters ?? {}).map(([name, value]) => `${name}=${String(value)}`);
  return words.length === 0 ? 'default' : words.join(' ');
}

function entryXml(
  name: string,
  metric: MetricInfo,
  trials: readonly TrialRecord[],
  setAside: string | undefined,
): string {
  const runs = trials.flatMap((record) => {
    const value = record.measurements.find(({ id }) => id === metric.metric)?.value;
    return record.status === 'ok' && value !== undefined && Number.isFinite(value) ? [{ record, value }] : [];
  });
  if (runs.length === 0) {
    const why = trials.find(({ reason }) => reason !== undefined)?.reason;
    const error = setAside ?? why ?? 'The trials gave no such figure.';
    return element('Entry', [
      text('Identifier', name),
      text('Value', ''),
      text('RawString', ''),
      text('JSON', JSON.stringify({ error })),
    ]);
  }
  const cells = runs.map(({ value }) => decimal(value));
  const places = Math.max(...cells.map((cell) => cell.split('.')[1]?.length ?? 0));
  const mean = runs.reduce((sum, { value }) => sum + value, 0) / runs.length;
  const seconds = runs.map(({ record }) => record.durationMs).filter((ms) => ms !== undefined);
  const times = seconds.map((ms) => (ms / 1000).toFixed(2)).join(':');
  return element('Entry', [
    text('Identifier', name),
    text('Value', decimal(Number(mean.toFixed(Math.min(places, 20))))),
    text('RawString', cells.join(':')),
    ...(seconds.length === runs.length ? [text('JSON', JSON.stringify({ 'test-run-times': times }))] : []),
  ]);
}

/** Without an exponent: the suite reads runs as plain decimals. */
function decimal(value: number): string {
  const short = String(value);
  return /e/.test(short) ? value.toFixed(20).replace(/\.?0+$/, '') || '0' : short;
}
