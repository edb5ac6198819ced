// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from 'vitest';

import { factsOfImport, importedExperiment } from '../../../src/report/importedExperiment';
import { fromHyperfineJson } from '../../../src/report/importers';
import { reportModel } from '../../../src/report/model';
import { modelMessage } from '../../../src/report/protocol';
import type { Experiment, Measurement } from '../../../src/model/experiment';
import { start } from '../../../webview/main';

let stop: () => void = () => undefined;
afterEach(() => stop());

function show(e: Experiment): HTMLElement {
  document.body.innerHTML = '<main id="report"></main>';
  const root = document.getElementById('report')!;
  stop = start(root, { postMessage: () => undefined, getState: () => undefined, setState: () => undefined });
  const data: unknown = structuredClone(modelMessage(reportModel([e], {})));
  window.dispatchEvent(new MessageEvent('message', { data }));
  return root;
}

const ratio = (value: number): Measurement => {
  return { id: 'ratio', value, unit: '× PV', better: 'higher', title: 'Speed', primary: true };
};
const published = importedExperiment({
  imported: {
    from: 'published',
    source: 'a paper',
    statement: 'published figures, no raw data, no interval',
  },
  label: 'Published',
  at: '2013-01-01T00:00:00.000Z',
  guests: ['PV', 'PVHVM'].map((name) => ({ ref: { name }, facts: factsOfImport(name) })),
  benchmarks: [
    { id: 'openssl', title: 'OpenSSL', kind: 'cpu' },
    { id: 'apache', title: 'Apache', kind: 'web' },
  ],
  runs: [
    { guest: 'PV', benchmark: 'openssl', measurements: [ratio(1)] },
    { guest: 'PVHVM', benchmark: 'openssl', measurements: [ratio(1)] },
    { guest: 'PV', benchmark: 'apache', measurements: [ratio(1)] },
    { guest: 'PVHVM', benchmark: 'apache', measurements: [ratio(1.14)] },
  ],
  notes: [],
});

describe('the page of an imported experiment', () => {
  it('has ratios and no word of intervals, tests or pairs that there are not', () => {
    const root = show(published);
    expect(root.querySelector('h1')?.textContent).toContain('no raw data, no interval');
    const text = root.textContent ?? '';
    expect(text).toContain('imported: no pairs, no interval, so no verdict');
    expect(text).not.toMatch(
      /95 % interval|Holm|for this boot|counts as equivalent|Facts found by the probe/,
    );
    expect(text).toContain('from a paper');
    expect(root.querySelectorAll('.chart.trials:not([hidden])')).toHaveLength(0);
    expect(root.querySelector('canvas')?.getAttribute('aria-label')).toContain('Apache 1.140, no interval');
  });

  it('shows every run where there are several, by run and without outputs', () => {
    const text = (first: number) =>
      JSON.stringify({ results: [{ command: 'make', mean: 1, times: [first, first + 0.1, first + 0.2] }] });
    const e = fromHyperfineJson([
      { guest: 'pv', name: 'a', text: text(2) },
      { guest: 'pvhvm', name: 'b', text: text(1) },
    ]);
    const root = show(e);
    const details = root.querySelector<HTMLDetailsElement>('.metric details')!;
    details.open = true;
    details.dispatchEvent(new Event('toggle'));
    const rows = [...details.querySelectorAll('tbody tr')].map((row) =>
      [...row.children].map((cell) => (cell.textContent ?? '').trim()),
    );
    expect(rows).toEqual([
      ['1', '2 · 2.0 s', '1 · 1.0 s'],
      ['2', '2.1 · 2.1 s', '1.1 · 1.1 s'],
      ['3', '2.2 · 2.2 s', '1.2 · 1.2 s'],
    ]);
    expect(details.textContent).toContain('runs of one row are no pair');
    expect([...root.querySelectorAll('button')].filter((one) => one.textContent === 'Output')).toEqual([]);
  });
});
