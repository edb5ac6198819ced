// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Experiment } from '../../../src/model/experiment';
import { formatSpeedup } from '../../../src/report/format';
import type { SeveralFiles } from '../../../src/report/hostMessage';
import { reportModel } from '../../../src/report/model';
import { modelMessage, readPageMessage, type PageMessage } from '../../../src/report/protocol';
import type { ReportModel } from '../../../src/report/shape';
import { experimentLetter } from '../../../src/report/charts/experimentShapes';
import type { PageState } from '../../../webview/host';
import { start } from '../../../webview/main';
import { catalogue, completed, experiment, pv, pvhvm, workload } from '../report/experiments';

function run(label: string, day: number, effect: number, stdout = ''): Experiment {
  const workloads = [
    workload('openssl', 1931, 1, 0.004, 6),
    workload('fio-randread', 42_000, effect, 0.01, 6),
  ];
  const one = experiment({ label, guests: [pv, pvhvm], workloads, ended: completed });
  const startedAt = new Date(Date.UTC(2026, 10, day)).toISOString();
  return { ...one, id: label, startedAt, trials: one.trials.map((record) => ({ ...record, stdout })) };
}

const before = run('before', 1, 1.1, 'guestbench: version=fio-3.33\n');
const after = run('after', 2, 1.3, 'guestbench: version=fio-3.33\n');
const other = run('newer tool', 3, 1.5, 'guestbench: version=fio-3.36\n');
const modelOf = (...experiments: readonly Experiment[]) => reportModel(experiments, { catalogue });
const filesOf = (...labels: readonly string[]): SeveralFiles => ({
  files: labels.map((label) => ({ address: `file:///lab/${label}`, name: `${label}.guestbench` })),
});

let posted: PageMessage[];
let state: PageState | undefined;
let root: HTMLElement;
let stop: () => void;

const show = (model: ReportModel, several?: SeveralFiles) =>
  window.dispatchEvent(new MessageEvent('message', { data: structuredClone(modelMessage(model, several)) }));
const textsOf = (selector: string) =>
  [...root.querySelectorAll(selector)].map((one) => one.textContent ?? '');

beforeEach(() => {
  posted = [];
  state = undefined;
  document.body.innerHTML = '<main id="report" aria-busy="true"></main>';
  root = document.getElementById('report')!;
  stop = start(root, {
    postMessage: (message) => void posted.push(message),
    getState: () => state,
    setState: (to) => void (state = to),
  });
});
afterEach(() => stop());

describe('a report over several experiments', () => {
  it('names them all, in its title, its list and its state', () => {
    show(modelOf(before, after), filesOf('before', 'after'));
    expect(root.querySelector('.title')?.textContent).toBe('before and after');
    expect(textsOf('.files .experiment-mark')).toEqual(['A', 'B']);
    expect(textsOf('.files bdi')).toEqual(['before', 'after']);
    expect(state?.files).toEqual(['file:///lab/before', 'file:///lab/after']);
  });

  it('draws a mark per experiment and metric, and has the same numbers in the table', () => {
    const model = modelOf(before, after);
    show(model, filesOf('before', 'after'));
    const metrics = model.across!.metrics.filter(({ primary }) => primary);
    const entries = metrics.flatMap((metric) => metric.entries);
    expect(entries).toHaveLength(4);
    const overall = model.across!.experiments.filter((one) => one.overall?.status === 'ok');
    expect(root.querySelectorAll('.across-chart .mark')).toHaveLength(entries.length + overall.length);
    const drawn = textsOf('.across-chart text');
    for (const text of ['A before', 'B after', ...entries.map(({ speedup }) => formatSpeedup(speedup))])
      expect(drawn).toContain(text);
    const shown = textsOf('.across table').join(' ').replaceAll(/\s+/g, ' ');
    for (const { speedup, word } of entries) {
      expect(shown).toContain(formatSpeedup(speedup));
      expect(shown).toContain(word);
    }
    const label = root.querySelector('.across-chart')?.getAttribute('aria-label') ?? '';
    expect(label).toContain('PVHVM against PV');
    expect(label).toContain('before');
    expect(root.querySelector('h1')?.textContent).toBe(model.across!.headline);
  });

  it('says why what was measured differently is not compared', () => {
    show(modelOf(before, after, other), filesOf('before', 'after', 'newer tool'));
    const reasons = textsOf('.across .remarks li').join('\n');
    expect(reasons).toContain('measured differently');
    expect(reasons).toContain('fio-3.36');
  });

  it('shows what else is tested only when it is wanted', () => {
    const model = modelOf(before, after);
    show(model, filesOf('before', 'after'));
    const marks = () => root.querySelectorAll('.across-chart .mark').length;
    const few = marks();
    const box = root.querySelector<HTMLInputElement>('#across-all')!;
    box.checked = true;
    box.dispatchEvent(new Event('change'));
    expect(marks()).toBeGreaterThan(few);
  });

  it('names a file that cannot be shown beside the others, and opens each', () => {
    const several: SeveralFiles = {
      files: [
        ...filesOf('before').files,
        { address: 'file:///lab/x', name: 'x.guestbench', problem: 'It was moved.' },
        ...filesOf('after').files,
      ],
    };
    show(modelOf(before, after), several);
    expect(textsOf('.files .missing')[0]).toContain('Not shown: x.guestbench. It was moved.');
    expect(textsOf('.files .experiment-mark')).toEqual(['A', 'B']);
    for (const link of root.querySelectorAll<HTMLElement>('.files button')) link.click();
    expect(posted.slice(1)).toEqual([
      { type: 'openReport', file: 0 },
      { type: 'openText', file: 1 },
      { type: 'openReport', file: 2 },
    ]);
    for (const message of posted) expect(readPageMessage(message).status).toBe('ok');
  });

  it('asks to follow another pair', () => {
    const model = modelOf(before, after);
    const { choices } = model.across!;
    expect(choices.length).toBeGreaterThan(1);
    show(model, filesOf('before', 'after'));
    const select = root.querySelector<HTMLSelectElement>('#pick-across')!;
    select.selectedIndex = 1;
    select.dispatchEvent(new Event('change'));
    expect(posted.at(-1)).toEqual({ type: 'follow', ...choices[1]! });
    expect(readPageMessage(posted.at(-1)).status).toBe('ok');
  });

  it('is the usual report again for one experiment', () => {
    show(modelOf(before));
    expect(root.querySelector<HTMLElement>('.across')?.hidden).toBe(true);
    expect(root.querySelector<HTMLElement>('.files')?.hidden).toBe(true);
    expect(state?.files).toBeUndefined();
  });
});

describe('the letters of experiments', () => {
  it('go on after Z', () => {
    expect([0, 1, 25, 26, 27, 52].map(experimentLetter)).toEqual(['A', 'B', 'Z', 'AA', 'AB', 'BA']);
  });
});
