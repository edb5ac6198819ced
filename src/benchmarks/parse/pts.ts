import type { Direction, Measurement } from '../../model/experiment';
import type { ParsedOutput, TrialOutput } from '../benchmark';
import {
  betterOf,
  childrenOf,
  choiceOf,
  choicesOf,
  detailsOf,
  entriesOf,
  noFigure,
  readCompositeXml,
  testName,
  textOf,
  withoutVersion,
} from './compositeXml';
import { completeLines, judge, LeftOut, mustAgree, NoResult, type Found, type Missing } from './judgement';
import type { Element } from './xmlTree';

/** phoronix-test-suite exits with 0 whatever happens: its result file decides, and without one its messages. */
export function parsePts(output: TrialOutput): ParsedOutput {
  return judge(output, { command: 'phoronix-test-suite', exitStatus: 'saysNothing' }, () => {
    const [name, xml] = [...output.files].find(([file]) => /(?:^|\/)composite\.xml$/.test(file)) ?? [];
    if (name === undefined || xml === undefined) throw new NoResult(messageOf(output));
    return readResults(readCompositeXml(xml, name), name, planOf(output.stdout));
  });
}

/** What was asked for, as the run script says before it starts; nothing of a run that was not ours. */
interface Plan {
  /** Names of tests with their versions. */
  readonly tests: readonly string[];
  readonly options: readonly Option[];
}

interface Option {
  /** The test, without its version. */
  readonly test: string;
  /** What people call the option, and the choice. */
  readonly title: string;
  readonly choice: string;
  /** What the choice puts on the command line. */
  readonly argument: string;
}

function planOf(stdout: string): Plan {
  const said = (key: string) =>
    completeLines(stdout).flatMap(({ text }) =>
      text.startsWith(`guestbench: ${key}=`) ? [text.slice(`guestbench: ${key}=`.length)] : [],
    );
  return {
    tests: said('test'),
    options: said('option').map((line) => {
      const [test = '', title = '', choice = '', argument = ''] = line.split('|');
      return { test, title, choice, argument };
    }),
  };
}

/** Our runs write into the result file how many tests and options there are: none may be lost on the way. */
function mustBeWhole({ tests, options }: Plan, root: Element, file: string): void {
  const titles = within([root], 'Generated', 'Title').map((text) => /^guestbench-(\d+x\d+)-/.exec(text)?.[1]);
  const names = [
    ...within([root], 'System', 'Identifier'),
    ...within([root], 'Result', 'Data', 'Entry', 'Identifier'),
  ].map((text) => /^guest-(\d+x\d+)$/.exec(text)?.[1]);
  const sizes = new Set([...titles, ...names]);
  if (sizes.size === 1 && sizes.has(undefined) && tests.length + options.length === 0) return;
  const all = tests.map(withoutVersion);
  const isWhole = sizes.size === 1 && sizes.has(`${tests.length}x${options.length}`);
  if (isWhole && options.every(({ test }) => all.includes(test))) return;
  throw new NoResult(
    `${file} is not of the run that was planned: expected its title and systems to name ${tests.length}x${options.length} tests and options, found ${[...sizes].join(', ')}`,
  );
}

/** The texts of the elements at that path. */
function within(from: readonly Element[], ...path: readonly string[]): readonly string[] {
  return path
    .reduce((all, name) => all.flatMap((element) => childrenOf(element, name)), from)
    .map(({ text }) => text.trim());
}

/** A wrong choice makes phoronix-test-suite run another one without a word: what ran is compared with what was asked. */
function mustBeAsked(options: readonly Option[], result: (name: string) => string, where: string): void {
  const test = withoutVersion(result('Identifier'));
  const description = ` - ${result('Description')} - `;
  for (const { title, choice, argument } of options.filter((option) => option.test === test)) {
    if (description.includes(` - ${title}: ${choice} - `)) continue;
    const start = description.indexOf(` - ${title}: `);
    const ran = start < 0 ? undefined : description.slice(start + title.length + 5).split(' - ')[0];
    if (ran === undefined && ` ${result('Arguments')} `.includes(` ${argument} `)) continue;
    const instead = ran === undefined ? `ran "${result('Description')}"` : `ran "${ran}"`;
    throw new NoResult(`${where}: asked for "${choice}" as ${title}, ${instead}`);
  }
}

const messages: readonly RegExp[] = [
  /batch mode must first be configured/,
  /Downloading of needed test files failed/,
  /is not installed/,
  /PHP Fatal error/,
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

function readResults(root: Element, file: string, plan: Plan): Found {
  mustBeWhole(plan, root, file);
  const failed: Missing[] = [];
  const unusable = new LeftOut();
  /** Also of what failed: whether an id is unique must not hang on what fails where. */
  const everyId: (readonly string[])[] = [];
  const found: { readonly metric: Omit<Measurement, 'id'>; readonly ids: readonly string[] }[] = [];
  /** What has run, and of which runs there is a figure that is tested. */
  const [ran, tested] = [new Set<string>(), new Set<string>()];
  for (const result of childrenOf(root, 'Result')) {
    const field = (name: string) => textOf(result, name, file);
    // Monitors (temperature, load) have no identifier; what is not measured has no value by design.
    if (field('Identifier') === '' || field('DisplayFormat') === 'NO_RESULT') continue;
    const entries = entriesOf(result);
    const [entry, more] = entries;
    if (entry === undefined || more !== undefined) {
      throw new NoResult(
        `${file}, line ${result.line}: expected one entry, found ${entries.length}: not one run's result`,
      );
    }
    const test = testName(field('Title'), field('Description'));
    ran.add(withoutVersion(field('Identifier')));
    mustBeAsked(plan.options, field, `${file}, line ${result.line}`);
    const value = textOf(entry, 'Value', file);
    const error = errorOf(textOf(entry, 'JSON', file));
    const ids = idsFor(field('Description'), field('Title'), field('Scale'), field('Identifier'));
    everyId.push(ids);
    const better = betterOf(field('Proportion'));
    // One run can give several figures (requests and bytes of fio): the first is tested, also where it is missing.
    const run = `${field('Identifier')}\n${field('Arguments')}`;
    const primary = better !== 'none' && !tested.has(run);
    if (primary) tested.add(run);
    if (error !== undefined || value === '') {
      failed.push({ test, error: error ?? noFigure });
      continue;
    }
    const where = `${file}, line ${entry.line}: ${test}`;
    const samples = textOf(entry, 'RawString', file);
    const [read] = unusable.unless(test, () => figureOf(value, samples, better, where));
    if (read === undefined) continue;
    const { figure, runs } = read;
    const metric = {
      value: figure,
      unit: field('Scale'),
      better,
      title: [field('Title'), choicesOf(field('Description'))].filter((part) => part !== '').join(': '),
      primary,
      ...(runs.length > 0 ? { samples: runs } : {}),
    };
    found.push({ metric, ids });
  }
  for (const test of plan.tests.filter((name) => !ran.has(withoutVersion(name)))) {
    failed.push({ test, error: 'It is not among the results: it did not run.' });
  }
  failed.push(...unusable.list);
  const [first] = failed;
  if (found.length === 0 && first !== undefined) {
    throw new NoResult(`${failed.length} of ${failed.length} tests failed; ${first.test}: ${first.error}`);
  }
  return { metrics: withIds(found, everyId, file), failed };
}

/** @throws NoResult when it cannot be compared, or is not the mean of its runs. */
function figureOf(value: string, samples: string, better: Direction, where: string) {
  const cells = samples === '' ? [] : samples.split(':');
  const figure = number(value, better, where);
  const runs = cells.map((run) => number(run, better, where));
  if (runs.length > 0) {
    const mean = runs.reduce((sum, run) => sum + run, 0) / runs.length;
    const places = Math.min(...[value, ...cells].map((text) => text.split('.')[1]?.length ?? 0));
    mustAgree(`${where}: the mean`, figure, mean, 0.51 * 10 ** -places + mean * 1e-6);
  }
  return { figure, runs };
}

/** Nought is a figure where nothing is compared. */
function number(text: string, better: Direction, where: string): number {
  const value = /^\d{1,15}(?:\.\d{1,15})?$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0 || (value === 0 && better === 'none')) return value;
  throw new NoResult(`${where}: expected a number above nought, found "${text.slice(0, 80)}"`);
}

function errorOf(json: string): string | undefined {
  const details = detailsOf(json);
  return details.status === 'read' ? details.error : `its <JSON> is damaged: ${json.slice(0, 80)}`;
}

/** "Test: Compression Rating" gives compression_rating; where that is not unique, scale and test are added. */
function idsFor(description: string, title: string, scale: string, identifier: string): readonly string[] {
  const choices = description.split(' - ').map(choiceOf);
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
  everyId: readonly (readonly string[])[],
  file: string,
): readonly Measurement[] {
  const count = new Map<string, number>();
  for (const ids of everyId) for (const id of new Set(ids)) count.set(id, (count.get(id) ?? 0) + 1);
  return found.map(({ metric, ids }) => {
    const id = ids.find((candidate) => count.get(candidate) === 1);
    if (id === undefined) throw new NoResult(`${file}: two results are both "${ids[0] ?? ''}"`);
    return { id, ...metric };
  });
}
