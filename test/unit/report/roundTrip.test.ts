import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { experimentText } from '../../../src/experiment/experimentText';
import { readExperiment } from '../../../src/experiment/journal';
import type { Experiment } from '../../../src/model/experiment';
import { csvRows } from '../../../src/report/csvCells';
import { toCsv, toJson } from '../../../src/report/exporters';
import { formatOf, fromCsv, fromJson } from '../../../src/report/importers';
import { reportModel } from '../../../src/report/model';
import { anyExperiment } from './anyExperiment';
import { catalogue, completed, experiment, pv, pvhvm, withLoad, workload } from './experiments';

const samples = join(import.meta.dirname, '../../../media/samples');
const numRuns = 250;

function sample(name: string): Experiment {
  const read = readExperiment(readFileSync(join(samples, name), 'utf8'));
  if (read.status === 'error') throw new Error(read.error);
  return read.experiment;
}

const made = experiment({
  guests: [pv, pvhvm],
  workloads: [workload('openssl', 1931, 1.2, 0.004, 6), workload('fio-randread', 42_000, 0.9, 0.02, 5)],
  ended: completed,
  notes: ['one', 'two'],
});
const fixtures: [string, Experiment][] = [
  ['made', made],
  ['with load', withLoad(made, {})],
  [
    'running',
    experiment({ guests: [pv], workloads: [workload('openssl', 9, 1, 0.1, 3, [pv.name, pvhvm.name], 8)] }),
  ],
  ...readdirSync(samples).map((name): [string, Experiment] => [name, sample(name)]),
];

/** What CSV does not carry: what the trials wrote. */
const withoutOutput = (e: Experiment): Experiment => ({
  ...e,
  trials: e.trials.map((record) => ({ ...record, stdout: '', stderr: '', missingBytes: 0 })),
});

describe('JSON', () => {
  it.each(fixtures)('loses nothing of an experiment: %s', (_, e) => {
    const text = toJson(e);
    expect(formatOf(text)).toBe('json');
    expect(fromJson(text)).toEqual(e);
  });

  it('loses nothing, whatever the experiment holds', () => {
    fc.assert(
      fc.property(anyExperiment, (e) => {
        const text = toJson(e);
        expect(text).not.toMatch(/[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/);
        expect(fromJson(text)).toEqual(e);
      }),
      { numRuns },
    );
  });

  it('reads documents of before, which did not name their kind', () => {
    const old = `${JSON.stringify(made, null, 2)}\n`;
    expect(formatOf(old)).toBe('json');
    expect(fromJson(old)).toEqual(made);
  });

  it('refuses what is damaged, of another kind or newer, and says where', () => {
    const text = toJson(made);
    expect(() => fromJson(text.slice(0, -30))).toThrow(/no whole JSON/);
    expect(() => fromJson('{}')).toThrow(/"format" is missing or no number/);
    expect(() => fromJson('[]')).toThrow(/it is missing or no object/);
    expect(() => fromJson(text.replace('"status": "ok"', '"status": "fine"'))).toThrow(
      /"trials\.\d+\.status" is none of running, ok/,
    );
    expect(() => fromJson(text.replace('"version": 1', '"version": 2'))).toThrow(/newer Guestbench/);
    expect(() => fromJson(text.replace('"format": 1', '"format": 99'))).toThrow(/newer Guestbench/);
  });
});

describe('CSV', () => {
  it.each(fixtures)('gives back plan, trials and measurements, and writes itself again: %s', (_, e) => {
    const text = toCsv(e);
    expect(formatOf(text)).toBe('csv');
    const back = fromCsv(text);
    expect(back).toEqual(withoutOutput(e));
    expect(toCsv(back)).toBe(text);
  });

  it('does so whatever the experiment holds', () => {
    fc.assert(
      fc.property(anyExperiment, (e) => {
        const text = toCsv(e);
        const back = fromCsv(text);
        expect(back).toEqual(withoutOutput(e));
        expect(toCsv(back)).toBe(text);
      }),
      { numRuns },
    );
  });

  it('has no cell that a spreadsheet takes for a formula, and equally many in each row', () => {
    fc.assert(
      fc.property(anyExperiment, (e) => {
        const rows = csvRows(toCsv(e));
        for (const { cells } of rows) {
          expect(cells).toHaveLength(rows[0]!.cells.length);
          for (const cell of cells)
            if (Number.isNaN(Number(cell))) expect(cell).not.toMatch(/^[=+\-@\t\r\n＝＋－＠]/);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('keeps the verdicts: the report of what was read back is the report of what was exported', () => {
    const e = withLoad(made, {});
    expect(reportModel([fromCsv(toCsv(e))], { catalogue })).toEqual(reportModel([e], { catalogue }));
    expect(reportModel([e], { catalogue }).pairs[0]?.counts.faster).toBeGreaterThan(0);
  });

  it('reads rows in any order', () => {
    const [head, ...rows] = toCsv(made).trimEnd().split('\r\n');
    const turned = [head, ...rows.reverse()].join('\n');
    const back = fromCsv(turned);
    expect(back.plan).toEqual(made.plan);
    expect(back.trials.map(({ trial }) => trial)).toEqual(made.trials.map(({ trial }) => trial));
  });

  it('makes an experiment of the columns alone', () => {
    const rows = csvRows(toCsv(made)).map(({ cells }) => cells);
    const wanted = ['experiment', 'guest', 'host', 'mode', 'benchmark', 'metric', 'unit', 'better', 'value'];
    const more = [
      'round',
      'block',
      'position',
      'warmup',
      'trial',
      'attempt',
      'status',
      'started_at',
      'duration_ms',
    ];
    const places = [...wanted, ...more].map((name) => rows[0]!.indexOf(name));
    const text = rows.map((cells) => places.map((place) => cells[place]).join(',')).join('\n');
    const back = fromCsv(text);
    expect(back.trials.map(({ measurements }) => measurements)).toEqual(
      made.trials.map(({ measurements }) => measurements),
    );
    expect(back.facts.map(({ facts }) => facts.mode.mode)).toEqual(['PV', 'PVHVM']);
    const countsOf = (e: Experiment) => reportModel([e], { catalogue }).pairs[0]?.counts;
    expect(countsOf(back)).toEqual(countsOf(made));
  });

  it('refuses what is damaged, and says where', () => {
    const text = toCsv(made);
    expect(() => fromCsv('a,b\n1,2\n')).toThrow(/no column experiment, guest/);
    expect(() => fromCsv(text.split('\r\n')[0]!)).toThrow(/no rows/);
    expect(() => fromCsv(text.slice(0, text.indexOf('""')))).toThrow(/a quote opens in line 2/);
    expect(() => fromCsv(text.replace(/,ok,/, ',fine,'))).toThrow(/line 2, status is none of running, ok/);
    expect(() => fromCsv(text.replace('""alpha"":', '""alpha"'))).toThrow(/experiment_json is no whole JSON/);
  });
});

describe('an unusable figure', () => {
  const [record] = made.trials;
  /** Three measurements of a real benchmark in each trial: the second is the one that is tested. */
  const several: Experiment = {
    ...made,
    plan: {
      ...made.plan,
      benchmarks: [{ id: 'sqlite' }],
      trials: [record!.trial, { ...record!.trial, id: 'two' }],
    },
    trials: ['one', 'two'].map((id) => ({
      ...record!,
      trial: { ...record!.trial, id, benchmark: 'sqlite' },
      status: 'ok',
      measurements: [
        { id: 'sqlite.elapsed', value: 1.5, unit: 's', better: 'lower' },
        { id: 'sqlite.inserts_per_second', value: 270, unit: 'inserts/s', better: 'higher' },
      ],
    })),
  };
  const forms = [
    ['CSV', toCsv, fromCsv, (value: number, to: string) => [`,${value},`, `,${to},`]],
    [
      'JSON',
      toJson,
      fromJson,
      (value: number, to: string) => [`"value": ${value},`, `"value": ${to === '0' ? '0' : 'null'},`],
    ],
  ] as const;

  it.each(forms)(
    'leaves out one beside the result, and fails one trial without it: %s',
    (_, write, read, change) => {
      const text = write(several);
      for (const cell of ['much', '', 'NaN', '0']) {
        const [from, to] = change(1.5, cell);
        const [bad, good] = read(text.replace(from!, to!)).trials;
        expect([cell, bad?.status, bad?.measurements.map(({ id }) => id)]).toEqual([
          cell,
          'ok',
          ['sqlite.inserts_per_second'],
        ]);
        expect(bad?.failed).toEqual([{ test: 'Elapsed time', error: expect.any(String) as string }]);
        expect([good?.status, good?.measurements.length]).toEqual(['ok', 2]);
        const [tested, other] = read(text.replace(...(change(270, cell) as [string, string]))).trials;
        expect([cell, tested?.status, tested?.measurements]).toEqual([cell, 'failed', []]);
        expect(tested?.reason).toMatch(/^no figure for Inserts: /);
        expect([other?.status, other?.measurements.length]).toEqual(['ok', 2]);
      }
    },
  );

  it('of the load in CSV is left out with a note', () => {
    const e = withLoad(made, {});
    const [head, first, ...rest] = toCsv(e).split('\r\n');
    const place = head!.split(',').indexOf('duration_ms');
    const cells = first!.split(',');
    cells[place] = 'long';
    const back = fromCsv([head, cells.join(','), ...rest].join('\r\n'));
    expect(back.trials[0]?.durationMs).toBeUndefined();
    expect(back.trials[0]?.measurements).toEqual(e.trials[0]?.measurements);
    expect(back.notes.at(-1)).toBe(
      'The cell of duration_ms in line 2 of the CSV file is unusable and was left out.',
    );
  });
});

it.each(fixtures)('gives an experiment whose file reads back: %s', (_, e) => {
  const read = readExperiment(experimentText(fromJson(toJson(e))));
  if (read.status === 'error') throw new Error(read.error);
  expect(read.experiment.plan).toEqual(e.plan);
  expect(read.experiment.trials.map(({ measurements }) => measurements)).toEqual(
    e.trials.map(({ measurements }) => measurements),
  );
});
