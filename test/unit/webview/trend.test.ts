// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTrendMessage } from '../../../src/report/trendMessage';
import {
  readTrendPage,
  trendMessage,
  trendVersion,
  type TrendPageMessage,
} from '../../../src/report/trendProtocol';
import type { TrendModel, TrendPoint } from '../../../src/report/trendShape';
import { startTrend, trendPageVersion } from '../../../webview/trend';
import { eventsOf } from '../../../webview/trendChart';

function point(day: number, centre: number, more: Partial<TrendPoint> = {}): TrendPoint {
  return {
    file: `/lab/run${day}.guestbench`,
    label: `run ${day}`,
    startedAt: `2026-11-0${day}T20:00:00.000Z`,
    hasEnded: true,
    origin: 'measured',
    n: 5,
    centre,
    spread: [centre - 1, centre + 1],
    cvPercent: 1.5,
    changes: [],
    apart: [],
    ...more,
  };
}

const model: TrendModel = {
  folder: 'results',
  headline: 'SQLite: Time, deb12-pv: 4 points',
  metrics: [
    { key: 'sqlite/seconds', title: 'SQLite: Time', points: 4 },
    { key: 'apache/rps', title: 'Apache: Requests', points: 2 },
  ],
  subjects: [
    { key: 'guest:deb12-pv', title: 'deb12-pv', points: 4 },
    { key: 'mode:PV', title: 'guests in mode PV', points: 4 },
  ],
  metric: 'sqlite/seconds',
  subject: 'guest:deb12-pv',
  kind: 'value',
  unit: 's',
  better: 'lower',
  lines: [
    {
      name: 'deb12-pv',
      points: [
        point(1, 44),
        point(2, 43),
        point(3, 40, { changes: ['kernel 6.1.0-20 → 6.1.0-25', 'vCPUs 2 → 4'] }),
        point(4, 39, { apart: ['another machine of that name'], origin: 'imported', hasEnded: false }),
      ],
    },
  ],
  leftOut: [
    { reason: 'it does not have this metric', files: [{ file: '/lab/x.guestbench', label: 'run x' }] },
  ],
  notes: ['run 4: imported'],
  experiments: 5,
};
const keep = { folder: 'file:///lab', metric: 'sqlite/seconds', subject: 'guest:deb12-pv' };

let posted: TrendPageMessage[];
let kept: unknown;
let root: HTMLElement;
let stop: () => void;

const send = (data: unknown) => window.dispatchEvent(new MessageEvent('message', { data }));
const show = (shown: TrendModel) => send(structuredClone(trendMessage(shown, keep)));
const textsOf = (selector: string) =>
  [...root.querySelectorAll(selector)].map((one) => one.textContent ?? '');

beforeEach(() => {
  posted = [];
  kept = undefined;
  document.body.innerHTML = '<main id="trend" aria-busy="true"></main>';
  root = document.getElementById('trend')!;
  stop = startTrend(root, {
    postMessage: (message) => void posted.push(message),
    setState: (state) => void (kept = state),
  });
});
afterEach(() => stop());

describe('the page of a trend', () => {
  it('speaks the version of the protocol, and both ends understand each other', () => {
    expect(trendPageVersion).toBe(trendVersion);
    expect(posted).toEqual([{ type: 'ready', version: trendVersion }]);
    expect(readTrendPage(posted[0]).status).toBe('ok');
    expect(readTrendMessage(trendMessage(model, keep), trendPageVersion).status).toBe('ok');
  });

  it('keeps what brings the tab back', () => {
    show(model);
    expect(kept).toEqual(keep);
  });

  it('draws every point, joins only those that may be, and has the same numbers in a table', () => {
    show(model);
    expect(root.querySelectorAll('.trend-chart .point')).toHaveLength(4);
    expect(root.querySelectorAll('.trend-chart .join')).toHaveLength(2);
    expect(root.querySelectorAll('.trend-chart .mark.hollow')).toHaveLength(1);
    expect(textsOf('.trend-numbers tbody td:nth-child(3)')).toEqual(['44', '43', '40', '39']);
    expect(textsOf('.trend-numbers tbody td:nth-child(4)')).toEqual([
      '43 to 45',
      '42 to 44',
      '39 to 41',
      '38 to 40',
    ]);
    expect(textsOf('.trend-numbers tbody tr:last-child td:last-child')).toEqual([
      'not joined: another machine of that name',
    ]);
    expect(root.querySelector('.trend-chart')?.getAttribute('aria-label')).toContain(model.headline);
  });

  it('numbers what changed between the points, in the chart and below it', () => {
    show(model);
    expect(eventsOf(model).map(({ number, kind, text }) => [number, kind, text])).toEqual([
      [1, 'change', 'kernel 6.1.0-20 → 6.1.0-25; vCPUs 2 → 4'],
      [2, 'break', 'another machine of that name'],
    ]);
    expect(textsOf('.trend-chart text.event')).toEqual([
      '1 kernel 6.1.0-20 → 6.1.0-25; vCPUs 2 → 4',
      '2 another machine of that name',
    ]);
    expect(textsOf('ol li')[0]).toContain(
      'Changed: kernel 6.1.0-20 → 6.1.0-25; vCPUs 2 → 4 · before the experiment run 3',
    );
  });

  it('opens the report of a point by mouse and by keyboard, with one stop of the tab key', () => {
    show(model);
    const points = [...root.querySelectorAll<SVGElement>('.trend-chart .point')];
    expect(points.map((one) => one.getAttribute('tabindex'))).toEqual(['0', '-1', '-1', '-1']);
    points[1]!.dispatchEvent(new Event('click', { bubbles: true }));
    points[0]!.focus();
    points[0]!.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
    expect(document.activeElement).toBe(points[1]);
    points[1]!.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
    points[2]!.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
    expect(posted.slice(1)).toEqual([
      { type: 'open', file: '/lab/run2.guestbench' },
      { type: 'open', file: '/lab/run3.guestbench' },
    ]);
  });

  it('asks for another metric and another subject', () => {
    show(model);
    const [metric, subject] = [...root.querySelectorAll('select')];
    expect([...metric!.options].map(({ textContent }) => textContent)).toEqual([
      'SQLite: Time (4 experiments)',
      'Apache: Requests (2 experiments)',
    ]);
    metric!.value = 'apache/rps';
    metric!.dispatchEvent(new Event('change'));
    subject!.value = 'mode:PV';
    subject!.dispatchEvent(new Event('change'));
    expect(posted.slice(1)).toEqual([
      { type: 'choose', metric: 'apache/rps', subject: 'guest:deb12-pv' },
      { type: 'choose', metric: 'apache/rps', subject: 'mode:PV' },
    ]);
  });

  it('names what was left out with the reason', () => {
    show(model);
    expect(textsOf('.left-out summary')).toEqual(['it does not have this metric (1 experiment)']);
    expect(textsOf('.left-out li li')[0]).toContain('run x');
  });

  it('says how far the reading is, can stop it, and goes on', () => {
    show({ ...model, reading: { state: 'reading', read: 3, total: 500 } });
    expect(textsOf('.status')).toEqual(['Reading: 3 of 500 filesCancel']);
    root.querySelector<HTMLElement>('[data-focus=cancel]')!.click();
    show({ ...model, reading: { state: 'cancelled', read: 3, total: 500 } });
    root.querySelector<HTMLElement>('[data-focus=read]')!.click();
    expect(posted.slice(1)).toEqual([{ type: 'cancel' }, { type: 'read' }]);
    show(model);
    expect(textsOf('.status')).toEqual(['']);
  });

  it('shows hostile names as text', () => {
    const label = '<img src=x onerror=alert(1)>\u202eevil';
    const line = { name: label, points: [point(1, 44, { label }), point(2, 43, { changes: [label] })] };
    show({ ...model, lines: [line] });
    expect(root.querySelector('img')).toBeNull();
    expect(root.textContent).toContain('<img src=x onerror=alert(1)>');
    expect(root.textContent).not.toContain('\u202e');
  });

  it('says what it cannot understand', () => {
    send({ type: 'trend', version: 99, model, keep });
    expect(posted.at(-1)).toEqual({ type: 'error', message: 'dropped a message: protocol version 99' });
  });
});
