import type { Direction } from '../../model/experiment';
import { parseJson } from '../../model/nesting';
import { NoResult } from './judgement';
import { readXml, type Element } from './xmlTree';

/** What is said of a test that left neither a figure nor an error. */
export const noFigure = 'The test run did not produce a result.';

/** The root of a result file of the Phoronix Test Suite. @throws NoResult */
export function readCompositeXml(xml: string, file: string): Element {
  const root = readXml(xml, file);
  if (root.name === 'PhoronixTestSuite') return root;
  throw new NoResult(`${file}, line ${root.line}: expected <PhoronixTestSuite>, found <${root.name}>`);
}

export const childrenOf = (element: Element, name: string): readonly Element[] =>
  element.children.filter((child) => child.name === name);

/** The text of a child element; absent is empty. @throws NoResult: two are a damaged file. */
export function textOf(element: Element, name: string, file: string): string {
  const [first, second] = childrenOf(element, name);
  if (second !== undefined)
    throw new NoResult(`${file}, line ${second.line}: <${name}> a second time; expected it once`);
  if (first !== undefined && first.children.length > 0)
    throw new NoResult(`${file}, line ${first.line}: expected only text in <${name}>`);
  return first?.text.trim() ?? '';
}

export const entriesOf = (result: Element): readonly Element[] =>
  childrenOf(result, 'Data').flatMap((data) => childrenOf(data, 'Entry'));

/** <Proportion>: higher or lower is better; anything else says neither. */
export const betterOf = (proportion: string): Direction =>
  proportion === 'HIB' ? 'higher' : proportion === 'LIB' ? 'lower' : 'none';

/** "pts/compress-7zip-1.10.0" is "pts/compress-7zip". */
export const withoutVersion = (test: string): string => test.replace(/-\d[\d.]*$/, '');

export const testName = (title: string, description: string): string =>
  [title, description].filter((part) => part !== '').join(', ');

/** "Test: Compression Rating" is "Compression Rating"; several choices keep their names, which tell them apart. */
export function choicesOf(description: string): string {
  const choices = description.split(' - ');
  return choices.length > 1 ? choices.join(', ') : choiceOf(description);
}

/** "Test: Compression Rating" is "Compression Rating". */
export const choiceOf = (part: string): string =>
  part.slice(part.indexOf(': ') < 0 ? 0 : part.indexOf(': ') + 2);

/** What an entry's <JSON> says of its runs; `damaged`: it is no JSON. */
export type EntryDetails =
  | { readonly status: 'read'; readonly error?: string; readonly secondsOfRuns: readonly number[] }
  | { readonly status: 'damaged' };

export function detailsOf(json: string): EntryDetails {
  if (json === '') return { status: 'read', secondsOfRuns: [] };
  let value: unknown;
  try {
    value = parseJson(json);
  } catch {
    return { status: 'damaged' };
  }
  const field = (name: string) =>
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  const [error, times] = [field('error'), field('test-run-times')];
  const seconds = typeof times === 'string' ? times.split(':').map(Number) : [];
  return {
    status: 'read',
    secondsOfRuns: seconds.every((one) => Number.isFinite(one) && one >= 0) ? seconds : [],
    ...(typeof error === 'string' && error !== '' ? { error } : {}),
  };
}
