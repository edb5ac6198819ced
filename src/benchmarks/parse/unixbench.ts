import type { Measurement } from '../../model/experiment';
import type { ParsedOutput, TrialOutput } from '../benchmark';
import { completeLines, judge, mustAgree, NoResult, positive, type Line } from './judgement';

interface Section {
  readonly line: Line;
  copies: number;
  readonly results: Map<string, number>;
  readonly indexes: number[];
  partial: boolean;
  state: 'results' | 'indexes' | 'score';
  score: number | undefined;
}

/** The report of UnixBench 5 and 6, from its file or, without one, from the end of its standard output. */
export function parseUnixbench(output: TrialOutput): ParsedOutput {
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
    const { name, lines } = report(output);
    const sections = readSections(name, lines);
    if (sections.length === 0)
      throw new NoResult(`no 'Benchmark Run:' section in ${name}: UnixBench did not finish`);
    const metrics = sections.map((section) => check(name, section));
    if (new Set(metrics.map(({ id }) => id)).size !== metrics.length) {
      throw new NoResult(`two sections of ${name} have the same number of copies`);
    }
    for (const copies of started(output.stdout)) {
      if (!sections.some((section) => section.copies === copies)) {
        throw new NoResult(`tests with ${copies} copies were started, but ${name} has no section for them`);
      }
    }
    return { metrics };
  });
}

function report(output: TrialOutput): { readonly name: string; readonly lines: readonly Line[] } {
  const reports = [...output.files].filter(([, text]) => /^\s*BYTE UNIX Benchmarks \(Version /.test(text));
  const [first, second] = reports;
  if (second !== undefined) throw new NoResult(`expected one report of UnixBench, found ${reports.length}`);
  if (first !== undefined) return { name: `the report ${first[0]}`, lines: completeLines(first[1]) };
  return { name: 'the standard output', lines: completeLines(output.stdout) };
}

/** The numbers of copies of which the progress lines (`2 x Pipe Throughput  1 2`) tell. */
function started(stdout: string): ReadonlySet<number> {
  const copies = new Set<number>();
  for (const { text } of completeLines(stdout)) {
    const match = /^(\d{1,4}) x [A-Z0-9][\w :()-]{3,60}? {2}1(?: \d+)*$/.exec(text);
    if (match !== null) copies.add(Number(match[1]));
  }
  return copies;
}

const resultRow = /^(\S.{2,60}?) +(\d+\.\d) [A-Za-z]+ +\(\d+\.\d s, \d+ samples?\)$/;
const indexRow = /^(\S.{2,60}?) +(\d+\.\d) +(\d+\.\d) +(\d+\.\d)$/;
const missingRow = /^\S.{2,60}? +(?:\d+\.\d|---) +(?:\d+\.\d|---) +---$/;

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
        results: new Map<string, number>(),
        indexes: [],
        partial: false,
        score: undefined,
      };
      sections.push({ line, state: 'results', ...blank });
      continue;
    }
    const copies = /^\d+ CPUs? in system; running (\d{1,4}) parallel cop(?:y|ies) of tests$/.exec(text);
    const result = resultRow.exec(text);
    const header = /^System Benchmarks (Index Values|Partial Index) +BASELINE +RESULT +INDEX$/.exec(text);
    const index = header === null ? indexRow.exec(text) : null;
    const score = /^System Benchmarks Index Score( \(Partial Only\))? +(\S+)$/.exec(text);
    if (section === undefined) {
      if (copies ?? result ?? header ?? score) throw out(line);
    } else if (copies !== null) {
      if (section.copies !== 0 || section.results.size > 0) throw out(line);
      section.copies = positive(copies[1], 'the number of copies', line, 0);
    } else if (result !== null) {
      if (section.state !== 'results' || section.copies === 0 || section.results.has(result[1] ?? ''))
        throw out(line);
      section.results.set(result[1] ?? '', positive(result[2], 'a score', line, 1));
    } else if (header !== null) {
      if (section.state !== 'results') throw out(line);
      section.state = 'indexes';
      section.partial = header[1] === 'Partial Index';
    } else if (index !== null) {
      if (section.state !== 'indexes') throw out(line);
      section.indexes.push(checkedIndex(section, index, line));
    } else if (missingRow.test(text)) {
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
    section.results.get(row[1] ?? '') ?? 0,
    0.001,
  );
  const expected = (result / baseline) * 10;
  mustAgree(`line ${line.number}: the index`, index, expected, 0.06 + (expected * 0.05) / result);
  return index;
}

function check(name: string, { line, copies, results, indexes, partial, score }: Section): Measurement {
  const where = `the section of ${name} from line ${line.number} on`;
  if (score === undefined)
    throw new NoResult(`no 'System Benchmarks Index Score' in ${where}: the report is cut`);
  if (copies === 0) throw new NoResult(`no 'running N parallel copies of tests' in ${where}`);
  if (results.size !== indexes.length) {
    throw new NoResult(
      `${results.size} results but ${indexes.length} indexes in ${where}: expected one of each per test`,
    );
  }
  const mean = Math.exp(indexes.reduce((sum, index) => sum + Math.log(index), 0) / indexes.length);
  mustAgree(`the index score in ${where}`, score, mean, 0.11 + mean * 0.001);
  return {
    id: `unixbench.${partial ? 'partial_index' : 'index'}.c${copies}`,
    value: score,
    unit: 'index',
    better: 'higher',
  };
}
