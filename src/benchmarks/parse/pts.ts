import type { Direction, Measurement } from '../../model/experiment';
import type { ParsedOutput, TrialOutput } from '../benchmark';
import { completeLines, judge, mustAgree, NoResult, type Found } from './judgement';
import { readXml, type Element } from './xmlTree';

/** phoronix-test-suite exits with 0 whatever happens: its result file decides, and without one its messages. */
export function parsePts(output: TrialOutput): ParsedOutput {
  return judge(output, { command: 'phoronix-test-suite', exitStatus: 'saysNothing' }, () => {
    const [name, xml] = [...output.files].find(([file]) => /(?:^|\/)composite\.xml$/.test(file)) ?? [];
    if (name === undefined || xml === undefined) throw new NoResult(messageOf(output));
    return readResults(readXml(xml, name), name);
  });
}

const messages: readonly RegExp[] = [
  /batch mode must first be configured/,
  /Downloading of needed test files failed/,
  /is not installed/,
  /did not produce a result/,
  /\[(?:PROBLEM|ERROR)\] /,
  /\[NOTICE\] /,
];

function messageOf(output: TrialOutput): string {
  const terminal = [...output.files]
    .filter(([file]) => file.endsWith('terminal.txt'))
    .map(([, text]) => text);
  const lines = completeLines([output.stdout, output.stderr, ...terminal, ''].join('\n'));
  for (const pattern of messages) {
    const index = lines.findIndex(({ text }) => pattern.test(text));
    if (index < 0) continue;
    // The installer names the test in a line of its own, some lines before what it says of it.
    const heading = lines
      .slice(Math.max(0, index - 12), index)
      .findLast(({ text }) => /^ {4}[\w.-]+\/[\w.-]+:$/.test(text));
    const test = heading === undefined ? '' : ` (${heading.text.trim().slice(0, -1)})`;
    const line = lines[index];
    return `no composite.xml: line ${line?.number ?? 0}: ${line?.text.trim() ?? ''}${test}`;
  }
  return 'no composite.xml: expected the result file of phoronix-test-suite';
}

function readResults(root: Element, file: string): Found {
  if (root.name !== 'PhoronixTestSuite')
    throw new NoResult(`${file}: expected <PhoronixTestSuite>, found <${root.name}>`);
  const failed: { test: string; error: string }[] = [];
  const found: { readonly metric: Omit<Measurement, 'id'>; readonly ids: readonly string[] }[] = [];
  for (const result of root.children.filter(({ name }) => name === 'Result')) {
    const field = (name: string) => only(result, name, file).trim();
    // Monitors (temperature, load) have no identifier; what is not measured has no value by design.
    if (field('Identifier') === '' || field('DisplayFormat') === 'NO_RESULT') continue;
    const data = result.children.filter(({ name }) => name === 'Data');
    const entries = data.flatMap(({ children }) => children.filter(({ name }) => name === 'Entry'));
    const [entry, more] = entries;
    if (entry === undefined || more !== undefined) {
      throw new NoResult(
        `${file}, line ${result.line}: expected one entry, found ${entries.length}: not one run's result`,
      );
    }
    const test = [field('Title'), field('Description')].filter((part) => part !== '').join(', ');
    const value = only(entry, 'Value', file).trim();
    const error = errorOf(only(entry, 'JSON', file));
    if (error !== undefined || value === '') {
      failed.push({ test, error: error ?? 'The test run did not produce a result.' });
      continue;
    }
    const proportion = field('Proportion');
    const better: Direction = proportion === 'HIB' ? 'higher' : proportion === 'LIB' ? 'lower' : 'none';
    const where = `${file}, line ${entry.line}: ${test}`;
    const figure = number(value, where);
    const samples = only(entry, 'RawString', file).trim();
    const runs = samples === '' ? [] : samples.split(':').map((run) => number(run, where));
    if (runs.length > 0) {
      const mean = runs.reduce((sum, run) => sum + run, 0) / runs.length;
      const places = Math.min(
        ...[value, ...samples.split(':')].map((text) => text.split('.')[1]?.length ?? 0),
      );
      mustAgree(`${where}: the mean`, figure, mean, 0.51 * 10 ** -places + mean * 1e-6);
    }
    const metric = {
      value: figure,
      unit: field('Scale'),
      better,
      ...(runs.length > 0 ? { samples: runs } : {}),
    };
    found.push({
      metric,
      ids: idsFor(field('Description'), field('Title'), field('Scale'), field('Identifier')),
    });
  }
  const [first] = failed;
  if (found.length === 0 && first !== undefined) {
    throw new NoResult(`${failed.length} of ${failed.length} tests failed; ${first.test}: ${first.error}`);
  }
  return { metrics: withIds(found, file), failed };
}

/** The text of a child element; absent is empty, and two are a damaged file. */
function only(element: Element, name: string, file: string): string {
  const [first, second] = element.children.filter((child) => child.name === name);
  if (second !== undefined)
    throw new NoResult(`${file}, line ${second.line}: <${name}> a second time; expected it once`);
  if (first !== undefined && first.children.length > 0) {
    throw new NoResult(`${file}, line ${first.line}: expected only text in <${name}>`);
  }
  return first?.text ?? '';
}

function number(text: string, where: string): number {
  if (!/^\d{1,15}(?:\.\d{1,15})?$/.test(text) || Number(text) <= 0) {
    throw new NoResult(`${where}: expected a number above nought, found "${text.slice(0, 80)}"`);
  }
  return Number(text);
}

function errorOf(json: string): string | undefined {
  if (json.trim() === '') return undefined;
  try {
    const value: unknown = JSON.parse(json);
    const error = typeof value === 'object' && value !== null && 'error' in value ? value.error : undefined;
    return typeof error === 'string' && error !== '' ? error : undefined;
  } catch {
    return `its <JSON> is damaged: ${json.trim().slice(0, 80)}`;
  }
}

/** "Test: Compression Rating" gives compression_rating; where that is not unique, scale and test are added. */
function idsFor(description: string, title: string, scale: string, identifier: string): readonly string[] {
  const choices = description
    .split(' - ')
    .map((part) => part.slice(part.indexOf(': ') < 0 ? 0 : part.indexOf(': ') + 2));
  const short = slug(choices.join(' ')) || slug(title) || 'result';
  return [`pts.${short}`, `pts.${short}.${slug(scale)}`, `pts.${short}.${slug(scale)}.${slug(identifier)}`];
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '');
}

function withIds(
  found: readonly { readonly metric: Omit<Measurement, 'id'>; readonly ids: readonly string[] }[],
  file: string,
): readonly Measurement[] {
  const count = new Map<string, number>();
  for (const { ids } of found) for (const id of new Set(ids)) count.set(id, (count.get(id) ?? 0) + 1);
  return found.map(({ metric, ids }) => {
    const id = ids.find((candidate) => count.get(candidate) === 1);
    if (id === undefined) throw new NoResult(`${file}: two results are both "${ids[0] ?? ''}"`);
    return { id, ...metric };
  });
}
