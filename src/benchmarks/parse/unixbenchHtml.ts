import { NoResult } from './judgement';

const heading = /<h3>\s*Benchmark Run: [^<]{0,80}?(\d{1,4}) parallel process/;

/** Whether a text is the report of UnixBench as a page. */
export const isUnixbenchHtml = (text: string): boolean =>
  /<html|<!DOCTYPE/i.test(text.slice(0, 4096)) && /<h3>\s*Benchmark Run: /.test(text);

interface Table {
  readonly category: string;
  readonly results: string[];
  readonly indexes: string[];
  score: string | undefined;
}

/** The report of UnixBench as text, from the page that it writes beside it. @throws NoResult for a page that is cut. */
export function unixbenchText(html: string): string {
  if (!/<\/html>/i.test(html.slice(-4096))) throw new NoResult('the page of UnixBench has no end: it is cut');
  const [, ...runs] = html.split(/(?=<h3>\s*Benchmark Run: )/);
  return ['BYTE UNIX Benchmarks (Version as a page)', ...runs.flatMap((run) => runLines(run)), ''].join('\n');
}

function runLines(run: string): readonly string[] {
  const copies = heading.exec(run.slice(0, 400))?.[1];
  if (copies === undefined)
    throw new NoResult(`no number of processes in "${plain(run.slice(0, 80))}" of the page of UnixBench`);
  const [, ...parts] = run.split('<h4>');
  const tables = parts.map((part) => tableOf(part));
  return [
    'Benchmark Run: from a page',
    `1 CPU in system; running ${copies} parallel copies of tests`,
    ...tables.flatMap(({ results }) => results),
    ...tables.flatMap(({ category, indexes, score = '' }) => {
      if (score === '')
        return indexes.length === 0 ? [] : [`${category} Index Values  BASELINE  RESULT  INDEX`];
      const isPartial = score.startsWith('partial ');
      return [
        `${category} ${isPartial ? 'Partial Index' : 'Index Values'}  BASELINE  RESULT  INDEX`,
        ...indexes,
        '  ========',
        `${category} Index Score${isPartial ? ' (Partial Only)' : ''}  ${score.replace('partial ', '')}`,
      ];
    }),
  ];
}

function tableOf(part: string): Table {
  const category = /^[\w -]{1,60}?(?= *(?:—|<|&|\u00e2))/.exec(part)?.[0] ?? plain(part.slice(0, 60));
  const table: Table = { category, results: [], indexes: [], score: undefined };
  const [, ...rows] = part.split('<tr');
  for (const row of rows) {
    const cells = row
      .split('<td')
      .slice(1)
      .map((cell) => plain(cell.slice(cell.indexOf('>') + 1)));
    const [name = '', score = '', unit = '', time = '', iterations = '', baseline, index] = cells;
    if (cells.length === 2 && name.includes('Index Score'))
      table.score = `${name.includes('(Partial Only)') ? 'partial ' : ''}${score}`;
    if (cells.length < 5) continue;
    table.results.push(`${name}  ${score} ${unit} (${time}, ${iterations} samples)`);
    if (baseline !== undefined && index !== undefined)
      table.indexes.push(`${name}  ${baseline}  ${score}  ${index}`);
  }
  return table;
}

/** Without tags. */
const plain = (html: string): string =>
  html
    .slice(0, 400)
    .replace(/<[^<>]{0,80}>/g, '')
    .replace(/[<\n][^]*$/, '')
    .trim();
