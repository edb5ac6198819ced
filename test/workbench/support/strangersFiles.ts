/** What a stranger's folder holds: all of it wants to act on whoever opens it. */
import { planRounds } from '../../../src/experiment/plan';
import type { EventOf } from '../../../src/model/experiment';
import type { OwnBenchmark } from '../../../src/model/ownBenchmark';
import { flag } from '../../hostileStrings';

const guests = [{ name: 'demo-a' }];
const benchmarks = [{ id: 'nice' }];

/** A benchmark of the stranger's own: a file beside shows that it ran; it prints more than an experiment file holds. */
export const ownBenchmark = (mark: string): OwnBenchmark => ({
  id: 'nice',
  command: `touch '${mark}'; yes | head -c 1500000`,
  metrics: [{ id: 's', unit: 's', better: 'lower', read: { elapsed: true } }],
});
/** Each of these names would do something where it is more than text. */
export const texts = {
  link: '[x](command:workbench.action.closeWindow)',
  markup: `<img src=x onerror="window.${flag}=1">`,
  icon: '$(trash)',
  escapes: '\u001b[2J\u001b]0;title\u0007red',
  reordering: 'photo\u202egnp.exe\u2066',
};

/** Looks interrupted, on a guest of a name that the lab has; prints so much that a file beside is written. */
export function strangersExperiment(mark: string): EventOf<'experiment'> {
  return {
    at: '2026-11-22T12:00:00+01:00',
    type: 'experiment',
    format: 1,
    guestbench: '0.1.0',
    id: 'e1',
    label: 'From a stranger',
    seed: 7,
    plan: {
      ...{ guests, benchmarks, rounds: 1, trials: planRounds(7, guests, benchmarks, 1) },
      statistics: { plan: 'anystop', alpha: 0.05, margin: 0.02, maxBlocks: 20 },
    },
    lab: {
      hosts: [],
      guests: [{ name: 'demo-a', address: '192.0.2.7', user: 'root' }],
      suites: {},
      benchmarks: [ownBenchmark(mark)],
    },
  };
}

/** Of the Phoronix Test Suite, with a name of a stranger wherever one stands. */
export function strangersResult(): string {
  const name = (...which: readonly (keyof typeof texts)[]): string =>
    which
      .map((one) => texts[one])
      .join(' ')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;');
  const systems = [name('link', 'reordering'), name('markup', 'icon')];
  return [
    '<?xml version="1.0"?>',
    `<PhoronixTestSuite><Generated><Title>${name('link', 'markup', 'icon', 'escapes')}</Title>`,
    `<Description>${name('markup', 'escapes')}</Description></Generated>`,
    ...systems.map(
      (id) => `<System><Identifier>${id}</Identifier><Hardware>${name('icon')}</Hardware></System>`,
    ),
    `<Result><Identifier>pts/x-1.0.0</Identifier><Title>${name('markup', 'link', 'reordering')}</Title>`,
    `<Description>${name('escapes', 'icon')}</Description><Scale>${name('link')}</Scale>`,
    '<Proportion>HIB</Proportion><Data>',
    ...systems.map(
      (id) => `<Entry><Identifier>${id}</Identifier><Value>9</Value><RawString>8:9:10</RawString></Entry>`,
    ),
    '</Data></Result></PhoronixTestSuite>\n',
  ].join('\n');
}
