import type { Measurement } from '../../model/experiment';
import type { ParsedOutput, TrialOutput } from '../benchmark';
import { completeLines, judge, mustAgree, NoResult, positive, type Line } from './judgement';

interface Section {
  readonly line: Line;
  copies: number;
  readonly results: Map<string, { readonly score: number; readonly unit: string }>;
  readonly indexes: Map<string, number>;
  partial: boolean;
  state: 'results' | 'indexes' | 'score';
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
    sections.map(({ partial, copies, score }) => ({
      id: `unixbench.${partial ? 'partial_index' : 'index'}.c${copies}`,
      value: score,
      unit: 'index',
      better: 'higher',
    })),
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
    const { copies, partial, score, results, indexes } = section;
    const identity = (key: string) => new RegExp(`^guestbench: ${key}=(.*)$`, 'm').exec(output.stdout)?.[1];
    const asked = identity('copies')?.trim();
    if (asked !== undefined && asked !== String(copies))
      throw new NoResult(`expected a pass of ${asked} copies, found one of ${copies}`);
    const tests = identity('tests')?.trim() ?? 'all';
    const expected = tests === 'all' ? Object.keys(unixbenchTests) : tests.split(' ');
    const found = Object.entries(unixbenchTests).filter(([, title]) => results.has(title));
    const missing = expected.filter((name) => !found.some(([known]) => known === name));
    if ((tests !== 'all' || !partial) && missing.length > 0)
      throw new NoResult(`no result of ${missing.join(', ')} in the report`);
    if (results.size !== found.length || (tests !== 'all' && found.length !== expected.length))
      throw new NoResult('the report has results of tests that were not asked for');
    const index = (id: string, value: number | undefined): Measurement[] =>
      value === undefined ? [] : [{ id, value, unit: 'index', better: 'higher' }];
    return [
      ...index(partial ? 'unixbench.partial_index' : 'unixbench.index', score),
      ...found.flatMap(([name, title]) => {
        const result = results.get(title);
        const own = result && { id: `unixbench.${name}`, value: result.score, unit: result.unit };
        return [
          ...(own === undefined ? [] : [{ ...own, better: 'higher' as const }]),
          ...index(`unixbench.${name}.index`, indexes.get(title)),
        ];
      }),
    ];
  });
}

type WholeSection = Section & { readonly score: number };

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
    const sections = readSections(name, lines).map((section) => check(name, section));
    if (sections.length === 0)
      throw new NoResult(`no 'Benchmark Run:' section in ${name}: UnixBench did not finish`);
    const kinds = sections.map(({ copies, partial }) => `${copies} ${String(partial)}`);
    if (new Set(kinds).size !== sections.length) {
      throw new NoResult(`two sections of ${name} have the same number of copies`);
    }
    for (const copies of started(printed)) {
      if (!sections.some((section) => section.copies === copies)) {
        throw new NoResult(`tests with ${copies} copies were started, but ${name} has no section for them`);
      }
    }
    return { metrics: metrics(sections) };
  });
}

function report(
  output: TrialOutput,
  printed: readonly Line[],
): { readonly name: string; readonly lines: readonly Line[] } {
  const reports = [...output.files].filter(([, text]) => /^\s*BYTE UNIX Benchmarks \(Version /.test(text));
  const [first, second] = reports;
  if (second !== undefined) throw new NoResult(`expected one report of UnixBench, found ${reports.length}`);
  if (first !== undefined) return { name: `the report ${first[0]}`, lines: completeLines(first[1]) };
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

/** What a line is; a pattern is tried on lines with its ending only, as the patterns are slow on what is not theirs. */
function rowsIn(text: string) {
  const ends = (pattern: RegExp, ending: string) => (text.endsWith(ending) ? pattern.exec(text) : null);
  const titled = text.startsWith('System Benchmarks ');
  return {
    copies: ends(/^\d+ CPUs? in system; running (\d{1,4}) parallel cop(?:y|ies) of tests$/, ' of tests'),
    result: ends(resultRow, ')'),
    header: titled
      ? ends(/^System Benchmarks (Index Values|Partial Index) +BASELINE +RESULT +INDEX$/, ' INDEX')
      : null,
    index: text.at(-2) === '.' ? indexRow.exec(text) : null,
    score: titled ? /^System Benchmarks Index Score( \(Partial Only\))? +(\S+)$/.exec(text) : null,
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
        score: positive(result[2], 'a score', line, 1),
        unit: result[3] ?? '',
      });
    } else if (header !== null) {
      if (section.state !== 'results') throw out(line);
      section.state = 'indexes';
      section.partial = header[1] === 'Partial Index';
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
        (score[1] !== undefined) !== section.partial
      ) {
        throw out(line);
      }
      section.score = positive(score[2], 'the index score', line, 1);
    }
  }
  return sections;
}

/** An index is ten times the result over the baseline. */
function checkedIndex(section: Section, row: RegExpExecArray, line: Line): number {
  const [baseline, result, index] = [row[2], row[3], row[4]].map((cell) =>
    positive(cell, 'an index row', line, 1),
  );
  if (baseline === undefined || result === undefined || index === undefined) return 0;
  mustAgree(
    `line ${line.number}: the result of ${row[1] ?? ''}`,
    result,
    section.results.get(row[1] ?? '')?.score ?? 0,
    0.001,
  );
  const expected = (result / baseline) * 10;
  mustAgree(`line ${line.number}: the index`, index, expected, 0.06 + (expected * 0.05) / result);
  return index;
}

function check(name: string, section: Section): WholeSection {
  const { line, copies, results, indexes, score } = section;
  const where = `the section of ${name} from line ${line.number} on`;
  if (score === undefined)
    throw new NoResult(`no 'System Benchmarks Index Score' in ${where}: the report is cut`);
  if (copies === 0) throw new NoResult(`no 'running N parallel copies of tests' in ${where}`);
  if (results.size !== indexes.size) {
    throw new NoResult(
      `${results.size} results but ${indexes.size} indexes in ${where}: expected one of each per test`,
    );
  }
  const logarithms = [...indexes.values()].map((index) => Math.log(index));
  const mean = Math.exp(logarithms.reduce((sum, value) => sum + value, 0) / indexes.size);
  mustAgree(`the index score in ${where}`, score, mean, 0.11 + mean * 0.001);
  return { ...section, score };
}
