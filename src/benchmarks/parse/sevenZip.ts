import type { Measurement } from '../../model/experiment';
import type { ParsedOutput, TrialOutput } from '../benchmark';
import {
  completeLines,
  judge,
  LeftOut,
  mustAgree,
  NoResult,
  positive,
  theLine,
  type Line,
} from './judgement';

/** The cells of one side of a row, as they stand there: `[speed] usage R/U rating`. */
type Cells = readonly string[];

const sides = ['compress', 'decompress'] as const;
type Side = (typeof sides)[number];
const words = { compress: 'compressing', decompress: 'decompressing' } as const;

/**
 * `7z b`: p7zip 9.20 and 16.02, and 7-Zip 2x. The columns differ between versions: only the last has a speed in its Avr
 * row, and the first has no "|" in it. The total rating is the result.
 */
export function parseSevenZip(output: TrialOutput): ParsedOutput {
  return judge(output, { command: '7z' }, () => {
    const lines = completeLines(output.stdout);
    const rowLines = lines.filter(({ text }) => /^\d+:/.test(text));
    if (rowLines.length > mostRows)
      throw new NoResult(`${rowLines.length} rows of dictionary sizes; expected no more than ${mostRows}`);
    const rows = rowLines.map(halves);
    if (rows.length === 0) throw new NoResult("no row of a dictionary size ('22:') in the output of 7z b");
    const averageLine = theLine(lines, /^Avr:/, "'Avr:' row in the output of 7z b");
    const average = averagesOf(averageLine);
    const totalLine = theLine(lines, /^Tot:/, "'Tot:' row in the output of 7z b");
    // Of the last column, which must fit the averages, so it is not mistaken for another one.
    const total = whole(cellsOf(totalLine.text).at(-1), 'the total rating', totalLine);

    const leftOut = new LeftOut();
    const read = (id: string, side: Side, column: number, what: string): readonly number[] =>
      leftOut.unless(id, () => {
        const cells = average[side];
        if (cells === undefined)
          throw new NoResult(
            `line ${averageLine.number}: expected the columns of ${words[side]}, found "${averageLine.text.slice(0, 80)}"`,
          );
        return whole(cells.at(column), `${what} of ${words[side]}`, averageLine);
      });
    const mips = (id: string, value: number): Measurement => ({ id, value, unit: 'MIPS', better: 'higher' });
    const usage = (id: string, value: number): Measurement => ({ id, value, unit: '%', better: 'none' });
    const ratings: Measurement[] = [];
    const means: number[] = [];
    for (const side of sides) {
      const [rating] = read(`7zip.${side}`, side, -1, 'the rating');
      const mean = meanRating(rows.map((row) => row[side]));
      if (rating !== undefined && mean !== undefined)
        mustAgree(`line ${averageLine.number}: the average ${words[side]} rating`, rating, mean, slack(mean));
      if (rating !== undefined) ratings.push(mips(`7zip.${side}`, rating));
      means.push(...[rating ?? mean].filter((one) => one !== undefined));
    }
    const [compress, decompress] = means;
    if (compress === undefined || decompress === undefined)
      throw new NoResult(
        `line ${totalLine.number}: neither the averages nor the rows before it show that the total rating is whole`,
      );
    const middle = (compress + decompress) / 2;
    mustAgree(`line ${totalLine.number}: the total rating`, total, middle, slack(middle));

    return {
      metrics: [
        ...ratings,
        mips('7zip.total', total),
        ...sides.flatMap((side) =>
          read(`7zip.${side}_cpu_usage`, side, -3, 'the CPU usage').map((value) =>
            usage(`7zip.${side}_cpu_usage`, value),
          ),
        ),
      ],
      leftOut: leftOut.list,
    };
  });
}

/** A hundred passes over ten sizes make a thousand. */
const mostRows = 5000;

/** Each figure is rounded by itself. */
const slack = (value: number): number => 1.5 + value * 0.001;

/** Speed, usage, R/U and rating. */
const columnsOfRow = 4;

/** The mean of the ratings in the rows; undefined when one of them cannot be read, or its columns are not all there. */
function meanRating(rows: readonly Cells[]): number | undefined {
  const ratings = rows.map((cells) => (cells.length === columnsOfRow ? (cells[3] ?? '') : ''));
  if (!ratings.every((text) => /^\d{1,9}$/.test(text) && Number(text) > 0)) return undefined;
  return ratings.reduce((sum, text) => sum + Number(text), 0) / ratings.length;
}

function halves(line: Line): Readonly<Record<Side, Cells>> {
  const [left, right, more] = line.text.split('|');
  if (left === undefined || right === undefined || more !== undefined)
    throw new NoResult(
      `line ${line.number}: expected figures on both sides of "|", found "${line.text.slice(0, 80)}"`,
    );
  return { compress: cellsOf(left), decompress: cellsOf(right) };
}

/** A side is left out where a column is missing, as nothing says which: both have the same number of them. */
function averagesOf(line: Line): Readonly<Partial<Record<Side, Cells>>> {
  if (!line.text.includes('|')) {
    const cells = cellsOf(line.text);
    return cells.length === 6 ? { compress: cells.slice(0, 3), decompress: cells.slice(3) } : {};
  }
  const { compress, decompress } = halves(line);
  const count = Math.max(compress.length, decompress.length);
  if (count !== columnsOfRow && count !== columnsOfRow - 1) return {};
  return {
    ...(compress.length === count ? { compress } : {}),
    ...(decompress.length === count ? { decompress } : {}),
  };
}

function cellsOf(text: string): Cells {
  const cells = text.replace(/^\w+:/, '').trim().split(/\s+/);
  return cells[0] === '' ? [] : cells;
}

function whole(text: string | undefined, what: string, line: Line): number {
  if (text === undefined || !/^\d{1,9}$/.test(text))
    throw new NoResult(
      `line ${line.number}: expected a whole number for ${what}, found "${(text ?? '').slice(0, 80)}"`,
    );
  return positive(text, what, line);
}
