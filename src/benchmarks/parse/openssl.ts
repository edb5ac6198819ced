import type { Measurement } from '../../model/experiment';
import type { ParsedOutput, TrialOutput } from '../benchmark';
import {
  completeLines,
  judge,
  LeftOut,
  mustAgree,
  NoResult,
  positive,
  type Found,
  type Line,
} from './judgement';

/**
 * `openssl speed` of 1.0.1 to 3.5, one or several invocations in one output: tables, tables without a header (`-multi`)
 * and machine-readable lines (`-mr`). Each figure that is unusable is left out; the benchmark says which one is tested.
 */
export function parseOpenssl(output: TrialOutput): ParsedOutput {
  return judge(output, { command: 'openssl' }, () => {
    const reader = new SpeedReader();
    for (const line of completeLines(output.stdout)) reader.read(line);
    return reader.finish();
  });
}

const sizesHeader = /^type +\d+ bytes(?: +\d+ bytes)*$/;
/** A name has letters at the start of each word, so a figure cut by a blank is never taken for part of one. */
const name = /[A-Za-z][\w-]*(?:\/\d+|\([\w-]+\))?(?: [A-Za-z][\w-]*)?/.source;
const rate = /\d+\.\d\dk/.source;
/** What stands where a figure should: nought and what is slower than 10 kB/s have no k. */
const noRate = /-?(?:\d+(?:\.\d+)?k?|nan|inf|n\/a)|-/.source;
const sizesRow = new RegExp(`^(${name}) +((?:${rate}|${noRate})(?: +(?:${rate}|${noRate}))*) *$`, 'i');
const dueRow = new RegExp(`^(${name})((?: +\\S+)*) *$`);
/** The second half since 3.5. */
const signHeader =
  /^ +sign +verify +(?:sign\/s +verify\/s|encrypt +decrypt +sign\/s +verify\/s +encr\.\/s +decr\.\/s) *$/;

/** A row of a table with the same header whose figures are not read. */
const otherSignRow = /^(?:dsa +\d+ bits | *\d+ bits? [a-z\d]+ \()/i;

/** More than there are CPUs in any guest. */
const mostWorkers = 5000;

const operations = ['sign', 'verify'] as const;
/** Per second, or seconds each; undefined: unusable. */
type OfBoth = Readonly<Record<(typeof operations)[number], number | undefined>>;

interface SignWorker {
  readonly bits: string;
  readonly rates: OfBoth;
}

class SpeedReader {
  private readonly metrics = new Map<string, Measurement>();
  /** The header whose first row must be the next line. */
  private header: { readonly line: Line; readonly columns: readonly string[]; used: boolean } | undefined;
  /** Block sizes by `+H` of -mr. */
  private machineSizes: readonly string[] = [];
  /** What the workers of -multi reported since the last table. */
  private workers: { sizes: string; name: string; values: readonly (number | undefined)[] }[] = [];
  private workerSizes = '';
  private signWorkers: SignWorker[] = [];
  private readonly leftOut = new LeftOut();

  read(line: Line): void {
    const { text } = line;
    if (text.startsWith('Got: +')) {
      this.close();
      this.worker(line);
    } else if (sizesHeader.test(text)) {
      this.open(
        line,
        [...text.matchAll(/(\d+) bytes/g)].map((match) => match[1] ?? ''),
      );
    } else if (signHeader.test(text)) {
      this.open(line, text.trim().split(/ +/));
    } else if (/^rsa +\d+ bits /.test(text)) {
      this.signRow(line);
    } else if (this.header?.columns.includes('sign/s') === true && otherSignRow.test(text)) {
      this.header.used = true;
    } else {
      const found = this.rowOf(text);
      if (found !== undefined) {
        this.sizeRow(line, found.row, found.cells);
        return;
      }
      this.close();
      if (text.startsWith('+')) this.machine(line);
    }
  }

  /** @throws NoResult when there is no figure at all. */
  finish(): Found {
    this.close();
    const [first] = this.leftOut.list;
    if (this.metrics.size === 0 && first !== undefined) throw new NoResult(`${first.test}: ${first.error}`);
    return { metrics: [...this.metrics.values()], leftOut: this.leftOut.list };
  }

  private open(line: Line, columns: readonly string[]): void {
    this.close();
    this.header = { line, columns, used: false };
  }

  private close(): void {
    if (this.header !== undefined && !this.header.used) {
      throw new NoResult(
        `line ${this.header.line.number}: a table header of openssl speed, but no row after it`,
      );
    }
    this.header = undefined;
  }

  /** Name and cells of a row of a table of rates; where one is due, whatever its cells hold. */
  private rowOf(text: string): { readonly row: string; readonly cells: readonly string[] } | undefined {
    const cellsOf = (figures: string) => figures.split(/ +/).filter((cell) => cell !== '');
    const usual = sizesRow.exec(text);
    if (usual !== null) return { row: usual[1] ?? '', cells: cellsOf(usual[2] ?? '') };
    if (this.header?.used === false) {
      const [, row, figures = ''] = dueRow.exec(text) ?? [];
      const cells = cellsOf(figures);
      const due = cells.length === 0 || cells.length === this.header.columns.length;
      return row !== undefined && due ? { row, cells } : undefined;
    }
    const row = [this.workers[0]?.name, 'evp'].find(
      (one) => one !== undefined && `${text} `.startsWith(`${one} `),
    );
    if (row === undefined || this.workers.length === 0) return undefined;
    return { row, cells: cellsOf(text.slice(row.length)) };
  }

  private sizeRow(line: Line, row: string, cells: readonly string[]): void {
    const workers = this.workers;
    this.workers = [];
    this.workerSizes = '';
    let name = row;
    let sizes = this.header?.columns;
    if (sizes !== undefined && this.header !== undefined) {
      this.header.used = true;
    } else {
      const [first] = workers;
      // A line of another program can look like a row without a figure.
      if (first === undefined && !cells.some((cell) => new RegExp(`^${rate}$`).test(cell))) return;
      if (first === undefined)
        throw new NoResult(`line ${line.number}: the row "${row}" has no header before it`);
      sizes = first.sizes.split(':');
      if (row === 'evp') name = first.name;
    }
    const whole = cells.length === sizes.length;
    const values = sizes.map((size, index) => {
      const [value] = this.leftOut.unless(bytesId(name, size), () => {
        // With a cell too few, nothing says which one is missing.
        if (!whole)
          throw new NoResult(
            `line ${line.number}: expected ${sizes.length} figures for ${row}, found ${cells.length}`,
          );
        const cell = cells[index] ?? '';
        if (!cell.endsWith('k'))
          throw new NoResult(`line ${line.number}: expected a rate of ${row}, found "${cell.slice(0, 80)}"`);
        return 1000 * positive(cell.slice(0, -1), row, line, 2);
      });
      return value;
    });
    if (workers.length > 0) this.checkSum(line, workers, values);
    for (const [index, value] of values.entries())
      if (value !== undefined) this.bytes(name, sizes[index] ?? '', value, line);
  }

  /** The table of -multi is the sum of what its workers reported. */
  private checkSum(
    line: Line,
    workers: SpeedReader['workers'],
    values: readonly (number | undefined)[],
  ): void {
    const [first] = workers;
    if (workers.some(({ sizes, name }) => sizes !== first?.sizes || name !== first.name)) {
      const names = [...new Set(workers.map(({ name, sizes }) => `${name} (${sizes})`))].join(', ');
      throw new NoResult(
        `line ${line.number}: expected the workers to have done one test before it, found ${names}`,
      );
    }
    for (const [index, value] of values.entries()) {
      const sum = sumOf(workers.map((worker) => worker.values[index]));
      if (value === undefined || sum === undefined) continue;
      mustAgree(`line ${line.number}: the rate over all workers`, value, sum, 20 + sum * 1e-6);
    }
  }

  private signRow(line: Line): void {
    const { header } = this;
    if (header?.columns.includes('sign/s') !== true) {
      throw new NoResult(
        `line ${line.number}: an rsa row without its header 'sign verify … sign/s verify/s'`,
      );
    }
    header.used = true;
    const [, bits = '', rest = ''] = /^rsa +(\d+) bits (.*)$/.exec(line.text) ?? [];
    const workers = this.signWorkers;
    this.signWorkers = [];
    if (workers.some((worker) => worker.bits !== bits))
      throw new NoResult(`line ${line.number}: the workers of openssl speed -multi reported other key sizes`);
    const cells = signCells(rest.trim().split(/ +/), header.columns);
    for (const operation of operations) {
      const id = `openssl.rsa${bits}.${operation}`;
      const cell = cells?.[operation];
      const read = this.leftOut.unless(id, () => {
        if (cell === undefined)
          throw new NoResult(
            `line ${line.number}: expected ${header.columns.length} figures, found "${rest.trim().slice(0, 80)}"`,
          );
        return positive(cell.rate, `${operation}/s`, line, 1);
      });
      for (const rate of read) {
        if (cell?.seconds !== undefined)
          mustAgree(`line ${line.number}: seconds per ${operation}`, 1 / cell.seconds, rate, coarse(rate));
        const value = workers.length === 0 ? rate : finerRate(workers, operation, rate, line);
        this.add(id, value, 'ops/s', line);
      }
    }
  }

  /** `Got: +F:25:AES-256-GCM:4105371648.00 from 0` of -multi: not a result, but what the result is made of. */
  private worker(line: Line): void {
    const [, kind = '', rest = ''] = /^Got: \+(H|F|F2):(\S+) from \d+$/.exec(line.text) ?? [];
    const fields = rest.split(':');
    if (kind === 'H') this.workerSizes = rest;
    else if (kind === 'F') {
      if (this.workers.length === mostWorkers)
        throw new NoResult(
          `line ${line.number}: expected a table after the reports of ${mostWorkers} workers`,
        );
      const values = fields.slice(2).map((field) => usable(field, 2));
      this.workers.push({ sizes: this.workerSizes, name: fields[1] ?? '', values });
    } else if (kind === 'F2') {
      const rates = { sign: usable(fields[2], 6), verify: usable(fields[3], 6) };
      this.signWorkers.push({ bits: fields[1] ?? '', rates });
    }
  }

  private machine(line: Line): void {
    const [kind, ...fields] = line.text.slice(1).split(':');
    if (kind === 'H') this.machineSizes = fields;
    else if (kind === 'F') {
      const [, name = '', ...values] = fields;
      if (values.length !== this.machineSizes.length || values.length === 0) {
        throw new NoResult(
          `line ${line.number}: expected as many figures for ${name} as "+H" before it has sizes`,
        );
      }
      for (const [index, value] of values.entries()) {
        const size = this.machineSizes[index] ?? '';
        const read = this.leftOut.unless(bytesId(name, size), () => positive(value, name, line, 2));
        for (const one of read) this.bytes(name, size, one, line);
      }
    } else if (kind === 'F2') {
      const [, bits = '', sign, verify] = fields;
      if (!/^\d+$/.test(bits))
        throw new NoResult(`line ${line.number}: expected the bits of a key, found "${bits}"`);
      const rates = perSecond({ sign: usable(sign, 6), verify: usable(verify, 6) }, line);
      for (const operation of operations) {
        const id = `openssl.rsa${bits}.${operation}`;
        const value = rates[operation];
        const found = (operation === 'sign' ? sign : verify) ?? '';
        if (value !== undefined) this.add(id, value, 'ops/s', line);
        else
          this.leftOut.add(id, `line ${line.number}: expected ${operation}/s, found "${found.slice(0, 80)}"`);
      }
    }
  }

  private bytes(name: string, size: string, value: number, line: Line): void {
    if (!/^\d{1,9}$/.test(size))
      throw new NoResult(`line ${line.number}: expected a block size, found "${size}"`);
    this.add(bytesId(name, size), Math.round(value * 100) / 100, 'B/s', line);
  }

  private add(id: string, value: number, unit: string, line: Line): void {
    if (this.metrics.has(id))
      throw new NoResult(`line ${line.number}: ${id} was measured twice; expected it once`);
    this.metrics.set(id, { id, value, unit, better: 'higher' });
  }
}

const bytesId = (name: string, size: string): string =>
  `openssl.${name.toLowerCase().replaceAll(' ', '-')}.${size}`;

/** The figure, when it is above nought and has so many decimals. */
function usable(text: string | undefined, places: number): number | undefined {
  const value = new RegExp(`^\\d{1,15}\\.\\d{${places}}$`).test(text ?? '') ? Number(text) : 0;
  return value > 0 ? value : undefined;
}

/** undefined: one of them is. */
function sumOf(values: readonly (number | undefined)[]): number | undefined {
  let sum = 0;
  for (const value of values) {
    if (value === undefined) return undefined;
    sum += value;
  }
  return sum;
}

/** How far the rate and the time of an operation may be apart: one is printed to a tenth, the other to a microsecond. */
const coarse = (rate: number): number => 0.06 + rate * (0.01 + 2e-6 * rate);

interface SignCell {
  readonly rate: string | undefined;
  /** Of one operation; undefined: unusable. */
  readonly seconds: number | undefined;
}

/** undefined: a cell is missing, and nothing says which. */
function signCells(
  cells: readonly string[],
  columns: readonly string[],
): Readonly<Record<(typeof operations)[number], SignCell>> | undefined {
  const secondsOf = (text: string | undefined) =>
    text?.endsWith('s') === true ? usable(text.slice(0, -1), 6) : undefined;
  if (cells.length === columns.length) {
    const cell = (operation: (typeof operations)[number]): SignCell => ({
      rate: cells[columns.indexOf(`${operation}/s`)],
      seconds: secondsOf(cells[columns.indexOf(operation)]),
    });
    return { sign: cell('sign'), verify: cell('verify') };
  }
  // The times are all there: each rate is that of the only time which fits it.
  const half = columns.length / 2;
  const [sign, verify] = cells.slice(0, half).map(secondsOf);
  const rates = cells.slice(half);
  if (sign === undefined || verify === undefined || rates.some((text) => text.endsWith('s')))
    return undefined;
  const cell = (seconds: number): SignCell => {
    const fitting = rates.filter((text) => {
      const value = usable(text, 1);
      return value !== undefined && Math.abs(1 / seconds - value) <= coarse(value);
    });
    return { seconds, rate: fitting.length === 1 ? fitting[0] : undefined };
  };
  return { sign: cell(sign), verify: cell(verify) };
}

/** No signature takes longer; each of the two is measured for ten seconds. */
const slowestSignature = 10;

/**
 * The rates of a line of -mr, which before 1.1.1 holds the seconds of one operation instead. A signature always takes
 * longer than its verification, which tells them apart; of one figure alone, what is below 1 are seconds.
 */
function perSecond(found: OfBoth, line: Line): OfBoth {
  const { sign, verify } = found;
  const inverse = (value: number | undefined) => (value === undefined ? undefined : rounded(1 / value));
  const seconds = { sign: inverse(sign), verify: inverse(verify) };
  if (sign === undefined || verify === undefined) return (sign ?? verify ?? 1) < 1 ? seconds : found;
  if (sign < verify) return found;
  if (sign > slowestSignature)
    throw new NoResult(`line ${line.number}: ${sign} signatures are more than ${verify} verifications`);
  return seconds;
}

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;

/**
 * The rate over all workers, which report it to six places: on a slow guest the tenth of the table is several percent.
 * @throws NoResult when the table does not fit them.
 */
function finerRate(
  workers: readonly SignWorker[],
  operation: (typeof operations)[number],
  rate: number,
  line: Line,
): number {
  const values = workers.map(({ rates }) => rates[operation]);
  const sums = [values, values.map((value) => (value === undefined ? undefined : 1 / value))].map(sumOf);
  const [sum] = sums;
  if (sum === undefined) return rate;
  const tolerance = (one: number) => 0.11 + one * 1e-4;
  const fitting = sums.find((one) => one !== undefined && Math.abs(rate - one) <= tolerance(one));
  mustAgree(`line ${line.number}: ${operation}/s over all workers`, rate, fitting ?? sum, tolerance(sum));
  return rounded(fitting ?? sum);
}
