// @vitest-environment happy-dom
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forestPicture } from '../../../src/report/charts/forest';
import { darkPalette, lightPalette, type Palette } from '../../../src/report/charts/palette';
import { trialsPicture } from '../../../src/report/charts/trials';
import { formatInterval, formatSpeedup } from '../../../src/report/format';
import { reportModel } from '../../../src/report/model';
import { anyExperiment } from '../report/anyExperiment';
import { markupOf } from '../report/markup';
import { catalogue, experiment, pv, pvhvm, workload } from '../report/experiments';

/** Well-formed, or it throws; then as a browser has it. */
function svgOf(text: string): Element {
  expect(markupOf(text).elements[0]?.name).toBe('svg');
  return new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
}
const texts = (svg: Element): string[] =>
  [...svg.querySelectorAll('text')].map(({ textContent }) => textContent ?? '');

const e = experiment({
  guests: [pv, pvhvm],
  workloads: [
    workload('openssl', 1931, 1.2, 0.004, 6),
    workload('fio-randread', 42_000, 0.9, 0.02, 5),
    workload('php', 3.2, 1.001, 0.001, 6),
  ],
});
const model = reportModel([e], { catalogue });
const candidate = model.candidate!;

describe('the overview', () => {
  const drawing = forestPicture(model, candidate)!;
  const svg = svgOf(drawing.svg);

  it('has the figures of each tested workload as text', () => {
    const words = texts(svg);
    for (const { primary, comparisons } of model.metrics) {
      const { speedup, interval, word } = comparisons[0]!;
      if (!primary) continue;
      expect(words).toEqual(expect.arrayContaining([formatSpeedup(speedup), formatInterval(interval), word]));
    }
    expect(words.join(' ')).toContain('±2 %: counts as equivalent');
  });

  it('puts 1 where the two are alike, and what is faster to the right of it', () => {
    const one = Number(
      [...svg.querySelectorAll('text')].find(({ textContent }) => textContent === '1')!.getAttribute('x'),
    );
    const [right] = [...svg.querySelectorAll('g polygon')].map((polygon) =>
      polygon
        .getAttribute('points')!
        .split(' ')
        .map((corner) => Number(corner.split(',')[0])),
    );
    const faster = [...svg.querySelectorAll('g')].find(({ textContent }) =>
      textContent?.includes('OpenSSL'),
    )!;
    const corners = faster.querySelector('polygon')!.getAttribute('points')!.split(' ');
    for (const corner of corners) expect(Number(corner.split(',')[0])).toBeGreaterThan(one);
    expect(right).toBeDefined();
  });

  it('stands alone: sized, named, with its own background, and without anything to load or run', () => {
    expect(Number(svg.getAttribute('height'))).toBe(Math.round(100 * drawing.height) / 100);
    expect(svg.querySelector('title')?.textContent).toContain('against');
    expect(drawing.svg).not.toMatch(/var\(|url\(|href|style=|class=|<script|<image|foreignObject/);
    expect(svg.querySelector('rect')?.getAttribute('fill')).toBe('#ffffff');
  });

  it('is not drawn without a figure', () => {
    const nothing = reportModel(
      [experiment({ guests: [pv, pvhvm], workloads: [workload('openssl', 9, 1, 0.1, 0)] })],
      {},
    );
    expect(forestPicture(nothing, pvhvm.name)).toBeUndefined();
  });
});

describe('the trials of a metric', () => {
  const metric = model.metrics.find(({ primary }) => primary)!;
  const drawing = trialsPicture(model, metric, candidate)!;
  const svg = svgOf(drawing.svg);

  it('has a mark for each trial, by guest and use', () => {
    const samples = metric.guests.flatMap(({ samples: own }) => own);
    const [circles, squares] = ['circle', 'rect'].map((shape) => [
      ...svg.querySelectorAll(`g:not(.distribution) > ${shape}`),
    ]);
    expect(circles!.length + squares!.length).toBe(samples.length);
    const hollow = [...circles!, ...squares!].filter((mark) => mark.getAttribute('fill') === '#ffffff');
    expect(hollow).toHaveLength(samples.filter(({ use }) => use !== 'used').length);
    expect(svg.querySelectorAll('line[stroke-dasharray]')).toHaveLength(2);
    expect(drawing.leftOut).toBe('');
  });

  it('has the quartiles of each guest at the right, on the same scale', () => {
    const boxes = [...svg.querySelectorAll('g.distribution')];
    expect(boxes).toHaveLength(2);
    for (const [index, box] of boxes.entries()) {
      const own = metric.guests[index]!;
      // A stroke for each compared trial, two whiskers, and the median.
      expect(box.querySelectorAll('line')).toHaveLength(own.n + 3);
      const frame = box.querySelector('rect')!;
      const [top, height] = ['y', 'height'].map((name) => Number(frame.getAttribute(name)));
      const strokes = [...box.querySelectorAll('line')].slice(0, own.n);
      const inside = strokes.filter((stroke) => {
        const y = Number(stroke.getAttribute('y1'));
        return y >= top! - 0.01 && y <= top! + height! + 0.01;
      });
      expect(inside.length).toBeGreaterThanOrEqual(Math.ceil(own.n / 2) - 1);
      expect(inside.length).toBeLessThan(own.n);
      const median = Number([...box.querySelectorAll('line')].at(-1)!.getAttribute('y1'));
      expect(median).toBeGreaterThan(top!);
      expect(median).toBeLessThan(top! + height!);
    }
    expect(texts(svg).join(' ')).toContain('middle half and median');
  });

  it('places higher values higher', () => {
    const [own] = metric.guests;
    const used = own!.samples.filter(({ use }) => use === 'used');
    const heights = [...svg.querySelectorAll('g > circle:not([fill="#ffffff"])')].map((mark) =>
      Number(mark.getAttribute('cy')),
    );
    const byValue = used
      .map(({ value }, index) => [value, heights[index]!] as const)
      .sort(([a], [b]) => a - b);
    expect(heights).toHaveLength(used.length);
    byValue.slice(1).forEach(([, height], index) => expect(height).toBeLessThanOrEqual(byValue[index]![1]));
  });
});

it('is well-formed whatever the experiment holds, and every number in it is one', () => {
  fc.assert(
    fc.property(anyExperiment, (any) => {
      const report = reportModel([any], {});
      const drawings = [
        ...(report.candidate === undefined ? [] : [forestPicture(report, report.candidate)]),
        ...report.metrics.map((metric) => trialsPicture(report, metric, report.candidate)),
      ];
      for (const drawing of drawings) {
        if (drawing === undefined) continue;
        const { elements, text } = markupOf(drawing.svg);
        expect(drawing.svg).not.toMatch(/NaN|Infinity|undefined/);
        for (const { name } of elements)
          expect(name).toMatch(/^(?:svg|title|desc|g|rect|circle|line|path|polygon|text)$/);
        expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066\u2067]/u);
      }
    }),
    { numRuns: 250 },
  );
});

describe('colours', () => {
  const luminance = (hex: string): number => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (a: string, b: string): number => {
    const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };

  it.each<[string, Palette]>([
    ['light', lightPalette],
    ['dark', darkPalette],
  ])('of words can be read: %s', (_, { background, tones, ...words }) => {
    for (const [name, colour] of Object.entries({ ...words, ...tones }))
      if (name !== 'grid') expect(contrast(colour, background), name).toBeGreaterThanOrEqual(4.5);
  });
});
