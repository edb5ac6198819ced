// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { headWorkloads, readHostMessage } from '../../../src/report/hostMessage';
import { formatInterval, formatSpeedup, formatWithUnit } from '../../../src/report/format';
import { ticksBetween } from '../../../src/report/charts/scale';
import { reportModel } from '../../../src/report/model';
import { modelMessage, protocolVersion, type PageMessage } from '../../../src/report/protocol';
import type { ReportModel } from '../../../src/report/shape';
import { readState, type PageState } from '../../../webview/host';
import { pageProtocolVersion, start } from '../../../webview/main';
import {
  catalogue,
  completed,
  experiment,
  facts,
  noisy,
  pv,
  pvhvm,
  withLoad,
  workload,
} from '../report/experiments';

const workloads = [
  workload('openssl', 1931, 1.2, 0.004, 6),
  workload('sqlite', 44, 1, 0.002, 6),
  workload('fio-randread', 42_000, 0.9, 0.02, 5),
];
const decided = experiment({ guests: [pv, pvhvm], workloads, ended: completed });
const model = reportModel([decided], { catalogue });

let posted: PageMessage[];
let state: PageState | undefined;
let root: HTMLElement;
let stop: () => void;

function open(): void {
  document.body.innerHTML = '<main id="report" aria-busy="true"></main>';
  root = document.getElementById('report')!;
  stop = start(root, {
    postMessage: (message) => void posted.push(message),
    getState: () => state,
    setState: (to) => {
      state = to;
    },
  });
}

function send(data: unknown): void {
  window.dispatchEvent(new MessageEvent('message', { data }));
}
const show = (shown: ReportModel) => send(structuredClone(modelMessage(shown)));
const textsOf = (selector: string) =>
  [...root.querySelectorAll(selector)].map((one) => one.textContent ?? '');
const button = (text: string) =>
  [...root.querySelectorAll('button')].find((one) => one.textContent === text)!;

beforeEach(() => {
  posted = [];
  state = undefined;
  open();
});
afterEach(() => {
  stop();
  vi.restoreAllMocks();
});

describe('the report page', () => {
  it('says that it is ready, in the version of the protocol', () => {
    expect(posted).toEqual([{ type: 'ready', version: protocolVersion }]);
    expect(pageProtocolVersion).toBe(protocolVersion);
    expect(readHostMessage(modelMessage(model), pageProtocolVersion).status).toBe('ok');
  });

  it('says at the heads of the figures what they are', () => {
    show(model);
    const hints = [...root.querySelectorAll('.overview th[title]')].map((head) => [
      head.textContent,
      head.getAttribute('title')?.split(/[:;]/)[0],
    ]);
    expect(hints).toEqual([
      ['Speedup', 'Speedup'],
      ['p (Holm)', 'p (Holm)'],
      ['Blocks', 'A block is one trial of a workload in every guest, back to back'],
    ]);
  });

  it('shows the headline, the status and each workload', () => {
    show(model);
    expect(root.querySelector('h1')?.textContent).toBe(model.headline);
    expect(root.querySelector('.status')?.textContent).toContain('40 of 40 trials finished');
    expect(textsOf('h3')).toEqual([
      'OpenSSL: RSA 2048 signatures',
      'SQLite: Time of the inserts',
      'Random read (fio): Random read',
    ]);
    expect(root.hasAttribute('aria-busy')).toBe(false);
    expect(posted.some(({ type }) => type === 'error')).toBe(false);
  });

  it('shows the first workloads of a head, asks for the rest, and shows the others with the whole model', async () => {
    const trials = { ...model, trials: [], failures: [] };
    send(structuredClone({ ...modelMessage(trials), part: 'head' }));
    expect(root.querySelector('h1')?.textContent).toBe(model.headline);
    expect(textsOf('h3')).toHaveLength(headWorkloads);
    expect(root.querySelectorAll('.workload')).toHaveLength(3);
    const asked = () => posted.filter(({ type }) => type === 'rest').length;
    // Not before the head was drawn.
    expect(asked()).toBe(0);
    await vi.waitFor(() => expect(asked()).toBe(1));
    show(model);
    expect(textsOf('h3')).toHaveLength(3);
    expect(asked()).toBe(1);
    expect(posted.some(({ type }) => type === 'error')).toBe(false);
  });

  it('has a table with the numbers of the model', () => {
    show(model);
    const rows = [...root.querySelectorAll('.overview tbody tr')].map((row) =>
      [...row.children].map((cell) => cell.textContent ?? ''),
    );
    const tested = model.metrics.filter(({ primary }) => primary);
    expect(rows).toHaveLength(tested.length + 1);
    tested.forEach((metric, index) => {
      const found = metric.comparisons[0]!;
      expect(rows[index]![1]).toContain(found.word);
      expect(rows[index]!.slice(2, 4)).toEqual([
        formatSpeedup(found.speedup),
        formatInterval(found.interval),
      ]);
      expect(rows[index]![6]).toBe(String(found.n));
    });
    expect(rows.at(-1)![2]).toBe(formatSpeedup(model.pairs[0]!.overall.speedup));
  });

  it('describes each chart in words', () => {
    show(model);
    const labels = [...root.querySelectorAll('canvas')].map(
      (canvas) => canvas.getAttribute('aria-label') ?? '',
    );
    expect(labels[0]).toContain('OpenSSL 1.196, 1.187 to 1.204, faster');
    expect(labels).toHaveLength(4);
    expect(labels.every((label) => label.length > 40)).toBe(true);
  });

  it('shows text from outside as text', () => {
    const evil = '<img src=x onerror="window.bad=1"><b>\u202e\u0007';
    const names: [string, string] = [evil, `${evil}2`];
    const guests = names.map((name) => ({ name, facts: facts('PV', { kernel: evil, hostname: evil }) }));
    const e = experiment({
      label: evil,
      guests,
      notes: [evil],
      setAside: [{ guest: evil, benchmark: 'sqlite', reason: evil }],
      workloads: [
        {
          benchmark: evil,
          blocks: 5,
          metrics: [
            {
              id: evil,
              unit: evil,
              better: 'higher',
              values: { [names[0]]: [1, 2, 3, 4, 5], [names[1]]: [2, 4, 6, 8, 'failed'] },
            },
          ],
        },
      ],
    });
    const failed = {
      ...e,
      trials: e.trials.map((record) => (record.status === 'failed' ? { ...record, reason: evil } : record)),
    };
    state = { open: ['trials:' + evil + '/' + evil] };
    stop();
    open();
    show(reportModel([failed], { catalogue }));
    expect(root.querySelectorAll('img, b, script, [onerror], [style*="expression"]')).toHaveLength(0);
    expect(root.textContent).toContain('<img src=x onerror="window.bad=1"><b>\ufffd\ufffd');
    expect(root.textContent).not.toMatch(/[\u202e\u0007]/);
    expect(posted.filter(({ type }) => type === 'error')).toEqual([]);
  });

  it('asks the host for another baseline and shows another candidate by itself', () => {
    const pvh = { name: 'deb12-pvh', host: 'lab1', facts: facts('PVH') };
    const base = workloads[0]!.metrics[0]!;
    const values = { ...base.values, 'deb12-pvh': base.values['deb12-pv']! };
    const three = reportModel(
      [
        experiment({
          guests: [pv, pvhvm, pvh],
          workloads: [{ ...workloads[0]!, metrics: [{ ...base, values }] }],
        }),
      ],
      { catalogue },
    );
    show(three);
    const pick = root.querySelector<HTMLSelectElement>('#pick-candidate')!;
    pick.value = 'deb12-pvh';
    pick.dispatchEvent(new Event('change'));
    expect(posted.at(-1)).toEqual({ type: 'choose', baseline: 'deb12-pv', candidate: 'deb12-pvh' });
    expect(root.querySelector('h1')?.textContent).toBe(three.pairs[1]!.headline);
    expect(state?.candidate).toBe('deb12-pvh');
    // After a reload the host does not know the choice: what is exported must be what is shown.
    stop();
    posted = [];
    open();
    show(three);
    expect(posted).toContainEqual({ type: 'choose', baseline: 'deb12-pv', candidate: 'deb12-pvh' });
    posted = [];
    show(three);
    expect(posted).toEqual([]);
    const baseline = root.querySelector<HTMLSelectElement>('#pick-baseline')!;
    baseline.value = 'deb12-pvh';
    baseline.dispatchEvent(new Event('change'));
    expect(posted.at(-1)).toEqual({ type: 'choose', baseline: 'deb12-pvh', candidate: 'deb12-pv' });
  });

  it('offers modes beside guests, and asks the host for them', () => {
    const names = ['pv1', 'pv2', 'hvm1', 'hvm2'];
    const several = experiment({
      guests: names.map((name) => ({
        name,
        host: 'lab1',
        facts: facts(name.startsWith('pv') ? 'PV' : 'PVHVM', { bootId: name }),
      })),
      workloads: [
        {
          benchmark: 'openssl',
          blocks: 5,
          metrics: [
            {
              id: 'sign',
              unit: 'signatures/s',
              better: 'higher',
              values: Object.fromEntries(
                names.map((name, index) => [
                  name,
                  noisy(name.startsWith('pv') ? 1000 : 1200, 0.01, 5, index),
                ]),
              ),
            },
          ],
        },
      ],
    });
    show(reportModel([several], { catalogue }));
    const pick = () => root.querySelector<HTMLSelectElement>('#pick-candidate')!;
    expect(textsOf('#pick-candidate option')).toEqual([
      'PV · 2 guests',
      'PVHVM · 2 guests',
      'PV · pv1',
      'PV · pv2',
      'PVHVM · hvm1',
      'PVHVM · hvm2',
    ]);
    pick().value = 'mode:PVHVM';
    pick().dispatchEvent(new Event('change'));
    expect(posted.at(-1)).toEqual({ type: 'choose', baseline: '', candidate: 'PVHVM', by: 'mode' });
    const byMode = reportModel([several], { catalogue, by: 'mode', baseline: '', candidate: 'PVHVM' });
    show(byMode);
    expect(root.querySelector('h1')?.textContent).toBe(byMode.headline);
    expect(pick().value).toBe('mode:PVHVM');
    expect(pick().closest('.picker')?.textContent).toContain('the guests of a mode are its replicates');
    const cells = [...root.querySelectorAll('.overview tbody tr:first-child > *')].map(
      (cell) => cell.textContent,
    );
    const [baseline, candidate] = (['baseline', 'candidate'] as const).map((side) => {
      const own = byMode.metrics[0]!.comparisons[0]!.replicates!.filter((one) => one.side === side);
      return Math.exp(own.reduce((sum, { mean }) => sum + Math.log(mean!), 0) / own.length);
    });
    expect(cells.slice(-2)).toEqual([
      formatWithUnit(baseline, 'signatures/s'),
      formatWithUnit(candidate, 'signatures/s'),
    ]);
    pick().value = 'mode:PV';
    pick().dispatchEvent(new Event('change'));
    expect(posted.at(-1)).toEqual({ type: 'choose', baseline: 'PVHVM', candidate: 'PV', by: 'mode' });
    pick().value = 'hvm2';
    pick().dispatchEvent(new Event('change'));
    expect(posted.at(-1)).toEqual({ type: 'choose', baseline: '', candidate: 'hvm2' });
    expect(posted.filter(({ type }) => type === 'error')).toEqual([]);
  });

  it('says whether the guests can be compared, check by check', () => {
    const other = { ...pvhvm, facts: facts('PVHVM', { vcpus: 4, kernel: '6.12.0', diskDriver: 'ata_piix' }) };
    const shown = reportModel([experiment({ guests: [pv, other], workloads })], { catalogue });
    show(shown);
    expect(root.querySelector('h1')?.textContent).toContain('No verdict');
    expect(textsOf('.warnings li')).toEqual([
      "✕ No verdicts The guests' numbers of vCPUs differ: PV has 2, PVHVM has 4.",
      "⚠ Warning The guests' kernels differ: PV has 6.1.0-28-amd64, PVHVM has 6.12.0.",
    ]);
    const rows = [...root.querySelectorAll('.comparability tbody tr')].map((row) =>
      [...row.children].slice(0, 2).map((cell) => cell.textContent),
    );
    expect(rows).toHaveLength(shown.pairs[0]!.checks.length);
    expect(rows.slice(0, 4)).toEqual([
      ['vCPUs', '✕ blocks the verdicts'],
      ['Kernel', '⚠ weakens them'],
      ['Disk driver', 'ℹ worth knowing'],
      ['Measured together', '✓ nothing found'],
    ]);
    expect(root.querySelector('.comparability p')?.textContent).toContain('What blocks it: vCPUs.');
    button('What that can do, and all checks').click();
    expect(document.activeElement?.id).toBe('comparability');
    show(model);
    expect(root.querySelector('.comparability p')?.textContent).toMatch(/^Yes: nothing that was looked at/);
  });

  it('posts what the buttons ask for', () => {
    state = { open: ['trials:openssl/sign'] };
    stop();
    open();
    show(model);
    button('Copy as Markdown').click();
    button('Open as Text').click();
    button('Output').click();
    expect(posted.slice(-3)).toEqual([
      { type: 'copyMarkdown' },
      { type: 'openText' },
      { type: 'openOutput', trial: 'openssl/0/deb12-pv', experiment: 0, metric: 'sign' },
    ]);
  });

  it('keeps its elements, the focus and what is open when a new model comes', () => {
    const figures = ['fio-randread/p99', 'fio-randread/cpu'].map((key) => `figure:${key}`);
    state = { open: ['trials:openssl/sign', 'metrics:fio-randread', ...figures] };
    stop();
    open();
    show(
      reportModel([{ ...decided, trials: decided.trials.slice(0, 20) }], { catalogue, activity: 'running' }),
    );
    const section = root.querySelector('.workload')!;
    const output = button('Output');
    output.focus();
    const label = output.getAttribute('aria-label');
    show(model);
    expect(root.querySelector('.workload')).toBe(section);
    expect(document.activeElement?.getAttribute('aria-label')).toBe(label);
    expect(textsOf('h4')).toEqual(['Latency, 99th percentile', 'CPU use']);
    expect(root.querySelectorAll('details[open]')).toHaveLength(2);
  });

  it('takes the focus from no one who is elsewhere, and gives it back on return', () => {
    const focused = vi.spyOn(document, 'hasFocus').mockReturnValue(false);
    try {
      stop();
      open();
      const after = (trials: number) =>
        reportModel([{ ...decided, trials: decided.trials.slice(0, trials) }], { catalogue });
      const jump = () => root.querySelector<HTMLButtonElement>('[data-focus="jump:sqlite/seconds"]')!;
      show(after(20));
      jump().focus();
      const focus = vi.spyOn(HTMLElement.prototype, 'focus');
      show(model);
      show(after(22));
      expect(document.activeElement === document.body).toBe(true);
      expect(focus).not.toHaveBeenCalled();
      focused.mockReturnValue(true);
      window.dispatchEvent(new Event('focus'));
      expect(document.activeElement === jump()).toBe(true);
      window.dispatchEvent(new Event('focus'));
      expect(focus).toHaveBeenCalledTimes(1);
      focus.mockRestore();
    } finally {
      focused.mockRestore();
    }
  });

  it('shows metrics that are not tested on demand, and remembers it', () => {
    show(model);
    expect(root.querySelectorAll('.overview tbody tr')).toHaveLength(4);
    const toggle = root.querySelector<HTMLInputElement>('#all-metrics')!;
    toggle.checked = true;
    toggle.dispatchEvent(new Event('change'));
    expect(root.querySelectorAll('.overview tbody tr')).toHaveLength(6);
    expect(state?.open).toContain('overview:all');
  });

  it('shows the load of each trial on demand, with its course and the same numbers in a table', () => {
    show(reportModel([withLoad(decided, { points: 40 })], { catalogue }));
    const fold = root.querySelector<HTMLDetailsElement>('.workload .load')!;
    expect(fold.querySelector('summary')?.textContent).toBe(
      'Load during the trials · PV: user 80 %, system 10 %, steal 0.10 % · PVHVM: user 80 %, system 10 %, steal 0.10 %',
    );
    expect(fold.querySelector('table')).toBeNull();
    fold.open = true;
    fold.dispatchEvent(new Event('toggle'));
    expect(fold.querySelectorAll('tbody tr')).toHaveLength(14);
    const cells = [...fold.querySelectorAll('tbody tr:nth-child(3) > *')].map((cell) => cell.textContent);
    expect(cells).toEqual([
      '1',
      '■ PVHVM deb12-pvhvmChart',
      ...['80 %', '10 %', '1.0 %', '0.10 %'],
      '1,234567',
      '0.50 %300 MiB',
      '90 %12 %3.0 %',
    ]);
    [...fold.querySelectorAll('button')].find((one) => one.textContent === 'Chart')!.click();
    expect(fold.querySelector('.course-chart')?.getAttribute('aria-label')).toBe(
      'Chart of the CPU use over 40 s of the warm-up on deb12-pv: user 80 % on average, at most 90 %; system 10 % on average, at most 6.0 %; I/O wait 1.0 % on average, at most 1.0 %; steal 0.10 % on average, at most 0.40 %.',
    );
    expect(fold.querySelectorAll('.course polyline')).toHaveLength(4);
    expect(fold.querySelectorAll('.course tbody tr')).toHaveLength(40);
    expect(fold.innerHTML).not.toContain('NaN');
    button('Chart').click();
    expect(fold.querySelector('.course-chart')).toBeNull();
    expect(posted.filter(({ type }) => type === 'error')).toEqual([]);
  });

  it('has a page for nothing, for one guest, for a refusal and for the first minute', () => {
    const one = experiment({ guests: [pv], workloads: [workload('openssl', 1931, 1, 0.01, 3)] });
    const far = experiment({ guests: [pv, { ...pvhvm, host: 'lab2' }], workloads });
    const first = experiment({
      guests: [pv, pvhvm],
      workloads: [workload('openssl', 1931, 1, 0.01, 0, undefined, 6)],
    });
    for (const shown of [[], [one], [far], [first], [decided]]) {
      const next = reportModel(shown, { catalogue, activity: 'running' });
      show(next);
      expect(root.querySelector('h1')?.textContent).toBe(next.headline);
    }
    expect(posted.filter(({ type }) => type === 'error')).toEqual([]);
  });

  it('reports what it cannot understand, and goes on', () => {
    send({ type: 'theme' });
    send({ type: 'model', version: 1, model: { ...model, metrics: [null] } });
    expect(posted.filter(({ type }) => type === 'error')).toHaveLength(2);
    show(model);
    expect(root.querySelector('h1')?.textContent).toBe(model.headline);
  });

  it('listens no longer once it is taken off', () => {
    stop();
    show(model);
    expect(root.querySelector('h1')).toBeNull();
  });
});

describe('small parts', () => {
  it('takes only what it knows from a kept state', () => {
    expect(readState('x')).toEqual({});
    expect(readState({ candidate: 1, open: ['a', 2], scroll: 3 })).toEqual({ open: ['a'], scroll: 3 });
  });

  it('asks the host to save the chart that a button stands below', () => {
    show(model);
    const buttons = [...root.querySelectorAll<HTMLButtonElement>('button.save')].filter(
      ({ hidden }) => !hidden,
    );
    expect(buttons[0]!.getAttribute('aria-label')).toBe('Save chart of the overview as a picture');
    buttons[0]!.click();
    const metric = model.metrics.find(({ primary }) => primary)!;
    const own = buttons.find((button) => button.getAttribute('aria-label')?.includes(metric.title))!;
    own.click();
    expect(posted.filter(({ type }) => type === 'saveChart')).toEqual([
      { type: 'saveChart', candidate: model.candidate },
      { type: 'saveChart', candidate: model.candidate, metric: metric.key },
    ]);
  });

  it('puts 1 and round values on the axis, each with room', () => {
    expect(ticksBetween(0.8, 1.3, 600)).toContain(1);
    expect(ticksBetween(0.05, 20, 300)).toEqual([0.05, 0.2, 1, 3, 10]);
    expect(ticksBetween(0.9, 1.1, 0)).toEqual([1]);
  });
});
