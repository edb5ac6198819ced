// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  preparationMessage,
  preparationVersion,
  type PreparationPageMessage,
} from '../../../src/report/preparationProtocol';
import type { PreparationModel } from '../../../src/report/preparationShape';
import { preparePageVersion, startPrepare } from '../../../webview/prepare';

const evil = '<img src=x onerror="window.bad=1">\u202e';
const model: PreparationModel = {
  purpose: 'run',
  headline: '1 of 2 guests is not ready for everything.',
  benchmarks: [
    { id: 'fio', title: 'Random read' },
    { id: '7zip', title: evil },
  ],
  guests: [
    { name: 'one', packages: [], commands: [], how: '', trouble: '', activity: '' },
    {
      name: 'two',
      packages: ['7zip'],
      commands: ['sudo apt-get install 7zip'],
      how: 'Run by ada.',
      trouble: evil,
      activity: '',
    },
  ],
  cells: [
    [
      { state: 'ready', word: 'Ready', text: 'fio-3.33', details: '' },
      { state: 'space', word: 'No space', text: '', details: 'only 3 KiB are free' },
    ],
    [
      { state: 'ready', word: 'Ready', text: evil, details: '' },
      { state: 'missing', word: 'Missing', text: '7zip', details: '7z was not found.' },
    ],
  ],
  busy: 'no',
  installable: 1,
  withoutGuests: { without: ['two'] },
  withoutBenchmarks: { without: ['Random read', '7-Zip', 'PHP'] },
};

let posted: PreparationPageMessage[];
let state: unknown;
let root: HTMLElement;
let stop: () => void;

const show = (shown: PreparationModel) =>
  window.dispatchEvent(new MessageEvent('message', { data: structuredClone(preparationMessage(shown)) }));
const button = (text: string) => [...root.querySelectorAll('button')].find((one) => one.textContent === text);

function open(): void {
  document.body.innerHTML = '<main id="prepare" aria-busy="true"></main>';
  root = document.getElementById('prepare')!;
  stop = startPrepare(root, {
    postMessage: (message) => void posted.push(message),
    getState: () => state,
    setState: (to) => (state = to),
  });
}

beforeEach(() => {
  posted = [];
  state = undefined;
  open();
});
afterEach(() => stop());

describe('the page Prepare Guests', () => {
  it('says that it is ready, in the version of the protocol', () => {
    expect(posted).toEqual([{ type: 'ready', version: preparationVersion }]);
    expect(preparePageVersion).toBe(preparationVersion);
  });

  it('is a table with headings for guests and benchmarks, and each state in a word', () => {
    show(model);
    const headings = [...root.querySelectorAll('th[scope=col]')].map((cell) => cell.textContent);
    expect(headings).toEqual(['Benchmark', 'one', 'two']);
    expect(root.querySelectorAll('th[scope=row]')).toHaveLength(2);
    const words = [...root.querySelectorAll('td')].map((cell) => cell.querySelector('.word')?.textContent);
    expect(words).toEqual(['Ready', 'No space', 'Ready', 'Missing']);
    expect(root.querySelector('h1')?.textContent).toBe(model.headline);
    expect(root.hasAttribute('aria-busy')).toBe(false);
    for (const sign of root.querySelectorAll('.sign')) expect(sign.getAttribute('aria-hidden')).toBe('true');
    expect(root.querySelector('pre')?.textContent).toBe('sudo apt-get install 7zip');
  });

  it('shows text from guests as text', () => {
    show(model);
    expect(root.querySelector('img')).toBeNull();
    expect(root.textContent).not.toContain('\u202e');
  });

  it('tells the host what a person wants', () => {
    show(model);
    posted = [];
    for (const text of [
      'Install on 1 Guest…',
      'Check Again',
      'Copy Commands',
      'Run Without two',
      'Run Without Random read and 2 More',
      'Cancel the Run',
      'Copy',
    ])
      button(text)!.click();
    expect(posted).toEqual([
      { type: 'install' },
      { type: 'check' },
      { type: 'copy' },
      { type: 'goOn', without: 'guests' },
      { type: 'goOn', without: 'benchmarks' },
      { type: 'cancel' },
      { type: 'copy', guest: 1 },
    ]);
  });

  it('offers only what can be done now', () => {
    show({ ...model, purpose: 'prepare', busy: 'installing' });
    expect([button('Install on 1 Guest…')?.disabled, button('Check Again')?.disabled]).toEqual([true, true]);
    expect(button('Cancel the Run')).toBeUndefined();
    show({ ...model, installable: 0 });
    expect(button('Install…')?.disabled).toBe(true);
  });

  it('keeps the focus and open details while answers arrive, and details over a reload', () => {
    show(model);
    button('Check Again')!.focus();
    const details = root.querySelector('details')!;
    details.open = true;
    details.dispatchEvent(new Event('toggle'));
    show({ ...model, headline: 'Another one' });
    expect(document.activeElement?.textContent).toBe('Check Again');
    expect(root.querySelector('details')?.open).toBe(true);
    stop();
    open();
    show(model);
    expect(root.querySelector('details')?.open).toBe(true);
  });

  it('drops what it does not understand, and says so', () => {
    posted = [];
    window.dispatchEvent(new MessageEvent('message', { data: { type: 'preparation', version: 99 } }));
    expect(posted).toEqual([{ type: 'error', message: 'dropped a message: protocol version 99' }]);
  });
});
