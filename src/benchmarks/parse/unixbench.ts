import type { Measurement } from '../../model/experiment';
import type { ParsedOutput, TrialOutput } from '../benchmark';
import { completeLines, judge, mustAgree, NoResult, positive, type Line, type Missing } from './judgement';
import { isUnixbenchHtml, unixbenchText } from './unixbenchHtml';

interface Section {
  readonly line: Line;
  copies: number;
  readonly results: Map<string, { readonly score: number; readonly unit: string }>;
  readonly indexes: Map<string, number>;
  /** Sections of other tests: graphics, and those without an index. */
  readonly others: Set<string>;
  partial: boolean;
  state: 'results' | 'indexes' | 'score' | 'other' | 'between';
  score: number | undefined;
}

/** The twelve tests of a full index: the names that `Run` takes, and those that its report prints. */
export const unixbenchTests = {
  dhry2reg: 'Dhrystone 2 using register variables',
  'whetstone-double': 'Double-Precision Whetstone',
  execl: 'Execl Throughput',
  fstime: 'File Copy 1024 bufsize 2000 maxblocks',
  fsbuffer: 'File Copy 256 bufsize 500 maxblocks',
  fsdisk: 'File Copy 4096 bufsize 8000 maxblocks',
  pipe: 'Pipe Throughput',
  context1: 'Pipe-based Context Switching',
  spawn: 'Process Creation',
  shell1: 'Shell Scripts (1 concurrent)',
  shell8: 'Shell Scripts (8 concurrent)',
  syscall: 'System Call Overhead',
} as const;

/** The report of UnixBench 5 and 6, from its file or, without one, from the end of its standard output. */
export function parseUnixbench(output: TrialOutput): ParsedOutput {
  return judgeReport(output, (sections) =>
    sections.flatMap(({ partial, copies, score }): readonly Measurement[] =>
      score === undefined
        ? []
        : [
            {
              id: `unixbench.${partial ? 'partial_index' : 'index'}.c${copies}`,
              value: score,
              unit: 'index',
              better: 'higher',
            },
          ],
    ),
  );
}

/**
 * The report of a single pass, whose metrics have the same ids whatever the number of copies: the index of all
 * twelve tests or (another id) that of some, and the score and the index of each test.
 */
export function parseUnixbenchPass(output: TrialOutput): ParsedOutput {
  return judgeReport(output, (sections) => {
    const [section, more] = sections;
    if (section === undefined || more !== undefined)
      throw new NoResult(`expected one pass of UnixBench, found ${sections.length}`);
    const { copies, partial, score, why, results, indexes } = section;
    const identity = (key: string) => new RegExp(`^guestbench: ${key}=(.*)$`, 'm').exec(output.stdout)?.[1];
    const asked = identity('copies')?.trim();
    if (asked !== undefined && asked !== String(copies))
      throw new NoResult(`expected a pass of ${asked} copies, found one of ${copies}`);
    const isOurs = asked !== undefined || identity('tests') !== undefined;
    if (isOurs && why !== undefined) throw new NoResult(why);
    const tests = identity('tests')?.trim() ?? 'all';
    const expected = tests === 'all' ? Object.keys(unixbenchTests) : tests.split(' ');
    const found = Object.entries(unixbenchTests).filter(([, title]) => results.has(title));
    const missing = expected.filter((name) => !found.some(([known]) => known === name));
    if ((tests !== 'all' || !partial) && missing.length > 0)
      throw new NoResult(`no result of ${missing.join(', ')} in the report`);
    if ((isOurs && results.size !== found.length) || (tests !== 'all' && found.length !== expected.length))
      throw new NoResult('the report has results of tests that were not asked for');
    const index = (id: string, value: number | undefined): Measurement[] =>
      value === undefined || value <= 0 ? [] : [{ id, value, unit: 'index', better: 'higher' }];
    return [
      ...index(partial ? 'unixbench.partial_index' : 'unixbench.index', score),
      ...found.flatMap(([name, title]) => {
        const result = results.get(title);
        const own = result && { id: `unixbench.${name}`, value: result.score, unit: result.unit };
        return [
          ...(own === undefined || own.value <= 0 ? [] : [{ ...own, better: 'higher' as const }]),
          ...index(`unixbench.${name}.index`, indexes.get(title)),
        ];
      }),
    ];
  });
}

/** With a score, or why there is none that can be used. */
type WholeSection = Omit<Section, 'score'> & { readonly score: number | undefined; readonly why?: string };

function judgeReport(
  output: TrialOutput,
  metrics: (sections: readonly WholeSection[]) => readonly Measurement[],
): ParsedOutput {
  const rules = {
    command: './Run',
    hints: [
      [/Can't exec "(?:x11perf|make)"/, ''],
      [/Can't locate (\S{1,80}) in @INC/, '$1 missing (a Perl module)'],
      [/unknown test "/, 'unknown test'],
      [/No space left on device/, 'no space left on the disk'],
    ],
  } as const;
  const program = /Can't exec "([^"\n]{1,80})"/.exec(output.stderr)?.[1];
  const hints =
    program === undefined
      ? rules.hints.slice(1)
      : [[/Can't exec "/, `${program} missing`] as const, ...rules.hints.slice(1)];
  return judge(output, { command: rules.command, hints }, () => {
    const printed = completeLines(output.stdout);
    const { name, lines } = report(output, printed);
    const all = readSections(name, lines);
    if (all.length === 0)
      throw new NoResult(`no 'Benchmark Run:' section in ${name}: UnixBench did not finish`);
    const withSystem = all.filter((section) => hasSystem(section));
    if (withSystem.length === 0)
      throw new NoResult(
        `${name} has no index of the system benchmarks${all.some(({ results }) => results.size > 0) ? ', only other tests' : ''}`,
      );
    const sections = withSystem.map((section) => check(name, section));
    const kinds = sections.map(({ copies, partial }) => `${copies} ${String(partial)}`);
    if (new Set(kinds).size !== sections.length) {
      throw new NoResult(`two sections of ${name} have the same number of copies`);
    }
    for (const copies of started(printed)) {
      if (!all.some((section) => section.copies === copies)) {
        throw new NoResult(`tests with ${copies} copies were started, but ${name} has no section for them`);
      }
    }
    const found = metrics(sections);
    const why = sections.find((section) => section.why !== undefined)?.why;
    if (found.length === 0 && why !== undefined) throw new NoResult(why);
    return { metrics: found, leftOut: [...restOf(all), ...unusable(sections)] };
  });
}

const systemTitles: ReadonlySet<string> = new Set(Object.values(unixbenchTests));

/** A pass of the graphics alone, or of more copies than they may have, has nothing of the system. */
const hasSystem = ({ indexes, score, results, copies }: Section): boolean =>
  indexes.size > 0 ||
  score !== undefined ||
  copies === 0 ||
  [...results.keys()].some((title) => systemTitles.has(title));

/** What else the report holds. */
function restOf(sections: readonly Section[]): readonly Missing[] {
  return sections.flatMap((section) => {
    const test = `UnixBench, ${section.copies} ${section.copies === 1 ? 'copy' : 'copies'}`;
    if (section.results.size === 0 && !hasSystem(section))
      return [{ test, error: 'the pass has no results' }];
    const extra = [...section.results.keys()].filter(
      (title) => !section.indexes.has(title) && !systemTitles.has(title),
    );
    const names = [...section.others];
    if (names.length === 0 && extra.length === 0) return [];
    const what = names.length > 0 ? names.join(', ') : `${extra.length} tests without an index`;
    return [{ test, error: `left out: ${what}; only the system benchmarks are read` }];
  });
}

const unusable = (sections: readonly WholeSection[]): readonly Missing[] =>
  sections.flatMap(({ copies, why }) =>
    why === undefined ? [] : [{ test: `index of ${copies} copies`, error: why }],
  );

function report(
  output: TrialOutput,
  printed: readonly Line[],
): { readonly name: string; readonly lines: readonly Line[] } {
  const reports = [...output.files].filter(([, text]) => /^\s*BYTE UNIX Benchmarks \(Version /.test(text));
  const [first, second] = reports;
  if (second !== undefined) throw new NoResult(`expected one report of UnixBench, found ${reports.length}`);
  if (first !== undefined) return { name: `the report ${first[0]}`, lines: completeLines(first[1]) };
  const page = [...output.files].find(([, text]) => isUnixbenchHtml(text));
  if (page !== undefined)
    return { name: `the page ${page[0]}`, lines: completeLines(unixbenchText(page[1])) };
  if (isUnixbenchHtml(output.stdout))
    return { name: 'the page', lines: completeLines(unixbenchText(output.stdout)) };
  return { name: 'the standard output', lines: printed };
}

/** The numbers of copies of which the progress lines (`2 x Pipe Throughput  1 2`) tell. */
function started(lines: readonly Line[]): ReadonlySet<number> {
  const copies = new Set<number>();
  for (const { text } of lines) {
    const match = /^(\d{1,4}) x [A-Z0-9][\w :()-]{3,60}? {2}1(?: \d+)*$/.exec(text);
    if (match !== null) copies.add(Number(match[1]));
  }
  return copies;
}

const resultRow = /^(\S.{2,60}?) +(\d+\.\d) ([A-Za-z]+) +\(\d+\.\d s, \d+ samples?\)$/;
const indexRow = /^(\S.{2,60}?) +(\d+\.\d) +(\d+\.\d) +(\d+\.\d)$/;
const missingRow = /^\S.{2,60}? +(?:\d+\.\d|---) +(?:\d+\.\d|---) +---$/;

const system = 'System Benchmarks';

function notNegative(text: string | undefined, what: string, line: Line): number {
  return text === '0.0' ? 0 : positive(text, what, line, 1);
}

/** What a line is; a pattern is tried on lines with its ending only, as the patterns are slow on what is not theirs. */
function rowsIn(text: string) {
  const ends = (pattern: RegExp, ending: string) => (text.endsWith(ending) ? pattern.exec(text) : null);
  const titled = text.includes(' Benchmarks ') && !text.startsWith(' ');
  return {
    copies: ends(/^\d+ CPUs? in system; running (\d{1,4}) parallel cop(?:y|ies) of tests$/, ' of tests'),
    result: ends(resultRow, ')'),
    header: titled
      ? ends(/^(\w[\w -]{0,40} Benchmarks) (Index Values|Partial Index) +BASELINE +RESULT +INDEX$/, ' INDEX')
      : null,
    index: text.at(-2) === '.' ? indexRow.exec(text) : null,
    score: titled ? /^(\w[\w -]{0,40} Benchmarks) Index Score( \(Partial Only\))? +(\S+)$/.exec(text) : null,
  };
}

function readSections(name: string, lines: readonly Line[]): readonly Section[] {
  const sections: Section[] = [];
  const out = (line: Line) =>
    new NoResult(`line ${line.number} of ${name} is out of order: "${line.text.slice(0, 80)}"`);
  for (const line of lines) {
    const { text } = line;
    const section = sections.at(-1);
    if (text.startsWith('Benchmark Run: ')) {
      const blank = {
        copies: 0,
        results: new Map<string, { readonly score: number; readonly unit: string }>(),
        indexes: new Map<string, number>(),
        others: new Set<string>(),
        partial: false,
        score: undefined,
      };
      sections.push({ line, state: 'results', ...blank });
      continue;
    }
    const { copies, result, header, index, score } = rowsIn(text);
    if (section === undefined) {
      if (copies ?? result ?? header ?? score) throw out(line);
    } else if (copies !== null) {
      if (section.copies !== 0 || section.results.size > 0) throw out(line);
      section.copies = positive(copies[1], 'the number of copies', line, 0);
    } else if (result !== null) {
      if (section.state !== 'results' || section.copies === 0 || section.results.has(result[1] ?? ''))
        throw out(line);
      section.results.set(result[1] ?? '', {
        score: notNegative(result[2], 'a score', line),
        unit: result[3] ?? '',
      });
    } else if (header !== null) {
      if (section.state !== 'results' && section.state !== 'between') throw out(line);
      const [, category = '', kind] = header;
      if (category === system) {
        if (section.indexes.size > 0) throw out(line);
        section.state = 'indexes';
        section.partial = kind === 'Partial Index';
      } else {
        section.state = 'other';
        section.others.add(category);
      }
    } else if (section.state === 'other' && (index !== null || text.endsWith('---') || /^ +=+$/.test(text))) {
      continue;
    } else if (score !== null && score[1] !== system) {
      if (section.state !== 'other') throw out(line);
      section.state = 'between';
    } else if (index !== null) {
      if (section.state !== 'indexes' || section.indexes.has(index[1] ?? '')) throw out(line);
      section.indexes.set(index[1] ?? '', checkedIndex(section, index, line));
    } else if (text.endsWith('---') && missingRow.test(text)) {
      throw new NoResult(`line ${line.number} of ${name}: a test has no index: "${text.slice(0, 80)}"`);
    } else if (/^ +=+$/.test(text) && section.state === 'indexes') {
      section.state = 'score';
    } else if (score !== null) {
      if (
        section.state !== 'score' ||
        section.score !== undefined ||
        (score[2] !== undefined) !== section.partial
      ) {
        throw out(line);
      }
      section.score = positive(score[3], 'the index score', line, 1);
      section.state = 'between';
    } else if (text.startsWith('No index results available for ')) {
      section.others.add(text.slice('No index results available for '.length));
    }
  }
  return sections;
}

/** An index is ten times the result over the baseline. */
function checkedIndex(section: Section, row: RegExpExecArray, line: Line): number {
  const [baseline, result, index] = [row[2], row[3], row[4]].map((cell) =>
    notNegative(cell, 'an index row', line),
  );
  if (baseline === undefined || result === undefined || index === undefined) return 0;
  if (baseline === 0) throw new NoResult(`line ${line.number}: an index row has no baseline`);
  mustAgree(
    `line ${line.number}: the result of ${row[1] ?? ''}`,
    result,
    section.results.get(row[1] ?? '')?.score ?? 0,
    0.001,
  );
  const expected = (result / baseline) * 10;
  if (result === 0) return 0;
  mustAgree(`line ${line.number}: the index`, index, expected, 0.06 + (expected * 0.05) / result);
  return index;
}

function check(name: string, section: Section): WholeSection {
  const { line, copies, results, indexes, score } = section;
  const where = `the section of ${name} from line ${line.number} on`;
  if (score === undefined)
    throw new NoResult(`no 'System Benchmarks Index Score' in ${where}: the report is cut`);
  if (copies === 0) throw new NoResult(`no 'running N parallel copies of tests' in ${where}`);
  const lost = [...results.keys()].filter((title) => systemTitles.has(title) && !indexes.has(title));
  if (lost.length > 0 || [...indexes.keys()].some((title) => !results.has(title))) {
    throw new NoResult(
      `${results.size} results but ${indexes.size} indexes in ${where}: expected one of each per test`,
    );
  }
  const nought = [...indexes].find(([, index]) => index === 0);
  if (nought !== undefined)
    return {
      ...section,
      score: undefined,
      why: `the index in ${where} counts "${nought[0]}", whose result is 0.0, as if it were that of the baseline`,
    };
  const logarithms = [...indexes.values()].map((index) => Math.log(index));
  const mean = Math.exp(logarithms.reduce((sum, value) => sum + value, 0) / indexes.size);
  mustAgree(`the index score in ${where}`, score, mean, 0.11 + mean * 0.001);
  return { ...section, score };
}
