// @vitest-environment happy-dom
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Experiment } from '../../../src/model/experiment';
import { toHtml, toMarkdown } from '../../../src/report/exporters';
import { htmlStyle, htmlStyleHash } from '../../../src/report/htmlStyle';
import { reportModel } from '../../../src/report/model';
import { anyExperiment, hostileTexts } from '../report/anyExperiment';
import { markupOf } from '../report/markup';
import {
  catalogue,
  completed,
  experiment,
  noisy,
  pv,
  pvhvm,
  withLoad,
  workload,
} from '../report/experiments';

const decided = withLoad(
  experiment({
    guests: [pv, pvhvm],
    workloads: [
      workload('openssl', 1931, 1.2, 0.004, 6),
      workload('fio-randread', 42_000, 0.9, 0.02, 5),
      workload('php', 3.2, 1.001, 0.001, 6),
    ],
    ended: completed,
    setAside: [{ guest: pv.name, benchmark: 'sqlite', reason: 'no package' }],
  }),
  {},
);
const model = reportModel([decided], { catalogue });
const html = toHtml(model);
const read = (text: string): Document => new DOMParser().parseFromString(text, 'text/html');
const page = read(html);
const texts = (selector: string, within: ParentNode = page): string[] =>
  [...within.querySelectorAll(selector)].map((element) => element.textContent ?? '');

describe('the report as one file', () => {
  it('runs and loads nothing: no script, no handler, no address outside, and a policy by the hash of its style', async () => {
    expect(
      page.querySelectorAll('script, link, img, iframe, object, embed, form, base, [style]'),
    ).toHaveLength(0);
    const attributes = [...page.querySelectorAll('*')].flatMap((element) => [...element.attributes]);
    expect(attributes.filter(({ name }) => name.startsWith('on'))).toEqual([]);
    const addresses = attributes.filter(({ name }) => ['href', 'src', 'xlink:href'].includes(name));
    expect(addresses.length).toBeGreaterThan(3);
    for (const { value } of addresses) expect(value).toMatch(/^#/);
    expect(htmlStyle).not.toMatch(/url\(|@import/);
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(htmlStyle));
    const hash = `sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}`;
    expect(htmlStyleHash).toBe(hash);
    expect(page.querySelector('style')?.textContent).toBe(htmlStyle);
    expect(page.querySelector('meta[http-equiv]')?.getAttribute('content')).toBe(
      `default-src 'none'; style-src '${hash}'; base-uri 'none'; form-action 'none'`,
    );
  });

  it('says what the page says: headline, status, warnings, each workload, failures, facts, where it comes from', () => {
    expect(texts('h1')).toEqual([model.headline]);
    const all = page.body.textContent ?? '';
    for (const part of [
      model.status.text,
      ...model.limits,
      'Seed of the order',
      'sqlite was set aside on',
      'Clock source',
    ])
      expect(all).toContain(part);
    for (const { text } of model.pairs[0]!.warnings) expect(all).toContain(text);
    const rows = [...page.querySelectorAll('#overview tbody tr')];
    expect(rows.map((row) => texts('th bdi', row)[0])).toEqual([
      ...model.metrics
        .filter(({ primary }) => primary)
        .map(({ benchmarkTitle, title }) => `${benchmarkTitle}: ${title}`),
      undefined,
    ]);
    expect(
      texts(
        'td',
        rows.find((row) => row.textContent?.includes('OpenSSL')),
      )[0],
    ).toBe('▶ faster');
    expect(texts('.workload h3')).toHaveLength(3);
    expect(texts('.workload details summary')).toEqual(
      expect.arrayContaining([
        'Every trial (14)',
        'Load during the trials',
        '2 more figures: shown, not tested',
      ]),
    );
  });

  it('has every trial, also where a warm-up was repeated', () => {
    const again = decided.trials.flatMap((record) =>
      record.trial.warmup && record.trial.guest === pv.name ? [record, { ...record, attempt: 2 }] : [record],
    );
    const repeated = read(toHtml(reportModel([{ ...decided, trials: again }], { catalogue })));
    const details = [...repeated.querySelectorAll('.workload details')].find((one) =>
      one.textContent?.startsWith('Every trial (15)'),
    );
    expect(texts('tbody tr:first-child td:nth-child(2) > div', details)).toHaveLength(2);
  });

  it('has headings in order, captions, scopes, names for what scrolls, and targets for its links', () => {
    const levels = [...page.querySelectorAll('h1, h2, h3, h4')].map(({ tagName }) => Number(tagName[1]));
    expect(levels[0]).toBe(1);
    levels.slice(1).forEach((level, index) => expect(level - levels[index]!).toBeLessThanOrEqual(1));
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    for (const table of page.querySelectorAll('table')) {
      expect(table.querySelector('caption')?.textContent).toBeTruthy();
      for (const cell of table.querySelectorAll('th'))
        expect(cell.getAttribute('scope')).toMatch(/^(?:col|row)$/);
    }
    for (const region of page.querySelectorAll('.scroll')) {
      expect(region.getAttribute('tabindex')).toBe('0');
      expect(region.getAttribute('aria-label')).toBeTruthy();
    }
    for (const link of page.querySelectorAll('a'))
      expect(page.getElementById(link.getAttribute('href')!.slice(1)), link.outerHTML).not.toBeNull();
    const ids = [...page.querySelectorAll('[id]')].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('draws each verdict by shape and word, each chart with a title and a description of its own', () => {
    const svgs = [...page.querySelectorAll('svg')];
    expect(svgs).toHaveLength(4);
    for (const svg of svgs) {
      const named = svg.getAttribute('aria-labelledby')!.split(' ');
      expect(named.map((id) => page.getElementById(id)?.textContent?.length ?? 0).every((n) => n > 20)).toBe(
        true,
      );
    }
    const [forest] = svgs;
    const words = texts('text', forest);
    expect(words).toEqual(expect.arrayContaining(['OpenSSL', 'faster', 'slower', 'equivalent', '1']));
    expect(forest!.querySelectorAll('polygon')).toHaveLength(3);
  });

  it('is smaller than 10 MB for 100 000 measurements, and says what is left out', () => {
    const values = (n: number) => noisy(100, 0.02, n);
    const many = experiment({
      guests: [pv, pvhvm],
      workloads: catalogue.map(({ id, metrics }) => ({
        benchmark: id,
        blocks: 6250,
        metrics: metrics.slice(0, 1).map((metric) => ({
          ...metric,
          values: { [pv.name]: values(6250), [pvhvm.name]: values(6250) },
        })),
      })),
    });
    const big = reportModel([many], { catalogue });
    expect(big.trials.length).toBeGreaterThan(100_000);
    const text = toHtml(big);
    expect(text.length).toBeLessThan(10_000_000);
    expect(text).toMatch(/The chart draws \d+ of 12502 trials/);
    expect(text).toContain('6051 more rows are left out here; the CSV export has them.');
  });

  it('tells of modes with their guests as replicates, and of several experiments', () => {
    const twice = (name: string, like: typeof pv) => [
      { ...like, name: `${name}-1` },
      { ...like, name: `${name}-2` },
    ];
    const guests = [...twice('a', pv), ...twice('b', pvhvm)];
    const made = experiment({
      guests,
      workloads: [
        {
          benchmark: 'openssl',
          blocks: 6,
          metrics: [
            {
              ...catalogue.find(({ id }) => id === 'openssl')!.metrics[0]!,
              values: Object.fromEntries(
                guests.map(({ name }, index) => [name, noisy(index < 2 ? 100 : 120, 0.004, 6, index)]),
              ),
            },
          ],
        },
      ],
    });
    const byMode = reportModel([made], { catalogue, by: 'mode' });
    expect([byMode.by, byMode.baseline, byMode.candidate]).toEqual(['mode', 'PV', 'PVHVM']);
    const shown = read(toHtml(byMode));
    expect(texts('#overview h2', shown)).toEqual(['PVHVM (2 guests) against PV (2 guests)']);
    expect(texts('#overview tbody tr:first-child td', shown).slice(-2).join()).toMatch(
      / to .* 2 guests,.* to .* 2 guests/,
    );
    expect(texts('.workload .scroll tbody bdi', shown)).toEqual(
      expect.arrayContaining(guests.map(({ name }) => name)),
    );
    const several = read(toHtml(reportModel([made, { ...made, id: 'e2', label: 'second' }], { catalogue })));
    expect(texts('#across h2', several)[0]).toContain('experiment by experiment');
    expect(texts('#provenance dd', several)).toEqual(expect.arrayContaining(['second', made.label]));
  });

  it('has something to say of no experiment, one guest, and imported results', () => {
    expect(toHtml(reportModel([], {}))).toContain('Nothing was measured');
    const alone = experiment({ guests: [pv], workloads: [workload('openssl', 1931, 1, 0.01, 3)] });
    const one = read(toHtml(reportModel([alone], { catalogue })));
    expect(texts('#overview caption', one)).toEqual(['Geometric means of all metrics']);
    expect(one.querySelectorAll('svg')).toHaveLength(1);
    const imported: Experiment = { ...decided, imported: { from: 'published', source: 'a <b>journal</b>' } };
    const text = toHtml(reportModel([imported], { catalogue }));
    expect(text).not.toContain('Every trial (');
    expect(text).toContain('a &lt;b&gt;journal&lt;/b&gt;');
    expect(text).not.toMatch(/p \(Holm\)|95 % interval/);
  });
});

const outside = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066\u2067\ufeff]/u;

/** Every element and attribute that a report may hold. */
const ours = {
  elements:
    /^(?:html|head|meta|title|body|a|header|nav|main|footer|section|div|p|span|strong|bdi|h[1-4]|ul|li|dl|dt|dd|table|caption|thead|tbody|tr|th|td|details|summary|svg|desc|g|rect|circle|line|path|polygon|text)$/,
  attributes:
    /^(?:lang|charset|http-equiv|content|name|class|id|href|tabindex|role|scope|title|aria-(?:label|labelledby|hidden)|xmlns|viewBox|width|height|x|y|x1|y1|x2|y2|cx|cy|r|d|points|fill|fill-opacity|stroke|stroke-width|stroke-opacity|stroke-dasharray|font-(?:family|size|weight)|text-anchor|transform)$/,
};

describe('hostile names', () => {
  it('are text wherever they come from', () => {
    fc.assert(
      fc.property(anyExperiment, (e) => {
        const { elements, text } = markupOf(toHtml(reportModel([e], {})));
        expect(text.replaceAll('\n', '')).not.toMatch(outside);
        for (const { name, attributes } of elements) {
          expect(name).toMatch(ours.elements);
          for (const [key, value] of attributes) {
            expect(key).toMatch(ours.attributes);
            expect(value).not.toMatch(outside);
            if (key === 'href') expect(value).toMatch(/^#[a-z0-9-]+$/);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it.each(hostileTexts.filter((text) => text.trim() !== ''))('shows %j as it is', (hostile) => {
    const e = experiment({
      label: hostile,
      guests: [
        { ...pv, name: `${hostile}1` },
        { ...pvhvm, name: `${hostile}2` },
      ],
      workloads: [workload('openssl', 1931, 1.2, 0.004, 6, [`${hostile}1`, `${hostile}2`])],
      notes: [hostile],
    });
    const made = reportModel([e], { catalogue });
    const expected = hostile
      .replace(/[\t\r\n]+/g, ' ')
      .replace(/[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu, '\ufffd');
    const { text } = markupOf(toHtml(made));
    for (const part of [expected, `${expected}1`, `${expected}2`, `ℹ Note ${expected}`])
      expect(text).toContain(part);
    const markdown = toMarkdown(made);
    expect(markdown.replaceAll('\n', '')).not.toMatch(outside);
    expect(markdown).not.toMatch(/(?<!\\)<[a-z!/]/i);
  });
});
