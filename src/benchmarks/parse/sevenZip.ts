import type { ParsedOutput, TrialOutput } from '../benchmark';
import { completeLines, judge, mustAgree, NoResult, positive, theLine, type Line } from './judgement';

interface Half {
  readonly usage: number;
  readonly rating: number;
}

/** `7z b`: p7zip 16.02 and 7-Zip 2x. Columns differ between versions (the former has no speed in its Avr row). */
export function parseSevenZip(output: TrialOutput): ParsedOutput {
  return judge(output, { command: '7z' }, () => {
    const lines = completeLines(output.stdout);
    const rowLines = lines.filter(({ text }) => /^\d+:/.test(text));
    if (rowLines.length > mostRows)
      throw new NoResult(`${rowLines.length} rows of dictionary sizes; expected no more than ${mostRows}`);
    const rows = rowLines.map((line) => halves(line, 4));
    if (rows.length === 0) throw new NoResult("no row of a dictionary size ('22:') in the output of 7z b");
    const averageLine = theLine(lines, /^Avr:/, "'Avr:' row in the output of 7z b");
    const average = halves(averageLine, 2);
    const totalLine = theLine(lines, /^Tot:/, "'Tot:' row in the output of 7z b");
    const total = positive(integers(totalLine.text, totalLine, 3).at(-1), 'the total rating', totalLine);

    for (const [half, name] of [
      ['compress', 'compressing'],
      ['decompress', 'decompressing'],
    ] as const) {
      const mean = rows.reduce((sum, row) => sum + row[half].rating, 0) / rows.length;
      mustAgree(
        `line ${averageLine.number}: the average ${name} rating`,
        average[half].rating,
        mean,
        slack(mean),
      );
    }
    const middle = (average.compress.rating + average.decompress.rating) / 2;
    mustAgree(`line ${totalLine.number}: the total rating`, total, middle, slack(middle));

    const mips = (id: string, value: number) => ({ id, value, unit: 'MIPS', better: 'higher' as const });
    const usage = (id: string, value: number) => ({ id, value, unit: '%', better: 'none' as const });
    return {
      metrics: [
        mips('7zip.compress', average.compress.rating),
        mips('7zip.decompress', average.decompress.rating),
        mips('7zip.total', total),
        usage('7zip.compress_cpu_usage', average.compress.usage),
        usage('7zip.decompress_cpu_usage', average.decompress.usage),
      ],
    };
  });
}

/** A hundred passes over ten sizes make a thousand. */
const mostRows = 5000;

/** Each figure is rounded by itself. */
const slack = (value: number): number => 1.5 + value * 0.001;

function halves(line: Line, least: number): { readonly compress: Half; readonly decompress: Half } {
  const [left, right, more] = line.text.split('|');
  if (left === undefined || right === undefined || more !== undefined) {
    throw new NoResult(
      `line ${line.number}: expected figures on both sides of "|", found "${line.text.slice(0, 80)}"`,
    );
  }
  return { compress: half(left, line, least), decompress: half(right, line, least) };
}

function half(text: string, line: Line, least: number): Half {
  const figures = integers(text, line, least);
  return {
    usage: positive(figures.at(-3), 'the CPU usage', line),
    rating: positive(figures.at(-1), 'the rating', line),
  };
}

function integers(text: string, line: Line, least: number): readonly string[] {
  const figures = text.replace(/^\w+:/, '').trim().split(/\s+/);
  if (figures.length < Math.max(3, least) || !figures.every((figure) => /^\d{1,9}$/.test(figure))) {
    throw new NoResult(`line ${line.number}: expected whole numbers, found "${text.trim().slice(0, 80)}"`);
  }
  return figures;
}
