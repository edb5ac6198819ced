// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatInterval, formatSpeedup } from '../../../src/report/format';
import { reportModel } from '../../../src/report/model';
import { modelMessage, type PageMessage } from '../../../src/report/protocol';
import type { BenchmarkInfo, ReportModel } from '../../../src/report/shape';
import type { PageState } from '../../../webview/host';
import { start } from '../../../webview/main';
import { besideMiddle } from '../../../webview/trialChart';
import { catalogue, completed, experiment, pv, pvhvm } from '../report/experiments';

const percentile = (percent: number) => ({
  id: `p${percent}`,
  title: `${percent}th percentile`,
  unit: 'us',
  better: 'lower' as const,
  primary: false,
  quantile: { of: 'Latency', percent },
});
const disk: BenchmarkInfo = {
  id: 'disk',
  title: 'Disk',
  kind: 'disk',
  metrics: [
    { id: 'iops', title: 'Random reads', unit: 'IOPS', better: 'higher', primary: true },
    ...[99, 50, 90].map(percentile),
    { id: 'cpu', title: 'CPU use', unit: '%', better: 'none', primary: false },
  ],
};

const values = (first: number, second: number) => ({
  [pv.name]: [1, 1.01, 0.99, 1.02, 1, 0.98].map((factor) => first * factor),
  [pvhvm.name]: [1, 1.02, 0.98, 1.01, 1, 0.99].map((factor) => second * factor),
});
const measured = experiment({
  guests: [pv, pvhvm],
  ended: completed,
  workloads: [
    {
      benchmark: 'disk',
      blocks: 6,
      metrics: [
        { id: 'iops', unit: 'IOPS', better: 'higher', values: values(40_000, 48_000) },
        { id: 'p50', unit: 'us', better: 'lower', values: values(400, 320) },
        { id: 'p90', unit: 'us', better: 'lower', values: values(800, 640) },
        { id: 'p99', unit: 'us', better: 'lower', values: values(4000, 3200) },
        { id: 'cpu', unit: '%', better: 'none', values: values(30, 31) },
      ],
    },
  ],
});
const model = reportModel([measured], { catalogue: [disk] });

let posted: PageMessage[];
let state: PageState | undefined;
let root: HTMLElement;
let stop: () => void;

function open(folds: readonly string[], shown: ReportModel = model): void {
  document.body.innerHTML = '<main id="report"></main>';
  root = document.getElementById('report')!;
  state = { open: folds };
  stop = start(root, {
    postMessage: (message) => void posted.push(message),
    getState: () => state,
    setState: (to) => {
      state = to;
    },
  });
  window.dispatchEvent(new MessageEvent('message', { data: structuredClone(modelMessage(shown)) }));
}

beforeEach(() => {
  posted = [];
});
afterEach(() => {
  stop();
  expect(posted.filter(({ type }) => type === 'error')).toEqual([]);
});

const rowsOf = (selector: string) =>
  [...root.querySelectorAll(`${selector} tbody tr`)].map((row) =>
    [...row.children].map((cell) => cell.textContent ?? ''),
  );

describe('the views of a metric', () => {
  it('has the numbers of the chart in a column per guest', () => {
    open([]);
    expect([...root.querySelectorAll('.workload .numbers thead th')].map((cell) => cell.textContent)).toEqual(
      ['Statistic', '● PV deb12-pv', '■ PVHVM deb12-pvhvm'],
    );
    expect(rowsOf('.workload .numbers')).toEqual([
      ['n', '6', '6'],
      ['Geometric mean', '39,997', '47,996'],
      ['Median', '40,000', '48,000'],
      ['Middle half', '39,700 to 40,300', '47,640 to 48,360'],
      ['Range', '39,200 to 40,800', '47,040 to 48,960'],
      ['CV', '1.4 %', '1.4 %'],
      expect.arrayContaining(['Warm-up']),
    ]);
  });

  it('shows the pairs: both trials of a block and how many times as fast the candidate was', () => {
    open(['trials:disk/iops']);
    const rows = rowsOf('.workload .metric > details');
    expect(rows).toHaveLength(7);
    expect(rows.slice(1, 3).map(([block, , , speedup]) => [block, speedup])).toEqual([
      ['1', '1.200'],
      ['2', '1.212'],
    ]);
    expect(rows[0]?.[3]).toBe('–');
  });

  it('turns the speedup of a pair where lower is better', () => {
    open(['metrics:disk', 'figure:disk/p50', 'trials:disk/p50']);
    expect(rowsOf('.others .metric > details')[1]?.[3]).toBe('1.250');
  });

  it('opens the output of a trial at the line of the figure', () => {
    open(['metrics:disk', 'figure:disk/p99', 'trials:disk/p99']);
    root.querySelector<HTMLButtonElement>('.others details button')!.click();
    expect(posted.at(-1)).toMatchObject({ type: 'openOutput', experiment: 0, metric: 'p99' });
  });
});

describe('the chart of the trials', () => {
  it('puts what was run first in a block to the left, whoever it was', () => {
    expect(besideMiddle(7, [7])).toBe(0);
    expect([besideMiddle(7, [7, 9]), besideMiddle(9, [7, 9])]).toEqual([-0.12, 0.12]);
    expect([9, 4, 6].map((trial) => besideMiddle(trial, [9, 4, 6]))).toEqual([0.12, -0.12, 0]);
  });
});

describe('all figures of a workload', () => {
  it('are in one table, each in a row with its speedup, and said to be untested', () => {
    open(['metrics:disk']);
    const fold = root.querySelectorAll('.workload .more')[1]!;
    expect(fold.querySelector('summary')?.textContent).toBe('4 more figures: shown, not tested');
    const rows = rowsOf('.workload .more');
    expect(rows.map(([figure]) => figure)).toEqual([
      'Random reads tested',
      '99th percentile lower is better',
      '50th percentile lower is better',
      '90th percentile lower is better',
      'CPU use',
    ]);
    const found = model.metrics.find(({ metric }) => metric === 'p99')!.comparisons[0]!;
    expect(rows[1]!.slice(1)).toEqual([
      '4,000 us',
      '3,200 us',
      '',
      formatSpeedup(found.speedup),
      formatInterval(found.interval),
    ]);
    expect(rows[4]!.slice(3)).toEqual(['–', '–', '–']);
    expect(fold.querySelectorAll('svg.ratio[aria-hidden="true"] .dot')).toHaveLength(4);
    expect(fold.innerHTML).not.toContain('NaN');
  });

  it('opens a figure in full below the table, and remembers it', () => {
    open(['metrics:disk']);
    const button = () => root.querySelector<HTMLButtonElement>('[data-focus="figure:disk/cpu"]')!;
    expect(button().getAttribute('aria-expanded')).toBe('false');
    button().click();
    expect(button().getAttribute('aria-expanded')).toBe('true');
    expect([...root.querySelectorAll('.others h4')].map((one) => one.textContent)).toEqual(['CPU use']);
    expect(state?.open).toContain('figure:disk/cpu');
    button().click();
    expect(root.querySelectorAll('.others h4')).toHaveLength(0);
    expect(state?.open).not.toContain('figure:disk/cpu');
  });
});

describe('several guests of a mode', () => {
  it('stand beside each other, first those of the baseline', () => {
    const twins = [pv, { ...pv, name: 'pv-2' }, pvhvm, { ...pvhvm, name: 'pvhvm-2' }];
    const figures = Object.fromEntries(
      twins.map(({ name }, index) => [name, [100, 101, 102, 99, 98 + index]]),
    );
    const metrics = [{ id: 'sign', unit: 'signatures/s', better: 'higher' as const, values: figures }];
    const one = { benchmark: 'openssl', blocks: 5, metrics };
    const shown = reportModel([experiment({ guests: twins, workloads: [one], ended: completed })], {
      by: 'mode',
      catalogue,
    });
    expect(shown.by).toBe('mode');
    open(['trials:openssl/sign', 'load:openssl'], shown);
    expect([...root.querySelectorAll('.workload .numbers thead th')].map((cell) => cell.textContent)).toEqual(
      ['Statistic', '● PV deb12-pv', '● PV pv-2', '■ PVHVM deb12-pvhvm', '■ PVHVM pvhvm-2'],
    );
    expect(root.querySelector('.workload .metric')?.classList.contains('many')).toBe(true);
    const rows = rowsOf('.workload .metric > details');
    expect(rows[1]).toHaveLength(5);
    expect(rows[1]?.every((cell) => cell !== '–')).toBe(true);
  });
});

describe('the percentiles of a workload', () => {
  it('are told in a line, and drawn beside a table on demand', () => {
    open([]);
    const fold = root.querySelector<HTMLDetailsElement>('.quantiles')!;
    expect(fold.querySelector('summary')?.textContent).toBe(
      'Latency, percentiles · PV: 50 % 400 us, 99 % 4,000 us · PVHVM: 50 % 320 us, 99 % 3,200 us',
    );
    expect(fold.querySelector('table')).toBeNull();
    fold.open = true;
    fold.dispatchEvent(new Event('toggle'));
    expect(rowsOf('.quantiles').map((row) => row.slice(0, 3))).toEqual([
      ['50 %', '400', '320'],
      ['90 %', '799.9', '639.9'],
      ['99 %', '4,000', '3,200'],
    ]);
    expect(fold.querySelector('svg')?.getAttribute('aria-label')).toBe(
      'Chart of the percentiles of latency, means of the trials. deb12-pv: 50 % 400 us, 90 % 799.9 us, 99 % 4,000 us; deb12-pvhvm: 50 % 320 us, 90 % 639.9 us, 99 % 3,200 us.',
    );
    expect(fold.querySelectorAll('.curve.baseline circle')).toHaveLength(3);
    expect(fold.querySelectorAll('.curve.candidate rect')).toHaveLength(3);
    expect(fold.querySelectorAll('.whisker')).toHaveLength(6);
    expect(fold.innerHTML).not.toContain('NaN');
  });

  it('are left out where a workload has none', () => {
    open([], reportModel([measured], { catalogue: [{ ...disk, metrics: disk.metrics.slice(0, 2) }] }));
    expect(root.querySelector<HTMLElement>('.quantiles')?.hidden).toBe(true);
  });
});
