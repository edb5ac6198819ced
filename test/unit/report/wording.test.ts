import { describe, expect, it } from 'vitest';
import { toHtml } from '../../../src/report/html';
import { toMarkdown } from '../../../src/report/markdown';
import { reportModel } from '../../../src/report/model';
import { howToRead } from '../../../src/report/reading';
import { comparisonTitles, furtherFigures, pFigures } from '../../../src/report/wording';
import { catalogue, completed, experiment, pv, pvhvm, workload } from './experiments';

const of = (...workloads: ReturnType<typeof workload>[]) =>
  reportModel([experiment({ guests: [pv, pvhvm], workloads, ended: completed })], { catalogue });
const one = of(workload('openssl', 1931, 0.8, 0.004, 6));
const three = of(
  workload('openssl', 1931, 0.8, 0.004, 6),
  workload('php', 3.2, 1.03, 0.006, 6),
  workload('sqlite', 44, 1, 0.02, 6),
);

describe('p', () => {
  it('of a single comparison is one figure: there is nothing to correct', () => {
    const [found] = one.metrics[0]!.comparisons;
    expect(pFigures(one.metrics, found!).map(([title]) => title)).toEqual(['p']);
    expect(comparisonTitles(one)).toContain('p');
    expect(toMarkdown(one)).not.toContain('Holm');
    expect(howToRead(one).join(' ')).not.toContain('p alone');
  });

  it('of several has what it is corrected from beside it, where that is another, and the words for it', () => {
    const shown = three.metrics.map(({ comparisons }) => pFigures(three.metrics, comparisons[0]!));
    expect(shown.map((figures) => figures.map(([title]) => title))).toContainEqual(['p (Holm)', 'p alone']);
    for (const figures of shown) expect(new Set(figures.map(([, p]) => p)).size).toBe(figures.length);
    expect(comparisonTitles(three)).toContain('p (Holm)');
    expect(howToRead(three).join(' ')).toContain('p (Holm): p after that correction');
  });
});

it('a tally says of whom and of how much it speaks', () => {
  expect(toHtml(one)).toMatch(/<p class="tally"><span>PVHVM, 1 workload tested:<\/span>.*1 slower/);
  expect(toHtml(three)).toContain('PVHVM, 3 workloads tested:');
});

it('further figures are called untested where something is tested only', () => {
  expect(furtherFigures(4, 'measured')).toBe('4 more figures: shown, not tested');
  expect(furtherFigures(1, 'imported')).toBe('1 more figure of the same runs');
  expect(furtherFigures(2, 'none')).toBe('2 more figures');
});
