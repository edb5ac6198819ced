// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest';
import { acrossRemarks } from '../../../src/report/acrossWords';
import { acrossChoice, acrossForest, acrossPicture } from '../../../src/report/charts/across';
import { variablePalette } from '../../../src/report/charts/palette';
import { formatInterval, formatSpeedup } from '../../../src/report/format';
import { toHtml } from '../../../src/report/html';
import { toMarkdown } from '../../../src/report/markdown';
import { reportModel } from '../../../src/report/model';
import { acrossRuns } from '../../workbench/support/severalRuns';
import { catalogue } from '../report/experiments';
import { markupOf } from '../report/markup';

const model = reportModel(acrossRuns, { catalogue });
const across = model.across!;
const parse = (text: string) => new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
const linesOf = (svg: Element) =>
  [...svg.querySelectorAll('g')].map((line) => ({
    words: [...line.querySelectorAll('text')].map(({ textContent }) => textContent ?? ''),
    shapes: [...line.querySelectorAll('path')].map((path) => path.getAttribute('transform') ?? ''),
  }));
const textOf = (svg: string) => parse(svg).textContent ?? '';
const [remark] = acrossRemarks(across, acrossChoice(across)).filter(({ metrics }) => metrics !== '');
const newer = { label: 'with a newer SQLite', text: remark!.text, metrics: remark!.metrics };
const placeOf = (transform: string) => Number(/translate\(([\d.]+)/.exec(transform)?.[1]);

describe('several experiments as a picture', () => {
  const picture = acrossPicture(model)!;
  const lines = linesOf(parse(picture.svg));

  it('has a line for each experiment of each tested metric, with its figures', () => {
    const entries = acrossChoice(across).flatMap((metric) => metric.entries);
    expect(entries).toHaveLength(12);
    expect(lines.length).toBeGreaterThan(entries.length);
    entries.forEach(({ speedup, interval, word }, index) => {
      expect(lines[index]?.words).toEqual(
        expect.arrayContaining([formatSpeedup(speedup), formatInterval(interval), word]),
      );
    });
  });

  it('puts what is faster further to the right', () => {
    const sqlite = across.metrics.findIndex(({ benchmark }) => benchmark === 'sqlite');
    const first = acrossChoice(across)
      .slice(0, sqlite)
      .reduce((sum, { entries }) => sum + entries.length, 0);
    const [before, after] = [lines[first]!, lines[first + 1]!].map(({ shapes }) => placeOf(shapes.at(-1)!));
    expect(after!).toBeGreaterThan(before!);
  });

  it('says what its band and its intervals are, and is well-formed', () => {
    const { text } = markupOf(picture.svg);
    expect(text).toContain('±2 %: counts as equivalent');
    expect(text).toContain('95 % interval');
    expect(text).toContain('before the Xen upgrade');
    expect(picture.svg).not.toMatch(/NaN|Infinity|undefined|vector-effect|\ufffd/);
  });

  it('tells in words what it draws, the geometric means too', () => {
    const words = parse(picture.svg).querySelector('desc')?.textContent ?? '';
    const { speedup, interval, word } = acrossChoice(across)[0]!.entries[0]!;
    expect(words).toContain(
      `A before the Xen upgrade ${formatSpeedup(speedup)}, ${formatInterval(interval)}, ${word}`,
    );
    expect(words).toMatch(/Geometric mean of the tested: A before the Xen upgrade \d/);
  });

  it('says below it what could not be compared, and what a hollow mark is', () => {
    expect(textOf(picture.svg)).toContain(`C ⁨${newer.label}⁩: ${newer.text} (${newer.metrics})`);
    expect(picture.svg).not.toContain('hollow');
    const short = reportModel(
      [acrossRuns[0]!, { ...acrossRuns[1]!, trials: acrossRuns[1]!.trials.slice(0, 18) }],
      {
        catalogue,
      },
    );
    expect(
      short.across!.metrics.some(({ entries }) => entries.some(({ interval: one }) => one === null)),
    ).toBe(true);
    expect(acrossPicture(short)!.svg).toContain('hollow: an estimate without interval');
    expect(toHtml(short)).toContain('hollow: an estimate without interval');
  });

  it('says how many workloads it leaves out', () => {
    const metrics = Array.from({ length: 50 }, (_, index) => ({ ...across.metrics[0]!, key: `m/${index}` }));
    const cut = acrossPicture({ ...model, across: { ...across, metrics } })!;
    expect(cut.svg).toContain('The chart shows 40 of 50 workloads.');
  });

  it('is not there without several experiments or figures', () => {
    expect(acrossPicture(reportModel(acrossRuns.slice(0, 1), { catalogue }))).toBeUndefined();
    const options = { id: 'none', palette: variablePalette, setting: 'document' } as const;
    expect(acrossForest(across, [], options)?.svg).toContain('Geometric mean');
    expect(acrossForest({ ...across, experiments: [] }, [], options)).toBeUndefined();
  });
});

it('stands in the exported page, in the colours of the page', () => {
  const html = toHtml(model);
  expect(html).toContain('aria-labelledby="across-title across-desc"');
  expect(html).toContain('aria-label="Chart of the speedup in each experiment"');
  const [, svg = ''] = /(<svg class="wide"[^>]*across-title[\s\S]*?<\/svg>)/.exec(html) ?? [];
  expect(svg).toContain('var(--');
  expect(svg).not.toMatch(/#[\da-f]{6}/);
});

it('leads an exported report, with one pair in detail below', () => {
  const order = (text: string, parts: readonly string[]) => {
    const places = parts.map((part) => text.indexOf(part));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  };
  order(toMarkdown(model), [
    '**PVHVM against PV in 4 experiments',
    'experiment by experiment',
    '### One pair',
  ]);
  order(toHtml(model), ['<h1>PVHVM against PV in 4 experiments', 'id="across"', '>One pair in detail</h2>']);
});

it('says in every export what could not be compared, with the geometric means', () => {
  const [html, markdown] = [toHtml(model), toMarkdown(model)];
  for (const { text } of acrossRemarks(across, across.metrics)) {
    expect(markupOf(html).text.replaceAll(/\s+/g, ' ')).toContain(text);
  }
  expect(acrossRemarks(across, across.metrics).map(({ experiment }) => experiment)).toContain(2);
  expect(markdown).toContain(
    '- with a newer SQLite: measured differently, so not compared with those before:',
  );
  expect(markdown.match(/\| Geometric mean of the tested \|/g)).toHaveLength(4);
  expect(html.match(/<th scope="row">(?:<bdi>)?Geometric mean of the tested/g)).toHaveLength(
    across.experiments.filter(({ overall }) => overall?.status === 'ok').length,
  );
});
