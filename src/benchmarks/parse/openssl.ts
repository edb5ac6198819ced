import type { Measurement } from '../../model/experiment';
import type { ParsedOutput, TrialOutput } from '../benchmark';
import { completeLines, judge, mustAgree, NoResult, positive, type Line } from './judgement';

/**
 * `openssl speed` of 1.1.1, 3.0 and 3.5, one or several invocations in one output: tables, tables without a
 * header (`-multi`) and machine-readable lines (`-mr`).
 */
export function parseOpenssl(output: TrialOutput): ParsedOutput {
  return judge(output, { command: 'openssl' }, () => {
    const reader = new SpeedReader();
    for (const line of completeLines(output.stdout)) reader.read(line);
    return { metrics: reader.finish() };
  });
}

const sizesHeader = /^type +\d+ bytes(?: +\d+ bytes)*$/;
/** A name has letters at the start of each word, so a figure cut by a blank is never taken for part of one. */
const sizesRow = /^([A-Za-z][\w-]*(?: [A-Za-z][\w-]*)?) +(\d+\.\d\dk(?: +\d+\.\d\dk)*)$/;
/** The second half since 3.5. */
const signHeader =
  /^ +sign +verify +(?:sign\/s +verify\/s|encrypt +decrypt +sign\/s +verify\/s +encr\.\/s +decr\.\/s) *$/;

/** More than there are CPUs in any guest. */
const mostWorkers = 5000;

class SpeedReader {
  private readonly metrics = new Map<string, Measurement>();
  /** The header whose first row must be the next line. */
  private header: { readonly line: Line; readonly columns: readonly string[]; used: boolean } | undefined;
  /** Block sizes by `+H` of -mr. */
  private machineSizes: readonly string[] = [];
  /** What the workers of -multi reported since the last table. */
  private workers: { sizes: string; name: string; values: readonly number[] }[] = [];
  private workerSizes = '';
  private signWorkers: { bits: string; sign: number; verify: number }[] = [];

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
    } else if (sizesRow.test(text)) {
      this.sizeRow(line);
    } else {
      this.close();
      if (text.startsWith('+')) this.machine(line);
    }
  }

  finish(): readonly Measurement[] {
    this.close();
    return [...this.metrics.values()];
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

  private sizeRow(line: Line): void {
    const [, row = '', figures = ''] = sizesRow.exec(line.text) ?? [];
    const values = figures.split(/ +/).map((figure) => 1000 * positive(figure.slice(0, -1), row, line, 2));
    const workers = this.workers;
    this.workers = [];
    this.workerSizes = '';
    let name = row;
    let sizes = this.header?.columns;
    if (sizes !== undefined && this.header !== undefined) {
      this.header.used = true;
    } else {
      const [first] = workers;
      if (first === undefined)
        throw new NoResult(`line ${line.number}: the row "${row}" has no header before it`);
      sizes = first.sizes.split(':');
      if (row === 'evp') name = first.name;
    }
    if (workers.length > 0) this.checkSum(line, workers, values);
    if (sizes.length !== values.length) {
      throw new NoResult(
        `line ${line.number}: expected ${sizes.length} figures for ${row}, found ${values.length}`,
      );
    }
    for (const [index, value] of values.entries()) this.bytes(name, sizes[index] ?? '', value, line);
  }

  /** The table of -multi is the sum of what its workers reported. */
  private checkSum(line: Line, workers: SpeedReader['workers'], values: readonly number[]): void {
    const [first] = workers;
    if (workers.some(({ sizes, name }) => sizes !== first?.sizes || name !== first.name)) {
      const names = [...new Set(workers.map(({ name, sizes }) => `${name} (${sizes})`))].join(', ');
      throw new NoResult(
        `line ${line.number}: expected the workers to have done one test before it, found ${names}`,
      );
    }
    for (const [index, value] of values.entries()) {
      const sum = workers.reduce((total, worker) => total + (worker.values[index] ?? 0), 0);
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
    const cells = rest.trim().split(/ +/);
    if (cells.length !== header.columns.length) {
      throw new NoResult(
        `line ${line.number}: expected ${header.columns.length} figures, found ${cells.length}`,
      );
    }
    const workers = this.signWorkers;
    this.signWorkers = [];
    for (const operation of ['sign', 'verify'] as const) {
      const rate = positive(cells[header.columns.indexOf(`${operation}/s`)], `${operation}/s`, line, 1);
      const time = cells[header.columns.indexOf(operation)] ?? '';
      if (!/^\d+\.\d{6}s$/.test(time))
        throw new NoResult(`line ${line.number}: expected seconds, found "${time}"`);
      // The rate is printed to a tenth, the time to a microsecond: each is coarse where the other is fine.
      const coarse = 0.06 + rate * (0.01 + 2e-6 * rate);
      const perSecond = 1 / Math.max(Number(time.slice(0, -1)), 1e-7);
      mustAgree(`line ${line.number}: seconds per ${operation}`, perSecond, rate, coarse);
      let value = rate;
      if (workers.length > 0) {
        const sum = workers.reduce((total, worker) => total + worker[operation], 0);
        mustAgree(`line ${line.number}: ${operation}/s over all workers`, rate, sum, 0.11 + sum * 1e-4);
        // On a slow guest a tenth is several percent; the workers say it to six places.
        value = Math.round(sum * 1e6) / 1e6;
        if (workers.some((worker) => worker.bits !== bits)) {
          throw new NoResult(
            `line ${line.number}: the workers of openssl speed -multi reported other key sizes`,
          );
        }
      }
      this.add(`openssl.rsa${bits}.${operation}`, value, 'ops/s', line);
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
      const values = fields.slice(2).map((field) => positive(field, 'a rate', line, 2));
      this.workers.push({ sizes: this.workerSizes, name: fields[1] ?? '', values });
    } else if (kind === 'F2') {
      const [sign, verify] = [fields[2], fields[3]].map((field) => positive(field, 'a rate', line, 6));
      this.signWorkers.push({ bits: fields[1] ?? '', sign: sign ?? 0, verify: verify ?? 0 });
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
        this.bytes(name, this.machineSizes[index] ?? '', positive(value, name, line, 2), line);
      }
    } else if (kind === 'F2') {
      const [, bits = '', sign, verify] = fields;
      if (!/^\d+$/.test(bits))
        throw new NoResult(`line ${line.number}: expected the bits of a key, found "${bits}"`);
      this.add(`openssl.rsa${bits}.sign`, positive(sign, 'sign/s', line, 6), 'ops/s', line);
      this.add(`openssl.rsa${bits}.verify`, positive(verify, 'verify/s', line, 6), 'ops/s', line);
    }
  }

  private bytes(name: string, size: string, value: number, line: Line): void {
    if (!/^\d{1,9}$/.test(size))
      throw new NoResult(`line ${line.number}: expected a block size, found "${size}"`);
    const algorithm = name.toLowerCase().replaceAll(' ', '-');
    this.add(`openssl.${algorithm}.${size}`, Math.round(value * 100) / 100, 'B/s', line);
  }

  private add(id: string, value: number, unit: string, line: Line): void {
    if (this.metrics.has(id))
      throw new NoResult(`line ${line.number}: ${id} was measured twice; expected it once`);
    this.metrics.set(id, { id, value, unit, better: 'higher' });
  }
}
