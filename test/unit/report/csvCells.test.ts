import { describe, expect, it } from 'vitest';
import { toCsv } from '../../../src/report/csv';
import { cellText, csvRows, numbersText, textOf } from '../../../src/report/csvCells';
import { fromCsv } from '../../../src/report/csvImport';
import { hostileTexts } from '../../hostileStrings';
import { hostileExperiment } from './hostile';

/**
 * Cells as a spreadsheet makes them that splits at `separator`: a quote means something only where a cell begins with
 * it, and what stands behind the closing one belongs to the cell.
 */
function spreadsheetCells(text: string, separator: string): string[] {
  const cells: string[] = [];
  let at = 0;
  while (at <= text.length) {
    let cell = '';
    if (text[at] === '"') {
      for (at += 1; at < text.length && !(text[at] === '"' && text[at + 1] !== '"'); at += 1) {
        if (text[at] === '"') at += 1;
        cell += text[at] ?? '';
      }
      at += 1;
    }
    const end = /[\r\n]/.exec(text.slice(at));
    const split = text.indexOf(separator, at);
    const line = end === null ? text.length : at + end.index;
    const stop = split < 0 ? line : Math.min(split, line);
    cells.push(cell + text.slice(at, stop));
    at = stop + 1;
  }
  return cells;
}

const formula = /^[\s"]*[=+\-@＝＋－＠]/;
const number = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/;
const formulas = (text: string) =>
  [',', ';', '\t'].flatMap((separator) =>
    spreadsheetCells(text, separator).filter((cell) => formula.test(cell) && !number.test(cell)),
  );

const starts = [
  '=1+1',
  '+1+cmd',
  '-2+3',
  '@SUM(A1)',
  "=cmd|' /C calc'!A0",
  '＝1',
  '＋1',
  '－1',
  '＠x',
  '-',
  '=',
  "'=1",
];
const befores = [
  '',
  ' ',
  '"',
  '""',
  ';',
  '\t',
  '\r',
  '\n',
  '\r\n',
  'x;',
  'x\t',
  'x\n',
  'x; ',
  'x;"',
  'x;""',
  'x",";',
  ';;',
  "x;'",
  "'",
  'a,b;',
  '"x";',
  '\u00a0',
  'x;\t \n',
];
const odd = befores.flatMap((before) =>
  starts.flatMap((start) => [before + start, `${before}${start};${start}`]),
);
const texts = [...odd, ...Object.values(hostileTexts), '', 'null', "'", "''", "x;'", "x;''y"];

describe('a cell of CSV', () => {
  it('is no formula, at whatever a spreadsheet splits the line', () => {
    for (const text of texts) {
      expect(formulas(`x,${cellText(text)},y\r\n`)).toEqual([]);
      expect(formulas(`${cellText(text)}\r\n`)).toEqual([]);
    }
  });

  it('reads back as it was', () => {
    for (const text of texts) {
      const [row] = csvRows(`${cellText('x')},${cellText(text)}\r\n`);
      expect(textOf(row?.cells[1] ?? '')).toBe(text);
    }
  });

  it('keeps numbers numbers', () => {
    expect(cellText(-1.5)).toBe('-1.5');
    expect(cellText(numbersText([-1.5, 2, -3e-9]))).toBe("'-1.5 2 -3e-9");
    expect(cellText(numbersText([-1.5]))).toBe('-1.5');
    expect(textOf('-1.5')).toBe('-1.5');
    expect(cellText('-1.5-2')).toBe("'-1.5-2");
    expect(cellText('-1.5;=1')).toBe("'-1.5;'=1");
  });

  it('has no guard that it does not need', () => {
    for (const text of ['fio-randread', 'a;b', 'a; b = c', 'x=1', 'O(n)-1'])
      expect(cellText(text)).toBe(text);
  });
});

describe('the CSV of an experiment', () => {
  it('holds no formula and is read back, whatever its texts are', () => {
    const e = hostileExperiment();
    const csv = toCsv(e);
    expect(formulas(csv)).toEqual([]);
    expect(toCsv(fromCsv(csv))).toBe(csv);
  });
});
